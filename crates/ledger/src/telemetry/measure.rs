//! What an event says about whom. No SQL: an event in, numbers out.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Facts, Step, Subject};

use super::pending::Pending;
use crate::billing::{Stand, change_of_stand};

/// Roll-ups by subject, step and beginning.
pub(super) type Measured = BTreeMap<(Subject, Step, Instant), Facts>;

/// Passages by booth, state and hour of receipt: what is added, and what goes.
pub(super) type Moves = BTreeMap<(String, String, String), i64>;

/// States of passages that are on their way. The others are an end, counted without their hour.
pub(super) const ON_THE_WAY: [&str; 4] = ["waiting", "reading", "in-review", TO_BILL];
/// Accepted, and billing has nothing of it yet: no state of its own, a stage of its own.
pub(super) const TO_BILL: &str = "to-bill";

/// Reasons for which people see a photo in which nothing could be read.
const UNREADABLE: [&str; 6] =
    ["no-plate-found", "no-vehicle-found", "plate-unreadable", "image-damaged", "frame-empty", "photo-turned"];

/// Cameras are many, and a lens gets dirty within days.
const HOURS_UP: [Step; 2] = [Step::Hour, Step::Day];

/// The steps that a subject has, the shortest first.
const fn steps(subject: &Subject) -> &'static [Step] {
    if matches!(subject, Subject::Camera(..)) { &HOURS_UP } else { &Step::ALL }
}

/// Adds up facts of a moment, in the shortest step that this subject has; [`roll_up`] has the others.
pub(super) fn put(measured: &mut Measured, subject: &Subject, at: Instant, facts: &Facts) {
    if let Some(step) = steps(subject).first() {
        measured.entry((subject.clone(), *step, step.start(at))).or_default().merge(facts);
    }
}

/// Adds up the longer steps from the shortest, once for many events: everything in it was [`put`] there.
pub(super) fn roll_up(measured: &mut Measured) {
    let mut longer = Measured::new();
    // In the order of time, so that of levels the latest counts.
    for ((subject, _, start), facts) in &*measured {
        for step in steps(subject).iter().skip(1) {
            longer.entry((subject.clone(), *step, step.start(*start))).or_default().merge(facts);
        }
    }
    measured.append(&mut longer);
}

/// Adds up what an event says.
pub(super) fn measure(event: &Pending, measured: &mut Measured, moves: &mut Moves) {
    let facts = facts_of(event);
    if !facts.is_empty() {
        put(measured, &Subject::All, event.at, &facts);
        if let Some(booth) = &event.booth {
            put(measured, &Subject::Booth(booth.clone()), event.at, &facts);
        }
    }
    if let Some((camera, facts)) = camera_facts(event, &facts) {
        // A photo that could not be read is counted with the photo, not with the hour in which somebody tried.
        let received_at = event.passage.as_ref().map_or(event.at, |passage| passage.received_at);
        put(measured, &camera, received_at, &facts);
    }
    if let Some(attempt) = event.attempt.as_ref().filter(|attempt| is_call(&attempt.outcome)) {
        let mut calls = Facts::default();
        calls.add(format!("calls.{}", attempt.outcome), 1);
        calls.add("cost_micros", attempt.cost_micros);
        if attempt.outcome == "read" {
            calls.add_duration("call_ms", attempt.duration_ms);
        }
        put(measured, &Subject::Recognizer(attempt.asked.clone()), event.at, &calls);
    }
    count_move(event, moves);
}

