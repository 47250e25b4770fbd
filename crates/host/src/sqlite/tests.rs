//! Freshness of pooled connections, and the queue of writers.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::*;
use crate::{manifest::Pool, runtime::Urgency};

fn database(directory: &Path) -> Arc<Database> {
    Database::open(&directory.join("db"), Handle::current()).unwrap()
}

async fn guest(database: &Arc<Database>) -> GuestConnection {
    GuestConnection::open(database, Urgency::new(Pool::Serving)).await.unwrap()
}

async fn run(connection: &mut GuestConnection, sql: &str) -> Result<Vec<String>, String> {
    let rows = connection.execute(sql.to_owned(), Vec::new()).await?;
    Ok(rows.rows.iter().map(|row| format!("{:?}", row.values)).collect())
}

async fn must(connection: &mut GuestConnection, sql: &str) -> Vec<String> {
    run(connection, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Waits until this is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::task::yield_now().await;
    }
}

/// A connection that came out of the pool after `former` was dropped.
async fn next_guest(database: &Arc<Database>, former: GuestConnection) -> GuestConnection {
    drop(former);
    until("the connection came back", || database.idle_connections() > 0 || !database.writer_is_busy()).await;
    guest(database).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_also_run_on_the_threads_of_a_serving_guest() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut setup = guest(&database).await;
    must(&mut setup, "CREATE TABLE t (a INTEGER)").await;
    let mut guests = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let mut guest = guest(&database).await;
        guests.spawn(async move {
            for number in 0..20 {
                must(&mut guest, "BEGIN IMMEDIATE").await;
                must(&mut guest, &format!("INSERT INTO t VALUES ({number})")).await;
                must(&mut guest, "COMMIT").await;
            }
        });
    }
    while let Some(ended) = guests.join_next().await {
        ended.unwrap();
    }
    assert_eq!(must(&mut setup, "SELECT count(*) FROM t").await, ["[Value::Integer(160)]"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_long_statement_of_a_serving_guest_leaves_its_thread_and_gives_its_whole_answer() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut guest = guest(&database).await;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n";
    must(&mut guest, "BEGIN").await;
    assert_eq!(must(&mut guest, numbers).await.len(), 20_000);
    must(&mut guest, "COMMIT").await;
    assert_eq!(must(&mut guest, "SELECT 1").await, ["[Value::Integer(1)]"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_transaction_that_reads_sees_one_moment_though_its_statements_are_broken_off() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut writer = guest(&database).await;
    must(&mut writer, "CREATE TABLE t (a INTEGER)").await;
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)";
    must(&mut writer, &format!("{numbers} INSERT INTO t SELECT i FROM n")).await;
    let (mut reader, sum) = (guest(&database).await, "SELECT sum(a) FROM t");
    must(&mut reader, "BEGIN").await;
    assert_eq!(must(&mut reader, sum).await, ["[Value::Integer(200010000)]"]);
    must(&mut writer, "INSERT INTO t VALUES (1) RETURNING a").await;
    assert_eq!(must(&mut reader, sum).await, ["[Value::Integer(200010000)]"]);
    must(&mut reader, "COMMIT").await;
    assert_eq!(must(&mut reader, sum).await, ["[Value::Integer(200010001)]"]);
}

#[tokio::test]
async fn a_dropped_connection_rolls_back_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    must(&mut first, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
    must(&mut first, "PRAGMA foreign_keys = OFF").await;
    must(&mut first, "PRAGMA busy_timeout = 1").await;
    must(&mut first, "BEGIN IMMEDIATE").await;
    must(&mut first, "INSERT INTO t VALUES (41)").await;
    assert_eq!((first.changes(), first.last_insert_rowid()), (1, 41));

    let mut second = next_guest(&database, first).await;
    assert_eq!((second.changes(), second.last_insert_rowid()), (0, 0));
    assert_eq!(must(&mut second, "SELECT count(*) FROM t").await, ["[Value::Integer(0)]"]);
    assert_eq!((second.changes(), second.last_insert_rowid()), (0, 0));
    assert_eq!(must(&mut second, "PRAGMA foreign_keys").await, ["[Value::Integer(1)]"]);
    assert_eq!(must(&mut second, "PRAGMA busy_timeout").await, ["[Value::Integer(5000)]"]);
}

#[tokio::test]
async fn temporary_objects_and_pragmas_do_not_reach_the_next_guest() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    for (spoil, look) in [
        ("CREATE TEMP TABLE z (a)", "SELECT count(*) FROM sqlite_temp_master"),
        ("PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers"),
        ("ATTACH ':memory:' AS other", "SELECT count(*) - 1 FROM pragma_database_list"),
    ] {
        let mut first = guest(&database).await;
        must(&mut first, spoil).await;
        drop(first);
        let mut second = guest(&database).await;
        assert_eq!(must(&mut second, look).await, ["[Value::Integer(0)]"], "{spoil}");
    }
}

#[tokio::test]
async fn a_connection_is_used_again_after_what_the_ledger_does_first() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    for pragma in ["PRAGMA busy_timeout = 5000", "PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL"] {
        must(&mut first, pragma).await;
    }
    drop(first);
    until("the connection is kept", || database.idle_connections() > 0).await;
    let mut second = guest(&database).await;
    assert_eq!(database.idle_connections(), 0, "the kept connection is the one that is used");
    assert_eq!(must(&mut second, "PRAGMA synchronous").await, ["[Value::Integer(2)]"]);
}

