//! Bringing a backup back, and making the ledger know what was published after it.

use std::fs;
use std::path::{Path, PathBuf};

use tollbooth_ledger::Ledger;
use tollbooth_ledger::native::NativeDb;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::rfc3339;

use crate::adopt::{Adoption, adopt};
use crate::snapshot::{Backup, DESCRIPTION};
use crate::source::{Source, Store};
use crate::{BackupError, LEDGER, STORE, copies, copy};

/// What is brought back, and where published files may lie.
#[derive(Debug, Clone, Copy)]
pub struct RestoreOptions<'a> {
    /// A backup's folder; none: only take over what was published.
    pub backup: Option<&'a Path>,
    /// The state directory, locked by the caller.
    pub state_dir: &'a Path,
    /// Move the installation that is there aside.
    pub replace: bool,
    /// Bring the ledger back and keep the store that is there: its photos are newer.
    pub ledger_only: bool,
    /// Billing's folders.
    pub published: &'a [PathBuf],
    /// Recorded with what is taken over.
    pub now: Instant,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The backup that was brought back.
    pub backup: Option<Backup>,
    /// Where the installation that was there lies now.
    pub moved_to: Option<PathBuf>,
    /// What was taken over.
    pub adoption: Adoption,
    /// The last export that the ledger knows now.
    pub last_export: u64,
}

/// How folders begin that hold what was there before a restore.
const ASIDE: &str = "replaced-";

/// Restores. The server must not run.
///
/// # Errors
/// [`BackupError`]. Before anything is moved when the backup is not sound; afterwards the message says that the server
/// must not be started, and the command can be repeated without a backup.
pub fn restore(options: &RestoreOptions<'_>) -> Result<Restored, BackupError> {
    let state = options.state_dir;
    let mut restored = Restored { backup: None, moved_to: None, adoption: Adoption::default(), last_export: 0 };
    if let Some(folder) = options.backup {
        restored.backup = Some(verified(folder)?);
        let names: &[&str] = if options.ledger_only { &[LEDGER] } else { &[LEDGER, STORE] };
        restored.moved_to = make_room(state, names, options)?;
        for name in names {
            copy::file(&folder.join(name), &state.join(name))?;
            copy::private(&state.join(name))?;
            copy::use_log(&state.join(name))?;
        }
    }
    let (ledger, store) = (state.join(LEDGER), state.join(STORE));
    if !ledger.is_file() || !store.is_file() {
        return Err(BackupError::NoState { path: state.to_owned() });
    }
    let mut sources = vec![Source::Store(Store::open(&store)?)];
    for aside in moved_aside(state)? {
        sources.push(Source::Store(Store::open(&aside)?));
    }
    for folder in options.published {
        sources.push(Source::folder(folder)?);
    }
    let database = NativeDb::open(&ledger).map_err(|e| BackupError::Unsound { path: ledger.clone(), what: e.text })?;
    let ledger = Ledger::open(database, Some(options.now))?;
    restored.adoption = adopt(&ledger, Some(&Store::open(&store)?), &sources, options.now)?;
    restored.adoption.copies = copies::keep(&ledger, &Store::open(&store)?, &sources)?;
    restored.last_export = ledger.latest_export()?;
    Ok(restored)
}

/// Stores that were moved aside, also by a restore that did not get to its end: what they published stays published.
fn moved_aside(state: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(state).map_err(BackupError::file("read", state))? {
        let entry = entry.map_err(BackupError::file("read", state))?;
        let store = entry.path().join(STORE);
        if entry.file_name().to_string_lossy().starts_with(ASIDE) && store.is_file() {
            found.push(store);
        }
    }
    found.sort();
    Ok(found)
}

/// A backup whose files are the ones that were written.
fn verified(folder: &Path) -> Result<Backup, BackupError> {
    let wrong = |what: String| BackupError::NoBackup { path: folder.to_owned(), what };
    let text = fs::read(folder.join(DESCRIPTION)).map_err(|e| wrong(format!("{DESCRIPTION}: {e}")))?;
    let described: Backup = serde_json::from_slice(&text).map_err(|e| wrong(format!("{DESCRIPTION}: {e}")))?;
    for (name, expected) in [(LEDGER, &described.ledger_sha256), (STORE, &described.store_sha256)] {
        let (found, _) = copy::digest(&folder.join(name))?;
        if found != *expected {
            return Err(wrong(format!("{name} changed since it was made")));
        }
    }
    Ok(described)
}

/// Moves what is there aside, logs included: what a log holds belongs to its file.
fn make_room(state: &Path, names: &[&str], options: &RestoreOptions<'_>) -> Result<Option<PathBuf>, BackupError> {
    let mut present = Vec::new();
    for name in names {
        for suffix in ["", "-wal", "-shm"] {
            let path = state.join(format!("{name}{suffix}"));
            if path.exists() {
                present.push(path);
            }
        }
    }
    if present.is_empty() {
        return Ok(None);
    }
    if !options.replace {
        return Err(BackupError::Occupied { path: state.to_owned() });
    }
    let aside = state.join(format!("{ASIDE}{}", rfc3339(options.now).replace(':', "")));
    fs::create_dir(&aside).map_err(BackupError::file("create", &aside))?;
    for path in present {
        let to = aside.join(path.file_name().unwrap_or_default());
        fs::rename(&path, &to).map_err(BackupError::file("move", &path))?;
    }
    copy::sync_directory(&aside)?;
    copy::sync_directory(state)?;
    Ok(Some(aside))
}
