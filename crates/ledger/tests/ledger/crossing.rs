//! Photos of one crossing: never two bill lines without a person's word, in whatever order they come.

use tollbooth_ledger::Failure;
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::reading::{Decision, Seen, Settled};
use tollbooth_ledger::review::{Refusal, Verdict};
use tollbooth_pipeline::crossing::Relation;
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
    let verdict = Verdict::Plate {
        plate: plate.into(),
        jurisdiction: "us-tx".into(),
        another_crossing,
        confirm_placeholder: false,
        plate_type: None,
    };
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
    assert_eq!(verdict(&world, &id, "ABC1234", false), Err(Refusal::PossibleDouble(vec![first])));
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
    assert_eq!(verdict(&world, &blurred, "ABC1234", false), Err(Refusal::PossibleDouble(vec![first])));
    assert_eq!(verdict(&world, &blurred, "XYZ9876", false), Ok(State::Accepted));
}

#[test]
fn of_two_photos_that_both_wait_for_a_person_the_first_is_accepted_without_more_words() {
    let world = world();
    let front = world.in_review("front").id;
    let rear = world.in_review("rear").id;
    assert_eq!(verdict(&world, &front, "ABC1234", false), Ok(State::Accepted));
    assert_eq!(verdict(&world, &rear, "ABC1234", false), Err(Refusal::PossibleDouble(vec![front])));
}

/// A photo of one camera of a lane, taken so many milliseconds after [`NOW`].
fn seen(key: &str, lane: &str, camera: &str, at_ms: i64) -> NewPassage {
    NewPassage { lane: lane.into(), camera: camera.into(), ..passage_with(key, key, NOW + at_ms) }
}

/// Records a photo and settles it as the judge who is sure of this plate.
fn judged(world: &World, new: &NewPassage, plate: &str) -> (String, Settled) {
    let id = world.record(new).passage;
    let lease = world.lease(NOW);
    assert_eq!(lease.passage, id);
    (id, world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap())
}

#[test]
fn one_crossing_read_one_character_apart_is_billed_once_in_any_order() {
    for (first, second) in
        [("KBR4651", "KBR4657"), ("KBR4657", "KBR4651"), ("KBR4651", "KBR465"), ("ABO1234", "AB01234")]
    {
        for apart in [2_000, -2_000, 60_000, -60_000] {
            let world = world();
            let (front, settled) = judged(&world, &seen("front", "1", "front", 0), first);
            assert_eq!(settled.state, State::Accepted);
            let (rear, settled) = judged(&world, &seen("rear", "1", "rear", apart), second);
            assert_eq!(settled.reason, Some(ReviewReason::PossibleDouble), "{first} {second} {apart}");
            let rear = world.get(&rear);
            assert_eq!(rear.plate.as_deref(), Some(second), "the text is kept as a suggestion");
            assert!(rear.detail.unwrap().contains(&front), "the other photo is named");
            let history = world.ledger.history(&rear.id, 0, 100).unwrap();
            assert!(history.iter().any(|event| event.detail.contains("\"with\"") && event.detail.contains(&front)));
            assert_eq!(world.export(NOW).rows, 1);
        }
    }
}

#[test]
fn what_is_only_alike_is_another_vehicle_in_another_lane_or_later() {
    for new in [seen("b", "2", "front", 2_000), seen("b", "1", "front", 60_001)] {
        let world = world();
        judged(&world, &seen("a", "1", "front", 0), "KBR4651");
        assert_eq!(judged(&world, &new, "KBR4657").1.state, State::Accepted);
    }
    let world = world();
    judged(&world, &seen("a", "1", "front", 0), "KBR4651");
    let (_, settled) = judged(&world, &seen("b", "2", "front", 2_000), "KBR4651");
    assert_eq!(settled.reason, Some(ReviewReason::PossibleDouble), "the very same plate, across lanes");
}

