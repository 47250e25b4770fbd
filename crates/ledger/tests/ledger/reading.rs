//! Leases and what becomes of them.

use tollbooth_ledger::reading::{Decision, NextStep, Refusal, Settled};
use tollbooth_ledger::{Failure, LedgerError};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::reading::{Bounds, Candidate, Reading, Sighting};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;

use crate::booth::*;

#[test]
fn leases_are_handed_out_oldest_first_up_to_the_shared_limit() {
    let world = world();
    let ids = world.record_many(5);
    world.set(&[("reading.concurrency", "3")]);
    let work = world.ledger.lease_work(NOW, "a", 2, OURS).unwrap();
    assert_eq!(work.leases.iter().map(|l| &l.passage).collect::<Vec<_>>(), [&ids[0], &ids[1]]);
    assert_eq!(work.backlog, 3);
    assert_eq!(work.settings, [("reading.concurrency".to_owned(), "3".to_owned())]);
    let rest = world.another().lease_work(NOW, "b", 10, OURS).unwrap();
    assert_eq!(rest.leases.len(), 1);
    assert!(world.ledger.lease_work(NOW, "a", 10, OURS).unwrap().leases.is_empty());
    world.assert_balanced();
}

#[test]
fn a_lease_says_what_to_read_and_until_when() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    assert_eq!(lease.photo_key, world.get(&id).photo_key);
    assert_eq!((lease.booth.as_str(), lease.jurisdiction.as_str()), (BOOTH, "us-tx"));
    assert_eq!((lease.attempt, lease.expires_at), (1, NOW + lease_time()));
}

#[test]
fn concurrency_zero_pauses_reading_and_still_takes_dead_leases_back() {
    let world = world();
    world.record_many(2);
    let lease = world.lease(NOW);
    world.set(&[("reading.concurrency", "0")]);
    assert!(world.ledger.lease_work(NOW, "a", 10, OURS).unwrap().leases.is_empty());
    assert!(world.ledger.lease_work(NOW + lease_time(), "a", 10, OURS).unwrap().leases.is_empty());
    assert_eq!(world.get(&lease.passage).state, State::Waiting);
}

#[test]
fn an_idle_tick_writes_nothing() {
    let world = world();
    let before = world.data_version();
    let watcher = world.another();
    for _ in 0..3 {
        assert!(watcher.lease_work(NOW, "a", 10, OURS).unwrap().leases.is_empty());
    }
    // `data_version` changes for this connection whenever another one commits a change.
    assert_eq!(world.data_version(), before);
    world.record(&passage("1"));
    let before = world.data_version();
    assert_eq!(watcher.lease_work(NOW, "a", 10, OURS).unwrap().leases.len(), 1);
    assert!(world.data_version() != before || before.is_none());
}

#[test]
fn a_reading_is_settled_exactly_once() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let settled = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(settled, Settled { state: State::Accepted, reason: None });
    let again = world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("XYZ9876"));
    assert_eq!(again, Err(Failure::Refused(Refusal::LostLease)));
    let after = world.ledger.settle_failed(NOW, &lease.attempt_token, &failed("outage"), NextStep::RetryAt(NOW));
    assert_eq!(after, Err(Failure::Refused(Refusal::LostLease)));
    assert_eq!(world.ledger.give_back(NOW, &lease.attempt_token), Err(Failure::Refused(Refusal::LostLease)));
    let passage = world.get(&id);
    assert_eq!(passage.plate.as_deref(), Some("ABC1234"));
    assert_eq!((passage.decided_by.as_deref(), passage.confidence), (Some("judge"), Some(0.99)));
    assert_eq!(world.kinds(&id), ["received", "leased", "accepted"]);
    world.assert_balanced();
}

