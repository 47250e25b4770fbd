//! The outbox: messages to people and programs, delivered by somebody else under a lease, as passages are read.
//!
//! Invariants: a message is queued in the transaction of what it tells about, once for each id; at most one lease of it is
//! live; a lease that ends without an outcome makes the message doubtful, and whoever delivers it next says so; messages
//! about one thing reach an addressee in their order; what is said never changes, and nothing is ever deleted.

mod handle;
mod lease;
mod look;
mod queue;
mod settle;

use tollbooth_messages::Outcome;
use tollbooth_pipeline::Instant;

pub use handle::Refusal;
pub use look::Filter;
pub(crate) use queue::NewMessage;

use crate::columns::Columns;
use crate::error::LedgerError;

/// How long a delivery may take, in milliseconds: longer than any notifier waits.
pub const LEASE_MS: i64 = 120_000;

/// A message and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its place in the order.
    pub sequence: u64,
    /// `msg_…`
    pub id: String,
    /// What it is about: the name of a rule, `digest` for several at once, `all-is-well`, `test`.
    pub kind: String,
    /// `log`, `mail`, `chat`.
    pub channel: String,
    /// Empty where the channel has one receiver.
    pub addressee: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// `alr_…`, `dig_…` of a digest, or empty.
    pub thread: String,
    /// When it was queued.
    pub created_at: Instant,
    /// `due`, `leased`, `handed-over`, `dead` or `withdrawn`.
    pub state: String,
    /// Deliveries begun.
    pub attempts: u32,
    /// When it is tried next, while it is due.
    pub next_attempt_at: Option<Instant>,
    /// A delivery of it may have arrived.
    pub doubtful: bool,
    /// Class of the last failure.
    pub last_class: Option<String>,
    /// What was said then.
    pub last_failure: Option<String>,
    /// What the next server on the way calls it.
    pub reference: Option<String>,
    /// When it left the outbox.
    pub closed_at: Option<Instant>,
}

/// A message that the caller delivers now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Checked by [`crate::Ledger::settle_message`].
    pub token: String,
    /// As it stood when it was taken; `doubtful` says whether this is a repetition.
    pub message: Message,
}

/// One delivery that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// Who delivers.
    pub worker: String,
    /// The receiver was told that the message may have come before.
    pub repetition: bool,
    /// When it began.
    pub started_at: Instant,
    /// When it ended, or was found to be lost.
    pub finished_at: Option<Instant>,
    /// `running`, `handed-over`, `lost`, or the class of the failure.
    pub outcome: String,
    /// For operators.
    pub detail: String,
}

/// How a channel stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `mail`
    pub channel: String,
    /// In a row.
    pub failures: u32,
    /// Since when nothing was taken.
    pub failing_since: Option<Instant>,
    /// Class of the last failure; empty when it is well.
    pub reason: String,
    /// What was said then.
    pub detail: String,
    /// Nothing is sent before this.
    pub held_until: Option<Instant>,
    /// When something was last handed over.
    pub last_handed_over_at: Option<Instant>,
    /// Messages that wait or are under way, counted up to a thousand.
    pub waiting: u64,
}

const COLUMNS: &str = "sequence, id, kind, channel, addressee, subject, body, thread, created_at_ms, state, attempts,
    CASE WHEN state = 'due' THEN next_attempt_at_ms END, doubtful, last_class, last_failure, reference, closed_at_ms";

/// How threads of digests begin: each is a thread of its own, and keeps its place among what is said of its alerts.
pub(crate) const DIGEST_THREAD: &str = "dig";

/// How many messages are due or were given up: an expression, by the indexes of both.
pub(crate) const UNDELIVERED: &str =
    "(SELECT count(*) FROM message WHERE state = 'due') + (SELECT count(*) FROM message WHERE state = 'dead')";

fn message(columns: &mut Columns) -> Result<Message, LedgerError> {
    Ok(Message {
        sequence: columns.number()?,
        id: columns.text()?,
        kind: columns.text()?,
        channel: columns.text()?,
        addressee: columns.text()?,
        subject: columns.text()?,
        body: columns.text()?,
        thread: columns.text()?,
        created_at: columns.integer()?,
        state: columns.text()?,
        attempts: columns.number()?,
        next_attempt_at: columns.opt_integer()?,
        doubtful: columns.flag()?,
        last_class: columns.opt_text()?,
        last_failure: columns.opt_text()?,
        reference: columns.opt_text()?,
        closed_at: columns.opt_integer()?,
    })
}

/// The name of an outcome in the log of attempts, and what was said.
fn said(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::HandedOver { reference } => ("handed-over", reference.as_deref().unwrap_or_default()),
        Outcome::Failed(failure) => (failure.class.as_str(), &failure.detail),
    }
}
