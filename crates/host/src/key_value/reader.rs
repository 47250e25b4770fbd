//! Reads: each on a connection of its own, so that no reader waits for the writer.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::error::KeyValueError;

/// Values and results end here, as under Spin.
pub(super) const MAX_BYTES: usize = 128 << 20;
/// Another process (Spin on the same directory, a backup) may hold the file for this long.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Idle connections kept open; more are opened under load and closed after it.
const IDLE: usize = 8;

pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Mutex::new(Vec::new()) }
    }

    pub(super) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, KeyValueError>,
    ) -> Result<T, KeyValueError> {
        let idle = self.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let answer = read(&connection);
        let mut idle = self.lock();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        answer
    }

    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        // Not read-only: a reader of a WAL file must be able to write its shared memory.
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A list of idle connections is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn get(connection: &Connection, store: &str, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
    let value: Option<Vec<u8>> = connection
        .prepare_cached("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2")?
        .query_row([store, key], |row| row.get(0))
        .optional()?;
    match value {
        Some(value) if value.len() > MAX_BYTES => Err(too_large()),
        value => Ok(value),
    }
}

pub(super) fn size(connection: &Connection, store: &str, key: &str) -> Result<Option<usize>, KeyValueError> {
    // Of a blob SQLite knows this from the row's head.
    let size: Option<i64> = connection
        .prepare_cached("SELECT length(value) FROM spin_key_value WHERE store = ?1 AND key = ?2")?
        .query_row([store, key], |row| row.get(0))
        .optional()?;
    Ok(size.map(|size| usize::try_from(size).unwrap_or(usize::MAX)))
}

pub(super) fn exists(connection: &Connection, store: &str, key: &str) -> Result<bool, KeyValueError> {
    Ok(connection.prepare_cached("SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2")?.exists([store, key])?)
}

pub(super) fn keys(connection: &Connection, store: &str) -> Result<Vec<String>, KeyValueError> {
    let mut statement = connection.prepare_cached("SELECT key FROM spin_key_value WHERE store = ?1")?;
    let mut rows = statement.query([store])?;
    let mut keys = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        bytes += size_of::<String>() + key.len();
        if bytes > MAX_BYTES {
            return Err(too_large());
        }
        keys.push(key);
    }
    Ok(keys)
}

fn too_large() -> KeyValueError {
    KeyValueError::new(format!("the result exceeds the limit of {MAX_BYTES} bytes"))
}
