//! What billing sees: a chain of manifests, files that match them, and each accepted passage on exactly one line, which
//! corrections replace or withdraw one after the other. Issuer and type of a plate decide with it who gets the bill.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tollbooth_pipeline::export::{
    Action, Content, CorrectionLine, ExportObject, GENESIS_SHA256, Kind, Place, PublishedLine, raw_rows, row_sha256,
};
use tollbooth_pipeline::ident::sha256_hex;

use crate::entry::{Entry, member};
use crate::stage::Stage;

/// The line that stands of a passage.
struct Standing {
    place: Place,
    /// None: billing was told to bill nothing.
    bill: Option<Bill>,
}

/// What decides who gets the bill.
#[derive(Debug)]
struct Bill {
    plate: String,
    /// None in a profile that does not say it; it does not say the type then either.
    issuer: Option<String>,
    /// None where nobody recorded one.
    of_type: Option<String>,
}

impl Bill {
    fn decided(entry: &Entry) -> Option<Self> {
        let (issuer, of_type) = (entry.issuer.clone(), entry.of_type.clone());
        entry.plate.clone().map(|plate| Self { plate, issuer, of_type })
    }

    fn of_line(line: &PublishedLine) -> Self {
        Self { plate: line.plate.clone(), issuer: line.jurisdiction.clone(), of_type: line.plate_type.clone() }
    }

    fn of_correction(line: &CorrectionLine) -> Option<Self> {
        (line.action == Action::Replace).then(|| Self {
            plate: line.plate.clone(),
            issuer: Some(line.jurisdiction.clone()),
            of_type: line.plate_type.map(|of_type| of_type.as_str().to_owned()),
        })
    }

    /// The bill of each line, in the order of the file.
    fn all(content: &Content) -> Vec<Option<Self>> {
        match content {
            Content::Lines(lines) => lines.iter().map(|line| Some(Self::of_line(line))).collect(),
            Content::Corrections(lines) => lines.iter().map(Self::of_correction).collect(),
        }
    }

    /// Whether all that both say is the same.
    fn agrees(&self, other: &Self) -> bool {
        let both_say = self.issuer.is_some() && other.issuer.is_some();
        self.plate == other.plate && (!both_say || (&self.issuer, &self.of_type) == (&other.issuer, &other.of_type))
    }
}

type Lines = BTreeMap<String, Standing>;

/// Checks everything that was published.
pub fn check(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) {
    let Some(exports) = list(stage, "billing") else {
        broken.push("bills: the list of exports gave no answer".to_owned());
        return;
    };
    let mut lines = Lines::new();
    let mut previous = GENESIS_SHA256.to_owned();
    for (export, expected) in exports.iter().zip(1_u64..) {
        if export["sequence"] != expected {
            broken.push(format!("bills: export {} comes where {expected} belongs", export["sequence"]));
        }
        previous = one(stage, export, &previous, &mut lines, broken);
    }
    copies(stage, &exports, broken);
    for (sequence, sha256) in &stage.actor.witness.published {
        let listed = exports.iter().find(|export| export["sequence"] == *sequence);
        if listed.is_none_or(|export| member(export, "sha256") != sha256) {
            broken.push(format!("bills: export {sequence} was acknowledged as published and is not, or is another"));
        }
    }
    for entry in entries {
        let billed = lines.remove(&entry.id).and_then(|line| line.bill);
        let decided = Bill::decided(entry);
        match (entry.state.as_str(), billed) {
            ("accepted", Some(bill)) if decided.as_ref().is_some_and(|decided| decided.agrees(&bill)) => {}
            ("accepted", bill) => {
                broken.push(format!("bills: {} is accepted as {decided:?}, but billed as {bill:?}", entry.id))
            }
            (_, None) => {}
            // Opened again after it was billed, and nobody decided it until the end.
            (_, Some(_)) if entry.in_question => {}
            (state, bill) => broken.push(format!("bills: {} is {state}, but billed as {bill:?}", entry.id)),
        }
    }
    for passage in lines.keys() {
        broken.push(format!("bills: {passage} is on a bill and in no ledger"));
    }
}

