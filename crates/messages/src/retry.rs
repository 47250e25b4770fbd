//! When a delivery that failed is tried again, and when nobody tries any more.
//!
//! What stands in the way is mostly the channel, not the message: a server that is down, a token that expired. Then the
//! channel is held for a while, and after that a single message tries for all of them. So an outage costs a few calls,
//! loses nothing, and makes few doubtful deliveries.

use tollbooth_pipeline::Instant;

use crate::{Class, Failure};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A message this old is given up: it is in the log and on the page of alerts, and helps nobody any more. Longer than a
/// weekend.
pub const GIVE_UP_AFTER_MS: i64 = 72 * HOUR_MS;

/// First wait, and the longest, while a service is out of reach: Microsoft asks for `Retry-After`, or else powers of two.
const FIRST_MS: i64 = 15 * SECOND_MS;
const LONGEST_MS: i64 = 5 * MINUTE_MS;
/// Longest wait that a receiver may ask for.
const LONGEST_ASKED_MS: i64 = 24 * HOUR_MS;
/// Between two tries with credentials that were refused: somebody must act first, and wants to see that it helped.
const CREDENTIALS_MS: i64 = 5 * MINUTE_MS;
/// Between two tries of what a policy forbids.
const PERMISSION_MS: i64 = HOUR_MS;
/// Between two tries of a message that its receiver deferred; greylisting wants a few minutes.
const DEFERRED_FIRST_MS: i64 = 2 * MINUTE_MS;
const DEFERRED_LONGEST_MS: i64 = HOUR_MS;

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// When this message is tried again; none: it is given up.
    pub message_at: Option<Instant>,
    /// Until when nothing is sent on the channel; none when the channel is well.
    pub channel_until: Option<Instant>,
}

/// What follows a failure at `now`, of a message made at `created_at` in its try number `attempt` (from 1), on a channel
/// that failed `failures` times in a row with this. `seed` spreads the waits by up to a fifth, so that replicas and
/// messages do not come back in step.
#[must_use]
pub fn after(failure: &Failure, attempt: u32, failures: u32, created_at: Instant, now: Instant, seed: u64) -> Next {
    let asked = failure
        .retry_after_seconds
        .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS).clamp(0, LONGEST_ASKED_MS));
    let wait = match failure.class {
        Class::Refused => return Next { message_at: None, channel_until: None },
        Class::Throttled | Class::Outage | Class::Unclear => doubled(FIRST_MS, failures, LONGEST_MS),
        Class::Deferred => doubled(DEFERRED_FIRST_MS, attempt, DEFERRED_LONGEST_MS),
        Class::Credentials | Class::NotSetUp => CREDENTIALS_MS,
        Class::Permission => PERMISSION_MS,
    };
    let wait = spread(wait, seed).max(asked.unwrap_or(0));
    let at = now.saturating_add(wait);
    let given_up = now.saturating_sub(created_at) >= GIVE_UP_AFTER_MS;
    let alone = match failure.class {
        // Others may go first: whatever kept this one from an answer may be in it.
        Class::Unclear => now.saturating_add(spread(doubled(FIRST_MS, attempt, LONGEST_MS), seed).max(wait)),
        _ => at,
    };
    Next { message_at: (!given_up).then_some(alone), channel_until: failure.class.is_of_the_channel().then_some(at) }
}

/// `first` doubled for each failure after the first, up to `longest`.
fn doubled(first: i64, failures: u32, longest: i64) -> i64 {
    first.saturating_mul(1_i64 << failures.saturating_sub(1).min(20)).min(longest)
}

/// Shorter by up to a fifth.
fn spread(wait: i64, seed: u64) -> i64 {
    let share = i64::try_from(seed % 1_000).unwrap_or(0);
    wait - wait / 5 * share / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(class: Class, attempt: u32, failures: u32) -> Next {
        after(&Failure::new(class, ""), attempt, failures, 0, 0, 0)
    }

    #[test]
    fn an_outage_holds_the_channel_ever_longer_and_never_longer_than_five_minutes() {
        let waits: Vec<_> = (1..9).map(|n| next(Class::Outage, 1, n).channel_until.unwrap() / SECOND_MS).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300, 300]);
        assert_eq!(next(Class::Outage, 1, 3).message_at, Some(60 * SECOND_MS));
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_and_a_day_at_most() {
        let throttled = |seconds| Failure::new(Class::Throttled, "").after(Some(seconds));
        assert_eq!(after(&throttled(3_600), 1, 1, 0, 0, 999).channel_until, Some(HOUR_MS));
        assert_eq!(after(&throttled(u64::MAX), 1, 1, 0, 0, 0).channel_until, Some(LONGEST_ASKED_MS));
        assert_eq!(after(&throttled(0), 1, 1, 0, 0, 0).channel_until, Some(FIRST_MS));
    }

    #[test]
    fn what_a_message_suffers_alone_holds_nobody_else() {
        let deferred = next(Class::Deferred, 1, 0);
        assert_eq!((deferred.message_at, deferred.channel_until), (Some(DEFERRED_FIRST_MS), None));
        assert_eq!(next(Class::Deferred, 30, 0).message_at, Some(DEFERRED_LONGEST_MS));
        assert_eq!(next(Class::Refused, 1, 0), Next { message_at: None, channel_until: None });
    }

    #[test]
    fn everything_but_a_refusal_is_tried_for_three_days() {
        for class in Class::ALL.iter().copied().filter(|class| *class != Class::Refused) {
            let failure = Failure::new(class, "");
            assert!(after(&failure, 99, 99, 0, GIVE_UP_AFTER_MS - 1, 0).message_at.is_some(), "{class}");
            assert_eq!(after(&failure, 99, 99, 0, GIVE_UP_AFTER_MS, 0).message_at, None, "{class}");
        }
    }

    #[test]
    fn waits_are_spread_by_up_to_a_fifth_and_never_grow() {
        let waits: Vec<_> = (0..1_000)
            .map(|seed| after(&Failure::new(Class::Permission, ""), 1, 1, 0, 0, seed).message_at.unwrap())
            .collect();
        assert!(waits.iter().all(|wait| (HOUR_MS * 4 / 5..=HOUR_MS).contains(wait)));
        assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 500);
    }
}
