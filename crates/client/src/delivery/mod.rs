//! Published exports as files in billing's folder.
//!
//! Invariants
//! - A file appears under its name whole and on disk, or not at all, and never replaces another one.
//! - Nothing is delivered that does not match its manifest, and no manifest that does not follow the one before.
//! - The folder is the only memory: `manifests/NAME.manifest.json` says that NAME was delivered. Billing may take the
//!   file away; it is not delivered a second time unless asked for.

pub(crate) mod chain;
mod folder;
mod staged_file;

pub use chain::ChainError;
pub use folder::{Delivery, DeliveryOptions, deliver};
