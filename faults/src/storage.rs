//! Storage that changes behind the application's back: a photo that is gone, bits that flipped, a file for billing
//! that is another.
//!
//! No host prevents these. What is promised is that nobody is billed by them in silence: the passage goes to a person
//! with the cause, and a client gets an error instead of other bytes.

use std::sync::Arc;

use rusqlite::OptionalExtension as _;
use serde_json::json;

use crate::before::{accepted, billable, ready};
use crate::crash::Findings;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::older;
use crate::photos::{plate, scripted};
use crate::promises;
use crate::stage::{Prepared, Stage};

/// What happens to a stored value.
struct Damage {
    name: &'static str,
    /// What is stored afterwards; none: nothing.
    after: fn(&[u8]) -> Option<Vec<u8>>,
    /// Why a person must look then, for a photo.
    reason: &'static str,
}

const DAMAGES: [Damage; 4] = [
    Damage { name: "gone", after: |_| None, reason: "photo-missing" },
    Damage { name: "one bit flipped", after: |bytes| Some(flipped(bytes)), reason: "photo-changed" },
    Damage {
        name: "cut off",
        after: |bytes| bytes.split_last().map(|(_, rest)| rest.to_vec()),
        reason: "photo-changed",
    },
    Damage { name: "empty", after: |_| Some(Vec::new()), reason: "photo-changed" },
];

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes
}

/// Runs every damage, on a photo that waits and on a file that was published.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn all(lab: &Arc<Lab>) -> Result<Findings, BenchError> {
    let mut waiting = Stage::furnished(lab, false)?;
    ready(&mut waiting, &[accepted("AAA1111")])?;
    let waiting = waiting.keep()?;
    let mut billed = Stage::furnished(lab, false)?;
    billable(&mut billed)?;
    let _ = billed.actor.export(false);
    let billed = billed.keep()?;
    let mut findings = Findings::default();
    findings.runs += 1;
    findings.violations.extend(older::exports_nothing(lab)?.into_iter().map(|found| format!("storage: {found}")));
    for damage in DAMAGES {
        for (what, broken) in [("photo", photo(lab, &waiting, &damage)?), ("export", export(lab, &billed, &damage)?)] {
            findings.runs += 1;
            let name = damage.name;
            findings.violations.extend(broken.into_iter().map(|found| format!("storage: {what} {name}: {found}")));
        }
    }
    Ok(findings)
}

/// Changes what is stored below a prefix; false when there is nothing.
fn strike(stage: &Stage, damage: &Damage, prefix: &str) -> Result<bool, BenchError> {
    let store = stage.database("sqlite_key_value.db")?;
    let found = store.query_row("SELECT key, value FROM spin_key_value WHERE key LIKE ?1 || '%'", [prefix], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
    });
    let Some((key, value)) = found.optional()? else { return Ok(false) };
    match (damage.after)(&value) {
        None => store.execute("DELETE FROM spin_key_value WHERE key = ?1", [key])?,
        Some(value) => store.execute("UPDATE spin_key_value SET value = ?2 WHERE key = ?1", (key, value))?,
    };
    Ok(true)
}

/// A damaged photo is never read and never shown, and its neighbours are none the worse.
fn photo(lab: &Arc<Lab>, waiting: &Prepared, damage: &Damage) -> Result<Vec<String>, BenchError> {
    let mut stage = Stage::from(lab, waiting, 1_000)?;
    let mut broken = Vec::new();
    if !strike(&stage, damage, "photos/north/")? {
        broken.push("there was no photo to be damaged".to_owned());
    }
    let neighbour = stage.shot("south", "sound", 0, scripted(2, &[plate("ZZZ9999", 0.99)]));
    let other = stage.actor.upload(&neighbour).map(|answer| answer.text("passage")).unwrap_or_default();
    let _ = stage.actor.tick();
    let id = stage.actor.fact("passage").to_owned();
    let shown = stage.actor.passage(&id).unwrap_or_default();
    if shown["state"] != "in-review" || shown["reason"] != damage.reason || shown["plate"] != json!(null) {
        broken.push(format!("the passage is {} {} {}", shown["state"], shown["reason"], shown["plate"]));
    }
    if stage.actor.passage(&other).unwrap_or_default()["state"] != "accepted" {
        broken.push("the neighbour was not read".to_owned());
    }
    let audited = promises::audit(&stage);
    if !matches!(audited.as_slice(), [one] if one.starts_with(damage.reason)) {
        broken.push(format!("the audit finds {audited:?}"));
    }
    // A 5xx is no answer to the bench's clients.
    let picture = stage.actor.wire.get(&format!("/v1/passages/{id}/photo"), stage.actor.fact("supervisor"));
    if let Some(picture) = picture {
        broken.push(format!("the photo was shown all the same: {}", picture.status));
    }
    stage.end();
    Ok(broken)
}

/// Billing gets an error instead of another file, and the manifest that names the right one.
fn export(lab: &Arc<Lab>, billed: &Prepared, damage: &Damage) -> Result<Vec<String>, BenchError> {
    let stage = Stage::from(lab, billed, 1_000)?;
    let mut broken = Vec::new();
    let fetch = |what: &str| stage.actor.wire.get(&format!("/v1/exports/1/{what}"), stage.actor.fact("billing"));
    if fetch("file").is_none_or(|answer| answer.status != 200) {
        broken.push("there was no file before".to_owned());
    }
    if !strike(&stage, damage, "exports/1/")? {
        broken.push("there was no file to be damaged".to_owned());
    }
    if let Some(answer) = fetch("file") {
        broken.push(format!("the file was served all the same: {}", answer.status));
    }
    if fetch("manifest").is_none_or(|answer| answer.status != 200) {
        broken.push("the manifest, which is sound, was not served".to_owned());
    }
    stage.end();
    Ok(broken)
}
