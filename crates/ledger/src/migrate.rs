//! Brings the schema to the version this program knows, by itself, at first use.
//!
//! Invariants: an up-to-date file costs one pragma; a migration is applied whole or not at all, so a crash in between
//! is continued by the next start; two processes that start together apply each migration once; a file written by a
//! newer program is never touched.

use tollbooth_pipeline::Instant;

use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::schema::{MIGRATIONS, Migration, SCHEMA_VERSION};
use crate::transaction::{run, within};

/// How long a statement waits for another writer, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

/// How often the switch to WAL is tried. Each try waits for the present writer first, up to [`BUSY_TIMEOUT_MS`].
const WAL_TRIES: u32 = 20;

/// Prepares a connection and migrates when needed.
///
/// `now` is recorded with the migrations; none when the call that came first carries no time.
pub(crate) fn prepare(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    // The timeout first: everything after it may have to wait.
    run(db, &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"), &[])?;
    run(db, "PRAGMA foreign_keys = ON", &[])?;
    // The default of SQLite, but not of every build: acknowledged means durable.
    run(db, "PRAGMA synchronous = FULL", &[])?;
    if user_version(db)? == i64::from(SCHEMA_VERSION) {
        return Ok(());
    }
    refuse_newer(db)?;
    switch_to_wal(db)?;
    for migration in MIGRATIONS {
        apply(db, migration, now)?;
    }
    verify(db)
}

fn user_version(db: &impl Db) -> Result<i64, LedgerError> {
    let row = run(db, "PRAGMA user_version", &[])?.into_iter().next();
    row.ok_or_else(|| LedgerError::Damaged("the database does not state its schema version".to_owned()))?
        .columns()
        .integer()
}

fn refuse_newer(db: &impl Db) -> Result<(), LedgerError> {
    let found = user_version(db)?;
    if (0..=i64::from(SCHEMA_VERSION)).contains(&found) {
        return Ok(());
    }
    Err(LedgerError::Damaged(format!(
        "the ledger has schema version {found}, this program knows {SCHEMA_VERSION}: \
         install the newer release again, or restore the backup made before the upgrade; nothing was changed"
    )))
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
        if user_version(db)? >= i64::from(migration.number) {
            return refuse_newer(db);
        }
        run(db, MIGRATION_TABLE, &[])?;
        // Building on a step that another build made differently would hide the difference for ever.
        compare(db, migration.number - 1)?;
        for statement in migration.statements() {
            run(db, &statement, &[])?;
        }
        run(
            db,
            "INSERT INTO schema_migration (number, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![migration.number, migration.name, migration.checksum(), now],
        )?;
        // Part of the transaction, as the page it lives on is.
        run(db, &format!("PRAGMA user_version = {}", migration.number), &[])?;
        Ok(())
    })
}

const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number        INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    -- Unknown when the call that applied it carried no time: the ledger reads no clock.
    applied_at_ms INTEGER
) STRICT";

/// Answers only when the file has exactly the schema of this program.
///
/// # Errors
/// `Damaged` names the migration that differs.
pub(crate) fn verify(db: &impl Db) -> Result<(), LedgerError> {
    refuse_newer(db)?;
    compare(db, SCHEMA_VERSION)
}

/// Compares the migrations recorded in the file with the first `count` of this program.
fn compare(db: &impl Db, count: u32) -> Result<(), LedgerError> {
    let known = || MIGRATIONS.iter().filter(|m| m.number <= count);
    let mut recorded = Vec::new();
    for row in run(db, "SELECT number, name, checksum FROM schema_migration ORDER BY number", &[])? {
        let mut columns = row.columns();
        recorded.push((columns.number::<u32>()?, columns.text()?, columns.text()?));
    }
    if recorded.len() != known().count() {
        return Err(LedgerError::Damaged(format!(
            "the ledger claims schema version {count} and records {} migrations: restore it from a backup",
            recorded.len()
        )));
    }
    for (migration, (number, name, checksum)) in known().zip(recorded) {
        if (number, &checksum) != (migration.number, &migration.checksum()) {
            return Err(LedgerError::Damaged(format!(
                "migration {number} (`{name}`) was applied with checksum {checksum}, this program has {} (`{}`) with {}: \
                 the ledger was made by another build; install the release that made it",
                migration.number,
                migration.name,
                migration.checksum()
            )));
        }
    }
    Ok(())
}
