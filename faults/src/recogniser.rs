//! Every way in which a recogniser can fail, and what must be recorded of it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::crash::Findings;
use crate::drain::drain;
use crate::error::BenchError;
use crate::lab::Lab;
use crate::photos::{empty, failure, plate, scripted, trap};
use crate::promises;
use crate::stage::{Prepared, Stage};

/// A recogniser's behaviour and what the design says comes of it.
struct Fault {
    name: &'static str,
    /// Its answers, attempt by attempt; the last one repeats.
    answers: Vec<Value>,
    /// Settings besides three attempts at most.
    settings: Value,
    /// What the attempts are recorded as.
    outcomes: Vec<&'static str>,
    /// State and reason in the end.
    end: (&'static str, Option<&'static str>),
    /// The shortest wait after the first attempt, in milliseconds.
    waits_ms: i64,
}

fn fault(
    name: &'static str,
    answers: Vec<Value>,
    outcomes: Vec<&'static str>,
    end: (&'static str, Option<&'static str>),
) -> Fault {
    Fault { name, answers, settings: json!({}), outcomes, end, waits_ms: 0 }
}

/// A failure that may pass: retried until it passes, and until the attempts are used up.
fn passing(name: &'static str, answer: Value, class: &'static str, waits_ms: i64) -> [Fault; 2] {
    let again = vec![answer.clone(), plate("AAA1111", 0.99)];
    let recovers = fault(name, again, vec![class, "read"], ("accepted", None));
    let lasts = fault(name, vec![answer], vec![class; 3], ("in-review", Some("recognizer-exhausted")));
    [Fault { waits_ms, ..recovers }, Fault { waits_ms, ..lasts }]
}

/// A failure that stays: no second attempt.
fn lasting(name: &'static str, class: &'static str, reason: &'static str) -> Fault {
    fault(name, vec![failure(class, None), plate("AAA1111", 0.99)], vec![class], ("in-review", Some(reason)))
}

/// An answer that no rule lets through to a bill.
fn unsafe_answer(name: &'static str, answer: Value, reason: &'static str) -> Fault {
    fault(name, vec![answer], vec!["read"], ("in-review", Some(reason)))
}

fn faults() -> Vec<Fault> {
    let mut all = Vec::new();
    all.extend(passing("throttled without a time", failure("throttled", None), "throttled", 1_000));
    all.extend(passing("throttled for no time", failure("throttled", Some(0)), "throttled", 1_000));
    all.extend(passing("throttled for an hour", failure("throttled", Some(3_600_000)), "throttled", 3_600_000));
    all.extend(passing("outage", failure("outage", None), "outage", 1_000));
    all.extend(passing("no answer in time", failure("timed-out", None), "timed-out", 1_000));
    all.extend(passing("an answer nobody understands", failure("nonsense", None), "invalid-answer", 1_000));
    all.push(Fault {
        waits_ms: 1_000,
        ..fault(
            "an answer of another shape",
            vec![json!({ "plates": "two" })],
            vec!["invalid-answer"; 3],
            ("in-review", Some("recognizer-exhausted")),
        )
    });
    let endless = "A".repeat(4_000);
    all.extend(passing("a plate of 4,000 characters", plate(&endless, 0.99), "invalid-answer", 1_000));
    all.extend(passing("a confidence above 1", plate("AAA1111", 2.0), "invalid-answer", 1_000));
    all.extend(passing("a confidence below 0", plate("AAA1111", -0.5), "invalid-answer", 1_000));
    all.push(fault(
        "the recogniser dies",
        vec![trap(), plate("AAA1111", 0.99)],
        vec!["worker-died", "read"],
        ("accepted", None),
    ));
    // Not a third time: the file may be what it dies of.
    all.push(fault(
        "the recogniser dies of this file",
        vec![trap()],
        vec!["worker-died"; 2],
        ("in-review", Some("recognizer-exhausted")),
    ));
    all.push(lasting("quota spent", "quota-exhausted", "budget-spent"));
    all.push(lasting("photo refused", "bad-image", "image-damaged"));
    all.push(lasting("credentials refused", "unauthorized", "recognizer-unauthorized"));
    all.push(unsafe_answer("an empty road", empty(), "no-plate-found"));
    all.push(unsafe_answer("an empty text", plate("", 0.99), "low-confidence"));
    all.push(unsafe_answer("small letters", plate("aaa1111", 0.99), "low-confidence"));
    all.push(unsafe_answer("another alphabet", plate("ДЖК1111", 0.99), "low-confidence"));
    all.push(unsafe_answer("text with a line break", plate("AAA\n111", 0.99), "low-confidence"));
    all.push(unsafe_answer("unsure", plate("AAA1111", 0.5), "low-confidence"));
    let elsewhere = |code: &str| json!({ "plate": "AAA111", "confidence": 0.99, "jurisdiction": code });
    let conflict = unsafe_answer("another jurisdiction", elsewhere("us-la"), "jurisdiction-conflict");
    all.push(Fault { settings: json!({ "judge.jurisdiction_conflict": "review" }), ..conflict });
    let in_no_series = json!({ "plate": "AAA1111", "confidence": 0.99, "jurisdiction": "us-la" });
    all.push(unsafe_answer("another jurisdiction without such a series", in_no_series, "low-confidence"));
    all.extend(passing("a jurisdiction that is none", elsewhere("Texas!"), "invalid-answer", 1_000));
    for fault in passing("a jurisdiction that is none, trusted", elsewhere("Texas!"), "invalid-answer", 1_000) {
        all.push(Fault { settings: json!({ "judge.jurisdiction_conflict": "trust-plate" }), ..fault });
    }
    all
}

