//! Why there is no reading. None of these says anything about the plate.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::retry;

/// Longest text that goes with a failure, in characters.
pub const MAX_DETAIL_CHARS: usize = 500;

/// The kind of a failure; it decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Too many calls: again after the wait that goes with it, or after a back-off.
    Throttled,
    /// The account's quota or credit is spent: not again today.
    QuotaExhausted,
    /// This recogniser cannot read this photo. Permanent: a person takes over.
    BadImage,
    /// The service refuses our credentials, or there are none. Permanent until an operator acts.
    Unauthorized,
    /// Out of reach or broken down. Again later.
    Outage,
    /// No answer before the deadline. Again later.
    TimedOut,
    /// An answer that cannot be understood. Again later.
    InvalidAnswer,
}

impl Class {
    /// Every class there is.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::QuotaExhausted,
        Self::BadImage,
        Self::Unauthorized,
        Self::Outage,
        Self::TimedOut,
        Self::InvalidAnswer,
    ];

    /// Its name in the contract, `quota-exhausted`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::QuotaExhausted => "quota-exhausted",
            Self::BadImage => "bad-image",
            Self::Unauthorized => "unauthorized",
            Self::Outage => "outage",
            Self::TimedOut => "timed-out",
            Self::InvalidAnswer => "invalid-answer",
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure with its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub class: Class,
    /// What happened and what an operator can do about it; without secrets and plates; at most
    /// [`MAX_DETAIL_CHARS`] characters, none of them a control character.
    #[serde(default)]
    pub detail: String,
    /// The wait that the service asked for, in milliseconds. Only with [`Class::Throttled`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
}

impl Failure {
    /// A failure with a cause; the text is cut and cleaned so that it fits the contract.
    #[must_use]
    pub fn new(class: Class, detail: &str) -> Self {
        Self { class, detail: printable(detail), retry_after_ms: None }
    }

    /// Throttled, with the wait that the service asked for.
    #[must_use]
    pub fn throttled(retry_after_ms: Option<u32>, detail: &str) -> Self {
        Self { retry_after_ms, ..Self::new(Class::Throttled, detail) }
    }

    /// As received: cut, cleaned, and without a wait where a wait means nothing.
    pub(crate) fn received(self) -> Self {
        let retry_after_ms = self.retry_after_ms.filter(|_| self.class == Class::Throttled);
        Self { class: self.class, detail: printable(&self.detail), retry_after_ms }
    }
}

fn printable(text: &str) -> String {
    tollbooth_pipeline::text::shown(text, MAX_DETAIL_CHARS)
}

/// For the retry policy.
impl From<Failure> for retry::Failure {
    fn from(failure: Failure) -> Self {
        match failure.class {
            Class::Throttled => Self::Throttled(failure.retry_after_ms),
            Class::QuotaExhausted => Self::QuotaExhausted,
            Class::BadImage => Self::BadImage(failure.detail),
            Class::Unauthorized => Self::Unauthorized,
            Class::Outage => Self::Outage(failure.detail),
            Class::TimedOut => Self::TimedOut,
            Class::InvalidAnswer => Self::InvalidAnswer(failure.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_one_name_in_json_in_text_and_in_the_retry_policy() {
        for class in Class::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
            assert_eq!(retry::Failure::from(Failure::new(class, "")).class(), class.as_str());
        }
    }

    #[test]
    fn a_detail_is_cut_and_loses_control_characters() {
        let failure = Failure::new(Class::Outage, &format!("a\r\nb{}", "x".repeat(9_000)));
        assert_eq!(failure.detail.chars().count(), MAX_DETAIL_CHARS);
        assert!(failure.detail.starts_with("a  b"));
    }
}
