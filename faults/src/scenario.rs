//! The steps that are crashed at every moment: what comes before, the step itself, and nothing else.
//!
//! A step is a list of requests in which every answer is awaited. Whoever gets none does the whole step again later,
//! so each deed in it must be one that a client may repeat. False from a step: somebody got no answer.

use serde_json::json;

use crate::actor::Actor;
use crate::error::BenchError;
use crate::photos::{damaged, empty, failure, plate, scripted, trap};
use crate::interleave::Pair;
use crate::stage::Stage;

/// Something that is done, with everything that must have been done before.
pub struct Scenario {
    /// For progress and violations.
    pub name: &'static str,
    /// Whether intake wakes the reading stage.
    pub wakes: bool,
    /// Whether booths and staff are registered before; otherwise the step starts on an empty directory.
    pub furnished: bool,
    /// What comes before, unharmed.
    pub before: fn(&mut Stage) -> Result<(), BenchError>,
    /// The step.
    pub step: fn(&mut Actor) -> bool,
}

const fn plain(name: &'static str, before: fn(&mut Stage) -> Result<(), BenchError>, step: fn(&mut Actor) -> bool) -> Scenario {
    Scenario { name, wakes: false, furnished: true, before, step }
}

/// All scenarios.
#[must_use]
pub fn all() -> Vec<Scenario> {
    let mut all = intake();
    all.extend(reading());
    all.extend(review());
    all.extend(export());
    all
}

fn intake() -> Vec<Scenario> {
    vec![
        Scenario { name: "migration interrupted", wakes: false, furnished: false, before: nothing, step: first_request },
        plain("intake: new", |s| note(s, "a", 0, accepted("AAA1111")), |a| sent(a, "a")),
        plain("intake: damaged photo", |s| note(s, "a", 0, damaged(7)), |a| sent(a, "a")),
        plain("intake: resend", |s| { note(s, "a", 0, accepted("AAA1111"))?; send(s, "a") }, |a| sent(a, "a")),
        plain(
            "intake: conflict",
            |s| { note(s, "a", 0, accepted("AAA1111"))?; send(s, "a")?; note_as(s, "b", "a", 0, accepted("BBB2222")) },
            |a| sent(a, "b"),
        ),
        plain(
            "intake: duplicate",
            |s| { note(s, "a", 0, accepted("AAA1111"))?; send(s, "a")?; note(s, "b", 0, accepted("AAA1111")) },
            |a| sent(a, "b"),
        ),
        plain(
            "intake: repeated frame",
            |s| { note(s, "a", 0, accepted("AAA1111"))?; send(s, "a")?; note(s, "b", 90, accepted("AAA1111")) },
            |a| sent(a, "b"),
        ),
        Scenario {
            name: "intake: new, and the reading it wakes",
            wakes: true,
            furnished: true,
            before: |s| note(s, "a", 0, accepted("AAA1111")),
            step: |a| sent(a, "a"),
        },
        plain(
            "intake: token revoked in between",
            |s| { s.token("old", "camera", Some("north"))?; note(s, "a", 0, accepted("AAA1111"))?; note(s, "b", 90, accepted("BBB2222")) },
            revoked_in_between,
        ),
    ]
}

fn reading() -> Vec<Scenario> {
    vec![
        plain("reading: accepted", |s| ready(s, &[accepted("AAA1111")]), ticked),
        plain("reading: accepted, by cron", |s| ready(s, &[accepted("AAA1111")]), |a| a.wire.fire("ocr-call-cron")),
        plain("reading: to review", |s| ready(s, &[scripted(1, &[plate("AAA1111", 0.5)])]), ticked),
        plain("reading: empty road", |s| ready(s, &[scripted(1, &[empty()])]), ticked),
        plain("reading: retried", |s| ready(s, &[scripted(1, &[failure("outage", None), plate("AAA1111", 0.99)])]), twice),
        plain("reading: retries exhausted", |s| { few_attempts(s)?; ready(s, &[scripted(1, &[failure("outage", None)])]) }, twice),
        plain("reading: recogniser dies", |s| ready(s, &[scripted(1, &[trap(), plate("AAA1111", 0.99)])]), |a| { let _ = a.tick(); a.clock.jump(61_000); a.tick().is_some() }),
        plain("reading: front and rear of one crossing", |s| ready(s, &[accepted("AAA1111"), scripted(2, &[plate("AAA1111", 0.98)])]), ticked),
        plain("reading: a lease that expired", abandoned, ticked),
    ]
}

