//! The manual's runbooks, followed word by word, and what billing has in its folder afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::built::repository;

/// The commands of a part of `docs/operations.md`.
///
/// # Panics
/// Where the manual has no such heading, or no command under it.
#[must_use]
pub fn commands(heading: &str) -> Vec<String> {
    commands_of("docs/operations.md", heading)
}

/// The commands of a part of a document, each with the lines that continue it.
///
/// # Panics
/// Where the document has no such heading, or no command under it.
#[must_use]
#[expect(clippy::expect_used, reason = "a test stops where a document is not as it says")]
pub fn commands_of(document: &str, heading: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join(document)).expect("the document");
    let (_, part) = text.split_once(heading).expect("a part of the document with this heading");
    let mut lines = part.split("\n#").next().unwrap_or_default().lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(mut command) = line.strip_prefix("$ ").map(ToOwned::to_owned) else { continue };
        while command.ends_with('\\') {
            command = format!("{command}\n{}", lines.next().unwrap_or_default());
        }
        found.push(command);
    }
    assert!(!found.is_empty(), "no command stands under {heading}");
    found
}

/// What the operator's tool says of itself, or of one of its commands.
///
/// # Panics
/// Where it was not built.
#[must_use]
#[expect(clippy::expect_used, reason = "a test stops where the tool is missing")]
pub fn help(command: Option<&str>) -> String {
    let said = Command::new(crate::host::tollbooth()).args(command).arg("--help").output();
    String::from_utf8_lossy(&said.expect("the tool; build it first with scripts/build --host").stdout).into_owned()
}

/// Every plate in the files of billing's folder, and how often.
///
/// # Panics
/// For a file that is no bill file.
#[must_use]
#[expect(clippy::expect_used, reason = "a test stops where a file is none")]
pub fn billed(folder: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("billing's folder").map(|entry| entry.expect("an entry")) {
        if !entry.path().is_file() {
            continue;
        }
        for record in csv::Reader::from_path(entry.path()).expect("a bill file").records() {
            let record = record.expect("a bill line");
            *found.entry(record.get(1).expect("a plate").to_owned()).or_default() += 1;
        }
    }
    found
}

/// What [`billed`] finds when the plates `ABC0000` and so on, by these numbers, are there once each.
#[must_use]
pub fn each_once(numbers: impl Iterator<Item = u64>) -> BTreeMap<String, usize> {
    numbers.map(|number| (format!("ABC{number:04}"), 1)).collect()
}
