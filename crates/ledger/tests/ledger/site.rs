//! Where a test's ledger is: a file in a folder that vanishes with the test, or, with `TOLLBOOTH_TEST_LEDGER=postgres`, a
//! database of its own on a server that no other test uses meanwhile.
//!
//! A database goes by the path that the file would have, so that a test opens either the same way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;
use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError, Row, Value};
use tollbooth_ledger::dialect::Dialect;
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::NOW;

/// A migrated database, of which others are copies: a migration takes longer.
const TEMPLATE: &str = "template_of_tests";

/// A connection to the database that the tests are run on.
pub enum TestDb {
    File(NativeDb),
    Server(Box<PostgresDb>),
}

impl Db for TestDb {
    fn dialect(&self) -> Dialect {
        match self {
            Self::File(db) => db.dialect(),
            Self::Server(db) => db.dialect(),
        }
    }

    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, DbError> {
        match self {
            Self::File(db) => db.execute(sql, parameters),
            Self::Server(db) => db.execute(sql, parameters),
        }
    }
}

/// What is behind a path, gone when dropped.
pub struct Site {
    folder: TempDir,
    /// Nobody else's meanwhile: what a transaction sees of others holds for the whole server.
    server: Option<Server>,
}

impl Site {
    /// An empty folder, whichever database the tests are run on.
    pub fn of_a_file() -> Self {
        // The name is a database's, too.
        let folder = tempfile::Builder::new().prefix("ledger-").tempdir().unwrap();
        Self { folder, server: None }
    }

    /// An empty folder, or a new database with the tables of the ledger.
    pub fn new() -> Self {
        let mut site = Self::of_a_file();
        if on_postgres() {
            let server = locked(&IDLE).pop().unwrap_or_else(start);
            let name = name_of(&site.path());
            connect(&server.url(SUPERUSER, "postgres"))
                .script(&format!("CREATE DATABASE \"{name}\" TEMPLATE {TEMPLATE}"))
                .unwrap();
            locked(&ADDRESSES).insert(name.clone(), server.url(SUPERUSER, &name));
            site.server = Some(server);
        }
        site
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        let name = name_of(&self.path());
        locked(&ADDRESSES).remove(&name);
        // Connections of the test may be open still. A server that does not answer any more is nobody's.
        let drop = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
        if PostgresDb::open(&server.url(SUPERUSER, "postgres")).and_then(|db| db.script(&drop)).is_ok() {
            locked(&IDLE).push(server);
        }
    }
}

/// Servers that no test has. They end with the process, and their folders with them.
static IDLE: Mutex<Vec<Server>> = Mutex::new(Vec::new());

/// Where the databases are that tests have, by name.
static ADDRESSES: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// A test that fails with the lock says so itself.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new connection to what is behind the path.
pub fn connection(path: &Path) -> TestDb {
    if !on_postgres() {
        return file(path);
    }
    let address = locked(&ADDRESSES).get(&name_of(path)).cloned();
    TestDb::Server(Box::new(connect(&address.expect("a path of Site::new"))))
}

/// A new connection to the file, whichever database the tests are run on: for what only a file has.
pub fn file(path: &Path) -> TestDb {
    TestDb::File(NativeDb::open(path).unwrap())
}

/// Whether the tests are run on PostgreSQL.
pub fn on_postgres() -> bool {
    match std::env::var("TOLLBOOTH_TEST_LEDGER").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("TOLLBOOTH_TEST_LEDGER is sqlite or postgres, not {other}"),
    }
}

fn name_of(path: &Path) -> String {
    path.parent().and_then(Path::file_name).unwrap().to_str().unwrap().to_owned()
}

fn connect(address: &str) -> PostgresDb {
    PostgresDb::open(address).unwrap()
}

fn start() -> Server {
    let programs = programs_or_skip("the ledger's tests").expect("TOLLBOOTH_TEST_LEDGER=postgres without PostgreSQL");
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    // Its transactions would be under way while a test looks at what was committed.
    server.sql("postgres", "ALTER SYSTEM SET autovacuum = off").unwrap();
    server.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    server.sql("postgres", &format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0 LOCALE 'C.UTF-8'")).unwrap();
    Ledger::migrate(connect(&server.url(SUPERUSER, TEMPLATE)), Some(NOW)).unwrap();
    server
}
