//! The ledger: every transaction of the domain, as SQL over one database connection.
//!
//! Invariants: each public function is atomic and durable when it returns; a change of state and its event are one
//! transaction; time is always the caller's; the database itself refuses illegal moves, edited history and second
//! bill lines, so that a defect here cannot bill anybody twice. It knows no WASI, no HTTP and no clock, and makes no
//! call to anything but the database.
//!
//! One module per interface of `wit/ledger`; the methods of [`Ledger`] are spread over them.

pub mod access;
pub mod admin;
pub mod alerts;
mod arrival;
pub mod audit;
mod billing;
pub mod blind;
mod booths;
pub mod camera_clocks;
mod clock;
mod columns;
pub mod crossing;
pub mod db;
pub mod desk;
pub mod destinations;
pub mod dialect;
pub mod earlier;
mod error;
pub mod event;
pub mod export;
pub mod failed_readings;
pub mod inspection;
pub mod intake;
mod keying;
pub mod learning;
pub mod log;
mod lookalike;
pub mod messages;
mod migrate;
pub mod moving;
#[cfg(feature = "native")]
pub mod native;
#[cfg(feature = "native-postgres")]
pub mod native_postgres;
pub mod passages;
pub mod person;
mod plate_type;
mod preference;
pub mod provider;
pub mod pushing;
pub mod quality;
pub mod reading;
pub mod recognizers;
pub mod refusals;
pub mod review;
pub mod schema;
mod scope;
mod sent_back;
pub mod session;
mod setting;
mod step;
mod storage;
pub mod telemetry;
pub mod trace;
mod transaction;
mod verdict;

pub use crate::error::{Failure, LedgerError};
pub use crate::event::{Actor, EventKind};
pub use crate::setting::SettingText;

use std::cell::Cell;

use tollbooth_pipeline::Instant;

use crate::db::Db;
use crate::dialect::Dialect;

/// A ledger whose schema is the one this program knows.
#[derive(Debug)]
pub struct Ledger<D> {
    db: D,
    /// The last class of lock that the present write transaction took, see [`scope::Scope`].
    locked: Cell<i64>,
}

impl<D: Db> Ledger<D> {
    /// Opens the ledger on a connection of its own. A SQLite file is migrated when needed, PostgreSQL never: see
    /// [`Ledger::migrate`].
    ///
    /// Costs one statement, or two, when there is nothing to migrate. `now` is only recorded with new migrations; none when
    /// the call that happens to come first carries no time.
    ///
    /// # Errors
    /// `Unavailable` while another process holds the database for longer than five seconds; `Damaged` for a schema
    /// that this program does not know, with what to do about it.
    pub fn open(db: D, now: Option<Instant>) -> Result<Self, LedgerError> {
        migrate::prepare(&db, now)?;
        Ok(Self { db, locked: Cell::new(0) })
    }

    /// Brings the schema of a database to the version of this program and opens it. The role must be allowed to change
    /// the schema. Idempotent; of several at the same time, the others wait for the first.
    ///
    /// # Errors
    /// As for [`Ledger::open`]; `Damaged` for a PostgreSQL database that does not compare texts byte by byte.
    pub fn migrate(db: D, now: Option<Instant>) -> Result<Self, LedgerError> {
        if db.dialect() == Dialect::Postgres {
            migrate::postgres::migrate(&db, now)?;
        }
        Self::open(db, now)
    }

    /// The ledger on a connection as it is: nothing is prepared, migrated or looked at. For [`moving`], which looks at a
    /// ledger that nobody may use yet, or any more.
    pub const fn as_it_is(db: D) -> Self {
        Self { db, locked: Cell::new(0) }
    }

    /// The connection, for tools and tests.
    pub const fn db(&self) -> &D {
        &self.db
    }
}
