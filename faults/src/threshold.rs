//! The threshold that measurements advise: what leads to an advice, applying it, and what must be true of it whatever died
//! meanwhile.

use rusqlite::Connection;
use serde_json::json;

use crate::actor::Actor;
use crate::before::{need, note, send, set};
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::photos::{plate, scripted};
use crate::stage::Stage;

/// One plate of the sample for each.
const LETTERS: &str = "BCDFGHJKLMNPRSTVWX";
/// The least confidence that is advised: above it the judge was always right.
const ADVISED: f64 = 0.96;
/// Ticks in which everything is read.
const MOST_TICKS: usize = 5;

/// People have read what the judge accepted, and it was wrong in all that it was less sure of: a threshold is advised.
pub fn advised(stage: &mut Stage) -> Result<(), BenchError> {
    let settings =
        json!({ "judge.quality_sample_percent": 100, "quality.target_percent": 50, "judge.recross_seconds": 0 });
    set(stage, &settings)?;
    for (number, text) in (0_u32..).zip(plates()) {
        let confidence = if is_unsure(&text) { 0.955 } else { 0.999 };
        let photo = scripted(number.into(), &[plate(&text, confidence)]);
        note(stage, &text, 100 * i64::from(number + 1), photo)?;
        send(stage, &text)?;
    }
    let all_read = |actor: &mut Actor| actor.tick().is_some_and(|answer| answer.json()["attempts"] == 0);
    need("the readings", (0..MOST_TICKS).any(|_| all_read(&mut stage.actor)))?;
    // The supervisor settles what Ann reads otherwise than the judge.
    for person in ["ann", "supervisor"] {
        answer_all(&mut stage.actor, person)?;
    }
    let found = stage.actor.wire.get("/v1/quality?days=1", stage.actor.fact("supervisor"));
    need("the advice", found.is_some_and(|answer| answer.json()["advice"] == "tighten"))
}

/// An operator applies it. Whoever got no answer does it again, and may learn that it is in force.
pub fn applied(actor: &mut Actor) -> bool {
    let body = json!({ "setting": "judge.min_confidence", "value": ADVISED, "days": 1 });
    let Some(answer) = actor.wire.post("/v1/quality/threshold", OPERATOR_TOKEN, &body) else { return false };
    // 409: nothing is advised any more, because it was applied.
    actor.expect("a threshold that is applied", &answer, &[200, 409]);
    actor.witness.threshold |= answer.status == 200;
    true
}

/// Texts of a series that Texas issues, of which no two are alike.
fn plates() -> impl Iterator<Item = String> {
    LETTERS.chars().enumerate().map(|(n, letter)| format!("K{letter}B{:02}{}7", n * 4, n % 7))
}

/// Every third.
fn is_unsure(text: &str) -> bool {
    plates().step_by(3).any(|unsure| unsure == text)
}

/// A person answers everything that there is for them.
fn answer_all(actor: &mut Actor, person: &str) -> Result<(), BenchError> {
    for _ in 0..=LETTERS.len() {
        let claimed = actor.claim(person, None).filter(|claimed| claimed.status == 200);
        let Some(claimed) = claimed else { return Ok(()) };
        let (passage, version) = (claimed.text("passage"), claimed.json()["version"].as_u64().unwrap_or_default());
        let truth = truth(actor, &passage);
        let told = actor.verdict(person, &passage, version, Some(&truth));
        need("an answer", told.is_some_and(|answer| answer.status == 200))?;
    }
    need("an end of what is to be read", false)
}

/// What is on the plate. Its camera sent it under the text that is read of it.
fn truth(actor: &Actor, passage: &str) -> String {
    let sent = actor.witness.acknowledged.iter().find(|(_, known)| known.passage == passage);
    let text = sent.map(|((_, key), _)| key.clone()).unwrap_or_default();
    let other = if is_unsure(&text) { text.strip_suffix('7').map(|start| format!("{start}9")) } else { None };
    other.unwrap_or(text)
}

/// A threshold in force was advised, and the history says once from what. What was acknowledged is in force.
///
/// # Errors
/// [`BenchError`] when the bench cannot look.
pub fn check(stage: &Stage, ledger: &Connection, broken: &mut Vec<String>) -> Result<(), BenchError> {
    let count = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, i64>(0));
    // Nothing else in the bench sets it.
    let in_force = count("SELECT count(*) FROM setting WHERE name = 'judge.min_confidence'")?;
    let said =
        count("SELECT count(*) FROM event WHERE kind = 'threshold-applied' AND detail ->> 'because' IS NOT NULL")?;
    if in_force != said {
        broken.push(format!("threshold: {in_force} in force, the history has {said}"));
    }
    if stage.actor.witness.threshold && in_force == 0 {
        broken.push("threshold: it was applied, and it is not in force".to_owned());
    }
    Ok(())
}
