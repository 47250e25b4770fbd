//! Files of published exports that are not in the store as they were published.
//!
//! A correction names row and hash of the line that it corrects, and takes both from the file that billing has. Where that
//! file is lost, its corrections wait for it and nothing else does: an export of corrections that was bound already is
//! given up, for nobody has seen it, and its number is used by what comes next. When the file is back they are bound again.
//!
//! What must not be done here: look into the store. Whether a file is there is the exporter's to say.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::Kind;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;

const NOTE: &str = "INSERT INTO lost_file (export_sequence, lost_at_ms) VALUES (?1, ?2)
    ON CONFLICT (export_sequence) DO UPDATE SET lost_at_ms = excluded.lost_at_ms, back_at_ms = NULL";

impl<D: Db> Ledger<D> {
    /// Notes that the file of export `lost` is lost, and gives up the export of corrections that is bound as `sequence` and
    /// refers to it. False when that export is not bound any more, it is decided what it is published as, or an operator gave
    /// the file up: somebody else was faster.
    ///
    /// # Errors
    /// [`LedgerError`]; `Damaged` for an export of bill lines, or one whose lines are in the history already.
    pub fn give_up_export(&self, now: Instant, actor: &Actor, sequence: u64, lost: u64) -> Result<bool, LedgerError> {
        self.write(Scope::Export, || {
            let Some(bound) = self.export(sequence)?.filter(|export| !export.published) else { return Ok(false) };
            // Its manifest may be stored, or may be at any moment: it would be in the way of whatever used its number next.
            if bound.sealed_manifest.is_some() {
                return Ok(false);
            }
            if bound.kind != Kind::Corrections || bound.told_line > 0 {
                return Err(LedgerError::Damaged(format!(
                    "export {sequence} cannot be given up: it holds bill lines, or is published in part"
                )));
            }
            // Its corrections name no row of it by now: they can be rendered again, and nothing is noted as lost.
            if self.released_files()?.contains(&lost) {
                return Ok(false);
            }
            self.run(NOTE, params![lost, now])?;
            self.unbind_corrections(sequence)?;
            let detail = json!({ "export": lost, "given_up": sequence, "rows": bound.rows });
            self.append_general(&NewEvent { at: now, kind: EventKind::ExportFileLost, actor, detail }, None)?;
            Ok(true)
        })
    }

    /// Removes an export of corrections that nobody has seen. Inside a transaction under [`Scope::Export`].
    pub(super) fn unbind_corrections(&self, sequence: u64) -> Result<(), LedgerError> {
        self.run("DELETE FROM correction WHERE export_sequence = ?1", params![sequence])?;
        self.run("DELETE FROM export WHERE sequence = ?1", params![sequence]).map(drop)
    }

    /// Exports whose file is noted as lost and was not given up, in sequence.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn lost_files(&self) -> Result<Vec<u64>, LedgerError> {
        self.run(
            "SELECT export_sequence FROM lost_file WHERE back_at_ms IS NULL AND released_at_ms IS NULL
             ORDER BY export_sequence",
            &[],
        )?
        .into_iter()
        .map(|row| row.columns().number())
        .collect()
    }

    /// Notes that the file of an export is in the store again. Idempotent.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn file_is_back(&self, now: Instant, actor: &Actor, sequence: u64) -> Result<(), LedgerError> {
        self.write(Scope::Export, || {
            let changed = self.run(
                "UPDATE lost_file SET back_at_ms = ?2 WHERE export_sequence = ?1 AND back_at_ms IS NULL
                 RETURNING export_sequence",
                params![sequence, now],
            )?;
            if changed.is_empty() {
                return Ok(());
            }
            let detail = json!({ "export": sequence });
            self.append_general(&NewEvent { at: now, kind: EventKind::ExportFileBack, actor, detail }, None)
        })
    }
}
