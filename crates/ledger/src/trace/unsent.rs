//! Spans that a collector has not got: those that ended with the events behind a mark.
//!
//! At least once: the mark moves after the collector took them, and a span has the same id whenever it is computed. What could
//! not be handed over for [`KEPT_FOR_MS`] is left out, so that a collector that was away for a week gets the present; the
//! ledger has the rest for ever.

use std::collections::BTreeMap;

use tollbooth_pipeline::Instant;
use tollbooth_trace::{Span, TraceId};

use super::context;
use super::way::Viewer;
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::dialect::Dialect;
use crate::error::LedgerError;

/// How long spans are kept for a collector that does not answer, in milliseconds.
pub const KEPT_FOR_MS: i64 = 3_600_000;

/// On PostgreSQL a lower number may be committed after a higher one: no transaction lasts as long as this, in milliseconds.
const SETTLED_MS: i64 = 30_000;

/// A span that ended, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentSpan {
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// Its trace.
    pub trace: TraceId,
    /// It.
    pub span: Span,
}

/// What is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unsent {
    /// Passage by passage, each in the order in which its spans began.
    pub spans: Vec<UnsentSpan>,
    /// The last event that was looked at: the new mark, once they are handed over. None: there was nothing to look at.
    pub until: Option<u64>,
    /// Whether more events are behind it.
    pub more: bool,
    /// Spans of some time were left out, because nobody took them.
    pub left_out: bool,
}

impl<D: Db> Ledger<D> {
    /// The spans that ended with the next `most` events. The first time nothing: a collector gets what happens from then on.
    /// Traces whose camera asked not to be recorded are left to it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn unsent_spans(&self, now: Instant, most: u32) -> Result<Unsent, LedgerError> {
        let mark = self.run_one("SELECT event_sequence FROM span_export WHERE id = 1", &[])?;
        let Some(mark) = mark.map(|row| row.columns().number::<u64>()).transpose()? else {
            self.run(
                "INSERT INTO span_export (id, event_sequence)
                 VALUES (1, coalesce((SELECT max(sequence) FROM event), 0)) ON CONFLICT (id) DO NOTHING",
                &[],
            )?;
            return Ok(Unsent::default());
        };
        let settled = match self.db.dialect() {
            Dialect::Sqlite => i64::MAX,
            Dialect::Postgres => now.saturating_sub(SETTLED_MS),
        };
        let mut found = Unsent::default();
        let mut passages: BTreeMap<i64, String> = BTreeMap::new();
        let rows = self.run(
            "SELECT e.sequence, e.at_ms, p.sequence, p.id FROM event e LEFT JOIN passage p ON p.sequence = e.passage_sequence
             WHERE e.sequence > +?1 ORDER BY e.sequence LIMIT +?2",
            params![mark, most],
        )?;
        let full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= most);
        for row in rows {
            let mut columns = row.columns();
            let (sequence, at) = (columns.number::<u64>()?, columns.integer()?);
            if found.until.is_none() && at < now.saturating_sub(KEPT_FOR_MS) {
                return self.leave_out();
            }
            // What lies ahead was written by a clock that has been set back since: it must not hold up the others.
            if at > settled && at <= now.saturating_add(CLOCK_SLACK_MS) {
                break;
            }
            found.until = Some(sequence);
            if let (Some(number), Some(id)) = (columns.opt_integer()?, columns.opt_text()?) {
                passages.insert(number, id);
            }
        }
        let Some(until) = found.until else { return Ok(found) };
        found.more = full;
        for passage in passages.into_values() {
            let Some(of) = self.way(&passage, Viewer::Nobody)? else { continue };
            let context = context(&passage, of.traceparent.as_deref())?;
            if !context.is_sampled() {
                continue;
            }
            let ended = |span: &Span| span.ended_by.is_some_and(|by| by > mark && by <= until);
            found.spans.extend(tollbooth_trace::spans(&of.way).into_iter().filter(ended).map(|span| UnsentSpan {
                passage: passage.clone(),
                booth: of.booth.clone(),
                trace: context.trace,
                span,
            }));
        }
        Ok(found)
    }

    /// Moves the mark: these were handed over. Never back.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn spans_sent(&self, until: u64) -> Result<(), LedgerError> {
        self.run("UPDATE span_export SET event_sequence = ?1 WHERE id = 1 AND event_sequence < ?1", params![until])
            .map(drop)
    }

    /// What is behind the mark is too old: on with the present.
    fn leave_out(&self) -> Result<Unsent, LedgerError> {
        let last = self.run_one("SELECT coalesce(max(sequence), 0) FROM event", &[])?;
        let until = last.map(|row| row.columns().number()).transpose()?;
        Ok(Unsent { until, left_out: true, ..Unsent::default() })
    }
}
