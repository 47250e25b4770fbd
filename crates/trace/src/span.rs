//! One stretch of a passage's way.

use tollbooth_pipeline::Instant;

use crate::ids::SpanId;
use crate::stage::Stage;

/// A stretch of a passage's way. Times are the ledger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Derived: the same stretch has the same id whoever computes it.
    pub id: SpanId,
    /// The span it is part of; of the whole way the camera's, where it sent one.
    pub parent: Option<SpanId>,
    /// What it is.
    pub stage: Stage,
    /// From 1 in each stage.
    pub number: u32,
    /// When it began: with the waiting.
    pub started_at: Instant,
    /// When it was over; none while it lasts.
    pub ended_at: Option<Instant>,
    /// Milliseconds in which nothing happened; none where waiting is not known, or not over.
    pub wait_ms: Option<i64>,
    /// Milliseconds of work; none where it is not known, or has not ended.
    pub run_ms: Option<i64>,
    /// What came of it: a state, a reason, the class of a failure. Empty while it lasts.
    pub outcome: String,
    /// Who did it: a recogniser, the judge, a role, the number of a file. Empty where nobody did anything so far.
    pub by: String,
    /// The event that ended it.
    pub ended_by: Option<u64>,
}
