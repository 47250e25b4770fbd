//! Where the files of an export lie in the store of export files.
//!
//! The file is stored under its digest, so whoever renders it twice writes it once. The manifest is stored under the
//! number alone, so that a ledger that is older than the store is found out by one look: what is the next number to it
//! is taken already.

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
    /// The manifest, stored before its export is published.
    Manifest {
        /// Of the export.
        sequence: u64,
    },
}

const PREFIX: &str = "exports/";
const MANIFEST: &str = "manifest.json";

impl<'a> ExportObject<'a> {
    /// The key it is stored under.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::File { sequence, sha256 } => format!("{PREFIX}{sequence}/{sha256}.csv"),
            Self::Manifest { sequence } => format!("{PREFIX}{sequence}/{MANIFEST}"),
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
        let sha256 = name.strip_suffix(".csv").filter(|text| text.len() == 64 && text.bytes().all(is_hex))?;
        Some(Self::File { sequence, sha256 })
    }

    /// Of its export.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        match self {
            Self::File { sequence, .. } | Self::Manifest { sequence } => *sequence,
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
        for object in [ExportObject::File { sequence: 7, sha256: &sha256 }, ExportObject::Manifest { sequence: 12 }] {
            assert_eq!(ExportObject::of_key(&object.key()), Some(object));
        }
        let bad = format!("exports/07/{sha256}.csv");
        for key in ["", "exports/7", "exports/7/x.csv", "exports/x/manifest.json", "photos/7/manifest.json", &bad] {
            assert_eq!(ExportObject::of_key(key), None, "{key}");
        }
    }
}
