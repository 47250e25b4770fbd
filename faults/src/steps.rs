//! What is done in scenarios, by whom. False: somebody got no answer.

use serde_json::json;
use tollbooth_pipeline::settings::Settings;

use crate::actor::Actor;

/// Lets every lease run out.
pub fn outlast_leases(actor: &mut Actor) {
    actor.clock.jump(longer_than(Settings::default().reading_lease_seconds));
}

/// Lets every claim of a reviewer run out.
pub fn outlast_claims(actor: &mut Actor) {
    actor.clock.jump(longer_than(Settings::default().review_claim_seconds));
}

/// A second more than this, in milliseconds.
pub fn longer_than(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or_default().saturating_add(1).saturating_mul(1000)
}

/// The first request that an installation ever gets.
pub fn first_request(actor: &mut Actor) -> bool {
    let body = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" }).to_string();
    let put =
        actor.wire.send("PUT", "/v1/booths/north", crate::lab::OPERATOR_TOKEN, "application/json", body.as_bytes());
    put.is_some_and(|answer| answer.status < 300)
}

/// A camera sends a noted photo.
pub fn sent(actor: &mut Actor, name: &str) -> bool {
    actor.upload_named(name).is_some()
}

/// One tick of the reading stage.
pub fn ticked(actor: &mut Actor) -> bool {
    actor.tick().is_some()
}

/// Two ticks with the longest wait between them.
pub fn twice(actor: &mut Actor) -> bool {
    let first = actor.tick().is_some();
    actor.clock.jump(longer_than(Settings::default().reading_backoff_max_seconds));
    first && actor.tick().is_some()
}

/// A photo, the revocation of its token, and another photo with it.
pub fn revoked_in_between(actor: &mut Actor) -> bool {
    let (Some(one), Some(other)) = (actor.uploads.get("a").cloned(), actor.uploads.get("b").cloned()) else {
        return false;
    };
    let old = actor.fact("old").to_owned();
    actor.upload_with(&one, &old).is_some()
        && actor.revoke("old").is_some()
        && actor.upload_with(&other, &old).is_some()
}

/// Looks the passage up and notes its version.
pub fn look(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let Some(passage) = actor.passage(&id) else { return false };
    actor.facts.insert("version".to_owned(), passage["version"].to_string());
    actor.facts.insert("state".to_owned(), passage["state"].as_str().unwrap_or_default().to_owned());
    true
}

/// The version that was looked up last.
pub fn version(actor: &Actor) -> u64 {
    actor.fact("version").parse().unwrap_or_default()
}

/// A person decides with the version that was looked up last.
pub fn decide(actor: &mut Actor, person: &str, plate: Option<&str>) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.verdict(person, &id, version, plate).is_some()
}

/// A claim runs out, another person decides, and the first one comes back.
pub fn two_people(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    outlast_claims(actor);
    actor.claim("bob", Some(&id)).is_some()
        && decide(actor, "bob", Some("BOB1234"))
        && decide(actor, "ann", Some("ANN1234"))
        && decide(actor, "bob", Some("BOB1234"))
}

/// The supervisor opens the passage again.
pub fn reopened(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.reopen(&id, version).is_some()
}

/// Billing refuses the line of the passage on the first export.
pub fn refused_by_billing(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    actor.acknowledge(1, &id, Some("unknown tariff")).is_some()
}

/// Whoever finds the passage open claims and decides it with another plate.
pub fn decide_anew(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim("bob", Some(&id)).is_none() || !look(actor) {
        return false;
    }
    actor.fact("state") != "in-review" || decide(actor, "bob", Some("NEW1234"))
}

/// The supervisor settles what is disputed.
pub fn settled(actor: &mut Actor, plate: &str) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim("supervisor", Some(&id)).is_none() || !look(actor) {
        return false;
    }
    actor.fact("state") != "in-review" || decide(actor, "supervisor", Some(plate))
}

/// Ann asks the supervisor.
pub fn asked(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.flag("ann", &id, version).is_some()
}

/// Ann takes her question back, and decides herself.
pub fn no_longer_asked(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.unflag("ann", &id, version).is_some()
        && actor.claim("ann", Some(&id)).is_some()
        && decide(actor, "ann", Some("XYZ9876"))
}

/// A reviewer tries to decide what only the supervisor does, and the supervisor decides it.
pub fn adjudicated(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    actor.claim("bob", Some(&id)).is_some() && decide(actor, "bob", Some("BOB1234")) && settled(actor, "XYZ9876")
}

