//! Following one passage: the ledger's own events as spans, who is found by a trace, and what a collector is given.

use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::reading::NextStep;
use tollbooth_ledger::trace::{KEPT_FOR_MS, UnsentSpan};
use tollbooth_trace::{Context, SpanId, Stage, TraceId};

use crate::booth::*;

const CAMERA: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn traced(key: &str, traceparent: &str) -> NewPassage {
    NewPassage { traceparent: Some(traceparent.to_owned()), ..passage(key) }
}

/// Stage, its number, wait and run time, outcome.
type Shown = (Stage, u32, Option<i64>, Option<i64>, String);

fn stages(world: &World, id: &str) -> Vec<Shown> {
    let trace = world.ledger.trace_for(&operator(), id).unwrap().unwrap();
    trace.spans.into_iter().map(|s| (s.stage, s.number, s.wait_ms, s.run_ms, s.outcome)).collect()
}

fn names(spans: &[UnsentSpan]) -> Vec<&'static str> {
    spans.iter().map(|unsent| unsent.span.stage.as_str()).collect()
}

#[test]
fn the_stages_of_a_passage_are_read_off_its_events() {
    let world = world();
    let id = world.record(&traced("a", CAMERA)).passage;
    let lease = world.lease(NOW + SECOND);
    world.fail(NOW + 3 * SECOND, &lease, NextStep::RetryAt(NOW + 4 * SECOND));
    let lease = world.lease(NOW + 10 * SECOND);
    let told = Context::parse(&lease.traceparent).unwrap();
    assert_eq!(
        (told.trace, told.parent),
        (TraceId::parse(&CAMERA[3..35]).unwrap(), SpanId::of_stage(&id, Stage::Reading, 2))
    );
    world.ledger.settle(NOW + 11 * SECOND, &lease.attempt_token, reading(), acceptance("BKD0101")).unwrap();
    world.export(NOW + MINUTE);
    let text = |text: &str| text.to_owned();
    assert_eq!(
        stages(&world, &id),
        [
            (Stage::Passage, 1, Some(SECOND + 7 * SECOND + 49 * SECOND), Some(12 + 3 * SECOND), text("billed")),
            (Stage::Intake, 1, None, Some(12), text("waiting")),
            (Stage::Reading, 1, Some(SECOND), Some(2 * SECOND), text("timed-out")),
            (Stage::Reading, 2, Some(7 * SECOND), Some(SECOND), text("read")),
            (Stage::Judging, 1, None, None, text("accepted")),
            (Stage::Export, 1, Some(49 * SECOND), Some(0), text("published")),
        ]
    );
    let shown = format!("{:?}", world.ledger.trace_for(&operator(), &id).unwrap());
    assert!(!shown.contains("BKD0101"), "{shown}");
}

#[test]
fn a_trace_finds_the_passages_of_it_and_a_passages_own_trace_finds_it() {
    let world = world();
    let (one, two) = (world.record(&traced("1", CAMERA)).passage, world.record(&traced("2", CAMERA)).passage);
    let own = world.record(&passage("3")).passage;
    let find = |trace: TraceId| world.ledger.passages_of_trace(trace).unwrap();
    assert_eq!(find(TraceId::parse(&CAMERA[3..35]).unwrap()), [two, one.clone()], "a camera may begin one for a batch");
    assert_eq!(find(TraceId::of_passage(&own)), [own]);
    assert_eq!(find(TraceId::of_passage(&one)), Vec::<String>::new(), "that is not its trace");
}

#[test]
fn what_a_camera_sent_never_changes_and_must_be_one() {
    let world = world();
    world.record(&traced("1", CAMERA));
    assert!(world.sql("UPDATE passage SET traceparent = NULL").is_err());
    assert!(world.sql("UPDATE passage SET intake_ms = 0").is_err());
    for wrong in ["", "00-0-0-0", &CAMERA.to_uppercase(), &CAMERA.replace("00-0a", "01-0a")] {
        assert!(world.ledger.record_passage(NOW, &traced("2", wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn a_collector_gets_each_span_once_it_is_over_and_again_until_it_has_it() {
    let world = world();
    world.accepted("before", "BKD0102");
    assert_eq!(world.ledger.unsent_spans(SETTLED, 100).unwrap().until, None, "from now on");
    let id = world.accepted("a", "BKD0101").id;
    let first = world.ledger.unsent_spans(SETTLED, 100).unwrap();
    let of = |id: &str, spans: &[UnsentSpan]| -> Vec<UnsentSpan> {
        spans.iter().filter(|unsent| unsent.passage == id).cloned().collect()
    };
    assert_eq!(names(&of(&id, &first.spans)), ["intake", "reading", "judging"]);
    assert_eq!(world.ledger.unsent_spans(SETTLED, 100).unwrap(), first, "nobody has said that they were taken");
    world.ledger.spans_sent(first.until.unwrap()).unwrap();
    world.ledger.spans_sent(0).unwrap();
    assert_eq!(world.ledger.unsent_spans(SETTLED, 100).unwrap().until, None);
    world.export(NOW + MINUTE);
    let last = world.ledger.unsent_spans(SETTLED + MINUTE, 100).unwrap();
    assert_eq!(names(&of(&id, &last.spans)), ["passage", "export"], "the whole is over, too");
    // Event by event it is the same.
    let mut pieces = Vec::new();
    loop {
        let piece = world.ledger.unsent_spans(SETTLED + MINUTE, 1).unwrap();
        let Some(until) = piece.until else { break };
        pieces.extend(piece.spans);
        world.ledger.spans_sent(until).unwrap();
    }
    assert_eq!(pieces.len(), last.spans.len());
}

#[test]
fn a_camera_that_does_not_record_its_trace_is_not_recorded_and_an_old_past_is_left_out() {
    let world = world();
    world.record(&passage("first"));
    world.ledger.unsent_spans(SETTLED, 100).unwrap();
    world.record(&traced("silent", &CAMERA.replace("-01", "-00")));
    let silent = world.ledger.unsent_spans(SETTLED, 100).unwrap();
    assert_eq!((silent.spans.len(), silent.until.is_some()), (0, true));
    let late = NOW + KEPT_FOR_MS + 1;
    let left_out = world.ledger.unsent_spans(late, 100).unwrap();
    assert!(left_out.left_out && left_out.spans.is_empty());
    world.ledger.spans_sent(left_out.until.unwrap()).unwrap();
    assert_eq!(world.ledger.unsent_spans(late, 100).unwrap().until, None);
}
