//! What is known of a passage's way.

use serde_json::Value as Json;
use tollbooth_trace::{Attempt, Bound, Context, Moment, Way};

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind};
use crate::passages::{Event, MAX_PAGE};

/// A way with whose it is.
pub(super) struct Found {
    pub way: Way,
    pub booth: String,
    pub traceparent: Option<String>,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Viewer<'a> {
    /// The machine, for a collector.
    Nobody,
    /// Somebody from whom nothing is kept back; their own answer that is held is a decision to them, as in the history.
    Person(&'a Actor),
    /// Somebody who may know that it came, and no more.
    OfTheArrival(&'a Actor),
}

/// The files that have a line of the passage, or a correction of one.
const BOUND: &str = "SELECT x.sequence, x.bound_at_ms, x.published_at_ms FROM bill_line l
        JOIN export x ON x.sequence = l.export_sequence WHERE l.passage_sequence = +?1
    UNION ALL
    SELECT x.sequence, x.bound_at_ms, x.published_at_ms FROM correction c
        JOIN export x ON x.sequence = c.export_sequence WHERE c.passage_sequence = +?1";

impl<D: Db> Ledger<D> {
    pub(super) fn way(&self, passage: &str, viewer: Viewer<'_>) -> Result<Option<Found>, LedgerError> {
        let row = self.run_one(
            "SELECT sequence, booth_id, traceparent, intake_ms FROM passage WHERE id = +?1",
            params![passage],
        )?;
        let Some(mut columns) = row.map(crate::db::Row::columns) else { return Ok(None) };
        let (sequence, booth) = (columns.integer()?, columns.text()?);
        let (traceparent, intake_ms) = (columns.opt_text()?, columns.opt_integer()?);
        let parent = traceparent.as_deref().and_then(|text| Context::parse(text).ok()).map(|context| context.parent);
        let mut way = Way { passage: passage.to_owned(), parent, intake_ms, ..Way::default() };
        let history = match viewer {
            Viewer::Nobody => self.history(passage, 0, MAX_PAGE)?,
            Viewer::Person(viewer) | Viewer::OfTheArrival(viewer) => self.history_for(viewer, passage, 0, MAX_PAGE)?,
        };
        way.moments = history.into_iter().map(moment).collect();
        // A collector keeps nothing from anybody: of what is read blind it is not told why, or a sample could be told there.
        if matches!(viewer, Viewer::Nobody) && self.is_drawn_blind(sequence)? {
            let referred = |moment: &&mut Moment| moment.kind == EventKind::Referred.as_str();
            way.moments.iter_mut().filter(referred).for_each(|moment| moment.reason = None);
        }
        if let Viewer::OfTheArrival(_) = viewer {
            way.moments.retain(|moment| moment.kind == EventKind::Received.as_str());
        } else {
            way.attempts = self.attempts_on(sequence)?;
            way.bound = self.files_of(sequence)?;
        }
        Ok(Some(Found { way, booth, traceparent }))
    }

    fn is_drawn_blind(&self, sequence: i64) -> Result<bool, LedgerError> {
        let row = self.run_one("SELECT 1 FROM blind_review WHERE passage_sequence = +?1", params![sequence])?;
        Ok(row.is_some())
    }

    fn attempts_on(&self, sequence: i64) -> Result<Vec<Attempt>, LedgerError> {
        let sql = "SELECT attempt, asked, outcome FROM reading_attempt WHERE passage_sequence = +?1 ORDER BY attempt";
        self.run(sql, params![sequence])?
            .into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok(Attempt { number: columns.number()?, asked: columns.text()?, outcome: columns.text()? })
            })
            .collect()
    }

    fn files_of(&self, sequence: i64) -> Result<Vec<Bound>, LedgerError> {
        self.run(BOUND, params![sequence])?
            .into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok(Bound {
                    export: columns.number()?,
                    bound_at: columns.integer()?,
                    published_at: columns.opt_integer()?,
                })
            })
            .collect()
    }
}

/// Of the detail only codes: what was read stays where it is.
fn moment(event: Event) -> Moment {
    let detail: Json = serde_json::from_str(&event.detail).unwrap_or_default();
    let word = |name: &str| detail.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
    let says = [EventKind::Received, EventKind::Referred, EventKind::Rejected, EventKind::ReadingFailed];
    let reason = says.iter().any(|kind| kind.as_str() == event.kind).then(|| word("reason").or_else(|| word("code")));
    Moment {
        sequence: event.sequence,
        at: event.at,
        kind: event.kind,
        role: event.actor_role,
        from: event.from_state,
        to: event.to_state,
        reason: reason.flatten(),
    }
}
