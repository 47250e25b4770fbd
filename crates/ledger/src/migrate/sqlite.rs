//! A SQLite file: prepared and migrated by whoever opens it. An up-to-date file costs four pragmas.

use tollbooth_pipeline::Instant;

use crate::db::Db;
use crate::error::LedgerError;
use crate::schema::{MIGRATIONS, Migration, SCHEMA_VERSION};
use crate::transaction::{run, within};

/// How long a statement waits for another writer, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// How often the switch to WAL is tried. Each try waits for the present writer first, up to [`BUSY_TIMEOUT_MS`].
const WAL_TRIES: u32 = 20;

const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    -- Unknown when the call that applied it carried no time: the ledger reads no clock.
    applied_at_ms INTEGER
) STRICT";

pub(super) fn prepare(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    // The timeout first: everything after it may have to wait.
    run(db, &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"), &[])?;
    run(db, "PRAGMA foreign_keys = ON", &[])?;
    // The default of SQLite, but not of every build: acknowledged means durable.
    run(db, "PRAGMA synchronous = FULL", &[])?;
    let found = super::version(db)?;
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
