//! The type of a plate: what its decider said, on the bill, in corrections, and to nobody else before its time.

use tollbooth_ledger::Actor;
use tollbooth_ledger::export::Export;
use tollbooth_ledger::passages::{Passage, Sought};
use tollbooth_ledger::reading::Decision;
use tollbooth_ledger::review::{Filter, Refusal, Verdict};
use tollbooth_pipeline::export::{Action, Cause, Kind};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;

fn of(text: &str, plate_type: Option<PlateType>) -> Verdict {
    plate_of("us-tx", text, plate_type)
}

fn decide(world: &World, who: &Actor, id: &str, verdict: &Verdict) -> u32 {
    let item = world.ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap();
    world.ledger.submit(NOW, who, id, item.version, verdict).unwrap().1
}

fn seen(world: &World, who: &Actor, id: &str) -> Passage {
    world.ledger.passage_for(who, id).unwrap().unwrap()
}

/// The type that whoever takes the review is offered.
fn offered(world: &World, who: &Actor, id: &str) -> Option<PlateType> {
    world.ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap().plate_type
}

fn reopen(world: &World, who: &Actor, id: &str) {
    world.ledger.reopen(NOW, who, id, world.get(id).version, "sure?", Cause::Error).unwrap();
}

#[test]
fn what_a_reviewer_says_of_the_type_is_the_passage_s_until_it_is_decided_anew() {
    let world = world();
    let (ann, sue) = (reviewer("tok_ann"), actor(Role::Supervisor, "tok_sue"));
    let id = world.in_review("1").id;
    let version = decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    assert_eq!(seen(&world, &sue, &id).plate_type, Some(PlateType::Trailer));
    let history = world.ledger.history(&id, 0, 100).unwrap();
    assert!(history.last().unwrap().detail.contains("\"plate_type\":\"trailer\""), "{history:?}");
    assert_eq!(world.number("SELECT count(*) FROM verdict WHERE plate_type = 'trailer'"), 1);
    let found = |plate_type| {
        let sought = Sought { plate_type: Some(plate_type), ..Sought::default() };
        world.ledger.search_for(&sue, &sought, None, 10).unwrap().0.len()
    };
    assert_eq!((found(PlateType::Trailer), found(PlateType::Dealer)), (1, 0));
    // Taken back, it is nobody's; decided without a type, it has none.
    let undone = world.ledger.undo(NOW, &ann, &id, version).unwrap();
    assert_eq!((seen(&world, &sue, &id).plate_type, found(PlateType::Trailer)), (None, 0));
    world.ledger.submit(NOW, &ann, &id, undone.version, &of("BKD0101", None)).unwrap();
    assert_eq!((seen(&world, &sue, &id).plate_type, found(PlateType::Trailer)), (None, 0));
}

#[test]
fn what_is_opened_again_brings_the_type_of_its_plate_along() {
    let world = world();
    let (ann, sue) = (reviewer("tok_ann"), actor(Role::Supervisor, "tok_sue"));
    let id = world.in_review("1").id;
    assert_eq!(offered(&world, &ann, &id), None, "nobody has said it");
    decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    reopen(&world, &sue, &id);
    assert_eq!(offered(&world, &sue, &id), Some(PlateType::Trailer));
    // Of another plate nothing was said.
    decide(&world, &sue, &id, &of("BKD0102", None));
    reopen(&world, &sue, &id);
    assert_eq!(offered(&world, &sue, &id), None);
}

#[test]
fn a_type_that_the_issuer_does_not_issue_is_refused_and_nothing_is_stored() {
    let world = world();
    let ann = reviewer("tok_ann");
    let id = world.in_review("1").id;
    let item = world.ledger.claim_next(NOW, &ann, Some(&id), &Filter::default()).unwrap().unwrap();
    let wrong = plate_of("us-gov", "G101234", Some(PlateType::Trailer));
    let refused = world.ledger.submit(NOW, &ann, &id, item.version, &wrong).unwrap_err();
    assert!(matches!(refused, tollbooth_ledger::Failure::Refused(Refusal::Invalid(_))), "{refused:?}");
    assert_eq!(world.number("SELECT count(*) FROM plate_type"), 0);
}

#[test]
fn who_answers_a_review_that_is_compared_sees_their_type_and_others_do_not() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = world.in_review("1").id;
    decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    let own = seen(&world, &ann, &id);
    assert_eq!((own.decided_by.as_deref(), own.plate_type), (Some("tok_ann"), Some(PlateType::Trailer)));
    let sought = Sought { plate_type: Some(PlateType::Trailer), ..Sought::default() };
    let found = |who| world.ledger.search_for(who, &sought, None, 10).unwrap().0.len();
    assert_eq!((found(&ann), found(&bob)), (1, 0));
    assert_eq!(seen(&world, &bob, &id).plate_type, None);
    decide(&world, &bob, &id, &of("BKD0101", Some(PlateType::Trailer)));
    assert_eq!(seen(&world, &bob, &id).plate_type, Some(PlateType::Trailer), "whoever decides says it");
}

