//! What the ledger knows of a passage's way: the facts that [`crate::spans`] are computed from.

use tollbooth_pipeline::Instant;

use crate::SpanId;

/// A passage's way so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// `psg_…`
    pub passage: String,
    /// The camera's span, where it sent one.
    pub parent: Option<SpanId>,
    /// How long the door had it before it was recorded, in milliseconds; not known of old passages.
    pub intake_ms: Option<i64>,
    /// Everything that happened, the oldest first.
    pub moments: Vec<Moment>,
    /// The attempts to read it, by number.
    pub attempts: Vec<Attempt>,
    /// The files that have it.
    pub bound: Vec<Bound>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moment {
    /// Of the event.
    pub sequence: u64,
    /// When.
    pub at: Instant,
    /// What, by the event's name.
    pub kind: String,
    /// Role of whoever did it.
    pub role: String,
    /// The state it left; none for the first.
    pub from: Option<String>,
    /// The state it entered, or stayed in.
    pub to: Option<String>,
    /// A reason for review, a reject code: never what was read.
    pub reason: Option<String>,
}

/// An attempt to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempt {
    /// From 1, never reset: the number of leases before it and one.
    pub number: u32,
    /// Who was asked, by the setting's name.
    pub asked: String,
    /// `read`, or the class of a failure.
    pub outcome: String,
}

/// A file that has the passage's line, or its correction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bound {
    /// Number of the export.
    pub export: u64,
    /// When the line was bound to it.
    pub bound_at: Instant,
    /// When it was published; none before.
    pub published_at: Option<Instant>,
}
