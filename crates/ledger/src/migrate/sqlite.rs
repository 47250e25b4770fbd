//! A SQLite file: prepared and migrated by whoever opens it. An up-to-date file costs one statement.

use tollbooth_pipeline::Instant;

use crate::db::Db;
use crate::error::LedgerError;
use crate::schema::{MIGRATIONS, Migration, SCHEMA_VERSION};
use crate::transaction::{run, within};

/// How long a statement waits for another writer, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// How often the switch to WAL is tried. Each try waits for the present writer first, up to [`BUSY_TIMEOUT_MS`].
const WAL_TRIES: u32 = 20;

/// What a connection is like, and the schema's version: one statement, for each is a call of the host, and one of a camera's
/// every request. Asked and not just set: `PRAGMA foreign_keys = ON` makes SQLite compile every statement of its connection
/// anew, also where it was so before, and a connection out of a pool has them compiled.
const ASKED: &str = "SELECT (SELECT timeout FROM pragma_busy_timeout), (SELECT foreign_keys FROM pragma_foreign_keys),
    (SELECT synchronous FROM pragma_synchronous), (SELECT user_version FROM pragma_user_version)";

/// `FULL`, as `PRAGMA synchronous` tells it; `EXTRA` is more.
const FULL: i64 = 2;

const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    -- Unknown when the call that applied it carried no time: the ledger reads no clock.
    applied_at_ms INTEGER
) STRICT";

pub(super) fn prepare(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    let found = match version_if_prepared(db) {
        Some(version) => version,
        None => {
            set(db)?;
            super::version(db)?
        }
    };
    if found == i64::from(SCHEMA_VERSION) {
        return Ok(());
    }
    super::refuse_newer(found)?;
    switch_to_wal(db)?;
    for migration in MIGRATIONS {
        apply(db, migration, now)?;
    }
    super::verify(db)
}

/// The schema's version, of a connection that needs no setting. None for any other, and where it cannot be asked like
/// this: what is wrong there shows when the connection is set.
fn version_if_prepared(db: &impl Db) -> Option<i64> {
    let mut columns = run(db, ASKED, &[]).ok()?.into_iter().next()?.columns();
    let waits = columns.integer().ok()? >= i64::from(BUSY_TIMEOUT_MS);
    let refers = columns.flag().ok()?;
    let durable = columns.integer().ok()? >= FULL;
    (waits && refers && durable).then(|| columns.integer().ok()).flatten()
}

fn set(db: &impl Db) -> Result<(), LedgerError> {
    // The timeout first: everything after it may have to wait.
    run(db, &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"), &[])?;
    run(db, "PRAGMA foreign_keys = ON", &[])?;
    // The default of SQLite, but not of every build: acknowledged means durable.
    run(db, "PRAGMA synchronous = FULL", &[])?;
    Ok(())
}

/// Switches the file to write-ahead logging, once and for all: readers then never wait for writers.
///
/// The switch fails at once while somebody else writes, without asking the busy handler, and inside a transaction.
/// An empty write transaction is what waits instead: this crate has no clock and cannot sleep.
fn switch_to_wal(db: &impl Db) -> Result<(), LedgerError> {
    let mut last = None;
    for _ in 0..WAL_TRIES {
        match run(db, "PRAGMA journal_mode = WAL", &[]) {
            // A file system without shared memory answers with the mode it keeps: slower, as durable.
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
        within(db, "BEGIN IMMEDIATE", || Ok::<_, LedgerError>(()))?;
    }
    last.map_or(Ok(()), Err)
}

fn apply(db: &impl Db, migration: &Migration, now: Option<Instant>) -> Result<(), LedgerError> {
    within(db, "BEGIN IMMEDIATE", || {
        // Asked again under the lock: another process may have been faster.
        let found = super::version(db)?;
        if found >= i64::from(migration.number) {
            return super::refuse_newer(found);
        }
        run(db, MIGRATION_TABLE, &[])?;
        super::apply(db, migration, now)?;
        // Part of the transaction, as the page it lives on is.
        run(db, &format!("PRAGMA user_version = {}", migration.number), &[])?;
        Ok(())
    })
}
