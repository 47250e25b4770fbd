//! How fast a caller must send its body and take its answer: nobody may hold an instance for as long as it likes.
//!
//! A limit on silence alone is kept by a caller that sends a byte now and then. So time is earned by what comes: at any
//! moment a caller has the grace, and what its bytes take at the least rate, up to a limit for the whole.

use std::time::Duration;

/// The time a caller has for a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// What everybody has.
    grace: Duration,
    /// Bytes a second in the long run.
    rate: u64,
    /// The longest that all of it may take.
    whole: Duration,
}

/// A request's body: a photo of 200 KB over a line of 3 KB/s passes, and so does one of 10 MB over 1 Mbit/s.
pub(crate) const SENDING: Pace =
    Pace { grace: Duration::from_secs(20), rate: 4 << 10, whole: Duration::from_secs(120) };

/// An answer's body.
pub(crate) const TAKING: Pace =
    Pace { grace: Duration::from_secs(20), rate: 32 << 10, whole: Duration::from_secs(300) };

impl Pace {
    /// Since its beginning, the time by which more than `bytes` must have passed.
    pub(crate) fn allows(self, bytes: u64) -> Duration {
        let earned = Duration::from_millis(bytes.saturating_mul(1_000) / self.rate);
        self.grace.saturating_add(earned).min(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a caller of so many bytes every so many seconds is ended; none when it is done before.
    fn ended(pace: Pace, bytes: u64, every: Duration, total: u64) -> Option<Duration> {
        let (mut now, mut passed) = (Duration::ZERO, 0);
        while passed < total {
            if now + every > pace.allows(passed) {
                return Some(pace.allows(passed));
            }
            now += every;
            passed += bytes;
        }
        None
    }

    #[test]
    fn whoever_dribbles_is_ended_soon_however_steady() {
        let seconds = Duration::from_secs;
        assert_eq!(ended(SENDING, 1, seconds(8), 10_000_000), Some(SENDING.allows(2)));
        assert!(SENDING.allows(2) < seconds(21));
        assert!(ended(SENDING, 1_000, seconds(1), 10_000_000).unwrap() < seconds(30));
        assert_eq!(ended(SENDING, 50_000, seconds(1), 10_000_000), Some(seconds(120)), "the limit of the whole");
    }

    #[test]
    fn slow_lines_pass() {
        let second = Duration::from_secs(1);
        assert_eq!(ended(SENDING, 3_000, second, 200_000), None);
        assert_eq!(ended(SENDING, 125_000, second, 10_000_000), None);
        assert_eq!(ended(TAKING, 50_000, second, 9_000_000), None);
    }
}