/// Whatever `judge.recross_seconds` says: a day's passages of a lane are not read inside the accepting transaction.
#[test]
fn with_a_long_time_texts_that_are_only_alike_are_compared_for_ten_minutes() {
    let world = world();
    world.set(&[("judge.recross_seconds", "3600")]);
    judged(&world, &seen("a", "1", "front", 0), "KBR4651");
    assert_eq!(judged(&world, &seen("b", "1", "front", 600_001), "KBR4657").1.state, State::Accepted);
    let near = judged(&world, &seen("c", "1", "front", 600_000), "KBR4654");
    assert_eq!(near.1.state, State::Accepted, "not alike");
    assert_eq!(
        judged(&world, &seen("d", "1", "front", -3_600_000), "KBR4651").1.reason,
        Some(ReviewReason::PossibleDouble)
    );
}

#[test]
fn a_reviewers_text_that_is_nearly_what_was_accepted_needs_their_word() {
    let world = world();
    let (front, _) = judged(&world, &seen("front", "1", "north-1-a", 0), "KBR4651");
    let blurred = world.in_review("rear").id;
    assert_eq!(verdict(&world, &blurred, "KBR4657", false), Err(Refusal::PossibleDouble(vec![front.clone()])));
    let related = world.ledger.related_to(&blurred).unwrap();
    assert_eq!(related, [], "its suggestion is another text");
    assert_eq!(verdict(&world, &blurred, "KBR4657", true), Ok(State::Accepted));
    let related = world.ledger.related_to(&blurred).unwrap();
    assert_eq!(related.len(), 1);
    assert_eq!((related[0].passage.as_str(), related[0].relation), (front.as_str(), Relation::NearlySame));
    assert_eq!(related[0].later_ms, 5_000);
    world.assert_balanced();
}

#[test]
fn a_tractor_and_its_trailer_are_not_both_billed_without_a_person_and_are_shown_together() {
    for apart in [1_500, -1_500, 3_000] {
        let world = world();
        let (tractor, settled) = judged(&world, &seen("tractor", "1", "front", 0), "TRK4527");
        assert_eq!(settled.state, State::Accepted);
        let (trailer, settled) = judged(&world, &seen("trailer", "1", "rear", apart), "TLR9910");
        assert_eq!(settled.reason, Some(ReviewReason::PossibleTow), "{apart}");
        assert!(world.get(&trailer).detail.unwrap().contains(&tractor));
        for (one, other) in [(&tractor, &trailer), (&trailer, &tractor)] {
            let related = world.ledger.related_to(one).unwrap();
            assert_eq!((related[0].passage.as_str(), related[0].relation), (other.as_str(), Relation::Towing));
        }
        // Who looks at it has seen both: no more words are needed.
        assert_eq!(verdict(&world, &trailer, "TLR9910", false), Ok(State::Accepted));
    }
}

/// Front and rear camera see each of two cars that follow each other closely; their photos come in any order.
#[test]
fn two_cars_that_follow_each_other_are_both_billed_once() {
    let photos = [
        (seen("a-front", "1", "front", 0), "KBR4651"),
        (seen("a-rear", "1", "rear", 1_000), "KBR4651"),
        (seen("b-front", "1", "front", 2_000), "XYZ9876"),
        (seen("b-rear", "1", "rear", 3_000), "XYZ9876"),
    ];
    for order in [[0, 1, 2, 3], [1, 0, 2, 3], [1, 0, 3, 2]] {
        let world = world();
        let mut reasons: Vec<_> =
            order.iter().map(|at| judged(&world, &photos[*at].0, photos[*at].1).1.reason).collect();
        reasons.sort();
        let double = Some(ReviewReason::PossibleDouble);
        assert_eq!(reasons, [None, None, double, double], "{order:?}");
        assert_eq!(world.export(NOW).rows, 2);
    }
}

