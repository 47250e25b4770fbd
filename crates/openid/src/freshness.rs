//! When a provider's document is read again. Components live for one request, so anybody who opens the sign-in page may be
//! the one who reads; how often that can be is limited here, whoever asks.

use tollbooth_pipeline::Instant;

/// How long a document is used without asking, in milliseconds.
const FRESH_MS: Instant = 3_600_000;
/// How long one that cannot be read again still counts, in milliseconds: a provider may be down for a while.
const USABLE_MS: Instant = 86_400_000;
/// Between two tries, in milliseconds.
const RETRY_MS: Instant = 5_000;

/// When a document was read, and when that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// None when it never was.
    pub read_at: Option<Instant>,
    /// Successful or not.
    pub tried_at: Instant,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Use what is there.
    Use,
    /// Read it.
    Read,
    /// It was tried a moment ago: make do with what is there, or give up.
    Wait,
}

/// What to do about a document; `newer` when what is there is not enough, as after a change of keys.
#[must_use]
pub fn plan(seen: Option<Seen>, now: Instant, newer: bool) -> Plan {
    let Some(seen) = seen else { return Plan::Read };
    let fresh = seen.read_at.is_some_and(|read_at| within(read_at, now, FRESH_MS));
    match (fresh && !newer, within(seen.tried_at, now, RETRY_MS)) {
        (true, _) => Plan::Use,
        (false, true) => Plan::Wait,
        (false, false) => Plan::Read,
    }
}

/// Whether a document that could not be read again still counts.
#[must_use]
pub fn usable(read_at: Instant, now: Instant) -> bool {
    within(read_at, now, USABLE_MS)
}

/// A time that lies ahead is one of a clock that was set back since: it says nothing.
fn within(then: Instant, now: Instant, limit: Instant) -> bool {
    (0..limit).contains(&now.saturating_sub(then))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = 1_800_000_000_000;

    fn seen(read: Option<Instant>, tried: Instant) -> Option<Seen> {
        Some(Seen { read_at: read.map(|ago| NOW - ago), tried_at: NOW - tried })
    }

    #[test]
    fn a_document_is_read_when_there_is_none_or_it_is_old_and_at_most_every_few_seconds() {
        assert_eq!(plan(None, NOW, false), Plan::Read);
        assert_eq!(plan(seen(Some(10), 10), NOW, false), Plan::Use);
        assert_eq!(plan(seen(Some(FRESH_MS), FRESH_MS), NOW, false), Plan::Read);
        assert_eq!(plan(seen(Some(FRESH_MS), 10), NOW, false), Plan::Wait, "just tried in vain");
        assert_eq!(plan(seen(None, 10), NOW, false), Plan::Wait);
        assert_eq!(plan(seen(None, RETRY_MS), NOW, false), Plan::Read);
    }

    #[test]
    fn an_unknown_key_has_the_keys_read_again_but_not_by_everybody_at_once() {
        assert_eq!(plan(seen(Some(RETRY_MS), RETRY_MS), NOW, true), Plan::Read);
        assert_eq!(plan(seen(Some(10), 10), NOW, true), Plan::Wait);
    }

    #[test]
    fn what_was_read_counts_for_a_day_and_a_clock_that_was_set_back_is_not_believed() {
        assert!(usable(NOW - USABLE_MS + 1, NOW) && !usable(NOW - USABLE_MS, NOW) && !usable(NOW + 1, NOW));
        assert_eq!(plan(seen(Some(-10), -10), NOW, false), Plan::Read);
    }
}
