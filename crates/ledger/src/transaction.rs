//! Transactions on the ledger's one connection.
//!
//! A write transaction takes the lock at its start (`BEGIN IMMEDIATE`): one that reads first and writes later can
//! fail without waiting. It is kept short, and no call to anything but the database happens inside.

use crate::Ledger;
use crate::db::{Db, Row, Value};
use crate::error::LedgerError;

impl<D: Db> Ledger<D> {
    /// Runs one statement.
    pub(crate) fn run(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, LedgerError> {
        run(&self.db, sql, parameters)
    }

    /// Runs one statement that returns at most one row.
    pub(crate) fn run_one(&self, sql: &str, parameters: &[Value]) -> Result<Option<Row>, LedgerError> {
        Ok(self.run(sql, parameters)?.into_iter().next())
    }

    /// Runs `work` in a write transaction: all of it, or nothing when it fails or refuses.
    pub(crate) fn write<T, E: From<LedgerError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        within(&self.db, "BEGIN IMMEDIATE", work)
    }

    /// Runs `work` in a read transaction: everything it sees is of one moment.
    pub(crate) fn read<T, E: From<LedgerError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        within(&self.db, "BEGIN", work)
    }
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
