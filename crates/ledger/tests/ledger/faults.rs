//! Every statement of every call fails once, and then for good: nothing may be left half done.
//!
//! SQLite tests itself this way: the Nth call fails, N = 1, 2, 3 … until a run is clean.

use std::cell::Cell;

use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::export::Cause;
use tollbooth_ledger::export::acknowledge::Answer;
use tollbooth_ledger::learning::NewTurn;
use tollbooth_ledger::reading::NextStep;
use tollbooth_ledger::review::Filter;
use tollbooth_ledger::{Actor, Failure, Ledger, LedgerError};
use tollbooth_pipeline::export::{Cause as Why, Disposition};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::turned::Turned;

use crate::booth::*;
use crate::site::connection;
use tollbooth_ledger::admin::{Push, Token};
use tollbooth_ledger::desk::What;

/// A connection on which a call fails after so many that did not.
pub struct Failing<'a> {
    inner: &'a dyn Db,
    left: Cell<u32>,
    for_good: bool,
    /// The statement is carried out, only its answer gets lost.
    answer_lost: bool,
}

impl<'a> Failing<'a> {
    /// After `left` calls nothing works any more: a crash, a power cut.
    pub fn for_good(inner: &'a dyn Db, left: u32) -> Self {
        Self { inner, left: Cell::new(left), for_good: true, answer_lost: false }
    }

    /// The ledger on it. Nothing fails while it is opened: migrations are tested elsewhere.
    pub fn opened(&self) -> Ledger<&Self> {
        let left = self.left.replace(u32::MAX);
        let ledger = Ledger::open(self, Some(NOW)).unwrap();
        self.left.set(left);
        ledger
    }
}

impl Db for &Failing<'_> {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let broken = Err(DbError::new("the disk failed"));
        match self.left.get() {
            0 if self.for_good => return broken,
            0 => {
                self.left.set(u32::MAX);
                if self.answer_lost {
                    self.inner.execute(sql, parameters)?;
                }
                return broken;
            }
            u32::MAX => {}
            left => self.left.set(left - 1),
        }
        self.inner.execute(sql, parameters)
    }
}

/// Everything in the file.
pub fn contents(world: &World) -> Vec<Vec<Row>> {
    [
        "passage",
        "event",
        "reading_attempt",
        "verdict",
        "opinion",
        "blind_review",
        "flag",
        "assignment",
        "export",
        "bill_line",
        "recall",
        "correction",
        "disposition",
        "adopted_line",
        "adopted_correction",
        "adopted_answer",
        "lost_file",
        "export_run",
        "message",
        "message_alert",
        "message_attempt",
        "message_channel",
        "alert",
        "alert_condition",
        "alert_rule",
        "alert_rule_version",
        "alert_snooze",
        "alert_watch",
        "token",
        "booth",
        "setting",
        "wake_up",
        "storage_full",
        "camera_text",
        "camera_turn",
        "session",
        "sign_in_link",
        "person",
        "finished_sign_in",
        "preference",
        "export_copy",
        "confusion",
    ]
    .iter()
    .map(|table| world.sql(&format!("SELECT * FROM {table} ORDER BY 1")).unwrap())
    .collect()
}

type Call = fn(&Ledger<&Failing<'_>>, &World) -> Result<(), LedgerError>;

/// A refusal is an answer; only a ledger that did not answer is a failure here.
pub fn answered<T, R>(answer: Result<T, Failure<R>>) -> Result<(), LedgerError> {
    match answer {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Ledger(error)) => Err(error),
    }
}

