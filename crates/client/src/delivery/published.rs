//! What lies in billing's folder, for those who take it over or verify it.

use std::path::{Path, PathBuf};

use tollbooth_pipeline::export::Manifest;
use tollbooth_signature::Signatures;

use super::folder::{MANIFESTS, SIGNATURE, delivered, read};
use super::lines::place;
use crate::ClientError;

/// A published export, as a folder has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedExport {
    /// What its manifest says.
    pub manifest: Manifest,
    /// The manifest, byte for byte.
    pub text: Vec<u8>,
    /// The signatures beside it.
    pub signatures: Option<Signatures>,
    /// Where its file lies, or lay before somebody took it.
    pub path: PathBuf,
}

/// Every export whose manifest lies in a folder, in sequence. Reads only.
///
/// # Errors
/// [`ClientError`] for a folder without manifests, one that cannot be read, or a manifest that is none.
pub fn published_in(folder: &Path) -> Result<Vec<PublishedExport>, ClientError> {
    let mut found = Vec::new();
    for delivered in delivered(&folder.join(MANIFESTS))?.into_values() {
        let name = folder.join(&delivered.name);
        let manifest: Manifest = serde_json::from_slice(&delivered.text).map_err(|e| {
            let invalid = std::io::Error::new(std::io::ErrorKind::InvalidData, format!("its manifest is none: {e}"));
            ClientError::file("read", &name)(invalid)
        })?;
        let path = folder.join(place(manifest.kind, &delivered.name));
        // What is no signature is none.
        let signatures = read(&folder.join(MANIFESTS).join(format!("{}{SIGNATURE}", delivered.name)))?
            .and_then(|text| serde_json::from_slice(&text).ok());
        found.push(PublishedExport { manifest, text: delivered.text, signatures, path });
    }
    found.sort_by_key(|export| export.manifest.sequence);
    Ok(found)
}
