//! Many connections at once.

use std::sync::{Barrier, Mutex};

use tollbooth_ledger::export::{Begun, Cause};
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::review::{Filter, Refusal};
use tollbooth_ledger::{Actor, Failure};
use tollbooth_pipeline::state::State;

use crate::booth::*;

/// Runs `work` on `count` threads that start together, each with a connection of its own.
fn together<T: Send>(world: &World, count: usize, work: impl Fn(usize, &TestLedger) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    let path = &world.path;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|n| {
                let (start, work) = (&start, &work);
                scope.spawn(move || {
                    let ledger = open(path);
                    start.wait();
                    work(n, &ledger)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn the_same_key_raced_from_many_connections_is_new_exactly_once() {
    let world = world();
    for round in 0..10 {
        let new = passage(&round.to_string());
        let answers = together(&world, 8, |_, ledger| ledger.record_passage(NOW, &new).unwrap());
        let fresh = answers.iter().filter(|a| matches!(a, Recorded::New(_))).count();
        let same = answers.iter().filter(|a| matches!(a, Recorded::Same(_))).count();
        assert_eq!((fresh, same), (1, 7));
    }
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'received'"), 10);
    world.assert_balanced();
}

#[test]
fn different_photos_raced_under_one_key_leave_one_passage_and_conflicts() {
    let world = world();
    let answers = together(&world, 8, |n, ledger| {
        ledger.record_passage(NOW, &passage_with("1", &format!("photo {n}"), NOW)).unwrap()
    });
    assert_eq!(answers.iter().filter(|a| matches!(a, Recorded::New(_))).count(), 1);
    assert_eq!(answers.iter().filter(|a| matches!(a, Recorded::Conflict(_))).count(), 7);
    world.assert_balanced();
}

#[test]
fn the_same_frame_raced_under_many_keys_is_one_original_and_duplicates() {
    let world = world();
    together(&world, 8, |n, ledger| ledger.record_passage(NOW, &passage_with(&n.to_string(), "photo", NOW)).unwrap());
    assert_eq!(world.number("SELECT count(*) FROM passage WHERE state = 'waiting'"), 1);
    assert_eq!(world.number("SELECT count(DISTINCT duplicate_of) FROM passage"), 1);
    assert_eq!(world.number("SELECT count(*) FROM passage WHERE state = 'duplicate'"), 7);
    world.assert_balanced();
}

#[test]
fn leases_from_many_workers_never_exceed_the_limit_and_never_overlap() {
    let world = world();
    world.set(&[("reading.concurrency", "3")]);
    world.record_many(60);
    let leased = Mutex::new(Vec::new());
    together(&world, 8, |n, ledger| {
        let worker = format!("worker-{n}");
        loop {
            let work = ledger.lease_work(NOW, &worker, 2, OURS).unwrap();
            let live = ledger.look(NOW).unwrap().live_leases;
            assert!(live <= 3, "{live} leases at once");
            for lease in &work.leases {
                leased.lock().unwrap().push(lease.passage.clone());
                let plate = format!("P{}", &lease.passage.to_uppercase()[4..12]);
                ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(&plate)).unwrap();
            }
            if work.leases.is_empty() && work.backlog == 0 {
                break;
            }
        }
    });
    let mut leased = leased.into_inner().unwrap();
    leased.sort();
    leased.dedup();
    assert_eq!(leased.len(), 60);
    assert_eq!(world.number("SELECT count(*) FROM reading_attempt"), 60, "nothing was read twice");
    world.assert_balanced();
}

#[test]
fn one_attempt_settled_from_many_sides_is_recorded_once() {
    let world = world();
    let id = world.record(&passage("1")).passage;
    let lease = world.lease(NOW);
    let answers = together(&world, 8, |n, ledger| {
        if n % 2 == 0 {
            ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(&format!("PLATE{n}"))).is_ok()
        } else {
            ledger.give_back(NOW, &lease.attempt_token).is_ok()
        }
    });
    assert_eq!(answers.iter().filter(|done| **done).count(), 1);
    assert_eq!(world.kinds(&id).len(), 3);
    world.assert_balanced();
}

#[test]
fn an_expired_lease_is_taken_back_once_by_many_workers() {
    let world = world();
    world.set(&[("reading.concurrency", "1")]);
    let id = world.record(&passage("1")).passage;
    world.lease(NOW);
    let found = together(&world, 8, |n, ledger| {
        ledger.lease_work(NOW + HOUR, &format!("worker-{n}"), 1, OURS).unwrap().leases.len()
    });
    assert_eq!(found.iter().sum::<usize>(), 1);
    assert_eq!(world.kinds(&id), ["received", "leased", "lease-expired", "leased"]);
    world.assert_balanced();
}

#[test]
fn front_and_rear_settled_at_once_are_accepted_once() {
    let world = world();
    for round in 0..5 {
        world.record(&passage(&format!("front-{round}")));
        world.record(&passage(&format!("rear-{round}")));
        let leases = world.ledger.lease_work(NOW, "a", 2, OURS).unwrap().leases;
        let states = together(&world, 2, |n, ledger| {
            let plate = acceptance(&format!("PLATE{round}"));
            ledger.settle(NOW, &leases[n].attempt_token, reading(), plate).unwrap().state
        });
        assert!(states.contains(&State::Accepted) && states.contains(&State::InReview), "{states:?}");
    }
    world.assert_balanced();
}

#[test]
fn overlapping_exports_bind_each_passage_once() {
    let world = world();
    world.set(&[("export.max_rows", "3")]);
    for n in 0..20 {
        world.accepted(&n.to_string(), &format!("{n:02}PLATE{n:02}"));
    }
    together(&world, 4, |_, ledger| {
        // Several finish the same export: each renders the same bytes, and publishing again is no harm.
        while let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Scheduled).unwrap() {
            publish(ledger, NOW, &bound);
        }
    });
    assert_eq!(world.number("SELECT count(*) FROM bill_line"), 20);
    assert_eq!(world.number("SELECT count(DISTINCT passage_sequence) FROM bill_line"), 20);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'billed'"), 20);
    assert_eq!(world.number("SELECT count(*) FROM export"), 7);
    assert_eq!(world.number("SELECT max(sequence) FROM export"), 7, "no gap in the sequence");
    world.assert_balanced();
}

#[test]
fn many_reviewers_get_a_review_each() {
    let world = world();
    for n in 0..8 {
        world.in_review(&n.to_string());
    }
    let mut claimed = together(&world, 8, |n, ledger| {
        let item = ledger.claim_next(NOW, &reviewer(&format!("tok_{n}")), None, &Filter::default()).unwrap();
        item.expect("there is one for each").passage
    });
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 8);
    world.assert_balanced();
}