/// A ledger with something in every state, one live lease and one open claim of `tok_a`.
fn busy_world() -> World {
    let world = world();
    world.set(&[("reading.concurrency", "10")]);
    world.accepted("billed", "BILLED1");
    let confirmed = world.accepted("confirmed", "CON1234");
    world.export(NOW - HOUR);
    let who = reviewer("tok_a");
    world.ledger.reopen(NOW, &who, &confirmed.id, confirmed.version, "doubt", Why::Error).unwrap();
    world.claim(NOW, "tok_a", &confirmed.id);
    world.accepted("accepted", "ABC1234");
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_camera"), &[9; 32]).unwrap();
    let claimed = world.in_review("claimed");
    world.claim(NOW, "tok_a", &claimed.id);
    world.in_review("unclaimed");
    let person = Token { role: Role::Reviewer, booth: None, ..camera_token("tok_b") };
    world.ledger.create_token(NOW, &operator(), &person, &[8; 32]).unwrap();
    let flagged = world.in_review("flagged");
    world.claim(NOW, "tok_b", &flagged.id);
    world.ledger.flag(NOW, &reviewer("tok_b"), &flagged.id, flagged.version, "two plates").unwrap();
    let given = world.in_review("given");
    world.ledger.assign(NOW, &supervisor(), "tok_b", &What::These(vec![given.id])).unwrap();
    world.record(&passage("leased"));
    world.lease(NOW);
    world.record(&passage("waiting"));
    world
}

fn supervisor() -> Actor {
    actor(Role::Supervisor, "tok_s")
}

fn id(key: &str) -> String {
    passage(key).passage
}

fn live_token(world: &World) -> String {
    match world.sql("SELECT token FROM reading_attempt WHERE outcome = 'running'").unwrap().remove(0).0.remove(0) {
        Value::Text(token) => token,
        other => panic!("{other:?}"),
    }
}

