//! What a provider says of itself (OpenID Connect Discovery 1.0), and the address that a browser is sent to.

use serde::{Deserialize, Serialize};

use crate::attempt::Attempt;
use crate::configuration::{Configuration, is_safe};

/// Where the provider describes itself.
#[must_use]
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// What of a provider's description is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// As it calls itself.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where codes are exchanged.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where more claims are.
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    /// Where people sign out (RP-Initiated Logout 1.0).
    #[serde(default)]
    pub end_session_endpoint: Option<String>,
    /// How clients prove who they are; `client_secret_basic` when it does not say.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether answers name their issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// Why a description is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAProvider {
    /// Not what Discovery 1.0 describes.
    #[error("its description is not that of an OpenID provider: {0}")]
    Malformed(String),
    /// The description of somebody else.
    #[error("it calls itself `{found}`, openid_issuer is `{expected}`: they must be the same, to the last slash")]
    OtherIssuer {
        /// As configured.
        expected: String,
        /// As described.
        found: String,
    },
    /// An endpoint to which no secret may be sent.
    #[error("its `{0}` is no https:// address")]
    Unsafe(&'static str),
}

impl Provider {
    /// Reads a description.
    ///
    /// # Errors
    /// [`NotAProvider`]
    pub fn read(body: &[u8], configuration: &Configuration) -> Result<Self, NotAProvider> {
        let read: Self = serde_json::from_slice(body).map_err(|e| NotAProvider::Malformed(e.to_string()))?;
        if read.issuer != configuration.issuer {
            let found = tollbooth_pipeline::text::shown(&read.issuer, 200);
            return Err(NotAProvider::OtherIssuer { expected: configuration.issuer.clone(), found });
        }
        let endpoints = [
            ("authorization_endpoint", Some(&read.authorization_endpoint)),
            ("token_endpoint", Some(&read.token_endpoint)),
            ("jwks_uri", Some(&read.jwks_uri)),
            ("userinfo_endpoint", read.userinfo_endpoint.as_ref()),
        ];
        let bad = endpoints.iter().find(|(_, url)| url.is_some_and(|url| !is_safe(url) || url.contains('#')));
        match bad {
            Some((name, _)) => Err(NotAProvider::Unsafe(name)),
            None => Ok(read),
        }
    }

    /// Where the browser goes to sign in.
    #[must_use]
    pub fn authorization(&self, configuration: &Configuration, attempt: &Attempt) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &configuration.client_id)
            .append_pair("redirect_uri", &configuration.redirect_url)
            .append_pair("scope", &configuration.scopes)
            .append_pair("state", &attempt.state())
            .append_pair("nonce", &attempt.nonce())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let glue = if self.authorization_endpoint.contains('?') { '&' } else { '?' };
        format!("{}{glue}{query}", self.authorization_endpoint)
    }

    /// Where the browser goes to sign out there too; none where the provider offers it nowhere that is safe.
    ///
    /// The client is named, and no ID token handed back (`id_token_hint`): it would have to be kept for as long as the session,
    /// with everything that it says of a person, and would stand in an address. So the provider asks before it signs
    /// anybody out, which is as well: no other site can do it for them.
    #[must_use]
    pub fn signing_out(&self, configuration: &Configuration) -> Option<String> {
        let endpoint = self.end_session_endpoint.as_ref().filter(|url| is_safe(url) && !url.contains('#'))?;
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &configuration.client_id)
            .append_pair("post_logout_redirect_uri", &configuration.signed_out_url())
            .finish();
        let glue = if endpoint.contains('?') { '&' } else { '?' };
        Some(format!("{endpoint}{glue}{query}"))
    }

    /// Whether an answer that names this issuer, or none, can be this provider's: an answer of another one is never
    /// exchanged here (RFC 9207).
    #[must_use]
    pub fn answered(&self, iss: Option<&str>) -> bool {
        match iss {
            Some(iss) => iss == self.issuer,
            None => !self.authorization_response_iss_parameter_supported,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::configuration::tests::GOOD;

    pub(crate) fn configuration() -> Configuration {
        Configuration::read(GOOD).unwrap().unwrap()
    }

    fn description() -> Value {
        json!({
            "issuer": "https://id.example/realms/toll",
            "authorization_endpoint": "https://id.example/auth?kc=1",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/keys",
            "authorization_response_iss_parameter_supported": true,
            "anything": "else",
        })
    }

    fn read(change: &[(&str, Value)]) -> Result<Provider, NotAProvider> {
        let mut body = description();
        for (name, value) in change {
            body[*name] = value.clone();
        }
        Provider::read(body.to_string().as_bytes(), &configuration())
    }

    #[test]
    fn a_description_of_somebody_else_or_of_nothing_is_not_believed() {
        assert!(read(&[]).is_ok());
        for issuer in
            ["https://id.example/realms/toll/", "https://id.example/realms/other", "https://ID.example/realms/toll"]
        {
            assert!(matches!(read(&[("issuer", json!(issuer))]), Err(NotAProvider::OtherIssuer { .. })), "{issuer}");
        }
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            for url in ["http://id.example/x", "javascript:alert(1)", "https://a@b.example/"] {
                assert_eq!(read(&[(name, json!(url))]), Err(NotAProvider::Unsafe(name)), "{url}");
            }
        }
        assert!(matches!(read(&[("jwks_uri", json!(1))]), Err(NotAProvider::Malformed(_))));
        assert!(Provider::read(b"<html>", &configuration()).is_err());
    }

    #[test]
    fn the_browser_takes_state_nonce_and_challenge_along_and_no_secret() {
        let (provider, configuration) = (read(&[]).unwrap(), configuration());
        let attempt = Attempt::begin([1; 32], 1, "/console", None);
        let address = provider.authorization(&configuration, &attempt);
        assert!(
            address.starts_with("https://id.example/auth?kc=1&response_type=code&client_id=tollbooth&"),
            "{address}"
        );
        for part in [attempt.state(), attempt.nonce(), attempt.challenge()] {
            assert!(address.contains(&part), "{address}");
        }
        assert!(
            address.contains("code_challenge_method=S256") && address.contains("scope=openid+profile"),
            "{address}"
        );
        for secret in [attempt.verifier(), attempt.cookie(), "s3cret".to_owned()] {
            assert!(!address.contains(&secret), "{address}");
        }
    }

    #[test]
    fn people_sign_out_at_the_provider_and_come_back_to_this_host() {
        let at = |url: &str| read(&[("end_session_endpoint", json!(url))]).unwrap().signing_out(&configuration());
        assert_eq!(
            at("https://id.example/out?kc=1").as_deref(),
            Some(
                "https://id.example/out?kc=1&client_id=tollbooth\
                 &post_logout_redirect_uri=https%3A%2F%2Ftoll.example%2Fconsole%2Fsign-in"
            )
        );
        // Who cannot sign out there can still sign in.
        for unsafe_url in ["http://id.example/out", "javascript:alert(1)", "https://id.example/out#x", ""] {
            assert_eq!(at(unsafe_url), None, "{unsafe_url}");
        }
        assert_eq!(read(&[]).unwrap().signing_out(&configuration()), None);
    }

    #[test]
    fn an_answer_of_another_issuer_or_without_the_promised_one_is_not_taken() {
        let provider = read(&[]).unwrap();
        assert!(provider.answered(Some("https://id.example/realms/toll")));
        assert!(!provider.answered(Some("https://evil.example")) && !provider.answered(None));
        let silent = read(&[("authorization_response_iss_parameter_supported", json!(false))]).unwrap();
        assert!(silent.answered(None) && !silent.answered(Some("https://evil.example")));
    }
}
