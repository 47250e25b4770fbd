//! Places where published files lie: the store of an installation, and billing's folders.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use tollbooth_client::delivery::{PublishedExport, published_in};
use tollbooth_pipeline::export::{ExportObject, Manifest};

use crate::{BackupError, copy};

/// One place.
pub enum Source {
    Store(Store),
    Folder(PathBuf, Vec<PublishedExport>),
}

impl Source {
    pub fn folder(path: &Path) -> Result<Self, BackupError> {
        Ok(Self::Folder(path.to_owned(), published_in(path)?))
    }

    pub fn name(&self) -> String {
        match self {
            Self::Store(store) => store.path.display().to_string(),
            Self::Folder(path, _) => path.display().to_string(),
        }
    }

    /// Every manifest there, byte for byte.
    pub fn manifests(&self) -> Result<Vec<Vec<u8>>, BackupError> {
        match self {
            Self::Store(store) => store.manifests(),
            Self::Folder(_, exports) => Ok(exports.iter().map(|export| export.text.clone()).collect()),
        }
    }

    /// The file of an export; none where it is not, or is another.
    pub fn file(&self, manifest: &Manifest) -> Result<Option<Vec<u8>>, BackupError> {
        let found = match self {
            Self::Store(store) => {
                store.get(&ExportObject::File { sequence: manifest.sequence, sha256: &manifest.sha256 }.key())?
            }
            Self::Folder(_, exports) => match exports.iter().find(|export| export.manifest == *manifest) {
                Some(export) => match std::fs::read(&export.path) {
                    Ok(bytes) => Some(bytes),
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
                    Err(e) => return Err(BackupError::file("read", &export.path)(e)),
                },
                None => None,
            },
        };
        Ok(found.filter(|bytes| tollbooth_pipeline::ident::sha256_hex(bytes) == manifest.sha256))
    }
}

/// The file with photos and published files of a state directory.
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

impl Store {
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        Ok(Self { path: path.to_owned(), connection: copy::open(path)? })
    }

    /// Stores an object, durably.
    pub fn put(&self, key: &str, value: &[u8]) -> Result<(), BackupError> {
        let failed = BackupError::database(&self.path);
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(&failed)?;
        self.connection
            .execute(
                "INSERT INTO spin_key_value (store, key, value) VALUES ('default', ?1, ?2)
                 ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
                (key, value),
            )
            .map(drop)
            .map_err(&failed)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BackupError> {
        self.connection
            .query_row("SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(BackupError::database(&self.path))
    }

    fn manifests(&self) -> Result<Vec<Vec<u8>>, BackupError> {
        let failed = BackupError::database(&self.path);
        let mut statement = self
            .connection
            .prepare(
                "SELECT value FROM spin_key_value WHERE store = 'default' AND key >= 'exports/' AND key < 'exports0'
                     AND key LIKE 'exports/%/manifest.json'",
            )
            .map_err(&failed)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }
}