const CALLS: &[(&str, Call)] = &[
    ("record", |l, _| answered(l.record_passage(NOW, &passage("new")))),
    ("wake up", |l, _| l.claim_wake_up(NOW, 500).map(drop)),
    ("note a full disk", |l, _| l.note_storage_full(NOW)),
    ("lease", |l, _| l.lease_work(NOW, "a", 5, OURS).map(drop)),
    ("take back", |l, _| l.lease_work(NOW + HOUR, "a", 0, OURS).map(drop)),
    ("a worker died", |l, _| l.workers_died(NOW, "b", &["ocr-call".to_owned()]).map(drop)),
    ("settle", |l, w| answered(l.settle(NOW, &live_token(w), reading(), acceptance("NEW1")))),
    ("settle a double", |l, w| answered(l.settle(NOW, &live_token(w), reading(), acceptance("ABC1234")))),
    ("settle failed", |l, w| answered(l.settle_failed(NOW, &live_token(w), &failed("outage"), NextStep::RetryAt(NOW)))),
    ("refer", |l, w| {
        let review = NextStep::Review(referral(ReviewReason::BudgetSpent, None));
        answered(l.settle_failed(NOW, &live_token(w), &failed("quota-exhausted"), review))
    }),
    ("give back", |l, w| answered(l.give_back(NOW, &live_token(w)))),
    ("claim", |l, _| answered(l.claim_next(NOW, &reviewer("tok_b"), None, &Filter::default()))),
    ("release", |l, w| answered(l.release(NOW, &reviewer("tok_a"), &id("claimed"), w.get(&id("claimed")).version))),
    ("submit a plate", |l, w| {
        let version = w.get(&id("claimed")).version;
        answered(l.submit(NOW, &reviewer("tok_a"), &id("claimed"), version, &plate("XYZ9876")))
    }),
    ("reject", |l, w| {
        answered(l.submit(NOW, &reviewer("tok_a"), &id("claimed"), w.get(&id("claimed")).version, &reject()))
    }),
    ("reprocess", |l, w| answered(l.reprocess(NOW, &reviewer("tok_a"), &id("claimed"), w.get(&id("claimed")).version))),
    ("say that a camera is turned", |l, _| {
        let turn = NewTurn {
            booth: BOOTH.to_owned(),
            lane: "1".to_owned(),
            camera: "north-1-a".to_owned(),
            turned: Turned::Mirrored,
            since: None,
        };
        answered(l.decide_turn(NOW, &operator(), &turn))
    }),
    ("reopen", |l, w| {
        answered(l.reopen(
            NOW,
            &reviewer("tok_s"),
            &id("accepted"),
            w.get(&id("accepted")).version,
            "doubt",
            Why::Error,
        ))
    }),
    ("reopen what was billed", |l, w| {
        answered(l.reopen(NOW, &reviewer("tok_s"), &id("billed"), w.get(&id("billed")).version, "doubt", Why::Dispute))
    }),
    ("confirm what was billed", |l, w| {
        let version = w.get(&id("confirmed")).version;
        answered(l.submit(NOW, &reviewer("tok_a"), &id("confirmed"), version, &plate("CON1234")))
    }),
    ("decide what was billed otherwise", |l, w| {
        let version = w.get(&id("confirmed")).version;
        answered(l.submit(NOW, &reviewer("tok_a"), &id("confirmed"), version, &reject()))
    }),
    ("acknowledge", |l, _| {
        let answer = |key: &str, outcome, reason: Option<&str>| Answer {
            passage: id(key),
            outcome,
            reason: reason.map(ToOwned::to_owned),
        };
        let answers = [
            answer("billed", Disposition::Refused, Some("unknown tariff")),
            answer("confirmed", Disposition::Billed, None),
        ];
        answered(l.acknowledge(NOW, &actor(Role::Billing, "tok_b"), 1, &answers))
    }),
    ("flag", |l, w| {
        answered(l.flag(NOW, &reviewer("tok_a"), &id("claimed"), w.get(&id("claimed")).version, "two plates"))
    }),
    ("take a flag back", |l, w| {
        answered(l.unflag(NOW, &reviewer("tok_b"), &id("flagged"), w.get(&id("flagged")).version))
    }),
    ("assign", |l, _| {
        let what = What::These(vec![id("claimed"), id("unclaimed"), id("given")]);
        answered(l.assign(NOW, &supervisor(), "tok_b", &what))
    }),
    ("assign the oldest", |l, _| answered(l.assign(NOW, &supervisor(), "tok_b", &What::Oldest(Filter::default(), 10)))),
    ("give back what was assigned", |l, _| answered(l.unassign(NOW, &reviewer("tok_b"), &id("given")))),
    ("begin an export", |l, _| l.begin_export(NOW, &exporter(), Cause::Requested).map(drop)),
    ("put a booth", |l, _| answered(l.put_booth(NOW, &operator(), &booth("south-1")))),
    ("create a token", |l, _| answered(l.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]))),
    ("set a camera up for pushes", |l, _| {
        let push = Push { token: "tok_camera".into(), lane: None, camera: "c".into(), time_zone: None, updated_at: 0 };
        answered(l.put_push(NOW, &operator(), &push))
    }),
    ("first operator", |l, _| l.ensure_first_operator(NOW, &[1; 32])),
    ("put settings", |l, _| {
        let changes = [("export.max_rows".to_owned(), Some("5".to_owned())), ("reading.concurrency".to_owned(), None)];
        answered(l.put_settings(NOW, &operator(), &changes))
    }),
];

/// Calls again and again, one more statement succeeding each time, until nothing fails.
fn at_every_statement(name: &str, call: Call, for_good: bool) {
    let world = busy_world();
    let before = contents(&world);
    for left in 0.. {
        let db = connection(&world.path);
        let failing = Failing { for_good, ..Failing::for_good(&db, left) };
        let ledger = failing.opened();
        let answer = call(&ledger, &world);
        if answer.is_ok() {
            assert!(left > 0, "{name}: not one statement");
            assert_ne!(contents(&world), before, "{name}: did nothing");
            break;
        }
        assert!(matches!(answer, Err(LedgerError::Unavailable { .. })), "{name} {left}: {answer:?}");
        if !for_good {
            // The same connection goes on as if nothing had happened.
            ledger.look(NOW).unwrap();
        }
        drop(db);
        assert_eq!(contents(&world), before, "{name}: half done after {left} statements");
    }
    world.assert_balanced();
}

