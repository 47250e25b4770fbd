//! What comes before a step: states of the installation in which something interesting can happen.
//!
//! Nothing here may fail; a preparation that does not lead where it should is an error of the bench.

use serde_json::json;
use tollbooth_pipeline::settings::Settings;

use crate::actor::Actor;
use crate::error::BenchError;
use crate::photos::{failure, plate, scripted};
use crate::stage::Stage;
use crate::steps::{
    asked, decide, decide_anew, longer_than, look, outlast_leases, reads, reads_trailer, reopened, twice,
};

/// Nothing at all.
pub fn nothing(_: &mut Stage) -> Result<(), BenchError> {
    Ok(())
}

/// A scheduled export that was due and had no row.
pub fn gap(stage: &mut Stage) -> Result<(), BenchError> {
    stage.actor.clock.jump(2 * 3_600_000);
    answered(stage.actor.export(true).is_some(), "an empty export")
}

/// Everything that is wrong is told, and a minute goes by.
pub fn told(stage: &mut Stage) -> Result<(), BenchError> {
    let told = stage.actor.tell().is_some();
    stage.actor.clock.jump(60_000);
    answered(told, "the message about it")
}

/// What is billable is exported.
pub fn exported(stage: &mut Stage) -> Result<(), BenchError> {
    answered(stage.actor.export(false).is_some(), "an export")
}

fn answered(is_well: bool, what: &str) -> Result<(), BenchError> {
    if is_well {
        return Ok(());
    }
    Err(BenchError::Preparation { what: what.to_owned(), answer: "nothing".to_owned() })
}

/// A photo whose plate is read with certainty.
pub fn accepted(text: &str) -> Vec<u8> {
    let seed = text.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(byte.into()));
    scripted(seed, &[plate(text, 0.99)])
}

/// Notes a photo to be sent to the north booth under its own name.
pub fn note(stage: &mut Stage, name: &str, seconds_ago: i64, photo: Vec<u8>) -> Result<(), BenchError> {
    note_as(stage, name, name, seconds_ago, photo)
}

/// Notes a photo under one name, with another key.
pub fn note_as(stage: &mut Stage, name: &str, key: &str, seconds_ago: i64, photo: Vec<u8>) -> Result<(), BenchError> {
    // Times of one booth are taken from one moment, so that equal distances are equal times.
    let epoch = stage.actor.facts.entry("epoch".to_owned()).or_insert_with(|| stage.actor.clock.now_ms().to_string());
    let epoch: i64 = epoch.parse().unwrap_or_default();
    let mut upload = stage.shot("north", key, 0, photo);
    upload.captured_at = tollbooth_pipeline::capture::rfc3339(epoch - seconds_ago * 1000);
    stage.actor.uploads.insert(name.to_owned(), upload);
    Ok(())
}

/// Notes a photo of another camera of the lane.
pub fn note_of(
    stage: &mut Stage,
    name: &str,
    camera: &str,
    seconds_ago: i64,
    photo: Vec<u8>,
) -> Result<(), BenchError> {
    note(stage, name, seconds_ago, photo)?;
    if let Some(upload) = stage.actor.uploads.get_mut(name) {
        upload.camera = camera.to_owned();
    }
    Ok(())
}

/// A billed passage, and a doubtful photo of the same vehicle that Ann has claimed.
pub fn nearly_known(stage: &mut Stage) -> Result<(), BenchError> {
    ready(stage, &[accepted("KBR4651"), scripted(1, &[plate("KBR4657", 0.5)])])?;
    need("the tick", stage.actor.tick().is_some())?;
    let passage = stage.actor.fact("passage").to_owned();
    let claim = stage.actor.claim("ann", Some(&passage));
    need("the claim", claim.is_some_and(|claim| claim.status == 200))?;
    need("the passage", look(&mut stage.actor))
}

/// Sends a noted photo, which must be new.
pub fn send(stage: &mut Stage, name: &str) -> Result<(), BenchError> {
    let answer = stage.actor.upload_named(name);
    let passage = answer.as_ref().map(|answer| answer.text("passage")).unwrap_or_default();
    need(&format!("upload {name}"), answer.is_some_and(|answer| answer.status == 202))?;
    stage.actor.facts.insert("passage".to_owned(), passage);
    Ok(())
}

/// Fails when a preparation does not lead where it should.
pub fn need(what: &str, done: bool) -> Result<(), BenchError> {
    if done {
        return Ok(());
    }
    Err(BenchError::Preparation { what: what.to_owned(), answer: "something else than it needs".to_owned() })
}

/// Changes settings.
pub fn set(stage: &mut Stage, changes: &serde_json::Value) -> Result<(), BenchError> {
    need("settings", stage.actor.settings(changes).is_some_and(|answer| answer.status == 200))
}

/// Two attempts to read a photo, no more.
pub fn few_attempts(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "reading.max_attempts": 2 }))
}

