//! One SQLite file, copied while others write it, and files that are whole and on disk.

#[cfg(unix)]
use std::fs;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sha2::{Digest as _, Sha256};
use tollbooth_pipeline::ident::hex;

use crate::BackupError;

/// Somebody else may hold the file for this long.
const BUSY: Duration = Duration::from_secs(30);

/// Opens a database that must be there.
pub fn open(path: &Path) -> Result<Connection, BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(BackupError::database(path))?;
    connection.busy_timeout(BUSY).map_err(BackupError::database(path))?;
    Ok(connection)
}

/// Copies a database as it is at one moment. Writers go on meanwhile: it is read in one transaction of the write-ahead
/// log. The copy is on disk, and SQLite finds nothing wrong with it.
pub fn snapshot(from: &Path, to: &Path) -> Result<(), BackupError> {
    let source = open(from)?;
    source.execute("VACUUM INTO ?1", [&*to.to_string_lossy()]).map_err(BackupError::database(from))?;
    private(to)?;
    File::open(to).and_then(|file| file.sync_all()).map_err(BackupError::file("write", to))?;
    let copy = open(to)?;
    let said: String =
        copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(BackupError::database(to))?;
    if said != "ok" {
        return Err(BackupError::Unsound { path: from.to_owned(), what: said });
    }
    Ok(())
}

/// Copies a file that nobody writes, through a name of its own, so that it appears whole and on disk or not at all.
pub fn file(from: &Path, to: &Path) -> Result<(), BackupError> {
    let folder = to.parent().unwrap_or(to);
    let mut staged = tempfile::Builder::new()
        .prefix(".tollbooth-")
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(BackupError::file("write", to))?;
    pour(from, staged.as_file_mut()).map_err(BackupError::file("copy", from))?;
    staged.persist_noclobber(to).map_err(|e| BackupError::file("write", to)(e.error))?;
    sync_directory(folder)
}

fn pour(from: &Path, to: &mut File) -> io::Result<()> {
    io::copy(&mut File::open(from)?, to)?;
    to.sync_all()
}

/// Switches a copy to the write-ahead log, which `VACUUM INTO` leaves off: in it readers never wait for writers.
pub fn use_log(path: &Path) -> Result<(), BackupError> {
    open(path)?.pragma_update(None, "journal_mode", "WAL").map_err(BackupError::database(path))
}

/// SHA-256 of a file, lower-case hex, and its size, in pieces.
pub fn digest(path: &Path) -> Result<(String, u64), BackupError> {
    let fail = || BackupError::file("read", path);
    let mut file = File::open(path).map_err(fail())?;
    let (mut hasher, mut size, mut piece) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece).map_err(fail())?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        size += read as u64;
    }
    Ok((hex(&hasher.finalize()), size))
}

/// Makes names in a directory durable.
pub fn sync_directory(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(BackupError::file("write", path))
}

/// Photos and tokens' hashes are nobody else's business.
#[cfg(unix)]
pub fn private(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(BackupError::file("write", path))
}

/// Elsewhere a folder is as private as the one it lies in.
#[cfg(not(unix))]
pub fn private(_: &Path) -> Result<(), BackupError> {
    Ok(())
}