#[test]
fn a_statement_that_fails_leaves_everything_as_it_was_and_the_connection_usable() {
    CALLS.iter().for_each(|(name, call)| at_every_statement(name, *call, false));
}

#[test]
fn a_crash_at_any_statement_leaves_everything_as_it_was() {
    CALLS.iter().for_each(|(name, call)| at_every_statement(name, *call, true));
}

#[test]
fn a_publication_that_fails_at_any_statement_is_repeated_without_harm() {
    for for_good in [false, true] {
        let world = busy_world();
        world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
        let bound = world.ledger.export(2).unwrap().unwrap();
        let artefact = artefact(&world.ledger, &bound);
        let before = contents(&world);
        for left in 3.. {
            let db = connection(&world.path);
            let failing = Failing { for_good, ..Failing::for_good(&db, left) };
            let ledger = failing.opened();
            if ledger.publish_export(NOW, &exporter(), 2, &artefact).is_ok() {
                break;
            }
            drop(db);
            assert_eq!(contents(&world), before, "after {left} statements");
        }
        assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'billed'"), 3);
        world.assert_balanced();
    }
}

/// An export in steps of one line: whatever dies, what was committed stands, the balance closes, and the next one goes on.
#[test]
fn an_export_in_steps_that_fails_at_any_statement_is_gone_on_with_and_bills_each_line_once() {
    let world = busy_world();
    // The photo that waited there.
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("DEF5678")).unwrap();
    world.set(&[("export.step_rows", "1")]);
    let (mut failures, mut begun, mut published) = (0, false, false);
    for left in 0.. {
        let db = connection(&world.path);
        // Each run comes a few statements further than the one before, also after the steps that are done.
        let failing = Failing::for_good(&db, left % 40);
        let ledger = failing.opened();
        if !begun {
            begun = ledger.begin_export(NOW, &exporter(), Cause::Requested).is_ok();
        } else {
            let bound = world.ledger.export(2).unwrap().unwrap();
            published = ledger.publish_export(NOW, &exporter(), 2, &artefact(&world.ledger, &bound)).is_ok();
        }
        failures += u32::from(!published);
        drop(db);
        world.assert_balanced();
        assert_eq!(world.ledger.inspect(0, 100).unwrap().contradictions, [], "after {left} statements");
        assert_eq!(world.ledger.published_exports(1, 10).unwrap().len(), usize::from(published), "whole, or not seen");
        if published {
            break;
        }
    }
    assert!(failures > 15, "only {failures} statements failed");
    assert_eq!(world.ledger.export(2).unwrap().unwrap().rows, 2);
    assert_eq!(world.number("SELECT count(*) - count(DISTINCT passage_sequence) FROM event WHERE kind = 'billed'"), 0);
    assert_eq!(world.number("SELECT count(*) FROM bill_line WHERE export_sequence = 2"), 2);
}

#[test]
fn a_commit_whose_answer_is_lost_can_be_asked_again() {
    for (name, call) in CALLS {
        let world = busy_world();
        // Find the commit: the last statement of a call that succeeds, counted on a copy of the same world.
        let statements = {
            let other = busy_world();
            let mut count = 0;
            loop {
                let db = connection(&other.path);
                let failing = Failing::for_good(&db, count);
                let ledger = failing.opened();
                if call(&ledger, &other).is_ok() {
                    break count;
                }
                count += 1;
            }
        };
        for lost in 0..statements {
            let db = connection(&world.path);
            let failing = Failing { for_good: false, answer_lost: true, ..Failing::for_good(&db, lost) };
            let ledger = failing.opened();
            // A token that is settled by now is no longer live: then there is nothing left to ask.
            let settled = name.contains("settle") || ["refer", "give back"].contains(name);
            if settled && world.number("SELECT count(*) FROM reading_attempt WHERE outcome = 'running'") == 0 {
                break;
            }
            let _ = call(&ledger, &world);
            drop(db);
            world.assert_balanced();
        }
        assert_eq!(world.number("SELECT count(*) - count(DISTINCT passage_sequence) FROM bill_line"), 0, "{name}");
    }
}
