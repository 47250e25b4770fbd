//! Published exports as files in billing's folder.
//!
//! Invariants
//! - A file appears under its name whole and on disk, or not at all, and never replaces another one.
//! - Nothing is delivered that does not match its manifest, and no manifest that does not follow the one before.
//! - The folder is the only memory: `manifests/NAME.manifest.json` says that NAME was delivered. Billing may take the
//!   file away; it is not delivered a second time unless asked for.
//! - Nothing is written while the folder holds manifests that the server does not know: its ledger is an older one, and
//!   would deliver the same lines again under other names.

pub(crate) mod chain;
mod deliver;
mod folder;
pub(crate) mod lines;
mod note;
mod published;
mod sorted;
mod staged_file;

pub use chain::{ChainError, Link, check_file, check_file_name};
pub use deliver::{Delivery, DeliveryOptions, Names, deliver};
pub use folder::{MANIFESTS, SIGNATURE, SUFFIX};
pub use published::{PublishedExport, published_in};
pub use staged_file::{remove_abandoned, sync_directory, takes_colons, write_new};
