//! The key-value store behind both interfaces.

use spin_sdk::key_value::{Error, Store};

pub use crate::tollbooth::types::failures::StoreFailure;

/// What is known of an object stored under the same key before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// The key is derived from the content: writing it again changes nothing.
    SameKeyIsSameContent,
    /// The key says nothing about the content: look first, and refuse other content.
    Compare,
}

/// Stores an object durably.
pub fn put(prefix: &str, key: &str, content: &[u8], overwrite: Overwrite) -> Result<(), StoreFailure> {
    let store = open(prefix, key)?;
    if overwrite == Overwrite::Compare
        && let Some(present) = store.get(key).map_err(failure)?
    {
        return if present == content { Ok(()) } else { Err(StoreFailure::DifferentContent) };
    }
    store.set(key, content).map_err(failure)
}

/// Fetches an object.
pub fn get(prefix: &str, key: &str) -> Result<Option<Vec<u8>>, StoreFailure> {
    open(prefix, key)?.get(key).map_err(failure)
}

fn open(prefix: &str, key: &str) -> Result<Store, StoreFailure> {
    if !key.starts_with(prefix) {
        return Err(StoreFailure::Denied);
    }
    Store::open_default().map_err(failure)
}

fn failure(error: Error) -> StoreFailure {
    match error {
        Error::AccessDenied | Error::NoSuchStore => StoreFailure::Denied,
        Error::StoreTableFull => StoreFailure::Full,
        Error::Other(text) => StoreFailure::Unavailable(text),
    }
}
