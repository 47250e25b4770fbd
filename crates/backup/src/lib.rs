//! Backups of a state directory, and the way back.
//!
//! Invariants
//! - A backup appears under its name whole, on disk and checked, or not at all. The ledger is copied before the photos, so
//!   that no passage in it lacks its photo.
//! - A restore replaces nothing: what lay in the state directory is moved aside, and its published files are taken over.
//! - After a restore the ledger knows every export that any of the places given has, or the restore says which it does
//!   not, and that nothing may be exported.
//!
//! What it must not do: talk to a server, read a clock, or decide what is billed.

mod adopt;
mod copies;
mod copy;
mod error;
mod restore;
mod snapshot;
mod source;

pub use adopt::{Adoption, adopt_published};
pub use error::BackupError;
pub use restore::{RestoreOptions, Restored, restore};
pub use snapshot::{Backup, DESCRIPTION, backup};

/// The ledger's file in a state directory, under either host.
pub const LEDGER: &str = "sqlite_db.db";
/// The file with photos and published files.
pub const STORE: &str = "sqlite_key_value.db";
