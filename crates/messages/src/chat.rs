//! A chat tool's incoming webhook: one address, which is the secret, and a JSON body with a text.
//!
//! Slack, Mattermost, Rocket.Chat, Google Chat and Microsoft Teams workflows all take `{"text": …}`; Discord calls it
//! `content`, and takes the same from Slack's address (`…/slack`).

use serde_json::json;

use crate::contract::Delivery;
use crate::{Class, Failure, Outcome};

/// The body of the call.
#[must_use]
pub fn body(delivery: &Delivery) -> Vec<u8> {
    json!({ "text": format!("*{}*\n{}", delivery.shown_subject(), delivery.shown_body()) }).to_string().into_bytes()
}

/// What the reply says. `retry_after` is the header, if there is one.
#[must_use]
pub fn understand(status: u16, retry_after: Option<&str>) -> Outcome {
    let failed = |class, text: &str| Outcome::Failed(Failure::new(class, text).after(seconds(retry_after)));
    match status {
        200..=299 => Outcome::HandedOver { reference: None },
        429 => failed(Class::Throttled, "the chat tool asks for fewer messages"),
        401 | 403 => failed(Class::Credentials, &format!("the chat tool refused the webhook (status {status})")),
        404 | 410 => {
            failed(Class::Credentials, &format!("the chat tool does not know this webhook any more (status {status})"))
        }
        400 | 413 | 415 | 422 => {
            failed(Class::Refused, &format!("the chat tool refused the message (status {status})"))
        }
        502 | 503 => failed(Class::Outage, &format!("the chat tool is down (status {status})")),
        _ => failed(Class::Unclear, &format!("the chat tool answered status {status}")),
    }
}

/// Whole seconds of the header `Retry-After`; its other form, a date, is rare and counts as none.
#[must_use]
pub fn seconds(retry_after: Option<&str>) -> Option<u64> {
    retry_after.and_then(|text| text.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16) -> Option<Class> {
        match understand(status, None) {
            Outcome::Failed(failure) => Some(failure.class),
            Outcome::HandedOver { .. } => None,
        }
    }

    #[test]
    fn a_webhook_that_was_deleted_is_not_an_outage() {
        assert_eq!((class(200), class(204)), (None, None));
        assert_eq!(
            (class(404), class(410), class(503)),
            (Some(Class::Credentials), Some(Class::Credentials), Some(Class::Outage))
        );
        assert_eq!(
            (class(400), class(500), class(302)),
            (Some(Class::Refused), Some(Class::Unclear), Some(Class::Unclear))
        );
    }

    #[test]
    fn the_wait_that_a_throttled_call_names_is_kept() {
        let Outcome::Failed(failure) = understand(429, Some("30")) else { panic!("taken") };
        assert_eq!((failure.class, failure.retry_after_seconds), (Class::Throttled, Some(30)));
    }
}
