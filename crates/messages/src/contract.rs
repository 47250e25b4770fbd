//! What a notifier is asked and what it answers, as JSON over HTTP: `POST /deliver`.
//!
//! A notifier answers 200 with an [`Answer`] whatever became of the message; another status means that the notifier itself
//! did not work. The relay `tollbooth mail` speaks the same contract, so a private network may stand between.

use serde::{Deserialize, Serialize};

use crate::{Class, Failure, MAX_BODY_CHARS, MAX_SUBJECT_CHARS, Outcome};

/// Path of the route.
pub const DELIVER_PATH: &str = "/deliver";
/// Most bytes of a request: four for each character of subject and body, and the rest.
pub const MAX_REQUEST_BYTES: usize = 4 * (MAX_SUBJECT_CHARS + MAX_BODY_CHARS) + 4_096;
/// Most bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 16_384;

/// One delivery of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// `msg_…`: the same in every delivery of the message.
    pub id: String,
    /// What it is about: `export-empty`.
    pub kind: String,
    /// The e-mail address; empty where the channel has one receiver.
    pub to: String,
    /// One line.
    pub subject: String,
    /// Plain text, lines ended by `\n`.
    pub body: String,
    /// Messages about one thing have the same; empty for one that stands alone.
    pub thread: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
    /// Counts deliveries, from 1.
    pub attempt: u32,
    /// An earlier delivery may have arrived: the receiver is told.
    pub repetition: bool,
}

/// What readers of a repetition see below the text.
const REPETITION: &str = "(This message may have reached you before: an earlier delivery got no clear answer.)";

impl Delivery {
    /// The subject as the receiver sees it.
    #[must_use]
    pub fn shown_subject(&self) -> String {
        if self.repetition { format!("{} (repeated)", self.subject) } else { self.subject.clone() }
    }

    /// The text as the receiver sees it.
    #[must_use]
    pub fn shown_body(&self) -> String {
        let body = self.body.trim_end();
        if self.repetition { format!("{body}\n\n{REPETITION}\n") } else { format!("{body}\n") }
    }

    /// Parses a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        let delivery: Self =
            serde_json::from_slice(body).map_err(|e| format!("the delivery is not understood: {e}"))?;
        let line = |what: &str, text: &str, most: usize| {
            let plain = !text.chars().any(char::is_control) && text.chars().count() <= most;
            if plain { Ok(()) } else { Err(format!("{what} must be one line of {most} characters at most")) }
        };
        for (what, text, most) in [
            ("id", &delivery.id, 64),
            ("kind", &delivery.kind, 64),
            ("to", &delivery.to, 254),
            ("subject", &delivery.subject, MAX_SUBJECT_CHARS),
            ("thread", &delivery.thread, 64),
            ("created_at", &delivery.created_at, 64),
        ] {
            line(what, text, most)?;
        }
        let name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if delivery.id.is_empty() || !name(&delivery.id) || !name(&delivery.thread) || !name(&delivery.kind) {
            return Err("id, kind and thread may hold only letters, digits, _ and -".to_owned());
        }
        if delivery.body.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
            || delivery.body.chars().count() > MAX_BODY_CHARS
        {
            return Err(format!("body must be plain text of {MAX_BODY_CHARS} characters at most"));
        }
        Ok(delivery)
    }

    /// The request as bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, a number and a switch: that cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What a notifier answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// `handed-over`, or the class of the failure.
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

const HANDED_OVER: &str = "handed-over";

/// The answer for an outcome.
#[must_use]
pub fn render(outcome: &Outcome) -> Vec<u8> {
    let answer = match outcome {
        Outcome::HandedOver { reference } => Answer {
            outcome: HANDED_OVER.to_owned(),
            reference: reference.clone(),
            detail: None,
            retry_after_seconds: None,
        },
        Outcome::Failed(failure) => Answer {
            outcome: failure.class.as_str().to_owned(),
            reference: None,
            detail: Some(failure.detail.clone()),
            retry_after_seconds: failure.retry_after_seconds,
        },
    };
    serde_json::to_vec(&answer).unwrap_or_default()
}

