//! What a write transaction keeps others from doing.
//!
//! On SQLite one writer at a time is the rule, and a scope locks nothing. PostgreSQL lets writers meet, and each sees
//! what was committed when its statement began: a count, a limit or "no such thing yet" may be wrong a moment later,
//! silently. So every rule that looks at more than the rows it changes names the scope it needs; PostgreSQL takes a
//! lock of that name until the transaction ends, and the statement that follows sees all that was committed before.
//!
//! Rows that are read and then changed are held by the statement that reads them (`/*pg FOR NO KEY UPDATE */`).
//!
//! Locks are taken in the order of the variants, on both databases: a transaction that asks for an earlier one after
//! a later one is refused as a defect, so two transactions can never wait for each other. Only whoever holds
//! [`Scope::Leasing`] may take several of one kind.

use tollbooth_pipeline::recognizer::Recognizer;

/// What must not change under a write transaction, beside the rows it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nothing: the rows held are all that is looked at.
    Rows,
    /// Booths, tokens and settings.
    Admin,
    /// Which passages are bound to which export, and its number.
    Export,
    /// What is leased and what came of leases that died, whoever reads.
    Leasing,
    /// Calls in flight, rate, budget and circuit of a recogniser.
    Recognizer(Recognizer),
    /// How many shadows wait.
    Shadows,
    /// Frames and plates seen at the booth of this passage.
    BoothOf(i64),
    /// Which messages are queued and leased, and which alerts fire.
    Messages,
    /// Which events are added up.
    Telemetry,
}

/// Classes of PostgreSQL's advisory locks, the first of their two numbers.
const ADMIN: i64 = 1;
const EXPORT: i64 = 2;
const LEASING: i64 = 3;
const RECOGNIZER: i64 = 4;
const SHADOWS: i64 = 5;
pub(crate) const BOOTH: i64 = 6;
const MESSAGES: i64 = 7;
const TELEMETRY: i64 = 8;

impl Scope {
    /// Its place in the order, which is its class of lock; none where there is nothing to lock.
    pub(crate) const fn class(self) -> Option<i64> {
        match self {
            Self::Rows => None,
            Self::Admin => Some(ADMIN),
            Self::Export => Some(EXPORT),
            Self::Leasing => Some(LEASING),
            Self::Recognizer(_) => Some(RECOGNIZER),
            Self::Shadows => Some(SHADOWS),
            Self::BoothOf(_) => Some(BOOTH),
            Self::Messages => Some(MESSAGES),
            Self::Telemetry => Some(TELEMETRY),
        }
    }
}
