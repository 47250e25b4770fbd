//! After the fault: everybody goes on until nothing is left to do.
//!
//! Cameras resend what was never acknowledged, ticks read until nothing waits, and exports run until there is nothing
//! to export. The clock goes on meanwhile, so leases run out and waits end.

use crate::lost;
use crate::stage::Stage;
use crate::steps::outlast_leases;

/// Rounds after which something is held for ever.
const MOST_ROUNDS: usize = 80;
/// Longer than the pause between two looks at the rules of alerts.
const LOOKED_LATELY_MS: i64 = 61_000;
/// Tries of a camera that gets no answer.
const MOST_RESENDS: usize = 5;

/// Drains. What does not come to an end is left for the promises to find.
pub fn drain(stage: &mut Stage) {
    resend(stage);
    read(stage);
    export(stage);
    put_back(stage);
    tell(stage);
    add_up(stage);
}

fn resend(stage: &mut Stage) {
    let missing: Vec<_> = stage
        .actor
        .witness
        .sent
        .iter()
        .filter(|(place, _)| !stage.actor.witness.acknowledged.contains_key(*place))
        .flat_map(|(_, uploads)| uploads.clone())
        .collect();
    for upload in missing {
        for _ in 0..MOST_RESENDS {
            if stage.actor.upload(&upload).is_some() {
                break;
            }
        }
    }
}

fn read(stage: &mut Stage) {
    for _ in 0..MOST_ROUNDS {
        let idle = stage.actor.tick().is_some_and(|answer| answer.json()["attempts"] == 0);
        if idle && !left(stage) {
            return;
        }
        outlast_leases(&mut stage.actor);
    }
}

fn left(stage: &Stage) -> bool {
    let Some(answer) = stage.actor.wire.get("/v1/balance", crate::lab::OPERATOR_TOKEN) else { return true };
    let state = answer.json()["totals"]["from_state"].clone();
    state["waiting"] != 0 || state["reading"] != 0
}

/// The rules are looked at once more after everything. Leases of messages run out meanwhile, and whoever died with one is
/// found out.
fn tell(stage: &mut Stage) {
    stage.actor.clock.jump(LOOKED_LATELY_MS);
    for _ in 0..MOST_ROUNDS {
        let done = stage.actor.tell().is_some_and(|answer| {
            let report = answer.json();
            report["handed_over"] == 0 && report["failed"] == 0
        });
        let due = stage.actor.wire.get("/v1/message-channels", crate::lab::OPERATOR_TOKEN);
        let waits = due.is_none_or(|answer| {
            let channels = answer.json();
            channels["items"].as_array().into_iter().flatten().any(|channel| channel["waiting"] != 0)
        });
        if done && !waits {
            return;
        }
        outlast_leases(&mut stage.actor);
    }
}

/// What was lost from the store is there again, and what waited for it goes on.
fn put_back(stage: &mut Stage) {
    match lost::put_back(stage) {
        Ok(true) => export(stage),
        Ok(false) => {}
        Err(error) => stage.actor.witness.violations.push(format!("the bench cannot put a file back: {error}")),
    }
}

fn export(stage: &mut Stage) {
    for _ in 0..MOST_RESENDS {
        if stage.actor.export(false).is_some_and(|answer| answer.text("outcome") == "nothing-to-export") {
            return;
        }
    }
}

/// Telemetry last: it is held against everything that happened.
fn add_up(stage: &mut Stage) {
    for _ in 0..MOST_ROUNDS {
        if stage.actor.add_up().is_some_and(|answer| answer.json()["events"] == 0) {
            return;
        }
    }
}
