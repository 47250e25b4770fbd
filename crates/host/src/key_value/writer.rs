//! Writes: one thread, one connection, one transaction for all writes that wait.
//!
//! While a commit waits for the disk, further writes queue up; the next transaction takes them all. So the number
//! of flushes does not grow with the number of guests. Writes are applied in the order they arrived. When a shared
//! transaction fails, each of its writes is tried by itself, so that one bad write cannot fail its neighbours.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot},
};

use super::error::KeyValueError;
use crate::{
    HostError,
    checkpoint::{Checkpointer, leave_checkpoints},
};

/// Writes that may wait; beyond it guests wait before they queue.
const QUEUE: usize = 1024;
/// A longer log is finished between two transactions.
const MAX_LOG_BYTES: i64 = 64 << 20;
/// A shared transaction takes no more once it holds this many bytes.
const BATCH_BYTES: usize = 32 << 20;

struct Write {
    store: String,
    key: String,
    /// None deletes.
    value: Option<Vec<u8>>,
    done: oneshot::Sender<Result<(), KeyValueError>>,
}

pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Write>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, path: &Path, runtime: Handle) -> Result<Self, HostError> {
        leave_checkpoints(&connection).map_err(|source| HostError::Database { path: path.to_owned(), source })?;
        let turn = Arc::new(Semaphore::new(1));
        let checkpointer = Checkpointer::start(path, MAX_LOG_BYTES, Arc::clone(&turn), runtime.clone())?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let applier = Applier { connection, checkpointer, turn, runtime };
        let path = path.display().to_string();
        let thread = std::thread::Builder::new()
            .name("key-value".to_owned())
            .spawn(move || {
                applier.apply_all(waiting);
                tracing::debug!(path, "key-value file closed");
            })
            .map_err(|source| HostError::System {
                action: "start the thread that writes the key-value store",
                source,
            })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write(&self, store: &str, key: &str, value: Option<Vec<u8>>) -> Result<(), KeyValueError> {
        let closed = || KeyValueError::new("the key-value store is closed");
        let queue = lock(&self.queue).clone().ok_or_else(closed)?;
        let (done, answer) = oneshot::channel();
        let write = Write { store: store.to_owned(), key: key.to_owned(), value, done };
        queue.send(write).await.map_err(|_| closed())?;
        drop(queue);
        answer.await.map_err(|_| closed())?
    }

    /// Lets queued writes finish and waits for the thread.
    pub(super) fn close(&self) {
        drop(lock(&self.queue).take());
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the key-value writer panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Both hold an option that is whole after any panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Applier {
    connection: Connection,
    checkpointer: Checkpointer,
    /// Taken for each transaction, so that the checkpointer can hold the writer.
    turn: Arc<Semaphore>,
    runtime: Handle,
}

impl Applier {
    fn apply_all(mut self, mut waiting: mpsc::Receiver<Write>) {
        while let Some(first) = waiting.blocking_recv() {
            let turn = Arc::clone(&self.turn);
            let turn = self.runtime.block_on(turn.acquire());
            // Whatever arrived while the turn was awaited goes along.
            self.apply(gather(first, &mut waiting));
            drop(turn);
            self.checkpointer.committed();
        }
        self.checkpointer.close();
        let truncated = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        if !matches!(truncated, Ok(false)) {
            tracing::debug!(?truncated, "the key-value log was left for the next start");
        }
    }

    fn apply(&mut self, batch: Vec<Write>) {
        let shared = commit(&mut self.connection, &batch);
        let alone = batch.len() == 1;
        for write in batch {
            let result = match &shared {
                Err(_) if !alone => commit(&mut self.connection, std::slice::from_ref(&write)),
                shared => shared.clone(),
            };
            answer(write, result);
        }
    }
}

fn gather(first: Write, waiting: &mut mpsc::Receiver<Write>) -> Vec<Write> {
    let size = |write: &Write| write.value.as_ref().map_or(0, Vec::len);
    let mut bytes = size(&first);
    let mut batch = vec![first];
    while bytes < BATCH_BYTES {
        let Ok(write) = waiting.try_recv() else {
            break;
        };
        bytes += size(&write);
        batch.push(write);
    }
    batch
}

fn commit(connection: &mut Connection, batch: &[Write]) -> Result<(), KeyValueError> {
    // Immediate: the transaction waits for the file lock before it starts, not in the middle.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for write in batch {
        match &write.value {
            Some(value) => transaction
                .prepare_cached(
                    "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
                )?
                .execute((&write.store, &write.key, value))?,
            None => transaction
                .prepare_cached("DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2")?
                .execute((&write.store, &write.key))?,
        };
    }
    Ok(transaction.commit()?)
}

fn answer(write: Write, result: Result<(), KeyValueError>) {
    if let Err(error) = &result {
        tracing::error!(store = write.store, %error, "a key-value write failed");
    }
    // The guest may be gone; its write stands all the same.
    let _ = write.done.send(result);
}