fn facts_of(event: &Pending) -> Facts {
    let mut facts = Facts::default();
    let detail = || serde_json::from_str::<Json>(&event.detail).unwrap_or_default();
    let word = |name: &str| detail().get(name).and_then(Json::as_str).unwrap_or("unknown").to_owned();
    match event.kind.as_str() {
        "received" => {
            facts.add("received", 1);
            match event.to.as_deref() {
                Some("duplicate") => facts.add("duplicate", 1),
                Some("in-review") => refer(&mut facts, &word("reason")),
                _ => {}
            }
            if let Some(passage) = &event.passage {
                facts.add_duration("lag_ms", passage.received_at - passage.captured_at);
            }
        }
        "leased" => facts.add("leased", 1),
        "accepted" => {
            facts.add(if event.actor_role == "system" { "accepted.judge" } else { "accepted.people" }, 1);
            if let Some(passage) = &event.passage {
                facts.add_duration("billable_ms", event.at - passage.captured_at);
            }
        }
        "rejected" => {
            facts.add(format!("rejected.{}", word("code")), 1);
            facts.add(format!("blamed.{}", word("blame")), 1);
        }
        "reopened" | "recalled" | "undone" => facts.add("reopened", 1),
        "reprocessed" => facts.add("reprocessed", 1),
        "billed" => facts.add("billed", 1),
        "export-published" => facts.add("exports", 1),
        _ => {}
    }
    if event.to.as_deref() == Some("in-review") && event.from.as_deref() == Some("reading") {
        refer(&mut facts, &word("reason"));
    }
    if let Some(entered_at) = event.entered_at {
        let metric = match (event.from.as_deref(), event.kind.as_str()) {
            (Some("accepted"), "billed") => Some("export_wait_ms"),
            // What is noted beside, as what billing answered, ends no stay.
            _ if event.from == event.to => None,
            (Some("waiting"), "leased") => Some("reading_wait_ms"),
            (Some("reading"), _) => Some("reading_run_ms"),
            (Some("in-review"), _) => Some("review_ms"),
            _ => None,
        };
        if let Some(metric) = metric.filter(|_| event.to.is_some()) {
            facts.add_duration(metric, event.at - entered_at);
        }
    }
    if let Some(attempt) = &event.attempt {
        match attempt.outcome.as_str() {
            "read" => facts.add("read", 1),
            // It is given back unused: nobody tried.
            "given-back" => {}
            class => facts.add(format!("read_failed.{class}"), 1),
        }
        facts.add("cost_micros", attempt.cost_micros);
    }
    facts
}

fn refer(facts: &mut Facts, reason: &str) {
    facts.add(format!("referred.{reason}"), 1);
    if UNREADABLE.contains(&reason) {
        facts.add("unreadable", 1);
    }
}

/// Attempts that asked somebody.
fn is_call(outcome: &str) -> bool {
    !matches!(outcome, "given-back" | "budget-spent" | "running")
}

fn camera_facts(event: &Pending, booth: &Facts) -> Option<(Subject, Facts)> {
    let mut facts = booth.clone();
    facts.retain(&["received", "unreadable", "lag_ms"]);
    let camera = Subject::Camera(event.booth.clone()?, event.passage.as_ref()?.camera.clone());
    (!facts.is_empty()).then_some((camera, facts))
}