#[test]
fn vehicles_before_one_camera_are_two_vehicles_unless_an_operator_says_otherwise() {
    let world = world();
    judged(&world, &seen("a", "1", "front", 0), "KBR4651");
    assert_eq!(judged(&world, &seen("b", "1", "front", 1_500), "XYZ9876").1.state, State::Accepted);
    world.set(&[("judge.towing_one_camera_seconds", "1.0")]);
    let (_, settled) = judged(&world, &seen("c", "1", "front", 2_500), "TLR9910");
    assert_eq!(settled.reason, Some(ReviewReason::PossibleTow));
    world.set(&[("judge.towing_one_camera_seconds", "0"), ("judge.towing_seconds", "0")]);
    assert_eq!(judged(&world, &seen("d", "1", "rear", 2_000), "QQQ1111").1.state, State::Accepted);
}

#[test]
fn a_placeholder_is_billed_only_when_it_was_read_or_confirmed() {
    let world = world();
    let submit = |id: &str, plate: &str, confirm_placeholder| {
        let item = world.claim(NOW, "tok_a", id);
        let verdict = Verdict::Plate {
            plate: plate.into(),
            jurisdiction: "us-tx".into(),
            another_crossing: false,
            confirm_placeholder,
            plate_type: None,
        };
        world.ledger.submit(NOW, &reviewer("tok_a"), id, item.version, &verdict).map(|(state, _)| state)
    };
    let id = world.in_review("1").id;
    for plate in ["NOPLATE", "XXXXXXX", "UNKNOWN"] {
        assert_eq!(submit(&id, plate, false), Err(Failure::Refused(Refusal::Placeholder)), "{plate}");
    }
    assert_eq!(world.get(&id).state, State::InReview);
    assert_eq!(submit(&id, "NOPLATE", true), Ok(State::Accepted));
    // A recogniser read it off the vehicle: then it is a plate.
    let id = world.record(&passage_with("2", "2", NOW - HOUR)).passage;
    let lease = world.lease(NOW);
    let read = reading_of("NOTAG", 0.5);
    let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some("NOTAG")));
    world.ledger.settle(NOW, &lease.attempt_token, read, decision).unwrap();
    assert_eq!(submit(&id, "NONE", false), Err(Failure::Refused(Refusal::Placeholder)));
    assert_eq!(submit(&id, "NOTAG", false), Ok(State::Accepted));
}

/// A passage of an hour later or more whose photo looks like this.
fn seen_again(world: &World, key: &str, hours: i64, plate: &str, print: &[u8]) -> Settled {
    world.record(&passage_with(key, key, NOW + hours * HOUR));
    let lease = world.lease(NOW);
    let seen = Seen { reading: reading_of(plate, 0.99), print: Some(print.to_vec()) };
    world.ledger.settle(NOW, &lease.attempt_token, seen, acceptance(plate)).unwrap()
}

#[test]
fn a_picture_that_is_sent_again_in_another_encoding_waits_for_a_person() {
    let world = world();
    let print: Vec<u8> = (0..216).chain((0..216).rev()).collect();
    let encoded_anew: Vec<u8> = print.iter().map(|level| level ^ 3).collect();
    let mut moved = print.clone();
    moved[200..206].fill(0);
    assert_eq!(seen_again(&world, "1", 0, "ABO1234", &print).state, State::Accepted);
    assert_eq!(seen_again(&world, "2", 1, "ABO1234", &moved).state, State::Accepted, "the same vehicle, later");
    // Another encoding may change a character of what is read.
    let again = seen_again(&world, "3", 2, "ABD1234", &encoded_anew);
    assert_eq!(again.reason, Some(ReviewReason::RepeatedFrame));
    assert_eq!(seen_again(&world, "4", 3, "XYZ9876", &print).state, State::Accepted, "another vehicle");
    let third = passage("3").passage;
    let related = world.ledger.related_to(&third).unwrap();
    assert_eq!(related.len(), 1, "{related:?}");
    assert_eq!((&related[0].passage, related[0].relation), (&passage("1").passage, Relation::SamePicture));
    assert_eq!(verdict(&world, &third, "ABO1234", false), Err(Refusal::PossibleDouble(vec![passage("1").passage])));
    assert_eq!(verdict(&world, &third, "ABO1234", true), Ok(State::Accepted));
    world.assert_balanced();
}

