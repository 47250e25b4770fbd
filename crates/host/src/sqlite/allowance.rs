//! How long a statement may keep a thread that answers requests.
//!
//! Most statements of a request take some hundred steps of SQLite's machine, and going to another thread and back takes
//! longer than that. So a statement that only reads begins where its guest runs. One that turns out to be long is broken
//! off and begun again on a blocking thread; nothing comes of the part that was done. Steps are counted and not time: a
//! thread that gets no core for a while says nothing of its statement.

use std::{
    ffi::c_int,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use rusqlite::Connection;

/// A statement has so many steps of SQLite's machine at least, and twice as many at most.
const STEPS: c_int = 1_000;

/// What one connection's statements may take. Used by one thread at a time, as the connection is.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<State>);

#[derive(Debug, Default)]
struct State {
    limited: AtomicBool,
    /// How often SQLite asked since [`Allowance::begin`].
    asked: AtomicU32,
}

impl Allowance {
    /// The allowance of a connection, which is unlimited until [`Self::begin`].
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Self> {
        let allowance = Self::default();
        let asked = allowance.clone();
        connection.progress_handler(STEPS, Some(move || asked.is_used_up()))?;
        Ok(allowance)
    }

    /// From here on statements are broken off when they are long.
    pub(super) fn begin(&self) {
        self.0.asked.store(0, Ordering::Relaxed);
        self.0.limited.store(true, Ordering::Relaxed);
    }

    /// From here on they are not. True when one was.
    pub(super) fn end(&self) -> bool {
        self.0.limited.store(false, Ordering::Relaxed);
        self.0.asked.load(Ordering::Relaxed) > 1
    }

    /// SQLite counts the steps of a statement over all its runs and asks each time they have grown by [`STEPS`]: the
    /// first time may be at once, so the second one counts.
    fn is_used_up(&self) -> bool {
        self.0.limited.load(Ordering::Relaxed) && self.0.asked.fetch_add(1, Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT sum(i) FROM n";

    fn answer(connection: &Connection, sql: &str) -> rusqlite::Result<i64> {
        connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
    }

    #[test]
    fn a_long_statement_is_broken_off_and_runs_to_its_end_without_a_limit() {
        let mut connection = Connection::open_in_memory().unwrap();
        let allowance = Allowance::install(&mut connection).unwrap();
        allowance.begin();
        answer(&connection, LONG).unwrap_err();
        assert!(allowance.end());
        assert_eq!(answer(&connection, LONG).unwrap(), 5_000_050_000);
        assert!(connection.is_autocommit());
    }

    #[test]
    fn a_short_statement_is_never_broken_off_however_often_it_runs() {
        let mut connection = Connection::open_in_memory().unwrap();
        let allowance = Allowance::install(&mut connection).unwrap();
        for _ in 0..2_000 {
            allowance.begin();
            assert_eq!(answer(&connection, "SELECT 1 + 1").unwrap(), 2);
            assert!(!allowance.end());
        }
    }

    #[test]
    fn a_transaction_outlives_the_breaking_off_of_what_it_reads() {
        let mut connection = Connection::open_in_memory().unwrap();
        let allowance = Allowance::install(&mut connection).unwrap();
        connection.execute_batch("CREATE TABLE t (a); BEGIN; INSERT INTO t VALUES (1)").unwrap();
        allowance.begin();
        answer(&connection, LONG).unwrap_err();
        assert!(allowance.end());
        assert_eq!(answer(&connection, "SELECT count(*) FROM t").unwrap(), 1);
        assert!(!connection.is_autocommit());
    }
}
