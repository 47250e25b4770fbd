//! Whether the schema is the one this program knows, and how it becomes that.
//!
//! Invariants: a migration is applied whole or not at all, so a crash in between is continued by the next start; two
//! processes that start together apply each migration once; a database written by a newer program is never touched.
//! SQLite is migrated by whoever opens the file first; PostgreSQL by an operator, with a role that may.

pub(crate) mod marks;
pub(crate) mod postgres;
mod sqlite;

use tollbooth_pipeline::Instant;

use crate::db::{Db, params};
use crate::dialect::Dialect;
use crate::error::LedgerError;
use crate::schema::{MIGRATIONS, Migration, SCHEMA_VERSION};
use crate::transaction::run;

/// Prepares a connection, and migrates SQLite when needed.
///
/// `now` is recorded with the migrations; none when the call that came first carries no time.
pub(crate) fn prepare(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    match db.dialect() {
        Dialect::Sqlite => sqlite::prepare(db, now),
        Dialect::Postgres => postgres::prepare(db),
    }
}

/// Answers only when the database has exactly the schema of this program.
///
/// # Errors
/// `Damaged` names the migration that differs.
pub(crate) fn verify(db: &impl Db) -> Result<(), LedgerError> {
    refuse_newer(version(db)?)?;
    compare(db, SCHEMA_VERSION)
}

pub(crate) fn version(db: &impl Db) -> Result<i64, LedgerError> {
    let sql = match db.dialect() {
        Dialect::Sqlite => "PRAGMA user_version",
        Dialect::Postgres => "SELECT coalesce(max(number), 0) FROM schema_migration",
    };
    let row = run(db, sql, &[])?.into_iter().next();
    row.ok_or_else(|| LedgerError::Damaged("the database does not state its schema version".to_owned()))?
        .columns()
        .integer()
}

fn refuse_newer(found: i64) -> Result<(), LedgerError> {
    if (0..=i64::from(SCHEMA_VERSION)).contains(&found) {
        return Ok(());
    }
    if found == marks::SEALED {
        return Err(LedgerError::not_opened("the ledger", marks::SEALED_TEXT.to_owned()));
    }
    Err(LedgerError::Damaged(format!(
        "the ledger has schema version {found}, this program knows {SCHEMA_VERSION}: \
         install the newer release again, or restore the backup made before the upgrade; nothing was changed"
    )))
}

/// Applies one migration inside the present transaction, on what the ones before it made.
fn apply(db: &impl Db, migration: &Migration, now: Option<Instant>) -> Result<(), LedgerError> {
    // Building on a step that another build made differently would hide the difference for ever.
    compare(db, migration.number - 1)?;
    for statement in migration.statements(db.dialect()) {
        run(db, &statement, &[])?;
    }
    run(
        db,
        "INSERT INTO schema_migration (number, name, checksum, applied_at_ms) VALUES (?1, ?2, ?3, ?4)",
        params![migration.number, migration.name, migration.checksum(db.dialect()), now],
    )
    .map(drop)
}

/// Compares the migrations recorded in the database with the first `count` of this program.
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
        let expected = migration.checksum(db.dialect());
        if (number, &checksum) != (migration.number, &expected) {
            return Err(LedgerError::Damaged(format!(
                "migration {number} (`{name}`) was applied with checksum {checksum}, this program has {} (`{}`) with \
                 {expected}: the ledger was made by another build; install the release that made it",
                migration.number, migration.name,
            )));
        }
    }
    Ok(())
}
