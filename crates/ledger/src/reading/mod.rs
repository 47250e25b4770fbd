//! Work for recognisers: leases, and what became of them.
//!
//! Invariants: at most `reading.concurrency` passages are leased at a time over all replicas; each attempt ends once,
//! by whoever holds its token; an attempt that died is found by the state of its passage, never by a list of
//! workers. A failure of a recogniser is never recorded as "no plate".

mod lease;
mod settle;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;

use crate::setting::SettingText;

/// Largest raw reply of a recogniser that is kept, in bytes.
pub const MAX_RAW_BYTES: usize = 65_536;
/// Longest detail of a failure that is kept, in characters.
pub const MAX_DETAIL_CHARS: usize = 500;
/// The backlog is counted up to here: beyond, only the counting would grow.
pub const MAX_BACKLOG: u64 = 10_000;

/// The right to read one passage once, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// `psg_…`
    pub passage: String,
    /// Must be shown with every write.
    pub attempt_token: String,
    /// From 1 since the last reprocess; what counts against `reading.max_attempts`.
    pub attempt: u32,
    /// Key in the photo store.
    pub photo_key: String,
    /// Booth id.
    pub booth: String,
    /// Of the booth.
    pub jurisdiction: String,
    /// When somebody else may take it.
    pub expires_at: Instant,
}

/// Leases handed out, and the settings that hold for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Oldest first; empty: nothing to do now.
    pub leases: Vec<Lease>,
    /// Settings that differ from the defaults.
    pub settings: Vec<SettingText>,
    /// Passages that could be read now, had the limit room; at most [`MAX_BACKLOG`].
    pub backlog: u64,
}

/// A plate that is safe to bill by the judge's rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Acceptance {
    /// Capital letters and digits.
    pub plate: String,
    /// `us-tx`
    pub jurisdiction: String,
    /// Where the jurisdiction comes from.
    pub source: JurisdictionSource,
    /// 0..1
    pub confidence: f32,
}

/// A passage a person must look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// Why.
    pub reason: ReviewReason,
    /// One sentence for the reviewer.
    pub detail: String,
    /// The likeliest text.
    pub plate: Option<String>,
}

/// The judge's word on a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Safe to bill.
    Accept(Acceptance),
    /// A person must look.
    Review(Referral),
}

/// What follows a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Try again at this time.
    RetryAt(Instant),
    /// Give it to a person.
    Review(Referral),
}

/// An attempt without a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Class, `timed-out`.
    pub class: String,
    /// For operators; cut to [`MAX_DETAIL_CHARS`].
    pub detail: String,
    /// In milliseconds.
    pub duration_ms: u32,
    /// In millionths of the accounting currency.
    pub cost_micros: u64,
    /// Component that tried.
    pub recognizer: String,
    /// Model or API version.
    pub model: String,
}

/// What the ledger finally recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// `accepted`, `in-review` or `waiting`
    pub state: State,
    /// Present for `in-review`; the ledger itself adds `possible-double` and `recognizer-exhausted`.
    pub reason: Option<ReviewReason>,
}

/// Why nothing was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Given to somebody else, or settled before: drop the result.
    LostLease,
}

/// What a passage whose attempts are used up is referred with.
fn exhausted(attempts: u32) -> Referral {
    Referral {
        reason: ReviewReason::RecognizerExhausted,
        detail: format!("No reading after {attempts} attempts."),
        plate: None,
    }
}
