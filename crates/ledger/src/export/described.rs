//! Whether a manifest describes the export, or the copy of one, that it is stored for.

use tollbooth_pipeline::export::Manifest;

use super::{Artefact, Export};

/// The manifest of an artefact that says of itself what the ledger says of the export: number, kind, name and rows, and of
/// its file what the artefact says. Columns and chain are for whoever asks: a copy has others.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn described(export: &Export, artefact: &Artefact) -> Result<Manifest, String> {
    if Manifest::sha256_of(&artefact.manifest) != artefact.manifest_sha256 {
        return Err("its hash is another".to_owned());
    }
    let manifest: Manifest = serde_json::from_str(&artefact.manifest).map_err(|e| e.to_string())?;
    let same = manifest.sequence == export.sequence
        && manifest.kind == export.kind
        && manifest.file_name == export.file_name
        && manifest.rows == export.rows;
    if !same {
        return Err("sequence, kind, file name or rows differ".to_owned());
    }
    if manifest.sha256 != artefact.sha256 || manifest.bytes != artefact.bytes {
        return Err("hash or size of the file differ".to_owned());
    }
    Ok(manifest)
}
