//! Front and rear photos are one crossing: never two bill lines without a person's word.

use tollbooth_ledger::Failure;
use tollbooth_ledger::reading::Settled;
use tollbooth_ledger::review::{Refusal, Verdict};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;

use crate::booth::*;

#[test]
fn the_same_plate_at_the_same_booth_moments_later_goes_to_a_person() {
    let world = world();
    world.accepted("front", "ABC1234");
    let id = world.record(&passage_with("rear", "rear", NOW + 50 * SECOND)).passage;
    let lease = world.lease(NOW);
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(settled, Settled { state: State::InReview, reason: Some(ReviewReason::PossibleDouble) });
    assert_eq!(world.get(&id).plate.as_deref(), Some("ABC1234"), "the plate is kept as a suggestion");
    // A third photo within the time of the second, not of the first: still the same crossing.
    let third = world.record(&passage_with("third", "third", NOW + 100 * SECOND)).passage;
    let lease = world.lease(NOW);
    assert_eq!(lease.passage, third);
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(settled.reason, Some(ReviewReason::PossibleDouble));
    world.assert_balanced();
}

#[test]
fn photos_that_arrive_in_the_wrong_order_are_one_crossing_too() {
    let world = world();
    world.accepted("rear", "ABC1234");
    world.record(&passage_with("front", "front", NOW - 50 * SECOND));
    let lease = world.lease(NOW);
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(settled.reason, Some(ReviewReason::PossibleDouble));
}

#[test]
fn another_plate_another_booth_or_a_later_crossing_is_accepted() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    world.accepted("first", "ABC1234");
    for (new, plate) in [
        (passage_with("other plate", "a", NOW), "XYZ9876"),
        (passage_at("south-1", "other booth", "b", NOW), "ABC1234"),
        (passage_with("later", "c", NOW + 60 * SECOND), "ABC1234"),
    ] {
        world.record(&new);
        let lease = world.lease(NOW);
        let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
        assert_eq!(settled.state, State::Accepted, "{}", new.key);
    }
}

/// What a reviewer gets for this plate, with and without their word that it is another crossing.
fn verdict(world: &World, passage: &str, plate: &str, another_crossing: bool) -> Result<State, Refusal> {
    let item = world.claim(NOW, "tok_a", passage);
    let verdict = Verdict::Plate { plate: plate.into(), jurisdiction: "us-tx".into(), another_crossing };
    match world.ledger.submit(NOW, &reviewer("tok_a"), passage, item.version, &verdict) {
        Ok((state, _)) => Ok(state),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(Failure::Ledger(error)) => panic!("{error}"),
    }
}

#[test]
fn a_reviewer_bills_what_looked_like_a_double_only_by_saying_so() {
    let world = world();
    let first = world.accepted("1", "ABC1234").id;
    let id = world.record(&passage("2")).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(verdict(&world, &id, "ABC1234", false), Err(Refusal::PossibleDouble(first)));
    assert_eq!(world.get(&id).state, State::InReview);
    assert_eq!(verdict(&world, &id, "ABC1234", true), Ok(State::Accepted));
    assert_eq!(world.export(NOW).rows, 2);
    world.assert_balanced();
}

#[test]
fn a_reviewers_own_reading_of_a_plate_is_held_against_what_was_accepted() {
    let world = world();
    let first = world.accepted("1", "ABC1234").id;
    let blurred = world.in_review("2").id;
    assert_eq!(verdict(&world, &blurred, "ABC1234", false), Err(Refusal::PossibleDouble(first)));
    assert_eq!(verdict(&world, &blurred, "XYZ9876", false), Ok(State::Accepted));
}

#[test]
fn of_two_photos_that_both_wait_for_a_person_the_first_is_accepted_without_more_words() {
    let world = world();
    let front = world.in_review("front").id;
    let rear = world.in_review("rear").id;
    assert_eq!(verdict(&world, &front, "ABC1234", false), Ok(State::Accepted));
    assert_eq!(verdict(&world, &rear, "ABC1234", false), Err(Refusal::PossibleDouble(front)));
}
