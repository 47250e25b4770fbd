//! The last step: making an export visible to billing, in sequence.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::Kind;

use super::described::described;
use super::{Artefact, Export, Refusal};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::scope::Scope;
use crate::setting::in_force;

/// One `billed` event per line. Booth and hour are the line's copies, which came from the passage. Where exports are few and large,
/// PostgreSQL would go through the lines of all of them, by their number alone: it is left only the index that begins with
/// the export.
const BILLED: &str = "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour,
    from_state, to_state, detail)
    SELECT ?2, ?3, ?4, ?5, passage_sequence, booth_id, received_hour, 'accepted', 'accepted',
        '{\"export\":' || export_sequence || ',\"revision\":' || revision || '}'
    FROM bill_line WHERE export_sequence = +?1 AND line /*pg + 0 */ > +?6 AND line /*pg + 0 */ <= +?7
        /*pg AND (export_sequence, line) > ($1, $6) AND (export_sequence, line) <= ($1, $7) */ ORDER BY line";

/// The line after so many that are not in the history yet.
const LINE_AFTER: &str = "SELECT line FROM bill_line WHERE export_sequence = +?1 AND line > +?2
    ORDER BY line LIMIT 1 OFFSET +?3";
const CORRECTION_AFTER: &str = "SELECT line FROM correction WHERE export_sequence = +?1 AND line > +?2
    ORDER BY line LIMIT 1 OFFSET +?3";

impl<D: Db> Ledger<D> {
    /// Makes an export visible to billing: all of it, in the last of as many transactions as it has `export.step_rows`.
    /// Idempotent for the same artefact.
    ///
    /// The manifest must describe this export and name the manifest before, so a chain that billing verifies can
    /// only be one that was verified here.
    ///
    /// # Errors
    /// [`Refusal`]; `Damaged` for a manifest that does not describe this export and file.
    pub fn publish_export(
        &self,
        now: Instant,
        actor: &Actor,
        sequence: u64,
        artefact: &Artefact,
    ) -> Result<Export, Failure<Refusal>> {
        loop {
            let published = self.write(Scope::Export, || {
                let export = self.export(sequence)?.ok_or(Failure::Refused(Refusal::NotFound))?;
                if export.published {
                    let same = export.sha256.as_deref() == Some(artefact.sha256.as_str())
                        && export.manifest.as_deref() == Some(artefact.manifest.as_str());
                    return if same { Ok(Some(export)) } else { Err(Failure::Refused(Refusal::DifferentContent)) };
                }
                if export.filling {
                    return Err(Failure::Refused(Refusal::OutOfOrder));
                }
                check_artefact(&export, artefact)?;
                if self.tell_some(now, actor, &export)? {
                    return Ok(None);
                }
                publish_bound(self, now, actor, &export, artefact)?;
                let published = self.export(sequence)?;
                let vanished = || LedgerError::Damaged(format!("export {sequence} vanished while published"));
                Ok(Some(published.ok_or_else(vanished)?))
            })?;
            if let Some(published) = published {
                return Ok(published);
            }
        }
    }

    /// Writes into the history what the next lines of a bound export become, when there are more than one step takes: it is
    /// published with the last of them. Nobody can open them again meanwhile, for they are bound.
    fn tell_some(&self, now: Instant, actor: &Actor, export: &Export) -> Result<bool, LedgerError> {
        let step = in_force(&self.changed_settings()?)?.export_step_rows;
        let sql = match export.kind {
            Kind::Lines => LINE_AFTER,
            Kind::Corrections => CORRECTION_AFTER,
        };
        let Some(row) = self.run_one(sql, params![export.sequence, export.told_line, step])? else { return Ok(false) };
        let to = row.columns().integer()? - 1;
        tell(self, now, actor, export, to)?;
        self.run("UPDATE export SET told_line = ?2 WHERE sequence = ?1", params![export.sequence, to])?;
        Ok(true)
    }
}

/// Writes into the history that the lines after those that it has are billed, or corrected, up to a line.
fn tell<D: Db>(ledger: &Ledger<D>, now: Instant, actor: &Actor, export: &Export, to: i64) -> Result<(), LedgerError> {
    let (sequence, after) = (export.sequence, export.told_line);
    let (role, id) = (actor.role.as_str(), actor.id.as_str());
    match export.kind {
        Kind::Lines => {
            ledger.run(BILLED, params![sequence, now, EventKind::Billed.as_str(), role, id, after, to]).map(drop)
        }
        Kind::Corrections => ledger.corrected(now, actor, sequence, (after, to)),
    }
}

/// Publishes a bound export, inside a transaction under [`Scope::Export`].
pub(super) fn publish_bound<D: Db>(
    ledger: &Ledger<D>,
    now: Instant,
    actor: &Actor,
    export: &Export,
    artefact: &Artefact,
) -> Result<(), Failure<Refusal>> {
    let sequence = export.sequence;
    check_artefact(export, artefact)?;
    ledger.run(
        "UPDATE export SET state = 'published', published_at_ms = ?2, sha256 = ?3, bytes = ?4, manifest = ?5,
             manifest_sha256 = ?6, sealed_manifest = NULL WHERE sequence = ?1",
        params![
            sequence,
            now,
            artefact.sha256.as_str(),
            artefact.bytes,
            artefact.manifest.as_str(),
            artefact.manifest_sha256.as_str(),
        ],
    )?;
    tell(ledger, now, actor, export, i64::MAX)?;
    ledger.run(
        "INSERT INTO export_run (started_at_ms, finished_at_ms, cause, outcome, export_sequence)
         VALUES (?1, ?2, ?3, 'published', ?4)",
        params![export.bound_at, now, export.cause.as_str(), sequence],
    )?;
    let detail = json!({ "export": sequence, "rows": export.rows, "sha256": artefact.sha256 });
    ledger.append_general(&NewEvent { at: now, kind: EventKind::ExportPublished, actor, detail }, None)?;
    Ok(())
}

fn check_artefact(export: &Export, artefact: &Artefact) -> Result<(), Failure<Refusal>> {
    let wrong = |what: &str| {
        LedgerError::Damaged(format!("the manifest of export {} does not describe it: {what}", export.sequence))
    };
    let manifest = described(export, artefact).map_err(|what| wrong(&what))?;
    if manifest.profile != export.profile {
        return Err(Failure::Ledger(wrong("its profile is another")));
    }
    if export.previous_manifest_sha256.as_ref() != Some(&manifest.previous_manifest_sha256) {
        return Err(Failure::Refused(Refusal::OutOfOrder));
    }
    Ok(())
}
