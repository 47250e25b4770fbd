//! Every statement on PostgreSQL, where it is installed.

use std::collections::BTreeSet;
use std::sync::Barrier;

use tollbooth_ledger::Ledger;
use tollbooth_ledger::LedgerError;
use tollbooth_ledger::db::Db;
use tollbooth_ledger::intake::Recorded;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;
use crate::every_call::call_everything;

fn server(what: &str) -> Option<Server> {
    Some(Server::start(&programs_or_skip(what)?, Commits::Unsynced).unwrap())
}

fn connect(server: &Server) -> PostgresDb {
    PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap()
}

#[test]
fn every_call_of_the_ledger_is_carried_out_by_postgresql() {
    let Some(server) = server("every call on PostgreSQL") else { return };
    let ledger = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    call_everything(&ledger);
    for row in ledger.balance(None, None).unwrap() {
        let violations = tollbooth_pipeline::balance::violations(&row.from_events, &row.from_state);
        assert!(violations.is_empty(), "{violations:?}\n{row:#?}");
    }
}

#[test]
fn a_component_never_makes_the_schema_and_says_who_does() {
    let Some(server) = server("an empty PostgreSQL database") else { return };
    let refused = Ledger::open(connect(&server), Some(NOW)).unwrap_err();
    assert!(matches!(&refused, LedgerError::Damaged(text) if text.contains("tollbooth migrate")), "{refused}");
    Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    Ledger::open(connect(&server), None).unwrap();
}

#[test]
fn the_same_frame_from_many_cameras_at_once_is_one_original_and_duplicates() {
    let Some(server) = server("a frame raced on PostgreSQL") else { return };
    let ledger = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    for round in 0..10 {
        let start = Barrier::new(8);
        let states: Vec<State> = std::thread::scope(|scope| {
            let sent = |n: usize| {
                let (start, server) = (&start, &server);
                move || {
                    let ledger = Ledger::open(connect(server), None).unwrap();
                    let frame = passage_with(&format!("{round}-{n}"), &format!("photo {round}"), NOW);
                    start.wait();
                    match ledger.record_passage(NOW, &frame).unwrap() {
                        Recorded::New(receipt) => receipt.state,
                        other => panic!("not new: {other:?}"),
                    }
                }
            };
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(sent(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(states.iter().filter(|state| **state == State::Waiting).count(), 1, "{states:?}");
        assert_eq!(states.iter().filter(|state| **state == State::Duplicate).count(), 7, "{states:?}");
    }
}

/// Every table's columns with type and nullability, and every set of columns that is unique, wholly or for some rows.
fn shape(db: &impl Db, columns: &str, uniques: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    (lines(db, columns), lines(db, uniques))
}

fn lines(db: &impl Db, sql: &str) -> BTreeSet<String> {
    let rows = db.execute(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.into_iter().map(|row| format!("{:?}", row.0)).collect()
}

#[test]
fn both_databases_have_the_same_tables_columns_types_and_unique_keys() {
    let Some(server) = server("the schemas compared") else { return };
    let many = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    let world = file_world();
    let one = shape(
        world.ledger.db(),
        "SELECT m.name, c.name, c.type, CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN 0 ELSE 1 END
         FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
        "SELECT m.name, (SELECT group_concat(name) FROM (SELECT coalesce(i.name, 'expression') AS name
             FROM pragma_index_info(l.name) i ORDER BY 1)), l.partial
         FROM sqlite_schema m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" = 1
         UNION SELECT m.name, c.name, 0 FROM sqlite_schema m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.pk = 1
           AND (SELECT count(*) FROM pragma_table_info(m.name) p WHERE p.pk > 0) = 1",
    );
    let other = shape(
        many.db(),
        "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT),
             CASE CAST(data_type AS TEXT) WHEN 'bigint' THEN 'INTEGER' WHEN 'double precision' THEN 'REAL'
                 WHEN 'bytea' THEN 'BLOB' WHEN 'text' THEN 'TEXT' ELSE CAST(data_type AS TEXT) END,
             CASE WHEN is_nullable = 'YES' THEN 1 ELSE 0 END
         FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT CAST(t.relname AS TEXT), (SELECT string_agg(name, ',') FROM (
                 SELECT coalesce(CAST(a.attname AS TEXT), 'expression') AS name
                 FROM unnest(CAST(i.indkey AS SMALLINT[])) AS k (n)
                 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n AND k.n > 0
                 ORDER BY CAST(coalesce(CAST(a.attname AS TEXT), 'expression') AS TEXT) COLLATE \"C\") AS names),
             CASE WHEN i.indpred IS NULL THEN 0 ELSE 1 END
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
         WHERE i.indisunique AND s.nspname = 'public'",
    );
    for (what, one, other) in [("column", &one.0, &other.0), ("unique key", &one.1, &other.1)] {
        let difference: Vec<_> = one.symmetric_difference(other).collect();
        assert!(difference.is_empty(), "a {what} that only one of the databases has: {difference:#?}");
        assert!(one.len() > 10, "there is nothing to compare");
    }
}

#[test]
fn both_databases_have_the_same_indexes_and_a_trigger_of_the_same_name_for_each_rule() {
    let Some(server) = server("the indexes compared") else { return };
    let many = Ledger::migrate(connect(&server), Some(NOW)).unwrap();
    let world = file_world();
    let indexes = (
        "SELECT m.name, l.name, (SELECT group_concat(name) FROM (SELECT coalesce(i.name, 'expression') AS name
             FROM pragma_index_info(l.name) i ORDER BY i.seqno)), l.partial
         FROM sqlite_schema m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND l.origin = 'c'",
        "SELECT CAST(t.relname AS TEXT), CAST(n.relname AS TEXT), (
                 SELECT string_agg(coalesce(CAST(a.attname AS TEXT), 'expression'), ',' ORDER BY k.place)
                 FROM unnest(CAST(i.indkey AS SMALLINT[])) WITH ORDINALITY AS k (n, place)
                 LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n AND k.n > 0),
             CASE WHEN i.indpred IS NULL THEN 0 ELSE 1 END
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
         JOIN pg_namespace s ON s.oid = t.relnamespace
         WHERE s.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid
             AND c.contype IN ('p', 'u'))",
    );
    // `event_pending` notes what is not committed yet, of which SQLite has nothing.
    let triggers = (
        "SELECT tbl_name, name FROM sqlite_schema WHERE type = 'trigger'",
        "SELECT CAST(t.relname AS TEXT), CAST(g.tgname AS TEXT) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
         WHERE NOT g.tgisinternal AND g.tgname <> 'event_pending'",
    );
    for (what, (one, other)) in [("index", indexes), ("trigger", triggers)] {
        let (one, other) = (lines(world.ledger.db(), one), lines(many.db(), other));
        let difference: Vec<_> = one.symmetric_difference(&other).collect();
        assert!(difference.is_empty(), "a {what} that only one of the databases has: {difference:#?}");
        assert!(one.len() > 10, "there is nothing to compare");
    }
}
