//! Two writers who meet on PostgreSQL, forced: one is held before each of its statements in turn, and the other does all of its
//! work there, or gets as far as a lock lets it.
//!
//! Each meeting is held twice. With the locks of `scope.rs` nothing may go wrong, wherever the two meet. Without the one that the
//! meeting is about something must, or the meeting shows nothing: so every scope has a mutant here, and it is caught.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::export::{Begun, Cause};
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::reading::Description;
use tollbooth_ledger::{Failure, Ledger, LedgerError};
use tollbooth_messages::Channel;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

/// Classes of locks, as `scope.rs` has them.
const ADMIN: i64 = 1;
const EXPORT: i64 = 2;
const LEASING: i64 = 3;
const RECOGNIZER: i64 = 4;
const SHADOWS: i64 = 5;
const BOOTH_LOCK: i64 = 6;
const MESSAGES: i64 = 7;
const TELEMETRY: i64 = 8;

const SERVICE: Recognizer = Recognizer::PlateRecognizer;
/// As many events as there are.
const ALL: u32 = 1_000_000;
/// How long two may need to meet.
const PATIENCE: Duration = Duration::from_secs(120);

type Answer = Result<(), String>;
/// Begins what the other does, on a thread of its own.
type Meanwhile = Box<dyn FnOnce() -> JoinHandle<Answer>>;

/// A connection that can be held at a statement, and that can go without a lock.
struct Wired {
    inner: PostgresDb,
    without: &'static [i64],
    statements: Cell<usize>,
    held_at: Cell<Option<usize>>,
    meanwhile: RefCell<Option<Meanwhile>>,
    other: RefCell<Option<JoinHandle<Answer>>>,
}

impl Wired {
    fn open(url: &str, without: &'static [i64]) -> Ledger<Self> {
        let wired = Self {
            inner: PostgresDb::open(url).unwrap(),
            without,
            statements: Cell::new(0),
            held_at: Cell::new(None),
            meanwhile: RefCell::new(None),
            other: RefCell::new(None),
        };
        Ledger::open(wired, None).unwrap()
    }

    fn hold_at(&self, statement: usize, meanwhile: Meanwhile) {
        self.statements.set(0);
        self.held_at.set(Some(statement));
        *self.meanwhile.borrow_mut() = Some(meanwhile);
    }
}

impl Db for Wired {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let number = self.statements.replace(self.statements.get() + 1);
        if self.held_at.get() == Some(number)
            && let Some(meanwhile) = self.meanwhile.borrow_mut().take()
        {
            *self.other.borrow_mut() = Some(meanwhile());
        }
        let locks = |class: &i64| sql.starts_with(&format!("SELECT CAST(pg_advisory_xact_lock({class},"));
        if self.without.iter().any(locks) {
            return Ok(vec![Row(vec![Value::from("")])]);
        }
        self.inner.execute(sql, parameters)
    }
}

/// Two who meet.
struct Meeting {
    name: &'static str,
    /// The locks that it is about; none for one that no lock guards.
    without: &'static [i64],
    before: fn(&Ledger<PostgresDb>),
    one: fn(&Ledger<Wired>) -> Answer,
    other: fn(&Ledger<Wired>) -> Answer,
    /// What is broken afterwards.
    check: fn(&Ledger<PostgresDb>) -> Vec<String>,
}

fn number(db: &impl Db, sql: &str) -> i64 {
    match db.execute(sql, &[]).unwrap().first().and_then(|row| row.0.first().cloned()) {
        Some(Value::Integer(number)) => number,
        other => panic!("{sql}: {other:?}"),
    }
}

fn text(db: &impl Db, sql: &str) -> String {
    match db.execute(sql, &[]).unwrap().first().and_then(|row| row.0.first().cloned()) {
        Some(Value::Text(text)) => text,
        other => panic!("{sql}: {other:?}"),
    }
}

fn set(ledger: &Ledger<PostgresDb>, changes: &[(&str, &str)]) {
    let changes: Vec<_> = changes.iter().map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned()))).collect();
    ledger.put_settings(NOW, &operator(), &changes).unwrap();
}

