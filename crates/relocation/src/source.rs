//! The SQLite file that is left: looked at as of one moment, kept from its writers for the last comparison, sealed.

use std::path::{Path, PathBuf};

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::Db as _;
use tollbooth_ledger::moving::{self, Standing};
use tollbooth_ledger::native::NativeDb;

use crate::error::{RelocationError, Side};
use crate::rows::count;
use crate::table::{Table, tables};

/// How long a statement waits for the application's writers.
const BUSY_MS: u32 = 30_000;

pub(crate) struct Source {
    pub path: PathBuf,
    /// Reads, and sees one moment between [`Source::snapshot`] and [`Source::let_go`].
    pub reader: NativeDb,
    /// Keeps writers out, and seals.
    writer: NativeDb,
    pub identity: String,
    pub standing: Standing,
    pub tables: Vec<Table>,
}

impl Source {
    /// Opens a ledger's file. Nothing is changed in it.
    pub(crate) fn open(path: &Path) -> Result<Self, RelocationError> {
        if !path.is_file() {
            return Err(RelocationError::no_source(path));
        }
        let (reader, writer) = (connect(path)?, connect(path)?);
        let standing = moving::standing(&reader).map_err(RelocationError::ledger(Side::Source))?;
        let identity = moving::identity(&reader).map_err(RelocationError::ledger(Side::Source))?;
        let tables = tables(&reader)?;
        Ok(Self { path: path.to_owned(), reader, writer, identity, standing, tables })
    }

    /// From here on the reader sees the ledger as it is now, whatever is written meanwhile.
    pub(crate) fn snapshot(&self) -> Result<(), RelocationError> {
        self.read("BEGIN")?;
        // The moment is that of the first statement that reads.
        self.read("SELECT count(*) FROM booth")
    }

    pub(crate) fn let_go(&self) -> Result<(), RelocationError> {
        self.read("COMMIT")
    }

    /// Nobody writes from here on, until it is sealed or this value is dropped.
    pub(crate) fn keep_writers_out(&self) -> Result<(), RelocationError> {
        let failed = RelocationError::database(Side::Source, "keeping its writers out");
        self.writer.execute("BEGIN IMMEDIATE", &[]).map(drop).map_err(failed)
    }

    /// Nobody opens it from here on.
    pub(crate) fn seal(&self) -> Result<(), RelocationError> {
        if self.standing == Standing::Open {
            moving::seal(&self.writer).map_err(RelocationError::ledger(Side::Source))?;
        }
        let failed = RelocationError::database(Side::Source, "sealing it");
        self.writer.execute("COMMIT", &[]).map(drop).map_err(failed)
    }

    /// How many rows a table has.
    pub(crate) fn rows(&self, table: &Table) -> Result<u64, RelocationError> {
        count(&self.reader, Side::Source, table).map(|rows| u64::try_from(rows).unwrap_or(0))
    }

    /// How many rows each table of a new ledger has.
    pub(crate) fn fresh(&self) -> Result<Vec<(Table, i64)>, RelocationError> {
        let failed = RelocationError::database(Side::Source, "a new ledger to compare with");
        let new = NativeDb::open(Path::new(":memory:")).map_err(failed)?;
        let new = Ledger::open(new, None).map_err(RelocationError::ledger(Side::Source))?;
        let counted = |table: &Table| Ok((table.clone(), count(new.db(), Side::Source, table)?));
        self.tables.iter().map(counted).collect()
    }

    fn read(&self, sql: &str) -> Result<(), RelocationError> {
        let failed = RelocationError::database(Side::Source, "reading it");
        self.reader.execute(sql, &[]).map(drop).map_err(failed)
    }
}

fn connect(path: &Path) -> Result<NativeDb, RelocationError> {
    let failed = RelocationError::database(Side::Source, "opening it");
    let db = NativeDb::open(path).map_err(&failed)?;
    db.execute(&format!("PRAGMA busy_timeout = {BUSY_MS}"), &[]).map_err(&failed)?;
    // What seals it must be on the disk before the target is opened.
    db.execute("PRAGMA synchronous = FULL", &[]).map_err(&failed)?;
    Ok(db)
}
