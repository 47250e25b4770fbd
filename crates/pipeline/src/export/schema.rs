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

const FULL: [(&str, &str); 11] = [
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
    ("PlateType", "What a person recorded: passenger, commercial, trailer …; empty where nobody did."),
];

/// The columns of a file of corrections.
const CORRECTIONS: [(&str, &str); 16] = [
    ("CorrectsExport", "Sequence of the export that holds the line corrected."),
    ("CorrectsRow", "Its row there: 1 is the first after the header; 0 where nobody has that file any more."),
    ("CorrectsSha256", "SHA-256 of that row's bytes without its line end, lower-case hex; zeros where the row is 0."),
    ("Action", "replace: bill what stands here instead; withdraw: bill nothing."),
    ("Cause", "error, dispute, refused or restored."),
    ("PassageId", "psg_…"),
    ("Revision", "2 for the first correction of a passage, then 3 …"),
    ("NewLicensePlateText", "Capital letters and digits; empty for withdraw."),
    ("NewJurisdiction", "Issuer of the plate: us-tx; empty for withdraw."),
    ("RejectCode", "Why nothing is billed; empty for replace."),
    ("CapturedAt", "Capture time as the camera wrote it, RFC 3339 with its offset."),
    ("Booth", "Id of the booth."),
    ("Lane", "Lane at the booth; may begin with any sign, and is text."),
    ("DecidedBy", "judge, or the id of the reviewer's token."),
    ("NewPlateType", "What a person recorded of the plate's type; empty where nobody did, and for withdraw."),
    (
        "NewLookupKey",
        "By what the issuer's register finds the owner: NewLicensePlateText by its keying rules; empty for withdraw.",
    ),
];

/// The Table Schema of files of corrections, which have the same columns whatever the profile.
#[must_use]
pub fn corrections_schema() -> String {
    schema(&CORRECTIONS)
}

/// The Table Schema of a profile, as a JSON text.
#[must_use]
pub fn table_schema(profile: Profile) -> String {
    let more: &[(&str, &str)] = match profile {
        Profile::Lab => &[],
        Profile::Full => &FULL,
    };
    schema(&[&LAB, more].concat())
}

fn schema(columns: &[(&str, &str)]) -> String {
    let fields: Vec<Value> = columns
        .iter()
        .map(|(name, meaning)| json!({ "name": name, "type": "string", "description": meaning }))
        .collect();
    format!("{:#}\n", json!({ "fields": fields, "missingValues": [] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_exactly_the_columns_of_the_file() {
        let of = |profile| (crate::export::render(profile, &[], "").unwrap(), table_schema(profile));
        let corrections = (crate::export::render_corrections(&[], "").unwrap(), corrections_schema());
        for (file, schema) in [of(Profile::Lab), of(Profile::Full), corrections] {
            let mut reader = csv::Reader::from_reader(file.as_slice());
            let columns: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
            let schema: Value = serde_json::from_str(&schema).unwrap();
            let fields = schema["fields"].as_array().unwrap();
            let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(names, columns);
            assert!(fields.iter().all(|field| field["type"] == "string"));
        }
    }
}
