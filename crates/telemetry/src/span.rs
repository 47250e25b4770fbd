//! Lengths of time that one point of a series stands for. Some are kept as they are; the others are made of the [`Step`] below
//! them, so that a chart has as many points as can be told apart on it.

use std::fmt;
use std::str::FromStr;

use crate::{Instant, Step};

/// More points than this cannot be told apart on a chart.
const MOST_POINTS: i64 = 200;
/// Reading more kept steps than this takes longer than whoever looks wants to wait.
const MOST_STEPS: i64 = 1_500;
/// 1970-01-05 was the first Monday.
const FIRST_MONDAY: Instant = 4 * Step::Day.length_ms();

/// How much time a point stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// As it is kept.
    Minute,
    /// Of minutes.
    FiveMinutes,
    /// Of minutes.
    FifteenMinutes,
    /// As it is kept.
    Hour,
    /// Of hours, from midnight of UTC.
    SixHours,
    /// As it is kept.
    Day,
    /// Of days, from Monday.
    Week,
}

/// A text that names no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no span; expected one of minute, 5-minutes, 15-minutes, hour, 6-hours, day, week")]
pub struct UnknownSpan(pub String);

impl Span {
    /// Every span, the shortest first.
    pub const ALL: [Self; 7] =
        [Self::Minute, Self::FiveMinutes, Self::FifteenMinutes, Self::Hour, Self::SixHours, Self::Day, Self::Week];

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::FiveMinutes => "5-minutes",
            Self::FifteenMinutes => "15-minutes",
            Self::Hour => "hour",
            Self::SixHours => "6-hours",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// The steps that it is made of.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Minute | Self::FiveMinutes | Self::FifteenMinutes => Step::Minute,
            Self::Hour | Self::SixHours => Step::Hour,
            Self::Day | Self::Week => Step::Day,
        }
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn length_ms(self) -> i64 {
        let steps = match self {
            Self::Minute | Self::Hour | Self::Day => 1,
            Self::FiveMinutes => 5,
            Self::FifteenMinutes => 15,
            Self::SixHours => 6,
            Self::Week => 7,
        };
        steps * self.step().length_ms()
    }

    /// The beginning of the span that this moment is in.
    #[must_use]
    pub const fn start(self, at: Instant) -> Instant {
        let first = if matches!(self, Self::Week) { FIRST_MONDAY } else { 0 };
        at - (at - first).rem_euclid(self.length_ms())
    }

    /// The shortest span that shows this time in few points, is made of few steps, and of such as are still kept.
    #[must_use]
    pub fn fitting(now: Instant, from: Instant, to: Instant) -> Self {
        let fits = |span: &Self| {
            let length = to.saturating_sub(from);
            length.div_euclid(span.length_ms()) <= MOST_POINTS
                && length.div_euclid(span.step().length_ms()) <= MOST_STEPS
                && from >= now.saturating_sub(span.step().kept_ms())
        };
        Self::ALL.into_iter().find(fits).unwrap_or(Self::Week)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Span {
    type Err = UnknownSpan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|span| span.as_str() == text).ok_or_else(|| UnknownSpan(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = Step::Hour.length_ms();
    const DAY_MS: i64 = Step::Day.length_ms();

    #[test]
    fn a_span_is_whole_steps_and_begins_with_one_at_or_before_the_moment_in_it() {
        for at in [1_795_168_861_234, -1, 0] {
            for span in Span::ALL {
                let start = span.start(at);
                assert!(start <= at && at - start < span.length_ms(), "{span} {at}");
                assert_eq!((span.start(start), span.step().start(start)), (start, start), "{span} {at}");
                assert_eq!(span.length_ms() % span.step().length_ms(), 0);
                assert_eq!(span.as_str().parse(), Ok(span));
            }
        }
        assert_eq!(Span::Week.start(5 * DAY_MS), FIRST_MONDAY);
        assert!("total".parse::<Span>().is_err());
    }

    #[test]
    fn what_the_console_offers_is_shown_in_no_more_points_than_can_be_told_apart() {
        let now = 1_795_168_800_000;
        let fitting = |length: i64| Span::fitting(now, now - length, now);
        assert_eq!(
            [HOUR_MS, DAY_MS, 7 * DAY_MS, 90 * DAY_MS, 730 * DAY_MS].map(fitting),
            [Span::Minute, Span::FifteenMinutes, Span::Hour, Span::Day, Span::Week]
        );
        assert_eq!(
            [12 * HOUR_MS, 2 * DAY_MS, 30 * DAY_MS].map(fitting),
            [Span::FiveMinutes, Span::Hour, Span::SixHours]
        );
        let long_ago = now - 100 * DAY_MS;
        assert_eq!(Span::fitting(now, long_ago, long_ago + HOUR_MS), Span::Hour, "minutes are gone by then");
        assert_eq!(Span::fitting(now, now - 3_000 * DAY_MS, now), Span::Week);
    }
}
