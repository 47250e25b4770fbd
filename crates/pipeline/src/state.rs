//! The states of a passage and the only moves between them.
//!
//! A move exists as a value of [`Move`] or not at all; the database repeats the table as a CHECK, and a test in
//! `tollbooth-ledger` holds the two together.

use std::fmt;
use std::str::FromStr;

/// Where a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Stored and counted; nobody reads it at present.
    Waiting,
    /// Leased to a recogniser.
    Reading,
    /// A person must decide.
    InReview,
    /// Plate and jurisdiction are decided: it will be, or is, billed.
    Accepted,
    /// A person decided that it cannot be billed.
    Rejected,
    /// The same frame was received before under another key. Final.
    Duplicate,
}

impl State {
    /// All states, in the order of the balance.
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Reading, Self::InReview, Self::Accepted, Self::Rejected, Self::Duplicate];

    /// The name used in the database, the API and the events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Reading => "reading",
            Self::InReview => "in-review",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no state of a passage; expected one of waiting, reading, in-review, accepted, rejected, duplicate")]
pub struct UnknownState(pub String);

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A change of state that the product knows. There is no other way to change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// A recogniser took it.
    Lease,
    /// The lease expired, was given back, or the attempt failed and will be repeated.
    Return,
    /// The judge found the plate safe to bill.
    AcceptByJudge,
    /// The judge, or the retry policy, wants a person to look.
    Refer,
    /// A reviewer gave a plate.
    AcceptByReviewer,
    /// A reviewer gave a reject code.
    Reject,
    /// A reviewer sent it back to the recogniser.
    Reprocess,
    /// A supervisor opened a decided passage again.
    Reopen,
}

impl Move {
    /// Every move.
    pub const ALL: [Self; 8] = [
        Self::Lease,
        Self::Return,
        Self::AcceptByJudge,
        Self::Refer,
        Self::AcceptByReviewer,
        Self::Reject,
        Self::Reprocess,
        Self::Reopen,
    ];

    /// States this move may start from.
    #[must_use]
    pub const fn from(self) -> &'static [State] {
        match self {
            Self::Lease => &[State::Waiting],
            Self::Return | Self::AcceptByJudge | Self::Refer => &[State::Reading],
            Self::AcceptByReviewer | Self::Reject | Self::Reprocess => &[State::InReview],
            Self::Reopen => &[State::Accepted, State::Rejected],
        }
    }

    /// The state it leads to.
    #[must_use]
    pub const fn to(self) -> State {
        match self {
            Self::Lease => State::Reading,
            Self::Return | Self::Reprocess => State::Waiting,
            Self::AcceptByJudge | Self::AcceptByReviewer => State::Accepted,
            Self::Refer | Self::Reopen => State::InReview,
            Self::Reject => State::Rejected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_round_trip_through_its_name() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse::<State>(), Ok(state));
        }
        assert!("Accepted".parse::<State>().is_err());
    }

    #[test]
    fn a_duplicate_is_final_and_never_entered_later() {
        for step in Move::ALL {
            assert!(!step.from().contains(&State::Duplicate), "{step:?}");
            assert_ne!(step.to(), State::Duplicate, "{step:?}");
        }
    }

    #[test]
    fn only_a_person_rejects() {
        let leading_there: Vec<_> = Move::ALL.into_iter().filter(|m| m.to() == State::Rejected).collect();
        assert_eq!(leading_there, [Move::Reject]);
    }
}
