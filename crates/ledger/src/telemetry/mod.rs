//! Telemetry: events added up into roll-ups, by whoever ticks, and read by whoever watches.
//!
//! Invariants: what changes the ledger pays nothing for being measured (on PostgreSQL one more row); every event is
//! added up exactly once, for its roll-ups, the counts of where passages are and the mark that it is done are one
//! transaction; what is read here was added up before, and costs the same on a ledger of any size.

mod cameras;
mod fold;
mod measure;
mod pending;
mod read;
mod refused;
mod retention;
mod standing;
mod store;

pub use crate::telemetry::fold::Folded;
pub use crate::telemetry::read::{MAX_POINTS, Rollup, Stretch, SubjectRollup};
