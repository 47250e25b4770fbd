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
pub mod audit;
mod clock;
mod crossing;
pub mod db;
mod error;
pub mod event;
pub mod export;
pub mod failed_readings;
pub mod inspection;
pub mod intake;
mod migrate;
#[cfg(feature = "native")]
pub mod native;
pub mod passages;
pub mod reading;
pub mod recognizers;
pub mod refusals;
pub mod review;
pub mod schema;
mod setting;
mod step;
mod transaction;

pub use crate::error::{Failure, LedgerError};
pub use crate::event::{Actor, EventKind};
pub use crate::setting::SettingText;

use tollbooth_pipeline::Instant;

use crate::db::Db;

/// A ledger whose schema is the one this program knows.
#[derive(Debug)]
pub struct Ledger<D> {
    db: D,
}

impl<D: Db> Ledger<D> {
    /// Opens the ledger on a connection of its own and migrates it when needed.
    ///
    /// Costs a few pragmas when there is nothing to migrate. `now` is only recorded with new migrations; none when
    /// the call that happens to come first carries no time.
    ///
    /// # Errors
    /// `Unavailable` while another process holds the database for longer than five seconds; `Damaged` for a schema
    /// that this program does not know, with what to do about it.
    pub fn open(db: D, now: Option<Instant>) -> Result<Self, LedgerError> {
        migrate::prepare(&db, now)?;
        Ok(Self { db })
    }

    /// The connection, for tools and tests.
    pub const fn db(&self) -> &D {
        &self.db
    }
}
