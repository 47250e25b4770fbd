//! Copies of exports, brought back beside the exports that were taken over.
//!
//! A copy is of no consequence to the ledger until the exporter publishes it, so nothing is written there: manifest and file
//! are put into the store, where the exporter finds them and publishes what was published before, byte for byte. One whose
//! file nobody has any more is rendered again from the lines.

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::Db;
use tollbooth_pipeline::export::{ExportObject, Manifest};

use crate::BackupError;
use crate::source::{Source, Store};

/// Puts every copy that a source has, of an export as this ledger knows it, into the store. How many there are.
pub fn keep<D: Db>(ledger: &Ledger<D>, store: &Store, sources: &[Source]) -> Result<u64, BackupError> {
    let mut kept = 0;
    for source in sources {
        let place = source.name();
        for text in source.copies()? {
            let unreadable = |what: String| BackupError::Manifest { place: place.clone(), what };
            let text = String::from_utf8(text).map_err(|e| unreadable(e.to_string()))?;
            let manifest: Manifest = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
            kept += u64::from(one(ledger, store, source, &manifest, &text)?);
        }
    }
    Ok(kept)
}

fn one<D: Db>(
    ledger: &Ledger<D>,
    store: &Store,
    source: &Source,
    manifest: &Manifest,
    text: &str,
) -> Result<bool, BackupError> {
    let sequence = manifest.sequence;
    let apart = |other: &str| BackupError::Disagreement { place: source.name(), sequence, other: other.to_owned() };
    let Some(copy) = &manifest.copy else { return Ok(false) };
    let of = ledger.export(sequence)?.and_then(|export| export.manifest_sha256);
    if of.as_ref() != Some(&copy.of_manifest_sha256) {
        return Err(apart("the ledger"));
    }
    let key = ExportObject::CopyManifest { sequence, profile: &copy.profile }.key();
    let found = store.get(&key)?;
    if found.as_deref().is_some_and(|found| found != text.as_bytes()) {
        return Err(apart("the store"));
    }
    // Corrections of a copy wait for a file of it that is lost: that its manifest is there does not mean that the file is.
    if (found.is_some() && store.names(manifest)?) || !source.has(manifest)? {
        return Ok(false);
    }
    if let Some(file) = source.open(manifest)? {
        store.put_file(sequence, &manifest.sha256, file)?;
    }
    store.put(&key, text.as_bytes())?;
    Ok(true)
}