#[tokio::test]
async fn a_guest_that_gives_up_durability_gives_it_up_for_itself_alone() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    must(&mut first, "PRAGMA synchronous = OFF").await;
    assert_eq!(must(&mut first, "PRAGMA synchronous").await, ["[Value::Integer(0)]"]);
    let mut second = next_guest(&database, first).await;
    assert_eq!(must(&mut second, "PRAGMA synchronous").await, ["[Value::Integer(2)]"]);
}

#[tokio::test]
async fn files_cannot_be_attached() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut guest = guest(&database).await;
    let other = directory.path().join("other.db");
    let error = run(&mut guest, &format!("ATTACH '{}' AS other", other.display())).await.unwrap_err();
    assert!(error.contains("not authorized"), "{error}");
    assert!(!other.exists());
}

#[tokio::test]
async fn errors_come_as_the_text_of_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut guest = guest(&database).await;
    let error = run(&mut guest, "SELECT * FROM nope").await.unwrap_err();
    assert!(error.contains("no such table: nope"), "{error}");
    must(&mut guest, "CREATE TABLE t (v TEXT)").await;
    must(&mut guest, "INSERT INTO t VALUES (CAST(x'ff' AS TEXT))").await;
    let error = run(&mut guest, "SELECT v FROM t").await.unwrap_err();
    assert!(error.contains("UTF-8"), "{error}");
}

#[tokio::test]
async fn writers_are_served_in_the_order_they_came() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    must(&mut first, "CREATE TABLE t (id INTEGER PRIMARY KEY, writer INTEGER)").await;
    must(&mut first, "BEGIN IMMEDIATE").await;
    let mut writers = Vec::new();
    for writer in 0..32 {
        let mut guest = guest(&database).await;
        writers.push(tokio::spawn(async move {
            must(&mut guest, "BEGIN IMMEDIATE").await;
            must(&mut guest, &format!("INSERT INTO t (writer) VALUES ({writer})")).await;
            must(&mut guest, "COMMIT").await;
        }));
        until(&format!("writer {writer} waits"), || database.waiting_writers() > writer).await;
    }
    must(&mut first, "COMMIT").await;
    for writer in writers {
        writer.await.unwrap();
    }
    let order = must(&mut first, "SELECT writer FROM t ORDER BY id").await;
    let expected: Vec<String> = (0..32).map(|w| format!("[Value::Integer({w})]")).collect();
    assert_eq!(order, expected);
}

#[tokio::test]
async fn a_guest_that_ends_in_a_transaction_lets_the_next_writer_in() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    must(&mut first, "CREATE TABLE t (a)").await;
    must(&mut first, "BEGIN IMMEDIATE").await;
    let mut second = guest(&database).await;
    let waiting = tokio::spawn(async move { run(&mut second, "INSERT INTO t VALUES (1)").await });
    until("the second one waits", || database.waiting_writers() > 0).await;
    drop(first);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn readers_do_not_wait_for_a_writer() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut writer = guest(&database).await;
    must(&mut writer, "CREATE TABLE t (a)").await;
    must(&mut writer, "BEGIN IMMEDIATE").await;
    must(&mut writer, "INSERT INTO t VALUES (1)").await;
    let mut reader = guest(&database).await;
    let read = must(&mut reader, "SELECT count(*) FROM t");
    let read = tokio::time::timeout(Duration::from_secs(3), read).await;
    assert_eq!(read.unwrap(), ["[Value::Integer(0)]"]);
    assert_eq!(must(&mut reader, "BEGIN").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_writer_gives_up_like_the_busy_handler_of_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let patience = Duration::from_millis(20);
    let held = database.write_permit(patience).await.unwrap();
    assert!(database.write_permit(patience).await.is_none());
    drop(held);
    assert!(database.write_permit(patience).await.is_some());
}

