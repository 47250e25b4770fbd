//! Transactions on the ledger's one connection.
//!
//! A write transaction on SQLite takes the lock at its start (`BEGIN IMMEDIATE`): one that reads first and writes later
//! can fail without waiting. On PostgreSQL it takes the lock of its [`Scope`]. It is kept short, and no call to
//! anything but the database happens inside.

use crate::Ledger;
use crate::db::{Db, Row, Value, params};
use crate::dialect::Dialect;
use crate::error::LedgerError;
use crate::scope::Scope;

impl<D: Db> Ledger<D> {
    /// Runs one statement.
    pub(crate) fn run(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, LedgerError> {
        run(&self.db, sql, parameters)
    }

    /// Runs one statement that returns at most one row.
    pub(crate) fn run_one(&self, sql: &str, parameters: &[Value]) -> Result<Option<Row>, LedgerError> {
        Ok(self.run(sql, parameters)?.into_iter().next())
    }

    /// Runs `work` in a write transaction: all of it, or nothing when it fails or refuses. Nobody else changes what is
    /// in `scope` meanwhile.
    pub(crate) fn write<T, E: From<LedgerError>>(
        &self,
        scope: Scope,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.locked.set(0);
        let begin = match self.db.dialect() {
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
        };
        within(&self.db, begin, || {
            self.lock(scope)?;
            work()
        })
    }

    /// Runs `work` in a read transaction: everything it sees is of one moment.
    pub(crate) fn read<T, E: From<LedgerError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let begin = match self.db.dialect() {
            Dialect::Sqlite => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        within(&self.db, begin, work)
    }

    /// Adds a scope to the present write transaction.
    ///
    /// # Errors
    /// `Damaged` for one that must come before what is locked already: that would be a deadlock waiting to happen.
    pub(crate) fn lock(&self, scope: Scope) -> Result<(), LedgerError> {
        let Some(class) = scope.class() else { return Ok(()) };
        if class < self.locked.get() {
            return Err(LedgerError::Damaged(format!("{scope:?} is locked out of order")));
        }
        self.locked.set(class);
        match (self.db.dialect(), scope) {
            (Dialect::Sqlite, _) | (Dialect::Postgres, Scope::Rows) => Ok(()),
            (Dialect::Postgres, Scope::BoothOf(sequence)) => {
                let sql = format!("{} FROM passage WHERE sequence = ?1", advisory_lock(class, "booth_id"));
                self.run(&sql, params![sequence]).map(drop)
            }
            (Dialect::Postgres, Scope::Recognizer(recognizer)) => {
                self.run(&advisory_lock(class, "?1"), params![recognizer.as_str()]).map(drop)
            }
            (
                Dialect::Postgres,
                Scope::Admin | Scope::Export | Scope::Leasing | Scope::Shadows | Scope::Messages | Scope::Telemetry,
            ) => self.run(&advisory_lock(class, "''"), &[]).map(drop),
        }
    }
}

/// A lock until the end of the transaction. A statement of its own, before the one it protects: a statement sees what
/// was committed when it began, so one that first waits for a lock would still see the past. The type `void`, which
/// the function has, is none that a host passes on.
fn advisory_lock(class: i64, name: &str) -> String {
    format!("SELECT CAST(pg_advisory_xact_lock({class}, hashtext({name})) AS TEXT)")
}

/// Runs one statement; an error names the statement, never its parameters.
pub(crate) fn run(db: &impl Db, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, LedgerError> {
    db.execute(sql, parameters).map_err(|e| LedgerError::from_db(sql, e))
}

/// Runs `work` between `begin` and COMMIT, or ROLLBACK when it fails.
pub(crate) fn within<T, E: From<LedgerError>>(
    db: &impl Db,
    begin: &str,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    if let Err(error) = run(db, begin, &[]) {
        // A rollback that failed before may have left a transaction open; without this, the connection would
        // refuse every later BEGIN. Mostly there is none, which is the error ignored here.
        let _ = db.execute("ROLLBACK", &[]);
        return Err(error.into());
    }
    match work().and_then(|value| run(db, "COMMIT", &[]).map(|_| value).map_err(E::from)) {
        Ok(value) => Ok(value),
        Err(error) => {
            // After an I/O error SQLite may have rolled back by itself; then there is nothing left to do, and
            // `error` already says what happened.
            let _ = db.execute("ROLLBACK", &[]);
            Err(error)
        }
    }
}