fn count_move(event: &Pending, moves: &mut Moves) {
    let (Some(booth), Some(hour), Some(to)) = (&event.booth, &event.received_hour, event.to.as_deref()) else { return };
    let mut count = |state: &str, number: i64| {
        let hour = if ON_THE_WAY.contains(&state) { hour.clone() } else { String::new() };
        *moves.entry((booth.clone(), state.to_owned(), hour)).or_default() += number;
    };
    if event.kind == "received" {
        count("received", 1);
    }
    if let Some((left, entered)) = change_of_stand(&event.kind, event.from.as_deref(), to) {
        for (stand, number) in [(left, -1), (Some(entered), 1)] {
            // To be billed is what is accepted and of which billing has nothing.
            match stand {
                Some(Stand::Billed) => {
                    count("billed", number);
                    count(TO_BILL, -number);
                }
                Some(Stand::AwaitingCorrection) => count(TO_BILL, -number),
                _ => {}
            }
        }
    }
    let from = event.from.as_deref();
    if from == Some(to) {
        return;
    }
    if let Some(from) = from {
        count(from, -1);
        if from == "accepted" {
            count(TO_BILL, -1);
        }
    }
    count(to, 1);
    if to == "accepted" {
        count(TO_BILL, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::pending::{AttemptFacts, PassageFacts};

    const AT: Instant = 1_795_168_800_000;

    fn event(kind: &str, from: Option<&str>, to: Option<&str>) -> Pending {
        Pending {
            sequence: 1,
            at: AT,
            kind: kind.into(),
            actor_role: "system".into(),
            booth: Some("north".into()),
            received_hour: Some("2026-11-20T10".into()),
            from: from.map(Into::into),
            to: to.map(Into::into),
            detail: "{}".into(),
            passage: Some(PassageFacts { camera: "front".into(), captured_at: AT - 9_000, received_at: AT - 4_000 }),
            entered_at: Some(AT - 2_000),
            attempt: None,
        }
    }

    fn measured(event: &Pending) -> (Measured, Moves) {
        let (mut found, mut moves) = (Measured::new(), Moves::new());
        measure(event, &mut found, &mut moves);
        roll_up(&mut found);
        (found, moves)
    }

    fn of(found: &Measured, subject: &Subject) -> Facts {
        found.get(&(subject.clone(), Step::Hour, AT)).cloned().unwrap_or_default()
    }

    #[test]
    fn a_photo_is_counted_for_all_its_booth_and_its_camera() {
        let (found, moves) = measured(&event("received", None, Some("waiting")));
        for subject in [Subject::All, Subject::Booth("north".into())] {
            assert_eq!(of(&found, &subject).get("received"), 1, "{subject}");
        }
        assert_eq!(found.len(), 4 + 4 + 2, "cameras have no minutes");
        assert_eq!(moves.get(&("north".into(), "waiting".into(), "2026-11-20T10".into())), Some(&1));
        assert_eq!(moves.get(&("north".into(), "received".into(), String::new())), Some(&1));
    }

    #[test]
    fn an_attempt_is_counted_for_its_recogniser_and_waiting_apart_from_running() {
        let mut lost = event("reading-failed", Some("reading"), Some("waiting"));
        lost.attempt = Some(AttemptFacts {
            asked: "custom".into(),
            outcome: "timed-out".into(),
            duration_ms: 900,
            cost_micros: 5,
        });
        let (found, _) = measured(&lost);
        let all = of(&found, &Subject::All);
        assert_eq!((all.get("read_failed.timed-out"), all.get("reading_run_ms.sum")), (1, 2_000));
        assert_eq!(all.total("reading_wait_ms"), 0);
        let custom = of(&found, &Subject::Recognizer("custom".into()));
        assert_eq!((custom.get("calls.timed-out"), custom.get("cost_micros"), custom.total("call_ms")), (1, 5, 0));
    }

    #[test]
    fn longer_steps_are_the_sums_of_the_shortest_and_their_levels_the_latest() {
        let mut found = Measured::new();
        let minute = Step::Minute.length_ms();
        for (after, waiting) in [(0, 9), (1, 4), (90, 2)] {
            let mut facts = Facts::default();
            facts.add("received", 1);
            facts.set("depth.waiting", waiting);
            put(&mut found, &Subject::All, AT + after * minute, &facts);
        }
        roll_up(&mut found);
        let of = |step: Step, start| {
            let facts = &found[&(Subject::All, step, start)];
            (facts.get("received"), facts.get("depth.waiting"))
        };
        assert_eq!((of(Step::Hour, AT), of(Step::Hour, AT + 60 * minute)), ((2, 4), (1, 2)));
        assert_eq!((of(Step::Day, Step::Day.start(AT)), of(Step::Total, 0)), ((3, 2), (3, 2)));
        assert_eq!(found.len(), 3 + 2 + 1 + 1);
    }

    #[test]
    fn what_billing_answers_while_people_look_ends_no_review() {
        let (found, moves) = measured(&event("billing-took", Some("in-review"), Some("in-review")));
        assert_eq!((of(&found, &Subject::All).total("review_ms"), moves.len()), (0, 0));
    }

    #[test]
    fn what_is_billed_leaves_what_is_to_be_billed_and_stays_accepted() {
        let (_, moves) = measured(&event("billed", Some("accepted"), Some("accepted")));
        assert_eq!(moves.get(&("north".into(), TO_BILL.into(), "2026-11-20T10".into())), Some(&-1));
        assert!(!moves.contains_key(&("north".into(), "accepted".into(), String::new())));
    }
}
