//! Corrections: bound, rendered, stored and published by the same protocol as bill lines, in the same sequence.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Action, Cause};
use tollbooth_pipeline::plate_type::PlateType;

use super::MAX_ROWS;
use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind};
use crate::plate_type::plate_type_of;

/// One correction as it was bound. Row and hash of the line corrected are in the file that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Cursor.
    pub line: u64,
    /// The export that holds the line corrected.
    pub corrects_export: u64,
    /// What billing does with it.
    pub action: Action,
    /// Why it was looked at again.
    pub cause: Cause,
    /// `psg_…`
    pub passage: String,
    /// 2 for the first correction of a passage.
    pub revision: u32,
    /// What is billed now.
    pub plate: Option<String>,
    /// Issuer of that plate.
    pub jurisdiction: Option<String>,
    /// Why nothing is billed.
    pub reject_code: Option<String>,
    /// As the camera wrote it.
    pub captured_at: String,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// `judge`, or the reviewer's token id.
    pub decided_by: String,
    /// Type of that plate, where a person recorded one.
    pub plate_type: Option<PlateType>,
}

/// The export that holds the line corrected, which is the last one of the passage.
macro_rules! corrected_export {
    () => {
        "coalesce(
            (SELECT b.export_sequence FROM correction b WHERE b.passage_sequence = p.sequence
                ORDER BY b.revision DESC LIMIT 1),
            (SELECT l.export_sequence FROM bill_line l WHERE l.passage_sequence = p.sequence))"
    };
}
pub(super) use corrected_export;

/// Passages with a correction that is not published, and is not bound to the export under way. They are few. One whose
/// line is in a file that is lost waits for that file, unless it was given up.
macro_rules! due {
    () => {
        concat!(
            "FROM passage p INDEXED BY passage_due WHERE p.correction = 'due'
                AND NOT EXISTS (SELECT 1 FROM correction o CROSS JOIN export x
                    WHERE o.passage_sequence = p.sequence AND x.sequence = o.export_sequence AND x.state = 'bound')
                AND NOT EXISTS (SELECT 1 FROM lost_file f
                    WHERE f.back_at_ms IS NULL AND f.released_at_ms IS NULL AND f.export_sequence = ",
            corrected_export!(),
            ")"
        )
    };
}

/// Those counted are held, as when bill lines are bound.
const COUNT_DUE: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 ",
    due!(),
    " ORDER BY p.sequence LIMIT +?1 /*pg FOR NO KEY UPDATE OF p */) AS few"
);

const BIND: &str = concat!(
    "INSERT INTO correction (export_sequence, passage_sequence, revision, corrects_export, action, cause,
        plate, jurisdiction, reject_code, decided_by, booth_id, received_hour, plate_type)
    SELECT CAST(?1 AS BIGINT), p.sequence,
        1 + coalesce((SELECT max(b.revision) FROM correction b WHERE b.passage_sequence = p.sequence), 1),
        ",
    corrected_export!(),
    ", CASE WHEN p.state = 'accepted' THEN 'replace' ELSE 'withdraw' END,
        (SELECT r.cause FROM recall r WHERE r.passage_sequence = p.sequence ORDER BY r.id DESC LIMIT 1),
        CASE WHEN p.state = 'accepted' THEN p.plate END, CASE WHEN p.state = 'accepted' THEN p.jurisdiction END,
        CASE WHEN p.state = 'rejected' THEN p.reason END, p.decided_by, p.booth_id, p.received_hour,
        CASE WHEN p.state = 'accepted' THEN ",
    plate_type_of!("p"),
    " END ",
    due!(),
    " ORDER BY p.sequence LIMIT +?2 /*pg FOR NO KEY UPDATE OF p */ RETURNING line"
);

const ROWS: &str = "SELECT c.line, c.corrects_export, c.action, c.cause, p.id, c.revision, c.plate, c.jurisdiction,
        c.reject_code, p.captured_at, c.booth_id, p.lane, c.decided_by, c.plate_type
    FROM correction c JOIN passage p ON p.sequence = c.passage_sequence
    WHERE c.export_sequence = +?1 AND c.line > +?2 ORDER BY c.line LIMIT +?3";

