//! What a power failure leaves behind: everything that was synced, and any part of what was only written.
//!
//! SQLite reaches its files through a VFS. The one installed here passes everything on to the usual one, and keeps
//! beside it what each database and log would hold if the power failed now. Of the writes since a file's last sync
//! some survive and some do not, in any combination, the way disks reorder them; which ones is drawn from the number
//! of the failure, so that a run can be repeated.
//!
//! Not modelled: names of files that were never synced in their directory, and sectors that fail half-way.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

use rusqlite::ffi;

use crate::dice::Dice;
use crate::error::BenchError;

/// Calls and messages of one kind: they forward to the usual VFS, whose pointers they were made from.
type Methods = ffi::sqlite3_io_methods;

/// A change of a file that no sync has made durable yet.
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// What a file holds for certain, and what it may hold.
#[derive(Default)]
struct Image {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Default)]
struct Watched {
    /// Open files by the address of SQLite's handle: their path and the methods of the usual VFS.
    open: HashMap<usize, (PathBuf, &'static Methods)>,
    images: HashMap<PathBuf, Image>,
    /// Our methods by the address of those they forward to.
    tables: HashMap<usize, &'static Methods>,
}

static WATCHED: OnceLock<Mutex<Watched>> = OnceLock::new();
static INSTALLED: Once = Once::new();

/// The usual VFS.
struct Usual(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's VFS objects are static and made for use by any thread.
unsafe impl Send for Usual {}
// SAFETY: as above.
unsafe impl Sync for Usual {}

static USUAL: OnceLock<Usual> = OnceLock::new();

/// Puts the watching VFS in front of the usual one, for every connection opened from now on.
pub fn install() {
    INSTALLED.call_once(|| {
        // SAFETY: SQLite initialises itself; the pointer is null or a registered VFS that lives for ever.
        let usual = unsafe {
            ffi::sqlite3_initialize();
            ffi::sqlite3_vfs_find(std::ptr::null())
        };
        // SAFETY: null is excluded; a VFS object is plain data.
        let Some(mut ours) = (unsafe { usual.as_ref() }).copied() else { return };
        if USUAL.set(Usual(usual)).is_err() {
            return;
        }
        // The name differs; everything but opening and deleting stays with the usual functions, which take their
        // private data from `pAppData` and do not care which of the two objects they are called with.
        ours.zName = c"tollbooth-power".as_ptr();
        ours.pNext = std::ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        // SAFETY: leaked, so it lives as long as SQLite may use it.
        unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1) };
    });
}

/// Forgets the files of a directory that is gone.
pub fn forget(directory: &Path) {
    watched().images.retain(|path, _| !path.starts_with(directory));
}

/// Writes what the databases of `from` would hold after a power failure into `to`.
///
/// # Errors
/// [`BenchError::File`]
pub fn what_was_synced(from: &Path, to: &Path) -> Result<(), BenchError> {
    let watched = watched();
    for (path, image) in watched.images.iter().filter(|(path, _)| path.starts_with(from)) {
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        fs::write(&target, image.after_failure(path)).map_err(BenchError::file("write", target))?;
    }
    Ok(())
}

impl Image {
    /// Every third failure loses all that was not synced; in the others each write is kept or lost by itself.
    fn after_failure(&self, path: &Path) -> Vec<u8> {
        let name = path.file_name().map_or(0, |name| name.len());
        let mut dice = Dice::new((self.durable.len() ^ (self.pending.len() << 20) ^ (name << 40)) as u64);
        let keeps = if dice.below(3) == 0 { 0 } else { 50 };
        let mut bytes = self.durable.clone();
        for change in &self.pending {
            if dice.percent(keeps) {
                change.apply(&mut bytes);
            }
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, written) => {
                let end = at + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                if let Some(place) = bytes.get_mut(*at..end) {
                    place.copy_from_slice(written);
                }
            }
            Self::Truncate(size) => bytes.truncate(*size),
        }
    }
}

fn watched() -> MutexGuard<'static, Watched> {
    // Each change of it is whole.
    WATCHED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let Some(usual) = USUAL.get().map(|usual| usual.0) else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the usual VFS is registered for ever and has an `xOpen`; the arguments are SQLite's own.
    let code = unsafe {
        match (*usual).xOpen {
            Some(open) => open(usual, name, file, flags, out),
            None => ffi::SQLITE_CANTOPEN,
        }
    };
    let of_a_database = flags & (ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_WAL) != 0;
    if code == ffi::SQLITE_OK && of_a_database && !name.is_null() {
        // SAFETY: SQLite passes a zero-terminated name that lives as long as the file is open, and after a successful
        // open `pMethods` points to the static methods of the usual VFS.
        unsafe {
            let path = PathBuf::from(OsStr::from_bytes(CStr::from_ptr(name).to_bytes()));
            if let Some(methods) = (*file).pMethods.as_ref() {
                (*file).pMethods = watch(file as usize, path, methods);
            }
        }
    }
    code
}

