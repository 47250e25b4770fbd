//! The time that is looked at: the last days, up to now.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_web::{Problem, Query, now};

const DAY_MS: i64 = 86_400_000;
/// Looked back when nothing else is asked for: a recogniser's quarter.
pub const DEFAULT_DAYS: u64 = 90;
pub const MOST_DAYS: u64 = 3_660;

/// From `since` on and before `until`.
pub struct Period {
    pub days: u64,
    pub since: Instant,
    pub until: Instant,
}

impl Period {
    /// By the query parameter `days`.
    pub fn of(query: &Query) -> Result<Self, Problem> {
        Ok(Self::last(query.number("days", DEFAULT_DAYS, 1, MOST_DAYS)?))
    }

    pub fn last(days: u64) -> Self {
        let until = now().saturating_add(1);
        let back = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS);
        Self { days, since: until.saturating_sub(back), until }
    }

    pub fn since_text(&self) -> String {
        rfc3339(self.since)
    }

    pub fn until_text(&self) -> String {
        rfc3339(self.until)
    }
}
