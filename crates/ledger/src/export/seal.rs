//! What an export of corrections is published as, decided before its manifest is stored.
//!
//! An export of corrections is given up when a file that it refers to is lost, and its number is used by what comes next. A
//! manifest that another exporter stored under that number a moment later would be in the way for ever, for what is stored
//! is never replaced. So the manifest is written down here first, in a transaction that excludes giving up: of the two only
//! one happens. Whoever goes on with a sealed export stores and publishes what is written down.
//!
//! What must not be done here: look into the store.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Kind, Manifest};

use super::described::described;
use super::{Artefact, Export};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;

impl<D: Db> Ledger<D> {
    /// Decides what the export of corrections that was bound as `sequence` at this time is published as. The first artefact
    /// stays, and is the one returned. None when it is not bound so any more: begin again.
    ///
    /// # Errors
    /// [`LedgerError`]; `Damaged` for a manifest that does not describe this export and file.
    pub fn seal_corrections(
        &self,
        sequence: u64,
        bound_at: Instant,
        artefact: &Artefact,
    ) -> Result<Option<Artefact>, LedgerError> {
        self.write(Scope::Export, || {
            let is_ours =
                |export: &Export| export.bound_at == bound_at && export.kind == Kind::Corrections && !export.filling;
            let Some(export) = self.export(sequence)?.filter(is_ours) else { return Ok(None) };
            if let Some(decided) = decided(&export)? {
                return Ok(Some(decided));
            }
            let manifest = described(&export, artefact).map_err(|what| {
                LedgerError::Damaged(format!("the manifest of export {sequence} does not describe it: {what}"))
            })?;
            if export.previous_manifest_sha256.as_ref() != Some(&manifest.previous_manifest_sha256) {
                return Ok(None);
            }
            self.run(
                "UPDATE export SET sealed_manifest = ?2 WHERE sequence = ?1",
                params![sequence, artefact.manifest.as_str()],
            )?;
            Ok(Some(artefact.clone()))
        })
    }

    /// What an export is published as, or was; none while that is open.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn sealed_corrections(&self, sequence: u64) -> Result<Option<Artefact>, LedgerError> {
        match self.export(sequence)? {
            Some(export) => decided(&export),
            None => Ok(None),
        }
    }
}

fn decided(export: &Export) -> Result<Option<Artefact>, LedgerError> {
    let Some(text) = export.manifest.as_ref().or(export.sealed_manifest.as_ref()) else { return Ok(None) };
    let manifest: Manifest = serde_json::from_str(text).map_err(|e| {
        LedgerError::Damaged(format!(
            "the manifest that is written down of export {} cannot be read: {e}",
            export.sequence
        ))
    })?;
    Ok(Some(Artefact {
        sha256: manifest.sha256,
        bytes: manifest.bytes,
        manifest: text.clone(),
        manifest_sha256: Manifest::sha256_of(text),
    }))
}
