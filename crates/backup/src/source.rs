//! Places where published files lie: the store of an installation, and billing's folders.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use tollbooth_client::delivery::{PublishedExport, published_in};
use tollbooth_pipeline::export::{ExportObject, Index, Manifest, PIECE_BYTES, Piece};
use tollbooth_pipeline::ident::{Digester, sha256_hex};

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

    /// Every manifest of what is billed from there, byte for byte.
    pub fn manifests(&self) -> Result<Vec<Vec<u8>>, BackupError> {
        match self {
            Self::Store(store) => store.like("exports/%/manifest.json"),
            Self::Folder(_, exports) => {
                let billed = exports.iter().filter(|export| export.manifest.copy.is_none());
                Ok(billed.map(|export| export.text.clone()).collect())
            }
        }
    }

    /// Every manifest of a copy there, byte for byte, in the order of exports.
    pub fn copies(&self) -> Result<Vec<Vec<u8>>, BackupError> {
        match self {
            Self::Store(store) => store.like("exports/%.copy.json"),
            Self::Folder(_, exports) => {
                let copies = exports.iter().filter(|export| export.manifest.copy.is_some());
                Ok(copies.map(|export| export.text.clone()).collect())
            }
        }
    }

    /// Whether the file of an export is here as it was published.
    pub fn has(&self, manifest: &Manifest) -> Result<bool, BackupError> {
        match self.open(manifest)? {
            Some(file) => is_whole(file, manifest).map_err(BackupError::file("read", Path::new(&self.name()))),
            None => Ok(false),
        }
    }

    /// The file of an export, to be read in pieces; none where it is not.
    pub fn open(&self, manifest: &Manifest) -> Result<Option<Box<dyn Read + '_>>, BackupError> {
        match self {
            Self::Store(store) => store.open_file(manifest.sequence, &manifest.sha256),
            Self::Folder(_, exports) => match exports.iter().find(|export| export.manifest == *manifest) {
                Some(export) => match File::open(&export.path) {
                    Ok(file) => Ok(Some(Box::new(file))),
                    Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
                    Err(e) => Err(BackupError::file("read", &export.path)(e)),
                },
                None => Ok(None),
            },
        }
    }
}

/// Whether a file is the one that its manifest describes.
fn is_whole(mut file: impl Read, manifest: &Manifest) -> std::io::Result<bool> {
    let mut digest = Digester::default();
    let (mut bytes, mut piece) = (0, vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(bytes == manifest.bytes && digest.hex() == manifest.sha256),
            Ok(read) => {
                digest.take(piece.get(..read).unwrap_or_default());
                bytes += read as u64;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            // A piece of it is not there.
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        }
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

    /// Stores a published file, in pieces where it is large, as the exporter does.
    pub fn put_file(&self, sequence: u64, sha256: &str, file: impl Read) -> Result<(), BackupError> {
        let failed = BackupError::file("read", &self.path);
        let mut file = BufReader::new(file);
        let whole = ExportObject::File { sequence, sha256 }.key();
        if self.get(&whole)?.is_some() {
            // One object, from before there were pieces, and damaged: it is looked at first, so it is replaced.
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(failed)?;
            return self.put(&whole, &bytes);
        }
        let (mut waiting, mut index) = (Vec::new(), Index::default());
        loop {
            // A piece ends with a row.
            let read = file.read_until(b'\n', &mut waiting).map_err(BackupError::file("read", &self.path))?;
            let last = read == 0;
            if last && index.pieces.is_empty() {
                return self.put(&whole, &waiting);
            }
            if waiting.len() >= PIECE_BYTES || (last && !waiting.is_empty()) {
                let piece = sha256_hex(&waiting);
                self.put(&ExportObject::Piece { sequence, sha256: &piece }.key(), &waiting)?;
                index.pieces.push(Piece { sha256: piece, bytes: waiting.len() as u64 });
                waiting.clear();
            }
            if last {
                break;
            }
        }
        let text = serde_json::to_vec(&index).map_err(|e| BackupError::Unsound {
            path: self.path.clone(),
            what: format!("the index of export {sequence}: {e}"),
        })?;
        self.put(&ExportObject::Index { sequence, sha256 }.key(), &text)
    }

    /// Whether something is stored as the file of an export; whether it is whole is another question.
    pub fn names(&self, manifest: &Manifest) -> Result<bool, BackupError> {
        let (sequence, sha256) = (manifest.sequence, manifest.sha256.as_str());
        let (whole, index) =
            (ExportObject::File { sequence, sha256 }.key(), ExportObject::Index { sequence, sha256 }.key());
        self.connection
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM spin_key_value WHERE store = 'default' AND key IN (?1, ?2))",
                (whole, index),
                |row| row.get(0),
            )
            .map_err(BackupError::database(&self.path))
    }

    /// Whether the file of an export is there as it was published.
    pub fn has(&self, manifest: &Manifest) -> Result<bool, BackupError> {
        match self.open_file(manifest.sequence, &manifest.sha256)? {
            Some(file) => is_whole(file, manifest).map_err(BackupError::file("read", &self.path)),
            None => Ok(false),
        }
    }

    /// A published file, to be read in pieces; none where it is not there.
    fn open_file(&self, sequence: u64, sha256: &str) -> Result<Option<Box<dyn Read + '_>>, BackupError> {
        if let Some(file) = self.get(&ExportObject::File { sequence, sha256 }.key())? {
            return Ok(Some(Box::new(Cursor::new(file))));
        }
        let index = self.get(&ExportObject::Index { sequence, sha256 }.key())?;
        let Some(index) = index.and_then(|text| serde_json::from_slice::<Index>(&text).ok()) else { return Ok(None) };
        let keys = index.pieces.iter().map(|piece| ExportObject::Piece { sequence, sha256: &piece.sha256 }.key());
        Ok(Some(Box::new(Stored { store: self, keys: keys.collect(), piece: Cursor::default() })))
    }

    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BackupError> {
        self.connection
            .query_row("SELECT value FROM spin_key_value WHERE store = 'default' AND key = ?1", [key], |row| row.get(0))
            .optional()
            .map_err(BackupError::database(&self.path))
    }

    /// What is stored under the export files' keys that are like this.
    fn like(&self, keys: &str) -> Result<Vec<Vec<u8>>, BackupError> {
        let failed = BackupError::database(&self.path);
        let mut statement = self
            .connection
            .prepare(
                "SELECT value FROM spin_key_value WHERE store = 'default' AND key >= 'exports/' AND key < 'exports0'
                     AND key LIKE ?1",
            )
            .map_err(&failed)?;
        let rows = statement.query_map([keys], |row| row.get(0)).map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }
}

