//! A camera that somebody found mirrored or upside down: how its photos are read, and what is never accepted.

use tollbooth_ledger::Failure;
use tollbooth_ledger::learning::{CameraTurn, NewTurn, Refusal};
use tollbooth_ledger::reading::Decision;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;
use tollbooth_pipeline::turned::Turned;

use crate::booth::*;

fn sue() -> tollbooth_ledger::Actor {
    actor(Role::Supervisor, "tok_sue")
}

fn wanted(turned: Turned, since: Option<i64>) -> NewTurn {
    NewTurn { booth: BOOTH.to_owned(), lane: "1".to_owned(), camera: "north-1-a".to_owned(), turned, since }
}

fn decide(world: &World, at: i64, turned: Turned) -> CameraTurn {
    world.ledger.decide_turn(at, &sue(), &wanted(turned, None)).unwrap()
}

/// A passage that waits for a person, for its photo seems to be turned.
fn waiting(world: &World, key: &str, at: i64) -> String {
    let id = world.record(&passage_with(key, &format!("photo {key}"), at - SECOND)).passage;
    let lease = world.lease(at);
    assert_eq!((lease.passage.as_str(), lease.learned), (id.as_str(), None));
    let review = Decision::Review(referral(ReviewReason::PhotoTurned, Some("BKD0101")));
    world.ledger.settle(at, &lease.attempt_token, reading_of("BKD0101", 0.6), review).unwrap();
    id
}

#[test]
fn what_waits_is_read_again_as_decided_in_steps_and_new_photos_are_read_so_until_it_is_ended() {
    let world = world();
    let ids: Vec<String> = (0..3).map(|n| waiting(&world, &n.to_string(), NOW + n * MINUTE)).collect();
    let at = NOW + HOUR;
    let turn = decide(&world, at, Turned::UpsideDown);
    assert_eq!((turn.to_read, turn.since, turn.until, turn.decided_by.as_str()), (3, 0, None, "tok_sue"));
    let sent = world.ledger.read_turned_again(at, &sue(), turn.id, 2).unwrap();
    assert_eq!((sent.passages, sent.left, sent.claimed), (2, 1, 0));
    let sent = world.ledger.read_turned_again(at, &sue(), turn.id, 2).unwrap();
    assert_eq!((sent.passages, sent.left), (1, 0));
    for (n, id) in ids.iter().enumerate() {
        let lease = world.lease(at);
        assert_eq!(&lease.passage, id);
        let told = lease.learned.unwrap().turned.unwrap();
        assert_eq!((told.id, told.turned), (turn.id, Turned::UpsideDown));
        let plate = ["ABC1234", "KLM5678", "XYZ9012"][n];
        let settled =
            world.ledger.settle(at, &lease.attempt_token, reading_of(plate, 0.99), acceptance(plate)).unwrap();
        assert_eq!(settled.state, State::Accepted);
    }
    // Read as decided, they are not read for ever.
    let again = world.ledger.read_turned_again(at, &sue(), turn.id, 2).unwrap();
    assert_eq!((again.passages, again.left), (0, 0));
    let ended = world.ledger.end_turn(at, &sue(), turn.id, at).unwrap();
    assert_eq!(ended.until, Some(at));
    assert_eq!(world.ledger.end_turn(at, &sue(), turn.id, at + HOUR).unwrap().until, Some(at), "it is ended once");
    for (key, taken, is_turned) in [("before", at - 1, true), ("after", at, false)] {
        world.record(&passage_with(key, key, taken));
        let lease = world.lease(at + SECOND);
        assert_eq!(lease.learned.and_then(|learned| learned.turned).is_some(), is_turned, "{key}");
        let review = Decision::Review(referral(ReviewReason::LowConfidence, None));
        world.ledger.settle(at + SECOND, &lease.attempt_token, reading(), review).unwrap();
    }
    assert_eq!(world.ledger.camera_turns().unwrap()[0].to_read, 0);
    world.assert_balanced();
}

#[test]
fn what_was_read_mirrored_before_the_decision_is_not_accepted_after_it() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let turn = decide(&world, NOW, Turned::Mirrored);
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading_of("AHM1180", 0.99), acceptance("AHM1180"));
    assert_eq!(settled.unwrap().state, State::InReview);
    let held = world.get(&id);
    assert_eq!((held.reason.as_deref(), held.plate), (Some("photo-turned"), None));
    assert_eq!(world.ledger.read_turned_again(NOW, &sue(), turn.id, 200).unwrap().passages, 1);
    // And what was read by a decision is not accepted once that is taken back.
    let lease = world.lease(NOW);
    assert!(lease.learned.unwrap().turned.is_some());
    world.ledger.withdraw_turn(NOW, &sue(), turn.id).unwrap();
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.99), acceptance("ABC1234"));
    assert_eq!(settled.unwrap().state, State::InReview);
    world.assert_balanced();
}

#[test]
fn what_was_read_mirrored_before_the_decision_is_suggested_to_nobody_after_it() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let turn = decide(&world, NOW, Turned::Mirrored);
    let review = || Decision::Review(referral(ReviewReason::LowConfidence, Some("AHM1180")));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("AHM1180", 0.6), review()).unwrap();
    let held = world.get(&id);
    assert_eq!((held.reason.as_deref(), held.plate), (Some("photo-turned"), None));
    // Read as decided, it is a suggestion like any.
    assert_eq!(world.ledger.read_turned_again(NOW, &sue(), turn.id, 200).unwrap().passages, 1);
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("AHM1180", 0.6), review()).unwrap();
    let held = world.get(&id);
    assert_eq!((held.reason.as_deref(), held.plate.as_deref()), (Some("low-confidence"), Some("AHM1180")));
    world.assert_balanced();
}

