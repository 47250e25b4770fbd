//! Where the files of an export lie in the store of export files.
//!
//! The file is stored under its digest, so whoever renders it twice writes it once. The manifest is stored under the
//! number alone, so that a ledger that is older than the store is found out by one look: what is the next number to it
//! is taken already.

use super::is_copy_name;

/// An object of the store of export files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportObject<'a> {
    /// The CSV file.
    File {
        /// Of the export.
        sequence: u64,
        /// Of the file, lower-case hex.
        sha256: &'a str,
    },
    /// What a file consists of that is too large for one object, under the digest of the file.
    Index {
        /// Of the export.
        sequence: u64,
        /// Of the file, lower-case hex.
        sha256: &'a str,
    },
    /// A piece of such a file.
    Piece {
        /// Of the export.
        sequence: u64,
        /// Of the piece, lower-case hex.
        sha256: &'a str,
    },
    /// The manifest, stored before its export is published.
    Manifest {
        /// Of the export.
        sequence: u64,
    },
    /// The manifest of a copy. The copy's file lies beside that of its export, under its own digest.
    CopyManifest {
        /// Of the export.
        sequence: u64,
        /// Name of the copy's profile.
        profile: &'a str,
    },
}

const PREFIX: &str = "exports/";
const MANIFEST: &str = "manifest.json";
const COPY: &str = ".copy.json";
const FILE: &str = ".csv";
const INDEX: &str = ".index.json";
const PIECE: &str = ".piece";

impl<'a> ExportObject<'a> {
    /// The key it is stored under.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::File { sequence, sha256 } => format!("{PREFIX}{sequence}/{sha256}{FILE}"),
            Self::Index { sequence, sha256 } => format!("{PREFIX}{sequence}/{sha256}{INDEX}"),
            Self::Piece { sequence, sha256 } => format!("{PREFIX}{sequence}/{sha256}{PIECE}"),
            Self::Manifest { sequence } => format!("{PREFIX}{sequence}/{MANIFEST}"),
            Self::CopyManifest { sequence, profile } => format!("{PREFIX}{sequence}/{profile}{COPY}"),
        }
    }

    /// What is stored under a key; none for a key of something else.
    #[must_use]
    pub fn of_key(key: &'a str) -> Option<Self> {
        let (number, name) = key.strip_prefix(PREFIX)?.split_once('/')?;
        // Eighteen digits fit into the signed numbers of the ledger.
        let number = Some(number).filter(|number| number.len() <= 18)?;
        let sequence = number.parse().ok().filter(|n: &u64| *n > 0 && n.to_string() == number)?;
        if name == MANIFEST {
            return Some(Self::Manifest { sequence });
        }
        if let Some(profile) = name.strip_suffix(COPY).filter(|profile| is_copy_name(profile)) {
            return Some(Self::CopyManifest { sequence, profile });
        }
        let digest = |text: &str| text.len() == 64 && text.bytes().all(is_hex);
        let of = |ending| name.strip_suffix(ending).filter(|text| digest(text));
        of(FILE)
            .map(|sha256| Self::File { sequence, sha256 })
            .or_else(|| of(INDEX).map(|sha256| Self::Index { sequence, sha256 }))
            .or_else(|| of(PIECE).map(|sha256| Self::Piece { sequence, sha256 }))
    }

    /// Of its export.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::File { sequence, .. }
            | Self::Index { sequence, .. }
            | Self::Piece { sequence, .. }
            | Self::Manifest { sequence }
            | Self::CopyManifest { sequence, .. } => *sequence,
        }
    }
}

const fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_nothing_else_is_one() {
        let sha256 = "ab".repeat(32);
        for object in [
            ExportObject::File { sequence: 7, sha256: &sha256 },
            ExportObject::Index { sequence: 7, sha256: &sha256 },
            ExportObject::Piece { sequence: 7, sha256: &sha256 },
            ExportObject::Manifest { sequence: 12 },
            ExportObject::CopyManifest { sequence: 12, profile: "records" },
        ] {
            assert_eq!(ExportObject::of_key(&object.key()), Some(object));
        }
        let bad = format!("exports/07/{sha256}.csv");
        assert_eq!(ExportObject::of_key("exports/7/7.copy.json"), None);
        for key in ["", "exports/7", "exports/7/x.csv", "exports/x/manifest.json", "photos/7/manifest.json", &bad] {
            assert_eq!(ExportObject::of_key(key), None, "{key}");
        }
    }
}