fn answered<T>(answer: Result<T, LedgerError>) -> Answer {
    answer.map(drop).map_err(|error| format!("was not answered: {error}"))
}

/// A refusal is an answer.
fn answered_or_refused<T, R>(answer: Result<T, Failure<R>>) -> Answer {
    match answer {
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Ledger(error)) => Err(format!("was not answered: {error}")),
    }
}

/// The rule, when the count is beyond its limit.
fn at_most(limit: i64, found: i64, rule: &str) -> Vec<String> {
    if found > limit { vec![format!("{found} {rule}, {limit} at most are allowed")] } else { Vec::new() }
}

fn exported(ledger: &Ledger<Wired>) -> Answer {
    let begun = ledger.begin_export(NOW, &exporter(), Cause::Requested).map_err(|error| error.to_string())?;
    let Begun::Proceed(bound) = begun else { return Ok(()) };
    answered_or_refused(ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact(ledger, &bound)))
}

/// In a transaction of its own, so that it can be held before it is committed.
fn recorded(ledger: &Ledger<Wired>, key: &str, photo: &str) -> Answer {
    let run = |sql: &str| ledger.db().execute(sql, &[]).map_err(|error| error.text);
    run("BEGIN")?;
    answered_or_refused(ledger.record_passage(NOW, &passage_with(key, photo, NOW - 5 * SECOND)))?;
    run("COMMIT").map(drop)
}

fn settled(ledger: &Ledger<Wired>, place: usize) -> Answer {
    let sql = format!("SELECT lease_token FROM passage ORDER BY sequence LIMIT 1 OFFSET {place}");
    answered_or_refused(ledger.settle(NOW, &text(ledger.db(), &sql), reading(), acceptance("PLATE01")))
}

