//! E-mail by Microsoft Graph: `POST /v1.0/users/{sender}/sendMail` with an application's token.
//!
//! What each answer means follows Microsoft's documents (user-sendmail, errors, throttling; the token endpoint of the
//! identity platform). 202 says that the message was accepted and nothing more, and carries no id; there is no idempotency
//! header, so a repetition is made known by our own id in `x-tollbooth-message` and by its subject. Decided is by
//! `error.code`, never by `error.message`.

use serde_json::{Value, json};

use crate::chat::seconds;
use crate::contract::Delivery;
use crate::{Class, Failure, Outcome};

/// What Graph asks a token for.
pub const SCOPE: &str = "https://graph.microsoft.com/.default";

/// The form that asks for a token by client credentials.
#[must_use]
pub fn token_form(client_id: &str, client_secret: &str) -> Vec<u8> {
    format!(
        "client_id={}&scope={}&client_secret={}&grant_type=client_credentials",
        encoded(client_id),
        encoded(SCOPE),
        encoded(client_secret)
    )
    .into_bytes()
}

/// The token in the reply of the token endpoint.
///
/// # Errors
/// Why there is none.
pub fn token(status: u16, retry_after: Option<&str>, body: &[u8]) -> Result<String, Failure> {
    let reply: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if status == 200 {
        let token = reply.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
        return token.map(ToOwned::to_owned).ok_or_else(|| {
            Failure::new(Class::Outage, "the token endpoint answered 200 without a token; is graph_login_url right?")
        });
    }
    let code = reply.get("error").and_then(Value::as_str).unwrap_or_default();
    let number = reply.pointer("/error_codes/0").and_then(Value::as_u64);
    let named = number.map_or_else(String::new, |number| format!(", AADSTS{number}"));
    Err(match (status, code) {
        (429 | 500..=599, _) => Failure::new(
            if status == 429 { Class::Throttled } else { Class::Outage },
            &format!("the token endpoint answered status {status}"),
        )
        .after(seconds(retry_after)),
        // Wrong or expired secret (AADSTS7000215, 7000222), unknown application or tenant: an outage is none of these.
        (_, "invalid_client" | "unauthorized_client" | "invalid_request" | "invalid_scope" | "invalid_grant") => {
            Failure::new(
                Class::Credentials,
                &format!(
                    "Microsoft refused the application's credentials: {code}{named}; check graph_client_id, graph_client_secret and graph_tenant"
                ),
            )
        }
        _ => Failure::new(Class::Credentials, &format!("the token endpoint answered status {status} ({code}{named})")),
    })
}

/// The body of `sendMail`.
#[must_use]
pub fn send_mail(delivery: &Delivery) -> Vec<u8> {
    let header = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut headers = vec![header("x-tollbooth-message", &delivery.id), header("x-tollbooth-kind", &delivery.kind)];
    if !delivery.thread.is_empty() {
        headers.push(header("x-tollbooth-thread", &delivery.thread));
    }
    if delivery.repetition {
        headers.push(header("x-tollbooth-repetition", &delivery.attempt.to_string()));
    }
    json!({
        "message": {
            "subject": delivery.shown_subject(),
            "body": { "contentType": "Text", "content": delivery.shown_body() },
            "toRecipients": [{ "emailAddress": { "address": delivery.to } }],
            // At most five, and each name begins with x-.
            "internetMessageHeaders": headers,
        },
        "saveToSentItems": false,
    })
    .to_string()
    .into_bytes()
}

