//! `tollbooth:ledger/trace` and `tollbooth:ledger/spans`

use tollbooth_ledger::trace as domain;
use tollbooth_trace::TraceId;

use crate::bindings::exports::tollbooth::ledger::spans::{Batch, Ended, Guest as Spans};
use crate::bindings::exports::tollbooth::ledger::trace::{Actor, Guest as Trace, LedgerFailure, Way};
use crate::bindings::tollbooth::types::tracing::Span;
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Trace for PlateWriter<C> {
    fn of_passage(viewer: Actor, passage: String) -> Result<Option<Way>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.trace_for(&actor(&viewer), &passage))?;
        Ok(found.map(|found| Way {
            trace: found.id.to_string(),
            traceparent: found.traceparent,
            spans: found.spans.into_iter().map(span).collect(),
        }))
    }

    fn find(trace: String) -> Result<Vec<String>, LedgerFailure> {
        let Some(trace) = TraceId::parse(&trace) else { return Ok(Vec::new()) };
        Ok(Self::with_ledger(None, |ledger| ledger.passages_of_trace(trace))?)
    }
}

impl<C: Connection> Spans for PlateWriter<C> {
    fn unsent(now: i64, most: u32) -> Result<Batch, LedgerFailure> {
        let found = Self::with_ledger(Some(now), |ledger| ledger.unsent_spans(now, most))?;
        Ok(Batch {
            spans: found.spans.into_iter().map(ended).collect(),
            until: found.until,
            more: found.more,
            left_out: found.left_out,
        })
    }

    fn sent(now: i64, until: u64) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.spans_sent(until))?)
    }
}

fn ended(found: domain::UnsentSpan) -> Ended {
    Ended { passage: found.passage, booth: found.booth, trace: found.trace.to_string(), span: span(found.span) }
}

fn span(found: tollbooth_trace::Span) -> Span {
    Span {
        id: found.id.to_string(),
        parent: found.parent.map(|id| id.to_string()),
        stage: found.stage.to_string(),
        number: found.number,
        started_at: found.started_at,
        ended_at: found.ended_at,
        wait_ms: found.wait_ms,
        run_ms: found.run_ms,
        outcome: found.outcome,
        by: found.by,
    }
}