/// Guests that each run one statement of their own at the same moment, and what they were answered, in the same order.
async fn at_once(database: &Arc<Database>, statements: Vec<String>) -> Vec<Result<Vec<String>, String>> {
    let mut opened = Vec::new();
    for sql in statements {
        opened.push((guest(database).await, sql));
    }
    let turn = database.write_permit(Duration::from_secs(5)).await.unwrap();
    let mut guests = Vec::new();
    for (mut guest, sql) in opened {
        guests.push(tokio::spawn(async move { run(&mut guest, &sql).await }));
    }
    // The thread has taken the first one and waits for its turn.
    until("the others are queued", || database.queued_statements() + 1 >= guests.len()).await;
    drop(turn);
    let mut answers = Vec::new();
    for guest in guests {
        answers.push(guest.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn statements_that_wait_at_the_same_moment_are_all_done_and_each_guest_gets_its_own_rows() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut setup = guest(&database).await;
    must(&mut setup, "CREATE TABLE t (a INTEGER PRIMARY KEY)").await;
    // More than one transaction takes.
    let statements = (0..80).map(|n| format!("INSERT INTO t VALUES ({n}) RETURNING a * 2")).collect();
    let answers = at_once(&database, statements).await;
    let expected: Vec<Result<Vec<String>, String>> =
        (0..80).map(|n| Ok(vec![format!("[Value::Integer({})]", n * 2)])).collect();
    assert_eq!(answers, expected);
    assert_eq!(must(&mut setup, "SELECT count(*) FROM t").await, ["[Value::Integer(80)]"]);
}

#[tokio::test]
async fn a_statement_that_fails_takes_none_of_its_neighbours_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut setup = guest(&database).await;
    must(&mut setup, "CREATE TABLE t (a INTEGER PRIMARY KEY)").await;
    must(&mut setup, "CREATE TABLE child (a INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED)").await;
    let statements = [
        "INSERT INTO t VALUES (1) RETURNING a",
        "INSERT OR ROLLBACK INTO t VALUES (1) RETURNING a",
        "INSERT INTO child VALUES (99) RETURNING a",
        "INSERT INTO nope VALUES (1) RETURNING a",
        "INSERT INTO t VALUES (2) RETURNING a",
    ];
    let answers = at_once(&database, statements.map(str::to_owned).to_vec()).await;
    let failed: Vec<_> = answers.iter().map(|answer| answer.clone().err().unwrap_or_default()).collect();
    assert!(failed[1].contains("UNIQUE"), "{failed:?}");
    assert!(failed[2].contains("FOREIGN KEY"), "{failed:?}");
    assert!(failed[3].contains("no such table: nope"), "{failed:?}");
    assert_eq!((failed[0].as_str(), failed[4].as_str()), ("", ""));
    assert_eq!(must(&mut setup, "SELECT a FROM t").await, ["[Value::Integer(1)]", "[Value::Integer(2)]"]);
    assert_eq!(must(&mut setup, "SELECT count(*) FROM child").await, ["[Value::Integer(0)]"]);
}

#[tokio::test]
async fn what_a_statement_wrote_together_with_others_is_told_and_never_guessed() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut guest = guest(&database).await;
    must(&mut guest, "CREATE TABLE t (a INTEGER PRIMARY KEY, changes TEXT)").await;
    must(&mut guest, "INSERT INTO t VALUES (7, 'x'), (8, 'y') RETURNING a").await;
    assert_eq!((guest.changes(), guest.last_insert_rowid()), (2, 8));
    assert_eq!(must(&mut guest, "SELECT changes FROM t WHERE a = 7").await, ["[Value::Text(\"x\")]"]);
    for asked in ["SELECT changes()", "SELECT last_insert_rowid ()", "SELECT total_changes()"] {
        let error = run(&mut guest, asked).await.unwrap_err();
        assert!(error.contains("RETURNING"), "{error}");
    }
    must(&mut guest, "INSERT INTO t VALUES (9, 'z')").await;
    assert_eq!(
        must(&mut guest, "SELECT changes(), last_insert_rowid()").await,
        ["[Value::Integer(1), Value::Integer(9)]"]
    );
    let own = "INSERT INTO t VALUES (last_insert_rowid() + 1, '') RETURNING a";
    assert_eq!(must(&mut guest, own).await, ["[Value::Integer(10)]"]);
}

