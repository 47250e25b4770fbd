//! Writes: one thread, one connection, one transaction for all writes that wait.
//!
//! While a commit waits for the disk, further writes queue up; the next transaction takes them all. So the number
//! of flushes does not grow with the number of guests. Writes are applied in the order they arrived. When a shared
//! transaction fails, each of its writes is tried by itself, so that one bad write cannot fail its neighbours.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    thread::JoinHandle,
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::KeyValueError;
use crate::{
    HostError,
    checkpoint::{Checkpointer, leave_checkpoints},
};

/// Writes that may wait; beyond it guests wait before they queue.
const QUEUE: usize = 1024;
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
    pub(super) fn start(connection: Connection, path: &Path) -> Result<Self, HostError> {
        leave_checkpoints(&connection).map_err(|source| HostError::Database { path: path.to_owned(), source })?;
        let checkpointer = Checkpointer::start(path)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let path = path.display().to_string();
        let thread = std::thread::Builder::new()
            .name("key-value".to_owned())
            .spawn(move || {
                write_all(connection, waiting, &checkpointer);
                tracing::debug!(path, "key-value file closed");
            })
            .map_err(|source| HostError::System {
                action: "start the thread that writes the key-value store",
                source,
            })?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write(&self, store: &str, key: &str, value: Option<Vec<u8>>) -> Result<(), KeyValueError> {
        let closed = || KeyValueError("the key-value store is closed".to_owned());
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

fn write_all(mut connection: Connection, mut waiting: mpsc::Receiver<Write>, checkpointer: &Checkpointer) {
    while let Some(first) = waiting.blocking_recv() {
        let batch = gather(first, &mut waiting);
        match commit(&mut connection, &batch) {
            Ok(()) => {
                for write in batch {
                    answer(write, Ok(()));
                }
            }
            Err(error) if batch.len() == 1 => {
                for write in batch {
                    answer(write, Err(error.clone()));
                }
            }
            Err(_) => {
                for write in batch {
                    let result = commit(&mut connection, std::slice::from_ref(&write));
                    answer(write, result);
                }
            }
        }
        checkpointer.committed();
    }
    checkpointer.close();
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::debug!(%error, "the key-value log was left for the next start");
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