fn meetings() -> Vec<Meeting> {
    vec![
        Meeting {
            name: "two workers, and one lease that the limit allows",
            without: &[LEASING, RECOGNIZER],
            before: |ledger| {
                set(ledger, &[("reading.concurrency", "1")]);
                for key in ["1", "2"] {
                    ledger.record_passage(NOW, &passage(key)).unwrap();
                }
            },
            one: |ledger| answered(ledger.lease_work(NOW, "one", 1, OURS)),
            other: |ledger| answered(ledger.lease_work(NOW, "other", 1, OURS)),
            check: |ledger| {
                let sql = "SELECT count(*) FROM passage WHERE state = 'reading'";
                at_most(1, number(ledger.db(), sql), "leases are out")
            },
        },
        Meeting {
            name: "two workers, and money for one call of a service",
            without: &[RECOGNIZER],
            before: |ledger| {
                set(
                    ledger,
                    &[
                        ("reading.policy", "\"shadow\""),
                        ("reading.shadow_percent", "100"),
                        ("reading.second_recognizer", "\"plate-recognizer\""),
                        ("reading.concurrency", "5"),
                        ("plate-recognizer.calls_per_second", "1000"),
                        ("plate-recognizer.money_per_day_micros", "100"),
                    ],
                );
                let found = Description { component: "recognizer-x".into(), model: "2".into(), price_micros: 100 };
                ledger.describe_recognizer(NOW, SERVICE, Some(&found)).unwrap();
                for key in ["1", "2"] {
                    ledger.record_passage(NOW, &passage(key)).unwrap();
                    let lease = ledger.lease_work(NOW, "ocr-call", 1, OURS).unwrap().leases.remove(0);
                    let plate = acceptance(&format!("PLATE0{key}"));
                    ledger.settle(NOW, &lease.attempt_token, reading(), plate).unwrap();
                }
            },
            one: |ledger| answered(ledger.lease_shadow(NOW, "one", &[SERVICE])),
            other: |ledger| answered(ledger.lease_shadow(NOW, "other", &[SERVICE])),
            check: |ledger| {
                assert_eq!(
                    number(ledger.db(), "SELECT count(*) FROM shadow_task"),
                    2,
                    "there is nothing to meet about"
                );
                at_most(
                    1,
                    number(ledger.db(), "SELECT coalesce(max(calls), 0) FROM recognizer_day"),
                    "calls are paid for",
                )
            },
        },
        Meeting {
            name: "two readings are settled, and one more shadow has room",
            without: &[SHADOWS],
            before: |ledger| {
                set(
                    ledger,
                    &[
                        ("reading.policy", "\"shadow\""),
                        ("reading.shadow_percent", "100"),
                        ("reading.second_recognizer", "\"plate-recognizer\""),
                        ("reading.concurrency", "5"),
                    ],
                );
                // In two booths, so that the lock of a booth does not keep them apart.
                ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
                for at in [BOOTH, "south-1"] {
                    ledger.record_passage(NOW, &passage_at(at, "1", &format!("photo {at}"), NOW)).unwrap();
                }
                ledger.lease_work(NOW, "ocr-call", 2, OURS).unwrap();
                let db = ledger.db();
                db.script(
                    "INSERT INTO passage SELECT (jsonb_populate_record(p, jsonb_build_object('sequence', 1000 + n,
                         'id', 'psg_' || n, 'passage_key', 'many-' || n, 'photo_sha256', lpad(CAST(n AS TEXT), 64, '0'),
                         'state', 'duplicate', 'duplicate_of', p.sequence, 'lease_token', NULL, 'leased_at_ms', NULL,
                         'lease_expires_at_ms', NULL))).*
                     FROM passage p, generate_series(1, 999) n WHERE p.sequence = (SELECT min(sequence) FROM passage);
                     INSERT INTO shadow_task (passage_sequence, recognizer, state, created_at_ms)
                     SELECT sequence, 'plate-recognizer', 'due', 0 FROM passage WHERE sequence > 1000",
                )
                .unwrap();
            },
            one: |ledger| settled(ledger, 0),
            other: |ledger| settled(ledger, 1),
            check: |ledger| {
                let sql = "SELECT count(*) FROM shadow_task WHERE state = 'due'";
                at_most(1_000, number(ledger.db(), sql), "shadows wait")
            },
        },
        Meeting {
            name: "the same frame under two keys",
            without: &[BOOTH_LOCK],
            before: |_| (),
            one: |ledger| recorded(ledger, "one", "frame"),
            other: |ledger| recorded(ledger, "other", "frame"),
            check: |ledger| {
                let sql = "SELECT count(*) FROM passage WHERE state = 'waiting'";
                at_most(1, number(ledger.db(), sql), "passages of one frame are to be read")
            },
        },
        Meeting {
            name: "front and rear of one vehicle are accepted",
            without: &[BOOTH_LOCK],
            before: |ledger| {
                for key in ["front", "rear"] {
                    ledger.record_passage(NOW, &passage(key)).unwrap();
                }
                assert_eq!(ledger.lease_work(NOW, "ocr-call", 2, OURS).unwrap().leases.len(), 2);
            },
            one: |ledger| settled(ledger, 0),
            other: |ledger| settled(ledger, 1),
            check: |ledger| {
                let sql = "SELECT count(*) FROM passage WHERE state = 'accepted'";
                at_most(1, number(ledger.db(), sql), "bills for one crossing")
            },
        },
        Meeting {
            name: "two exporters",
            without: &[EXPORT],
            before: |ledger| {
                set(ledger, &[("export.max_rows", "1"), ("reading.concurrency", "5")]);
                for key in ["1", "2"] {
                    ledger.record_passage(NOW, &passage(key)).unwrap();
                    let lease = ledger.lease_work(NOW, "ocr-call", 1, OURS).unwrap().leases.remove(0);
                    let plate = acceptance(&format!("PLATE0{key}"));
                    ledger.settle(NOW, &lease.attempt_token, reading(), plate).unwrap();
                }
            },
            one: exported,
            other: exported,
            check: |ledger| {
                let db = ledger.db();
                let mut broken = at_most(
                    0,
                    number(db, "SELECT count(*) - count(DISTINCT passage_sequence) FROM bill_line"),
                    "passages are billed twice",
                );
                broken.extend(at_most(
                    0,
                    number(db, "SELECT coalesce(max(sequence), 0) - count(*) FROM export"),
                    "numbers of exports are left out",
                ));
                broken
            },
        },
        Meeting {
            name: "two settings, each of which contradicts the other",
            without: &[ADMIN],
            before: |ledger| set(ledger, &[("reading.call_seconds", "10"), ("reading.lease_seconds", "300")]),
            one: |ledger| {
                let change = [("reading.call_seconds".to_owned(), Some("200".to_owned()))];
                answered_or_refused(ledger.put_settings(NOW, &operator(), &change))
            },
            other: |ledger| {
                let change = [("reading.lease_seconds".to_owned(), Some("100".to_owned()))];
                answered_or_refused(ledger.put_settings(NOW, &operator(), &change))
            },
            check: |ledger| {
                let changes = ledger.admit(BOOTH, "1").unwrap().settings;
                match Settings::from_changes(changes.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
                    Ok(_) => Vec::new(),
                    Err(invalid) => vec![format!("what is in force contradicts itself: {invalid}")],
                }
            },
        },
        Meeting {
            name: "two messengers, and as many e-mails as the server bears at once",
            without: &[MESSAGES],
            before: |ledger| {
                let addresses: Vec<String> = (0..8).map(|n| format!("a{n}@x.org")).collect();
                set(ledger, &[("alerts.mail_to", &format!("\"{}\"", addresses.join(",")))]);
                ledger.test_alert(NOW, &operator(), "export-empty").unwrap();
                let sql = "SELECT count(*) FROM message WHERE channel = 'mail'";
                assert_eq!(number(ledger.db(), sql), 8, "there is nothing to meet about");
            },
            one: |ledger| answered(ledger.lease_messages(NOW, "one", 10, &[Channel::Mail])),
            other: |ledger| answered(ledger.lease_messages(NOW, "other", 10, &[Channel::Mail])),
            check: |ledger| {
                let sql = "SELECT count(*) FROM message WHERE channel = 'mail' AND state = 'leased'";
                at_most(i64::from(Channel::Mail.at_once()), number(ledger.db(), sql), "deliveries are under way")
            },
        },
        Meeting {
            name: "two who add up",
            without: &[TELEMETRY],
            before: |ledger| {
                for key in ["1", "2", "3"] {
                    ledger.record_passage(NOW, &passage(key)).unwrap();
                }
            },
            one: |ledger| answered(ledger.fold_telemetry(NOW, ALL)),
            other: |ledger| answered(ledger.fold_telemetry(NOW, ALL)),
            check: added_up,
        },
        Meeting {
            name: "an event that is committed after a later one was added up",
            without: &[],
            before: |ledger| {
                ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
            },
            one: |ledger| recorded(ledger, "late", "photo late"),
            other: |ledger| {
                ledger.record_passage(NOW, &passage_at("south-1", "1", "photo", NOW)).map_err(|e| format!("{e:?}"))?;
                answered(ledger.fold_telemetry(NOW, ALL))
            },
            check: added_up,
        },
    ]
}

