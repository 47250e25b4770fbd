//! What billing answers to the lines of an export.
//!
//! Invariants: a line is answered once, the same answer again changes nothing; an upload with one row that is not of the
//! export, or that contradicts an earlier answer, changes nothing at all; a passage whose line is refused comes back to
//! people in the same transaction, unless they are looking at it already.

use std::collections::BTreeSet;

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Cause, Disposition, Kind};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::{Move, State};

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::step::{Entering, Held, held_columns};

/// What billing says about one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `psg_…`: an export has one line of a passage at most.
    pub passage: String,
    /// What became of it.
    pub outcome: Disposition,
    /// Why it was refused; none for the others.
    pub reason: Option<String>,
}

/// What an upload did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// Lines answered by it for the first time.
    pub recorded: u32,
    /// Lines that had the same answer before.
    pub known: u32,
    /// Passages that came to people because of it.
    pub to_review: u32,
    /// Lines of the export that have no answer yet.
    pub open: u32,
}

/// Why nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No such export, or it is not published.
    NotFound,
    /// The export has no line of these passages.
    UnknownRows(Vec<String>),
    /// These passages are named twice with different answers, or were answered otherwise before.
    Contradictions(Vec<String>),
}

/// A line with its passage.
struct Line {
    held: Held,
    revision: u32,
    plate: Option<String>,
    jurisdiction: Option<String>,
    answered: Option<(Disposition, Option<String>)>,
}

macro_rules! line_of {
    ($table:literal) => {
        concat!(
            "SELECT ",
            held_columns!(),
            ", l.revision, l.plate, l.jurisdiction, d.outcome, d.reason FROM passage p JOIN ",
            $table,
            " l ON l.passage_sequence = p.sequence AND l.export_sequence = +?2
              LEFT JOIN disposition d ON d.passage_sequence = l.passage_sequence AND d.revision = l.revision
              WHERE p.id = ?1 /*pg FOR NO KEY UPDATE OF p */"
        )
    };
}

const INSERT: &str = "INSERT INTO disposition (export_sequence, passage_sequence, revision, outcome, reason, at_ms,
        actor_role, actor_id, booth_id, received_hour)
    SELECT CAST(?1 AS BIGINT), p.sequence, CAST(?3 AS BIGINT), ?4, ?5, CAST(?6 AS BIGINT), ?7, ?8, p.booth_id,
        p.received_hour FROM passage p WHERE p.sequence = ?2";

impl<D: Db> Ledger<D> {
    /// Records what billing answered to lines of a published export: all of it, or nothing. Idempotent.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn acknowledge(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        answers: &[Answer],
    ) -> Result<Acknowledged, Failure<Refusal>> {
        self.write(Scope::Export, || {
            let export = self.export(sequence)?.filter(|export| export.published);
            let export = export.ok_or(Failure::Refused(Refusal::NotFound))?;
            let lines = self.lines_answered(sequence, export.kind, answers)?;
            let mut done = Acknowledged::default();
            let mut seen = BTreeSet::new();
            for (line, answer) in lines.iter().zip(answers) {
                if line.answered.is_some() || !seen.insert(line.held.sequence) {
                    done.known += 1;
                    continue;
                }
                self.record_answer(now, actor, sequence, line, answer)?;
                done.recorded += 1;
                done.to_review += u32::from(self.bring_back(now, actor, sequence, line, answer)?);
            }
            let answered =
                self.run_one("SELECT count(*) FROM disposition WHERE export_sequence = ?1", params![sequence])?;
            let answered = answered.map_or(Ok(0), |row| row.columns().number::<u32>())?;
            done.open = export.rows.saturating_sub(answered);
            Ok(done)
        })
    }

    fn lines_answered(&self, sequence: u64, kind: Kind, answers: &[Answer]) -> Result<Vec<Line>, Failure<Refusal>> {
        let sql = match kind {
            Kind::Lines => line_of!("bill_line"),
            Kind::Corrections => line_of!("correction"),
        };
        let (mut lines, mut unknown, mut contradictions) = (Vec::new(), Vec::new(), Vec::new());
        let mut said = std::collections::BTreeMap::new();
        for answer in answers {
            let Some(row) = self.run_one(sql, params![answer.passage.as_str(), sequence])? else {
                unknown.push(answer.passage.clone());
                continue;
            };
            let line = line(row.columns())?;
            let this = (answer.outcome, answer.reason.clone());
            let before = said.insert(answer.passage.as_str(), this.clone());
            if [before, line.answered.clone()].into_iter().flatten().any(|other| other != this) {
                contradictions.push(answer.passage.clone());
            }
            lines.push(line);
        }
        if !unknown.is_empty() {
            return Err(Failure::Refused(Refusal::UnknownRows(unknown)));
        }
        if !contradictions.is_empty() {
            return Err(Failure::Refused(Refusal::Contradictions(contradictions)));
        }
        Ok(lines)
    }

    fn record_answer(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        line: &Line,
        answer: &Answer,
    ) -> Result<(), LedgerError> {
        self.run(
            INSERT,
            params![
                sequence,
                line.held.sequence,
                line.revision,
                answer.outcome.as_str(),
                answer.reason.clone(),
                now,
                actor.role.as_str(),
                actor.id.as_str(),
            ],
        )?;
        let kind = match answer.outcome {
            Disposition::Billed => EventKind::BillingTook,
            Disposition::OwnerNotFound => EventKind::BillingFoundNoOwner,
            Disposition::Refused => EventKind::BillingRefused,
        };
        let detail = json!({ "export": sequence, "revision": line.revision, "reason": answer.reason });
        let state = line.held.state;
        self.append(&NewEvent { at: now, kind, actor, detail }, line.held.sequence, Some((state, state)))
    }

    /// Whether the passage comes back: its line was refused, and nobody is looking at it, or has decided it, since.
    fn bring_back(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        line: &Line,
        answer: &Answer,
    ) -> Result<bool, LedgerError> {
        let decided = matches!(line.held.state, State::Accepted | State::Rejected);
        let settled = line.held.question != Some(tollbooth_pipeline::export::Question::Due);
        let last = self.last_line(line.held.sequence)?.is_some_and(|last| last.revision == line.revision);
        if answer.outcome != Disposition::Refused || !decided || !settled || !last {
            return Ok(false);
        }
        let reason = answer.reason.clone().unwrap_or_default();
        self.doubt(now, &line.held, Cause::Refused, &reason)?;
        let entering = Entering::Review {
            reason: ReviewReason::RefusedByBilling,
            detail: reason,
            plate: line.plate.clone(),
            jurisdiction: line.jurisdiction.clone(),
        };
        let detail = json!({ "export": sequence, "revision": line.revision });
        let event = NewEvent { at: now, kind: EventKind::Recalled, actor, detail };
        self.advance(&line.held, Move::Reopen, entering, &event).map(|_| true)
    }
}

fn line(mut columns: Columns) -> Result<Line, LedgerError> {
    Ok(Line {
        held: Held::read(&mut columns)?,
        revision: columns.number()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        answered: match (columns.opt_parsed()?, columns.opt_text()?) {
            (Some(outcome), reason) => Some((outcome, reason)),
            (None, _) => None,
        },
    })
}
