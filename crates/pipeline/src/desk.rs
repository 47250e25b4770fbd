//! What a supervisor's desk is for: reviews that only a supervisor decides, and who is offered which.
//!
//! A review comes to the desk because somebody flagged it, because independent answers to it differ, or because an answer
//! that another person must confirm was confirmed by nobody in time. Whoever brought it there never decides it.

use crate::Instant;
use crate::reason::named;

/// Most reviews that are given to somebody at once.
pub const MAX_ASSIGNED: u32 = 100;
/// Most booths that a role can be limited to.
pub const MAX_BOOTHS: usize = 100;

named! {
    /// Why only a supervisor decides a review.
    Matter, "matter of a supervisor" {
        /// Independent answers differ.
        Disputed = "disputed",
        /// Somebody who reviews asks a supervisor to decide, with a note.
        Flagged = "flagged",
        /// An answer waits for another person's, and nobody gave one in time.
        Overdue = "overdue",
    }
}

named! {
    /// Part of the open reviews.
    Queue, "queue" {
        /// What anybody who reviews decides.
        Ordinary = "ordinary",
        /// What only a supervisor decides.
        Supervisor = "supervisor",
    }
}

/// Answers that were given at or before this, and that wait, are overdue.
#[must_use]
pub fn overdue_since(now: Instant, hours: u64) -> Instant {
    now.saturating_sub(hours_ms(hours))
}

/// Hours of a setting, in milliseconds.
#[must_use]
pub fn hours_ms(hours: u64) -> Instant {
    i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(3_600_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_overdue_after_its_hours_and_not_before() {
        let hour = 3_600_000;
        assert_eq!(overdue_since(10 * hour, 4), 6 * hour);
        assert_eq!(hours_ms(u64::MAX), i64::MAX, "a setting that is absurd ends nothing");
    }

    #[test]
    fn every_matter_and_queue_survives_the_round_trip_through_its_name() {
        for matter in Matter::ALL {
            assert_eq!(matter.as_str().parse(), Ok(*matter));
        }
        for queue in Queue::ALL {
            assert_eq!(queue.as_str().parse(), Ok(*queue));
        }
    }
}
