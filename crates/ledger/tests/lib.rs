//! Tests of the ledger on SQLite and PostgreSQL: `cargo test --release -p tollbooth-ledger-tests`.
//!
//! The ledger is generic in its database, so these tests compile most of it again for each of theirs.
