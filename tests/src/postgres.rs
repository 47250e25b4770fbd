//! A database of PostgreSQL for one application under test: made by the files and the command that operators use.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::built::{repository, tollbooth};

/// The role of components, as `deploy/postgres` makes it.
const APPLICATION: &str = "tollbooth_application";
const MIGRATOR: &str = "tollbooth_migrator";
/// Migrated once; others are copies of it.
const TEMPLATE: &str = "tollbooth";

/// One database on a server.
#[derive(Debug, Clone)]
pub struct Database {
    server: Arc<Mutex<Server>>,
    port: u16,
    name: String,
}

/// The server that tests of this process share while any of them uses it.
static SHARED: Mutex<Weak<Mutex<Server>>> = Mutex::new(Weak::new());
static NAMES: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A new database on a server that other tests use, too. None, said loudly, where PostgreSQL is not installed.
    #[must_use]
    pub fn new(what: &str) -> Option<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let server = match shared.upgrade() {
            Some(server) => server,
            None => {
                let server = prepared(what, Commits::Unsynced)?;
                *shared = Arc::downgrade(&server);
                server
            }
        };
        Some(copy(server))
    }

    /// A new database on a server of its own, which may be killed: commits are on the disk.
    #[must_use]
    pub fn alone(what: &str) -> Option<Self> {
        prepared(what, Commits::Synced).map(copy)
    }

    /// A new database in which there is nothing yet, on a server that other tests use, too.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn unmigrated(what: &str) -> Option<Self> {
        let database = Self::new(what)?;
        let file = repository().join("deploy/postgres/database.sql");
        let rights = std::fs::read_to_string(file).expect("a file of deploy/postgres");
        let (name, server) = (&database.name, database.server());
        must(server.sql("postgres", &format!("DROP DATABASE {name}")));
        must(server.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0 LOCALE 'C.UTF-8'")));
        must(server.sql(name, &rights));
        drop(server);
        Some(database)
    }

    /// A copy of it as it is now. Nobody may be connected to it.
    ///
    /// # Errors
    /// The server's words.
    pub fn copied(&self) -> Result<Self, String> {
        let name = format!("test_{}", NAMES.fetch_add(1, Ordering::Relaxed));
        self.server().sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {}", self.name))?;
        Ok(Self { name, ..self.clone() })
    }

    /// Removes it, whoever is connected.
    ///
    /// # Errors
    /// The server's words.
    pub fn discard(&self) -> Result<(), String> {
        self.server().sql("postgres", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
    }

    /// Ends every connection to it, as the death of the process that had them does.
    ///
    /// # Errors
    /// The server's words.
    pub fn hang_up(&self) -> Result<(), String> {
        let name = &self.name;
        // Until the last has gone: a connection that is being ended still holds its locks.
        self.server().sql(
            "postgres",
            &format!(
                "DO $$ BEGIN
                    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}';
                END $$"
            ),
        )
    }

    /// Its size on the disk, in bytes, less that of a database in which there is nothing.
    ///
    /// # Errors
    /// The server's words.
    pub fn size(&self) -> Result<u64, String> {
        let sql = format!("SELECT pg_database_size('{}') - pg_database_size('{TEMPLATE}')", self.name);
        let words = self.server().asked("postgres", &sql)?;
        words.trim().parse().map_err(|_| format!("{words} is no size"))
    }

    /// The address as its superuser uses it.
    #[must_use]
    pub fn superuser_address(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{}?sslmode=disable", self.port, self.name)
    }

    /// The address as the role that owns the schema uses it.
    #[must_use]
    pub fn migrator_address(&self) -> String {
        format!("postgres://{MIGRATOR}@127.0.0.1:{}/{}?sslmode=disable", self.port, self.name)
    }

    /// Runs a statement as the superuser.
    ///
    /// # Errors
    /// The server's words.
    pub fn run(&self, sql: &str) -> Result<(), String> {
        self.server().sql(&self.name, sql)
    }

    /// The address as components use it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("postgres://{APPLICATION}@127.0.0.1:{}/{}?sslmode=disable", self.port, self.name)
    }

    /// The address as `tollbooth migrate` uses it.
    #[must_use]
    pub fn migrator(&self) -> String {
        format!("postgres://{MIGRATOR}@127.0.0.1:{}/{}?sslmode=disable", self.port, self.name)
    }

    /// The same database reached over this port: its server's own, or that of something before it.
    #[must_use]
    pub fn over(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// The database of the same name on another server: on a standby that took this one's place.
    #[must_use]
    pub fn on(&self, server: Server) -> Self {
        let port = server.port();
        Self { server: Arc::new(Mutex::new(server)), port, ..self.clone() }
    }

    /// Asks for one value as the superuser.
    ///
    /// # Errors
    /// The server's words.
    pub fn asked(&self, sql: &str) -> Result<String, String> {
        self.server().asked(&self.name, sql).map(|said| said.trim().to_owned())
    }

    /// The server, as `allowed_outbound_hosts` names it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("postgres://127.0.0.1:{}", self.port)
    }

    /// The variables of `deploy/cluster/spin.toml`.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [("ledger_address", self.address()), ("ledger_host", self.host())]
    }

    /// The server, to be killed and started again.
    pub fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails unless the condition, a SQL expression, is true, asked as the superuser.
    ///
    /// # Errors
    /// The server's words.
    pub fn check(&self, condition: &str) -> Result<(), String> {
        let sql = format!("DO $$ BEGIN ASSERT ({condition}), 'not so'; END $$");
        self.server().sql(&self.name, &sql)
    }
}

fn copy(server: Arc<Mutex<Server>>) -> Database {
    let name = format!("test_{}", NAMES.fetch_add(1, Ordering::Relaxed));
    let port = {
        let server = server.lock().unwrap_or_else(PoisonError::into_inner);
        must(server.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")));
        server.port()
    };
    Database { server, port, name }
}

/// A server with the roles and a migrated database.
#[expect(clippy::expect_used, reason = "test set-up")]
fn prepared(what: &str, commits: Commits) -> Option<Arc<Mutex<Server>>> {
    let programs = programs_or_skip(what)?;
    let server = must(Server::start(&programs, commits));
    let file = |name: &str| {
        let path = repository().join("deploy/postgres").join(name);
        std::fs::read_to_string(&path).expect("a file of deploy/postgres")
    };
    must(server.sql("postgres", &file("roles.sql")));
    must(server.sql("postgres", &format!("CREATE DATABASE {TEMPLATE} TEMPLATE template0 LOCALE 'C.UTF-8'")));
    must(server.sql(TEMPLATE, &file("database.sql")));
    let migrated = Command::new(tollbooth())
        .args(["migrate", "--postgres"])
        .arg(format!("{}?sslmode=disable", server.url(MIGRATOR, TEMPLATE)))
        .output()
        .expect("start the tool; build it first with scripts/build --host");
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    Some(Arc::new(Mutex::new(server)))
}

#[expect(clippy::panic, reason = "test set-up")]
fn must<T>(done: Result<T, String>) -> T {
    done.unwrap_or_else(|error| panic!("{error}"))
}
