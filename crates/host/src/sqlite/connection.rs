//! A connection of a guest, and where its statements run.
//!
//! What only reads runs where the guest runs, as long as it is short (see [`super::allowance`]). A statement that writes and
//! returns what it did is committed together with others where it stands alone (see [`super::together`]). Everything else
//! runs on a blocking thread, or in place of a serving thread by the one who has the turn to write.

use std::sync::Arc;

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::OwnedSemaphorePermit,
};

use super::{
    database::Database,
    pooled::{BUSY, PooledConnection, set_last_insert_rowid},
    together::{Outcome, Written},
    value::{self, Rows, Statement},
};
use crate::runtime::{Urgency, Urgent, bindings::spin::sqlite::sqlite::Value};

/// For who asks in SQL what a statement did that was committed together with others.
const NOT_KNOWN_HERE: &str = "changes() and last_insert_rowid() do not know the statement before, which had RETURNING; \
    read what it returned, or ask the connection's own functions";

/// What a guest holds: its connection, and the write permit while a transaction of its own writes.
pub struct GuestConnection {
    database: Arc<Database>,
    urgency: Arc<Urgency>,
    /// None only while a statement runs on a blocking thread, or after that thread failed.
    held: Option<Held>,
    last_insert_rowid: i64,
    changes: u64,
    /// Whether those two are of a statement that its own connection knows nothing of.
    wrote_elsewhere: bool,
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
    NeedsPermit(Statement),
}

impl GuestConnection {
    /// Opens a connection for a guest.
    pub(super) async fn open(database: &Arc<Database>, urgency: Arc<Urgency>) -> Result<Self, String> {
        let connection = match database.take_idle() {
            Some(connection) => connection,
            None => {
                let from = Arc::clone(database);
                let opened = database.blocking.spawn_blocking(move || from.open_connection());
                opened.await.map_err(|_| stopped())?.map_err(|error| error.to_string())?
            }
        };
        Ok(Self {
            database: Arc::clone(database),
            urgency,
            held: Some(Held { connection, permit: None }),
            last_insert_rowid: 0,
            changes: 0,
            wrote_elsewhere: false,
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
        if self.wrote_elsewhere && asks_what_was_written(&sql) {
            return Err(NOT_KNOWN_HERE.to_owned());
        }
        let statement = Statement { sql, parameters };
        if looks_like_a_write(&statement.sql) || returns_what_it_writes(&statement.sql) {
            return self.write(statement).await;
        }
        match self.step(statement).await? {
            Step::Done { result, .. } => result,
            Step::NeedsPermit(statement) => self.write(statement).await,
        }
    }

    async fn write(&mut self, mut statement: Statement) -> Result<Rows, String> {
        if returns_what_it_writes(&statement.sql) && self.stands_alone() {
            match self.database.write_together(statement, self.last_insert_rowid).await {
                Outcome::Done(result) => return result.map(|written| self.remember(written)),
                Outcome::NotTaken(own) => statement = own,
            }
        }
        self.take_permit().await?;
        match self.step(statement).await? {
            Step::Done { result, .. } => result,
            // A statement does not start to write between two looks at it.
            Step::NeedsPermit(_) => Err("database is locked".to_owned()),
        }
    }

    fn stands_alone(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.permit.is_none() && held.connection.is_like_any_other())
    }

    fn remember(&mut self, written: Written) -> Rows {
        self.last_insert_rowid = written.last_insert_rowid;
        self.changes = written.changes;
        self.wrote_elsewhere = true;
        if let Some(held) = &self.held {
            set_last_insert_rowid(&held.connection.inner, written.last_insert_rowid);
        }
        written.rows
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

    async fn step(&mut self, statement: Statement) -> Result<Step, String> {
        let briefly = self.urgency.on_serving_threads();
        let statement = match self.held.as_mut().filter(|held| briefly && held.waits_for_nobody()) {
            Some(held) => match held.run_briefly(statement) {
                Ok(step) => return Ok(step),
                Err(broken_off) => broken_off,
            },
            None => statement,
        };
        self.step_elsewhere(statement).await
    }

    /// Runs a statement that may take its time.
    async fn step_elsewhere(&mut self, statement: Statement) -> Result<Step, String> {
        let held = self.held.take().ok_or_else(stopped)?;
        let had_permit = held.permit.is_some();
        // Dropped with the thread's result when the guest ends meanwhile: then the connection goes back all the same.
        let mut job = Job { held: Some(held), database: Arc::clone(&self.database) };
        let run = move || {
            let step = match &mut job.held {
                Some(held) => held.run(statement),
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
            self.wrote_elsewhere = false;
        }
        Ok(step)
    }
}

impl Held {
    /// Whether a statement that reads can begin at once: others hold neither the turn to write nor the whole file.
    fn waits_for_nobody(&self) -> bool {
        self.permit.is_none() && self.connection.warm
    }

    /// Runs a statement that only reads, on a thread that answers requests. Gives it back when it is too long for that;
    /// nothing came of it then.
    fn run_briefly(&mut self, statement: Statement) -> Result<Step, Statement> {
        self.connection.allowance.begin();
        let result = match self.connection.inner.prepare_cached(&statement.sql) {
            Err(error) => Some(Err(error.to_string())),
            Ok(prepared) if !prepared.readonly() => None,
            Ok(mut prepared) => Some(value::query(&mut prepared, &statement.parameters)),
        };
        let broken_off = self.connection.allowance.end();
        match result {
            None => Ok(Step::NeedsPermit(statement)),
            Some(Err(_)) if broken_off => Err(statement),
            Some(result) => Ok(Step::Done { result, wrote: false }),
        }
    }

    fn run(&mut self, statement: Statement) -> Step {
        let (result, wrote) = match self.connection.inner.prepare_cached(&statement.sql) {
            Err(error) => (Err(error.to_string()), false),
            Ok(prepared) if !prepared.readonly() && self.permit.is_none() => return Step::NeedsPermit(statement),
            Ok(mut prepared) => {
                let wrote = !prepared.readonly();
                (value::query(&mut prepared, &statement.parameters), wrote)
            }
        };
        if self.connection.inner.is_autocommit() {
            self.permit = None;
        }
        Step::Done { result, wrote }
    }
}

/// Gives a connection back, first the connection (which rolls back), then the permit; on a blocking thread where there is
/// something to undo.
struct Job {
    held: Option<Held>,
    database: Arc<Database>,
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(Held { connection, permit }) = self.held.take() {
            if permit.is_none() && connection.is_at_rest() {
                return self.database.give_back(connection);
            }
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
    let word = first_word(sql);
    ["INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
        || (word.eq_ignore_ascii_case("BEGIN") && sql.to_ascii_uppercase().contains("IMMEDIATE"))
}

/// Whether a statement writes and tells in its rows what it wrote, so that nobody asks the connection for it. A guess, too:
/// what reads is given back.
fn returns_what_it_writes(sql: &str) -> bool {
    let word = first_word(sql);
    ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
        && (sql.contains("RETURNING") || sql.contains("returning"))
}

/// Whether a statement may ask its connection for what was written last.
fn asks_what_was_written(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    let called =
        |(at, name): (usize, &str)| sql.get(at + name.len()..).is_some_and(|rest| rest.trim_start().starts_with('('));
    sql.match_indices("changes").chain(sql.match_indices("last_insert_rowid")).any(called)
}

fn first_word(sql: &str) -> &str {
    sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
}

/// A runtime of one thread has no other one to take over.
fn may_block_in_place() -> bool {
    Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread)
}

fn stopped() -> String {
    "the database is closing".to_owned()
}