#[test]
fn a_late_worker_can_not_settle_what_was_given_to_somebody_else() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let slow = world.lease(NOW);
    let quick = world.lease(NOW + lease_time());
    assert_eq!((quick.passage.as_str(), quick.attempt), (id.as_str(), 2));
    assert_ne!(quick.attempt_token, slow.attempt_token);
    let late = world.ledger.settle(NOW + lease_time(), &slow.attempt_token, reading(), acceptance("ABC1234"));
    assert_eq!(late, Err(Failure::Refused(Refusal::LostLease)));
    world.ledger.settle(NOW + lease_time(), &quick.attempt_token, reading(), acceptance("XYZ9876")).unwrap();
    assert_eq!(world.get(&id).plate.as_deref(), Some("XYZ9876"));
    let outcomes: Vec<_> = world.ledger.attempts_of(&id).unwrap().into_iter().map(|a| a.outcome).collect();
    assert_eq!(outcomes, ["expired", "read"]);
}

#[test]
fn what_a_dead_worker_held_is_free_at_once_and_costs_one_attempt() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    world.record(&passage("2"));
    let held = world.ledger.lease_work(NOW, "dead", 1, OURS).unwrap().leases.remove(0);
    let other = world.ledger.lease_work(NOW, "alive", 1, OURS).unwrap().leases.remove(0);
    let dead = ["dead".to_owned(), "never heard of".to_owned()];
    assert_eq!(world.ledger.workers_died(NOW, "w", &dead), Ok(1));
    assert_eq!(world.ledger.workers_died(NOW, "w", &dead), Ok(0), "again");
    let late = world.ledger.settle(NOW, &held.attempt_token, reading(), acceptance("ABC1234"));
    assert_eq!(late, Err(Failure::Refused(Refusal::LostLease)));
    let again = world.lease(NOW);
    assert_eq!((again.passage.as_str(), again.attempt), (id.as_str(), 2));
    world.ledger.settle(NOW, &again.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    world.ledger.settle(NOW, &other.attempt_token, reading(), acceptance("XYZ9876")).unwrap();
    let outcomes: Vec<_> = world.ledger.attempts_of(&id).unwrap().into_iter().map(|a| a.outcome).collect();
    assert_eq!(outcomes, ["worker-died", "read"]);
    world.assert_balanced();
}

#[test]
fn a_passage_that_kills_two_workers_goes_to_a_person() {
    for by_host in [true, false] {
        let world = world();
        let id = world.record(&passage("1")).passage;
        for (attempt, now) in [(1, NOW), (2, NOW + lease_time())] {
            let lease = world.ledger.lease_work(now, "w", 1, OURS).unwrap().leases.remove(0);
            assert_eq!(lease.attempt, attempt);
            if by_host {
                world.ledger.workers_died(now, "next", &["w".to_owned()]).unwrap();
            }
        }
        assert!(world.ledger.lease_work(NOW + 2 * lease_time(), "w", 1, OURS).unwrap().leases.is_empty());
        let passage = world.get(&id);
        assert_eq!((passage.state, passage.reason.as_deref()), (State::InReview, Some("recognizer-exhausted")));
        assert!(passage.detail.as_deref().is_some_and(|why| why.contains("2 times")), "{:?}", passage.detail);
        world.assert_balanced();
    }
}

#[test]
fn a_late_result_still_counts_while_nobody_else_has_the_passage() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let slow = world.lease(NOW);
    world.ledger.settle(NOW + 10 * lease_time(), &slow.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(world.get(&id).state, State::Accepted);
}

#[test]
fn dead_leases_do_not_hold_places_under_the_limit() {
    let world = world();
    world.record_many(4);
    assert_eq!(world.ledger.lease_work(NOW, "dies", 2, OURS).unwrap().leases.len(), 2);
    assert_eq!(world.ledger.lease_work(NOW + lease_time(), "lives", 2, OURS).unwrap().leases.len(), 2);
    assert_eq!(world.number("SELECT count(*) FROM passage WHERE state = 'reading'"), 2);
    world.assert_balanced();
}

#[test]
fn a_lease_given_by_a_clock_that_jumped_ahead_is_taken_back() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let far = world.lease(NOW + 365 * 24 * HOUR);
    let near = world.lease(NOW);
    assert_eq!(near.passage, id);
    let late = world.ledger.settle(NOW, &far.attempt_token, reading(), acceptance("ABC1234"));
    assert_eq!(late, Err(Failure::Refused(Refusal::LostLease)));
}