#[test]
fn two_who_read_the_same_and_say_two_types_are_a_dispute_that_a_supervisor_settles() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), actor(Role::Supervisor, "tok_sue"));
    let id = world.in_review("1").id;
    decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    decide(&world, &bob, &id, &of("BKD0101", Some(PlateType::Commercial)));
    assert_eq!(world.get(&id).state, State::InReview, "nothing is billed that is disputed");
    // Each still takes their own for the decision.
    assert_eq!(seen(&world, &ann, &id).plate_type, Some(PlateType::Trailer));
    assert_eq!(seen(&world, &bob, &id).plate_type, Some(PlateType::Commercial));
    let item = world.ledger.claim_next(NOW, &sue, Some(&id), &Filter::default()).unwrap().unwrap();
    assert_eq!((item.reason.as_str(), item.plate_type), ("disputed", None), "neither is put first");
    let answers = world.ledger.answers(&sue, &id).unwrap();
    let said = |of| answers.iter().filter(|answer| answer.plate_type == Some(of)).count();
    assert_eq!((answers.len(), said(PlateType::Trailer), said(PlateType::Commercial)), (2, 1, 1), "{answers:?}");
    let (_, version) =
        world.ledger.submit(NOW, &sue, &id, item.version, &of("BKD0101", Some(PlateType::Trailer))).unwrap();
    let decided = seen(&world, &sue, &id);
    assert_eq!((decided.decided_by.as_deref(), decided.plate_type), (Some("tok_sue"), Some(PlateType::Trailer)));
    let right = |who: &str| world.number(&format!("SELECT is_right FROM opinion WHERE actor_id = '{who}'"));
    assert_eq!((right("tok_ann"), right("tok_bob")), (1, 0), "the type is part of who is billed");
    // Taken back, it is the same dispute.
    world.ledger.undo(NOW, &sue, &id, version).unwrap();
    assert_eq!(world.ledger.answers(&sue, &id).unwrap().len(), 2);
    assert_eq!(world.ledger.claim_next(NOW, &reviewer("tok_eve"), None, &Filter::default()).unwrap(), None);
}

#[test]
fn of_three_who_read_the_same_two_types_differ_also_where_one_leaves_it_out() {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100"), ("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = world.accepted("1", "BKD0101").id;
    decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    assert_eq!(world.number("SELECT count(*) FROM blind_review WHERE standing = 'open'"), 1, "the judge says no type");
    decide(&world, &bob, &id, &of("BKD0101", Some(PlateType::Dealer)));
    assert_eq!(world.number("SELECT count(*) FROM blind_review WHERE standing = 'disputed'"), 1);
    assert_eq!(world.ledger.answers(&actor(Role::Supervisor, "tok_sue"), &id).unwrap().len(), 3);
}

/// Sends a review back, and has it read again.
fn read_again(world: &World, who: &Actor, id: &str, decision: Decision) -> Passage {
    let item = world.ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap();
    world.ledger.reprocess(NOW, who, id, item.version).unwrap();
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading(), decision).unwrap();
    world.get(id)
}

/// Decided as a trailer's by a reviewer, and opened again.
fn typed_and_reopened(world: &World) -> String {
    let id = world.in_review("1").id;
    decide(world, &reviewer("tok_ann"), &id, &of("BKD0101", Some(PlateType::Trailer)));
    reopen(world, &actor(Role::Supervisor, "tok_sue"), &id);
    id
}

#[test]
fn a_type_that_was_recorded_is_offered_again_when_the_same_plate_is_read_anew() {
    let world = world();
    let sue = actor(Role::Supervisor, "tok_sue");
    let id = typed_and_reopened(&world);
    let doubt = Decision::Review(referral(ReviewReason::LowConfidence, Some("BKD0101")));
    assert_eq!(read_again(&world, &sue, &id, doubt).state, State::InReview);
    assert_eq!(offered(&world, &sue, &id), Some(PlateType::Trailer));
    let history = world.ledger.history(&id, 0, 100).unwrap();
    let said = history.iter().find(|event| event.actor_id == "tok_ann" && event.kind == "accepted").unwrap();
    assert!(said.detail.contains("\"plate_type\":\"trailer\""), "{said:?}");
}

#[test]
fn a_machine_that_reads_anew_does_not_decide_over_a_type_that_a_person_recorded() {
    let world = world();
    let sue = actor(Role::Supervisor, "tok_sue");
    let id = typed_and_reopened(&world);
    let open = read_again(&world, &sue, &id, acceptance("BKD0101"));
    assert_eq!((open.state, open.reason.as_deref()), (State::InReview, Some("reopened")));
    assert_eq!(offered(&world, &sue, &id), Some(PlateType::Trailer));
    // Whoever clears it has cleared it.
    decide(&world, &sue, &id, &of("BKD0101", None));
    assert_eq!(seen(&world, &sue, &id).plate_type, None);
    world.assert_balanced();
}