/// The file of an export is a pure function of what was bound: nobody ever stored another under its number.
pub fn objects(stage: &Stage, keys: &BTreeSet<String>, broken: &mut Vec<String>) {
    let Some(exports) = list(stage, "billing") else { return };
    let mut files: BTreeSet<String> =
        exports.iter().map(|e| format!("exports/{}/{}.csv", e["sequence"], member(e, "sha256"))).collect();
    let mut manifests: BTreeSet<String> =
        exports.iter().map(|e| format!("exports/{}/manifest.json", e["sequence"])).collect();
    let mut all = exports;
    for (profile, copies) in copied(stage) {
        files.extend(copies.iter().map(|e| format!("exports/{}/{}.csv", e["sequence"], member(e, "sha256"))));
        manifests.extend(copies.iter().map(|e| format!("exports/{}/{profile}.copy.json", e["sequence"])));
        all.extend(copies);
    }
    for missing in manifests.difference(keys) {
        broken.push(format!("object: {missing} is not stored: an older ledger would not be found out"));
    }
    for key in keys.iter().filter(|key| !key.starts_with("photos/")) {
        let known = match ExportObject::of_key(key) {
            Some(ExportObject::File { .. } | ExportObject::Manifest { .. } | ExportObject::CopyManifest { .. }) => {
                files.contains(key) || manifests.contains(key)
            }
            // In place of the file.
            Some(ExportObject::Index { sequence, sha256 }) => {
                files.contains(&ExportObject::File { sequence, sha256 }.key())
            }
            // Of a file that has an index: the export's, or that of a copy.
            Some(ExportObject::Piece { sequence, .. }) => all.iter().any(|export| {
                let sha256 = member(export, "sha256");
                export["sequence"] == sequence && keys.contains(&ExportObject::Index { sequence, sha256 }.key())
            }),
            None => false,
        };
        if !known {
            broken.push(format!("object: {key} was never published"));
        }
    }
}

fn one(stage: &Stage, export: &Value, previous: &str, lines: &mut Lines, broken: &mut Vec<String>) -> String {
    let sequence = &export["sequence"];
    let fetch = |what: &str| {
        let billing = stage.actor.fact("billing");
        stage.actor.wire.get(&format!("/v1/exports/{sequence}/{what}"), billing).filter(|answer| answer.status == 200)
    };
    let (Some(manifest), Some(file)) = (fetch("manifest"), fetch("file")) else {
        broken.push(format!("bills: export {sequence} is listed and cannot be fetched"));
        return String::new();
    };
    let said = manifest.json();
    let chained = member(&said, "previous_manifest_sha256") == previous && said["sequence"] == *sequence;
    if !chained {
        broken.push(format!("bills: the manifest of export {sequence} does not continue the chain"));
    }
    let sha256 = sha256_hex(&file.body);
    if member(&said, "sha256") != sha256 || member(export, "sha256") != sha256 {
        broken.push(format!("bills: the file of export {sequence} is not the one of its manifest"));
    }
    let kind = if member(&said, "kind") == Kind::Corrections.as_str() { Kind::Corrections } else { Kind::Lines };
    match Content::read(kind, file.body.as_ref()) {
        Ok(content) => {
            if said["rows"] != content.rows() {
                broken.push(format!(
                    "bills: export {sequence} has {} lines, its manifest says {}",
                    content.rows(),
                    said["rows"]
                ));
            }
            take(sequence.as_u64().unwrap_or_default(), &content, file.body.as_ref(), lines, broken);
        }
        Err(error) => broken.push(format!("bills: the file of export {sequence} cannot be read: {error}")),
    }
    sha256_hex(&manifest.body)
}

/// A bill line stands once; a correction names the line that stands.
fn take(export: u64, content: &Content, file: &[u8], lines: &mut Lines, broken: &mut Vec<String>) {
    for ((index, raw), row) in raw_rows(file).enumerate().zip(1..) {
        let place = Place { export, row, sha256: row_sha256(raw) };
        let (passage, bill, corrects) = match content {
            Content::Lines(billed) => match billed.get(index) {
                Some(line) => (line.passage().to_owned(), Some(Bill::of_line(line)), None),
                None => continue,
            },
            Content::Corrections(corrections) => match corrections.get(index) {
                Some(line) => (line.passage.clone(), Bill::of_correction(line), Some(line.corrects.clone())),
                None => continue,
            },
        };
        let before = lines.insert(passage.clone(), Standing { place, bill }).map(|line| line.place);
        // A line of a file that was given up is known by export and passage; its row is named no more.
        let follows = match (&before, &corrects) {
            (Some(before), Some(corrects)) if !corrects.is_named() => before.export == corrects.export,
            _ => before == corrects,
        };
        if !follows {
            broken.push(format!(
                "bills: row {row} of export {export}, {passage}: follows {corrects:?}, but {before:?} stands"
            ));
        }
    }
}

