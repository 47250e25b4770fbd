//! Crashes the built components at every call they make on the host, and checks every promise afterwards.
//!
//! Nothing is mocked but the recogniser, the clock and the randomness: the components are those that were built, the
//! host is the one of `tollbooth up`, the databases are SQLite on files; with `--ledger postgres` the ledger is in PostgreSQL.
//! Product code never depends on this crate.

#![expect(
    clippy::indexing_slicing,
    reason = "only of JSON, where a missing member is null, which satisfies no promise"
)]

pub mod actor;
mod alerts;
mod at_once;
mod before;
mod bills;
pub mod calls;
pub mod cluster;
pub mod crash;
pub mod deed;
mod deliveries;
pub mod dice;
pub mod drain;
mod entry;
pub mod error;
pub mod interleave;
pub mod lab;
pub mod lost;
pub mod meanwhile;
pub mod older;
mod outbox;
pub mod pairs;
pub mod photos;
pub mod post;
pub mod power;
pub mod promises;
mod provider;
pub mod recogniser;
mod restored;
mod reviews;
pub mod scenario;
pub mod schedule;
pub mod sessions;
pub mod sources;
pub mod staff;
pub mod stage;
mod steps;
pub mod storage;
mod threshold;
pub mod wire;
pub mod witness;
