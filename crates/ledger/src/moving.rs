//! A ledger that is moved from a SQLite file into PostgreSQL: who may open which of the two meanwhile.
//!
//! Invariants: there is never a moment at which both can be written. While rows are copied the target holds a marker and
//! nobody opens it; when they are the same, the file is sealed, in the transaction that kept every writer out while they
//! were compared; only then the marker goes. A crash in between leaves none of them open, and the same command goes on.
//! What is copied, and how, is none of this crate's business.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::ident::sha256_hex;

use crate::db::{Db, params};
use crate::dialect::Dialect;
use crate::error::LedgerError;
use crate::migrate;
use crate::migrate::marks::{self, SEALED, SEALED_TEXT};
use crate::schema::SCHEMA_VERSION;
use crate::transaction::run;

/// The table that a target has while a ledger is moved into it, and at no other time.
pub const MARKER: &str = marks::MARKER;

/// How a SQLite file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is in use, with the schema of this program.
    Open,
    /// Its ledger was moved away.
    Sealed,
}

/// How the ledger of a SQLite file stands. Changes nothing in it.
///
/// # Errors
/// `Damaged` for a schema that is not exactly this program's: it must be opened by this release once before it is moved.
pub fn standing(db: &impl Db) -> Result<Standing, LedgerError> {
    match migrate::version(db)? {
        SEALED => Ok(Standing::Sealed),
        found if found == i64::from(SCHEMA_VERSION) => Ok(Standing::Open),
        0 => Err(LedgerError::Damaged("the file holds no ledger".to_owned())),
        found => Err(LedgerError::Damaged(format!(
            "the ledger has schema version {found}, this program needs {SCHEMA_VERSION}: run `tollbooth up` of this release \
             on it once, then move it"
        ))),
    }
}

/// Closes a SQLite file for good, within the present transaction: nobody opens it any more, and who opened it before and waits
/// to write cannot change a row of any table either. What is no history would be lost there without a word as well: who looked
/// at a photo, a count, a setting.
///
/// # Errors
/// [`LedgerError`]
pub fn seal(db: &impl Db) -> Result<(), LedgerError> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'";
    for row in run(db, tables, &[])? {
        let table = row.columns().text()?;
        for change in ["INSERT", "UPDATE", "DELETE"] {
            let refuses = format!(
                "CREATE TRIGGER moved_away_{change}_{table} BEFORE {change} ON {table}
                 BEGIN SELECT RAISE(ABORT, '{SEALED_TEXT}'); END"
            );
            run(db, &refuses, &[])?;
        }
    }
    run(db, &format!("PRAGMA user_version = {SEALED}"), &[]).map(drop)
}

/// What tells one ledger from all others: derived from a secret that each was made with, and gives nothing of it away.
///
/// # Errors
/// `Damaged` for a ledger without that secret.
pub fn identity(db: &impl Db) -> Result<String, LedgerError> {
    let row = run(db, "SELECT secret FROM blind_secret WHERE id = 1", &[])?.into_iter().next();
    let secret = row.ok_or_else(|| LedgerError::Damaged("the ledger has no secret of its own".to_owned()))?;
    Ok(sha256_hex(format!("moving house {}", secret.columns().text()?).as_bytes()))
}

/// Makes the schema of a target without opening it, so also while a ledger is moved into it.
///
/// # Errors
/// As for [`crate::Ledger::migrate`].
pub fn make_schema(db: &impl Db, now: Instant) -> Result<(), LedgerError> {
    match db.dialect() {
        Dialect::Postgres => migrate::postgres::migrate(db, Some(now)),
        Dialect::Sqlite => Err(LedgerError::Damaged("a ledger is moved into PostgreSQL only".to_owned())),
    }
}

/// Which ledger is being moved into this database; none when none is.
///
/// # Errors
/// [`LedgerError`]
pub fn guest_of(db: &impl Db) -> Result<Option<String>, LedgerError> {
    if !migrate::postgres::is_being_moved_into(db)? {
        return Ok(None);
    }
    let row = run(db, &format!("SELECT source FROM {MARKER}"), &[])?.into_iter().next();
    let row =
        row.ok_or_else(|| LedgerError::Damaged(format!("the table {MARKER} is empty: begin with a new database")))?;
    row.columns().text().map(Some)
}

/// Notes that the ledger of this identity is being moved here; nobody opens the database from then on.
///
/// # Errors
/// [`LedgerError`]
pub fn begin(db: &impl Db, identity: &str, now: Instant) -> Result<(), LedgerError> {
    run(
        db,
        &format!(
            "CREATE TABLE {MARKER} (one BIGINT PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, begun_at_ms BIGINT NOT NULL)"
        ),
        &[],
    )?;
    run(db, &format!("INSERT INTO {MARKER} (one, source, begun_at_ms) VALUES (1, ?1, ?2)"), params![identity, now])
        .map(drop)
}

/// What a target needs that a file has not: every event that is not added up yet is noted by itself there
/// (`crate::telemetry`), where a file has one number for all of them.
pub const NOTE_PENDING: &str = "INSERT INTO telemetry_pending SELECT sequence FROM event
    WHERE sequence > (SELECT event_sequence FROM telemetry_state WHERE id = 1) ON CONFLICT DO NOTHING";