/// Copies by profile; none where the scenario names none.
fn copied(stage: &Stage) -> Vec<(String, Vec<Value>)> {
    let answer = stage.actor.wire.get("/v1/export-profiles", stage.actor.fact("billing"));
    let profiles =
        answer.map(|answer| answer.json()["items"].as_array().cloned().unwrap_or_default()).unwrap_or_default();
    let names = profiles.iter().filter(|one| one["billing"] == false).map(|one| member(one, "name").to_owned());
    names.map(|name| (name.clone(), list(stage, &name).unwrap_or_default())).collect()
}

/// Every published export is copied, in a chain of the copies' own, and each says which manifest it is a copy of.
fn copies(stage: &Stage, exports: &[Value], broken: &mut Vec<String>) {
    for (profile, copies) in copied(stage) {
        if copies.len() != exports.len() {
            broken.push(format!("copies: {profile} has {} of {} exports", copies.len(), exports.len()));
        }
        let mut previous = GENESIS_SHA256.to_owned();
        for (copy, export) in copies.iter().zip(exports) {
            let sequence = &copy["sequence"];
            let path = format!("/v1/exports/{sequence}/manifest?profile={profile}");
            let Some(manifest) = stage.actor.wire.get(&path, stage.actor.fact("billing")) else {
                broken.push(format!("copies: {profile} {sequence} is listed and cannot be fetched"));
                continue;
            };
            let said = manifest.json();
            if let Some(what) = unlike(stage, export, &profile, &said) {
                broken.push(format!("copies: {profile} {sequence}: {what}"));
            }
            if member(&said, "previous_manifest_sha256") != previous || copy["sequence"] != export["sequence"] {
                broken.push(format!("copies: {profile} {sequence} does not continue its chain"));
            }
            if said["copy"]["of_manifest_sha256"] != export["manifest_sha256"] || said["rows"] != export["rows"] {
                broken.push(format!("copies: {profile} {sequence} is not a copy of export {}", export["sequence"]));
            }
            previous = sha256_hex(&manifest.body);
        }
    }
}

/// What the file of a copy lacks: it is that of its manifest, and has the passages of the export, row by row, each with the same
/// bill.
fn unlike(stage: &Stage, export: &Value, profile: &str, said: &Value) -> Option<String> {
    let path = format!("/v1/exports/{}/file", export["sequence"]);
    let fetch = |path: &str| {
        let answer = stage.actor.wire.get(path, stage.actor.fact("billing"));
        answer.filter(|answer| answer.status == 200).map(|answer| answer.body)
    };
    let (Some(ours), Some(copy)) = (fetch(&path), fetch(&format!("{path}?profile={profile}"))) else {
        return Some("its file cannot be fetched".to_owned());
    };
    if member(said, "sha256") != sha256_hex(&copy) {
        return Some("its file is not the one of its manifest".to_owned());
    }
    let kind = if member(said, "kind") == Kind::Corrections.as_str() { Kind::Corrections } else { Kind::Lines };
    match (Content::read(kind, ours.as_ref()), Content::read(kind, copy.as_ref())) {
        (Ok(ours), Ok(copy)) if ours.passages() == copy.passages() => {
            let differs = |(ours, copy): &(Option<Bill>, Option<Bill>)| match (ours, copy) {
                (Some(ours), Some(copy)) => !ours.agrees(copy),
                (ours, copy) => ours.is_some() || copy.is_some(),
            };
            let other = Bill::all(&ours).into_iter().zip(Bill::all(&copy)).find(differs);
            other.map(|(ours, copy)| format!("bills {copy:?} instead of {ours:?}"))
        }
        (Ok(ours), Ok(copy)) => Some(format!("has {:?} instead of {:?}", copy.passages(), ours.passages())),
        (_, Err(error)) | (Err(error), _) => Some(format!("cannot be read: {error}")),
    }
}

fn list(stage: &Stage, profile: &str) -> Option<Vec<Value>> {
    let mut exports = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/v1/exports?after={after}&limit=50&profile={profile}");
        let page = stage.actor.wire.get(&path, stage.actor.fact("billing"))?.json();
        exports.extend(page["items"].as_array()?.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => return Some(exports),
        }
    }
}