#[test]
fn a_caller_whose_clock_is_a_little_behind_takes_no_live_lease_back() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    assert!(world.ledger.lease_work(NOW - 5 * SECOND, "b", 1, OURS).unwrap().leases.is_empty());
    world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    assert_eq!(world.get(&id).state, State::Accepted);
}

#[test]
fn a_retry_waits_for_its_time_and_lets_others_pass() {
    let world = world();
    let ids = world.record_many(2);
    let lease = world.lease(NOW);
    world.fail(NOW, &lease, NextStep::RetryAt(NOW + 10 * SECOND));
    let next = world.lease(NOW + SECOND);
    assert_eq!(next.passage, ids[1]);
    assert!(world.ledger.lease_work(NOW + 9 * SECOND, "a", 2, OURS).unwrap().leases.is_empty());
    let again = world.lease(NOW + 10 * SECOND);
    assert_eq!((again.passage.as_str(), again.attempt), (ids[0].as_str(), 2));
    assert_eq!(world.kinds(&ids[0]), ["received", "leased", "reading-failed", "leased"]);
    world.assert_balanced();
}

#[test]
fn a_wait_set_by_a_clock_that_jumped_ahead_is_over() {
    let world = world();
    world.record(&passage("1"));
    let later = NOW + 30 * 24 * HOUR;
    let lease = world.lease(later);
    world.fail(later, &lease, NextStep::RetryAt(later + 10 * SECOND));
    assert_eq!(world.lease(NOW).attempt, 2);
}

#[test]
fn a_passage_received_while_the_clock_was_ahead_is_read_all_the_same() {
    let world = world();
    world.ledger.record_passage(NOW + 365 * 24 * HOUR, &passage("1")).unwrap();
    assert_eq!(world.lease(NOW).attempt, 1);
}

#[test]
fn the_ledger_refuses_retries_beyond_the_limit() {
    let world = world();
    world.set(&[("reading.max_attempts", "2")]);
    let id = world.record(&passage("1")).passage;
    world.fail(NOW, &world.lease(NOW), NextStep::RetryAt(NOW));
    let lease = world.lease(NOW);
    let settled =
        world.ledger.settle_failed(NOW, &lease.attempt_token, &failed("outage"), NextStep::RetryAt(NOW)).unwrap();
    assert_eq!(settled, Settled { state: State::InReview, reason: Some(ReviewReason::RecognizerExhausted) });
    assert_eq!(world.get(&id).reason.as_deref(), Some("recognizer-exhausted"));
}

#[test]
fn outage_throttle_bad_key_damaged_photo_and_no_plate_are_different_recorded_facts() {
    let world = world();
    let cases = [
        ("outage", ReviewReason::RecognizerExhausted),
        ("throttled", ReviewReason::RecognizerExhausted),
        ("unauthorized", ReviewReason::RecognizerUnauthorized),
        ("quota-exhausted", ReviewReason::BudgetSpent),
        ("bad-image", ReviewReason::ImageDamaged),
        ("photo-missing", ReviewReason::PhotoMissing),
        ("photo-changed", ReviewReason::PhotoChanged),
    ];
    for (class, reason) in cases {
        let id = world.record(&passage(class)).passage;
        let lease = world.lease(NOW);
        let next = NextStep::Review(referral(reason, None));
        world.ledger.settle_failed(NOW, &lease.attempt_token, &failed(class), next).unwrap();
        assert_eq!(world.get(&id).reason.as_deref(), Some(reason.as_str()));
        let attempts = world.ledger.attempts_of(&id).unwrap();
        assert_eq!((attempts[0].outcome.as_str(), &attempts[0].reading), (class, &None));
        assert_eq!((attempts[0].duration_ms, attempts[0].cost_micros), (30_000, 1_500));
    }
    let id = world.record(&passage("empty road")).passage;
    let lease = world.lease(NOW);
    let decision = Decision::Review(referral(ReviewReason::NoPlateFound, None));
    world.ledger.settle(NOW, &lease.attempt_token, reading(), decision).unwrap();
    assert_eq!(world.get(&id).reason.as_deref(), Some("no-plate-found"));
    assert!(world.ledger.attempts_of(&id).unwrap()[0].reading.is_some());
    world.assert_balanced();
}