/// A file that is stored in pieces.
struct Stored<'a> {
    store: &'a Store,
    keys: VecDeque<String>,
    piece: Cursor<Vec<u8>>,
}

impl Read for Stored<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(key) = self.keys.pop_front() else { return Ok(0) };
            let piece = self.store.get(&key).map_err(std::io::Error::other)?;
            self.piece = Cursor::new(piece.ok_or_else(|| std::io::Error::new(ErrorKind::NotFound, key))?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(folder: &Path) -> Store {
        let path = folder.join("store.db");
        let table = "CREATE TABLE spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
            PRIMARY KEY (store, key))";
        Connection::open(&path).unwrap().execute(table, []).unwrap();
        Store::open(&path).unwrap()
    }

    fn manifest(file: &[u8]) -> Manifest {
        serde_json::from_value(serde_json::json!({
            "sequence": 7, "file_name": "a.csv", "profile": "lab", "rows": 1, "bytes": file.len(),
            "sha256": sha256_hex(file), "window_from": null, "window_to": "", "previous_manifest_sha256": "",
        }))
        .unwrap()
    }

    #[test]
    fn a_file_of_any_size_is_stored_in_pieces_that_end_with_a_row_and_read_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let line = "psg_1.jpg,ABC1234,6/5/2020 6:01:45 AM,True\r\n";
        for (lines, pieces) in [(1, 0), (PIECE_BYTES / line.len() + 1, 1), (3 * PIECE_BYTES / line.len(), 2)] {
            // Of the last one two pieces are the same bytes, and so the same object.
            let place = folder.path().join(lines.to_string());
            std::fs::create_dir(&place).unwrap();
            let file = line.repeat(lines).into_bytes();
            let described = manifest(&file);
            let source = Source::Store(store(&place));
            let Source::Store(inner) = &source else { panic!() };
            assert!(!source.has(&described).unwrap() && !inner.names(&described).unwrap());
            inner.put_file(7, &described.sha256, file.as_slice()).unwrap();
            assert!(source.has(&described).unwrap() && inner.names(&described).unwrap(), "{lines}");
            let mut read = Vec::new();
            source.open(&described).unwrap().unwrap().read_to_end(&mut read).unwrap();
            assert!(read == file, "{lines}");
            let stored = "SELECT value FROM spin_key_value WHERE key LIKE '%.piece'";
            let mut statement = inner.connection.prepare(stored).unwrap();
            let found: Vec<Vec<u8>> =
                statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
            assert_eq!(found.len(), pieces, "{lines}");
            assert!(found.iter().all(|piece| piece.ends_with(b"\n")));
            if pieces > 0 {
                inner.connection.execute("DELETE FROM spin_key_value WHERE key LIKE '%.piece'", []).unwrap();
                assert!(!source.has(&described).unwrap(), "a piece is gone");
            }
        }
    }
}
