//! Moving house: a ledger from the SQLite file of one machine into PostgreSQL, and its photos and published files into
//! object storage, while cameras go on sending for as long as possible.
//!
//! Invariants
//! - Whatever is copied is copied in pieces, so memory is bounded by a page of rows and a handful of photos.
//! - A run that broke off goes on where it was by the same command: each table is compared with its copy row by row, and only
//!   what differs is written. So a first run beside a working application and a short last one are the same thing.
//! - At no moment can both ledgers be written ([`tollbooth_ledger::moving`]). The file is sealed only after every row, the
//!   balance and the chain of exports were found the same on both sides, with all writers kept out.
//! - A database that holds anything else is refused and not touched.
//!
//! What it must not do: change or delete anything of the source but what seals it, read a clock, know the command line.

mod agent;
mod align;
mod error;
mod files;
mod objects;
mod relocate;
mod rows;
mod source;
mod table;
mod target;
mod verify;

pub use agent::Agent;
pub use align::{Changes, align, prune};
pub use error::RelocationError;
pub use files::FileReport;
pub use objects::{Bucket, Kind};
pub use relocate::{Plan, Report, Step, relocate};
pub use table::{Table, tables};
pub use verify::{TableReport, Verified};