#[test]
fn another_plate_that_is_read_anew_has_nothing_of_the_type_that_was_recorded() {
    let world = world();
    let sue = actor(Role::Supervisor, "tok_sue");
    let id = typed_and_reopened(&world);
    let decided = read_again(&world, &sue, &id, acceptance("KTW0598"));
    assert_eq!((decided.state, decided.plate_type), (State::Accepted, None));
    world.assert_balanced();
}

#[test]
fn a_type_in_an_answer_that_others_were_to_confirm_outlives_that_the_passage_is_read_again() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), actor(Role::Supervisor, "tok_sue"));
    let id = world.in_review("1").id;
    decide(&world, &ann, &id, &of("BKD0101", Some(PlateType::Trailer)));
    assert_eq!(offered(&world, &bob, &id), None, "who reads after another is told nothing of the answer");
    let open = read_again(&world, &bob, &id, acceptance("BKD0101"));
    assert_eq!((open.state, open.reason.as_deref()), (State::InReview, Some("reopened")));
    assert_eq!(offered(&world, &bob, &id), Some(PlateType::Trailer));
    let history = world.ledger.history_for(&sue, &id, 0, 100).unwrap();
    let given = history.iter().find(|event| event.actor_id == "tok_ann" && event.kind == "opinion-given").unwrap();
    assert!(given.detail.contains("\"plate_type\":\"trailer\""), "{given:?}");
}

#[test]
fn a_type_that_one_of_those_who_agree_saw_is_not_lost_when_another_leaves_it_out() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), actor(Role::Supervisor, "tok_sue"));
    let alike = world.in_review("1").id;
    decide(&world, &ann, &alike, &of("BKD0101", Some(PlateType::Trailer)));
    decide(&world, &bob, &alike, &of("BKD0101", None));
    let decided = seen(&world, &sue, &alike);
    assert_eq!((decided.decided_by.as_deref(), decided.plate_type), (Some("tok_bob"), Some(PlateType::Trailer)));
    let said = world.ledger.history(&alike, 0, 100).unwrap();
    let said = said.iter().find(|event| event.kind == "accepted").unwrap();
    assert!(said.detail.contains("\"plate_type\":\"trailer\""), "{said:?}");
    assert_eq!(world.number("SELECT count(*) FROM verdict WHERE plate_type = 'trailer'"), 1);
    // Whoever settles a dispute decides for one of the answers, and for the type that was seen with it.
    let disputed = world.in_review("2").id;
    decide(&world, &ann, &disputed, &of("KTW0598", Some(PlateType::Dealer)));
    decide(&world, &bob, &disputed, &of("KTW0593", Some(PlateType::Trailer)));
    decide(&world, &sue, &disputed, &of("KTW0598", None));
    assert_eq!(seen(&world, &sue, &disputed).plate_type, Some(PlateType::Dealer));
    assert_eq!(world.export(NOW).rows, 2);
}

#[test]
fn the_type_is_on_the_bill_and_another_one_is_a_correction() {
    let world = world();
    let (ann, sue) = (reviewer("tok_ann"), actor(Role::Supervisor, "tok_sue"));
    let id = world.in_review("1").id;
    decide(&world, &ann, &id, &of("BKD0101", None));
    let billed = world.export(NOW);
    let line = world.ledger.export_rows(billed.sequence, 0, 10).unwrap().remove(0).1;
    assert_eq!(line.plate_type, None);
    reopen(&world, &sue, &id);
    decide(&world, &sue, &id, &of("BKD0101", Some(PlateType::Trailer)));
    let corrected = world.export(NOW + HOUR);
    assert_eq!(corrected.kind, Kind::Corrections);
    let row = world.ledger.correction_rows(corrected.sequence, 0, 10).unwrap().remove(0);
    let said = (row.action, row.plate.as_deref(), row.plate_type);
    assert_eq!(said, (Action::Replace, Some("BKD0101"), Some(PlateType::Trailer)));
    // Whoever looks at the lines sees what the correction is about.
    let shown =
        |export: &Export| world.ledger.export_lines(export.kind, export.sequence, 0, 10).unwrap().remove(0).plate_type;
    assert_eq!((shown(&billed), shown(&corrected)), (None, Some(PlateType::Trailer)));
    // Decided the same again, there is nothing to send.
    reopen(&world, &sue, &id);
    decide(&world, &sue, &id, &of("BKD0101", Some(PlateType::Trailer)));
    assert_eq!(world.get(&id).correction, None);
    assert_eq!(world.ledger.inspect(0, 10).unwrap().contradictions, []);
    world.sql("UPDATE plate_type SET plate_type = 'dealer' WHERE actor_id = 'tok_sue'").unwrap();
    let found = world.ledger.inspect(0, 10).unwrap().contradictions;
    assert!(found.len() == 1 && found[0].detail.contains("says something else"), "{found:?}");
}
