//! `tollbooth migrate`: brings the schema of a ledger in PostgreSQL to the version of this program, or moves a ledger there.
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
use crate::relocate::{End, Move};

/// What components may do, for the role of `deploy/postgres/roles.sql`.
const GRANTS: &str = include_str!("../../../deploy/postgres/grants.sql");
const APPLICATION: &str = "tollbooth_application";
const ENVIRONMENT: &str = "TOLLBOOTH_MIGRATOR_ADDRESS";

/// Bring the schema of a ledger in PostgreSQL to this release's version, or move a ledger there from SQLite
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth migrate --postgres postgres://tollbooth_migrator@db.example/tollbooth
  tollbooth migrate --postgres @migrator-address.txt
  tollbooth migrate --from .tollbooth --to @migrator-address.txt --ahead
  tollbooth migrate --from sqlite://.tollbooth/sqlite_db.db --to @migrator-address.txt
  tollbooth migrate --from .tollbooth --to @migrator-address.txt --photos-to s3 \
    --photos-origin https://s3.eu-central-1.amazonaws.com --photos-bucket contoso-tolls \
    --photos-region eu-central-1 --photos-account @key-id.txt --photos-key @secret-key.txt

With --postgres it brings the schema to this release's version. Run it before the first start and before replicas of a new
release start; those of the former release go on meanwhile. It does nothing where there is nothing to do, several at once wait for each other, and a step is carried out whole or
not at all. The role must own the schema (deploy/postgres/ makes it, and one for the components that may not). The
database must compare texts byte by byte (LC_COLLATE C or C.UTF-8), else nothing is changed.

With --from it moves the ledger of one machine into a new database, and with --photos-to its photos and published files into
object storage. The application may run at the old place: it is copied beside it, and again what changed meanwhile; --ahead
stops there. Then writers are kept out (cameras get 503 and resend), the rest is copied, every row, the balance and the
chain of exports are compared, and the file is closed for good: nothing is lost, and nothing can be billed at both places.
Broken off, by a signal too, the same command goes on. A database that holds anything else is refused.

Exit codes: 0 done, 2 wrong command line, 3 the database is out of reach, 1 it refused; the reason is printed.")]
pub(crate) struct Migrate {
    /// Address of the database, or @FILE that holds it: other users of this machine see a command line [env:
    /// TOLLBOOTH_MIGRATOR_ADDRESS]
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    postgres: Option<String>,
    #[command(flatten)]
    house: Move,
}

impl Migrate {
    pub(crate) fn run(self) -> u8 {
        self.migrate().map_or_else(End::code, |()| 0)
    }

    fn migrate(&self) -> Result<(), End> {
        if self.house.is_meant() {
            let target = connect(&address(self.house.target(), "--to")?)?;
            let grants = if has_role(&target)? { GRANTS } else { "" };
            return self.house.run(&target, grants);
        }
        let address = address(self.postgres.as_deref(), "--postgres")?;
        let ledger = Ledger::migrate(connect(&address)?, Some(crate::clock::now()))
            .map_err(|error| End::Refused(error.to_string()))?;
        say(format_args!("the schema is at version {SCHEMA_VERSION}"));
        if has_role(ledger.db())? {
            ledger.db().script(GRANTS).map_err(|error| End::Refused(format!("grants: {}", error.text)))?;
            say(format_args!("{APPLICATION} may do what components need, and nothing else"));
        } else {
            say(format_args!(
                "there is no role {APPLICATION}: no grants were made (deploy/postgres/roles.sql makes it; then run this again)"
            ));
        }
        Ok(())
    }
}

/// The address given, or that of the environment, where no other user sees it.
fn address(given: Option<&str>, option: &str) -> Result<String, End> {
    match given {
        Some(given) => Ok(given.to_owned()),
        None => std::env::var(ENVIRONMENT)
            .map_err(|_| End::CommandLine(format!("give the database's address with {option} or in {ENVIRONMENT}"))),
    }
}

fn has_role(db: &PostgresDb) -> Result<bool, End> {
    db.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?1", &[Value::from(APPLICATION)])
        .map(|rows| !rows.is_empty())
        .map_err(|error| End::Refused(error.text))
}

/// Connects as the components do: with TLS where the server has it or the address demands it.
pub(crate) fn connect(given: &str) -> Result<PostgresDb, End> {
    let address = match given.strip_prefix('@') {
        None => given.to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| End::CommandLine(format!("the address could not be read from {path}: {error}")))?,
    };
    // The driver's error names the option, never a value.
    let config: Config = address
        .trim()
        .parse()
        .map_err(|error: postgres::Error| End::CommandLine(format!("this is no address of a database: {error}")))?;
    let connected = if config.get_ssl_mode() == SslMode::Disable {
        config.connect(NoTls)
    } else {
        config.connect(tollbooth_host::postgres_tls().map_err(End::OutOfReach)?)
    };
    connected.map(PostgresDb::on).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        End::OutOfReach(format!("{error}{cause}"))
    })
}
