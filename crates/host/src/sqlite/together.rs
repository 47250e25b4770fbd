//! Single statements of many guests, committed together.
//!
//! A statement that writes outside a transaction is one of its own, and its guest waits for the disk. Those that wait at
//! the same moment are run one after the other in one transaction, by one thread on one connection; each guest is answered
//! after the commit that its statement is in, so "returned" still means "durable". That connection also keeps the pages
//! that it wrote, while a guest's must read them again after every commit of somebody else.
//!
//! Guests see no difference: a statement is done whole or not at all, and when one fails, the transaction is undone and each
//! is run by itself. What means something else on another connection is not taken, and its guest runs it on its own.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Instant,
};

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

use super::{
    pooled::{BUSY, connect, set_last_insert_rowid},
    value::{self, Rows, Statement},
};
use crate::{HostError, checkpoint::Checkpointer};

/// Statements that may wait; beyond it guests wait before they queue.
const QUEUE: usize = 1_024;
/// Statements of one transaction: the first one waits for the last.
const MOST: usize = 64;
/// Functions whose answer belongs to a guest's own connection.
const OF_A_CONNECTION: [&str; 3] = ["last_insert_rowid", "changes", "total_changes"];

/// What a statement did.
pub(super) struct Written {
    pub(super) rows: Rows,
    pub(super) last_insert_rowid: i64,
    pub(super) changes: u64,
}

/// What came of a statement.
pub(super) enum Outcome {
    /// It is durable, or nothing of it was done.
    Done(Result<Written, String>),
    /// Nothing was done: it is one for its guest's own connection.
    NotTaken(Statement),
}

struct Waiting {
    statement: Statement,
    /// What its guest inserted last.
    last_insert_rowid: i64,
    since: Instant,
    answer: oneshot::Sender<Outcome>,
}

/// The way to the thread that commits.
pub(super) struct Together {
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Together {
    /// Starts the thread for one database file. `turns` is what its writers take for a transaction.
    pub(super) fn start(
        path: &Path,
        turns: Arc<Semaphore>,
        checkpointer: Arc<Checkpointer>,
        runtime: Handle,
    ) -> Result<Self, HostError> {
        let connection = open(path).map_err(|source| HostError::Database { path: path.to_owned(), source })?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let committer = Committer { connection, turns, checkpointer, runtime };
        let thread = std::thread::Builder::new()
            .name("sqlite".to_owned())
            .spawn(move || committer.commit_all(waiting))
            .map_err(|source| HostError::System { action: "start the thread that writes the database", source })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs one statement, which must not be part of a transaction.
    pub(super) async fn write(&self, statement: Statement, last_insert_rowid: i64) -> Outcome {
        let closed = || Outcome::Done(Err("the database is closing".to_owned()));
        let Some(queue) = lock(&self.queue).clone() else { return closed() };
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { statement, last_insert_rowid, since: Instant::now(), answer };
        // The thread ended before its guests did, by a panic: they go on, each on its own connection.
        if let Err(mpsc::error::SendError(Waiting { statement, .. })) = queue.send(waiting).await {
            return Outcome::NotTaken(statement);
        }
        drop(queue);
        answered.await.unwrap_or_else(|_| closed())
    }

    /// Lets queued statements finish and waits for the thread. Blocks.
    pub(super) fn close(&self) {
        drop(lock(&self.queue).take());
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the database panicked");
        }
    }

    /// Statements in the queue, without those that the thread has taken out of it.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        lock(&self.queue).as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Both hold an option that is whole after any panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = connect(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Function { function_name }
            if OF_A_CONNECTION.iter().any(|name| function_name.eq_ignore_ascii_case(name)) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }))?;
    Ok(connection)
}

/// Why a statement was not carried out.
enum Failure {
    /// In SQLite's words.
    Failed(String),
    /// Another process holds the file: nothing was tried, and it has been waited for.
    NotBegun(String),
    NotTaken,
}

struct Committer {
    connection: Connection,
    turns: Arc<Semaphore>,
    checkpointer: Arc<Checkpointer>,
    runtime: Handle,
}

impl Committer {
    fn commit_all(self, mut queue: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::new();
        loop {
            if batch.is_empty() {
                match queue.blocking_recv() {
                    Some(first) => batch.push(first),
                    None => return,
                }
            }
            let turn = self.turn();
            // Whatever arrived while the turn was awaited goes along; whoever ended meanwhile wants nothing done.
            while batch.len() < MOST
                && let Ok(next) = queue.try_recv()
            {
                batch.push(next);
            }
            batch.retain(|waiting| !waiting.answer.is_closed());
            match turn {
                Some(turn) => {
                    let begun = self.apply(std::mem::take(&mut batch));
                    drop(turn);
                    self.checkpointer.committed();
                    // Whoever waited behind them for the other process does not wait for it as long again.
                    if !begun {
                        refuse_those_who_waited(&mut batch, &mut queue);
                    }
                }
                None => refuse_those_who_waited(&mut batch, &mut queue),
            }
        }
    }