/// Photos that wait to be read.
pub fn ready(stage: &mut Stage, photos: &[Vec<u8>]) -> Result<(), BenchError> {
    for (number, photo) in photos.iter().enumerate() {
        let name = format!("p{number}");
        note(stage, &name, i64::try_from(number).unwrap_or_default(), photo.clone())?;
        send(stage, &name)?;
    }
    Ok(())
}

/// A passage whose worker died with its lease, which has run out since.
pub fn abandoned(stage: &mut Stage) -> Result<(), BenchError> {
    ready(stage, &[accepted("AAA1111")])?;
    died_at(stage, |moment| moment.contains("KeyValue: get"), |actor| actor.tick().is_some())?;
    outlast_leases(&mut stage.actor);
    Ok(())
}

/// A passage in review.
pub fn in_review(stage: &mut Stage) -> Result<(), BenchError> {
    ready(stage, &[scripted(1, &[plate("AAA1111", 0.5)])])?;
    need("the tick", stage.actor.tick().is_some())
}

/// A passage that Ann has claimed.
pub fn claimed(stage: &mut Stage) -> Result<(), BenchError> {
    in_review(stage)?;
    let passage = stage.actor.fact("passage").to_owned();
    let claim = stage.actor.claim("ann", Some(&passage));
    need("the claim", claim.is_some_and(|claim| claim.status == 200))?;
    look(&mut stage.actor);
    Ok(())
}

/// A passage that Ann has decided.
pub fn decided(stage: &mut Stage) -> Result<(), BenchError> {
    claimed(stage)?;
    need("the verdict", decide(&mut stage.actor, "ann", Some("XYZ9876")))?;
    look(&mut stage.actor);
    Ok(())
}

/// A passage that Ann decided and that is billed.
pub fn billed(stage: &mut Stage) -> Result<(), BenchError> {
    decided(stage)?;
    need("the export", stage.actor.export(false).is_some_and(|answer| answer.text("outcome") == "published"))
}

/// Files say issuer and type of each plate.
pub fn full(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "export.profile": "full" }))
}

/// A passage that Ann decided as a trailer's.
pub fn trailer(stage: &mut Stage) -> Result<(), BenchError> {
    full(stage)?;
    claimed(stage)?;
    need("the verdict", reads_trailer(&mut stage.actor, "ann"))
}

/// A billed passage of whose plate nobody recorded the type.
pub fn billed_without_type(stage: &mut Stage) -> Result<(), BenchError> {
    full(stage)?;
    billed(stage)
}

/// A billed passage that was opened again and decided otherwise: a correction is due.
pub fn correctable(stage: &mut Stage) -> Result<(), BenchError> {
    billed(stage)?;
    need("the reopening", reopened(&mut stage.actor))?;
    need("the other decision", decide_anew(&mut stage.actor))
}

/// A correction whose file is stored, and whose exporter died before publishing it.
pub fn half_corrected(stage: &mut Stage) -> Result<(), BenchError> {
    correctable(stage)?;
    died_at(
        stage,
        |moment| moment.starts_with("after") && moment.contains("KeyValue: set"),
        |actor| actor.export(false).is_some(),
    )
}

/// A passage that the judge accepted, that was drawn for people to read, and that Ann has claimed.
pub fn sampled(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "judge.quality_sample_percent": 100 }))?;
    ready(stage, &[accepted("AAA1111")])?;
    need("the tick", stage.actor.tick().is_some())?;
    claimed_by_ann(stage)
}

/// The same, which Ann has read otherwise than the judge.
pub fn disputed(stage: &mut Stage) -> Result<(), BenchError> {
    sampled(stage)?;
    need("the answer", decide(&mut stage.actor, "ann", Some("XYZ9876")))
}

/// A passage that two people must read, and that Ann has claimed.
pub fn read_twice(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "review.second_reading_percent": 100 }))?;
    in_review(stage)?;
    claimed_by_ann(stage)
}

/// A passage that two people must read, of which Ann has given the first answer.
pub fn read_once(stage: &mut Stage) -> Result<(), BenchError> {
    read_twice(stage)?;
    need("the answer", decide(&mut stage.actor, "ann", Some("XYZ9876")))
}

/// Two photos whose readings finally failed, and that would be read by now.
pub fn failed_for_good(stage: &mut Stage) -> Result<(), BenchError> {
    few_attempts(stage)?;
    let photo = |seed, text| scripted(seed, &[failure("outage", None), failure("outage", None), plate(text, 0.99)]);
    ready(stage, &[photo(1, "AAA1111"), photo(2, "BBB2222")])?;
    need("two ticks", twice(&mut stage.actor))
}

/// A passage that Ann has flagged.
pub fn flagged(stage: &mut Stage) -> Result<(), BenchError> {
    claimed(stage)?;
    need("the flag", asked(&mut stage.actor))
}

/// A photo that the judge accepted, drawn to be read, that Ann has flagged.
pub fn flagged_sample(stage: &mut Stage) -> Result<(), BenchError> {
    sampled(stage)?;
    need("the flag", asked(&mut stage.actor))
}

