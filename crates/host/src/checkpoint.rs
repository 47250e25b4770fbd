//! Moving committed pages from a database's log into its file, beside the writers instead of in their way.
//!
//! By default SQLite does this in the commit that makes the log long, so that one writer in many waits for two
//! more flushes. Here a thread does it passively: it never blocks a writer or a reader. Only a log that grew very
//! long, because writers never paused, is finished with the writers held for a moment.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use rusqlite::Connection;

use crate::HostError;

/// Writers are held when the log is longer than this.
const MAX_LOG_BYTES: i64 = 256 << 20;
/// Pause between two checkpoints.
const PAUSE: Duration = Duration::from_millis(200);
/// How long finishing a long log may wait for writers and readers.
const BUSY: Duration = Duration::from_secs(5);

/// To be told of every commit.
pub(crate) struct Checkpointer {
    /// Holds one notice at most: many commits make one checkpoint.
    notices: Mutex<Option<SyncSender<()>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpointer {
    /// Starts the thread for one database file, which must be in WAL mode.
    pub(crate) fn start(path: &Path) -> Result<Self, HostError> {
        let failed = |source| HostError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        let (notices, waiting) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoint".to_owned())
            .spawn(move || run(&connection, &waiting))
            .map_err(|source| HostError::System { action: "start the thread that shortens a database log", source })?;
        Ok(Self { notices: Mutex::new(Some(notices)), thread: Mutex::new(Some(thread)) })
    }

    /// Something was committed.
    pub(crate) fn committed(&self) {
        if let Some(notices) = &*lock(&self.notices) {
            // A full channel already holds the notice.
            let _ = notices.try_send(());
        }
    }

    /// Ends the thread and its connection. Blocks.
    pub(crate) fn close(&self) {
        drop(lock(&self.notices).take());
        if let Some(thread) = lock(&self.thread).take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpoint thread panicked");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.close();
    }
}

/// Turns off SQLite's own checkpoints on a connection whose commits are told to a [`Checkpointer`].
pub(crate) fn leave_checkpoints(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

fn run(connection: &Connection, waiting: &Receiver<()>) {
    while waiting.recv().is_ok() {
        match checkpoint(connection) {
            Ok(()) => {}
            // Nothing is lost: the log is longer until the next try.
            Err(error) => tracing::debug!(%error, "a database log could not be shortened"),
        }
        std::thread::sleep(PAUSE);
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))?;
    let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    if pages.saturating_mul(page) > MAX_LOG_BYTES {
        connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?;
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Both hold an option that is whole after any panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn committed_pages_reach_the_file_while_the_writer_stays_open() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let writer = Connection::open(&path).unwrap();
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        leave_checkpoints(&writer).unwrap();
        writer.execute_batch("CREATE TABLE t (a)").unwrap();
        let checkpointer = Checkpointer::start(&path).unwrap();
        let before = path.metadata().unwrap().len();
        writer.execute("INSERT INTO t VALUES (zeroblob(1000000))", []).unwrap();
        checkpointer.committed();
        let deadline = Instant::now() + Duration::from_secs(10);
        while path.metadata().unwrap().len() < before + 1_000_000 {
            assert!(Instant::now() < deadline, "the file never grew");
            std::thread::yield_now();
        }
    }
}
