//! The key-value store behind the interfaces.

use spin_sdk::key_value::{Error, Store};
use tollbooth_photos_port::{Keys, Objects, Overwrite, StoreFailure};

/// Most keys of one page.
const MAX_PAGE: u32 = 10_000;

/// The store `default`.
pub struct KeyValue;

impl Objects for KeyValue {
    fn put(key: &str, content: &[u8], overwrite: Overwrite) -> Result<(), StoreFailure> {
        let store = open()?;
        if overwrite == Overwrite::Compare
            && let Some(present) = store.get(key).map_err(failure)?
        {
            return if present == content { Ok(()) } else { Err(StoreFailure::DifferentContent) };
        }
        store.set(key, content).map_err(failure)
    }

    fn get(key: &str) -> Result<Option<Vec<u8>>, StoreFailure> {
        open()?.get(key).map_err(failure)
    }

    /// The store's own listing knows no prefix and no cursor, so each page costs a pass over all names: a few tens of
    /// megabytes for a hundred thousand photos. A cursor is the last key of the page before.
    fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Keys, StoreFailure> {
        let mut all = open()?.get_keys().map_err(failure)?;
        all.retain(|key| key.starts_with(prefix));
        all.sort_unstable();
        let start = after.map_or(0, |after| all.partition_point(|key| key.as_str() <= after));
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let mut keys = all.split_off(start);
        let more = keys.len() > limit;
        keys.truncate(limit);
        let next = keys.last().filter(|_| more).cloned();
        Ok(Keys { keys, next })
    }
}

fn open() -> Result<Store, StoreFailure> {
    Store::open_default().map_err(failure)
}

fn failure(error: Error) -> StoreFailure {
    match error {
        Error::AccessDenied | Error::NoSuchStore => StoreFailure::Denied,
        Error::StoreTableFull => StoreFailure::Full,
        Error::Other(text) => StoreFailure::Unavailable(text),
    }
}
