//! Several recognisers: whose work is whose, what it may cost, and what services are left alone.

use tollbooth_ledger::Failure;
use tollbooth_ledger::reading::{Decision, Description, Lease, NextStep, Refusal, ShadowResult, Work};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::circuit::{OpenReason, Phase};
use tollbooth_pipeline::gate::WaitReason;
use tollbooth_pipeline::policy::Turn;
use tollbooth_pipeline::reading::{Bounds, Candidate, Reading, Sighting};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::state::State;

use crate::booth::*;

const SERVICE: Recognizer = Recognizer::PlateRecognizer;
const THEIRS: &[Recognizer] = &[SERVICE];
const DAY: Instant = 24 * HOUR;

/// A world whose service costs 100 a call and is asked as the policy says.
fn world_with(policy: &str, more: &[(&str, &str)]) -> World {
    let world = world();
    let policy = format!("\"{policy}\"");
    world.set(&[("reading.policy", &policy), ("plate-recognizer.calls_per_second", "1000")]);
    world.set(more);
    describe(&world, NOW);
    world
}

fn service_first(policy: &str, more: &[(&str, &str)]) -> World {
    let world = world_with("one", more);
    let policy = format!("\"{policy}\"");
    world.set(&[
        ("reading.recognizer", "\"plate-recognizer\""),
        ("reading.second_recognizer", "\"in-process\""),
        ("reading.policy", &policy),
    ]);
    world
}

fn describe(world: &World, now: Instant) {
    let found = Description { component: "recognizer-x".into(), model: "2".into(), price_micros: 100 };
    world.ledger.describe_recognizer(now, SERVICE, Some(&found)).unwrap();
}

fn theirs(world: &World, now: Instant) -> Work {
    world.ledger.lease_work(now, "service-call", 1, THEIRS).unwrap()
}

/// A service's lease; it comes a millisecond after the last, for the rate's sake.
fn lease(world: &World, now: Instant) -> Lease {
    theirs(world, now).leases.pop().expect("nothing to lease")
}

fn fail(world: &World, now: Instant, lease: &Lease, class: &str, next: NextStep) {
    world.ledger.settle_failed(now, &lease.attempt_token, &failed(class), next).unwrap();
}

fn read(plate: &str) -> Reading {
    let sighting = Sighting {
        bounds: Bounds { x: 0.0, y: 0.0, width: 9.0, height: 9.0 },
        candidates: vec![Candidate { text: plate.into(), confidence: 0.7, characters: vec![] }],
        jurisdiction: None,
        issuers: vec![],
        touches_border: false,
        plausibility: 1.0,
        doubts: vec![],
    };
    Reading { sightings: vec![sighting], raw: "{\"long\":1}".into(), ..reading() }
}

#[test]
fn each_worker_gets_only_what_it_can_read() {
    let world = world_with("fallback", &[]);
    let id = world.record(&passage("1")).passage;
    assert!(theirs(&world, NOW).leases.is_empty());
    let ours = world.lease(NOW);
    assert_eq!((ours.recognizer, ours.turn, ours.attempt), (Recognizer::InProcess, Turn::First, 1));
    world.fail(NOW, &ours, NextStep::AskSecond);
    assert_eq!(world.get(&id).state, State::Waiting);
    assert!(world.ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.is_empty());
    let second = lease(&world, NOW);
    assert_eq!((second.recognizer, second.turn, second.attempt), (SERVICE, Turn::Second, 1));
    assert_eq!(second.description.unwrap().price_micros, 100);
    assert_eq!(world.kinds(&id), ["received", "leased", "second-asked", "leased"]);
    world.assert_balanced();
}

#[test]
fn a_second_opinion_gets_the_first_reading_without_its_raw_reply() {
    let world = world_with("second-opinion", &[]);
    world.record(&passage("1"));
    let first = world.lease(NOW);
    assert_eq!(first.earlier, None);
    let doubt = Decision::AskSecond(ReviewReason::LowConfidence);
    world.ledger.settle(NOW, &first.attempt_token, read("ABC1234"), doubt).unwrap();
    let earlier = lease(&world, NOW).earlier.unwrap();
    assert_eq!((earlier.sightings.len(), earlier.raw.as_str()), (1, ""));
}

