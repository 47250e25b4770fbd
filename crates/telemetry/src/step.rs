//! Steps of time that roll-ups are kept in, and for how long.

use std::fmt;
use std::str::FromStr;

use crate::Instant;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A step of time; all begin at whole minutes, hours and days of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Kept for two days.
    Minute,
    /// Kept for two years.
    Hour,
    /// Kept for two years, so that two years are 730 points and not 17,520.
    Day,
    /// All of it, from the first event on: what Prometheus calls a counter. Never forgotten.
    Total,
}

/// A text that names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no step; expected one of minute, hour, day, total")]
pub struct UnknownStep(pub String);

impl Step {
    /// Every step, the shortest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Total];

    /// The name in the database and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Total => "total",
        }
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::Total => i64::MAX,
        }
    }

    /// How long its roll-ups are kept, in milliseconds.
    #[must_use]
    pub const fn kept_ms(self) -> i64 {
        match self {
            Self::Minute => 2 * DAY_MS,
            Self::Hour | Self::Day => 731 * DAY_MS,
            Self::Total => i64::MAX,
        }
    }

    /// The beginning of the step that this moment is in.
    #[must_use]
    pub const fn start(self, at: Instant) -> Instant {
        match self {
            Self::Total => 0,
            Self::Minute | Self::Hour | Self::Day => at - at.rem_euclid(self.length_ms()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or_else(|| UnknownStep(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_begins_at_or_before_the_moment_in_it() {
        let at = 1_795_168_861_234;
        for step in Step::ALL {
            let start = step.start(at);
            assert!(start <= at && at - start < step.length_ms());
            assert_eq!(step.start(start), start);
            assert_eq!(step.as_str().parse(), Ok(step));
        }
        assert_eq!(Step::Day.start(-1), -Step::Day.length_ms());
    }
}
