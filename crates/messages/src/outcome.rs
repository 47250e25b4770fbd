//! What became of one delivery.

use std::fmt;
use std::str::FromStr;

/// Longest text about a failure, in characters.
pub const MAX_DETAIL_CHARS: usize = 500;

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next server on the way took it. That is not "delivered": nobody is told of that.
    HandedOver {
        /// What that server calls it, if it says.
        reference: Option<String>,
    },
    /// It was not taken, or nobody knows.
    Failed(Failure),
}

/// Why a delivery failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What to do about it.
    pub class: Class,
    /// For operators: what was said, without secrets.
    pub detail: String,
    /// The wait that the receiver asked for, in seconds.
    pub retry_after_seconds: Option<u64>,
}

impl Failure {
    /// A failure without a wait that somebody asked for.
    #[must_use]
    pub fn new(class: Class, detail: &str) -> Self {
        Self { class, detail: tollbooth_pipeline::text::shown(detail, MAX_DETAIL_CHARS), retry_after_seconds: None }
    }

    /// The same with the wait that the receiver asked for.
    #[must_use]
    pub const fn after(mut self, seconds: Option<u64>) -> Self {
        self.retry_after_seconds = seconds;
        self
    }
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Too many at once, for all messages of this channel.
    Throttled,
    /// The receiver asks to come again later with this message: greylisting, a full mailbox.
    Deferred,
    /// Out of reach or broken down. Nothing arrived.
    Outage,
    /// No answer, or none that says whether it arrived.
    Unclear,
    /// Our credentials are refused or have expired.
    Credentials,
    /// We are known and may not: a policy, or no such sender.
    Permission,
    /// The notifier is not set up.
    NotSetUp,
    /// This message will never be taken: an unknown addressee, a defect of ours.
    Refused,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Throttled,
        Self::Deferred,
        Self::Outage,
        Self::Unclear,
        Self::Credentials,
        Self::Permission,
        Self::NotSetUp,
        Self::Refused,
    ];

    /// The name in the database, the API and the contract with notifiers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Deferred => "deferred",
            Self::Outage => "outage",
            Self::Unclear => "unclear",
            Self::Credentials => "credentials",
            Self::Permission => "permission",
            Self::NotSetUp => "not-set-up",
            Self::Refused => "refused",
        }
    }

    /// Whether the message may have arrived all the same.
    #[must_use]
    pub const fn may_have_arrived(self) -> bool {
        matches!(self, Self::Unclear)
    }

    /// Whether it says something of the channel, and not only of this message.
    #[must_use]
    pub const fn is_of_the_channel(self) -> bool {
        match self {
            Self::Throttled | Self::Outage | Self::Unclear | Self::Credentials | Self::Permission | Self::NotSetUp => {
                true
            }
            Self::Deferred | Self::Refused => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Class {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|class| class.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no class of failures"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_survives_the_round_trip_through_its_name() {
        for class in Class::ALL {
            assert_eq!(class.as_str().parse(), Ok(*class));
        }
    }

    #[test]
    fn a_detail_is_one_bounded_line() {
        let failure = Failure::new(Class::Outage, &"a\r\nb".repeat(1_000));
        assert_eq!(failure.detail.chars().count(), MAX_DETAIL_CHARS);
        assert!(!failure.detail.contains('\n'));
    }
}
