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

/// Most keys of one page.
const MAX_PAGE: u32 = 10_000;

/// A page of keys in ascending order.
pub struct Keys {
    pub keys: Vec<String>,
    /// Keys with the prefix in the whole store.
    pub total: u64,
    /// Cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// Lists keys with a prefix, `after` excluded.
///
/// The store's own listing knows no prefix and no cursor, so each page costs a pass over all names: a few tens of
/// megabytes for a hundred thousand photos.
pub fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Keys, StoreFailure> {
    let mut all = open(prefix, prefix)?.get_keys().map_err(failure)?;
    all.retain(|key| key.starts_with(prefix));
    all.sort_unstable();
    let total = all.len() as u64;
    let start = after.map_or(0, |after| all.partition_point(|key| key.as_str() <= after));
    let limit = limit.clamp(1, MAX_PAGE) as usize;
    let mut keys = all.split_off(start);
    let more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| more).cloned();
    Ok(Keys { keys, total, next })
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