fn review() -> Vec<Scenario> {
    vec![
        plain("review: claim", in_review, |a| { let id = a.fact("passage").to_owned(); a.claim("ann", Some(&id)).is_some() }),
        plain("review: plate", claimed, |a| decide(a, "ann", Some("XYZ9876"))),
        plain("review: rejection", claimed, |a| decide(a, "ann", None)),
        plain("review: two people, one claim that ran out", claimed, two_people),
        plain("review: opened again and decided anew", decided, |a| reopened(a) && decide_anew(a)),
        plain("review: back to the recogniser", claimed, reprocessed),
    ]
}

fn export() -> Vec<Scenario> {
    vec![
        plain("export: rows", billable, |a| a.export(false).is_some()),
        plain("export: several files", |s| { billable(s)?; set(s, &json!({ "export.max_rows": 1 })) }, |a| a.export(false).is_some()),
        plain("export: scheduled, by cron", billable, |a| a.wire.fire("exporter-cron")),
        plain("export: nothing, and the notice", nothing, |a| a.export(false).is_some()),
        plain("export: rows arriving meanwhile", |s| { billable(s)?; note(s, "late", 400, accepted("LAT3333")) }, rows_arriving),
        plain("export: two, one of which died between file and publication", half_published, |a| a.export(false).is_some()),
        plain("export: reopened before, billed after", decided, |a| reopened(a) && decide_anew(a) && a.export(false).is_some()),
    ]
}

// --- what comes before ---------------------------------------------------------------------------------------------

fn nothing(_: &mut Stage) -> Result<(), BenchError> {
    Ok(())
}

fn accepted(text: &str) -> Vec<u8> {
    let seed = text.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(131).wrapping_add(byte.into()));
    scripted(seed, &[plate(text, 0.99)])
}

fn note(stage: &mut Stage, name: &str, seconds_ago: i64, photo: Vec<u8>) -> Result<(), BenchError> {
    note_as(stage, name, name, seconds_ago, photo)
}

fn note_as(stage: &mut Stage, name: &str, key: &str, seconds_ago: i64, photo: Vec<u8>) -> Result<(), BenchError> {
    // Times of one booth are taken from one moment, so that equal distances are equal times.
    let epoch = stage.actor.facts.entry("epoch".to_owned()).or_insert_with(|| stage.actor.clock.now_ms().to_string());
    let epoch: i64 = epoch.parse().unwrap_or_default();
    let mut upload = stage.shot("north", key, 0, photo);
    upload.captured_at = tollbooth_pipeline::capture::rfc3339(epoch - seconds_ago * 1000);
    stage.actor.uploads.insert(name.to_owned(), upload);
    Ok(())
}

fn send(stage: &mut Stage, name: &str) -> Result<(), BenchError> {
    let answer = stage.actor.upload_named(name);
    let passage = answer.as_ref().map(|answer| answer.text("passage")).unwrap_or_default();
    need(&format!("upload {name}"), answer.is_some_and(|answer| answer.status == 202))?;
    stage.actor.facts.insert("passage".to_owned(), passage);
    Ok(())
}

fn need(what: &str, done: bool) -> Result<(), BenchError> {
    if done {
        return Ok(());
    }
    Err(BenchError::Preparation { what: what.to_owned(), answer: "something else than it needs".to_owned() })
}

fn set(stage: &mut Stage, changes: &serde_json::Value) -> Result<(), BenchError> {
    need("settings", stage.actor.settings(changes).is_some_and(|answer| answer.status == 200))
}

fn few_attempts(stage: &mut Stage) -> Result<(), BenchError> {
    set(stage, &json!({ "reading.max_attempts": 2 }))
}

/// Photos that wait to be read.
fn ready(stage: &mut Stage, photos: &[Vec<u8>]) -> Result<(), BenchError> {
    for (number, photo) in photos.iter().enumerate() {
        let name = format!("p{number}");
        note(stage, &name, i64::try_from(number).unwrap_or_default(), photo.clone())?;
        send(stage, &name)?;
    }
    Ok(())
}