/// Notes an open file and gives the methods it is to be used with.
fn watch(file: usize, path: PathBuf, methods: &'static Methods) -> *const Methods {
    let mut watched = watched();
    // A file that was there before counts as durable: runs start from directories that were closed properly.
    watched
        .images
        .entry(path.clone())
        .or_insert_with(|| Image { durable: fs::read(&path).unwrap_or_default(), pending: Vec::new() });
    watched.open.insert(file, (path, methods));
    *watched.tables.entry(std::ptr::from_ref(methods) as usize).or_insert_with(|| {
        let ours = Methods {
            xClose: Some(close),
            xWrite: Some(write),
            xTruncate: Some(truncate),
            xSync: Some(sync),
            ..*methods
        };
        Box::leak(Box::new(ours))
    })
}

unsafe extern "C" fn delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, directory: c_int) -> c_int {
    let Some(usual) = USUAL.get().map(|usual| usual.0) else { return ffi::SQLITE_IOERR_DELETE };
    // SAFETY: as in `open`.
    let code = unsafe {
        match (*usual).xDelete {
            Some(delete) => delete(usual, name, directory),
            None => ffi::SQLITE_IOERR_DELETE,
        }
    };
    if code == ffi::SQLITE_OK && !name.is_null() {
        // SAFETY: SQLite passes a zero-terminated name.
        let path = PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()));
        watched().images.remove(&path);
    }
    code
}

/// The usual methods of an open file.
fn usual_methods(file: *mut ffi::sqlite3_file) -> Option<&'static Methods> {
    watched().open.get(&(file as usize)).map(|(_, methods)| *methods)
}

/// Notes a change that took effect.
fn note(file: *mut ffi::sqlite3_file, change: impl FnOnce(&mut Image)) {
    let mut watched = watched();
    let path = watched.open.get(&(file as usize)).map(|(path, _)| path.clone());
    if let Some(image) = path.and_then(|path| watched.images.get_mut(&path)) {
        change(image);
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let methods = usual_methods(file);
    // Before the call: afterwards SQLite may give the address to another file.
    watched().open.remove(&(file as usize));
    match methods.and_then(|methods| methods.xClose) {
        // SAFETY: the file was opened by the usual VFS, to whose method it is passed on.
        Some(close) => unsafe { close(file) },
        None => ffi::SQLITE_IOERR_CLOSE,
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, data: *const c_void, length: c_int, at: i64) -> c_int {
    let Some(write) = usual_methods(file).and_then(|methods| methods.xWrite) else { return ffi::SQLITE_IOERR_WRITE };
    // SAFETY: as in `close`.
    let code = unsafe { write(file, data, length, at) };
    if let (ffi::SQLITE_OK, Ok(length), Ok(at)) = (code, usize::try_from(length), usize::try_from(at)) {
        // SAFETY: SQLite passes that many bytes.
        let written = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) }.to_vec();
        note(file, |image| image.pending.push(Change::Write(at, written)));
    }
    code
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    let Some(truncate) = usual_methods(file).and_then(|methods| methods.xTruncate) else {
        return ffi::SQLITE_IOERR_TRUNCATE;
    };
    // SAFETY: as in `close`.
    let code = unsafe { truncate(file, size) };
    if let (ffi::SQLITE_OK, Ok(size)) = (code, usize::try_from(size)) {
        note(file, |image| image.pending.push(Change::Truncate(size)));
    }
    code
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let Some(sync) = usual_methods(file).and_then(|methods| methods.xSync) else { return ffi::SQLITE_IOERR_FSYNC };
    // SAFETY: as in `close`.
    let code = unsafe { sync(file, flags) };
    if code == ffi::SQLITE_OK {
        note(file, |image| {
            for change in std::mem::take(&mut image.pending) {
                change.apply(&mut image.durable);
            }
        });
    }
    code
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// Rows that a power failure right now would leave.
    fn left(directory: &Path) -> i64 {
        let after = tempfile::tempdir().unwrap();
        what_was_synced(directory, after.path()).unwrap();
        let connection = Connection::open(after.path().join("db")).unwrap();
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn database(directory: &Path, synchronous: &str) -> Connection {
        install();
        let connection = Connection::open(directory.join("db")).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        connection.execute_batch("CREATE TABLE t (a)").unwrap();
        connection.pragma_update(None, "synchronous", synchronous).unwrap();
        connection
    }

    #[test]
    fn what_was_committed_with_a_sync_survives_a_power_failure() {
        let directory = tempfile::tempdir().unwrap();
        let connection = database(directory.path(), "FULL");
        for rows in 1..20 {
            connection.execute("INSERT INTO t VALUES (randomblob(500))", []).unwrap();
            assert_eq!(left(directory.path()), rows);
        }
    }

    #[test]
    fn what_was_committed_without_a_sync_can_be_lost() {
        let directory = tempfile::tempdir().unwrap();
        let connection = database(directory.path(), "OFF");
        for _ in 1..20 {
            connection.execute("INSERT INTO t VALUES (randomblob(500))", []).unwrap();
        }
        assert!(left(directory.path()) < 19);
    }
}