#[test]
fn a_policy_that_changes_takes_waiting_passages_along() {
    let world = world_with("second-opinion", &[]);
    world.record(&passage("1"));
    let first = world.lease(NOW);
    let doubt = Decision::AskSecond(ReviewReason::LowConfidence);
    world.ledger.settle(NOW, &first.attempt_token, read("ABC1234"), doubt).unwrap();
    world.set(&[("reading.policy", "\"one\"")]);
    assert!(theirs(&world, NOW).leases.is_empty());
    assert_eq!(world.lease(NOW).recognizer, Recognizer::InProcess);
}

#[test]
fn a_service_that_was_never_described_gets_no_work_and_is_asked_for_its_price() {
    let world = world();
    world.set(&[("reading.recognizer", "\"plate-recognizer\""), ("reading.second_recognizer", "\"custom\"")]);
    let id = world.record(&passage("1")).passage;
    let work = theirs(&world, NOW);
    assert_eq!((work.leases.len(), work.undescribed), (0, vec![SERVICE]));
    assert_eq!(world.ledger.waiting_for(NOW, &id).unwrap().unwrap().reason, WaitReason::NotDescribed);
    describe(&world, NOW);
    let work = theirs(&world, NOW);
    assert_eq!((work.leases.len(), work.undescribed.len()), (1, 0));
    world.record(&passage("2"));
    assert_eq!(theirs(&world, NOW + HOUR).undescribed, [SERVICE], "prices change");
}

#[test]
fn a_service_that_does_not_answer_is_not_asked_for_its_price_again_while_its_circuit_is_open() {
    let world = world();
    world.set(&[("reading.recognizer", "\"plate-recognizer\""), ("services.circuit_failures", "1")]);
    world.set(&[("reading.second_recognizer", "\"in-process\""), ("reading.policy", "\"fallback\"")]);
    world.record(&passage("1"));
    assert!(world.ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.is_empty());
    world.ledger.describe_recognizer(NOW, SERVICE, None).unwrap();
    assert!(theirs(&world, NOW + 1).undescribed.is_empty());
    assert_eq!(world.lease(NOW + 1).turn, Turn::Second, "the second takes over");
    world.record(&passage("2"));
    assert_eq!(theirs(&world, NOW + MINUTE).undescribed, [SERVICE]);
}

#[test]
fn money_and_calls_are_reserved_with_the_lease_and_a_crash_gives_nothing_back() {
    let world = service_first("one", &[("plate-recognizer.money_per_day_micros", "250")]);
    world.record_many(3);
    lease(&world, NOW);
    lease(&world, NOW + 1);
    // Both died; their passages wait again, but the money may have been spent.
    let later = NOW + HOUR;
    let work = theirs(&world, later);
    assert!(work.leases.is_empty());
    assert_eq!(world.number("SELECT money_micros FROM recognizer_day"), 200);
    assert_eq!(world.number("SELECT calls FROM recognizer_day"), 2);
    assert_eq!(world.number("SELECT count(*) FROM passage WHERE state = 'waiting'"), 3);
    let tomorrow = lease(&world, NOW + DAY);
    assert_eq!(world.number("SELECT count(*) FROM recognizer_day"), 2, "{tomorrow:?}");
    world.assert_balanced();
}

