//! Published exports, brought to where billing reads them: folders, SFTP and FTPS servers, object stores.
//!
//! Why beside the server: a component speaks HTTP and nothing else, and a destination that is down for a day must not
//! hold up anything of the server's (docs/adr/0020).
//!
//! Invariants
//! - A file appears at a destination under its name whole and read back, or not at all, and never replaces another one.
//! - A file before its manifest, and both before those of the next export: a manifest never names what is missing.
//! - What was delivered is known from two memories, the manifests at the destination and our own progress; either is
//!   enough to not deliver it again, and either stops the delivery when the server's ledger is older than it.
//! - A destination that is down, full or refuses delays its own files, and nobody else's.
//! - No secret is in an error, a log line or what is reported.
//!
//! What it must not do: know the command line, the components, or decide what is billed.

pub mod board;
pub mod config;
mod connect;
mod courier;
mod digest;
mod fetch;
mod folder;
mod ftps;
mod guard;
mod object;
mod place;
mod progress;
mod published;
mod reports;
mod secret;
mod sftp;
mod staged;
mod standing;
mod stop;
mod trouble;
mod upload;
mod worker;

pub use connect::open;
pub use courier::{Courier, Pass};
pub use fetch::fetch;
pub use place::{Area, Content, Place, Put};
pub use progress::{Progress, StateDir};
pub use published::{Published, Publisher};
pub use reports::{Reports, Told};
pub use secret::Secret;
pub use standing::Standing;
pub use stop::Stop;
pub use trouble::Trouble;
pub use worker::{Outcome, Reporter, RunOptions, run};
