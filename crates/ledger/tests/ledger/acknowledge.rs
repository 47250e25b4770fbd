//! What billing answers: each line once, an upload whole or not at all, and refused lines back to people.

use tollbooth_ledger::Failure;
use tollbooth_ledger::export::acknowledge::{Acknowledged, Answer, Refusal};
use tollbooth_pipeline::export::{Cause as Why, Disposition, Question};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;
use crate::correct::decide_again;

fn says(passage: &str, outcome: Disposition, reason: Option<&str>) -> Answer {
    Answer { passage: passage.to_owned(), outcome, reason: reason.map(ToOwned::to_owned) }
}

fn send(world: &World, sequence: u64, answers: &[Answer]) -> Result<Acknowledged, Failure<Refusal>> {
    world.ledger.acknowledge(NOW, &actor(Role::Billing, "tok_billing"), sequence, answers)
}

/// Billing's answer to the line of a passage by its key.
pub fn answer(
    world: &World,
    sequence: u64,
    key: &str,
    outcome: Disposition,
    reason: Option<&str>,
) -> Result<Acknowledged, Failure<Refusal>> {
    send(world, sequence, &[says(&passage(key).passage, outcome, reason)])
}

fn three_billed() -> (World, Vec<String>) {
    let world = world();
    let ids = ["ABC1234", "DEF5678", "GHK9012"]
        .iter()
        .enumerate()
        .map(|(n, plate)| world.accepted(&n.to_string(), plate).id)
        .collect();
    world.export(NOW);
    (world, ids)
}

#[test]
fn every_line_gets_one_answer_and_the_balance_knows_it() {
    let (world, ids) = three_billed();
    let answers = [
        says(&ids[0], Disposition::Billed, None),
        says(&ids[1], Disposition::OwnerNotFound, None),
        says(&ids[2], Disposition::Refused, Some("unknown tariff")),
    ];
    let first = send(&world, 1, &answers[..2]).unwrap();
    assert_eq!(first, Acknowledged { recorded: 2, known: 0, to_review: 0, open: 1 });
    let all = send(&world, 1, &answers).unwrap();
    assert_eq!(all, Acknowledged { recorded: 1, known: 2, to_review: 1, open: 0 });
    let again = send(&world, 1, &answers).unwrap();
    assert_eq!(again, Acknowledged { recorded: 0, known: 3, to_review: 0, open: 0 }, "idempotent");
    world.assert_balanced();
    let counts = world.ledger.balance(None, None).unwrap().remove(0).from_state;
    assert_eq!((counts.acknowledged, counts.owner_not_found, counts.refused_by_billing), (1, 1, 1));
    assert_eq!((counts.billed, counts.in_question), (2, 1));
}

#[test]
fn an_upload_with_an_unknown_row_or_a_contradiction_changes_nothing() {
    let (world, ids) = three_billed();
    world.accepted("later", "LMN3456");
    let later = passage("later").passage;
    let good = says(&ids[0], Disposition::Billed, None);
    let unknown = send(&world, 1, &[good.clone(), says(&later, Disposition::Billed, None)]);
    assert_eq!(unknown, Err(Failure::Refused(Refusal::UnknownRows(vec![later.clone()]))), "not in this export");
    let none = send(&world, 1, &[good.clone(), says("psg_none", Disposition::Billed, None)]);
    assert_eq!(none, Err(Failure::Refused(Refusal::UnknownRows(vec!["psg_none".into()]))));
    let twice = send(&world, 1, &[good.clone(), says(&ids[0], Disposition::OwnerNotFound, None)]);
    assert_eq!(twice, Err(Failure::Refused(Refusal::Contradictions(vec![ids[0].clone()]))));
    assert_eq!(world.number("SELECT count(*) FROM disposition"), 0);

    send(&world, 1, &[good.clone(), good.clone()]).unwrap();
    let changed =
        send(&world, 1, &[says(&ids[1], Disposition::Billed, None), says(&ids[0], Disposition::OwnerNotFound, None)]);
    assert_eq!(changed, Err(Failure::Refused(Refusal::Contradictions(vec![ids[0].clone()]))));
    assert_eq!(world.number("SELECT count(*) FROM disposition"), 1);
    assert_eq!(send(&world, 2, std::slice::from_ref(&good)), Err(Failure::Refused(Refusal::NotFound)));
    world.ledger.begin_export(NOW, &exporter(), tollbooth_ledger::export::Cause::Requested).unwrap();
    let bound = send(&world, 2, &[says(&later, Disposition::Billed, None)]);
    assert_eq!(bound, Err(Failure::Refused(Refusal::NotFound)), "bound is not published");
}

#[test]
fn a_refused_line_comes_back_to_people_with_the_reason_and_goes_out_again_whatever_they_decide() {
    let (world, ids) = three_billed();
    send(&world, 1, &[says(&ids[0], Disposition::Refused, Some("plate format"))]).unwrap();
    let item = world.claim(NOW, "tok_a", &ids[0]);
    assert_eq!((item.reason.as_str(), item.detail.as_str()), ("refused-by-billing", "plate format"));
    assert_eq!((item.suggestion.as_deref(), item.jurisdiction.as_deref()), (Some("ABC1234"), Some("us-tx")));
    // The same plate again: billing does not have it, so it is sent once more.
    let same = texan("ABC1234");
    let decided = decide_again(&world, &ids[0], &same);
    assert_eq!(decided.correction, Some(Question::Due));
    let sent = world.export(NOW);
    let row = world.ledger.correction_rows(sent.sequence, 0, 10).unwrap().remove(0);
    assert_eq!((row.cause, row.plate.as_deref(), row.corrects_export), (Why::Refused, Some("ABC1234"), 1));
    let taken = send(&world, sent.sequence, &[says(&ids[0], Disposition::Billed, None)]).unwrap();
    assert_eq!((taken.recorded, taken.open), (1, 0));
    world.assert_balanced();
    assert_eq!(world.ledger.inspect(0, 100).unwrap().contradictions, []);
}

#[test]
fn a_late_refusal_does_not_undo_what_people_decided_since() {
    let (world, ids) = three_billed();
    decide_again(&world, &ids[0], &plate("XYZ9876"));
    decide_again(&world, &ids[1], &plate("QRS2468"));
    world.export(NOW);
    world.ledger.reopen(NOW, &reviewer("tok_s"), &ids[2], world.get(&ids[2]).version, "why", Why::Error).unwrap();
    decide_again(&world, &ids[1], &reject());
    for id in &ids {
        let late = send(&world, 1, &[says(id, Disposition::Refused, Some("late"))]).unwrap();
        assert_eq!((late.recorded, late.to_review), (1, 0), "{id}");
    }
    let states: Vec<_> = ids.iter().map(|id| world.get(id).state).collect();
    assert_eq!(states, [State::Accepted, State::Rejected, State::InReview]);
    world.assert_balanced();
    // What billing has of the last one is refused, so that it is sent again also when it is confirmed.
    decide_again(&world, &ids[2], &plate("GHK9012"));
    assert_eq!(world.get(&ids[2]).correction, Some(Question::Due));
}
