//! A ledger that was brought back from before the last exports, with what was published since taken over from what billing
//! has, as `tollbooth restore` does: what goes on from there.

use std::sync::Arc;

use serde_json::json;
use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::Artefact;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Actor as LedgerActor, Ledger};
use tollbooth_pipeline::export::{Content, Kind, Manifest};

use crate::actor::Actor;
use crate::before::{accepted, billable, billed, claimed, exported, full, need, note, send, set};
use crate::error::BenchError;
use crate::lab::Lab;
use crate::promises::member;
use crate::stage::{Prepared, Stage};
use crate::steps::{decide_anew, look, reads, reads_trailer, reopened, sent, ticked};

/// An export as billing has it.
struct Published {
    kind: Kind,
    artefact: Artefact,
    file: Vec<u8>,
}

/// Two passages whose export was lost with the ledger; copies for others are wanted since.
pub fn export_taken_over(stage: &mut Stage) -> Result<(), BenchError> {
    go_back(stage, billable, exported)?;
    note(stage, "late", 400, accepted("LAT3333"))?;
    copies_wanted(stage)
}

/// One passage, and another one that came later, was billed with it and was lost with the ledger.
pub fn passage_lost(stage: &mut Stage) -> Result<(), BenchError> {
    let one = |stage: &mut Stage| {
        note(stage, "one", 0, accepted("AAA1111"))?;
        note(stage, "two", 200, accepted("BBB2222"))?;
        send(stage, "one")?;
        need("the tick", stage.actor.tick().is_some())
    };
    let other = |stage: &mut Stage| {
        send(stage, "two")?;
        need("the tick", stage.actor.tick().is_some())?;
        exported(stage)
    };
    go_back(stage, one, other)
}

/// A billed passage whose correction was lost with the ledger.
pub fn correction_taken_over(stage: &mut Stage) -> Result<(), BenchError> {
    go_back(stage, billed, |stage| {
        need("the reopening", reopened(&mut stage.actor))?;
        need("the other decision", decide_anew(&mut stage.actor))?;
        exported(stage)
    })
}

/// A passage in review that was decided as a trailer's and billed since; copies for others are wanted.
pub fn trailer_taken_over(stage: &mut Stage) -> Result<(), BenchError> {
    go_back(stage, in_review_and_full, |stage| {
        need("the verdict", reads_trailer(&mut stage.actor, "ann"))?;
        exported(stage)
    })?;
    copies_wanted(stage)
}

/// The same, where the type was recorded only after the line was billed. The line is bound when the passage is decided again,
/// and what corrects it with it.
pub fn corrected_trailer_taken_over(stage: &mut Stage) -> Result<(), BenchError> {
    go_back(stage, in_review_and_full, |stage| {
        need("the verdict", reads(&mut stage.actor, "ann", Some("XYZ9876")))?;
        need("the passage", look(&mut stage.actor))?;
        exported(stage)?;
        need("the reopening", reopened(&mut stage.actor))?;
        need("the other decision", reads_trailer(&mut stage.actor, "bob"))?;
        exported(stage)
    })?;
    copies_wanted(stage)
}

fn in_review_and_full(stage: &mut Stage) -> Result<(), BenchError> {
    full(stage)?;
    claimed(stage)
}

fn copies_wanted(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "export.copies": [{ "name": "records", "columns": "full" }] }))
}

/// Exports what came since.
pub fn goes_on(actor: &mut Actor) -> bool {
    sent(actor, "late") && ticked(actor) && actor.export(false).is_some()
}

/// The camera sends again what was lost, and an export is asked for.
pub fn comes_again(actor: &mut Actor) -> bool {
    sent(actor, "two") && ticked(actor) && actor.export(false).is_some()
}

/// Billing answers to the line of a passage that is not here, which comes again then.
pub fn answered_first(actor: &mut Actor) -> bool {
    let lost = actor.fact("passage-lost").to_owned();
    actor.acknowledge(1, &lost, None).is_some() && comes_again(actor)
}

/// People decide as billing has it, and an export is asked for.
pub fn decided_as_billed(actor: &mut Actor) -> bool {
    actor.export(false).is_some() && decide_anew(actor) && actor.export(false).is_some()
}