#[test]
fn a_failure_can_not_pass_itself_off_as_a_reading() {
    let world = world();
    world.record(&passage("1"));
    let lease = world.lease(NOW);
    for class in ["read", "running", "expired", "given-back", ""] {
        let answer = world.ledger.settle_failed(NOW, &lease.attempt_token, &failed(class), NextStep::RetryAt(NOW));
        assert!(matches!(answer, Err(Failure::Ledger(LedgerError::Damaged(_)))), "{class}");
    }
}

#[test]
fn a_lease_given_back_does_not_count_as_an_attempt() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let first = world.lease(NOW);
    world.ledger.give_back(NOW, &first.attempt_token).unwrap();
    let second = world.lease(NOW);
    assert_eq!(second.attempt, 1);
    assert_ne!(second.attempt_token, first.attempt_token, "same passage, same time, same worker");
    assert_eq!(world.get(&id).attempts, 1);
    assert_eq!(world.kinds(&id), ["received", "leased", "lease-given-back", "leased"]);
    assert_eq!(world.ledger.attempts_of(&id).unwrap()[0].outcome, "given-back");
    world.assert_balanced();
}

#[test]
fn a_plate_that_cannot_be_billed_is_not_accepted() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let good = |plate: &str| match acceptance(plate) {
        Decision::Accept(accepted) => accepted,
        Decision::Review(_) | Decision::AskSecond(_) => unreachable!(),
    };
    let mut no_jurisdiction = good("ABC1234");
    no_jurisdiction.jurisdiction = "Texas".to_owned();
    let mut uncertain = good("ABC1234");
    uncertain.confidence = f32::NAN;
    let mut person = good("ABC1234");
    person.source = JurisdictionSource::Reviewer;
    for bad in [good("TEXAS ABC1234"), good(""), no_jurisdiction, uncertain, person] {
        let answer = world.ledger.settle(NOW, &lease.attempt_token, reading(), Decision::Accept(bad.clone()));
        assert!(matches!(answer, Err(Failure::Ledger(LedgerError::Damaged(_)))), "{bad:?}");
    }
    assert_eq!(world.get(&id).state, State::Reading);
}

#[test]
fn the_reading_is_kept_as_json_and_its_raw_reply_is_cut_to_the_limit() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let seen = Reading {
        sightings: vec![Sighting {
            bounds: Bounds { x: 1.5, y: f32::INFINITY, width: 3.0, height: 4.0 },
            candidates: vec![Candidate { text: "ABC1234".to_owned(), confidence: f32::NAN, characters: vec![0.5] }],
            jurisdiction: None,
            issuers: vec![],
            touches_border: false,
            plausibility: 0.9,
            doubts: vec!["joined-lines".to_owned()],
        }],
        raw: "ü".repeat(40_000),
        ..reading()
    };
    let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some("ABC1234")));
    world.ledger.settle(NOW, &lease.attempt_token, seen.clone(), decision).unwrap();
    let json = world.ledger.attempts_of(&id).unwrap()[0].reading.clone().unwrap();
    let stored: Reading = serde_json::from_str(&json).unwrap();
    assert_eq!(stored.raw.len(), 65_536);
    assert_eq!(stored.sightings[0].candidates[0].confidence, 0.0, "what is not a number is no confidence");
    assert_eq!(stored.sightings[0].doubts, seen.sightings[0].doubts);
}

#[test]
fn a_token_nobody_was_given_settles_nothing() {
    let world = world();
    world.record(&passage("1"));
    world.lease(NOW);
    let answer = world.ledger.settle(NOW, "att_guess", reading(), acceptance("ABC1234"));
    assert_eq!(answer, Err(Failure::Refused(Refusal::LostLease)));
}
