//! Copies: billing's exports once more, in other columns, for readers who are not billing.
//!
//! Invariants: export N of a copy has the lines of billing's export N, in its order and under its file name, so nothing is
//! in a copy that billing does not have, and a row has the same number in both; a copy has a chain of manifests of its
//! own, and each of its manifests names the one of billing that it is a copy of. What billing answers is answered to
//! billing's exports alone: a copy decides nothing.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Profile;
use crate::Instant;

/// The name of the profile that is billed from. It is there always, and its columns are the setting `export.profile`.
pub const BILLING: &str = "billing";
/// Most copies beside it.
pub const MOST_COPIES: usize = 8;
/// Longest name of one.
const LONGEST_NAME: usize = 40;
/// Longest time between two runs of a copy: a week, as between two exports.
const LONGEST_INTERVAL_MINUTES: u32 = 10_080;
const MINUTE_MS: i64 = 60_000;

/// A copy as the operator names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyProfile {
    /// Lower-case letters, digits and `-`, a letter first; never [`BILLING`].
    pub name: String,
    /// What its files show.
    pub columns: Profile,
    /// Its files are made at the whole multiples of this time since 1970-01-01 (UTC): 60 is every full hour, 1440 is
    /// midnight. 0: with billing's.
    #[serde(default)]
    pub interval_minutes: u32,
}

impl CopyProfile {
    /// When the copy of an export is due that was published at this time.
    #[must_use]
    pub fn due_at(&self, published_at: Instant) -> Instant {
        match i64::from(self.interval_minutes) * MINUTE_MS {
            0 => published_at,
            step => (published_at.div_euclid(step) + 1).saturating_mul(step),
        }
    }
}

/// All copies that an operator names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copies(pub Vec<CopyProfile>);

impl Copies {
    /// Reads the setting, with all that is wrong in it in one sentence.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn read(value: &serde_json::Value) -> Result<Self, String> {
        let copies: Self = serde_json::from_value(value.clone()).map_err(|e| {
            format!(
                "must be a list like [{{\"name\": \"records\", \"columns\": \"full\", \"interval_minutes\": 1440}}]: {e}"
            )
        })?;
        let wrong = copies.problems();
        if wrong.is_empty() { Ok(copies) } else { Err(wrong.join(", and ")) }
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CopyProfile> {
        self.0.iter().find(|copy| copy.name == name)
    }

    fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.0.len() > MOST_COPIES {
            wrong.push(format!("may name at most {MOST_COPIES} copies"));
        }
        for (copy, at) in self.0.iter().zip(0..) {
            if !is_copy_name(&copy.name) {
                let shown: String = copy.name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
                wrong.push(format!(
                    "the name `{shown}` must be 1 to {LONGEST_NAME} lower-case letters, digits or `-`, a letter first, and \
                     not `{BILLING}`"
                ));
            }
            if self.0.iter().take(at).any(|other| other.name == copy.name) {
                wrong.push(format!("`{}` is named twice", copy.name));
            }
            if copy.interval_minutes > LONGEST_INTERVAL_MINUTES {
                wrong.push(format!(
                    "interval_minutes of `{}` must be a whole number from 0 to {LONGEST_INTERVAL_MINUTES}",
                    copy.name
                ));
            }
        }
        wrong
    }
}

/// Whether a copy may be called this.
#[must_use]
pub fn is_copy_name(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name != BILLING
        && name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(ok)
}

/// What a copy's manifest says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyMark {
    /// Name of its profile.
    pub profile: String,
    /// SHA-256 of the manifest of billing's export with the same number, lower-case hex.
    pub of_manifest_sha256: String,
}

impl Profile {
    /// The name in the database, the manifest and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lab => "lab",
            Self::Full => "full",
        }
    }
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn copies_are_read_as_the_operator_names_them_and_written_the_same() {
        let value = json!([
            { "name": "records", "columns": "full", "interval_minutes": 1440 },
            { "name": "lab-2", "columns": "lab", "interval_minutes": 0 },
        ]);
        let copies = Copies::read(&value).unwrap();
        assert_eq!(copies.get("records").map(|copy| copy.columns), Some(Profile::Full));
        assert_eq!(serde_json::to_value(&copies).unwrap(), value);
        assert_eq!(Copies::read(&json!([{ "name": "a", "columns": "lab" }])).unwrap().0[0].interval_minutes, 0);
        assert_eq!(Copies::read(&json!([])), Ok(Copies::default()));
    }

    #[test]
    fn all_that_is_wrong_with_them_is_said_at_once() {
        let wrong = Copies::read(&json!([
            { "name": "billing", "columns": "lab" },
            { "name": "7", "columns": "lab", "interval_minutes": 10_081 },
            { "name": "twice", "columns": "lab" },
            { "name": "twice", "columns": "full" },
        ]))
        .unwrap_err();
        for part in ["`billing` must be", "`7` must be", "interval_minutes of `7`", "`twice` is named twice"] {
            assert!(wrong.contains(part), "{part}: {wrong}");
        }
        for bad in [
            json!("records=full"),
            json!([{ "name": "records" }]),
            json!([{ "name": "records", "columns": "all" }]),
            json!([{ "name": "records", "columns": "full", "rows": 1 }]),
        ] {
            assert!(Copies::read(&bad).unwrap_err().contains("must be a list"), "{bad}");
        }
        let many: Vec<_> = (0..=MOST_COPIES).map(|n| json!({ "name": format!("c{n}"), "columns": "lab" })).collect();
        assert!(Copies::read(&json!(many)).unwrap_err().contains("at most 8"));
    }

    #[test]
    fn a_copy_is_due_with_billings_or_at_the_next_multiple_of_its_interval() {
        let every = |interval_minutes| CopyProfile { name: "c".into(), columns: Profile::Full, interval_minutes };
        // 2026-11-20T10:15:00Z
        let at = 1_795_169_700_000;
        assert_eq!(every(0).due_at(at), at);
        assert_eq!(every(60).due_at(at), at + 45 * MINUTE_MS);
        assert_eq!(every(1440).due_at(at), 1_795_132_800_000 + 86_400_000);
        let midnight = every(1440).due_at(at);
        assert_eq!(every(1440).due_at(midnight), midnight + 86_400_000, "what comes at midnight is for the next one");
    }
}
