//! The manifest of an export: what billing checks a file against, and the chain that shows a missing one.

use serde::{Deserialize, Serialize};

use super::CopyMark;
use crate::ident::sha256_hex;

/// What the first manifest names as its predecessor.
pub const GENESIS_SHA256: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Bill lines. Manifests from before there were corrections say nothing, and mean this.
    #[default]
    Lines,
    /// Corrections of lines that were published before.
    Corrections,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Lines, Self::Corrections];

    /// The name in the database, the manifest and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Corrections => "corrections",
        }
    }

    /// Where `tollbooth export --into` puts a file of this kind: corrections lie apart, so that whoever reads every file
    /// of billing's folder by position and knows nothing of corrections never takes one for a bill.
    #[must_use]
    pub const fn folder(self) -> Option<&'static str> {
        match self {
            Self::Lines => None,
            Self::Corrections => Some("corrections"),
        }
    }

    fn is_lines(&self) -> bool {
        *self == Self::Lines
    }
}

/// A text that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of export; expected lines or corrections")]
pub struct UnknownKind(pub String);

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// A published file, described. Its JSON text is stored byte for byte and hashed into the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1, 2, 3 … without gaps, corrections and bill lines in one sequence.
    pub sequence: u64,
    /// Bill lines unless it says otherwise.
    #[serde(default, skip_serializing_if = "Kind::is_lines")]
    pub kind: Kind,
    /// Name of the CSV file.
    pub file_name: String,
    /// `lab` or `full`
    pub profile: String,
    /// The operator's keying rules by which the file's lookup keys were made; absent for the program's own, and in files
    /// without such keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keying_rules: Option<String>,
    /// Lines, the header not counted.
    pub rows: u32,
    /// Size of the CSV file in bytes.
    pub bytes: u64,
    /// SHA-256 of the CSV file, lower-case hex.
    pub sha256: String,
    /// End of the export before, RFC 3339; absent for the first.
    pub window_from: Option<String>,
    /// When the lines were bound, RFC 3339.
    pub window_to: String,
    /// SHA-256 of the manifest before, or [`GENESIS_SHA256`].
    pub previous_manifest_sha256: String,
    /// What it is a copy of; none for what is billed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyMark>,
}

impl Manifest {
    /// The text that is stored and published.
    ///
    /// # Errors
    /// Never for a manifest of plain strings and numbers; the signature is the serialiser's.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// When the lines were bound; none for a text that names no time.
    #[must_use]
    pub fn window_to_instant(&self) -> Option<crate::Instant> {
        self.window_to.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
    }

    /// The hash the next manifest must name.
    #[must_use]
    pub fn sha256_of(text: &str) -> String {
        sha256_hex(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_stable_and_reads_back() {
        let manifest = Manifest {
            sequence: 1,
            kind: Kind::Lines,
            file_name: "2020-06-05T07:07:15.csv".into(),
            profile: "lab".into(),
            keying_rules: None,
            rows: 2,
            bytes: 120,
            sha256: "ab".into(),
            window_from: None,
            window_to: "2020-06-05T07:07:15.000Z".into(),
            previous_manifest_sha256: GENESIS_SHA256.into(),
            copy: None,
        };
        let text = manifest.to_json().unwrap();
        assert_eq!(text, manifest.to_json().unwrap());
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
        assert_eq!(manifest.window_to_instant(), Some(1_591_340_835_000));
        // What was published before there were kinds, copies and keying rules reads, and hashes, as it did.
        assert!(!text.contains("kind") && !text.contains("copy") && !text.contains("keying"), "{text}");
        let mark = CopyMark { profile: "records".into(), of_manifest_sha256: "cd".into() };
        let copy = Manifest { copy: Some(mark), ..manifest.clone() };
        assert_eq!(serde_json::from_str::<Manifest>(&copy.to_json().unwrap()).unwrap(), copy);
        let keyed = Manifest { keying_rules: Some("us-ca key=O0".into()), ..manifest.clone() };
        assert_eq!(serde_json::from_str::<Manifest>(&keyed.to_json().unwrap()).unwrap(), keyed);
        let corrections = Manifest { kind: Kind::Corrections, ..manifest }.to_json().unwrap();
        assert!(corrections.contains(r#""kind": "corrections""#), "{corrections}");
        assert_eq!(serde_json::from_str::<Manifest>(&corrections).unwrap().kind, Kind::Corrections);
    }
}