/// A passage whose worker died with its lease, which has run out since.
fn abandoned(stage: &mut Stage) -> Result<(), BenchError> {
    ready(stage, &[accepted("AAA1111")])?;
    died_at(stage, |moment| moment.contains("KeyValue: get"), |actor| actor.tick().is_some())?;
    stage.actor.clock.jump(61_000);
    Ok(())
}

fn in_review(stage: &mut Stage) -> Result<(), BenchError> {
    ready(stage, &[scripted(1, &[plate("AAA1111", 0.5)])])?;
    need("the tick", stage.actor.tick().is_some())
}

fn claimed(stage: &mut Stage) -> Result<(), BenchError> {
    in_review(stage)?;
    let passage = stage.actor.fact("passage").to_owned();
    let claim = stage.actor.claim("ann", Some(&passage));
    need("the claim", claim.is_some_and(|claim| claim.status == 200))?;
    look(&mut stage.actor);
    Ok(())
}

fn decided(stage: &mut Stage) -> Result<(), BenchError> {
    claimed(stage)?;
    need("the verdict", decide(&mut stage.actor, "ann", Some("XYZ9876")))?;
    look(&mut stage.actor);
    Ok(())
}

/// Two accepted passages.
fn billable(stage: &mut Stage) -> Result<(), BenchError> {
    note(stage, "one", 0, accepted("AAA1111"))?;
    note(stage, "two", 200, accepted("BBB2222"))?;
    send(stage, "one")?;
    send(stage, "two")?;
    need("the tick", stage.actor.tick().is_some())
}

/// An export whose file is stored, and whose exporter died before publishing it.
fn half_published(stage: &mut Stage) -> Result<(), BenchError> {
    billable(stage)?;
    died_at(stage, |moment| moment.starts_with("after") && moment.contains("KeyValue: set"), |actor| {
        actor.export(false).is_some()
    })
}

/// Runs a step in which the guest dies at the first moment that matches.
fn died_at(stage: &mut Stage, matches: fn(&str) -> bool, step: fn(&mut Actor) -> bool) -> Result<(), BenchError> {
    let calls = std::sync::Arc::clone(stage.actor.wire.calls());
    calls.die_where(matches);
    let answered = step(&mut stage.actor);
    stage.rest()?;
    let fired = calls.fired();
    calls.watch();
    need("a death on the way", fired && !answered)
}

// --- steps ---------------------------------------------------------------------------------------------------------

fn first_request(actor: &mut Actor) -> bool {
    let body = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" }).to_string();
    let put = actor.wire.send(
        "PUT",
        "/v1/booths/north",
        crate::lab::OPERATOR_TOKEN,
        "application/json",
        body.as_bytes(),
    );
    put.is_some_and(|answer| answer.status < 300)
}

fn sent(actor: &mut Actor, name: &str) -> bool {
    actor.upload_named(name).is_some()
}

fn ticked(actor: &mut Actor) -> bool {
    actor.tick().is_some()
}

/// Two ticks with the longest wait between them.
fn twice(actor: &mut Actor) -> bool {
    let first = actor.tick().is_some();
    actor.clock.jump(300_000);
    first && actor.tick().is_some()
}

fn revoked_in_between(actor: &mut Actor) -> bool {
    let (Some(one), Some(other)) = (actor.uploads.get("a").cloned(), actor.uploads.get("b").cloned()) else {
        return false;
    };
    let old = actor.fact("old").to_owned();
    actor.upload_with(&one, &old).is_some() && actor.revoke("old").is_some() && actor.upload_with(&other, &old).is_some()
}

/// Looks the passage up and notes its version.
fn look(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let Some(passage) = actor.passage(&id) else { return false };
    actor.facts.insert("version".to_owned(), passage["version"].to_string());
    actor.facts.insert("state".to_owned(), passage["state"].as_str().unwrap_or_default().to_owned());
    true
}

fn version(actor: &Actor) -> u64 {
    actor.fact("version").parse().unwrap_or_default()
}

fn decide(actor: &mut Actor, person: &str, plate: Option<&str>) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.verdict(person, &id, version, plate).is_some()
}

