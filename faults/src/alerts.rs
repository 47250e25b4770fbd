//! Alerts and the mail that tells of them: what staff do about both, and how rules of theirs live.

use serde_json::{Value, json};

use crate::actor::Actor;
use crate::before::{billable, exported, gap, in_review, set, told};
use crate::error::BenchError;
use crate::lab::OPERATOR_TOKEN;
use crate::post::Behaviour;
use crate::stage::Stage;

/// Longer than any wait between two tries of a message, and than the pause between two looks at the rules.
const LATER_MS: i64 = 6 * 60_000;

/// A gap in the exports, of which somebody is to hear by mail.
pub fn gap_by_mail(stage: &mut Stage, whom: Behaviour) -> Result<(), BenchError> {
    // Nothing daily: it would come with the first jump over its hour.
    set(stage, &json!({ "alerts.mail_to": whom.address(), "alerts.all_is_well_at": "" }))?;
    gap(stage)
}

/// The same, told and over: the end is to be told.
pub fn gap_that_ended(stage: &mut Stage) -> Result<(), BenchError> {
    gap_by_mail(stage, Behaviour::Well)?;
    told(stage)?;
    billable(stage)?;
    exported(stage)
}

/// Mail that its receiver refused.
pub fn given_up(stage: &mut Stage) -> Result<(), BenchError> {
    gap_by_mail(stage, Behaviour::Refuses)?;
    told(stage)
}

/// A photo came some minutes ago, which a rule can find.
pub fn photo_came(stage: &mut Stage) -> Result<(), BenchError> {
    in_review(stage)?;
    stage.actor.clock.jump(LATER_MS);
    Ok(())
}

/// Everybody is told, and what was not taken is tried once more.
pub fn tell_twice(actor: &mut Actor) -> bool {
    let first = actor.tell().is_some();
    actor.clock.jump(LATER_MS);
    first && actor.tell().is_some()
}

/// An alert is told, an operator takes back the mail that was given up, and what follows from it is told.
pub fn told_and_taken_back(actor: &mut Actor) -> bool {
    actor.tell().is_some() && handle_dead(actor, "withdraw") && {
        actor.clock.jump(LATER_MS);
        actor.tell().is_some()
    }
}

/// An operator has mail that was given up tried again.
pub fn tried_again(actor: &mut Actor) -> bool {
    handle_dead(actor, "retry") && actor.tell().is_some()
}

/// Does something with every message that was given up.
pub fn handle_dead(actor: &mut Actor, what: &str) -> bool {
    let Some(listed) = actor.wire.get("/v1/messages?state=dead", OPERATOR_TOKEN) else { return false };
    actor.expect("the list of messages", &listed, &[200]);
    let ids = listed.json()["items"].as_array().cloned().unwrap_or_default();
    ids.iter().all(|message| {
        let path = format!("/v1/messages/{}/{what}", message["id"].as_str().unwrap_or_default());
        let Some(answer) = actor.wire.post(&path, OPERATOR_TOKEN, &json!({})) else { return false };
        // 409: somebody else did so meanwhile.
        actor.expect("a message that is handled", &answer, &[200, 409]);
        true
    })
}

/// The supervisor takes care of every alert that goes on.
pub fn take_care(actor: &mut Actor) -> bool {
    let supervisor = actor.fact("supervisor").to_owned();
    let Some(listed) = actor.wire.get("/v1/alerts/history", &supervisor) else { return false };
    actor.expect("the list of alerts", &listed, &[200]);
    let alerts = listed.json()["items"].as_array().cloned().unwrap_or_default();
    alerts.iter().filter(|alert| alert["state"] == "firing").all(|alert| {
        let path = format!("/v1/alerts/{}/acknowledge", alert["id"].as_str().unwrap_or_default());
        let Some(answer) = actor.wire.post(&path, &supervisor, &json!({ "remark": "the bench looks" })) else {
            return false;
        };
        // 409: it is over.
        actor.expect("an alert that is taken care of", &answer, &[200, 409]);
        true
    })
}

/// Somebody takes care of an alert that is about to end, and its end is told.
pub fn taken_care_of(actor: &mut Actor) -> bool {
    take_care(actor) && actor.tell().is_some()
}

