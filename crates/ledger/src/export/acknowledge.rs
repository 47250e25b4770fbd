//! What billing answers to the lines of an export.
//!
//! Invariants: a line is answered once, the same answer again changes nothing; an upload with one row that is not of the
//! export, or that contradicts an earlier answer, changes nothing at all; a passage whose line is refused comes back to
//! people in the same transaction, unless they are looking at it already; an answer to a line that was taken over after a
//! restore, and whose passage this ledger does not have as billed, is kept, and counts once the line is settled.

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

/// What was answered: outcome and reason.
type Said = (Disposition, Option<String>);

/// A line that billing may answer to.
enum Line {
    /// Its passage is here with it.
    Here(Box<Own>),
    /// It was taken over after a restore, and its passage is not here as billed.
    Adopted { revision: u32, answered: Option<Said> },
}

/// A line with its passage.
struct Own {
    held: Held,
    revision: u32,
    plate: Option<String>,
    jurisdiction: Option<String>,
    answered: Option<Said>,
}

impl Line {
    const fn answered(&self) -> Option<&Said> {
        match self {
            Self::Here(own) => own.answered.as_ref(),
            Self::Adopted { answered, .. } => answered.as_ref(),
        }
    }
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
              WHERE p.id = +?1 /*pg FOR NO KEY UPDATE OF p */"
        )
    };
}

/// A line of an adopted export that is not settled: its revision, and what billing answered.
const ADOPTED_LINE: &str = "SELECT 1, w.outcome, w.reason FROM adopted_line a
    LEFT JOIN adopted_answer w ON w.passage_id = a.passage_id AND w.revision = 1
    WHERE a.passage_id = ?1 AND a.export_sequence = +?2 AND a.settled = 0";
const ADOPTED_CORRECTION: &str = "SELECT a.revision, w.outcome, w.reason FROM adopted_correction a
    LEFT JOIN adopted_answer w ON w.passage_id = a.passage_id AND w.revision = a.revision
    WHERE a.passage_id = ?1 AND a.export_sequence = +?2 AND a.settled = 0 ORDER BY a.revision DESC LIMIT 1";

const KEEP: &str =
    "INSERT INTO adopted_answer (passage_id, revision, export_sequence, outcome, reason, at_ms, actor_role,
        actor_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// Answers whose line is settled by now, oldest first, so many at a time: looking for the next goes through all that wait.
const READY: &str = "SELECT w.passage_id, w.revision, w.export_sequence, w.outcome, w.reason, w.actor_role,
        w.actor_id, e.kind
    FROM adopted_answer w CROSS JOIN passage p CROSS JOIN export e
    WHERE w.settled = 0 AND p.id = w.passage_id AND e.sequence = w.export_sequence AND (
        (w.revision = 1 AND EXISTS (SELECT 1 FROM bill_line l WHERE l.passage_sequence = p.sequence
            AND +l.export_sequence = w.export_sequence))
        OR EXISTS (SELECT 1 FROM correction c WHERE c.passage_sequence = p.sequence AND c.revision = w.revision
            AND +c.export_sequence = w.export_sequence))
    ORDER BY w.export_sequence, w.passage_id, w.revision LIMIT 1000";

