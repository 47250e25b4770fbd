//! Passages whose reading finally failed, and their way back.

use tollbooth_ledger::admin::Token;
use tollbooth_ledger::desk::What;
use tollbooth_ledger::failed_readings::{Cause, Filter, MAX_BULK, MOST_ATTEMPTS, Reprocessed};
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::reading::{Decision, NextStep};
use tollbooth_pipeline::export::Disposition;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;

/// Passages that ended in review without a reading.
fn failed_for(world: &World, reason: ReviewReason, class: &str, keys: &[&str]) -> Vec<String> {
    let finish = |key: &&str| {
        let id = world.record(&passage(key)).passage;
        let lease = world.lease(NOW);
        let given_up = NextStep::Review(referral(reason, None));
        world.ledger.settle_failed(NOW, &lease.attempt_token, &failed(class), given_up).unwrap();
        id
    };
    keys.iter().map(finish).collect()
}

fn cause(reason: &str, class: &str, passages: u64) -> Cause {
    Cause { reason: reason.to_owned(), class: class.to_owned(), passages }
}

fn by(reason: &str) -> Filter {
    Filter { reason: Some(reason.to_owned()), ..Filter::default() }
}

#[test]
fn they_are_listed_by_cause_and_what_a_person_must_decide_is_not_among_them() {
    let world = world();
    let ids = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1", "2"]);
    failed_for(&world, ReviewReason::RecognizerUnauthorized, "unauthorized", &["3"]);
    world.in_review("low confidence");
    let all = world.ledger.failed_readings(&Filter::default(), None, 10).unwrap();
    let causes = [cause("recognizer-exhausted", "outage", 2), cause("recognizer-unauthorized", "unauthorized", 1)];
    assert_eq!(all.causes, causes);
    assert_eq!((all.items.len(), all.next), (3, None));
    let first = world.ledger.failed_readings(&by("recognizer-exhausted"), None, 1).unwrap();
    assert_eq!((first.items[0].passage.as_str(), first.items[0].attempts), (ids[0].as_str(), 1));
    assert_eq!(first.causes, causes[..1], "causes count all that match, not the page");
    let second = world.ledger.failed_readings(&by("recognizer-exhausted"), first.next, 1).unwrap();
    assert_eq!(second.items[0].passage, ids[1]);
}

#[test]
fn however_many_calls_it_takes_sending_back_is_on_record_once() {
    let world = world();
    let reason = ReviewReason::RecognizerExhausted;
    let ids = failed_for(&world, reason, "outage", &["1", "2", "3", "4", "5"]);
    let sue = actor(Role::Supervisor, "tok_sue");
    let filter = by("recognizer-exhausted");
    let send = |who, filter: &Filter, action| world.ledger.send_back(NOW, who, filter, 1, action).unwrap();
    let begun = send(&sue, &filter, None);
    assert_eq!(begun.done, Reprocessed { passages: 1, left: 4, claimed: 0 });
    assert!(begun.action.is_some());
    assert_eq!(send(&sue, &filter, begun.action).action, begun.action);
    let on_record = || world.number("SELECT count(*) FROM event WHERE kind = 'sent-back'");
    assert_eq!(on_record(), 1);
    let detail =
        world.ledger.deeds(&sue, &Wanted::default(), &["sent-back".to_owned()], None, 10).unwrap().remove(0).detail;
    assert!(detail.contains("\"passages\":5") && detail.contains("recognizer-exhausted"), "{detail}");
    let history = world.ledger.history(&ids[1], 0, 100).unwrap();
    let told = format!("\"action\":{}", begun.action.unwrap());
    assert!(history.iter().any(|event| event.kind == "reprocessed" && event.detail.contains(&told)), "{history:?}");
    // What is another's, is of something else, or was never begun, is not gone on with.
    let narrower = Filter { class: Some("outage".to_owned()), ..filter.clone() };
    let eve = actor(Role::Supervisor, "tok_eve");
    let other = send(&eve, &filter, begun.action);
    let another = send(&sue, &narrower, begun.action);
    let unknown = send(&sue, &filter, Some(u64::MAX));
    let actions: std::collections::BTreeSet<_> = [begun, other, another, unknown].map(|sent| sent.action).into();
    assert_eq!((actions.len(), on_record()), (4, 4));
    // Nothing was left to send: nothing is on record.
    assert_eq!(send(&sue, &filter, None).action, None);
    assert_eq!(on_record(), 4);
}

#[test]
fn what_people_look_at_for_another_reason_is_not_among_them() {
    let world = world();
    let refused = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1"]).remove(0);
    let item = world.claim(NOW, "tok_a", &refused);
    world.ledger.submit(NOW, &reviewer("tok_a"), &refused, item.version, &plate("ABC1234")).unwrap();
    let billed = world.export(NOW);
    crate::acknowledge::answer(&world, billed.sequence, "1", Disposition::Refused, Some("why")).unwrap();
    assert_eq!(world.get(&refused).reason.as_deref(), Some("refused-by-billing"));
    // Two recognisers were asked, the second failed, and the first one's reading was accepted and drawn.
    world.set(&[("judge.quality_sample_percent", "100")]);
    let sample = world.record(&passage("2")).passage;
    let lease = world.lease(NOW);
    let Decision::Accept(accepted) = acceptance("XYZ9876") else { panic!("no acceptance") };
    world.fail(NOW, &lease, NextStep::Accept(accepted));
    assert_eq!(world.get(&sample).reason.as_deref(), Some("quality-sample"));
    let all = world.ledger.failed_readings(&Filter::default(), None, 10).unwrap();
    assert_eq!((all.causes, all.items), (vec![], vec![]));
    let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), 10).unwrap();
    assert_eq!(done, Reprocessed { passages: 0, left: 0, claimed: 0 });
}

