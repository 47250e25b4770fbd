//! A ledger moved into a real PostgreSQL: broken off anywhere, gone on with, and the same in the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this is test code")]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant as Moment};

use tollbooth_ledger::admin::Booth;
use tollbooth_ledger::db::Db as _;
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Actor, Ledger};
use tollbooth_pipeline::ident::{passage_id, photo_key, sha256_hex};
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};
use tollbooth_relocation::{Plan, RelocationError, Report, relocate};

/// 2026-11-20T10:00:00Z
const NOW: i64 = 1_795_168_800_000;

fn record(ledger: &Ledger<impl tollbooth_ledger::db::Db>, number: u32) {
    let key = format!("k-{number}");
    let photo_sha256 = sha256_hex(key.as_bytes());
    let new = NewPassage {
        passage: passage_id("north", &key),
        booth: "north".to_owned(),
        photo_key: photo_key("north", &key, &photo_sha256),
        key,
        picture_digest: NewPassage::digest_of_file(&photo_sha256).to_owned(),
        photo_sha256,
        photo_bytes: 1,
        photo_format: "jpeg".to_owned(),
        width: 1,
        height: 1,
        captured_at: "2026-11-20T10:00:00Z".to_owned(),
        captured_at_instant: NOW,
        lane: "1".to_owned(),
        camera: "front".to_owned(),
        damaged: false,
        sent_by: "tok".to_owned(),
        traceparent: None,
        intake_ms: 12,
    };
    ledger.record_passage(NOW, &new).unwrap();
}

fn old_place(path: &Path, passages: u32) -> Ledger<NativeDb> {
    let ledger = Ledger::open(NativeDb::open(path).unwrap(), Some(NOW)).unwrap();
    ledger.db().execute("PRAGMA synchronous = OFF", &[]).unwrap();
    let booth = Booth {
        id: "north".to_owned(),
        name: "Plaza 'north' \\ \u{e9}".to_owned(),
        jurisdiction: "us-tx".to_owned(),
        lanes: Vec::new(),
        time_zone: "America/Chicago".to_owned(),
        updated_at: 0,
    };
    ledger.put_booth(NOW, &Actor::system("test"), &booth).unwrap();
    ledger.fold_telemetry(NOW, 1_000_000).unwrap();
    for number in 0..passages {
        record(&ledger, number);
    }
    ledger
}

fn moved(
    ledger: &Path,
    target: &PostgresDb,
    only_ahead: bool,
    give_up: Option<u32>,
) -> Result<Report, RelocationError> {
    let deadline = Moment::now() + Duration::from_secs(120);
    loop {
        match tried(ledger, target, only_ahead, give_up) {
            // The server may not have noticed yet that the one before hung up.
            Err(RelocationError::Busy) if Moment::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
}

fn tried(
    ledger: &Path,
    target: &PostgresDb,
    only_ahead: bool,
    give_up: Option<u32>,
) -> Result<Report, RelocationError> {
    let plan = Plan { ledger, files: None, grants: "", only_ahead };
    let told = Cell::new(0);
    // A process that is killed does nothing more, nor does one that panics.
    let ran = catch_unwind(AssertUnwindSafe(|| {
        relocate(&plan, target, NOW, &mut |_, _, _| {
            told.set(told.get() + 1);
            assert_ne!(Some(told.get()), give_up, "killed");
        })
    }));
    ran.unwrap_or_else(|_| Err(RelocationError::Store("killed".to_owned())))
}

#[test]
fn a_move_that_breaks_off_anywhere_is_gone_on_with_and_ends_with_the_same_ledger() {
    let Some(programs) = programs_or_skip("moving a ledger") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let old = old_place(&path, 600);
    let connect = || PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    // Each run dies a little later, and finds what the ones before have left.
    for give_up in [1, 40, 300, 700] {
        assert!(moved(&path, &connect(), true, Some(give_up)).is_err(), "{give_up}");
        // Meanwhile the old place goes on.
        record(&old, 1_000 + give_up);
    }
    let sql = |sql: &str| old.db().execute(sql, &[]).unwrap();
    sql("INSERT INTO export (sequence, state, cause, profile, file_name, row_count, more_waiting, window_to_ms, bound_at_ms)
         VALUES (1, 'bound', 'scheduled', 'lab', '1.csv', 1, 0, 0, 0)");
    sql("INSERT INTO export_run (number, started_at_ms, finished_at_ms, cause, outcome, export_sequence)
         VALUES (1, 0, 0, 'scheduled', 'published', 1)");
    let ahead = moved(&path, &connect(), true, None).unwrap();
    assert_eq!(ahead.verified, None);
    // Added up meanwhile, changed and removed: a later run finds that, too.
    old.fold_telemetry(NOW, 1_000_000).unwrap();
    record(&old, 2_000);
    // What is referred to, and what refers to it: the target lets go of them in that order only.
    for statement in ["DROP TRIGGER export_stays", "DELETE FROM export_run", "DELETE FROM export"] {
        sql(statement);
    }
    let busy = connect();
    busy.execute("SELECT pg_advisory_lock(CAST(7309453422 AS BIGINT)) IS NULL", &[]).unwrap();
    assert!(matches!(tried(&path, &connect(), false, None), Err(RelocationError::Busy)));
    drop(busy);
    let report = moved(&path, &connect(), false, None).unwrap();
    let verified = report.verified.unwrap();
    let rows = |name: &str| verified.tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((rows("passage"), rows("booth")), (605, 1));
    assert!(Ledger::open(NativeDb::open(&path).unwrap(), None).unwrap_err().to_string().contains("was moved"));
    assert!(matches!(moved(&path, &connect(), false, None), Err(RelocationError::MovedBefore { .. })));
    // The new place goes on where the old one ended: with the next numbers, its rules and what is not added up yet.
    let new = Ledger::open(connect(), None).unwrap();
    record(&new, 1);
    record(&new, 3_000);
    assert!(new.db().execute("UPDATE event SET kind = 'x'", &[]).is_err(), "history is append-only again");
    new.fold_telemetry(NOW, 1_000_000).unwrap();
    let sql = "SELECT CAST(facts AS json) ->> 'received' FROM telemetry WHERE subject = 'all' AND step = 'total'";
    assert_eq!(format!("{:?}", new.db().execute(sql, &[]).unwrap()[0].0[0]), "Text(\"606\")");
    let other = folder.path().join("other.db");
    old_place(&other, 1);
    assert!(matches!(moved(&other, &connect(), false, None), Err(RelocationError::NotEmpty { .. })));
}

#[test]
fn what_cannot_be_the_same_is_found_and_the_old_place_stays_open() {
    let Some(programs) = programs_or_skip("moving a ledger that contradicts itself") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let old = old_place(&path, 3);
    let target = PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    moved(&path, &target, true, None).unwrap();
    // A database that does not keep what it is given.
    target
        .script(
            "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.camera = 'rear'; RETURN NEW; END; $$;
             CREATE TRIGGER forgets BEFORE INSERT OR UPDATE ON passage FOR EACH ROW EXECUTE FUNCTION forget();",
        )
        .unwrap();
    record(&old, 10);
    let refused = moved(&path, &target, false, None).unwrap_err();
    assert!(matches!(&refused, RelocationError::Unequal(text) if text.starts_with("table passage:")), "{refused}");
    record(&old, 11);
    target.script("DROP TRIGGER forgets ON passage").unwrap();
    let report = moved(&path, &target, false, None).unwrap();
    assert_eq!(report.changes.updated, 1, "what was kept wrong is put right");
}
