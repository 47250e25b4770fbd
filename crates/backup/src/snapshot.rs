//! Making a backup while the installation works.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;

use crate::{BackupError, LEDGER, STORE, copy};

/// The description of a backup, in its folder.
pub const DESCRIPTION: &str = "backup.json";

/// A backup, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// When it was begun, RFC 3339.
    pub made_at: String,
    /// Of the ledger.
    pub schema_version: u32,
    /// Passages in the ledger, each with its photo in the store.
    pub passages: u64,
    /// The last export in the ledger, 0 for none.
    pub last_export: u64,
    /// SHA-256 of the ledger's file, lower-case hex.
    pub ledger_sha256: String,
    /// SHA-256 of the store's file, lower-case hex.
    pub store_sha256: String,
    /// Size of both files.
    pub bytes: u64,
}

/// Copies both databases of a state directory into a new folder below `into`, named by the time, and checks the copies:
/// each by SQLite, and the ledger against the store. Answers the folder.
///
/// The ledger is copied first. A photo is stored before its passage is recorded, and a file before its export is
/// published, so whatever the copy of the ledger names is in the copy of the store.
///
/// # Errors
/// [`BackupError`]; nothing is left behind then but, after a crash, a folder whose name ends in `.partial`.
pub fn backup(state_dir: &Path, into: &Path, now: Instant) -> Result<(PathBuf, Backup), BackupError> {
    let (ledger, store) = (state_dir.join(LEDGER), state_dir.join(STORE));
    if !ledger.is_file() {
        return Err(BackupError::NoState { path: state_dir.to_owned() });
    }
    fs::create_dir_all(into).map_err(BackupError::file("create", into))?;
    let made_at = rfc3339(now);
    let name = made_at.replace(':', "").replace(".000", "");
    let staged = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .suffix(".partial")
        .tempdir_in(into)
        .map_err(BackupError::file("write", into))?;
    copy::private(staged.path())?;
    let (ledger_copy, store_copy) = (staged.path().join(LEDGER), staged.path().join(STORE));
    copy::snapshot(&ledger, &ledger_copy)?;
    copy::snapshot(&store, &store_copy)?;
    let found = check(&ledger_copy, &store_copy)?;
    let (ledger_sha256, ledger_bytes) = copy::digest(&ledger_copy)?;
    let (store_sha256, store_bytes) = copy::digest(&store_copy)?;
    let described = Backup {
        made_at,
        schema_version: found.schema_version,
        passages: found.passages,
        last_export: found.last_export,
        ledger_sha256,
        store_sha256,
        bytes: ledger_bytes + store_bytes,
    };
    let description = staged.path().join(DESCRIPTION);
    let text = serde_json::to_string_pretty(&described).map_err(|e| unsound(&ledger, e.to_string()))?;
    fs::write(&description, text + "\n").map_err(BackupError::file("write", &description))?;
    fs::File::open(&description).and_then(|f| f.sync_all()).map_err(BackupError::file("write", &description))?;
    copy::sync_directory(staged.path())?;
    let folder = into.join(&name);
    if folder.exists() {
        let taken = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(BackupError::file("write", &folder)(taken));
    }
    fs::rename(staged.path(), &folder).map_err(BackupError::file("write", &folder))?;
    // It has another name now: nothing is left to be removed.
    let _ = staged.keep();
    copy::sync_directory(into)?;
    Ok((folder, described))
}

/// What a pair of databases holds.
pub struct Contents {
    pub schema_version: u32,
    pub passages: u64,
    pub last_export: u64,
}

/// Checks that every photo and every published file that a ledger names is in a store.
pub fn check(ledger: &Path, store: &Path) -> Result<Contents, BackupError> {
    let connection = copy::open(ledger)?;
    let failed = BackupError::database(ledger);
    connection.execute("ATTACH ?1 AS store", [&*store.to_string_lossy()]).map_err(&failed)?;
    let count = |sql: &str| count(&connection, sql).map_err(&failed);
    let without_photo = count(
        "SELECT count(*) FROM passage p WHERE NOT EXISTS
             (SELECT 1 FROM store.spin_key_value s WHERE s.store = 'default' AND s.key = p.photo_key)",
    )?;
    let without_file = count(
        "SELECT count(*) FROM export e WHERE e.state = 'published' AND NOT EXISTS
             (SELECT 1 FROM store.spin_key_value s WHERE s.store = 'default'
                  AND s.key = 'exports/' || e.sequence || '/' || e.sha256 || '.csv')",
    )?;
    if without_photo > 0 || without_file > 0 {
        return Err(unsound(
            ledger,
            format!(
                "{without_photo} passages lack their photo and {without_file} exports their file; run `tollbooth audit`"
            ),
        ));
    }
    Ok(Contents {
        schema_version: u32::try_from(count("SELECT user_version FROM pragma_user_version")?).unwrap_or(u32::MAX),
        passages: count("SELECT count(*) FROM passage")?,
        last_export: count("SELECT coalesce(max(sequence), 0) FROM export")?,
    })
}

fn count(connection: &Connection, sql: &str) -> rusqlite::Result<u64> {
    connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|n| u64::try_from(n).unwrap_or(0))
}

fn unsound(path: &Path, what: String) -> BackupError {
    BackupError::Unsound { path: path.to_owned(), what }
}
