//! The chain of manifests: each names its predecessor's hash, so a missing or changed file shows.

use tollbooth_pipeline::export::{GENESIS_SHA256, Manifest};
use tollbooth_pipeline::ident::sha256_hex;

/// Why an export is not delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// A manifest that is no manifest.
    #[error("the manifest cannot be read: {0}")]
    Unreadable(String),
    /// The manifest belongs to another export.
    #[error("the manifest names sequence {found}")]
    OtherSequence {
        /// What it says.
        found: u64,
    },
    /// A sequence is missing.
    #[error("export {expected} is missing before it")]
    Gap {
        /// What should have come.
        expected: u64,
    },
    /// The manifest does not follow the one before.
    #[error("its manifest follows another one than export {before} has: {named} instead of {actual}")]
    Broken {
        /// Sequence of the one before.
        before: u64,
        /// The hash that it names.
        named: String,
        /// The hash of the manifest before.
        actual: String,
    },
    /// The file is not the one described.
    #[error("the file does not match its manifest: {0}")]
    OtherFile(String),
    /// A file name that does not belong into a folder.
    #[error("the file name `{0}` is not allowed")]
    FileName(String),
}

/// The end of the chain so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Of the last export; 0 before the first.
    pub sequence: u64,
    /// SHA-256 of its manifest, lower-case hex.
    pub sha256: String,
}

impl Link {
    /// Before the first export.
    #[must_use]
    pub fn genesis() -> Self {
        Self { sequence: 0, sha256: GENESIS_SHA256.to_owned() }
    }

    /// Where a manifest says it continues, for a chain of which the beginning is not there.
    pub(crate) fn before(manifest: &Manifest) -> Self {
        Self { sequence: manifest.sequence.saturating_sub(1), sha256: manifest.previous_manifest_sha256.clone() }
    }

    /// Checks that a manifest is the next one.
    ///
    /// # Errors
    /// [`ChainError`]
    pub fn next(&self, sequence: u64, text: &[u8]) -> Result<(Manifest, Self), ChainError> {
        let manifest: Manifest = serde_json::from_slice(text).map_err(|e| ChainError::Unreadable(e.to_string()))?;
        if manifest.sequence != sequence {
            return Err(ChainError::OtherSequence { found: manifest.sequence });
        }
        let expected = self.sequence + 1;
        if sequence != expected {
            return Err(ChainError::Gap { expected });
        }
        if manifest.previous_manifest_sha256 != self.sha256 {
            let (named, actual) = (manifest.previous_manifest_sha256, self.sha256.clone());
            return Err(ChainError::Broken { before: self.sequence, named, actual });
        }
        check_file_name(&manifest.file_name)?;
        Ok((manifest, Self { sequence, sha256: sha256_hex(text) }))
    }
}

/// Checks a file against its manifest.
///
/// # Errors
/// [`ChainError::OtherFile`]
pub fn check_file(manifest: &Manifest, bytes: &[u8]) -> Result<(), ChainError> {
    if bytes.len() as u64 != manifest.bytes {
        return Err(ChainError::OtherFile(format!("{} bytes instead of {}", bytes.len(), manifest.bytes)));
    }
    let actual = sha256_hex(bytes);
    if actual != manifest.sha256 {
        return Err(ChainError::OtherFile(format!("SHA-256 {actual} instead of {}", manifest.sha256)));
    }
    Ok(())
}

/// Whether a manifest's file name may be used in a folder.
///
/// A name stays inside its folder: letters, digits and `. _ - :`, not starting with a dot.
///
/// # Errors
/// [`ChainError::FileName`]
pub fn check_file_name(name: &str) -> Result<(), ChainError> {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b"._-:".contains(&b);
    if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.bytes().all(ok) {
        return Err(ChainError::FileName(
            name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        assert_eq!(check_file_name("2020-06-05T07:07:15-12.csv"), Ok(()));
        for bad in ["", "..", ".hidden.csv", "../a.csv", "/etc/passwd", "a\\b.csv", "a b.csv", "a\n.csv"] {
            assert!(check_file_name(bad).is_err(), "{bad}");
        }
    }
}