#[test]
fn two_reviewers_can_not_decide_the_same_passage() {
    let world = world();
    for round in 0..5 {
        let item = world.in_review(&round.to_string());
        let answers = together(&world, 2, |n, ledger| {
            let who = reviewer(&format!("tok_{n}"));
            ledger.claim_next(NOW, &who, Some(&item.id), &Filter::default())?;
            ledger.submit(NOW, &who, &item.id, item.version, &plate(&format!("PLATE{round}{n}")))
        });
        assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
        let loser = answers.into_iter().find_map(Result::err).unwrap();
        // Too late for the claim, or for the passage altogether.
        assert!(
            matches!(loser, Failure::Refused(Refusal::ClaimedByOther(_) | Refusal::WrongState(State::Accepted))),
            "{loser:?}"
        );
    }
    assert_eq!(world.number("SELECT count(*) FROM verdict"), 5);
    world.assert_balanced();
}

#[test]
fn at_most_one_caller_wakes_the_reading_stage() {
    let world = world();
    let answers = together(&world, 8, |_, ledger| ledger.claim_wake_up(NOW, 500).unwrap());
    assert_eq!(answers.iter().filter(|woken| **woken).count(), 1);
}

#[test]
fn reopening_and_binding_at_once_never_bills_what_is_open() {
    let world = world();
    for round in 0..8 {
        let passage = world.accepted(&round.to_string(), &format!("PLATE{round}"));
        together(&world, 2, |n, ledger| {
            if n == 0 {
                let _ = ledger.reopen(
                    NOW,
                    &reviewer("tok_s"),
                    &passage.id,
                    passage.version,
                    "doubt",
                    tollbooth_pipeline::export::Cause::Error,
                );
            } else {
                export(ledger, NOW);
            }
        });
        let after = world.get(&passage.id);
        assert_eq!(after.export_sequence.is_some(), after.state == State::Accepted, "{after:?}");
    }
    world.assert_balanced();
}

#[test]
fn a_writer_who_died_inside_a_transaction_blocks_nobody() {
    let world = world();
    let dead = world.another();
    begin_writing(&dead);
    dead.record_passage(NOW, &passage("lost")).unwrap();
    drop(dead);
    world.record(&passage("kept"));
    assert_eq!(world.number("SELECT count(*) FROM passage"), 1);
    assert_eq!(world.kinds(&passage("lost").passage), [""; 0]);
    assert!(world.ledger.lease_work(NOW, &Actor::system("a").id, 1, OURS).is_ok());
    world.assert_balanced();
}