/// Ann decides as before, and an export is asked for.
pub fn trailer_as_billed(actor: &mut Actor) -> bool {
    reads_trailer(actor, "ann") && actor.export(false).is_some()
}

/// Ann decides as before, and whoever is asked of the correction decides as billing has it.
pub fn trailer_at_last(actor: &mut Actor) -> bool {
    reads(actor, "ann", Some("XYZ9876"))
        && actor.export(false).is_some()
        && reads_trailer(actor, "bob")
        && actor.export(false).is_some()
}

/// Puts a stage where the ledger of `then` stands beside the store and the published files of `since`.
fn go_back(
    stage: &mut Stage,
    then: impl FnOnce(&mut Stage) -> Result<(), BenchError>,
    since: impl FnOnce(&mut Stage) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    let lab = Arc::clone(stage.lab());
    let mut older = Stage::furnished(&lab, false)?;
    then(&mut older)?;
    let older = older.keep()?;
    let mut newer = Stage::from(&lab, &older, 1_000)?;
    since(&mut newer)?;
    let published = published(&newer.actor)?;
    let lost = newer.actor.fact("passage").to_owned();
    let newer = newer.keep()?;
    let restored = older.with_store_of(&lab, &newer)?;
    take_over(&lab, &restored, &published)?;
    let restored = Stage::from(&lab, &restored, 1_001)?;
    std::mem::replace(stage, restored).end();
    stage.actor.facts.insert("passage-lost".to_owned(), lost);
    Ok(())
}

/// Everything that billing has.
fn published(actor: &Actor) -> Result<Vec<Published>, BenchError> {
    let fetch = |path: &str| {
        let answer = actor.wire.get(path, actor.fact("billing")).filter(|answer| answer.status == 200);
        answer.ok_or_else(|| failed(path, "no file"))
    };
    let listed = fetch("/v1/exports?limit=50")?.json();
    let exports = listed["items"].as_array().cloned().unwrap_or_default();
    need("an export to be taken over", !exports.is_empty())?;
    exports
        .iter()
        .map(|export| {
            let path = format!("/v1/exports/{}", export["sequence"]);
            let (manifest, file) = (fetch(&format!("{path}/manifest"))?, fetch(&format!("{path}/file"))?);
            let manifest = String::from_utf8_lossy(&manifest.body).into_owned();
            let kind: Kind = member(export, "kind").parse().map_err(|_| failed(&path, "an unknown kind"))?;
            let artefact = Artefact {
                sha256: member(export, "sha256").to_owned(),
                bytes: file.body.len() as u64,
                manifest_sha256: Manifest::sha256_of(&manifest),
                manifest,
            };
            Ok::<_, BenchError>(Published { kind, artefact, file: file.body.to_vec() })
        })
        .collect()
}

/// Makes the ledger of a directory, in which nobody works, know all of it.
fn take_over(lab: &Lab, restored: &Prepared, published: &[Published]) -> Result<(), BenchError> {
    let (directory, now) = (restored.directory(), restored.now_ms());
    let opened = |error: tollbooth_ledger::db::DbError| failed("the restored ledger", &error.text);
    match lab.cluster() {
        None => adopt(NativeDb::open(&directory.join("sqlite_db.db")).map_err(opened)?, now, published),
        Some(cluster) => {
            adopt(PostgresDb::open(&cluster.of(directory)?.superuser_address()).map_err(opened)?, now, published)
        }
    }
}

fn adopt<D: Db>(db: D, now: i64, published: &[Published]) -> Result<(), BenchError> {
    let refused = |what: String| failed("an export that is taken over", &what);
    let ledger = Ledger::open(db, None).map_err(|error| refused(error.to_string()))?;
    let known = ledger.latest_export().map_err(|error| refused(error.to_string()))?;
    for export in published.iter().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
        let content = Content::read(export.kind, &export.file).map_err(|error| refused(error.to_string()))?;
        let adopted = ledger.adopt_export(now, &LedgerActor::system("restore"), &export.artefact, &content);
        adopted.map_err(|failure| refused(format!("{failure:?}")))?;
    }
    Ok(())
}

fn failed(what: &str, answer: &str) -> BenchError {
    BenchError::Preparation { what: what.to_owned(), answer: answer.to_owned() }
}
