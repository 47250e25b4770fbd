//! Lost files that nobody has any more: given up by an operator, with a reason, for good.
//!
//! Nothing waits for such a file afterwards and no alert tells of it. Corrections of its lines are due, and name the export and
//! the passage but no row: what stood there cannot be said with certainty any more.
//!
//! What must not be done here: look into the store. Whether a file is lost is the exporter's to say.

use serde_json::json;
use tollbooth_pipeline::Instant;

use super::correct::corrected_export;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

/// The first reason stays.
const RELEASE: &str = "INSERT INTO lost_file (export_sequence, lost_at_ms, released_at_ms, release_reason)
    VALUES (?1, ?2, ?2, ?3)
    ON CONFLICT (export_sequence) DO UPDATE
        SET released_at_ms = excluded.released_at_ms, release_reason = excluded.release_reason
        WHERE lost_file.released_at_ms IS NULL
    RETURNING export_sequence";

/// Corrections that are due of lines of an export. Those that are bound to the export under way are the last ones of their
/// passages, so they are not among the others.
const WAITING: &str = concat!(
    "SELECT (SELECT count(*) FROM passage p INDEXED BY passage_due WHERE p.correction = 'due' AND ",
    corrected_export!(),
    " = +?1) + (SELECT count(*) FROM export x CROSS JOIN correction c
        WHERE x.state = 'bound' AND c.export_sequence = x.sequence AND +c.corrects_export = ?1)"
);

impl<D: Db> Ledger<D> {
    /// Gives the file of a published export up. Idempotent; the first reason stays. The number of corrections of its lines that
    /// are due now, those bound to the export under way included; none when there is no such published export.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn release_export_file(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        reason: &str,
    ) -> Result<Option<u32>, LedgerError> {
        self.write(Scope::Export, || {
            if self.export(sequence)?.is_none_or(|export| !export.published) {
                return Ok(None);
            }
            let waiting = self.run_one(WAITING, params![sequence])?.map_or(Ok(0), |row| row.columns().number())?;
            if self.run_one(RELEASE, params![sequence, now, reason])?.is_some() {
                let detail = json!({ "export": sequence, "reason": reason, "corrections": waiting });
                self.append_general(&NewEvent { at: now, kind: EventKind::ExportFileReleased, actor, detail }, None)?;
            }
            Ok(Some(waiting))
        })
    }

    /// Exports whose file was given up, in sequence.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn released_files(&self) -> Result<Vec<u64>, LedgerError> {
        self.run(
            "SELECT export_sequence FROM lost_file WHERE released_at_ms IS NOT NULL ORDER BY export_sequence",
            &[],
        )?
        .into_iter()
        .map(|row| row.columns().number())
        .collect()
    }
}
