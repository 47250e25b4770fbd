//! No statement may read a whole table that grows for ever: at a million passages it would be noticed too late.
//! And none may be compiled more often than it must: a component's connection serves one request, and compiling costs
//! more than running.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rusqlite::StatementStatus;
use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::native::NativeDb;

use crate::booth::*;
use crate::every_call::call_everything;

/// Writes down every statement.
struct Listening {
    inner: NativeDb,
    heard: RefCell<BTreeSet<String>>,
}

impl Db for &Listening {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        self.heard.borrow_mut().insert(sql.to_owned());
        self.inner.execute(sql, parameters)
    }
}

/// Counts how often SQLite compiled a statement again, by itself, after it had been prepared.
struct Compiling {
    inner: rusqlite::Connection,
    again: RefCell<BTreeMap<String, i32>>,
}

impl Db for &Compiling {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        let failed = |e: rusqlite::Error| DbError::new(e.to_string());
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        let width = statement.column_count();
        let rows = statement
            .query_map(rusqlite::params_from_iter(parameters), |row| {
                (0..width).map(|at| row.get_ref(at)?.try_into()).collect::<rusqlite::Result<_>>().map(Row)
            })
            .and_then(Iterator::collect)
            .map_err(failed)?;
        let again = statement.reset_status(StatementStatus::RePrepare);
        *self.again.borrow_mut().entry(sql.to_owned()).or_default() += again;
        Ok(rows)
    }
}

#[test]
fn no_statement_reads_a_whole_growing_table() {
    let (_folder, path) = file_folder();
    let listening = Listening { inner: NativeDb::open(&path).unwrap(), heard: RefCell::default() };
    let ledger = Ledger::open(&listening, Some(NOW)).unwrap();
    listening.heard.borrow_mut().clear();
    call_everything(&ledger);

    let heard = listening.heard.borrow();
    let (mut explained, mut at_once, mut by_person) = (0, 0, 0);
    for sql in heard.iter().filter(|sql| !sql.starts_with("BEGIN") && !sql.starts_with("COMMIT")) {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let plan = listening.inner.execute(&explain, &vec![Value::Null; parameters(sql)]).unwrap();
        for Row(columns) in plan {
            let Some(Value::Text(step)) = columns.into_iter().next_back() else { panic!("no plan") };
            let growing = [
                "passage",
                "p",
                "shadow_task",
                "s",
                "mine",
                "other",
                "subject",
                "theirs",
                "event",
                "e",
                "bill_line",
                "l",
                "reading_attempt",
                "a",
                "verdict",
                "blind_review",
                "b",
                "opinion",
                "confusion",
                "c",
                "o",
                "message",
                "v",
                "earlier",
                "m",
                "message_attempt",
                "alert",
                "export_run",
                "fetched",
            ];
            let whole = growing.iter().any(|table| step == format!("SCAN {table}"));
            assert!(!whole, "{step}\n{sql}");
            assert!(!step.contains("AUTOMATIC"), "{step}\n{sql}");
            // An export may hold a million lines: nobody goes through them for the one of a passage.
            // (For an export to go, the foreign key looks whether there is a line, and goes through none.)
            let of_export = step.contains("bill_line_export (export_sequence=?)");
            assert!(!of_export || sql.starts_with("DELETE FROM export "), "{step}\n{sql}");
            // Accepted passages are nearly all there are, and a booth's are a good part of them.
            let narrow: [(&str, &[&str]); 2] = [
                ("export_sequence IS NULL", &["passage_unbound"]),
                ("'in-review' AND", &["passage_state", "passage_open"]),
            ];
            for (condition, indexes) in narrow {
                if sql.contains(condition) && step.contains("passage USING") {
                    let by_facts = step.contains("(id=?)")
                        || step.contains("(rowid=?)")
                        || step.contains("(booth_id=? AND plate=?");
                    let by_index = indexes.iter().any(|index| step.contains(index));
                    assert!(by_index || by_facts, "{step}\n{sql}");
                }
            }
            // Work for the second recogniser is not looked for among all that waits for the first.
            if sql.contains("turn = 'second'") && step.contains("USING INDEX passage_") {
                assert!(step.contains("passage_second"), "{step}\n{sql}");
            }
            // What somebody decided is not looked for among all that was accepted, whatever else is wanted of it.
            if sql.contains("p.decided_by IS NOT NULL AND p.decided_by <> 'judge'") && step.starts_with("SEARCH p ") {
                assert!(step.contains("passage_decider"), "{step}\n{sql}");
                by_person += 1;
            }
            // Every new photo's picture is looked for: among the booth's passages, it would take longer with each of them, and so
            // it would among those of a camera that is stuck, which all show the same.
            if sql.contains("picture_digest = +?20") {
                // (`passage_duplicate` is where the database looks whether one is of the new passage: none is.)
                let by_index = ["passage_frame", "passage_duplicate"].iter().any(|index| step.contains(index));
                let by_index = by_index || !step.contains("INDEX passage_");
                assert!(by_index && !step.contains("TEMP B-TREE"), "{step}\n{sql}");
                at_once += usize::from(step.contains("picture_digest=? AND captured_at_ms=? AND lane=?"));
            }
            explained += 1;
        }
    }
    assert!(explained > 60, "only {explained} steps were looked at");
    assert!(at_once >= 2, "the same frame is looked for by picture and by file, each at once");
    assert!(by_person > 2, "only {by_person} searches for what somebody decided were looked at");
}