const HAS_ADOPTED_ROWS: &str = "SELECT 1 FROM adopted_correction WHERE export_sequence = +?1 AND file_row >= 1 LIMIT 1";

const ADOPTED_ROWS: &str = "SELECT a.file_row, c.corrects_export, c.action, c.cause, p.id, c.revision, c.plate,
        c.jurisdiction, c.reject_code, p.captured_at, c.booth_id, p.lane, c.decided_by, c.plate_type
    FROM adopted_correction a CROSS JOIN passage p CROSS JOIN correction c
    WHERE a.export_sequence = +?1 AND a.file_row > +?2 AND p.id = a.passage_id AND c.passage_sequence = p.sequence
        AND c.revision = a.revision AND +c.export_sequence = a.export_sequence ORDER BY a.file_row LIMIT +?3";

const CORRECTED: &str =
    "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour,
        from_state, to_state, detail)
    SELECT ?2, ?3, ?4, ?5, c.passage_sequence, c.booth_id, c.received_hour,
        CASE WHEN c.action = 'replace' THEN 'accepted' ELSE 'rejected' END,
        CASE WHEN c.action = 'replace' THEN 'accepted' ELSE 'rejected' END,
        '{\"export\":' || c.export_sequence || ',\"revision\":' || c.revision || '}'
    FROM correction c WHERE c.export_sequence = +?1 AND c.line > +?6 AND c.line <= +?7 ORDER BY c.line";

/// Billing has now what is decided here.
const SETTLE: &str = "UPDATE passage SET correction = CASE WHEN state = 'rejected' THEN 'withdrawn' END,
        export_sequence = CASE WHEN state = 'accepted' THEN CAST(?1 AS BIGINT) END
    WHERE correction = 'due' AND sequence IN (SELECT c.passage_sequence FROM correction c
        WHERE c.export_sequence = ?1 AND c.line > +?2 AND c.line <= +?3)";

impl<D: Db> Ledger<D> {
    /// Corrections of one export in the order of its file; `after` is the last cursor seen.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn correction_rows(&self, sequence: u64, after: u64, limit: u32) -> Result<Vec<Bound>, LedgerError> {
        let adopted = self.run_one(HAS_ADOPTED_ROWS, params![sequence])?.is_some();
        let sql = if adopted { ADOPTED_ROWS } else { ROWS };
        let rows = self.run(sql, params![sequence, after, limit.min(MAX_ROWS)])?;
        rows.into_iter().map(|row| bound(row.columns())).collect()
    }

    /// How many corrections could be bound, counted up to `most`.
    pub(super) fn corrections_due(&self, most: u32) -> Result<u32, LedgerError> {
        self.run_one(COUNT_DUE, params![most])?.map_or(Ok(0), |row| row.columns().number())
    }

    /// Binds so many of them, and says how many it found.
    pub(super) fn bind_corrections(&self, sequence: u64, rows: u32) -> Result<usize, LedgerError> {
        Ok(self.run(BIND, params![sequence, rows])?.len())
    }

    /// Inside the transaction that publishes their export, or the lines after `after` up to `to` of it.
    pub(super) fn corrected(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        (after, to): (i64, i64),
    ) -> Result<(), LedgerError> {
        let (role, id) = (actor.role.as_str(), actor.id.as_str());
        self.run(CORRECTED, params![sequence, now, EventKind::Corrected.as_str(), role, id, after, to])?;
        self.run(SETTLE, params![sequence, after, to]).map(drop)
    }
}

fn bound(mut columns: Columns) -> Result<Bound, LedgerError> {
    Ok(Bound {
        line: columns.number()?,
        corrects_export: columns.number()?,
        action: columns.parsed()?,
        cause: columns.parsed()?,
        passage: columns.text()?,
        revision: columns.number()?,
        plate: columns.opt_text()?,
        jurisdiction: columns.opt_text()?,
        reject_code: columns.opt_text()?,
        captured_at: columns.text()?,
        booth: columns.text()?,
        lane: columns.text()?,
        decided_by: columns.text()?,
        plate_type: columns.opt_parsed()?,
    })
}
