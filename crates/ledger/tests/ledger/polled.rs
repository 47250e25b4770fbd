//! What is asked again and again costs what the hours hold that are asked for, not what there ever was: on both databases each
//! side of their balance is a range of an index.

use std::cell::RefCell;
use std::collections::BTreeSet;

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

const FROM: &str = "2026-11-20T10";

/// Writes down every statement.
struct Heard<D> {
    inner: D,
    heard: RefCell<BTreeSet<String>>,
}

impl<D: Db> Db for Heard<D> {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.heard.borrow_mut().insert(sql.to_owned());
        self.inner.execute(sql, parameters)
    }
}

/// The plans of what the balance of some hours asks, a statement and its plan each. Left out are those of the few rows that no
/// export has yet, whatever their hour: they go to it with the next one.
fn plans<D: Db>(db: D, explain: &str) -> Vec<(String, String)> {
    let heard = Heard { inner: db, heard: RefCell::default() };
    Ledger::migrate(&heard, Some(NOW)).unwrap();
    let ledger = Ledger::open(&heard, Some(NOW)).unwrap();
    heard.heard.borrow_mut().clear();
    ledger.balance(Some(FROM), None).unwrap();
    let asked: Vec<String> = heard.heard.borrow().iter().filter(|sql| sql.starts_with("SELECT")).cloned().collect();
    let asked = asked.into_iter().filter(|sql| !sql.contains("passage_unbound") && !sql.contains("told_line"));
    asked
        .map(|sql| {
            let filled = sql.replace("?1", &format!("'{FROM}'")).replace("?2", "'~'");
            let rows = heard.inner.execute(&format!("{explain} {filled}"), &[]).unwrap();
            let steps = rows.into_iter().filter_map(|Row(columns)| match columns.into_iter().next_back() {
                Some(Value::Text(step)) => Some(step),
                _ => None,
            });
            (sql, steps.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

#[test]
fn the_balance_of_some_hours_reads_these_hours_in_sqlite() {
    let (_folder, path) = file_folder();
    let plans = plans(NativeDb::open(&path).unwrap(), "EXPLAIN QUERY PLAN");
    assert_eq!(plans.len(), 5, "{plans:#?}");
    for (sql, plan) in plans {
        let range = "COVERING INDEX";
        let hours = "(received_hour>? AND received_hour<?)";
        assert!(
            plan.lines().next().is_some_and(|first| first.contains(range) && first.contains(hours)),
            "{plan}\n{sql}"
        );
    }
}

#[test]
fn the_balance_of_some_hours_reads_these_hours_in_postgresql() {
    let Some(programs) = programs_or_skip("the balance of some hours on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let db = PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap();
    // In a table of no rows every plan is as good; what is asked is whether there is such a way at all.
    db.script("SET enable_seqscan = off").unwrap();
    let plans = plans(db, "EXPLAIN");
    assert_eq!(plans.len(), 5, "{plans:#?}");
    // Where two tables meet, which one comes first is for the figures of the tables to say.
    for (sql, plan) in plans.iter().filter(|(sql, _)| !sql.contains("bill_line l")) {
        assert!(plan.contains("Index Cond: ((received_hour >= "), "{plan}\n{sql}");
    }
}
