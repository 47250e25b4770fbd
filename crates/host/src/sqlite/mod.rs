//! SQLite for guests, as Spin offers it: a connection of its own for every `open`, one statement at a time.
//!
//! Two things differ from Spin, both invisible to a correct guest. Connections come from a pool with warm
//! statements, restored to a fresh state (see [`pooled`]). And writers queue: before a statement that writes,
//! a connection takes the database's write permit, first come first served, and keeps it until it is back in
//! autocommit; SQLite's own busy handler would let them sleep and retry without any order. Statements that write and stand
//! alone share a permit and a commit (see [`together`]). SQL always runs at normal
//! priority, on the serving threads (see [`allowance`]) or on blocking ones, whatever priority the guest has: a
//! low-priority guest never holds the permit without making progress.

mod allowance;
mod connection;
mod database;
mod host;
mod pooled;
mod together;
mod value;

pub use connection::GuestConnection;
pub(crate) use database::Database;

#[cfg(test)]
mod tests;
