//! What the columns of a bill file are, for programs that would otherwise guess: every one is text.
//!
//! A plate may look like a number, a date or a missing value (`219E01`, `MAR2024`, `NULL`), and a reader that guesses bills
//! somebody else. The form is Table Schema (<https://specs.frictionlessdata.io/table-schema/>); an empty list of missing
//! values says that nothing in these files stands for "missing".

use serde_json::{Value, json};

use super::Profile;

/// Column, meaning; the order of the file.
const LAB: [(&str, &str); 4] = [
    ("FileName", "Name of the photo; its first part is the passage."),
    ("LicensePlateText", "Capital letters and digits, byte for byte; never a number, a date or a missing value."),
    ("TimeStamp", "Capture time in UTC, month/day/year and twelve hours: 6/5/2020 6:01:45 AM."),
    ("LicensePlateFound", "Always True."),
];

const FULL: [(&str, &str); 10] = [
    ("PassageId", "psg_…"),
    ("Booth", "Id of the booth."),
    ("Lane", "Lane at the booth; may begin with any sign, and is text."),
    ("Jurisdiction", "Issuer of the plate: us-tx."),
    ("JurisdictionSource", "read, assumed-from-booth or reviewer."),
    ("CapturedAt", "Capture time as the camera wrote it, RFC 3339 with its offset."),
    ("DecidedBy", "judge, or the id of the reviewer's token."),
    ("Confidence", "0.0000 to 1.0000; empty for a reviewer's verdict."),
    ("PhotoUrl", "Where billing may look at the photo."),
    (
        "LookupKey",
        "By what the issuer's register finds the owner: LicensePlateText by its keying rules, O as 0 in Florida.",
    ),
];

/// The Table Schema of a profile, as a JSON text.
#[must_use]
pub fn table_schema(profile: Profile) -> String {
    let more: &[(&str, &str)] = match profile {
        Profile::Lab => &[],
        Profile::Full => &FULL,
    };
    let fields: Vec<Value> = LAB
        .iter()
        .chain(more)
        .map(|(name, meaning)| json!({ "name": name, "type": "string", "description": meaning }))
        .collect();
    format!("{:#}\n", json!({ "fields": fields, "missingValues": [] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_exactly_the_columns_of_the_file() {
        for profile in [Profile::Lab, Profile::Full] {
            let file = crate::export::render(profile, &[], "").unwrap();
            let mut reader = csv::Reader::from_reader(file.as_slice());
            let columns: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
            let schema: Value = serde_json::from_str(&table_schema(profile)).unwrap();
            let fields = schema["fields"].as_array().unwrap();
            let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(names, columns);
            assert!(fields.iter().all(|field| field["type"] == "string"));
        }
    }
}