#[test]
fn what_is_billed_of_a_picture_is_in_the_way_however_often_a_stuck_camera_sent_it() {
    let world = world();
    for number in 0..=12 {
        world.record(&passage_with(&number.to_string(), "stuck", NOW + number * HOUR));
    }
    let [last, next] = ["12", "11"].map(|key| passage(key).passage);
    assert_eq!(verdict(&world, &last, "ABC1234", false), Ok(State::Accepted));
    assert_eq!(verdict(&world, &next, "ABC1234", false), Err(Refusal::PossibleDouble(vec![last])));
    let shown = world.ledger.related_to(&next).unwrap();
    assert_eq!((shown.len(), &shown[0].passage), (10, &passage("0").passage), "people see a few");
    world.assert_balanced();
}

#[test]
fn a_print_that_is_none_is_refused_and_nothing_is_settled() {
    let world = world();
    world.record(&passage("1"));
    let lease = world.lease(NOW);
    for print in [vec![], vec![1; 1_025]] {
        let seen = Seen { reading: reading_of("ABC1234", 0.99), print: Some(print) };
        let refused = world.ledger.settle(NOW, &lease.attempt_token, seen, acceptance("ABC1234"));
        assert!(matches!(refused, Err(Failure::Ledger(_))), "{refused:?}");
    }
    assert!(world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).is_ok());
}

#[test]
fn one_plate_in_two_spellings_is_one_plate_however_far_apart_the_window_reaches() {
    let world = world();
    world.set(&[("judge.recross_seconds", "3600")]);
    world.accepted("first", "KBO4651");
    for (key, minutes) in [("near", 5), ("far", 50)] {
        let id = world.record(&passage_with(key, key, NOW - 5 * SECOND + minutes * MINUTE)).passage;
        let lease = world.lease(NOW);
        let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("KB04651")).unwrap();
        assert_eq!(settled.reason, Some(ReviewReason::PossibleDouble), "{minutes} minutes later");
        let related = world.ledger.related_to(&id).unwrap();
        let same = related.iter().filter(|other| other.plate.as_deref() == Some("KBO4651")).collect::<Vec<_>>();
        assert_eq!((same.len(), same[0].relation), (1, Relation::SamePlate), "once: {related:?}");
    }
    let id = world.record(&passage_with("later", "later", NOW - 5 * SECOND + 120 * MINUTE)).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("KB04651")).unwrap();
    assert_eq!(world.get(&id).state, State::Accepted, "another crossing");
}

#[test]
fn by_an_operator_s_rules_spellings_that_its_register_looks_up_alike_are_one_plate_in_any_lane() {
    for (rules, expected) in [("us-ca key=B8", None), ("us-tx key=B8", Some(ReviewReason::PossibleDouble))] {
        let world = world();
        world.set(&[("judge.keying_rules", &format!("{rules:?}"))]);
        let settled = ["DKB8123", "DK8B123"].map(|plate| {
            let lane = if plate == "DKB8123" { "1" } else { "2" };
            world.record(&seen(plate, lane, "front", 0));
            let lease = world.lease(NOW);
            world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap()
        });
        assert_eq!(settled.map(|one| one.reason), [None, expected], "{rules}");
        world.assert_balanced();
    }
}

#[test]
fn however_often_a_stuck_camera_sent_a_picture_the_one_that_is_accepted_is_found() {
    let world = world();
    let first = world.record(&passage_with("first", "stuck", NOW)).passage;
    let lease = world.lease(NOW);
    assert_eq!(lease.passage, first);
    // More of them than a person is shown, hours apart; one behind those is what a person takes.
    let copies: Vec<String> =
        (1..=12).map(|n| world.record(&passage_with(&format!("copy {n}"), "stuck", NOW - n * HOUR)).passage).collect();
    let last = copies.last().unwrap();
    assert_eq!(verdict(&world, last, "ABC1234", false), Ok(State::Accepted));
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(settled, Settled { state: State::InReview, reason: Some(ReviewReason::RepeatedFrame) });
    assert_eq!(verdict(&world, &first, "ABC1234", false), Err(Refusal::PossibleDouble(vec![last.clone()])));
    world.assert_balanced();
}
