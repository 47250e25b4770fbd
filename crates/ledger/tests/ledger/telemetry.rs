//! Telemetry: exact against the balance, whole after any fault, and the same on both databases.

use tollbooth_ledger::Ledger;
use tollbooth_ledger::LedgerError;
use tollbooth_ledger::db::Db;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::reading::NextStep;
use tollbooth_ledger::telemetry::Rollup;
use tollbooth_pipeline::export::Cause;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};
use tollbooth_telemetry::{Facts, Standing, Step, Subject, histogram};

use crate::booth::*;
use crate::correct::{decide_again, reopen};
use crate::faults::Failing;
use crate::site::connection;

/// As many events as there are in a test.
const ALL: u32 = 1_000_000;

fn total<D: Db>(ledger: &Ledger<D>, subject: &Subject, step: Step) -> Facts {
    let mut sum = Facts::default();
    for Rollup { facts, .. } in ledger.rollups(subject, step, 0, i64::MAX).unwrap() {
        sum.merge(&facts);
    }
    sum
}

fn north() -> Subject {
    Subject::Booth(BOOTH.into())
}

/// Passages in every state, two exports, one failed attempt, one reopened.
fn busy() -> World {
    let world = world();
    world.set(&[("reading.concurrency", "10")]);
    world.accepted("billed", "BILLED1");
    world.export(NOW - HOUR);
    world.accepted("to-bill", "ABC1234");
    let claimed = world.in_review("claimed");
    world.claim(NOW, "tok_a", &claimed.id);
    world.ledger.submit(NOW + 40 * SECOND, &reviewer("tok_a"), &claimed.id, claimed.version, &reject()).unwrap();
    world.in_review("open");
    world.record(&passage_with("copy", "photo open", NOW - 5 * SECOND));
    world.record(&passage("leased"));
    world.lease(NOW);
    world.record(&passage("again"));
    let lease = world.lease(NOW);
    world.fail(NOW + 3 * SECOND, &lease, NextStep::RetryAt(NOW + HOUR));
    world.record(&passage("waiting"));
    world.ledger.count_refusal(NOW, BOOTH, "image-size").unwrap();
    world
}

fn assert_as_the_balance<D: Db>(ledger: &Ledger<D>) {
    let standing = ledger.telemetry_standing().unwrap();
    for row in ledger.balance(None, None).unwrap() {
        let counts = &standing.booths[&row.booth].counts;
        // A count below zero is none that the balance has.
        let found = |state: &str| u64::try_from(counts.get(state).copied().unwrap_or_default()).unwrap_or(u64::MAX);
        let state = row.from_state;
        assert_eq!(
            [
                found("received"),
                found("waiting"),
                found("reading"),
                found("in-review"),
                found("accepted"),
                found("rejected"),
                found("duplicate"),
                found("billed"),
                found("to-bill"),
            ],
            [
                state.received,
                state.waiting,
                state.reading,
                state.in_review,
                state.accepted,
                state.rejected,
                state.duplicate,
                state.billed,
                state.awaiting_export,
            ],
            "{} {}",
            row.booth,
            row.hour
        );
    }
}

