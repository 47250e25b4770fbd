//! When a notice that could not be delivered is tried again. Runs come once a minute, so seconds would be pretence.

use tollbooth_pipeline::Instant;

const MINUTE_MS: i64 = 60_000;
/// Longest wait between two tries.
const LONGEST_MS: i64 = 60 * MINUTE_MS;
/// Tries before a notice is given up: what is two days old is in the log and on the status page, and helps nobody.
const MOST_TRIES: u32 = 50;

/// The time of the next try after one that failed at `now`, `tried` tries having failed before it; none: give up.
pub fn next_try(tried: u32, now: Instant) -> Option<Instant> {
    if tried.saturating_add(1) >= MOST_TRIES {
        return None;
    }
    let doubled = MINUTE_MS.saturating_mul(1_i64 << tried.min(20));
    Some(now.saturating_add(doubled.min(LONGEST_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_minute_to_an_hour() {
        let waits: Vec<_> = (0..8).filter_map(|tried| next_try(tried, 0)).map(|ms| ms / MINUTE_MS).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_notice_is_given_up_in_the_end() {
        assert!(next_try(MOST_TRIES - 2, 0).is_some());
        assert_eq!(next_try(MOST_TRIES - 1, 0), None);
        assert_eq!(next_try(u32::MAX, 0), None);
    }
}
