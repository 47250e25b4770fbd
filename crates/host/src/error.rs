//! Everything that can stop the host, as one error type.
//!
//! Messages name what was wrong, where, and what to do. Failures of a single guest are not here: they are
//! data of one request, logged once where the guest ran and answered with a status code.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::manifest::Problems;

/// Why the host could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The manifest is not one this host can run; every problem is listed.
    #[error("{} cannot be run:\n{problems}", path.display())]
    Manifest {
        /// The manifest file.
        path: PathBuf,
        /// All problems found, never empty.
        problems: Problems,
    },
    /// The command line asks for something the application does not have.
    #[error("{0}")]
    Usage(String),
    /// A file or directory could not be used.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb phrase.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another process runs on this state directory.
    #[error(
        "the state directory {} is in use by another process; stop that one or choose another --state-dir",
        path.display()
    )]
    StateDirInUse {
        /// The state directory.
        path: PathBuf,
    },
    /// A component and its dependencies do not fit together.
    #[error("component `{component}` cannot be composed: {reason}")]
    Compose {
        /// The component that has the dependencies.
        component: String,
        /// What does not fit, with the interface names.
        reason: String,
    },
    /// A component is not valid, or imports something this host does not offer.
    #[error("component `{component}` cannot be loaded: {reason}")]
    Component {
        /// The component.
        component: String,
        /// The runtime's reason.
        reason: String,
    },
    /// The WebAssembly engine could not be set up.
    #[error("the WebAssembly engine could not be set up: {0}")]
    Engine(String),
    /// A database of the state directory could not be opened.
    #[error("could not open the database {}: {source}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// A database of the state directory can be read and not written. SQLite opens such a file without a word, and
    /// every write would fail later.
    #[error(
        "the database {} cannot be written: check the permissions of the file and its directory, and whether the \
         file system is mounted read-only",
        path.display()
    )]
    ReadOnlyDatabase {
        /// The database file.
        path: PathBuf,
    },
    /// The address could not be listened on.
    #[error("could not listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The system refused something the host needs to run.
    #[error("could not {action}: {source}")]
    System {
        /// What was tried, as a verb phrase.
        action: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The first operator's token could not be put into force.
    #[error("the operator token is not in force: {0}")]
    OperatorToken(String),
}

impl HostError {
    /// The process exit code a script can rely on: 2 for a wrong manifest or command line, 1 for a failure at
    /// run time.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Manifest { .. } | Self::Usage(_) | Self::Compose { .. } => 2,
            Self::File { .. }
            | Self::StateDirInUse { .. }
            | Self::Component { .. }
            | Self::Engine(_)
            | Self::Database { .. }
            | Self::ReadOnlyDatabase { .. }
            | Self::Listen { .. }
            | Self::System { .. }
            | Self::OperatorToken(_) => 1,
        }
    }

    /// Refuses a database that was opened for reading only.
    pub(crate) fn unless_writable(connection: &rusqlite::Connection, path: &Path) -> Result<(), Self> {
        let failed = |source| Self::Database { path: path.to_owned(), source };
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(failed)? {
            return Err(Self::ReadOnlyDatabase { path: path.to_owned() });
        }
        Ok(())
    }

    /// For `map_err` on file operations.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