#[test]
fn what_is_added_up_is_what_the_balance_counts() {
    let world = busy();
    let folded = world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    assert!(!folded.behind && folded.events > 20, "{folded:?}");
    assert_as_the_balance(&world.ledger);
    for step in Step::ALL {
        for subject in [Subject::All, north()] {
            let facts = total(&world.ledger, &subject, step);
            let of = |name: &str| facts.get(name);
            assert_eq!((of("received"), of("duplicate"), of("refused.image-size")), (8, 1, 1), "{subject} {step}");
            assert_eq!((of("accepted.judge"), of("rejected.no-plate"), of("billed")), (2, 1, 1), "{subject} {step}");
            assert_eq!((of("blamed.vehicle"), facts.total("blamed")), (1, 1), "{subject} {step}");
            assert_eq!((of("leased"), of("read"), of("read_failed.timed-out")), (6, 4, 1), "{subject} {step}");
            assert_eq!(facts.total("referred"), 2, "{subject} {step}");
            assert_eq!(of("review_ms.sum"), 40_000, "{subject} {step}");
            assert_eq!(of("reading_run_ms.sum"), 3_000, "{subject} {step}");
            assert_eq!(histogram::quantile(&facts, "lag_ms", 0.5).map(|ms| (2_500..=5_000).contains(&ms)), Some(true));
        }
    }
    let calls = total(&world.ledger, &Subject::Recognizer("in-process".into()), Step::Day);
    assert_eq!((calls.get("calls.read"), calls.get("calls.timed-out"), calls.total("call_ms")), (4, 1, 4));
    let cameras = world.ledger.rollups_of_all("camera", Step::Hour, 0, i64::MAX).unwrap();
    assert_eq!(cameras.iter().map(|camera| camera.rollup.facts.get("received")).sum::<i64>(), 8);
    let of = |booth: &str| world.ledger.rollups_of_all(&format!("camera:{booth}"), Step::Hour, 0, i64::MAX).unwrap();
    assert_eq!((of(BOOTH), of("north")), (cameras, Vec::new()), "a booth is not what its name begins with");
    let standing = world.ledger.telemetry_standing().unwrap();
    assert_eq!(standing.oldest("waiting"), Some(NOW));
    assert_eq!(standing.booths[BOOTH].last_received, Some(NOW));
}

#[test]
fn what_was_billed_and_is_opened_again_is_neither_billed_nor_to_be_billed() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    let standing = |what: &str| {
        world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
        assert_as_the_balance(&world.ledger);
        let counts = world.ledger.telemetry_standing().unwrap().booths[BOOTH].counts.clone();
        let of = |state: &str| counts.get(state).copied().unwrap_or_default();
        assert_eq!(of("accepted") + of("rejected") + of("in-review"), 1, "{what}");
        (of("billed"), of("to-bill"))
    };
    assert_eq!(standing("accepted"), (0, 1));
    world.export(NOW);
    assert_eq!(standing("billed"), (1, 0));
    reopen(&world, &billed.id, Cause::Dispute);
    assert_eq!(standing("in question"), (0, 0));
    decide_again(&world, &billed.id, &plate("XYZ9876"));
    assert_eq!(standing("a correction is due"), (0, 0));
    decide_again(&world, &billed.id, &reject());
    assert_eq!(standing("a withdrawal is due instead"), (0, 0));
    world.export(NOW);
    assert_eq!(standing("withdrawn"), (0, 0));
    decide_again(&world, &billed.id, &plate("LAST567"));
    world.export(NOW);
    assert_eq!(standing("billed otherwise"), (1, 0));
    decide_again(&world, &billed.id, &plate("LAST567"));
    assert_eq!(standing("confirmed"), (1, 0));
    let reopened = total(&world.ledger, &north(), Step::Total).get("reopened");
    assert_eq!(reopened, 4, "however the event of it is called");
}

#[test]
fn adding_up_in_small_parts_and_often_gives_the_same_as_at_once() {
    let (once, often) = (busy(), busy());
    once.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    for _ in 0..3 {
        often.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    }
    let another = often.another();
    another.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    assert_eq!(total(&often.ledger, &north(), Step::Hour), total(&once.ledger, &north(), Step::Hour));
    let standing = |world: &World| Standing { version: 0, ..world.ledger.telemetry_standing().unwrap() };
    assert_eq!(standing(&often), standing(&once));
}

/// Everything that was added up; how often is no part of it.
fn added_up(world: &World) -> Vec<Facts> {
    [Subject::All, north(), Subject::Recognizer("in-process".into())]
        .iter()
        .flat_map(|subject| Step::ALL.map(|step| total(&world.ledger, subject, step)))
        .map(|mut facts| {
            facts.set("folds", 0);
            facts
        })
        .collect()
}

