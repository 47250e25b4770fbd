//! The key-value store: one SQLite file, in the table that Spin uses, so either host can use a state directory.
//!
//! A write is acknowledged after its commit with `synchronous=FULL`, never before. Writes of concurrent guests
//! share one transaction (see [`writer`]); reads use connections of their own and see every acknowledged write.
//! No async thread ever waits for the disk.

mod error;
mod host;
mod reader;
mod writer;

use std::{path::Path, sync::Arc};

use rusqlite::Connection;
use tokio::{runtime::Handle, sync::Semaphore};

pub use error::KeyValueError;
use reader::{BUSY, MAX_BYTES, Readers};
use writer::Writer;

use crate::HostError;

/// Reads at once: each brings a whole value into the host's memory.
const READS: usize = 8;

/// All stores of an application.
pub struct KeyValue {
    writer: Writer,
    readers: Arc<Readers>,
    turns: Semaphore,
    blocking: Handle,
}

impl KeyValue {
    /// Opens (and creates) the file. Reads run on the blocking threads of `blocking`.
    ///
    /// # Errors
    /// [`HostError::Database`] or [`HostError::System`].
    pub fn open(path: &Path, blocking: Handle) -> Result<Self, HostError> {
        let failed = |source| HostError::Database { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(failed)?;
        HostError::unless_writable(&connection, path)?;
        prepare(&connection).map_err(failed)?;
        Ok(Self {
            writer: Writer::start(connection, path, blocking.clone())?,
            readers: Arc::new(Readers::new(path)),
            turns: Semaphore::new(READS),
            blocking,
        })
    }

    /// The value under a key of a store.
    ///
    /// # Errors
    /// When the storage fails or the value is larger than 128 MiB.
    pub async fn get(&self, store: &str, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        let key = key.to_owned();
        self.read(store, move |connection, store| reader::get(connection, store, &key)).await
    }

    /// The length in bytes of the value under a key, without reading it.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn size(&self, store: &str, key: &str) -> Result<Option<usize>, KeyValueError> {
        let key = key.to_owned();
        self.read(store, move |connection, store| reader::size(connection, store, &key)).await
    }

    /// Whether a key exists.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn exists(&self, store: &str, key: &str) -> Result<bool, KeyValueError> {
        let key = key.to_owned();
        self.read(store, move |connection, store| reader::exists(connection, store, &key)).await
    }

    /// Every key of a store.
    ///
    /// # Errors
    /// When the storage fails or the keys exceed 128 MiB.
    pub async fn keys(&self, store: &str) -> Result<Vec<String>, KeyValueError> {
        self.read(store, reader::keys).await
    }

    /// Stores a value; durable when it returns.
    ///
    /// # Errors
    /// When the storage fails or the value is larger than 128 MiB. Nothing is stored then.
    pub async fn set(&self, store: &str, key: &str, value: Vec<u8>) -> Result<(), KeyValueError> {
        if value.len() > MAX_BYTES {
            return Err(KeyValueError::new(format!(
                "a value may have {MAX_BYTES} bytes at most, but this one has {}",
                value.len()
            )));
        }
        self.writer.write(store, key, Some(value)).await
    }

    /// Removes a key; durable when it returns.
    ///
    /// # Errors
    /// When the storage fails.
    pub async fn delete(&self, store: &str, key: &str) -> Result<(), KeyValueError> {
        self.writer.write(store, key, None).await
    }

    /// Writes what was acknowledged into the main file and closes it. Blocks.
    pub fn close(&self) {
        self.readers.close();
        self.writer.close();
    }

    async fn read<T: Send + 'static>(
        &self,
        store: &str,
        read: impl FnOnce(&Connection, &str) -> Result<T, KeyValueError> + Send + 'static,
    ) -> Result<T, KeyValueError> {
        let closed = || KeyValueError::new("the host is shutting down");
        let readers = Arc::clone(&self.readers);
        let store = store.to_owned();
        let _turn = self.turns.acquire().await.map_err(|_| closed())?;
        self.blocking
            .spawn_blocking(move || readers.with(|connection| read(connection, &store)))
            .await
            .map_err(|_| closed())?
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    // Effective only before the first table exists: photos are stored in few large pages.
    connection.pragma_update(None, "page_size", 16_384)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The table of Spin, to the letter.
    connection.execute(
        "CREATE TABLE IF NOT EXISTS spin_key_value (
           store TEXT NOT NULL,
           key   TEXT NOT NULL,
           value BLOB NOT NULL,
           PRIMARY KEY (store, key)
         )",
        [],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