/// The supervisor wants to hear nothing of a rule for an hour.
pub fn snooze(actor: &mut Actor, rule: &str) -> bool {
    let body = json!({ "hours": 1, "reason": "the bench wants silence" }).to_string();
    let path = format!("/v1/alerts/rules/{rule}/snooze");
    let supervisor = actor.fact("supervisor").to_owned();
    let answer = actor.wire.send("PUT", &path, &supervisor, "application/json", body.as_bytes());
    let Some(answer) = answer else { return false };
    actor.expect("a rule that is silenced", &answer, &[200]);
    true
}

/// The supervisor wants to hear nothing of empty exports.
pub fn silenced(actor: &mut Actor) -> bool {
    snooze(actor, "export-empty")
}

/// Somebody tells when every lease of a message is over: the one who has it is slow, and is not waited for.
pub fn tell_later(actor: &mut Actor) -> bool {
    actor.clock.jump(LATER_MS);
    actor.tell().is_some()
}

/// The supervisor wants to hear of a rule again.
pub fn hear_again(actor: &mut Actor, rule: &str) -> bool {
    let path = format!("/v1/alerts/rules/{rule}/snooze");
    let supervisor = actor.fact("supervisor").to_owned();
    let answer = actor.wire.send("DELETE", &path, &supervisor, "application/json", b"");
    let Some(answer) = answer else { return false };
    actor.expect("a rule that is heard again", &answer, &[204]);
    true
}

/// A rule is silenced, what it finds is told to nobody, and it is told as soon as it is heard again.
pub fn silenced_and_heard(actor: &mut Actor) -> bool {
    const RULE: &str = "export-empty";
    if !snooze(actor, RULE) {
        return false;
    }
    actor.clock.jump(61_000);
    let Some(report) = actor.tell() else { return false };
    if report.json()["queued"] != 0 {
        actor.witness.violations.push(format!("a rule that is silenced was told of: {}", report.brief()));
    }
    if !hear_again(actor, RULE) {
        return false;
    }
    actor.clock.jump(61_000);
    actor.tell().is_some()
}

/// The supervisor tries whether messages arrive.
pub fn test(actor: &mut Actor) -> bool {
    let supervisor = actor.fact("supervisor").to_owned();
    let Some(answer) = actor.wire.post("/v1/alerts/rules/export-late/test", &supervisor, &json!({})) else {
        return false;
    };
    actor.expect("a test message", &answer, &[202]);
    true
}

/// An operator defines a rule that finds something; it is told; the rule is deleted, and its end is told.
pub fn a_rule_lives(actor: &mut Actor) -> bool {
    if !define(actor) || actor.add_up().is_none() || actor.tell().is_none() {
        return false;
    }
    // A window ends with the last minute that is over.
    actor.clock.jump(61_000);
    if actor.add_up().is_none() || actor.tell().is_none() {
        return false;
    }
    actor.clock.jump(61_000);
    delete(actor) && actor.tell().is_some()
}

/// The rule of the bench, as it is; null when there is none.
fn rule(actor: &mut Actor) -> Option<Value> {
    let listed = actor.wire.get("/v1/alerts/rules", OPERATOR_TOKEN)?;
    actor.expect("the list of rules", &listed, &[200]);
    Some(listed.json()["items"][0].clone())
}

fn define(actor: &mut Actor) -> bool {
    let body = json!({ "name": "Photos come", "metric": "received", "of": "all", "comparison": "at-least",
        "threshold": 1, "window_minutes": 60, "no_data": "ok" });
    let Some(answer) = actor.wire.post("/v1/alerts/rules", OPERATOR_TOKEN, &body) else { return false };
    // 422: a rule of that name was defined by a request whose answer never came.
    actor.expect("a rule that is defined", &answer, &[201, 422]);
    true
}

fn delete(actor: &mut Actor) -> bool {
    let Some(found) = rule(actor) else { return false };
    let Some(id) = found["id"].as_str() else { return true };
    let path = format!("/v1/alerts/rules/{id}?version={}", found["version"]);
    let answer = actor.wire.send("DELETE", &path, OPERATOR_TOKEN, "application/json", b"");
    let Some(answer) = answer else { return false };
    // 404, 409: somebody deleted or changed it meanwhile.
    actor.expect("a rule that is deleted", &answer, &[204, 404, 409]);
    true
}
