//! Deliveries to real servers, started here: killed in mid-transfer, full, slow, refusing, with the wrong key. What must
//! hold for every kind of destination is in `scenarios.rs`; `scripts/delivery-servers` installs the servers.

mod books;
mod folder;
mod ftps;
mod object_stores;
mod openssh;
mod proftpd;
mod relay;
mod scenarios;
mod server;