/// An answer of Ann's that nobody has confirmed in time.
pub fn overdue_answer(stage: &mut Stage) -> Result<(), BenchError> {
    read_twice(stage)?;
    need("the answer", decide(&mut stage.actor, "ann", Some("XYZ9876")))?;
    stage.actor.clock.jump(longer_than(3_600 * Settings::default().review_second_reading_hours));
    Ok(())
}

fn claimed_by_ann(stage: &mut Stage) -> Result<(), BenchError> {
    let passage = stage.actor.fact("passage").to_owned();
    let claim = stage.actor.claim("ann", Some(&passage));
    need("the claim", claim.is_some_and(|claim| claim.status == 200))?;
    need("the passage", look(&mut stage.actor))
}

/// Two accepted passages.
pub fn billable(stage: &mut Stage) -> Result<(), BenchError> {
    note(stage, "one", 0, accepted("AAA1111"))?;
    note(stage, "two", 200, accepted("BBB2222"))?;
    send(stage, "one")?;
    send(stage, "two")?;
    need("the tick", stage.actor.tick().is_some())
}

/// Two accepted passages, each of which takes a step of its own in an export.
pub fn billable_in_steps(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    need("the passage", look(&mut stage.actor))?;
    set(stage, &json!({ "export.step_rows": 1 }))
}

/// Two accepted passages that become two exports, and a copy of each.
pub fn copied(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    let copies = json!([{ "name": "records", "columns": "full" }]);
    set(stage, &json!({ "export.max_rows": 1, "export.copies": copies }))
}

/// Two exports that were published before anybody named a copy of them.
pub fn copied_late(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    set(stage, &json!({ "export.max_rows": 1 }))?;
    exported(stage)?;
    set(stage, &json!({ "export.copies": [{ "name": "records", "columns": "full" }] }))
}

/// A correction is due, and everything is copied.
pub fn correctable_and_copied(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "export.copies": [{ "name": "records", "columns": "full" }] }))?;
    correctable(stage)
}

/// Two corrections are due, and each takes a step of its own.
pub fn correctable_in_steps(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    exported(stage)?;
    set(stage, &json!({ "export.step_rows": 1 }))?;
    let known: Vec<String> = stage.actor.witness.acknowledged.values().map(|known| known.passage.clone()).collect();
    for (passage, plate) in known.into_iter().zip(["NEW1234", "NEW5678"]) {
        stage.actor.facts.insert("passage".to_owned(), passage);
        need("the passage", look(&mut stage.actor))?;
        need("the reopening", reopened(&mut stage.actor))?;
        need("the other decision", reads(&mut stage.actor, "bob", Some(plate)))?;
    }
    Ok(())
}

/// A correction that is published.
pub fn corrected(stage: &mut Stage) -> Result<(), BenchError> {
    correctable(stage)?;
    exported(stage)
}

/// A billed passage and one in review, with copies of both that are about to be sent under other keys.
pub fn long_known(stage: &mut Stage) -> Result<(), BenchError> {
    let unsure = || scripted(1, &[plate("AAA1111", 0.5)]);
    note(stage, "one", 0, accepted("BBB2222"))?;
    note(stage, "two", 200, unsure())?;
    note_as(stage, "one again", "three", 0, accepted("BBB2222"))?;
    note_as(stage, "two again", "four", 200, unsure())?;
    send(stage, "one")?;
    send(stage, "two")?;
    need("the tick", stage.actor.tick().is_some())?;
    need("the export", stage.actor.export(false).is_some_and(|answer| answer.text("outcome") == "published"))
}

/// An export whose file is stored, and whose exporter died before publishing it.
pub fn half_published(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    died_at(
        stage,
        |moment| moment.starts_with("after") && moment.contains("KeyValue: set"),
        |actor| actor.export(false).is_some(),
    )
}

/// Runs a step in which the guest dies at the first moment that matches.
pub fn died_at(stage: &mut Stage, matches: fn(&str) -> bool, step: fn(&mut Actor) -> bool) -> Result<(), BenchError> {
    let calls = std::sync::Arc::clone(stage.actor.wire.calls());
    calls.die_where(matches);
    let answered = step(&mut stage.actor);
    stage.rest()?;
    let fired = calls.fired();
    calls.watch();
    need("a death on the way", fired && !answered)
}

/// Two photos under one key, both about to be sent.
pub fn conflicting(stage: &mut Stage) -> Result<(), BenchError> {
    note(stage, "a", 0, accepted("AAA1111"))?;
    note_as(stage, "b", "a", 0, accepted("BBB2222"))?;
    // Both are known to be on their way, whoever comes first.
    for name in ["a", "b"] {
        if let Some(upload) = stage.actor.uploads.get(name).cloned() {
            stage.actor.witness.sending(&upload);
        }
    }
    Ok(())
}

/// A photo, and a camera whose token somebody is about to revoke.
pub fn revocable(stage: &mut Stage) -> Result<(), BenchError> {
    stage.token("old", "camera", Some("north"))?;
    let old = stage.actor.fact("old").to_owned();
    stage.actor.witness.revoking.insert(old);
    note(stage, "a", 0, accepted("AAA1111"))
}