/// What a notifier's reply says. Whatever is no answer of the contract is unclear: it may have sent the message and
/// broken down afterwards.
#[must_use]
pub fn understand(status: u16, body: &[u8]) -> Outcome {
    if status != 200 {
        let class = match status {
            // Before anything was sent: the host has no such route, or no room for the call.
            404 | 405 => Class::NotSetUp,
            401 | 403 => Class::Credentials,
            400 | 413 | 415 => Class::Refused,
            429 => Class::Throttled,
            503 => Class::Outage,
            _ => Class::Unclear,
        };
        return Outcome::Failed(Failure::new(class, &format!("the notifier answered status {status}")));
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return Outcome::Failed(Failure::new(Class::Unclear, "the notifier's answer is not understood"));
    };
    if answer.outcome == HANDED_OVER {
        let reference = answer.reference.map(|text| tollbooth_pipeline::text::shown(&text, 200));
        return Outcome::HandedOver { reference };
    }
    let detail = answer.detail.unwrap_or_default();
    Outcome::Failed(match answer.outcome.parse() {
        Ok(class) => Failure::new(class, &detail).after(answer.retry_after_seconds),
        Err(unknown) => Failure::new(Class::Unclear, &format!("{unknown}: {detail}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery {
            id: "msg_1".into(),
            kind: "export-empty".into(),
            to: "ops@example.org".into(),
            subject: "No plates to export".into(),
            body: "No photo came in.\nLook at the cameras.".into(),
            thread: "alr_1".into(),
            created_at: "2026-11-20T10:00:00.000Z".into(),
            attempt: 1,
            repetition: false,
        }
    }

    #[test]
    fn a_delivery_and_every_outcome_survive_the_wire() {
        assert_eq!(Delivery::parse(&delivery().to_json()), Ok(delivery()));
        let handed = [Some("queued as 1".to_owned()), None].map(|reference| Outcome::HandedOver { reference });
        let failed = Class::ALL.iter().map(|class| Outcome::Failed(Failure::new(*class, "said no").after(Some(9))));
        for outcome in handed.into_iter().chain(failed) {
            assert_eq!(understand(200, &render(&outcome)), outcome);
        }
    }

    #[test]
    fn a_repetition_says_so_in_subject_and_text() {
        let again = Delivery { repetition: true, ..delivery() };
        assert!(again.shown_subject().ends_with("(repeated)"));
        assert!(again.shown_body().contains("may have reached you before"));
        assert_eq!(delivery().shown_subject(), delivery().subject);
        assert!(!delivery().shown_body().contains("before"));
    }

    #[test]
    fn what_could_forge_a_header_is_refused() {
        for bad in [
            Delivery { subject: "a\r\nBcc: b@x.org".into(), ..delivery() },
            Delivery { id: "msg 1".into(), ..delivery() },
            Delivery { id: String::new(), ..delivery() },
            Delivery { thread: "<a>".into(), ..delivery() },
            Delivery { to: "a@x.org\nb@x.org".into(), ..delivery() },
            Delivery { body: "a\u{0}".into(), ..delivery() },
            Delivery { body: "a".repeat(MAX_BODY_CHARS + 1), ..delivery() },
        ] {
            assert!(Delivery::parse(&bad.to_json()).is_err(), "{bad:?}");
        }
        assert!(Delivery::parse(b"{\"id\":\"msg_1\"}").is_err());
    }

    #[test]
    fn a_notifier_that_breaks_down_leaves_it_unclear_whether_the_message_arrived() {
        let class = |status, body: &[u8]| match understand(status, body) {
            Outcome::Failed(failure) => failure.class,
            Outcome::HandedOver { .. } => panic!("handed over"),
        };
        for (status, body) in [(500, &b""[..]), (504, b""), (200, b"{"), (200, b"{\"outcome\":\"sent\"}"), (302, b"")] {
            assert_eq!(class(status, body), Class::Unclear, "{status}");
        }
        assert_eq!(
            (class(404, b""), class(401, b""), class(413, b"")),
            (Class::NotSetUp, Class::Credentials, Class::Refused)
        );
        assert_eq!((class(503, b""), class(429, b"")), (Class::Outage, Class::Throttled));
    }
}
