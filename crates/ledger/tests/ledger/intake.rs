//! Recording passages.

use tollbooth_ledger::intake::{NewPassage, Recorded, Refusal};
use tollbooth_ledger::{Failure, LedgerError};
use tollbooth_pipeline::state::State;

use crate::booth::*;

#[test]
fn a_new_passage_waits_and_is_counted() {
    let world = world();
    let receipt = world.record(&passage("1"));
    assert_eq!((receipt.state, receipt.reason), (State::Waiting, None));
    assert_eq!(world.kinds(&receipt.passage), ["received"]);
    let rows = world.ledger.balance(None, None).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].hour.as_str(), rows[0].booth.as_str()), ("2026-11-20T10", BOOTH));
    assert_eq!((rows[0].from_events.received, rows[0].from_state.waiting), (1, 1));
    world.assert_balanced();
}

#[test]
fn a_resend_changes_nothing_and_finds_the_same_passage() {
    let world = world();
    let first = world.record(&passage("1"));
    let again = world.ledger.record_passage(NOW + HOUR, &passage("1")).unwrap();
    assert_eq!(again, Recorded::Same(first.clone()));
    assert_eq!(world.kinds(&first.passage), ["received"]);
    assert_eq!(world.number("SELECT count(*) FROM passage"), 1);
}

