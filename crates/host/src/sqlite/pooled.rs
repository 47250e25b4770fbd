//! Connections out of a pool, fresh as far as the next guest can tell.
//!
//! State that a guest can leave on a connection is either restored (open transaction, foreign keys, busy timeout)
//! or makes the connection unfit for the next guest (temporary objects, attached databases, other pragmas); then
//! it is closed. Attaching files is denied: it would reach around the grants.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{
    Connection,
    config::DbConfig,
    ffi,
    hooks::{AuthAction, AuthContext, Authorization},
};

use super::allowance::Allowance;
use crate::checkpoint::leave_checkpoints;

/// How long a writer waits for its turn, and SQLite for another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Whether a fresh connection enforces foreign keys. SQLite's default is no, that of the SQLite in Spin is yes.
const FOREIGN_KEYS: bool = true;

/// Prepared statements kept on a connection.
const STATEMENTS: usize = 128;

/// Pragmas whose effect is restored, lies in the file, or only reads.
const HARMLESS_PRAGMAS: &[&str] = &[
    "foreign_keys",
    "busy_timeout",
    "journal_mode",
    "user_version",
    "application_id",
    "page_size",
    "auto_vacuum",
    "incremental_vacuum",
    "optimize",
    "wal_checkpoint",
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
];

/// A connection with the knowledge whether it can be used again.
pub(super) struct PooledConnection {
    pub(super) inner: Connection,
    pub(super) allowance: Allowance,
    /// Whether it has read the schema, and waited for whoever held the whole file.
    pub(super) warm: bool,
    spoiled: Arc<AtomicBool>,
}

/// Opens a connection that is as every guest finds one. Blocks.
pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, FOREIGN_KEYS)?;
    leave_checkpoints(&connection)?;
    Ok(connection)
}

/// Has a connection tell this row as the one inserted last, until it inserts one.
pub(super) fn set_last_insert_rowid(connection: &Connection, rowid: i64) {
    // SAFETY: the handle is that of an open connection, which only the thread that has the reference uses.
    unsafe { ffi::sqlite3_set_last_insert_rowid(connection.handle(), rowid) };
}

/// Opens a connection with the rules for guests. Blocks.
pub(super) fn open(path: &Path) -> rusqlite::Result<PooledConnection> {
    let mut inner = connect(path)?;
    // Where it fails, the first statement says why.
    let warm = inner.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).is_ok();
    let allowance = Allowance::install(&mut inner)?;
    let spoiled = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&spoiled);
    inner.authorizer(Some(move |context: AuthContext<'_>| {
        let (authorization, spoils) = judge(&context.action);
        if spoils {
            mark.store(true, Ordering::Relaxed);
        }
        authorization
    }))?;
    Ok(PooledConnection { inner, allowance, warm, spoiled })
}

/// Whether an action is allowed, and whether it leaves a trace that a next guest could see.
fn judge(action: &AuthAction<'_>) -> (Authorization, bool) {
    match action {
        AuthAction::Attach { filename } if !matches!(*filename, "" | ":memory:") => (Authorization::Deny, false),
        AuthAction::Attach { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => (Authorization::Allow, true),
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let harmless = HARMLESS_PRAGMAS.iter().any(|name| pragma_name.eq_ignore_ascii_case(name))
                || sets_what_is_so(pragma_name, *pragma_value);
            (Authorization::Allow, pragma_value.is_some() && !harmless)
        }
        _ => (Authorization::Allow, false),
    }
}

/// Whether a pragma asks for what a fresh connection has: the ledger demands `synchronous = FULL` at each first use,
/// and a connection that was closed for it would be a connection for one request. Another level is a trace.
fn sets_what_is_so(pragma: &str, value: Option<&str>) -> bool {
    pragma.eq_ignore_ascii_case("synchronous")
        && value.is_some_and(|level| level.eq_ignore_ascii_case("full") || level == "2")
}

impl PooledConnection {
    /// Whether [`Self::restored`] has nothing to undo in the file, so that it waits for nothing.
    pub(super) fn is_at_rest(&self) -> bool {
        self.inner.is_autocommit() && !self.spoiled.load(Ordering::Relaxed)
    }

    /// Whether a statement that stands alone means here what it means on any other connection.
    pub(super) fn is_like_any_other(&self) -> bool {
        let refers = self.inner.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY);
        self.is_at_rest() && refers == Ok(FOREIGN_KEYS)
    }

    /// The connection as if it had just been opened, or none when that cannot be done.
    pub(super) fn restored(self) -> Option<Self> {
        if self.spoiled.load(Ordering::Relaxed) {
            return None;
        }
        let restored = (|| {
            if !self.inner.is_autocommit() {
                self.inner.prepare_cached("ROLLBACK")?.execute([])?;
            }
            set_last_insert_rowid(&self.inner, 0);
            self.inner.busy_timeout(BUSY)?;
            self.inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, FOREIGN_KEYS)
        })();
        match restored {
            Ok(_) => Some(self),
            Err(error) => {
                tracing::debug!(%error, "a connection is closed instead of used again");
                None
            }
        }
    }
}