#[tokio::test]
async fn nobody_is_told_the_row_that_somebody_else_inserted() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut first = guest(&database).await;
    must(&mut first, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)").await;
    must(&mut first, "INSERT INTO t VALUES (7, '') RETURNING a").await;
    let mut second = guest(&database).await;
    must(&mut second, "UPDATE t SET b = 'x' RETURNING a").await;
    assert_eq!((second.changes(), second.last_insert_rowid()), (1, 0));
    must(&mut second, "INSERT INTO t VALUES (8, '') RETURNING a").await;
    must(&mut first, "INSERT INTO t VALUES (7, '') ON CONFLICT DO NOTHING RETURNING a").await;
    assert_eq!((first.changes(), first.last_insert_rowid()), (0, 7));
    must(&mut first, "UPDATE t SET b = 'y'").await;
    assert_eq!((first.changes(), first.last_insert_rowid()), (2, 7));
    let mut third = next_guest(&database, first).await;
    must(&mut third, "UPDATE t SET b = 'z'").await;
    assert_eq!((third.changes(), third.last_insert_rowid()), (2, 0));
}

#[tokio::test]
async fn statements_that_wait_while_the_database_closes_are_done_and_later_ones_refused() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut setup = guest(&database).await;
    must(&mut setup, "CREATE TABLE t (a)").await;
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(guest(&database).await);
    }
    let turn = database.write_permit(Duration::from_secs(5)).await.unwrap();
    let mut guests = Vec::new();
    for mut guest in opened {
        guests.push(tokio::spawn(async move { run(&mut guest, "INSERT INTO t VALUES (1) RETURNING a").await }));
    }
    until("the others are queued", || database.queued_statements() >= 2).await;
    let closing = Arc::clone(&database);
    let closed = tokio::task::spawn_blocking(move || closing.close());
    // Nothing more is taken, and what waits still has no turn.
    until("it is closed", || database.queued_statements() == 0).await;
    drop(turn);
    for guest in guests {
        guest.await.unwrap().unwrap();
    }
    closed.await.unwrap();
    run(&mut setup, "INSERT INTO t VALUES (2) RETURNING a").await.unwrap_err();
    assert_eq!(must(&mut setup, "SELECT count(*) FROM t").await, ["[Value::Integer(3)]"]);
}

#[tokio::test]
async fn a_guest_that_set_its_connection_its_own_way_writes_on_it() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut guest = guest(&database).await;
    must(&mut guest, "CREATE TABLE t (a INTEGER PRIMARY KEY)").await;
    must(&mut guest, "CREATE TABLE child (a INTEGER REFERENCES t)").await;
    run(&mut guest, "INSERT INTO child VALUES (1) RETURNING a").await.unwrap_err();
    must(&mut guest, "PRAGMA foreign_keys = OFF").await;
    must(&mut guest, "INSERT INTO child VALUES (1) RETURNING a").await;
    must(&mut guest, "PRAGMA foreign_keys = ON").await;
    must(&mut guest, "BEGIN").await;
    must(&mut guest, "INSERT INTO t VALUES (1) RETURNING a").await;
    must(&mut guest, "ROLLBACK").await;
    assert_eq!(must(&mut guest, "SELECT count(*) FROM t").await, ["[Value::Integer(0)]"]);
}

#[tokio::test]
async fn a_guest_that_ended_before_its_turn_wrote_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path());
    let mut setup = guest(&database).await;
    must(&mut setup, "CREATE TABLE t (a)").await;
    let turn = database.write_permit(Duration::from_secs(5)).await.unwrap();
    let mut ending = guest(&database).await;
    let mut waiting = Box::pin(run(&mut ending, "INSERT INTO t VALUES (1) RETURNING a"));
    tokio::select! {
        biased;
        answer = &mut waiting => panic!("answered without a turn: {answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    drop(waiting);
    drop(turn);
    must(&mut setup, "INSERT INTO t VALUES (2) RETURNING a").await;
    assert_eq!(must(&mut setup, "SELECT a FROM t").await, ["[Value::Integer(2)]"]);
}
