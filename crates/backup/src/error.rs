//! What can go wrong with a backup or a restore.

use std::path::{Path, PathBuf};

use tollbooth_client::ClientError;
use tollbooth_ledger::LedgerError;
use tollbooth_ledger::export::adopt::Refusal;

/// Why a backup was not made or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or directory.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no installation in the directory.
    #[error("{} holds no installation: {LEDGER} is not there; give its --state-dir", path.display(), LEDGER = crate::LEDGER)]
    NoState {
        /// The directory.
        path: PathBuf,
    },
    /// Something lies in the state directory already.
    #[error("{} holds an installation; --replace moves it aside first, and takes over what it published", path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
    },
    /// A copy is not what it should be. Nothing was kept of it.
    #[error("the copy of {} is not sound: {what}", path.display())]
    Unsound {
        /// What was copied.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A manifest that is no manifest: what it describes may have been published.
    #[error("a manifest in {place} cannot be read: {what}. Do not start the server before this is cleared up")]
    Manifest {
        /// The folder or store.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A folder that is no backup, or one that changed since it was made.
    #[error("{} is no sound backup: {what}", path.display())]
    NoBackup {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The ledger cannot be opened, or refuses.
    #[error("the ledger: {0}")]
    Ledger(#[from] LedgerError),
    /// Billing's folder cannot be read.
    #[error(transparent)]
    Folder(#[from] ClientError),
    /// Two places have different exports under one number.
    #[error("{0}. Nothing after it was taken over: do not start the server before this is cleared up")]
    Forked(Refusal),
    /// Places disagree about an export.
    #[error(
        "{place} has another export {sequence} than {other}: they have billed apart, and people must look. \
         Do not start the server before this is cleared up"
    )]
    Disagreement {
        /// Where one was found.
        place: String,
        /// Its number.
        sequence: u64,
        /// Where the other was found.
        other: String,
    },
    /// An export that is needed lies nowhere.
    #[error(
        "{what} of export {sequence} is in none of the places given, and export {last} was published: give the folder \
         where it lies with --published. Do not start the server before: it would bill these lines again"
    )]
    Missing {
        /// `the manifest` or `the file`
        what: &'static str,
        /// Of the export that is missing.
        sequence: u64,
        /// The last one that was found.
        last: u64,
    },
}

impl BackupError {
    /// For `map_err`: a failure at a file.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// For `map_err`: a failure of SQLite.
    pub(crate) fn database(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Database { path: path.clone(), source }
    }
}
