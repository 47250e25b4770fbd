//! Work for recognisers: leases, and what became of them.
//!
//! Invariants: never more leases at a time, over all replicas, than each recogniser's limits allow, and a service is
//! paid for in the transaction that hands out the lease; each attempt ends once, by whoever holds its token; an attempt that died is found by the state of its passage, never by a list of
//! workers. A failure of a recogniser is never recorded as "no plate".

mod gates;
mod lease;
mod outcome;
mod settle;
mod shadow;
mod unread;
mod waiting;

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::learned::Learned;
use tollbooth_pipeline::policy::Turn;
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::state::State;

use crate::setting::SettingText;

pub use gates::Description;
pub(crate) use gates::circuit;
pub use shadow::{ShadowLease, ShadowResult, ShadowWork};
pub use waiting::Waiting;

/// Largest raw reply of a recogniser that is kept, in bytes.
pub const MAX_RAW_BYTES: usize = 65_536;
/// Longest detail of a failure that is kept, in characters.
pub const MAX_DETAIL_CHARS: usize = 500;
/// The backlog is counted up to here: beyond, only the counting would grow.
pub const MAX_BACKLOG: u64 = 1_000;

/// The right to read one passage once, until it expires.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// `psg_…`
    pub passage: String,
    /// Must be shown with every write.
    pub attempt_token: String,
    /// From 1 since the turn began; what counts against `reading.max_attempts`.
    pub attempt: u32,
    /// Who is to read.
    pub recognizer: Recognizer,
    /// Whose turn it is.
    pub turn: Turn,
    /// Who that is and what a call costs, for services.
    pub description: Option<Description>,
    /// The unsure reading that a second opinion is wanted on, without its raw reply.
    pub earlier: Option<Reading>,
    /// Key in the photo store.
    pub photo_key: String,
    /// Booth id.
    pub booth: String,
    /// Of the booth.
    pub jurisdiction: String,
    /// What was learned of the booth and its camera; none where nothing was.
    pub learned: Option<Learned>,
    /// When somebody else may take it.
    pub expires_at: Instant,
    /// The passage's trace, and in it the span of this attempt: the header of whatever is called.
    pub traceparent: String,
}

/// Leases handed out, and the settings that hold for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Oldest first; empty: nothing to do now.
    pub leases: Vec<Lease>,
    /// Settings that differ from the defaults.
    pub settings: Vec<SettingText>,
    /// Passages that the caller could read now, had the limits room; at most [`MAX_BACKLOG`].
    pub backlog: u64,
    /// Services with work whose price nobody knows, or learned long ago: describe them, then lease again.
    pub undescribed: Vec<Recognizer>,
    /// When the rate of a service with work allows its next call.
    pub next_call_at: Option<Instant>,
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
    /// The second recogniser is asked about this doubt.
    AskSecond(ReviewReason),
}

/// What follows a failed attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum NextStep {
    /// Try again at this time.
    RetryAt(Instant),
    /// Wait for the service, whose circuit this attempt has opened; the attempt does not count.
    Wait,
    /// The second recogniser takes over.
    AskSecond,
    /// What was read before is safe to bill after all.
    Accept(Acceptance),
    /// Give it to a person.
    Review(Referral),
}

/// An attempt without a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Class, `timed-out`.
    pub class: String,
    /// The wait that a throttling service asked for.
    pub retry_after_ms: Option<u32>,
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

/// What was read from a photo, and what the photo looks like.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The recogniser's.
    pub reading: Reading,
    /// By `tollbooth-photo`; none where that is not known, and then no other picture is compared with it.
    pub print: Option<Vec<u8>>,
}

impl From<Reading> for Seen {
    fn from(reading: Reading) -> Self {
        Self { reading, print: None }
    }
}

/// What the ledger finally recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// `accepted`, `in-review` or `waiting`
    pub state: State,
    /// Present for `in-review`; the ledger itself adds `possible-double`, `possible-tow`, `repeated-frame` and
    /// `recognizer-exhausted`.
    pub reason: Option<ReviewReason>,
}

/// Why nothing was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Given to somebody else, or settled before: drop the result.
    LostLease,
}