#[test]
fn in_bulk_they_go_back_with_fresh_attempts_and_keep_the_old_ones() {
    let world = world();
    let ids = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1", "2", "3"]);
    let other = failed_for(&world, ReviewReason::RecognizerUnauthorized, "unauthorized", &["4"]).remove(0);
    let filter = by("recognizer-exhausted");
    let done = world.ledger.reprocess_failed(NOW, &operator(), &filter, 2).unwrap();
    assert_eq!(done, Reprocessed { passages: 2, left: 1, claimed: 0 });
    let rest = world.ledger.reprocess_failed(NOW, &operator(), &filter, 2).unwrap();
    assert_eq!(rest, Reprocessed { passages: 1, left: 0, claimed: 0 });
    for id in &ids {
        assert_eq!((world.get(id).state, world.get(id).attempts), (State::Waiting, 0));
        assert_eq!(world.ledger.attempts_of(id).unwrap().len(), 1, "the old attempt stays");
        assert_eq!(world.kinds(id).last().map(String::as_str), Some("reprocessed"));
    }
    assert_eq!(world.get(&other).state, State::InReview);
    world.assert_balanced();
    let again = world.lease(NOW);
    assert_eq!((again.passage.as_str(), again.attempt), (ids[0].as_str(), 1));
}

#[test]
fn one_that_fails_again_and_again_stays_with_people_in_the_end() {
    let world = world();
    let id = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1"]).remove(0);
    for attempt in 2..=MOST_ATTEMPTS {
        let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), 10).unwrap();
        assert_eq!(done.passages, 1, "attempt {attempt}");
        let lease = world.lease(NOW);
        let given_up = NextStep::Review(referral(ReviewReason::RecognizerExhausted, None));
        world.ledger.settle_failed(NOW, &lease.attempt_token, &failed("outage"), given_up).unwrap();
    }
    let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), 10).unwrap();
    assert_eq!(done, Reprocessed { passages: 0, left: 0, claimed: 0 }, "whoever repeats it comes to an end");
    assert_eq!(world.get(&id).state, State::InReview);
    let listed = world.ledger.failed_readings(&Filter::default(), None, 10).unwrap();
    assert_eq!((listed.items.len(), listed.items[0].attempts), (1, MOST_ATTEMPTS), "it is not hidden");
    // A person may, one by one.
    let item = world.claim(NOW, "tok_a", &id);
    world.ledger.reprocess(NOW, &reviewer("tok_a"), &id, item.version).unwrap();
    assert_eq!(world.get(&id).state, State::Waiting);
}

#[test]
fn one_that_a_reviewer_is_looking_at_is_left_alone() {
    let world = world();
    let ids = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1", "2"]);
    world.claim(NOW, "tok_a", &ids[0]);
    let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), 10).unwrap();
    assert_eq!(done, Reprocessed { passages: 1, left: 0, claimed: 1 });
    assert_eq!(world.get(&ids[0]).state, State::InReview);
    let later = world.ledger.reprocess_failed(NOW + HOUR, &operator(), &Filter::default(), 10).unwrap();
    assert_eq!(later.passages, 1, "the claim ran out");
}

#[test]
fn what_was_given_to_somebody_and_goes_back_is_given_to_nobody_any_more() {
    let world = world();
    let ids = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1"]);
    let person = Token { role: Role::Reviewer, booth: None, ..camera_token("tok_ann") };
    world.ledger.create_token(NOW, &operator(), &person, &[7; 32]).unwrap();
    world.ledger.assign(NOW, &actor(Role::Supervisor, "tok_sue"), "tok_ann", &What::These(ids)).unwrap();
    let open = "SELECT count(*) FROM assignment WHERE ended_at_ms IS NULL";
    assert_eq!(world.number(open), 1);
    let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), 10).unwrap();
    assert_eq!((done.passages, world.number(open)), (1, 0));
}

#[test]
fn one_passage_can_be_named() {
    let world = world();
    let ids = failed_for(&world, ReviewReason::RecognizerExhausted, "outage", &["1", "2"]);
    let only = Filter { passage: Some(ids[1].clone()), ..Filter::default() };
    let done = world.ledger.reprocess_failed(NOW, &operator(), &only, 10).unwrap();
    assert_eq!(done, Reprocessed { passages: 1, left: 0, claimed: 0 });
    assert_eq!((world.get(&ids[0]).state, world.get(&ids[1]).state), (State::InReview, State::Waiting));
}

#[test]
fn a_call_is_bounded_whatever_is_asked_for() {
    let world = world();
    let keys: Vec<_> = (0..=MAX_BULK).map(|n| n.to_string()).collect();
    failed_for(
        &world,
        ReviewReason::BudgetSpent,
        "quota-exhausted",
        &keys.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let done = world.ledger.reprocess_failed(NOW, &operator(), &Filter::default(), u32::MAX).unwrap();
    assert_eq!(done, Reprocessed { passages: MAX_BULK, left: 1, claimed: 0 });
}