const ANSWERED: &str = "SELECT (SELECT count(*) FROM disposition d WHERE d.export_sequence = ?1)
    + (SELECT count(*) FROM adopted_answer w WHERE w.export_sequence = ?1 AND w.settled = 0)";

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
                if line.answered().is_some() || !seen.insert(answer.passage.as_str()) {
                    done.known += 1;
                    continue;
                }
                done.recorded += 1;
                match line {
                    Line::Here(own) => {
                        self.record_answer(now, actor, sequence, own, answer)?;
                        done.to_review += u32::from(self.bring_back(now, actor, sequence, own, answer)?);
                    }
                    Line::Adopted { revision, .. } => self.keep_answer(now, actor, sequence, *revision, answer)?,
                }
            }
            let answered = self.run_one(ANSWERED, params![sequence])?;
            let answered = answered.map_or(Ok(0), |row| row.columns().number::<u32>())?;
            done.open = export.rows.saturating_sub(answered);
            Ok(done)
        })
    }

    fn lines_answered(&self, sequence: u64, kind: Kind, answers: &[Answer]) -> Result<Vec<Line>, Failure<Refusal>> {
        let sql = line_sql(kind);
        let (mut lines, mut unknown, mut contradictions) = (Vec::new(), Vec::new(), Vec::new());
        let mut said = std::collections::BTreeMap::new();
        for answer in answers {
            let found = match self.run_one(sql, params![answer.passage.as_str(), sequence])? {
                Some(row) => Some(Line::Here(Box::new(own(row.columns())?))),
                None => self.adopted_line(sequence, kind, &answer.passage)?,
            };
            let Some(line) = found else {
                unknown.push(answer.passage.clone());
                continue;
            };
            let this = (answer.outcome, answer.reason.clone());
            let before = said.insert(answer.passage.as_str(), this.clone());
            if [before, line.answered().cloned()].into_iter().flatten().any(|other| other != this) {
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

    fn adopted_line(&self, sequence: u64, kind: Kind, passage: &str) -> Result<Option<Line>, LedgerError> {
        let sql = match kind {
            Kind::Lines => ADOPTED_LINE,
            Kind::Corrections => ADOPTED_CORRECTION,
        };
        let Some(row) = self.run_one(sql, params![passage, sequence])? else { return Ok(None) };
        let mut columns = row.columns();
        Ok(Some(Line::Adopted { revision: columns.number()?, answered: said(&mut columns)? }))
    }

    /// Keeps an answer until its line is settled: there is no passage to write it to.
    fn keep_answer(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        revision: u32,
        answer: &Answer,
    ) -> Result<(), LedgerError> {
        self.run(
            KEEP,
            params![
                answer.passage.as_str(),
                revision,
                sequence,
                answer.outcome.as_str(),
                answer.reason.clone(),
                now,
                actor.role.as_str(),
                actor.id.as_str(),
            ],
        )
        .map(drop)
    }

    /// Answers that were kept become ordinary ones once their line is settled, by whoever gave them; what was refused comes
    /// back to people. When they were given stays with what was kept. Inside a transaction under [`Scope::Export`].
    pub(super) fn settle_adopted_answers(&self, now: Instant) -> Result<(), LedgerError> {
        loop {
            let ready = self.run(READY, &[])?;
            if ready.is_empty() {
                return Ok(());
            }
            for row in ready {
                self.settle_adopted_answer(now, row.columns())?;
            }
        }
    }

    fn settle_adopted_answer(&self, now: Instant, mut columns: Columns) -> Result<(), LedgerError> {
        let (passage, revision) = (columns.text()?, columns.number::<u32>()?);
        let sequence: u64 = columns.number()?;
        let (outcome, reason) = (columns.parsed()?, columns.opt_text()?);
        let actor = Actor { role: columns.text()?, id: columns.text()? };
        let kind: Kind = columns.parsed()?;
        let answer = Answer { passage, outcome, reason };
        let row = self.run_one(line_sql(kind), params![answer.passage.as_str(), sequence])?;
        if let Some(line) = row.map(|row| own(row.columns())).transpose()?.filter(|line| line.answered.is_none()) {
            self.record_answer(now, &actor, sequence, &line, &answer)?;
            self.bring_back(now, &actor, sequence, &line, &answer)?;
        }
        self.run(
            "UPDATE adopted_answer SET settled = 1 WHERE passage_id = ?1 AND revision = ?2",
            params![answer.passage.as_str(), revision],
        )
        .map(drop)
    }

    fn record_answer(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        line: &Own,
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
        line: &Own,
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

/// Asks for a line with its passage.
const fn line_sql(kind: Kind) -> &'static str {
    match kind {
        Kind::Lines => line_of!("bill_line"),
        Kind::Corrections => line_of!("correction"),
    }
}

fn own(mut columns: Columns) -> Result<Own, LedgerError> {
    Ok(Own {
        held: Held::read(&mut columns)?,
        revision: columns.number()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        answered: said(&mut columns)?,
    })
}

fn said(columns: &mut Columns) -> Result<Option<Said>, LedgerError> {
    Ok(match (columns.opt_parsed()?, columns.opt_text()?) {
        (Some(outcome), reason) => Some((outcome, reason)),
        (None, _) => None,
    })
}