    /// The turn to write. None when it did not come in time, as when SQLite's busy handler gives up.
    fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.turns);
        if let Ok(turn) = Arc::clone(&turns).try_acquire_owned() {
            return Some(turn);
        }
        let patient = async { tokio::time::timeout(BUSY, turns.acquire_owned()).await };
        self.runtime.block_on(patient).ok()?.ok()
    }

    /// Carries statements out and answers their guests. False when another process held the file all the time.
    fn apply(&self, batch: Vec<Waiting>) -> bool {
        // What could not be undone before would hold up every writer until the process ends.
        self.undo();
        if batch.len() > 1 {
            match self.together(&batch) {
                Ok(all) => {
                    for (waiting, written) in batch.into_iter().zip(all) {
                        answer(waiting.answer, Outcome::Done(Ok(written)));
                    }
                    return true;
                }
                Err(Failure::NotBegun(text)) => {
                    for waiting in batch {
                        answer(waiting.answer, Outcome::Done(Err(text.clone())));
                    }
                    return false;
                }
                Err(Failure::Failed(_) | Failure::NotTaken) => {}
            }
        }
        for waiting in batch {
            let outcome = match self.alone(&waiting) {
                Ok(written) => Outcome::Done(Ok(written)),
                Err(Failure::Failed(text) | Failure::NotBegun(text)) => Outcome::Done(Err(text)),
                Err(Failure::NotTaken) => Outcome::NotTaken(waiting.statement),
            };
            answer(waiting.answer, outcome);
        }
        true
    }

    /// Runs statements in one transaction. When one fails, none of them is done.
    fn together(&self, batch: &[Waiting]) -> Result<Vec<Written>, Failure> {
        self.control("BEGIN IMMEDIATE").map_err(Failure::NotBegun)?;
        let all = batch.iter().map(|waiting| self.run(waiting)).collect::<Result<Vec<_>, _>>();
        let committed = all.and_then(|all| self.control("COMMIT").map(|()| all).map_err(Failure::Failed));
        if committed.is_err() {
            self.undo();
        }
        committed
    }

    /// Undoes what an open transaction did. After some failures SQLite has done so by itself.
    fn undo(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(error, "statements that were to be committed together were not undone");
        }
    }

    /// Runs a statement as a transaction of its own. Where an earlier one could not be undone, nothing is run that would
    /// become part of it.
    fn alone(&self, waiting: &Waiting) -> Result<Written, Failure> {
        if !self.connection.is_autocommit() {
            return Err(Failure::NotTaken);
        }
        self.run(waiting)
    }

    fn run(&self, waiting: &Waiting) -> Result<Written, Failure> {
        let statement = &waiting.statement;
        // What is wrong with it, its guest's own connection tells.
        let mut prepared = self.connection.prepare_cached(&statement.sql).map_err(|_| Failure::NotTaken)?;
        if prepared.readonly() {
            return Err(Failure::NotTaken);
        }
        // A statement that inserts nothing would tell what another guest inserted.
        set_last_insert_rowid(&self.connection, waiting.last_insert_rowid);
        let rows = value::query(&mut prepared, &statement.parameters).map_err(Failure::Failed)?;
        Ok(Written { rows, last_insert_rowid: self.connection.last_insert_rowid(), changes: self.connection.changes() })
    }

    fn control(&self, sql: &str) -> Result<(), String> {
        let run = || self.connection.prepare_cached(sql)?.execute([]);
        run().map(drop).map_err(|error| error.to_string())
    }
}

/// Refuses everybody who waited as long as SQLite's busy handler would; the others go on waiting.
fn refuse_those_who_waited(batch: &mut Vec<Waiting>, queue: &mut mpsc::Receiver<Waiting>) {
    while let Ok(next) = queue.try_recv() {
        batch.push(next);
    }
    let (waited, others): (Vec<_>, Vec<_>) = batch.drain(..).partition(|waiting| waiting.since.elapsed() >= BUSY);
    for waiting in waited {
        answer(waiting.answer, Outcome::Done(Err("database is locked".to_owned())));
    }
    *batch = others;
}

fn answer(to: oneshot::Sender<Outcome>, outcome: Outcome) {
    // The guest may be gone; its statement stands all the same.
    let _ = to.send(outcome);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_committed_with_full_synchronisation() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open(&directory.path().join("db")).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2);
    }

    #[tokio::test]
    async fn without_the_thread_a_statement_is_one_for_its_guests_own_connection() {
        let (queue, waiting) = mpsc::channel(1);
        drop(waiting);
        let together = Together { queue: Mutex::new(Some(queue)), thread: Mutex::new(None) };
        let statement = Statement { sql: "INSERT INTO t VALUES (1) RETURNING a".to_owned(), parameters: Vec::new() };
        assert!(matches!(together.write(statement, 0).await, Outcome::NotTaken(_)));
    }
}