#[test]
fn a_crash_at_any_statement_neither_loses_nor_doubles_a_count() {
    let reference = busy();
    reference.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    let expected = added_up(&reference);
    let mut left = 0;
    loop {
        let world = busy();
        let db = connection(&world.path);
        let dying = Failing::for_good(&db, left);
        let answer = dying.opened().fold_telemetry(NOW + MINUTE, ALL);
        drop(db);
        world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
        assert_eq!(added_up(&world), expected, "after {left} statements");
        assert_as_the_balance(&world.ledger);
        match answer {
            Ok(_) => break,
            Err(LedgerError::Unavailable { .. }) => left += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(left > 20, "it died {left} times");
}

#[test]
fn while_it_is_switched_off_nothing_is_added_up_and_nothing_is_lost() {
    let world = busy();
    world.set(&[("telemetry.enabled", "false")]);
    assert_eq!(world.ledger.fold_telemetry(NOW, ALL).unwrap().events, 0);
    assert!(total(&world.ledger, &Subject::All, Step::Hour).is_empty());
    assert!(world.ledger.telemetry_standing().unwrap().is_off, "whoever reads the figures is told");
    world.set(&[("telemetry.enabled", "true")]);
    world.ledger.fold_telemetry(NOW, ALL).unwrap();
    assert!(!world.ledger.telemetry_standing().unwrap().is_off);
    assert_as_the_balance(&world.ledger);
}

#[test]
fn when_the_rules_of_alerts_were_looked_at_is_known_also_while_nothing_is_added_up() {
    let world = world();
    let looked_at = || world.ledger.telemetry_standing().unwrap().alerts_looked_at;
    assert_eq!(looked_at(), None);
    world.set(&[("telemetry.enabled", "false")]);
    for at in [NOW, NOW + HOUR] {
        world.ledger.evaluate_alerts(at).unwrap();
        world.ledger.fold_telemetry(at, ALL).unwrap();
        assert_eq!(looked_at(), Some(at));
    }
}

#[test]
fn an_idle_ledger_is_written_to_once_a_minute() {
    let world = busy();
    let version = |at| world.ledger.fold_telemetry(at, ALL).unwrap().version;
    let first = version(NOW + MINUTE);
    assert_eq!(version(NOW + MINUTE + 5 * SECOND), first);
    assert_eq!(version(NOW + 2 * MINUTE), first + 1);
}

#[test]
fn uploads_that_were_refused_are_news_to_whoever_watches_though_no_event_tells_of_them() {
    let world = busy();
    let first = world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap().version;
    world.ledger.count_refusal(NOW + MINUTE, BOOTH, "image-size").unwrap();
    let folded = world.ledger.fold_telemetry(NOW + MINUTE + 5 * SECOND, ALL).unwrap();
    assert_eq!((folded.events, folded.version), (0, first + 1));
    assert_eq!(total(&world.ledger, &north(), Step::Hour).get("refused.image-size"), 2);
}

#[test]
fn the_levels_of_a_booth_of_which_nothing_changes_are_known_in_each_minute() {
    let world = busy();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    for (seconds, key) in [(5, "1"), (60, "2"), (65, "3")] {
        let at = NOW + MINUTE + seconds * SECOND;
        world.ledger.record_passage(at, &passage_at("south-1", key, &format!("south {key}"), at)).unwrap();
        assert!(world.ledger.fold_telemetry(at, ALL).unwrap().events > 0);
    }
    let depths = |id: &str| -> Vec<i64> {
        let rows = world.ledger.rollups(&Subject::Booth(id.into()), Step::Minute, NOW + MINUTE, NOW + HOUR).unwrap();
        rows.iter().filter_map(|row| row.facts.known("depth.waiting")).collect()
    };
    assert_eq!(depths("south-1"), [1, 3], "the last of each minute");
    let quiet = depths(BOOTH);
    assert!(quiet.len() == 2 && quiet[0] > 0 && quiet[0] == quiet[1], "{quiet:?}");
}

#[test]
fn minutes_are_kept_for_two_days_and_hours_for_two_years() {
    let world = busy();
    world.ledger.fold_telemetry(NOW + MINUTE, ALL).unwrap();
    world.ledger.fold_telemetry(NOW + 49 * HOUR, ALL).unwrap();
    let kept = |step, at| world.ledger.rollups(&north(), step, at, at + step.length_ms()).unwrap().len();
    assert_eq!((kept(Step::Minute, NOW), kept(Step::Hour, NOW)), (0, 1));
    world.ledger.fold_telemetry(NOW + 732 * 24 * HOUR, ALL).unwrap();
    assert_eq!(kept(Step::Hour, NOW), 0);
}

#[test]
fn a_refusal_is_counted_once_and_in_its_hour() {
    let world = world();
    let refuse = |at| world.ledger.count_refusal(at, BOOTH, "image-size").unwrap();
    refuse(NOW);
    refuse(NOW);
    world.ledger.fold_telemetry(NOW, ALL).unwrap();
    refuse(NOW + MINUTE);
    world.ledger.fold_telemetry(NOW + 2 * HOUR, ALL).unwrap();
    world.ledger.fold_telemetry(NOW + 2 * HOUR, ALL).unwrap();
    let hours = world.ledger.rollups(&north(), Step::Hour, NOW, NOW + HOUR).unwrap();
    assert_eq!(hours[0].facts.get("refused.image-size"), 3);
    assert_eq!(total(&world.ledger, &Subject::All, Step::Day).get("refused.image-size"), 3);
}

#[test]
fn strangers_are_counted_at_booths_that_exist_beside_cameras_that_were_refused() {
    let world = world();
    for second in 0..5 {
        world.ledger.count_stranger(NOW + second * 1_000, BOOTH, "unauthorized").unwrap();
    }
    world.ledger.count_stranger(NOW, "nowhere", "unauthorized").unwrap();
    world.ledger.fold_telemetry(NOW + 5_000, ALL).unwrap();
    assert_eq!(total(&world.ledger, &Subject::All, Step::Hour).get("refused_strangers.unauthorized"), 5);
}

#[test]
fn an_event_that_is_committed_after_a_later_one_is_added_up_all_the_same() {
    let Some(programs) = programs_or_skip("telemetry of writers that meet") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    let ledger = Ledger::migrate(connect(), Some(NOW)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    // Two booths, so that neither waits for the other's lock.
    let slow = Ledger::open(connect(), None).unwrap();
    slow.db().execute("BEGIN", &[]).unwrap();
    slow.record_passage(NOW, &passage("slow")).unwrap();
    ledger.record_passage(NOW, &passage_at("south-1", "fast", "photo fast", NOW)).unwrap();
    ledger.fold_telemetry(NOW, ALL).unwrap();
    assert_eq!(total(&ledger, &Subject::All, Step::Hour).get("received"), 1);
    slow.db().execute("COMMIT", &[]).unwrap();
    for _ in 0..2 {
        ledger.fold_telemetry(NOW, ALL).unwrap();
    }
    assert_eq!(total(&ledger, &Subject::All, Step::Hour).get("received"), 2);
    assert_as_the_balance(&ledger);
}

#[test]
fn a_camera_that_calls_itself_otherwise_each_time_is_no_thousand_cameras() {
    let world = world();
    let record = |n: u32, camera: &str| {
        let passage = passage(&format!("{n}"));
        world.record(&tollbooth_ledger::intake::NewPassage { camera: camera.to_owned(), ..passage });
    };
    record(0, "front");
    world.ledger.fold_telemetry(NOW, ALL).unwrap();
    (1..=230).for_each(|n| record(n, &format!("camera {n:03}")));
    world.ledger.fold_telemetry(NOW, ALL).unwrap();
    record(231, "front");
    record(232, "camera 999");
    world.ledger.fold_telemetry(NOW + SECOND, ALL).unwrap();
    assert_eq!(world.number("SELECT count(*) FROM telemetry_subject WHERE subject LIKE 'camera:%'"), 201);
    let received =
        |name: &str| total(&world.ledger, &Subject::Camera(BOOTH.into(), name.into()), Step::Day).get("received");
    assert_eq!((received("front"), received("camera 001"), received("camera 999")), (2, 1, 0));
    assert_eq!(received("…") + 2 + 199, 233, "the rest, together");
    assert_eq!(total(&world.ledger, &north(), Step::Day).get("received"), 233);
    // Names that nobody uses any more keep no new camera out.
    let later = NOW + 40 * 24 * HOUR;
    let new = tollbooth_ledger::intake::NewPassage { camera: "camera 999".to_owned(), ..passage("later") };
    world.ledger.record_passage(later, &new).unwrap();
    world.ledger.fold_telemetry(later, ALL).unwrap();
    assert_eq!((received("camera 999"), received("front")), (1, 2));
}
