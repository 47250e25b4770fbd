//! The role that components connect as: it may do every call of the ledger, and nothing that changes what happened or takes
//! away what guards it. And what a database is refused for, before anything is in it.

use std::sync::Barrier;

use tollbooth_ledger::db::{Db as _, Value};
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Ledger, LedgerError};
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;
use crate::every_call::call_everything;

const ROLES: &str = include_str!("../../../../deploy/postgres/roles.sql");
const DATABASE: &str = include_str!("../../../../deploy/postgres/database.sql");
const GRANTS: &str = include_str!("../../../../deploy/postgres/grants.sql");
const MIGRATOR: &str = "tollbooth_migrator";
const APPLICATION: &str = "tollbooth_application";

/// A server with the roles and a database as docs/operations.md has them made.
fn server(what: &str) -> Option<Server> {
    let server = Server::start(&programs_or_skip(what)?, Commits::Unsynced).unwrap();
    server.sql("postgres", ROLES).unwrap();
    server.sql("postgres", "CREATE DATABASE ledger TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").unwrap();
    server.sql("ledger", DATABASE).unwrap();
    Some(server)
}

fn connect(server: &Server, who: &str) -> PostgresDb {
    PostgresDb::open(&server.url(who, "ledger")).unwrap()
}

fn is_so(db: &PostgresDb, condition: &str) -> bool {
    let rows = db.execute(&format!("SELECT {condition}"), &[]).unwrap_or_else(|error| panic!("{condition}: {error:?}"));
    match rows[0].0[0] {
        Value::Integer(answer) => answer == 1,
        ref other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn the_role_of_components_can_do_every_call_and_can_change_neither_what_happened_nor_what_guards_it() {
    let Some(server) = server("the role of components") else { return };
    let migrated = Ledger::migrate(connect(&server, MIGRATOR), Some(NOW)).unwrap();
    migrated.db().script(GRANTS).unwrap();
    // As after the next migration.
    migrated.db().script(GRANTS).unwrap();
    drop(migrated);

    let ledger = Ledger::open(connect(&server, APPLICATION), Some(NOW)).unwrap();
    call_everything(&ledger);
    balanced(&ledger);
    drop(ledger);

    let components = connect(&server, APPLICATION);
    for table in [
        "event",
        "verdict",
        "bill_line",
        "correction",
        "disposition",
        "recall",
        "export_copy",
        "alert_rule_version",
        "photo_view",
        "export_download",
        "message_alert",
        "finished_sign_in",
        "revoked_first_operator",
        "blind_secret",
        "schema_migration",
    ] {
        assert!(
            !is_so(&components, &format!("has_any_column_privilege('{table}', 'UPDATE')")),
            "{table} can be changed"
        );
    }
    for table in
        ["event", "verdict", "bill_line", "disposition", "recall", "passage", "token", "blind_secret", "person"]
    {
        assert!(
            !is_so(&components, &format!("has_table_privilege('{table}', 'DELETE')")),
            "{table} can be deleted from"
        );
    }
    for forbidden in [
        "TRUNCATE event",
        "ALTER TABLE event DISABLE TRIGGER ALL",
        "DROP TRIGGER lost_file_stays_released ON lost_file",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TABLE another (number BIGINT)",
        "INSERT INTO schema_migration (number, name, checksum) VALUES (9999, 'another', '')",
        "SET session_replication_role = replica",
        "SET ROLE tollbooth_migrator",
    ] {
        assert!(components.script(forbidden).is_err(), "components may: {forbidden}");
    }
}

#[test]
fn two_who_migrate_at_once_make_one_schema() {
    let Some(server) = server("two migrations at once") else { return };
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        let migrating = || {
            let db = connect(&server, MIGRATOR);
            start.wait();
            Ledger::migrate(db, Some(NOW)).map(drop)
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(migrating)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().map_err(|error| error.to_string()), Ok(()));
        }
    });
    let db = connect(&server, MIGRATOR);
    assert!(is_so(&db, "count(*) = max(number) FROM schema_migration"));
    // Nobody holds the lock any more.
    assert!(is_so(&db, "count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"));
    Ledger::open(db, None).unwrap();
}

#[test]
fn a_database_that_compares_texts_by_a_language_is_refused_before_anything_is_made_in_it() {
    let Some(server) = server("a database of another collation") else { return };
    server
        .sql(
            "postgres",
            "CREATE DATABASE english TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'",
        )
        .unwrap();
    let english = || PostgresDb::open(&server.url(SUPERUSER, "english")).unwrap();
    // This is the danger, else the test shows nothing: an hour is after what is to come after every hour.
    assert!(!is_so(&english(), "'2026' < '~'"));
    let refused = Ledger::migrate(english(), Some(NOW)).unwrap_err();
    assert!(matches!(&refused, LedgerError::Damaged(text) if text.contains("LC_COLLATE")), "{refused}");
    assert!(is_so(&english(), "to_regclass('schema_migration') IS NULL"));
}