/// Once everything is added up every receipt was counted, and once.
fn added_up(ledger: &Ledger<PostgresDb>) -> Vec<String> {
    ledger.fold_telemetry(NOW, ALL).unwrap();
    let sql = "SELECT CAST(coalesce((SELECT CAST(facts AS json) ->> 'received' FROM telemetry
        WHERE subject = 'all' AND step = 'total'), '0') AS BIGINT) - (SELECT count(*) FROM event WHERE kind = 'received')";
    match number(ledger.db(), sql) {
        0 => Vec::new(),
        apart => vec![format!("{apart} receipts more are added up than there were")],
    }
}

/// The server with databases for the meetings.
struct Place {
    server: Server,
    admin: PostgresDb,
    databases: Cell<u32>,
}

impl Place {
    fn open() -> Option<Self> {
        let server = Server::start(&programs_or_skip("meetings on PostgreSQL")?, Commits::Unsynced).unwrap();
        let admin = PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
        admin.script("CREATE DATABASE migrated TEMPLATE template0").unwrap();
        let ledger = PostgresDb::open(&server.url(SUPERUSER, "migrated")).unwrap();
        let ledger = Ledger::migrate(ledger, Some(NOW)).unwrap();
        ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
        drop(ledger);
        Some(Self { server, admin, databases: Cell::new(0) })
    }

