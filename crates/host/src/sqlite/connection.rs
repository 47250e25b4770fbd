//! A connection of a guest: pooled underneath, fresh as far as the guest can tell.
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
};

use rusqlite::{
    Connection,
    config::DbConfig,
    hooks::{AuthAction, AuthContext, Authorization},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::OwnedSemaphorePermit,
};

use super::{
    database::{BUSY, Database},
    value::{self, Rows},
};
use crate::{
    checkpoint::leave_checkpoints,
    runtime::{Urgency, Urgent, bindings::spin::sqlite::sqlite::Value},
};

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
    inner: Connection,
    spoiled: Arc<AtomicBool>,
}

/// Opens a connection with the rules for guests. Blocks.
pub(super) fn open(path: &Path) -> rusqlite::Result<PooledConnection> {
    let mut inner = Connection::open(path)?;
    inner.busy_timeout(BUSY)?;
    inner.set_prepared_statement_cache_capacity(STATEMENTS);
    inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, FOREIGN_KEYS)?;
    leave_checkpoints(&inner)?;
    let spoiled = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&spoiled);
    inner.authorizer(Some(move |context: AuthContext<'_>| {
        let (authorization, spoils) = judge(&context.action);
        if spoils {
            mark.store(true, Ordering::Relaxed);
        }
        authorization
    }))?;
    Ok(PooledConnection { inner, spoiled })
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
    /// The connection as if it had just been opened, or none when that cannot be done.
    pub(super) fn restored(self) -> Option<Self> {
        if self.spoiled.load(Ordering::Relaxed) {
            return None;
        }
        let restored = (|| {
            if !self.inner.is_autocommit() {
                self.inner.prepare_cached("ROLLBACK")?.execute([])?;
            }
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

/// What a guest holds: its connection, and the write permit while a transaction of its own writes.
pub struct GuestConnection {
    database: Arc<Database>,
    urgency: Arc<Urgency>,
    /// None only while a statement runs on a blocking thread, or after that thread failed.
    held: Option<Held>,
    last_insert_rowid: i64,
    changes: u64,
}

struct Held {
    connection: PooledConnection,
    permit: Option<WritePermit>,
}

/// The turn to write; the guest is urgent for as long as it has it.
struct WritePermit {
    _turn: OwnedSemaphorePermit,
    _urgent: Urgent,
}

/// How far a statement got.
enum Step {
    Done {
        result: Result<Rows, String>,
        wrote: bool,
    },
    /// It writes, and the connection does not have the permit yet.
    NeedsPermit {
        sql: String,
        parameters: Vec<Value>,
    },
}

impl GuestConnection {
    /// Opens a connection for a guest.
    pub(super) async fn open(database: &Arc<Database>, urgency: Arc<Urgency>) -> Result<Self, String> {
        let from = Arc::clone(database);
        let connection = database
            .blocking
            .spawn_blocking(move || from.take())
            .await
            .map_err(|_| stopped())?
            .map_err(|error| error.to_string())?;
        Ok(Self {
            database: Arc::clone(database),
            urgency,
            held: Some(Held { connection, permit: None }),
            last_insert_rowid: 0,
            changes: 0,
        })
    }

    pub(super) fn last_insert_rowid(&self) -> i64 {
        self.last_insert_rowid
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Runs one statement. A statement that writes waits for its turn first.
    pub(super) async fn execute(&mut self, sql: String, parameters: Vec<Value>) -> Result<Rows, String> {
        if looks_like_a_write(&sql) {
            self.take_permit().await?;
        }
        match self.step(sql, parameters).await? {
            Step::Done { result, .. } => result,
            Step::NeedsPermit { sql, parameters } => {
                self.take_permit().await?;
                match self.step(sql, parameters).await? {
                    Step::Done { result, .. } => result,
                    // A statement does not start to write between two looks at it.
                    Step::NeedsPermit { .. } => Err("database is locked".to_owned()),
                }
            }
        }
    }

    async fn take_permit(&mut self) -> Result<(), String> {
        let held = self.held.as_mut().ok_or_else(stopped)?;
        if held.permit.is_none() {
            let turn = self.database.write_permit(BUSY).await.ok_or("database is locked")?;
            held.permit = Some(WritePermit { _turn: turn, _urgent: self.urgency.begin() });
            self.urgency.settle().await;
        }
        Ok(())
    }

    async fn step(&mut self, sql: String, parameters: Vec<Value>) -> Result<Step, String> {
        let held = self.held.take().ok_or_else(stopped)?;
        let had_permit = held.permit.is_some();
        // Dropped with the thread's result when the guest ends meanwhile: then the connection goes back all the same.
        let mut job = Job { held: Some(held), database: Arc::clone(&self.database) };
        let run = move || {
            let step = match &mut job.held {
                Some(held) => held.run(sql, parameters),
                None => Step::Done { result: Err(stopped()), wrote: false },
            };
            (job, step)
        };
        // Everybody waits for the holder of the permit, so it does not wait for another thread to wake up: its
        // thread stops being one of the runtime's for as long as the statement takes.
        let in_place = had_permit && self.urgency.on_serving_threads() && may_block_in_place();
        let (mut job, step) = if in_place {
            tokio::task::block_in_place(run)
        } else {
            self.database.blocking.spawn_blocking(run).await.map_err(|_| stopped())?
        };
        self.held = job.held.take();
        let released = had_permit && self.held.as_ref().is_some_and(|held| held.permit.is_none());
        if released {
            self.database.committed();
            self.urgency.settle().await;
        }
        // After a statement that only reads, a pooled connection would still show the counts of its former guest.
        if let (Some(held), Step::Done { wrote: true, .. }) = (&self.held, &step) {
            self.last_insert_rowid = held.connection.inner.last_insert_rowid();
            self.changes = held.connection.inner.changes();
        }
        Ok(step)
    }
}

impl Held {
    fn run(&mut self, sql: String, parameters: Vec<Value>) -> Step {
        let (result, wrote) = match self.connection.inner.prepare_cached(&sql) {
            Err(error) => (Err(error.to_string()), false),
            Ok(statement) if !statement.readonly() && self.permit.is_none() => {
                return Step::NeedsPermit { sql, parameters };
            }
            Ok(mut statement) => {
                let wrote = !statement.readonly();
                (value::query(&mut statement, parameters), wrote)
            }
        };
        if self.connection.inner.is_autocommit() {
            self.permit = None;
        }
        Step::Done { result, wrote }
    }
}

/// Gives a connection back on a blocking thread, first the connection (which rolls back), then the permit.
struct Job {
    held: Option<Held>,
    database: Arc<Database>,
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(Held { connection, permit }) = self.held.take() {
            let database = Arc::clone(&self.database);
            self.database.blocking.spawn_blocking(move || {
                database.give_back(connection);
                drop(permit);
            });
        }
    }
}

impl Drop for GuestConnection {
    fn drop(&mut self) {
        drop(Job { held: self.held.take(), database: Arc::clone(&self.database) });
    }
}

/// A guess that saves a round trip to the blocking threads. SQLite itself decides in [`Held::run`]; a wrong guess
/// costs a wait for the permit or that round trip, nothing else.
fn looks_like_a_write(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
        || (word.eq_ignore_ascii_case("BEGIN") && sql.to_ascii_uppercase().contains("IMMEDIATE"))
}

/// A runtime of one thread has no other one to take over.
fn may_block_in_place() -> bool {
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

fn stopped() -> String {
    "the database is closing".to_owned()
}
