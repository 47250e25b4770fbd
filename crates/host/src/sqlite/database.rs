//! One database file: idle connections and the queue of writers.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::Connection;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    pooled::{self, BUSY, PooledConnection},
    together::{Outcome, Together},
    value::Statement,
};
use crate::{HostError, checkpoint::Checkpointer};

/// A longer log is finished with the writers held: under load that is every second or two.
const MAX_LOG_BYTES: i64 = 32 << 20;
/// Idle connections kept with their prepared statements.
const IDLE: usize = 64;

/// A database that guests open by label.
pub(crate) struct Database {
    path: PathBuf,
    idle: Mutex<Vec<PooledConnection>>,
    writers: Arc<Semaphore>,
    checkpointer: Arc<Checkpointer>,
    together: Together,
    pub(super) blocking: Handle,
}

impl Database {
    /// Opens (and creates) the file and puts it into WAL mode, which can only be done while nobody writes.
    ///
    /// # Errors
    /// [`HostError::Database`].
    pub(crate) fn open(path: &Path, blocking: Handle) -> Result<Arc<Self>, HostError> {
        let failed = |source| HostError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(failed)?;
        HostError::unless_writable(&connection, path)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        let writers = Arc::new(Semaphore::new(1));
        let checkpointer = Arc::new(Checkpointer::start(path, MAX_LOG_BYTES, Arc::clone(&writers), blocking.clone())?);
        Ok(Arc::new(Self {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            together: Together::start(path, Arc::clone(&writers), Arc::clone(&checkpointer), blocking.clone())?,
            checkpointer,
            writers,
            blocking,
        }))
    }

    /// A connection that was used before, in a fresh state.
    pub(super) fn take_idle(&self) -> Option<PooledConnection> {
        self.lock().pop()
    }

    /// Another connection. Blocks.
    pub(super) fn open_connection(&self) -> rusqlite::Result<PooledConnection> {
        pooled::open(&self.path)
    }

    /// Takes a connection back, or closes it when its state cannot be restored. Blocks unless the connection is at rest.
    pub(super) fn give_back(&self, connection: PooledConnection) {
        if let Some(fresh) = connection.restored() {
            let mut idle = self.lock();
            if idle.len() < IDLE {
                idle.push(fresh);
            }
        }
    }

    /// Runs a statement that writes and stands alone, in one commit with others of its kind. What its guest inserted last is
    /// what it is told again when nothing is inserted.
    pub(super) async fn write_together(&self, statement: Statement, last_insert_rowid: i64) -> Outcome {
        self.together.write(statement, last_insert_rowid).await
    }

    /// Waits for the turn to write. None when it did not come in time, as when SQLite's busy handler gives up.
    pub(super) async fn write_permit(&self, patience: Duration) -> Option<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.writers).acquire_owned();
        tokio::time::timeout(patience, turn).await.ok()?.ok()
    }

    /// A guest committed something.
    pub(super) fn committed(&self) {
        self.checkpointer.committed();
    }

    /// Closes idle connections; the last one writes the log back into the file. Blocks.
    pub(crate) fn close(&self) {
        self.together.close();
        self.checkpointer.close();
        self.lock().clear();
    }

    #[cfg(test)]
    pub(super) fn idle_connections(&self) -> usize {
        self.lock().len()
    }

    #[cfg(test)]
    pub(super) fn writer_is_busy(&self) -> bool {
        self.writers.available_permits() == 0
    }

    /// Writers in the queue: each holds the semaphore, and so do the one whose turn it is, the checkpointer and the thread
    /// that commits what stands alone.
    #[cfg(test)]
    pub(super) fn waiting_writers(&self) -> usize {
        Arc::strong_count(&self.writers) - 3 - usize::from(self.writer_is_busy())
    }

    /// Statements that wait to be committed together, without those that the thread has taken out of the queue.
    #[cfg(test)]
    pub(super) fn queued_statements(&self) -> usize {
        self.together.queued()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PooledConnection>> {
        // A list of idle connections is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