/// The highest parameter of a statement.
fn parameters(sql: &str) -> usize {
    sql.split('?')
        .skip(1)
        .filter_map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok())
        .max()
        .unwrap_or(0)
}

#[test]
fn the_balance_is_counted_from_indexes_alone() {
    let (_folder, path) = file_folder();
    let listening = Listening { inner: NativeDb::open(&path).unwrap(), heard: RefCell::default() };
    let ledger = Ledger::open(&listening, Some(NOW)).unwrap();
    listening.heard.borrow_mut().clear();
    ledger.balance(None, None).unwrap();
    let heard = listening.heard.borrow();
    for sql in heard.iter().filter(|sql| sql.starts_with("SELECT")) {
        let plan = listening.inner.execute(&format!("EXPLAIN QUERY PLAN {sql}"), &[Value::Null, Value::Null]).unwrap();
        let Some(Value::Text(first)) = plan[0].0.last().cloned() else { panic!("no plan") };
        // One export is under way at most.
        let few = first.contains("passage_unbound") || first.contains("export_under_way");
        assert!(first.contains("COVERING INDEX") || few, "{first}\n{sql}");
    }
}

/// SQLite compiles a statement again for each new value of a parameter that its plan may depend on; `+?1` keeps it
/// from looking.
#[test]
fn no_statement_is_compiled_twice() {
    let (_folder, path) = file_folder();
    open_file(&path);
    let compiling = Compiling { inner: rusqlite::Connection::open(&path).unwrap(), again: RefCell::default() };
    compiling.inner.set_prepared_statement_cache_capacity(200);
    let ledger = Ledger::open(&compiling, Some(NOW)).unwrap();
    compiling.again.borrow_mut().clear();
    call_everything(&ledger);
    let again = compiling.again.borrow();
    assert!(again.len() > 60, "only {} statements", again.len());
    let twice: Vec<_> = again.iter().filter(|(_, count)| **count > 0).map(|(sql, _)| sql).collect();
    assert!(twice.is_empty(), "{} statements: {twice:#?}", twice.len());
}

/// A host may hand connections on with their statements compiled; whoever opens the ledger on one must leave them so.
#[test]
fn opening_the_ledger_on_a_connection_that_was_used_leaves_its_statements_compiled() {
    let (_folder, path) = file_folder();
    open_file(&path);
    let compiling = Compiling { inner: rusqlite::Connection::open(&path).unwrap(), again: RefCell::default() };
    for _ in 0..3 {
        let ledger = Ledger::open(&compiling, Some(NOW)).unwrap();
        ledger.admit(BOOTH, "1").unwrap();
        assert!(ledger.authorize("nobody").is_err());
    }
    let again = compiling.again.borrow();
    assert!(again.values().all(|count| *count == 0), "{again:#?}");
}
