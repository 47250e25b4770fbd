//! The code that a browser brings back, and what the provider gives for it (RFC 6749, section 4.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::attempt::Attempt;
use crate::configuration::Configuration;
use crate::provider::Provider;

/// A request to the token endpoint.
pub struct Exchange {
    /// The form that is posted.
    pub body: String,
    /// The header `Authorization`, for clients that prove themselves by it.
    pub authorization: Option<String>,
}

/// What is asked for the code.
#[must_use]
pub fn exchange(provider: &Provider, configuration: &Configuration, attempt: &Attempt, code: &str) -> Exchange {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &configuration.redirect_url)
        .append_pair("code_verifier", &attempt.verifier());
    let mut authorization = None;
    match &configuration.client_secret {
        Some(secret) if basic(provider) => {
            // Each is encoded like a form's value before they are joined (RFC 6749, section 2.3.1).
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = format!("{}:{}", encoded(&configuration.client_id), encoded(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
        }
        Some(secret) => {
            form.append_pair("client_id", &configuration.client_id).append_pair("client_secret", secret);
        }
        None => {
            form.append_pair("client_id", &configuration.client_id);
        }
    }
    Exchange { body: form.finish(), authorization }
}

/// Basic, unless the provider says that it takes the form's fields only.
fn basic(provider: &Provider) -> bool {
    let methods = provider.token_endpoint_auth_methods_supported.as_deref();
    let takes = |name: &str| methods.is_some_and(|all| all.iter().any(|method| method == name));
    takes("client_secret_basic") || !takes("client_secret_post")
}

/// What the provider gave for a code.
#[derive(Deserialize)]
pub struct Given {
    /// Who signed in, signed.
    pub id_token: String,
    /// Opens the provider's `userinfo`; used at most once, and kept nowhere.
    #[serde(default)]
    pub access_token: String,
}

/// Why there is nothing for the code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGiven {
    /// The code was used, has expired, or is of another attempt.
    #[error("the provider does not take the code: it was used, has expired, or belongs to another attempt")]
    CodeSpent,
    /// The provider does not know this client, or not with this secret or redirect address: an operator must look.
    #[error("the provider refuses this client: {0}")]
    Misconfigured(String),
    /// The provider is in trouble: later it may work.
    #[error("the provider answers {0}")]
    Outage(String),
}

/// Reads the token endpoint's answer.
///
/// # Errors
/// [`NotGiven`]; what the provider says in it is for operators.
pub fn answer(status: u16, body: &[u8]) -> Result<Given, NotGiven> {
    match status {
        200 => serde_json::from_slice(body).map_err(|_| {
            NotGiven::Misconfigured("its answer holds no ID token; is `openid` among the scopes?".to_owned())
        }),
        429 | 500..=599 => Err(NotGiven::Outage(format!("with status {status}"))),
        _ => Err(refusal(status, body)),
    }
}

fn refusal(status: u16, body: &[u8]) -> NotGiven {
    let code =
        serde_json::from_slice::<Value>(body).ok().and_then(|body| Some(body.get("error")?.as_str()?.to_owned()));
    match code.as_deref() {
        Some("invalid_grant") => NotGiven::CodeSpent,
        Some("temporarily_unavailable" | "server_error") => NotGiven::Outage(format!("with status {status}")),
        Some(code) => NotGiven::Misconfigured(code.chars().filter(char::is_ascii_graphic).take(60).collect()),
        None => NotGiven::Misconfigured(format!("status {status} without an error code")),
    }
}

/// What an answer in the address says when there is no code (RFC 6749, section 4.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    /// The person, or the provider's rules, said no.
    Denied,
    /// The provider is in trouble.
    Outage,
    /// The provider does not accept what it was asked: an operator must look.
    Misconfigured,
}

impl NoCode {
    /// By the error's code.
    #[must_use]
    pub fn of(error: &str) -> Self {
        match error {
            "access_denied"
            | "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required" => Self::Denied,
            "server_error" | "temporarily_unavailable" => Self::Outage,
            _ => Self::Misconfigured,
        }
    }
}

/// More claims, of the provider's `userinfo`: believed only for the very subject of the ID token (Core 1.0, section 5.3.2).
#[must_use]
pub fn more_claims(body: &[u8], subject: &str) -> Option<Value> {
    let claims: Value = serde_json::from_slice(body).ok()?;
    (claims.get("sub")?.as_str()? == subject).then_some(claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::tests::configuration;

    fn provider(methods: Option<&[&str]>) -> Provider {
        let mut description = json!({
            "issuer": "https://id.example/realms/toll",
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
        });
        if let Some(methods) = methods {
            description["token_endpoint_auth_methods_supported"] = json!(methods);
        }
        Provider::read(description.to_string().as_bytes(), &configuration()).unwrap()
    }

    #[test]
    fn a_client_proves_itself_as_the_provider_takes_it() {
        let attempt = Attempt::begin([1; 32], 1, "/console", None);
        let asked =
            |provider: &Provider, configuration: &Configuration| exchange(provider, configuration, &attempt, "c&d");
        let mut secretive = configuration();
        secretive.client_secret = Some("a:b c".to_owned());
        for methods in [None, Some(&["client_secret_post", "client_secret_basic"][..])] {
            let basic = asked(&provider(methods), &secretive);
            let pair = STANDARD.encode("tollbooth:a%3Ab+c");
            assert_eq!(basic.authorization, Some(format!("Basic {pair}")), "{methods:?}");
            assert!(!basic.body.contains("secret"), "{}", basic.body);
        }
        let post = asked(&provider(Some(&["client_secret_post"])), &secretive);
        assert!(post.authorization.is_none() && post.body.contains("client_secret=a%3Ab+c"), "{}", post.body);
        let public = asked(&provider(None), &Configuration { client_secret: None, ..configuration() });
        assert!(public.authorization.is_none() && public.body.ends_with("client_id=tollbooth"), "{}", public.body);
        let verifier = format!("code_verifier={}", attempt.verifier());
        assert!(public.body.contains(&verifier) && public.body.contains("code=c%26d"), "{}", public.body);
    }

    #[test]
    fn an_outage_is_an_outage_and_a_refusal_names_who_must_act() {
        let refused = |status, body: &str| answer(status, body.as_bytes()).err().unwrap();
        assert_eq!(refused(400, r#"{"error":"invalid_grant"}"#), NotGiven::CodeSpent);
        for (status, body) in [(500, ""), (503, "{}"), (429, ""), (400, r#"{"error":"temporarily_unavailable"}"#)] {
            assert!(matches!(refused(status, body), NotGiven::Outage(_)), "{status} {body}");
        }
        for (status, body) in [(401, r#"{"error":"invalid_client"}"#), (404, "<html>"), (302, ""), (200, "{}")] {
            assert!(matches!(refused(status, body), NotGiven::Misconfigured(_)), "{status} {body}");
        }
        assert_eq!(NoCode::of("access_denied"), NoCode::Denied);
        assert_eq!(NoCode::of("server_error"), NoCode::Outage);
        assert_eq!(NoCode::of("invalid_scope"), NoCode::Misconfigured);
    }

    #[test]
    fn more_claims_of_somebody_else_are_not_believed() {
        assert!(more_claims(br#"{"sub":"ann","roles":[]}"#, "ann").is_some());
        for other in [&br#"{"sub":"bob"}"#[..], b"{}", b"[]", b"eyJ..."] {
            assert!(more_claims(other, "ann").is_none());
        }
    }
}
