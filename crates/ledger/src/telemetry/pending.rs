//! Events that are not added up yet.
//!
//! On SQLite those behind the last one that was: one writer at a time numbers them in the order of commits. On
//! PostgreSQL a lower number may be committed after a higher one, so a trigger notes each event in its own transaction,
//! and adding up takes the note away.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::dialect::Dialect;
use crate::error::LedgerError;

/// An event with what must be known to measure it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub sequence: i64,
    pub at: Instant,
    pub kind: String,
    pub actor_role: String,
    pub booth: Option<String>,
    pub received_hour: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub detail: String,
    /// Of its passage.
    pub passage: Option<PassageFacts>,
    /// When the passage entered the state that this event takes it out of, or that it stays in.
    pub entered_at: Option<Instant>,
    /// The attempt that this event ended.
    pub attempt: Option<AttemptFacts>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PassageFacts {
    pub camera: String,
    pub captured_at: Instant,
    pub received_at: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttemptFacts {
    pub asked: String,
    pub outcome: String,
    pub duration_ms: i64,
    pub cost_micros: i64,
}

/// Attempts are numbered from 1 with each lease and never reset, so the one that an event ends is the number of leases
/// before it. A state is entered by the last event before that led into it from another.
macro_rules! events {
    ($source:literal) => {
        concat!(
            "SELECT e.sequence, e.at_ms, e.kind, e.actor_role, e.booth_id, e.received_hour, e.from_state, e.to_state,
                e.detail, p.camera, p.captured_at_ms, p.received_at_ms,
                (SELECT o.at_ms FROM event o WHERE o.passage_sequence = e.passage_sequence AND o.sequence < e.sequence
                    AND o.to_state = e.from_state AND o.from_state IS DISTINCT FROM o.to_state
                    ORDER BY o.sequence DESC LIMIT 1),
                a.asked, a.outcome, a.duration_ms, a.cost_micros
             FROM ",
            $source,
            " LEFT JOIN passage p ON p.sequence = e.passage_sequence
             LEFT JOIN reading_attempt a ON e.from_state = 'reading' AND a.passage_sequence = e.passage_sequence
                AND a.attempt = (SELECT count(*) FROM event l WHERE l.passage_sequence = e.passage_sequence
                    AND l.sequence < e.sequence AND l.kind = 'leased')
             WHERE e.sequence > ?1 ORDER BY e.sequence LIMIT +?2"
        )
    };
}

impl<D: Db> Ledger<D> {
    /// The next events that are not added up, at most `most`. Whoever adds them up makes sure that nobody else did meanwhile.
    pub(super) fn pending_events(&self, after: i64, most: u32) -> Result<Vec<Pending>, LedgerError> {
        let rows = match self.db.dialect() {
            Dialect::Sqlite => self.run(events!("event e"), params![after, most]),
            Dialect::Postgres => self.run(
                events!("telemetry_pending n JOIN event e ON e.sequence = n.event_sequence"),
                params![i64::MIN, most],
            ),
        }?;
        rows.into_iter().map(pending).collect()
    }

    /// Whether there is any.
    pub(super) fn has_pending_events(&self) -> Result<bool, LedgerError> {
        let found = match self.db.dialect() {
            Dialect::Sqlite => self.run_one(
                "SELECT 1 FROM event
                 WHERE sequence > (SELECT event_sequence FROM telemetry_state WHERE id = 1) LIMIT 1",
                &[],
            ),
            Dialect::Postgres => self.run_one("SELECT 1 FROM telemetry_pending LIMIT 1", &[]),
        }?;
        Ok(found.is_some())
    }

    /// Notes that these are added up.
    pub(super) fn end_pending(&self, events: &[Pending]) -> Result<(), LedgerError> {
        let Some(last) = events.last() else { return Ok(()) };
        self.run("UPDATE telemetry_state SET event_sequence = ?1 WHERE id = 1", params![last.sequence])?;
        if self.db.dialect() == Dialect::Postgres {
            // By number and not up to the last: one that was committed meanwhile must stay.
            let numbers = events.iter().map(|event| event.sequence.to_string()).collect::<Vec<_>>().join(",");
            self.run(
                "DELETE FROM telemetry_pending
                 WHERE event_sequence = ANY (CAST(string_to_array(?1, ',') AS BIGINT[]))",
                params![numbers],
            )?;
        }
        Ok(())
    }
}

fn pending(row: Row) -> Result<Pending, LedgerError> {
    let mut columns = row.columns();
    let (sequence, at) = (columns.integer()?, columns.integer()?);
    let (kind, actor_role) = (columns.text()?, columns.text()?);
    let (booth, received_hour) = (columns.opt_text()?, columns.opt_text()?);
    let (from, to, detail) = (columns.opt_text()?, columns.opt_text()?, columns.text()?);
    let (camera, captured_at, received_at) = (columns.opt_text()?, columns.opt_integer()?, columns.opt_integer()?);
    let entered_at = columns.opt_integer()?;
    let (asked, outcome) = (columns.opt_text()?, columns.opt_text()?);
    let (duration_ms, cost_micros) = (columns.opt_integer()?, columns.opt_integer()?);
    let passage = camera.zip(captured_at.zip(received_at));
    // An event beside a reading, as what billing answers meanwhile, ends no attempt.
    let ended = asked.zip(outcome).filter(|_| from != to);
    Ok(Pending {
        sequence,
        at,
        kind,
        actor_role,
        booth,
        received_hour,
        from,
        to,
        detail,
        passage: passage.map(|(camera, (captured_at, received_at))| PassageFacts { camera, captured_at, received_at }),
        entered_at,
        attempt: ended.map(|(asked, outcome)| AttemptFacts {
            asked,
            outcome,
            duration_ms: duration_ms.unwrap_or_default(),
            cost_micros: cost_micros.unwrap_or_default(),
        }),
    })
}
