//! What the ledger makes of the times it is given.
//!
//! Every `now` was read by some caller before it waited for the database, and replicas' clocks differ. So times may
//! run backwards a little, which means nothing, or a lot, which means that a clock was set.

/// How far a time may lie ahead of `now` before it counts as written by a clock that was set back since:
/// the five seconds a writer may wait for the lock, and as much again for clocks that differ.
pub(crate) const CLOCK_SLACK_MS: i64 = 10_000;
