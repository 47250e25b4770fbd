//! The chain of manifests: each names its predecessor's hash, so a missing or changed file shows.

use std::io::{self, Read, Write};

use tollbooth_pipeline::export::{GENESIS_SHA256, Manifest};
use tollbooth_pipeline::ident::{Digester, sha256_hex};

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

/// Checks a file against its manifest, whatever its size: a piece of it is in memory at a time.
///
/// # Errors
/// What reading says; [`ChainError::OtherFile`] inside.
pub fn check_file(manifest: &Manifest, mut file: impl Read) -> io::Result<Result<(), ChainError>> {
    let mut digest = Digesting::new(io::sink());
    io::copy(&mut file, &mut digest)?;
    Ok(digest.check(manifest))
}

/// Hands on what is written, and digests it.
pub(crate) struct Digesting<W> {
    to: W,
    digest: Digester,
    bytes: u64,
}

impl<W: Write> Digesting<W> {
    pub(crate) fn new(to: W) -> Self {
        Self { to, digest: Digester::default(), bytes: 0 }
    }

    /// Whether what went past is the file described.
    ///
    /// # Errors
    /// [`ChainError::OtherFile`]
    pub(crate) fn check(self, manifest: &Manifest) -> Result<(), ChainError> {
        if self.bytes != manifest.bytes {
            return Err(ChainError::OtherFile(format!("{} bytes instead of {}", self.bytes, manifest.bytes)));
        }
        let actual = self.digest.hex();
        if actual != manifest.sha256 {
            return Err(ChainError::OtherFile(format!("SHA-256 {actual} instead of {}", manifest.sha256)));
        }
        Ok(())
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let written = self.to.write(piece)?;
        self.digest.take(piece.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
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