/// Runs every fault.
///
/// # Errors
/// [`BenchError`] when the bench itself fails.
pub fn all(lab: &Arc<Lab>) -> Result<Findings, BenchError> {
    let prepared = Stage::furnished(lab, false)?.keep()?;
    let mut findings = Findings::default();
    for fault in faults() {
        let broken = run(lab, &prepared, &fault)?;
        findings.runs += 1;
        let (name, end) = (fault.name, fault.end.0);
        findings.violations.extend(broken.into_iter().map(|what| format!("recogniser: {name}, then {end}: {what}")));
    }
    Ok(findings)
}

fn run(lab: &Arc<Lab>, prepared: &Prepared, fault: &Fault) -> Result<Vec<String>, BenchError> {
    let mut stage = Stage::from(lab, prepared, 1_000)?;
    let mut settings = json!({ "reading.max_attempts": 3 });
    if let (Some(all), Some(more)) = (settings.as_object_mut(), fault.settings.as_object()) {
        all.extend(more.clone());
    }
    let _ = stage.actor.settings(&settings);
    let upload = stage.shot("north", "faulty", 0, scripted(1, &fault.answers));
    let passage = stage.actor.upload(&upload).map(|answer| answer.text("passage")).unwrap_or_default();
    // A neighbour that reads well: one bad answer must not keep others waiting.
    let neighbour = stage.shot("south", "sound", 0, scripted(2, &[plate("ZZZ9999", 0.99)]));
    let other = stage.actor.upload(&neighbour).map(|answer| answer.text("passage")).unwrap_or_default();
    let mut broken = Vec::new();
    let first_tick = stage.actor.tick().is_some();
    if !first_tick && !fault.outcomes.contains(&"worker-died") {
        broken.push("the tick failed".to_owned());
    }
    if fault.waits_ms > 0 {
        early(&mut stage, fault.waits_ms, &passage, &mut broken);
    }
    drain(&mut stage);
    compare(&stage, fault, &passage, &mut broken);
    let sound = stage.actor.passage(&other).unwrap_or_default();
    if sound["state"] != "accepted" {
        broken.push(format!("the neighbour is {}", sound["state"]));
    }
    stage.rest()?;
    broken.extend(promises::check(&stage)?);
    stage.end();
    Ok(broken)
}

/// Just before the wait is over nothing is tried.
fn early(stage: &mut Stage, waits_ms: i64, passage: &str, broken: &mut Vec<String>) {
    stage.actor.clock.jump(waits_ms - 500);
    let _ = stage.actor.tick();
    let attempts = stage.actor.passage(passage).map(|passage| passage["attempts"].clone());
    if attempts != Some(json!(1)) {
        broken.push(format!("tried again before {waits_ms} ms were over: {attempts:?} attempts"));
    }
}

fn compare(stage: &Stage, fault: &Fault, passage: &str, broken: &mut Vec<String>) {
    let shown = stage.actor.passage(passage).unwrap_or_default();
    let (state, reason) = fault.end;
    if shown["state"] != state || shown["reason"].as_str() != reason {
        broken.push(format!("ended as {} {} instead of {state} {reason:?}", shown["state"], shown["reason"]));
    }
    let readings = shown["readings"].as_array().map_or(&[][..], Vec::as_slice);
    let outcomes: Vec<_> = readings.iter().filter_map(|reading| reading["outcome"].as_str()).collect();
    if outcomes != fault.outcomes {
        broken.push(format!("its attempts are recorded as {outcomes:?} instead of {:?}", fault.outcomes));
    }
}