/// What Graph's reply to `sendMail` says.
#[must_use]
pub fn understand(status: u16, retry_after: Option<&str>, body: &[u8]) -> Outcome {
    let reply: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let code: String = reply
        .pointer("/error/code")
        .and_then(Value::as_str)
        .unwrap_or("no code")
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' '))
        .take(80)
        .collect();
    let failed = |class, what: &str| {
        Outcome::Failed(Failure::new(class, &format!("{what} (status {status}, {code})")).after(seconds(retry_after)))
    };
    match status {
        202 => Outcome::HandedOver { reference: None },
        401 => failed(Class::Credentials, "Graph refused the token"),
        403 => failed(
            Class::Permission,
            "Graph does not let the application send as this mailbox: grant Mail.Send, and let its access policy name the sender",
        ),
        404 => failed(Class::Permission, "Graph knows no such mailbox: check graph_sender"),
        400 | 413 | 422 => failed(Class::Refused, "Graph refused the message"),
        429 => failed(Class::Throttled, "Graph asks for fewer messages"),
        // A gateway that gave up waiting says nothing of what happened behind it.
        503 | 509 => failed(Class::Outage, "Graph is down or busy"),
        _ => failed(Class::Unclear, "Graph broke down"),
    }
}

/// Percent-encoding of everything but unreserved characters, for a form and for a path.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, code: &str) -> Option<Class> {
        let body = json!({ "error": { "code": code, "message": "429 throttled" } }).to_string();
        match understand(status, None, body.as_bytes()) {
            Outcome::Failed(failure) => Some(failure.class),
            Outcome::HandedOver { .. } => None,
        }
    }

    #[test]
    fn every_documented_answer_has_its_class() {
        for (status, code, expected) in [
            (202, "", None),
            (401, "InvalidAuthenticationToken", Some(Class::Credentials)),
            (403, "ErrorAccessDenied", Some(Class::Permission)),
            (403, "extensionError", Some(Class::Permission)),
            (404, "ErrorInvalidUser", Some(Class::Permission)),
            (400, "ErrorInvalidRecipients", Some(Class::Refused)),
            (413, "RequestEntityTooLarge", Some(Class::Refused)),
            (429, "ApplicationThrottled", Some(Class::Throttled)),
            (503, "serviceNotAvailable", Some(Class::Outage)),
            (509, "ErrorBandwidth", Some(Class::Outage)),
            (500, "generalException", Some(Class::Unclear)),
            (504, "gatewayTimeout", Some(Class::Unclear)),
        ] {
            assert_eq!(class(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn a_wrong_secret_is_no_outage_and_the_secret_is_in_no_failure() {
        let body = json!({ "error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret S3CRET",
            "error_codes": [7_000_215] });
        let failure = token(401, None, body.to_string().as_bytes()).unwrap_err();
        assert_eq!(failure.class, Class::Credentials);
        assert!(failure.detail.contains("AADSTS7000215") && !failure.detail.contains("S3CRET"), "{failure:?}");
        assert_eq!(token(503, Some("7"), b"<html>").unwrap_err().retry_after_seconds, Some(7));
        assert_eq!(token(200, None, b"{}").unwrap_err().class, Class::Outage);
        assert_eq!(token(200, None, br#"{"access_token":"abc"}"#), Ok("abc".to_owned()));
    }

    #[test]
    fn a_form_hides_nothing_of_a_secret_with_odd_characters() {
        let form = String::from_utf8(token_form("id", "a&b=c%d e")).unwrap();
        assert!(form.contains("client_secret=a%26b%3Dc%25d%20e&"), "{form}");
    }

    #[test]
    fn a_repetition_carries_the_same_id_and_says_so() {
        let first = Delivery {
            id: "msg_1".into(),
            kind: "export-empty".into(),
            to: "ops@example.org".into(),
            subject: "No plates".into(),
            body: "None.".into(),
            thread: "alr_1".into(),
            created_at: String::new(),
            attempt: 1,
            repetition: false,
        };
        let again = Delivery { attempt: 2, repetition: true, ..first.clone() };
        let sent =
            |delivery: &Delivery| serde_json::from_slice::<Value>(&send_mail(delivery)).unwrap()["message"].clone();
        let id = |message: &Value| message["internetMessageHeaders"][0]["value"].clone();
        assert_eq!(id(&sent(&first)), id(&sent(&again)));
        assert_ne!(sent(&first)["subject"], sent(&again)["subject"]);
        assert!(sent(&again)["internetMessageHeaders"].as_array().unwrap().len() <= 5);
    }
}