    /// A copy of a database that nobody uses any more.
    fn copy(&self, template: &str) -> String {
        let name = format!("d{}", self.databases.replace(self.databases.get() + 1));
        let deadline = Moment::now() + PATIENCE;
        // A connection that was closed a moment ago may not have ended.
        while let Err(error) = self.admin.script(&format!("CREATE DATABASE {name} TEMPLATE {template}")) {
            assert!(Moment::now() < deadline, "{error:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        name
    }

    fn url(&self, database: &str) -> String {
        self.server.url(SUPERUSER, database)
    }

    fn remove(&self, database: &str) {
        self.admin.script(&format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
    }

    /// Holds a meeting at every statement, with or without its locks, until something is broken. How often they met, and what
    /// is broken.
    fn hold(&self, meeting: &Meeting, without: &'static [i64]) -> (usize, Vec<String>) {
        let prepared = self.copy("migrated");
        let ledger = Ledger::open(PostgresDb::open(&self.url(&prepared)).unwrap(), None).unwrap();
        (meeting.before)(&ledger);
        if without.contains(&BOOTH_LOCK) {
            forget_the_lock_of_recording(ledger.db());
        }
        drop(ledger);
        let mut met = 0;
        loop {
            let database = self.copy(&prepared);
            let found = self.meet(meeting, without, &self.url(&database), met);
            self.remove(&database);
            match found {
                None => break (met, Vec::new()),
                Some(broken) if !broken.is_empty() => break (met + 1, broken),
                Some(_) => met += 1,
            }
        }
    }

    /// What is broken when the one is held at this statement; none when it has fewer.
    fn meet(&self, meeting: &Meeting, without: &'static [i64], url: &str, held_at: usize) -> Option<Vec<String>> {
        let one = Wired::open(url, without);
        let (other, address) = (meeting.other, url.to_owned());
        one.db().hold_at(
            held_at,
            Box::new(move || {
                let observer = PostgresDb::open(&address).unwrap();
                let thread = std::thread::spawn(move || other(&Wired::open(&address, without)));
                let waits = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                let deadline = Moment::now() + PATIENCE;
                while !thread.is_finished() && number(&observer, waits) == 0 {
                    assert!(Moment::now() < deadline, "the other neither ends nor waits");
                    std::thread::sleep(Duration::from_millis(1));
                }
                thread
            }),
        );
        let answer = catch_unwind(AssertUnwindSafe(|| (meeting.one)(&one)));
        let other = one.db().other.borrow_mut().take()?;
        let mut broken = Vec::new();
        for (who, answer) in [("the one", answer), ("the other", other.join())] {
            match answer {
                Ok(Ok(())) => {}
                Ok(Err(text)) => broken.push(format!("{who} {text}")),
                Err(_) => broken.push(format!("{who} met what cannot be")),
            }
        }
        drop(one);
        let ledger = Ledger::open(PostgresDb::open(url).unwrap(), None).unwrap();
        broken.extend((meeting.check)(&ledger));
        if broken.is_empty() {
            balanced(&ledger);
        }
        Some(broken)
    }
}

/// Recording takes its lock inside the database.
fn forget_the_lock_of_recording(db: &PostgresDb) {
    let function = text(
        db,
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE starts_with(CAST(proname AS TEXT), 'record_passage_')",
    );
    let lock = format!("PERFORM pg_advisory_xact_lock({BOOTH_LOCK}, hashtext($2));");
    assert_eq!(function.matches(&lock).count(), 1, "{function}");
    db.script(&function.replace(&lock, "")).unwrap();
}

#[test]
fn wherever_two_writers_meet_the_locks_keep_every_rule_and_without_them_each_rule_is_broken() {
    let Some(place) = Place::open() else { return };
    for meeting in meetings() {
        let (met, broken) = place.hold(&meeting, &[]);
        assert!(broken.is_empty(), "{}, held at statement {}: {broken:?}", meeting.name, met - 1);
        assert!(met > 2, "{}: they met {met} times, which shows nothing", meeting.name);
        if !meeting.without.is_empty() {
            let (met, broken) = place.hold(&meeting, meeting.without);
            assert!(!broken.is_empty(), "{}: without its locks they met {met} times, and nothing broke", meeting.name);
        }
    }
}