#[test]
fn a_mistake_is_taken_back_and_what_waits_is_read_as_it_came_while_what_is_billed_stays() {
    let world = world();
    let billed = world.accepted("billed", "ABC1234").id;
    world.export(NOW);
    let billed = world.get(&billed);
    waiting(&world, "waits", NOW);
    let turn = decide(&world, NOW, Turned::Mirrored);
    assert_eq!(world.ledger.read_turned_again(NOW, &sue(), turn.id, 200).unwrap().passages, 1);
    let lease = world.lease(NOW);
    let review = Decision::Review(referral(ReviewReason::LowConfidence, None));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.3), review).unwrap();
    let withdrawn = world.ledger.withdraw_turn(NOW, &sue(), turn.id).unwrap();
    assert_eq!((withdrawn.withdrawn_at, withdrawn.to_read), (Some(NOW), 1));
    assert_eq!(world.ledger.withdraw_turn(NOW + HOUR, &sue(), turn.id).unwrap().withdrawn_at, Some(NOW));
    assert_eq!(world.ledger.read_turned_again(NOW, &sue(), turn.id, 200).unwrap().passages, 1);
    assert_eq!(world.lease(NOW).learned, None, "as it came");
    let stays = world.get(&billed.id);
    assert_eq!((stays.state, stays.version), (State::Accepted, billed.version));
    let kinds = "SELECT count(*) FROM event WHERE kind IN ('camera-turn-decided', 'camera-turn-withdrawn')";
    assert_eq!(world.number(kinds), 2, "each is on record once");
    world.assert_balanced();
}

#[test]
fn another_decision_about_the_camera_takes_the_place_of_the_one_in_force() {
    let world = world();
    let first = decide(&world, NOW, Turned::Mirrored);
    assert_eq!(decide(&world, NOW + HOUR, Turned::Mirrored).id, first.id, "the same again");
    let second = decide(&world, NOW + HOUR, Turned::UpsideDown);
    let listed = world.ledger.camera_turns().unwrap();
    let shown: Vec<_> = listed.iter().map(|turn| (turn.id, turn.turned, turn.withdrawn_at.is_some())).collect();
    assert_eq!(shown, [(second.id, Turned::UpsideDown, false), (first.id, Turned::Mirrored, true)]);
    let nowhere = NewTurn { booth: "nowhere".to_owned(), ..wanted(Turned::Mirrored, None) };
    assert_eq!(world.ledger.decide_turn(NOW, &sue(), &nowhere), Err(Failure::Refused(Refusal::NotFound)));
    assert_eq!(world.ledger.end_turn(NOW, &sue(), 77, NOW), Err(Failure::Refused(Refusal::NotFound)));
    assert_eq!(world.ledger.withdraw_turn(NOW, &sue(), 77), Err(Failure::Refused(Refusal::NotFound)));
    assert_eq!(world.ledger.read_turned_again(NOW, &sue(), 77, 1), Err(Failure::Refused(Refusal::NotFound)));
}

#[test]
fn a_decision_from_a_time_on_ends_the_one_before_which_goes_on_holding_for_earlier_photos() {
    let world = world();
    let first = decide(&world, NOW, Turned::Mirrored);
    let since = NOW + MINUTE;
    let second = world.ledger.decide_turn(NOW + HOUR, &sue(), &wanted(Turned::UpsideDown, Some(since))).unwrap();
    let listed = world.ledger.camera_turns().unwrap();
    let shown: Vec<_> = listed.iter().map(|turn| (turn.id, turn.until, turn.withdrawn_at)).collect();
    assert_eq!(shown, [(second.id, None, None), (first.id, Some(since), None)]);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'camera-turn-ended'"), 1, "it is on record");
    for (key, taken, turn) in [("before", since - 1, &first), ("after", since, &second)] {
        world.record(&passage_with(key, key, taken));
        let lease = world.lease(NOW + HOUR);
        let told = lease.learned.unwrap().turned.unwrap();
        assert_eq!((told.id, told.turned), (turn.id, turn.turned), "{key}");
        let review = Decision::Review(referral(ReviewReason::LowConfidence, None));
        world.ledger.settle(NOW + HOUR, &lease.attempt_token, reading(), review).unwrap();
    }
    world.assert_balanced();
}

#[test]
fn other_cameras_earlier_photos_and_what_people_look_at_are_left_alone() {
    let world = world();
    let ids =
        [waiting(&world, "early", NOW), waiting(&world, "claimed", NOW + HOUR), waiting(&world, "free", NOW + HOUR)];
    world.claim(NOW + HOUR, "tok_ann", &ids[1]);
    let other = NewTurn { camera: "north-1-b".to_owned(), ..wanted(Turned::Mirrored, None) };
    assert_eq!(world.ledger.decide_turn(NOW + HOUR, &sue(), &other).unwrap().to_read, 0);
    let turn = world.ledger.decide_turn(NOW + HOUR, &sue(), &wanted(Turned::Mirrored, Some(NOW + MINUTE))).unwrap();
    assert_eq!(turn.to_read, 2);
    let sent = world.ledger.read_turned_again(NOW + HOUR, &sue(), turn.id, 200).unwrap();
    assert_eq!((sent.passages, sent.left, sent.claimed), (1, 0, 1));
    let states = ids.iter().map(|id| world.get(id).state).collect::<Vec<_>>();
    assert_eq!(states, [State::InReview, State::InReview, State::Waiting]);
    world.assert_balanced();
}