#[test]
fn a_resend_learns_the_present_state() {
    let world = world();
    let id = world.accepted("1", "ABC1234").id;
    match world.ledger.record_passage(NOW, &passage("1")).unwrap() {
        Recorded::Same(receipt) => assert_eq!((receipt.passage, receipt.state), (id, State::Accepted)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_key_with_anything_else_is_a_conflict() {
    let world = world();
    let first = world.record(&passage("1"));
    let other_photo = passage_with("1", "another photo", NOW - 5 * SECOND);
    let other_time = passage_with("1", "photo 1", NOW - 6 * SECOND);
    let same_instant_other_text =
        NewPassage { captured_at: "2026-11-20T03:59:55.000-06:00".to_owned(), ..passage("1") };
    let other_lane = NewPassage { lane: "2".to_owned(), ..passage("1") };
    let other_camera = NewPassage { camera: "north-1-b".to_owned(), ..passage("1") };
    for changed in [other_photo, other_time, same_instant_other_text, other_lane, other_camera] {
        let answer = world.ledger.record_passage(NOW, &changed).unwrap();
        assert_eq!(answer, Recorded::Conflict(first.clone()), "{changed:?}");
    }
    assert_eq!(world.number("SELECT count(*) FROM passage"), 1);
}

#[test]
fn an_unknown_booth_is_refused_and_nothing_is_counted() {
    let world = world();
    let stranger = passage_at("south-9", "1", "photo", NOW);
    let refused = world.ledger.record_passage(NOW, &stranger).unwrap_err();
    assert_eq!(refused, Failure::Refused(Refusal::UnknownBooth));
    assert_eq!(world.number("SELECT count(*) FROM passage"), 0);
    assert!(!world.ledger.admit("south-9", "1").unwrap().booth_known);
}

#[test]
fn a_token_that_was_revoked_while_the_body_came_records_nothing_and_learns_nothing() {
    let world = world();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_gone"), &[1; 32]).unwrap();
    let sent = |key: &str| NewPassage { sent_by: "tok_gone".to_owned(), ..passage(key) };
    world.record(&sent("1"));
    world.ledger.revoke_token(NOW, &operator(), "tok_gone").unwrap();
    for key in ["1", "2"] {
        let refused = world.ledger.record_passage(NOW, &sent(key)).unwrap_err();
        assert_eq!(refused, Failure::Refused(Refusal::Revoked), "{key}");
    }
    assert_eq!(world.number("SELECT count(*) FROM passage"), 1);
    world.record(&passage("2"));
}

#[test]
fn the_same_frame_under_another_key_is_a_duplicate_of_the_first() {
    let world = world();
    let original = world.record(&passage_with("1", "photo", NOW));
    let copy = world.record(&passage_with("2", "photo", NOW));
    let third = world.record(&passage_with("3", "photo", NOW));
    for receipt in [copy, third] {
        assert_eq!((receipt.state, receipt.reason), (State::Duplicate, None));
        assert_eq!(world.get(&receipt.passage).duplicate_of.as_deref(), Some(original.passage.as_str()));
    }
    world.assert_balanced();
}

#[test]
fn a_duplicate_is_found_by_the_instant_not_by_its_spelling() {
    let world = world();
    world.record(&passage_with("1", "photo", NOW));
    let elsewhere =
        NewPassage { captured_at: "2026-11-20T04:00:00.000-06:00".to_owned(), ..passage_with("2", "photo", NOW) };
    assert_eq!(world.record(&elsewhere).state, State::Duplicate);
}

#[test]
fn the_same_frame_with_another_time_or_lane_goes_to_a_person() {
    let world = world();
    world.record(&passage_with("1", "photo", NOW));
    let later = world.record(&passage_with("2", "photo", NOW + SECOND));
    let beside = world.record(&NewPassage { lane: "2".to_owned(), ..passage_with("3", "photo", NOW) });
    for receipt in [later, beside] {
        assert_eq!((receipt.state, receipt.reason.as_deref()), (State::InReview, Some("repeated-frame")));
    }
    // Once a person looks at one of these, its own resent frame is still a duplicate, of that one.
    let copy = world.record(&passage_with("4", "photo", NOW + SECOND));
    assert_eq!(copy.state, State::Duplicate);
    world.assert_balanced();
}

#[test]
fn the_same_frame_at_another_booth_is_nobodys_duplicate() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    world.record(&passage_with("1", "photo", NOW));
    assert_eq!(world.record(&passage_at("south-1", "1", "photo", NOW)).state, State::Waiting);
}

#[test]
fn a_damaged_photo_is_counted_and_goes_to_a_person() {
    let world = world();
    let receipt = world.record(&NewPassage { damaged: true, ..passage("1") });
    assert_eq!((receipt.state, receipt.reason.as_deref()), (State::InReview, Some("image-damaged")));
    assert!(world.ledger.lease_work(NOW, "ocr-call", 10, OURS).unwrap().leases.is_empty());
    world.assert_balanced();
}

#[test]
fn an_id_that_is_not_derived_from_booth_and_key_is_refused() {
    let world = world();
    let forged = NewPassage { passage: "psg_forged".to_owned(), ..passage("1") };
    assert!(matches!(world.ledger.record_passage(NOW, &forged), Err(Failure::Ledger(_))));
    let misplaced = NewPassage { photo_key: "photos/elsewhere".to_owned(), ..passage("1") };
    assert!(matches!(world.ledger.record_passage(NOW, &misplaced), Err(Failure::Ledger(_))));
    assert_eq!(world.number("SELECT count(*) FROM passage"), 0);
}

#[test]
fn what_cannot_be_a_photo_is_no_reason_to_try_again() {
    let world = world();
    let empty = NewPassage { photo_bytes: 0, ..passage("1") };
    let text = NewPassage { photo_format: "text".to_owned(), ..passage("1") };
    for bad in [empty, text] {
        let answer = world.ledger.record_passage(NOW, &bad);
        assert!(matches!(answer, Err(Failure::Ledger(LedgerError::Damaged(_)))), "{answer:?}");
    }
}

#[test]
fn admission_tells_lanes_settings_and_what_is_already_there() {
    let world = world();
    world.set(&[("intake.max_photo_bytes", "2048")]);
    let first = world.record(&passage("1"));
    let admission = world.ledger.admit(BOOTH, "1").unwrap();
    assert!(admission.booth_known);
    assert_eq!(admission.lanes, ["1", "2"]);
    assert_eq!(admission.existing, Some(first));
    assert_eq!(admission.settings, [("intake.max_photo_bytes".to_owned(), "2048".to_owned())]);
    assert_eq!(world.ledger.admit(BOOTH, "2").unwrap().existing, None);
}

#[test]
fn a_wake_up_is_claimed_once_per_quiet_time() {
    let world = world();
    assert!(world.ledger.claim_wake_up(NOW, 500).unwrap());
    assert!(!world.ledger.claim_wake_up(NOW + 499, 500).unwrap());
    assert!(world.ledger.claim_wake_up(NOW + 500, 500).unwrap());
}

#[test]
fn a_clock_that_jumped_back_does_not_silence_wake_ups() {
    let world = world();
    assert!(world.ledger.claim_wake_up(NOW + 24 * HOUR, 500).unwrap());
    assert!(world.ledger.claim_wake_up(NOW, 500).unwrap());
}

#[test]
fn the_hour_of_the_balance_is_that_of_the_receipt_in_utc() {
    let world = world();
    let just_before = NOW - 1;
    world.ledger.record_passage(just_before, &passage("1")).unwrap();
    assert_eq!(world.ledger.balance(None, None).unwrap()[0].hour, "2026-11-20T09");
}
