//! Why a move did not get any further. Nothing is lost by any of these: the same command goes on, or says why it cannot.

use std::path::{Path, PathBuf};

use tollbooth_ledger::LedgerError;
use tollbooth_ledger::db::DbError;

/// Which of the two ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The SQLite file.
    Source,
    /// The PostgreSQL database.
    Target,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Source => "the source",
            Self::Target => "the target",
        })
    }
}

/// Why a move did not get any further.
#[derive(Debug, thiserror::Error)]
pub enum RelocationError {
    /// There is no ledger in the file.
    #[error("{}: there is no such file; give the ledger, sqlite_db.db in the state directory", path.display())]
    NoSource {
        /// What was given.
        path: PathBuf,
    },
    /// The target holds something that is not of this move.
    #[error(
        "the target is not empty: its table {table} has {rows} rows that are not of this move. A ledger is moved into a new \
         database only; nothing was changed"
    )]
    NotEmpty {
        /// The first table with rows.
        table: String,
        /// How many.
        rows: i64,
    },
    /// Another ledger is being moved into the target.
    #[error("another ledger is being moved into the target; give that one, or a new database. Nothing was changed")]
    AnotherGuest,
    /// The source is sealed, and this target is not the one it was moved to, or the move is over.
    #[error(
        "{}: this ledger was moved already, and the target does not wait for it. Start the application on PostgreSQL; nothing \
         was changed", path.display()
    )]
    MovedBefore {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else moves into the target at this moment.
    #[error("somebody else is moving a ledger into the target at this moment")]
    Busy,
    /// A row cannot be stored in the target, or a statement failed.
    #[error("{side}: table {table}: {text}")]
    Table {
        /// Where.
        side: Side,
        /// Which table.
        table: String,
        /// In the database's words.
        text: String,
    },
    /// A statement beside the tables failed.
    #[error("{side}: {what}: {text}")]
    Database {
        /// Where.
        side: Side,
        /// What was to be done.
        what: &'static str,
        /// In the database's words.
        text: String,
    },
    /// The ledger refused.
    #[error("{side}: {error}")]
    Ledger {
        /// Where.
        side: Side,
        /// Why.
        error: LedgerError,
    },
    /// Tables refer to each other in a circle, so none of them can be filled first.
    #[error("the tables {0} refer to each other in a circle: this program does not know which to fill first")]
    Circle(String),
    /// The copy is not what the source is, or the source contradicts itself. The source was not sealed.
    #[error("{0}. The source was not sealed: the application can go on there")]
    Unequal(String),
    /// A photo or a published file could not be read or stored.
    #[error("{key}: {why}")]
    Object {
        /// Its key.
        key: String,
        /// Why.
        why: String,
    },
    /// The object store cannot be used.
    #[error("the object store: {0}")]
    Store(String),
}

impl RelocationError {
    /// For `map_err`: a statement on a table failed.
    pub(crate) fn table(side: Side, table: &str) -> impl Fn(DbError) -> Self {
        let table = table.to_owned();
        move |error| Self::Table { side, table: table.clone(), text: error.text }
    }

    /// For `map_err`: another statement failed.
    pub(crate) fn database(side: Side, what: &'static str) -> impl Fn(DbError) -> Self {
        move |error| Self::Database { side, what, text: error.text }
    }

    /// For `map_err`: the ledger refused.
    pub(crate) fn ledger(side: Side) -> impl Fn(LedgerError) -> Self {
        move |error| Self::Ledger { side, error }
    }

    pub(crate) fn no_source(path: &Path) -> Self {
        Self::NoSource { path: path.to_owned() }
    }
}
