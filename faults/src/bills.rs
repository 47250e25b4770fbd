//! What billing sees: a chain of manifests, files that match them, and each accepted passage on exactly one line.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tollbooth_pipeline::export::GENESIS_SHA256;
use tollbooth_pipeline::ident::sha256_hex;

use crate::promises::{Entry, member};
use crate::stage::Stage;

/// Checks everything that was published.
pub fn check(stage: &Stage, entries: &[Entry], broken: &mut Vec<String>) {
    let Some(exports) = list(stage) else {
        broken.push("bills: the list of exports gave no answer".to_owned());
        return;
    };
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut previous = GENESIS_SHA256.to_owned();
    for (export, expected) in exports.iter().zip(1_u64..) {
        if export["sequence"] != expected {
            broken.push(format!("bills: export {} comes where {expected} belongs", export["sequence"]));
        }
        previous = one(stage, export, &previous, &mut lines, broken);
    }
    for (sequence, sha256) in &stage.actor.witness.published {
        let listed = exports.iter().find(|export| export["sequence"] == *sequence);
        if listed.is_none_or(|export| member(export, "sha256") != sha256) {
            broken.push(format!("bills: export {sequence} was acknowledged as published and is not, or is another"));
        }
    }
    for entry in entries {
        let billed = lines.remove(&entry.id).unwrap_or_default();
        match (entry.state.as_str(), billed.as_slice()) {
            ("accepted", [plate]) if entry.plate.as_deref() == Some(plate) => {}
            ("accepted", plates) => {
                broken.push(format!("bills: {} is accepted as {:?}, but billed as {plates:?}", entry.id, entry.plate))
            }
            (_, []) => {}
            (state, plates) => broken.push(format!("bills: {} is {state}, but billed as {plates:?}", entry.id)),
        }
    }
    for passage in lines.keys() {
        broken.push(format!("bills: {passage} is on a bill and in no ledger"));
    }
}

/// The file of an export is a pure function of what was bound: nobody ever stored another under its number.
pub fn objects(stage: &Stage, keys: &BTreeSet<String>, broken: &mut Vec<String>) {
    let Some(exports) = list(stage) else { return };
    let files: BTreeSet<String> =
        exports.iter().map(|e| format!("exports/{}/{}.csv", e["sequence"], member(e, "sha256"))).collect();
    let manifests: BTreeSet<String> =
        exports.iter().map(|e| format!("exports/{}/manifest.json", e["sequence"])).collect();
    for missing in manifests.difference(keys) {
        broken.push(format!("object: {missing} is not stored: an older ledger would not be found out"));
    }
    for key in keys.iter().filter(|key| !key.starts_with("photos/")) {
        if !files.contains(key) && !manifests.contains(key) {
            broken.push(format!("object: {key} was never published"));
        }
    }
}

fn one(
    stage: &Stage,
    export: &Value,
    previous: &str,
    lines: &mut BTreeMap<String, Vec<String>>,
    broken: &mut Vec<String>,
) -> String {
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
    let mut rows = 0_u64;
    let mut reader = csv::Reader::from_reader(file.body.as_ref());
    for record in reader.records() {
        let Ok(record) = record else {
            broken.push(format!("bills: the file of export {sequence} is no CSV"));
            break;
        };
        let (name, plate) = (record.get(0).unwrap_or_default(), record.get(1).unwrap_or_default());
        let passage = name.split('.').next().unwrap_or_default();
        lines.entry(passage.to_owned()).or_default().push(plate.to_owned());
        rows += 1;
    }
    if said["rows"] != rows {
        broken.push(format!("bills: export {sequence} has {rows} lines, its manifest says {}", said["rows"]));
    }
    sha256_hex(&manifest.body)
}

fn list(stage: &Stage) -> Option<Vec<Value>> {
    let mut exports = Vec::new();
    let mut after = 0;
    loop {
        let path = format!("/v1/exports?after={after}&limit=50");
        let page = stage.actor.wire.get(&path, stage.actor.fact("billing"))?.json();
        exports.extend(page["items"].as_array()?.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => return Some(exports),
        }
    }
}