#[test]
fn two_workers_never_spend_the_same_money() {
    let world =
        service_first("one", &[("plate-recognizer.calls_per_day", "5"), ("plate-recognizer.concurrency", "100")]);
    world.record_many(20);
    let leased: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|n| {
                let path = &world.path;
                scope.spawn(move || {
                    let ledger = open(path);
                    let lease = |at| ledger.lease_work(NOW + at, &format!("w{n}"), 1, THEIRS).unwrap().leases.len();
                    (0..10).map(|at| lease(at * 10 + n)).sum::<usize>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(leased, 5);
    assert_eq!(world.number("SELECT calls FROM recognizer_day"), 5);
}

#[test]
fn the_rate_hands_out_one_lease_and_says_when_the_next_may_go() {
    let world = service_first("one", &[("plate-recognizer.calls_per_second", "2")]);
    world.record_many(3);
    let work = world.ledger.lease_work(NOW, "s", 10, THEIRS).unwrap();
    assert_eq!((work.leases.len(), work.next_call_at), (1, Some(NOW + 500)));
    let before = world.data_version();
    assert!(world.another().lease_work(NOW + 499, "s", 10, THEIRS).unwrap().leases.is_empty());
    assert_eq!(world.data_version(), before, "waiting writes nothing");
    assert_eq!(theirs(&world, NOW + 500).leases.len(), 1);
}

#[test]
fn a_spent_budget_sends_passages_to_people_when_told_to_without_an_attempt_that_was_paid() {
    let world =
        service_first("one", &[("plate-recognizer.calls_per_day", "1"), ("reading.when_budget_spent", "\"review\"")]);
    let ids = world.record_many(3);
    lease(&world, NOW);
    assert!(theirs(&world, NOW + 1).leases.is_empty());
    for id in &ids[1..] {
        let passage = world.get(id);
        assert_eq!((passage.state, passage.reason.as_deref()), (State::InReview, Some("budget-spent")));
        let attempts = world.ledger.attempts_of(id).unwrap();
        assert_eq!((attempts[0].outcome.as_str(), attempts[0].cost_micros), ("budget-spent", 0));
    }
    assert_eq!(world.number("SELECT calls FROM recognizer_day"), 1);
    world.assert_balanced();
}

#[test]
fn without_money_for_a_second_opinion_the_first_doubt_goes_to_a_person() {
    let more = [("plate-recognizer.calls_per_day", "0"), ("reading.when_budget_spent", "\"review\"")];
    let world = world_with("second-opinion", &more);
    let id = world.record(&passage("1")).passage;
    let first = world.lease(NOW);
    let doubt = Decision::AskSecond(ReviewReason::LowConfidence);
    world.ledger.settle(NOW, &first.attempt_token, read("ABC1234"), doubt).unwrap();
    assert!(theirs(&world, NOW).leases.is_empty());
    let passage = world.get(&id);
    assert_eq!((passage.reason.as_deref(), passage.plate.as_deref()), (Some("low-confidence"), Some("ABC1234")));
    assert!(passage.detail.unwrap().contains("budget"));
    world.assert_balanced();
}

#[test]
fn the_circuit_opens_for_all_and_lets_one_call_try() {
    let world = service_first("one", &[("services.circuit_failures", "2"), ("services.circuit_seconds", "30")]);
    let ids = world.record_many(6);
    for n in 0..2 {
        let leased = lease(&world, NOW + n);
        fail(&world, NOW + n, &leased, "outage", NextStep::RetryAt(NOW + HOUR));
    }
    assert!(theirs(&world, NOW + 10).leases.is_empty());
    let waiting = world.ledger.waiting_for(NOW + 10, &ids[5]).unwrap().unwrap();
    assert_eq!((waiting.reason, waiting.until), (WaitReason::CircuitOpen, Some(NOW + 1 + 30 * SECOND)));
    let trial = NOW + 1 + 30 * SECOND;
    let probe = lease(&world, trial);
    assert!(theirs(&world, trial + 1).leases.is_empty(), "one at a time");
    fail(&world, trial + 5, &probe, "timed-out", NextStep::RetryAt(trial + HOUR));
    assert!(theirs(&world, trial + 10).leases.is_empty(), "open again");
    let again = trial + 5 + 30 * SECOND;
    let probe = lease(&world, again);
    world.ledger.settle(again + 5, &probe.attempt_token, read("ABC1234"), acceptance("ABC1234")).unwrap();
    assert_eq!(theirs(&world, again + 6).leases.len(), 1, "closed");
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'circuit-opened'"), 2);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'circuit-closed'"), 1);
    world.assert_balanced();
}

#[test]
fn a_probe_that_dies_lets_the_next_one_try() {
    let world = service_first("one", &[("services.circuit_failures", "1"), ("services.circuit_seconds", "1")]);
    world.record_many(3);
    let leased = lease(&world, NOW);
    fail(&world, NOW, &leased, "outage", NextStep::RetryAt(NOW + DAY));
    lease(&world, NOW + 2 * SECOND);
    assert!(theirs(&world, NOW + 3 * SECOND).leases.is_empty());
    assert_eq!(theirs(&world, NOW + 2 * SECOND + lease_time()).leases.len(), 1);
}

#[test]
fn an_attempt_that_waits_for_the_service_does_not_count() {
    let world = service_first("one", &[]);
    let id = world.record(&passage("1")).passage;
    let leased = lease(&world, NOW);
    let throttled = tollbooth_ledger::reading::FailedAttempt { retry_after_ms: Some(5_000), ..failed("throttled") };
    world.ledger.settle_failed(NOW, &leased.attempt_token, &throttled, NextStep::Wait).unwrap();
    assert_eq!(world.get(&id).attempts, 0);
    assert!(theirs(&world, NOW + 4_999).leases.is_empty());
    assert_eq!(lease(&world, NOW + 5_000).attempt, 1);
}

#[test]
fn while_the_first_is_out_the_second_takes_its_passages_with_attempts_of_its_own() {
    let world = service_first("fallback", &[("services.circuit_failures", "1"), ("services.circuit_seconds", "60")]);
    world.record_many(2);
    assert!(world.ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.is_empty());
    let leased = lease(&world, NOW);
    fail(&world, NOW, &leased, "outage", NextStep::RetryAt(NOW + 1));
    let ours = world.lease(NOW + 2);
    assert_eq!((ours.recognizer, ours.turn, ours.attempt), (Recognizer::InProcess, Turn::Second, 1));
    world.ledger.settle(NOW + 3, &ours.attempt_token, read("ABC1234"), acceptance("ABC1234")).unwrap();
    world.assert_balanced();
}

#[test]
fn a_lease_that_died_with_the_last_attempt_of_the_first_goes_to_the_second() {
    let world = world_with("fallback", &[("reading.max_attempts", "1")]);
    let id = world.record(&passage("1")).passage;
    world.lease(NOW);
    let later = NOW + lease_time();
    assert!(world.ledger.lease_work(later, "a", 1, OURS).unwrap().leases.is_empty());
    assert_eq!(world.get(&id).state, State::Waiting);
    describe(&world, later);
    assert_eq!(lease(&world, later).turn, Turn::Second);
    world.assert_balanced();
}

#[test]
fn a_photo_that_was_turned_back_for_its_reading_has_no_shadow() {
    let world = world_with("shadow", &[("reading.shadow_percent", "100")]);
    let turn = tollbooth_ledger::learning::NewTurn {
        booth: BOOTH.to_owned(),
        lane: "1".to_owned(),
        camera: "north-1-a".to_owned(),
        turned: tollbooth_pipeline::turned::Turned::Mirrored,
        since: None,
    };
    world.ledger.decide_turn(NOW, &operator(), &turn).unwrap();
    world.record(&passage("1"));
    let ours = world.lease(NOW);
    assert!(ours.learned.is_some_and(|learned| learned.turned.is_some()));
    world.ledger.settle(NOW, &ours.attempt_token, read("ABC1234"), acceptance("ABC1234")).unwrap();
    assert_eq!(world.number("SELECT count(*) FROM shadow_task"), 0);
}

#[test]
fn a_shadow_has_one_attempt_and_touches_no_passage() {
    let world = world_with("shadow", &[("reading.shadow_percent", "100")]);
    for (key, plate) in [("1", "ABC1234"), ("2", "XYZ9876")] {
        world.record(&passage(key));
        let ours = world.lease(NOW);
        world.ledger.settle(NOW, &ours.attempt_token, read(plate), acceptance(plate)).unwrap();
    }
    let before = world.ledger.search(None, None, None, 10).unwrap();
    let shadow = |now| world.ledger.lease_shadow(now, "s", THEIRS).unwrap().lease;
    assert_eq!(world.ledger.lease_shadow(NOW, "a", OURS).unwrap().lease, None);
    let first = shadow(NOW).unwrap();
    world.ledger.settle_shadow(NOW + 9, &first.token, ShadowResult::Read(read("ABC1234"))).unwrap();
    let again = world.ledger.settle_shadow(NOW, &first.token, ShadowResult::Failed(failed("outage")));
    assert_eq!(again, Err(Failure::Refused(Refusal::LostLease)));
    let second = shadow(NOW + 10).unwrap();
    assert_ne!(second.passage, first.passage);
    assert_eq!(shadow(NOW + 20 + lease_time()), None, "it died and is not repeated");
    assert_eq!(world.ledger.search(None, None, None, 10).unwrap(), before);
    assert_eq!(world.number("SELECT calls FROM recognizer_day"), 2, "shadows are paid for");
    let found = world.ledger.recognizers(NOW, NOW - HOUR).unwrap();
    let theirs = found.iter().find(|o| o.recognizer == SERVICE).unwrap();
    assert_eq!((theirs.shadows.calls, theirs.shadows.plates, theirs.shadows.agreed_with_used), (2, 1, 1));
    assert_eq!(theirs.shadows.failures, [("expired".to_owned(), 1)]);
    assert_eq!(theirs.traffic.calls, 0);
    world.assert_balanced();
}

#[test]
fn the_overview_counts_what_happened_and_tells_rates_from_nothing() {
    let world = service_first("one", &[("services.circuit_failures", "1")]);
    let ids = world.record_many(4);
    for (n, plate) in [(0, "ABC1234"), (1, "XYZ9876")] {
        let leased = lease(&world, NOW + n);
        let took = Reading { duration_ms: 100 + 300 * u32::try_from(n).unwrap(), cost_micros: 100, ..read(plate) };
        let referred = Decision::Review(referral(ReviewReason::LowConfidence, Some(plate)));
        let decision = if n == 0 { acceptance(plate) } else { referred };
        world.ledger.settle(NOW + n, &leased.attempt_token, took, decision).unwrap();
    }
    let item = world.claim(NOW, "tok_a", &ids[1]);
    world.ledger.submit(NOW, &reviewer("tok_a"), &ids[1], item.version, &plate("XYZ9870")).unwrap();
    let leased = lease(&world, NOW + 5);
    fail(&world, NOW + 5, &leased, "unauthorized", NextStep::Wait);
    let found = world.ledger.recognizers(NOW + 6, NOW - HOUR).unwrap();
    assert_eq!(found.iter().map(|o| o.recognizer).collect::<Vec<_>>(), Recognizer::ALL);
    let service = found.iter().find(|o| o.recognizer == SERVICE).unwrap();
    assert_eq!((service.phase, service.circuit.open.unwrap().reason), (Phase::Open, OpenReason::Unauthorized));
    assert_eq!((service.waiting, service.calls_today, service.money_today_micros), (2, 3, 300));
    let traffic = &service.traffic;
    assert_eq!((traffic.calls, traffic.plates, traffic.accepted), (3, 2, 1));
    assert_eq!((traffic.compared, traffic.agreed), (2, 1));
    assert_eq!((traffic.compared_with_people, traffic.agreed_with_people), (1, 0));
    assert_eq!((traffic.p50_ms, traffic.p95_ms), (Some(100), Some(400)));
    assert_eq!(traffic.failures, [("unauthorized".to_owned(), 1)]);
    let idle = found.iter().find(|o| o.recognizer == Recognizer::Custom).unwrap();
    assert_eq!((idle.traffic.p50_ms, &idle.description), (None, &None));
}
