//! The ledger of a run in PostgreSQL, on a server of the bench's own: a database for each state directory, copied and
//! removed with it. Photos and published files stay in the directory.
//!
//! What dies is the application: when its process does, its connections end and the server, which lives on, undoes what they
//! had not committed. The server's own death is a test of its own (`cargo test --test cluster`), because it ends the runs of
//! everybody.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::Db as _;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_relocation::{align, tables};
use tollbooth_tests::postgres::Database;

use crate::error::BenchError;

/// How long connections of an application that was closed may take to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What connections to PostgreSQL are like, and where the ledgers are.
pub struct Cluster {
    /// A ledger in which nothing ever happened.
    new: Database,
    of: Mutex<BTreeMap<PathBuf, Database>>,
    /// Connections are handed on as Spin does, a dead guest's open transaction included.
    pub as_spin: bool,
}

impl Cluster {
    /// A server, where one is installed.
    ///
    /// # Errors
    /// [`BenchError::Preparation`] where none is.
    pub fn start(as_spin: bool) -> Result<Self, BenchError> {
        let new = Database::new("the fault bench on PostgreSQL").ok_or_else(|| {
            let answer = "nothing: PostgreSQL is not installed; scripts/postgres installs it".to_owned();
            BenchError::Preparation { what: "starting a server".to_owned(), answer }
        })?;
        new.run("ALTER ROLE tollbooth_application CONNECTION LIMIT -1").map_err(|words| asked("a role", words))?;
        Ok(Self { new, of: Mutex::default(), as_spin })
    }

    /// The database of a state directory, made when there is none.
    ///
    /// # Errors
    /// [`BenchError::Preparation`]
    pub fn of(&self, directory: &Path) -> Result<Database, BenchError> {
        if let Some(known) = self.lock().get(directory) {
            return Ok(known.clone());
        }
        let made = self.new.copied().map_err(|words| asked("a new ledger", words))?;
        self.lock().insert(directory.to_owned(), made.clone());
        Ok(made)
    }

    /// Gives a new directory a copy of the database of another, to which nobody may be connected any more.
    ///
    /// # Errors
    /// [`BenchError::Preparation`]
    pub fn copy(&self, from: &Path, to: &Path) -> Result<(), BenchError> {
        let original = self.of(from)?;
        let deadline = Instant::now() + PATIENCE;
        let copy = loop {
            match original.copied() {
                Ok(copy) => break copy,
                // Somebody's connection has not ended yet; the words are another matter only after that time.
                Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(20)),
                Err(words) => return Err(asked("a copy of a ledger", words)),
            }
        };
        self.lock().insert(to.to_owned(), copy);
        Ok(())
    }

    /// The process that worked in a directory is dead: its connections end, and its database is that of another directory.
    ///
    /// # Errors
    /// [`BenchError::Preparation`]
    pub fn survive(&self, dead: &Path, heir: &Path) -> Result<(), BenchError> {
        let database = self.of(dead)?;
        database.hang_up().map_err(|words| asked("ending connections", words))?;
        let mut of = self.lock();
        of.remove(dead);
        of.insert(heir.to_owned(), database);
        Ok(())
    }

    /// Removes the database of a directory, if it still has one.
    pub fn forget(&self, directory: &Path) {
        let removed = self.lock().remove(directory);
        if let Some(database) = removed {
            // It ends with the server in any case.
            let _ = database.discard();
        }
    }

    /// Writes the ledger of a directory into a SQLite file, so that the promises are looked at in one way whatever the
    /// ledger is kept in.
    ///
    /// # Errors
    /// [`BenchError`]
    pub fn write_down(&self, directory: &Path, file: &Path) -> Result<(), BenchError> {
        if file.exists() {
            fs::remove_file(file).map_err(BenchError::file("remove", file))?;
        }
        let failed = |text: String| asked("writing the ledger down", text);
        let from = PostgresDb::open(&self.of(directory)?.superuser_address()).map_err(|error| failed(error.text))?;
        let to = NativeDb::open(file).map_err(|error| failed(error.text))?;
        let to = Ledger::open(to, None).map_err(|error| failed(error.to_string()))?;
        let run = |sql: &str| to.db().execute(sql, &[]).map_err(|error| failed(error.text));
        run("PRAGMA synchronous = OFF")?;
        // Copied, not lived through again.
        run("PRAGMA foreign_keys = OFF")?;
        for row in run("SELECT 'DROP TRIGGER \"' || name || '\"' FROM sqlite_schema WHERE type = 'trigger'")? {
            if let Some(tollbooth_ledger::db::Value::Text(drop)) = row.0.first() {
                run(drop)?;
            }
        }
        for table in tables(to.db()).map_err(|error| failed(error.to_string()))? {
            align(&from, to.db(), &table, &mut |_| ()).map_err(|error| failed(error.to_string()))?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Database>> {
        // Whole after any panic: each change is one insertion or removal.
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn asked(what: &str, words: String) -> BenchError {
    BenchError::Preparation { what: what.to_owned(), answer: words }
}

/// The manifest of one machine with its ledger in PostgreSQL, and nothing else changed: so that every scenario of the bench
/// means the same.
///
/// # Errors
/// [`BenchError::Preparation`] for a manifest that has no such ledger.
pub fn with_postgres(manifest: &str) -> Result<String, BenchError> {
    let no_ledger = |what: &str| asked("the manifest", what.to_owned());
    let mut manifest: toml::Table = manifest.parse().map_err(|error: toml::de::Error| no_ledger(&error.to_string()))?;
    let mut required = toml::Table::new();
    required.insert("required".to_owned(), true.into());
    let variables = manifest.get_mut("variables").and_then(toml::Value::as_table_mut);
    let variables = variables.ok_or_else(|| no_ledger("it has no variables"))?;
    for name in ["ledger_address", "ledger_host"] {
        variables.insert(name.to_owned(), required.clone().into());
    }
    let components = manifest.get_mut("component").and_then(toml::Value::as_table_mut);
    let mut changed = 0;
    for component in components.into_iter().flatten().filter_map(|(_, component)| component.as_table_mut()) {
        if component.remove("sqlite_databases").is_none() {
            continue;
        }
        changed += 1;
        let mut hosts =
            component.get("allowed_outbound_hosts").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        hosts.push("{{ ledger_host }}".into());
        component.insert("allowed_outbound_hosts".to_owned(), hosts.into());
        let variables = component.entry("variables").or_insert_with(|| toml::Table::new().into());
        if let Some(variables) = variables.as_table_mut() {
            variables.insert("ledger_address".to_owned(), "{{ ledger_address }}".into());
        }
    }
    if changed == 0 {
        return Err(no_ledger("no component of it opens a SQLite database"));
    }
    let text = toml::to_string(&manifest).map_err(|error| no_ledger(&error.to_string()))?;
    Ok(text.replace("plate_writer.wasm", "plate_writer_postgres.wasm"))
}
