//! The lines of an export with what billing answered to them, for people who look at it.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Action, Cause, Disposition, Kind};
use tollbooth_pipeline::plate_type::PlateType;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredLine {
    /// Cursor.
    pub line: u64,
    /// `psg_…`
    pub passage: String,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// What is billed; none for a correction that withdraws.
    pub plate: Option<String>,
    /// Issuer of that plate.
    pub jurisdiction: Option<String>,
    /// Type of that plate, where a person recorded one.
    pub plate_type: Option<PlateType>,
    /// `judge`, or the reviewer's token id.
    pub decided_by: String,
    /// What it corrects; none for a bill line.
    pub correction: Option<Corrects>,
    /// What billing answered.
    pub answer: Option<Answered>,
}

/// What a correction says beside what is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corrects {
    /// The export that holds the line corrected.
    pub export: u64,
    /// What billing does with it.
    pub action: Action,
    /// Why it was looked at again.
    pub cause: Cause,
    /// Why nothing is billed.
    pub reject_code: Option<String>,
}

/// What billing answered to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What became of it.
    pub outcome: Disposition,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When it was answered.
    pub at: Instant,
}

/// How many lines of an export were answered how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// On a bill.
    pub billed: u32,
    /// Nobody is known for the plate.
    pub owner_not_found: u32,
    /// Refused.
    pub refused: u32,
    /// Not answered yet.
    pub open: u32,
}

const BILL_LINES: &str =
    "SELECT l.line, p.id, l.booth_id, p.lane, p.captured_at, l.plate, l.jurisdiction, l.plate_type, l.decided_by,
        NULL, NULL, NULL, NULL, d.outcome, d.reason, d.at_ms
    FROM bill_line l JOIN passage p ON p.sequence = l.passage_sequence
    LEFT JOIN disposition d ON d.passage_sequence = l.passage_sequence AND d.revision = l.revision
    WHERE l.export_sequence = +?1 AND l.line > +?2 ORDER BY l.line LIMIT +?3";

const CORRECTIONS: &str =
    "SELECT c.line, p.id, c.booth_id, p.lane, p.captured_at, c.plate, c.jurisdiction, c.plate_type, c.decided_by,
        c.corrects_export, c.action, c.cause, c.reject_code, d.outcome, d.reason, d.at_ms
    FROM correction c JOIN passage p ON p.sequence = c.passage_sequence
    LEFT JOIN disposition d ON d.passage_sequence = c.passage_sequence AND d.revision = c.revision
    WHERE c.export_sequence = +?1 AND c.line > +?2 ORDER BY c.line LIMIT +?3";

impl<D: Db> Ledger<D> {
    /// Lines of one export in its order, each with its cursor; `after` is the last one seen. Those of an export that was
    /// taken over after a restore are here as far as this ledger has their passages.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export_lines(
        &self,
        kind: Kind,
        sequence: u64,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AnsweredLine>, LedgerError> {
        let sql = match kind {
            Kind::Lines => BILL_LINES,
            Kind::Corrections => CORRECTIONS,
        };
        let rows = self.run(sql, params![sequence, after, limit.min(MAX_PAGE)])?;
        rows.into_iter().map(|row| line(row.columns())).collect()
    }

    /// How many lines of an export of so many rows were answered how.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export_answers(&self, sequence: u64, rows: u32) -> Result<Answers, LedgerError> {
        let counted = self.run(
            "SELECT outcome, count(*) FROM (SELECT outcome FROM disposition WHERE export_sequence = +?1
                 UNION ALL SELECT outcome FROM adopted_answer WHERE export_sequence = +?1 AND settled = 0) AS given
             GROUP BY outcome ORDER BY outcome",
            params![sequence],
        )?;
        let mut found = Answers { open: rows, ..Answers::default() };
        for row in counted {
            let mut columns = row.columns();
            let (outcome, number): (Disposition, u32) = (columns.parsed()?, columns.number()?);
            *(match outcome {
                Disposition::Billed => &mut found.billed,
                Disposition::OwnerNotFound => &mut found.owner_not_found,
                Disposition::Refused => &mut found.refused,
            }) += number;
            found.open = found.open.saturating_sub(number);
        }
        Ok(found)
    }
}

fn line(mut columns: Columns) -> Result<AnsweredLine, LedgerError> {
    Ok(AnsweredLine {
        line: columns.number()?,
        passage: columns.text()?,
        booth: columns.text()?,
        lane: columns.text()?,
        captured_at: columns.text()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        plate_type: columns.opt_parsed()?,
        decided_by: columns.text()?,
        correction: match (columns.opt_number()?, columns.opt_parsed()?, columns.opt_parsed()?, columns.opt_text()?) {
            (Some(export), Some(action), Some(cause), reject_code) => {
                Some(Corrects { export, action, cause, reject_code })
            }
            _ => None,
        },
        answer: match (columns.opt_parsed()?, columns.opt_text()?, columns.opt_integer()?) {
            (Some(outcome), reason, Some(at)) => Some(Answered { outcome, reason, at }),
            _ => None,
        },
    })
}
