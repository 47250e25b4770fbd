//! `tollbooth migrate`: brings the schema of a ledger in PostgreSQL to the version of this program.
//!
//! A SQLite file is migrated by whoever opens it; components never change the schema of PostgreSQL, because many of them
//! start at once and their role may not.

use clap::Args;
use postgres::{Config, NoTls, config::SslMode};
use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db as _, Value};
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::schema::SCHEMA_VERSION;

use crate::output::say;

/// What components may do, for the role of `deploy/postgres/roles.sql`.
const GRANTS: &str = include_str!("../../../deploy/postgres/grants.sql");
const APPLICATION: &str = "tollbooth_application";

/// Bring the schema of a ledger in PostgreSQL to this release's version
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth migrate --postgres postgres://tollbooth_migrator@db.example/tollbooth
  tollbooth migrate --postgres @migrator-address.txt

Run it before the first start and before replicas of a new release start; those of the former release go on meanwhile.
It does nothing where there is nothing to do, several at once wait for each other, and a step is carried out whole or
not at all. The role must own the schema (deploy/postgres/ makes it, and one for the components that may not). The
database must compare texts byte by byte (LC_COLLATE C or C.UTF-8), else nothing is changed.

Exit codes: 0 done, 2 wrong command line, 3 the database is out of reach, 1 it refused; the reason is printed.")]
pub(crate) struct Migrate {
    /// Address of the database, or @FILE that holds it: other users of this machine see a command line
    #[arg(long, value_name = "URL", env = "TOLLBOOTH_MIGRATOR_ADDRESS", hide_env_values = true)]
    postgres: String,
}

/// Why it did not work.
pub(crate) enum Trouble {
    CommandLine(String),
    OutOfReach(String),
    Refused(String),
}

impl Trouble {
    /// Says it, and what the program ends with.
    pub(crate) fn end(self) -> u8 {
        let (code, text) = match self {
            Self::CommandLine(text) => (2, text),
            Self::OutOfReach(text) => (3, text),
            Self::Refused(text) => (1, text),
        };
        eprintln!("error: {text}");
        code
    }
}

impl Migrate {
    pub(crate) fn run(self) -> u8 {
        self.migrate().map_or_else(Trouble::end, |()| 0)
    }

    fn migrate(&self) -> Result<(), Trouble> {
        let ledger = Ledger::migrate(connect(&self.postgres)?, Some(crate::clock::now()))
            .map_err(|error| Trouble::Refused(error.to_string()))?;
        say(format_args!("the schema is at version {SCHEMA_VERSION}"));
        if has_role(ledger.db())? {
            ledger.db().script(GRANTS).map_err(|error| Trouble::Refused(format!("grants: {}", error.text)))?;
            say(format_args!("{APPLICATION} may do what components need, and nothing else"));
        } else {
            say(format_args!(
                "there is no role {APPLICATION}: no grants were made (deploy/postgres/roles.sql makes it; then run this again)"
            ));
        }
        Ok(())
    }
}

fn has_role(db: &PostgresDb) -> Result<bool, Trouble> {
    db.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?1", &[Value::from(APPLICATION)])
        .map(|rows| !rows.is_empty())
        .map_err(|error| Trouble::Refused(error.text))
}

/// Connects as the components do: with TLS where the server has it or the address demands it.
pub(crate) fn connect(given: &str) -> Result<PostgresDb, Trouble> {
    let address = match given.strip_prefix('@') {
        None => given.to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Trouble::CommandLine(format!("the address could not be read from {path}: {error}")))?,
    };
    // The driver's error names the option, never a value.
    let config: Config = address.trim().parse().map_err(|error: postgres::Error| {
        Trouble::CommandLine(format!("--postgres is no address of a database: {error}"))
    })?;
    let connected = if config.get_ssl_mode() == SslMode::Disable {
        config.connect(NoTls)
    } else {
        config.connect(tollbooth_host::postgres_tls().map_err(Trouble::OutOfReach)?)
    };
    connected.map(PostgresDb::on).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Trouble::OutOfReach(format!("{error}{cause}"))
    })
}
