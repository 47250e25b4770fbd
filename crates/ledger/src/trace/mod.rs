//! Following one passage: the history of its way as spans, who is found by a trace, and what a collector has not got yet.
//!
//! Reads what is written anyway; see `tollbooth_trace` for why nothing is recorded. The only row of its own says how far the
//! handing over to a collector has come.

mod find;
mod unsent;
mod way;

use tollbooth_trace::{Context, Span, SpanId, Stage, TraceId};

use crate::Ledger;
use crate::db::Db;
use crate::error::LedgerError;
use crate::event::Actor;
use crate::trace::way::Viewer;

pub use crate::trace::find::MAX_FOUND;
pub use crate::trace::unsent::{KEPT_FOR_MS, Unsent, UnsentSpan};

/// A passage's trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Of all its spans.
    pub id: TraceId,
    /// What its camera sent.
    pub traceparent: Option<String>,
    /// The whole first, then its stages in the order in which they began.
    pub spans: Vec<Span>,
}

impl<D: Db> Ledger<D> {
    /// The trace of a passage, as far as somebody may see it: of what is kept back from them, only that it came.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn trace_for(&self, viewer: &Actor, passage: &str) -> Result<Option<Trace>, LedgerError> {
        let Some(seen) = self.passage_for(viewer, passage)? else { return Ok(None) };
        let as_seen = if seen.kept_back { Viewer::OfTheArrival(viewer) } else { Viewer::Person(viewer) };
        let Some(found) = self.way(passage, as_seen)? else { return Ok(None) };
        let id = context(passage, found.traceparent.as_deref())?.trace;
        let mut spans = tollbooth_trace::spans(&found.way);
        if seen.kept_back {
            spans.retain(|span| span.stage == Stage::Intake);
        }
        Ok(Some(Trace { id, traceparent: found.traceparent, spans }))
    }
}

/// A passage's place in its trace: the whole of its way.
pub(crate) fn context(passage: &str, traceparent: Option<&str>) -> Result<Context, LedgerError> {
    let whole = SpanId::of_stage(passage, Stage::Passage, 1);
    match traceparent {
        None => Ok(Context::sampled(TraceId::of_passage(passage), whole)),
        Some(text) => Context::parse(text)
            .map(|context| context.with_parent(whole))
            .map_err(|error| LedgerError::Damaged(format!("{passage}: {error}"))),
    }
}