fn two_people(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    actor.clock.jump(301_000);
    actor.claim("bob", Some(&id)).is_some()
        && decide(actor, "bob", Some("BOB1234"))
        && decide(actor, "ann", Some("ANN1234"))
        && decide(actor, "bob", Some("BOB1234"))
}

fn reopened(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.reopen(&id, version).is_some()
}

/// Whoever finds the passage open claims and decides it with another plate.
fn decide_anew(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim("bob", Some(&id)).is_none() || !look(actor) {
        return false;
    }
    actor.fact("state") != "in-review" || decide(actor, "bob", Some("NEW1234"))
}

fn reprocessed(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.reprocess("ann", &id, version).is_some() && actor.tick().is_some()
}

fn rows_arriving(actor: &mut Actor) -> bool {
    actor.export(false).is_some() && sent(actor, "late") && ticked(actor) && actor.export(false).is_some()
}

// --- pairs ---------------------------------------------------------------------------------------------------------

/// Those who may meet.
#[must_use]
pub fn pairs() -> Vec<Pair> {
    let pair = |one: Scenario, other: fn(&mut Actor) -> bool| Pair { one, other };
    let two_photos = |s: &mut Stage| note(s, "a", 0, accepted("AAA1111"));
    vec![
        pair(
            Scenario { name: "two at once: first start", wakes: false, furnished: false, before: nothing, step: first_request },
            first_request,
        ),
        pair(plain("two at once: a photo and its resend", two_photos, |a| sent(a, "a")), |a| sent(a, "a")),
        pair(
            plain("two at once: two photos under one key", conflicting, |a| sent(a, "a")),
            |a| sent(a, "b"),
        ),
        pair(
            plain("two at once: one photo under two keys", |s| { note(s, "a", 0, accepted("AAA1111"))?; note(s, "b", 0, accepted("AAA1111")) }, |a| sent(a, "a")),
            |a| sent(a, "b"),
        ),
        pair(
            plain("two at once: a photo and the revocation of its token", revocable, |a| { let (old, a1) = (a.fact("old").to_owned(), a.uploads.get("a").cloned()); a1.is_some_and(|u| a.upload_with(&u, &old).is_some()) }),
            |a| a.revoke("old").is_some(),
        ),
        pair(plain("two at once: two workers, one passage", |s| ready(s, &[accepted("AAA1111")]), ticked), ticked),
        pair(
            plain("two at once: a slow worker and the one who gets its lease", |s| ready(s, &[accepted("AAA1111")]), ticked),
            |a| { a.clock.jump(61_000); ticked(a) },
        ),
        pair(
            plain("two at once: front and rear of one crossing", |s| ready(s, &[accepted("AAA1111"), scripted(2, &[plate("AAA1111", 0.98)])]), ticked),
            ticked,
        ),
        pair(plain("two at once: two exports", billable, |a| a.export(false).is_some()), |a| a.export(false).is_some()),
        pair(
            plain("two at once: an export and rows arriving", |s| { billable(s)?; note(s, "late", 400, accepted("LAT3333")) }, |a| a.export(false).is_some()),
            |a| sent(a, "late") && ticked(a),
        ),
        pair(plain("two at once: an export and a reopening", decided, |a| a.export(false).is_some()), reopened),
        pair(plain("two at once: a reopening and an export", decided, reopened), |a| a.export(false).is_some()),
        pair(plain("two at once: one verdict twice", claimed, |a| decide(a, "ann", Some("ANN1234"))), |a| decide(a, "ann", Some("ANN1234"))),
        pair(
            plain("two at once: a verdict and somebody who takes over the claim", claimed, |a| decide(a, "ann", Some("ANN1234"))),
            |a| { let id = a.fact("passage").to_owned(); a.clock.jump(301_000); a.claim("bob", Some(&id)).is_some() && decide(a, "bob", Some("BOB1234")) },
        ),
        pair(plain("two at once: a verdict and a reprocessing", claimed, |a| decide(a, "ann", Some("ANN1234"))), reprocessed),
    ]
}

fn conflicting(stage: &mut Stage) -> Result<(), BenchError> {
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

fn revocable(stage: &mut Stage) -> Result<(), BenchError> {
    stage.token("old", "camera", Some("north"))?;
    let old = stage.actor.fact("old").to_owned();
    stage.actor.witness.revoking.insert(old);
    note(stage, "a", 0, accepted("AAA1111"))
}
