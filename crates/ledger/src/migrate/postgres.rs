//! A PostgreSQL database: changed by an operator with a role that may, looked at by everybody else.
//!
//! Components never change the schema: many of them start at once, and their role may not.

use tollbooth_pipeline::Instant;

use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::intake::RecordFunction;
use crate::schema::{MIGRATIONS, SCHEMA_VERSION};
use crate::transaction::{run, within};

/// Held by whoever changes the schema, until the connection ends; a number of ours alone.
const SCHEMA_LOCK: &str = "pg_advisory_lock(CAST(7309453421 AS BIGINT))";
const SCHEMA_UNLOCK: &str = "pg_advisory_unlock(CAST(7309453421 AS BIGINT))";

const MIGRATION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number        BIGINT PRIMARY KEY,
    name          TEXT NOT NULL,
    -- SHA-256 of the file, lower-case hex.
    checksum      TEXT NOT NULL,
    applied_at_ms BIGINT
)";

/// Texts must compare byte by byte: hours are compared with `~`, and in the order of most languages that sorts before
/// the digits, so a balance would be empty and look right.
const BYTEWISE: &str = "'2026' < '~' AND 'B' < 'a'";

/// How long a statement may run, and wait for a lock, and a transaction may do nothing: a caller that was given up, or
/// whose host died, must not hold what others wait for. Set in the statement that looks at the schema, so that they cost
/// nothing; the role has the same, for connections that get no further.
const STATEMENT_LIMIT: &str = "15s";
const LOCK_LIMIT: &str = "5s";
const IDLE_LIMIT: &str = "10s";

/// Prepares a connection. What it was used for before is unknown: a host may hand on one whose user died inside a
/// transaction, and the next COMMIT would make that half of a transaction true. So it begins with a ROLLBACK, which
/// does no harm where there is nothing to roll back.
pub(super) fn prepare(db: &impl Db) -> Result<(), LedgerError> {
    run(db, "ROLLBACK", &[])?;
    let asked = run(
        db,
        &format!(
            "SELECT (SELECT coalesce(max(number), 0) FROM schema_migration), {BYTEWISE}, to_regprocedure(?1) IS NOT NULL,
                to_regclass('{marker}') IS NULL,
                set_config('statement_timeout', ?2, false), set_config('lock_timeout', ?3, false),
                set_config('idle_in_transaction_session_timeout', ?4, false)",
            marker = super::marks::MARKER
        ),
        params![RecordFunction::present().signature(), STATEMENT_LIMIT, LOCK_LIMIT, IDLE_LIMIT],
    );
    let row = match asked {
        Ok(rows) => rows.into_iter().next(),
        Err(error) if exists(db)? => return Err(error),
        Err(_) => return Err(unprepared("there is no ledger in this database")),
    };
    let mut columns =
        row.ok_or_else(|| LedgerError::Damaged("the database does not state its schema version".to_owned()))?.columns();
    let (found, bytewise, records, settled) = (columns.integer()?, columns.flag()?, columns.flag()?, columns.flag()?);
    if !settled {
        return Err(LedgerError::not_opened("the ledger", super::marks::UNDER_WAY_TEXT.to_owned()));
    }
    super::refuse_newer(found)?;
    if found < i64::from(SCHEMA_VERSION) {
        return Err(unprepared(&format!("the ledger has schema version {found}, this program needs {SCHEMA_VERSION}")));
    }
    if !records {
        return Err(unprepared("the function that records a passage is another release's"));
    }
    check_collation(bytewise)
}

/// Brings the schema to the version this program knows, and adds the function that records a passage. Functions of
/// other releases stay, so that replicas of both can run while one replaces the other.
pub(crate) fn migrate(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    run(db, "ROLLBACK", &[])?;
    let bytewise = run(db, &format!("SELECT {BYTEWISE}"), &[])?.into_iter().next();
    check_collation(bytewise.map_or(Ok(false), |row| row.columns().flag())?)?;
    run(db, &format!("SELECT CAST({SCHEMA_LOCK} AS TEXT)"), &[])?;
    let done = migrate_locked(db, now);
    let unlocked = run(db, &format!("SELECT {SCHEMA_UNLOCK}"), &[]);
    done.and(unlocked.map(drop))
}

fn migrate_locked(db: &impl Db, now: Option<Instant>) -> Result<(), LedgerError> {
    run(db, MIGRATION_TABLE, &[])?;
    super::refuse_newer(super::version(db)?)?;
    for migration in MIGRATIONS {
        if super::version(db)? < i64::from(migration.number) {
            within(db, "BEGIN", || super::apply(db, migration, now))?;
        }
    }
    run(db, &RecordFunction::present().create(), &[])?;
    super::verify(db)
}

/// Whether a ledger is being moved into this database.
pub(crate) fn is_being_moved_into(db: &impl Db) -> Result<bool, LedgerError> {
    let row = run(db, &format!("SELECT to_regclass('{}') IS NOT NULL", super::marks::MARKER), &[])?.into_iter().next();
    row.map_or(Ok(false), |row| row.columns().flag())
}

/// Whether the database has a ledger at all. Asked only when looking at it failed: nothing is read out of the words of
/// an error.
fn exists(db: &impl Db) -> Result<bool, LedgerError> {
    let row = run(db, "SELECT to_regclass('schema_migration') IS NOT NULL", &[])?.into_iter().next();
    row.map_or(Ok(false), |row| row.columns().flag())
}

fn unprepared(what: &str) -> LedgerError {
    LedgerError::Damaged(format!("{what}: run `tollbooth migrate` of this release first"))
}

fn check_collation(bytewise: bool) -> Result<(), LedgerError> {
    if bytewise {
        return Ok(());
    }
    Err(LedgerError::Damaged(
        "this database compares texts by a language's rules, and the balance would be wrong: create it with \
         LC_COLLATE 'C' (or C.UTF-8) from template0"
            .to_owned(),
    ))
}
