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

use super::connection::{self, PooledConnection};
use crate::{HostError, checkpoint::Checkpointer};

/// How long a writer waits for its turn, and SQLite for another process.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// A longer log is finished with the writers held.
const MAX_LOG_BYTES: i64 = 8 << 20;
/// Idle connections kept with their prepared statements.
const IDLE: usize = 64;

/// A database that guests open by label.
pub(crate) struct Database {
    path: PathBuf,
    idle: Mutex<Vec<PooledConnection>>,
    writers: Arc<Semaphore>,
    checkpointer: Checkpointer,
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
        Ok(Arc::new(Self {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            checkpointer: Checkpointer::start(path, MAX_LOG_BYTES, Arc::clone(&writers), blocking.clone())?,
            writers,
            blocking,
        }))
    }

    /// A connection in a fresh state. Blocks.
    pub(super) fn take(&self) -> rusqlite::Result<PooledConnection> {
        let idle = self.lock().pop();
        idle.map_or_else(|| connection::open(&self.path), Ok)
    }

    /// Takes a connection back, or closes it when its state cannot be restored. Blocks.
    pub(super) fn give_back(&self, connection: PooledConnection) {
        if let Some(fresh) = connection.restored() {
            let mut idle = self.lock();
            if idle.len() < IDLE {
                idle.push(fresh);
            }
        }
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

    /// Writers in the queue: each holds the semaphore, and so do the one whose turn it is and the checkpointer.
    #[cfg(test)]
    pub(super) fn waiting_writers(&self) -> usize {
        Arc::strong_count(&self.writers) - 2 - usize::from(self.writer_is_busy())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<PooledConnection>> {
        // A list of idle connections is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