/// The supervisor gives the passage to Bob; Ann tries to take it, and Bob gives it back.
pub fn given_and_back(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    actor.assign("bob", &id).is_some()
        && actor.claim("ann", Some(&id)).is_some()
        && actor.unassign("bob", &id).is_some()
}

/// Nobody reads after Ann in time, and the supervisor decides.
pub fn overdue(actor: &mut Actor) -> bool {
    settled(actor, "XYZ9876")
}

/// Ann takes an answer back that is held, and gives another one.
pub fn taken_back(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let Some(version) = actor.version_for("ann", &id) else { return false };
    if actor.undo("ann", &id, version).is_none() {
        return false;
    }
    let Some(version) = actor.version_for("ann", &id) else { return false };
    actor.verdict("ann", &id, version, Some("AAA1111")).is_some()
}

/// Ann takes a decision back that billing has already: it stands.
pub fn taken_back_too_late(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let Some(version) = actor.version_for("ann", &id) else { return false };
    let Some(answer) = actor.undo("ann", &id, version) else { return false };
    if answer.status != 409 {
        actor.witness.violations.push(format!("what is billed was taken back: {}", answer.brief()));
    }
    true
}

/// A person claims the passage and decides it, with the version that they see of it.
pub fn reads(actor: &mut Actor, person: &str, plate: Option<&str>) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim(person, Some(&id)).is_none() {
        return false;
    }
    let Some(version) = actor.version_for(person, &id) else { return false };
    actor.verdict(person, &id, version, plate).is_some()
}

/// A person claims the passage and decides that its plate is a trailer's.
pub fn reads_trailer(actor: &mut Actor, person: &str) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim(person, Some(&id)).is_none() {
        return false;
    }
    let Some(version) = actor.version_for(person, &id) else { return false };
    actor.typed_verdict(person, &id, version, ("XYZ9876", "trailer")).is_some()
}

/// The supervisor opens the passage again, and Bob finds that nothing can be billed.
pub fn reopened_and_rejected(actor: &mut Actor) -> bool {
    reopened(actor) && reads(actor, "bob", None)
}

/// The supervisor gives an answer that others are compared with, and Ann answers the same.
pub fn known_and_compared(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    if actor.claim("supervisor", Some(&id)).is_none() {
        return false;
    }
    let Some(version) = actor.version_for("supervisor", &id) else { return false };
    actor.seed("supervisor", &id, version, "XYZ9876").is_some() && reads(actor, "ann", Some("XYZ9876"))
}

/// Bob reads otherwise than Ann, and the supervisor settles it.
pub fn read_otherwise(actor: &mut Actor) -> bool {
    reads(actor, "bob", Some("BOB1234")) && settled(actor, "XYZ9876")
}

/// What finally failed is sent to the recogniser again, all of it, and read.
pub fn failed_again(actor: &mut Actor) -> bool {
    actor.reprocess_failed("recognizer-exhausted").is_some() && actor.tick().is_some()
}

/// Billing takes a line and the correction of it.
pub fn taken_by_billing(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    actor.acknowledge(1, &id, None).is_some() && actor.acknowledge(2, &id, None).is_some()
}

/// Billing refuses a line, and people find that it is right.
pub fn refused_and_right(actor: &mut Actor) -> bool {
    refused_by_billing(actor) && reads(actor, "bob", Some("XYZ9876")) && actor.export(false).is_some()
}

/// One person submits the same decision twice.
pub fn decide_twice(actor: &mut Actor) -> bool {
    decide(actor, "ann", Some("XYZ9876")) && decide(actor, "ann", Some("XYZ9876"))
}

/// The supervisor opens the passage again, a decision that was made before arrives late, and somebody decides anew.
pub fn late_after_reopening(actor: &mut Actor) -> bool {
    reopened(actor) && decide(actor, "ann", Some("LAT1234")) && decide_anew(actor)
}

/// Cameras send again what is billed and what is in review, under the same keys and under others.
pub fn sent_again_after_all(actor: &mut Actor) -> bool {
    ["one", "two", "one again", "two again"].iter().all(|name| sent(actor, name))
}

/// Ann sends the passage back to the recogniser, which reads it.
pub fn reprocessed(actor: &mut Actor) -> bool {
    let id = actor.fact("passage").to_owned();
    let version = version(actor);
    actor.reprocess("ann", &id, version).is_some() && actor.tick().is_some()
}

/// An export, a late photo with its reading, and another export.
pub fn rows_arriving(actor: &mut Actor) -> bool {
    actor.export(false).is_some() && sent(actor, "late") && ticked(actor) && actor.export(false).is_some()
}
