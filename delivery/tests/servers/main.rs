//! Deliveries to real servers, started here: killed in mid-transfer, full, slow, refusing, with the wrong key. What must
//! hold for every kind of destination is in `scenarios.rs`; `scripts/delivery-servers` and `scripts/object-stores` install
//! the servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

mod books;
mod folder;
mod ftps;
mod ntfs;
mod object_stores;
mod openssh;
mod proftpd;
mod relay;
mod scenarios;
mod server;
