//! Migrations: applied by themselves, once, whole or not at all.

use std::path::Path;
use std::sync::Barrier;

use tollbooth_ledger::db::{Db, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::schema::{MIGRATIONS, SCHEMA_VERSION};
use tollbooth_ledger::{Ledger, LedgerError};

use crate::booth::*;
use crate::faults::Failing;
use crate::schema::dump;

/// Makes the file as a program that knew only the first `count` migrations would have left it.
fn made_by_an_older_program(path: &Path, count: u32) {
    let db = NativeDb::open(path).unwrap();
    let run = |sql: &str| db.execute(sql, &[]).unwrap();
    run("CREATE TABLE schema_migration (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    -- Unknown when the call that applied it carried no time: the ledger reads no clock.
    applied_at_ms INTEGER
) STRICT");
    for migration in MIGRATIONS.iter().take(count as usize) {
        for statement in migration.statements(Dialect::Sqlite) {
            run(&statement);
        }
        let (number, name, checksum) = (migration.number, migration.name, migration.checksum(Dialect::Sqlite));
        run(&format!("INSERT INTO schema_migration VALUES ({number}, '{name}', '{checksum}', 1)"));
        run(&format!("PRAGMA user_version = {number}"));
    }
}

fn version(db: &impl Db) -> Row {
    db.execute("PRAGMA user_version", &[]).unwrap().remove(0)
}

#[test]
fn an_upgrade_from_every_older_version_ends_with_the_fresh_schema() {
    let fresh = dump(file_world().ledger.db());
    for count in 1..=SCHEMA_VERSION {
        let (_folder, path) = file_folder();
        made_by_an_older_program(&path, count);
        assert_eq!(dump(open_file(&path).db()), fresh, "from version {count}");
    }
}

#[test]
fn migrations_are_recorded_with_name_checksum_and_time() {
    let world = file_world();
    let recorded = world.sql("SELECT number, name, checksum, applied_at_ms FROM schema_migration").unwrap();
    assert_eq!(recorded.len(), MIGRATIONS.len());
    for (row, migration) in recorded.iter().zip(MIGRATIONS) {
        assert_eq!(
            row.0[..3],
            [migration.number.into(), migration.name.into(), Value::from(migration.checksum(Dialect::Sqlite))]
        );
        assert_eq!(row.0[3], Value::Integer(NOW));
    }
}

#[test]
fn an_up_to_date_ledger_costs_one_statement() {
    let world = file_world();
    let db = NativeDb::open(&world.path).unwrap();
    let dying = Failing::for_good(&db, 1);
    assert!(Ledger::open(&dying, None).is_ok());
}

#[test]
fn a_connection_that_is_not_as_the_ledger_needs_it_is_made_so() {
    let world = file_world();
    for (pragma, wrong, right) in [("busy_timeout", 10, 5_000), ("foreign_keys", 0, 1), ("synchronous", 1, 2)] {
        let db = NativeDb::open(&world.path).unwrap();
        db.execute(&format!("PRAGMA {pragma} = {wrong}"), &[]).unwrap();
        let ledger = Ledger::open(&db, None).unwrap();
        let found = ledger.db().execute(&format!("PRAGMA {pragma}"), &[]).unwrap();
        assert_eq!(found, [Row(vec![Value::Integer(right)])], "{pragma}");
    }
}

#[test]
fn a_crash_at_any_statement_of_a_migration_is_continued_by_the_next_start() {
    let fresh = dump(file_world().ledger.db());
    let (_folder, path) = file_folder();
    let mut crashes = 0;
    loop {
        // One file for all of them: each start gets a little further than the one before.
        let db = NativeDb::open(&path).unwrap();
        let dying = Failing::for_good(&db, crashes);
        match Ledger::open(&dying, Some(NOW)) {
            Ok(_) => break,
            Err(LedgerError::Unavailable { .. }) => crashes += 1,
            Err(error) => panic!("after {crashes} statements: {error}"),
        }
    }
    assert!(crashes > 20, "only {crashes} crashes");
    assert_eq!(dump(open_file(&path).db()), fresh);
    // And with a fresh file each time, so that every migration is interrupted at its first statements, too.
    for left in (0..100).step_by(3) {
        let (_folder, path) = file_folder();
        {
            let db = NativeDb::open(&path).unwrap();
            let _ = Ledger::open(&Failing::for_good(&db, left), Some(NOW));
        }
        assert_eq!(dump(open_file(&path).db()), fresh, "crash after {left} statements");
    }
}

#[test]
fn many_processes_that_start_together_migrate_once() {
    let fresh = dump(file_world().ledger.db());
    let (_folder, path) = file_folder();
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let db = NativeDb::open(&path).unwrap();
                start.wait();
                Ledger::open(db, Some(NOW)).unwrap().put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
            });
        }
    });
    let ledger = open_file(&path);
    assert_eq!(dump(ledger.db()), fresh);
    assert_eq!(ledger.list_booths(None, 100).unwrap().len(), 1);
}

#[test]
fn a_ledger_of_a_newer_release_is_not_touched_and_says_what_to_do() {
    let world = file_world();
    world.sql(&format!("PRAGMA user_version = {}", SCHEMA_VERSION + 1)).unwrap();
    let error = Ledger::open(NativeDb::open(&world.path).unwrap(), Some(NOW)).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)));
    let text = error.to_string();
    assert!(text.contains("newer release") && text.contains("backup"), "{text}");
    assert!(matches!(world.ledger.look(NOW), Err(LedgerError::Damaged(_))));
    assert_eq!(version(world.ledger.db()).0, [Value::from(SCHEMA_VERSION + 1)]);
}

#[test]
fn a_migration_that_another_build_made_differently_is_noticed() {
    let (_folder, path) = file_folder();
    made_by_an_older_program(&path, 2);
    let db = NativeDb::open(&path).unwrap();
    db.execute("UPDATE schema_migration SET checksum = 'other' WHERE number = 1", &[]).unwrap();
    let error = Ledger::open(&db, Some(NOW)).unwrap_err();
    assert!(matches!(&error, LedgerError::Damaged(text) if text.contains("migration 1")), "{error}");
    assert_eq!(version(&db).0, [Value::Integer(2)], "nothing is built on it");

    let world = file_world();
    assert!(world.ledger.look(NOW).is_ok());
    world.sql("UPDATE schema_migration SET checksum = 'other' WHERE number = 3").unwrap();
    assert!(matches!(world.ledger.look(NOW), Err(LedgerError::Damaged(text)) if text.contains("migration 3")));
    world.sql("DELETE FROM schema_migration WHERE number = 3").unwrap();
    assert!(matches!(world.ledger.look(NOW), Err(LedgerError::Damaged(_))));
}

#[test]
fn a_first_call_that_carries_no_time_migrates_as_well() {
    let (_folder, path) = file_folder();
    let ledger = Ledger::open(NativeDb::open(&path).unwrap(), None).unwrap();
    assert!(ledger.authorize("nobody").is_err());
    let unknown =
        ledger.db().execute("SELECT count(*) FROM schema_migration WHERE applied_at_ms IS NULL", &[]).unwrap();
    assert_eq!(unknown[0].0, [Value::from(SCHEMA_VERSION)]);
}
