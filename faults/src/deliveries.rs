//! What whoever delivers files reports of a destination, and that an operator forgets one: what was acknowledged last is what
//! people are shown.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::actor::Actor;
use crate::before::need;
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::stage::Stage;

const DESTINATION: &str = "/v1/destinations/archive";

/// A destination that has everything.
pub fn reported(stage: &mut Stage) -> Result<(), BenchError> {
    need("the report", report(&mut stage.actor, &well(2)))
}

/// It has no room any more.
pub fn full(actor: &mut Actor) -> bool {
    report(
        actor,
        &json!({ "trouble": "full", "failing_seconds": 60, "failures": 3, "delivered_through": 2, "pending": 1 }),
    )
}

/// It has room again, and gets what was missing.
pub fn full_and_well(actor: &mut Actor) -> bool {
    full(actor) && report(actor, &well(3))
}

/// An operator forgets it. Whoever got no answer does it again, and may learn that it is gone.
pub fn forgotten(actor: &mut Actor) -> bool {
    expecting(actor, shown(&Value::Null));
    let answer = actor.wire.send("DELETE", DESTINATION, OPERATOR_TOKEN, "application/json", b"");
    let Some(answer) = answer else { return false };
    actor.expect("a destination that is forgotten", &answer, &[204, 404]);
    actor.witness.destination = [shown(&Value::Null)].into();
    true
}

/// What was acknowledged last is what is shown.
pub fn check(stage: &Stage, broken: &mut Vec<String>) {
    let allowed = &stage.actor.witness.destination;
    if allowed.is_empty() {
        return;
    }
    let Some(answer) = stage.actor.wire.get("/v1/destinations", stage.actor.fact("billing")) else {
        broken.push("destination: the list gave no answer".to_owned());
        return;
    };
    let found: BTreeSet<String> = match answer.json()["items"].as_array().map(Vec::as_slice) {
        None | Some([]) => [shown(&Value::Null)].into(),
        Some(all) => all.iter().map(shown).collect(),
    };
    if found.len() != 1 || !found.is_subset(allowed) {
        broken.push(format!("destination: {found:?} is shown, and {allowed:?} was acknowledged"));
    }
}

fn well(delivered_through: u64) -> Value {
    json!({ "trouble": null, "failing_seconds": 0, "failures": 0, "delivered_through": delivered_through, "pending": 0 })
}

fn report(actor: &mut Actor, standing: &Value) -> bool {
    let mut body = standing.clone();
    for (name, value) in [("kind", json!("sftp")), ("profile", json!("billing")), ("next_report_seconds", json!(60))] {
        body[name] = value;
    }
    expecting(actor, shown(standing));
    let token = actor.fact("billing").to_owned();
    let body = body.to_string();
    let Some(answer) = actor.wire.send("PUT", DESTINATION, &token, "application/json", body.as_bytes()) else {
        return false;
    };
    actor.expect("a report of a destination", &answer, &[204]);
    actor.witness.destination = [shown(standing)].into();
    true
}

/// Until an answer comes, what was so before may be so still.
fn expecting(actor: &mut Actor, standing: String) {
    if actor.witness.destination.is_empty() {
        actor.witness.destination.insert(shown(&Value::Null));
    }
    actor.witness.destination.insert(standing);
}

/// What tells two standings apart; null: it is not known.
fn shown(destination: &Value) -> String {
    let said = ["trouble", "failures", "delivered_through", "pending"].map(|name| destination[name].to_string());
    said.join(" ")
}
