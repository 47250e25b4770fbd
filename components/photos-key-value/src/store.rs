//! The key-value store behind the interfaces.

use std::time::Duration;

use spin_sdk::key_value::{Error, Store};
use tollbooth_photos_port::{Keys, Objects, Overwrite, StoreFailure, pause};

/// Most keys of one page.
const MAX_PAGE: u32 = 10_000;

/// How often what is asked of a store is asked again that is locked. Spin makes the table of a new store at the first use by each of
/// its connections, and of many that do so at once some are told that the database is locked.
const TRIES: u32 = 4;
/// Longest pause before the second time, doubled for each further one: 140 ms in all, for a camera waits.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The store `default`.
pub struct KeyValue;

impl Objects for KeyValue {
    fn put(key: &str, content: &[u8], overwrite: Overwrite) -> Result<(), StoreFailure> {
        let store = open()?;
        if overwrite == Overwrite::Compare
            && let Some(present) = patiently(|| store.get(key))?
        {
            return if present == content { Ok(()) } else { Err(StoreFailure::DifferentContent) };
        }
        patiently(|| store.set(key, content))
    }

    fn get(key: &str) -> Result<Option<Vec<u8>>, StoreFailure> {
        let store = open()?;
        patiently(|| store.get(key))
    }

    /// The store's own listing knows no prefix and no cursor, so each page costs a pass over all names: a few tens of
    /// megabytes for a hundred thousand photos. A cursor is the last key of the page before.
    fn list(prefix: &str, after: Option<&str>, limit: u32) -> Result<Keys, StoreFailure> {
        let store = open()?;
        let mut all = patiently(|| store.get_keys())?;
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
    patiently(Store::open_default)
}

/// Asks, and asks again while the store is locked: whatever is asked here may be repeated.
fn patiently<T>(ask: impl FnMut() -> Result<T, Error>) -> Result<T, StoreFailure> {
    asked(ask, pause)
}

fn asked<T>(mut ask: impl FnMut() -> Result<T, Error>, mut pause: impl FnMut(Duration)) -> Result<T, StoreFailure> {
    let mut longest = FIRST_PAUSE;
    for _ in 1..TRIES {
        match ask() {
            Err(error) if is_locked(&error) => pause(longest),
            answered => return answered.map_err(failure),
        }
        longest *= 2;
    }
    ask().map_err(failure)
}

/// Errors of a store come as text only.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::Other(text) if text.contains("database is locked"))
}

fn failure(error: Error) -> StoreFailure {
    match error {
        Error::AccessDenied | Error::NoSuchStore => StoreFailure::Denied,
        Error::StoreTableFull => StoreFailure::Full,
        Error::Other(text) => StoreFailure::Unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What came of it, how often it was asked, and the pauses between, in milliseconds.
    fn after(locked: u32, then: fn() -> Result<u8, Error>) -> (Result<u8, StoreFailure>, u32, Vec<u128>) {
        let (mut times, mut pauses) = (0, Vec::new());
        let ask = || {
            times += 1;
            if times <= locked { Err(Error::Other("database is locked".to_owned())) } else { then() }
        };
        let answered = asked(ask, |longest| pauses.push(longest.as_millis()));
        (answered, times, pauses)
    }

    #[test]
    fn a_store_that_is_locked_for_a_moment_is_asked_again_and_no_other_failure_is() {
        assert!(matches!(after(0, || Ok(7)), (Ok(7), 1, _)));
        assert!(matches!(after(3, || Ok(7)), (Ok(7), 4, _)));
        assert!(matches!(after(4, || Ok(7)), (Err(StoreFailure::Unavailable(_)), 4, _)));
        assert!(matches!(after(1, || Err(Error::StoreTableFull)), (Err(StoreFailure::Full), 2, _)));
        assert!(matches!(after(0, || Err(Error::Other("on fire".into()))), (Err(StoreFailure::Unavailable(_)), 1, _)));
    }

    #[test]
    fn between_two_questions_is_a_pause_and_all_pauses_are_bounded() {
        assert_eq!(after(0, || Ok(7)).2, [0_u128; 0]);
        assert_eq!(after(9, || Ok(7)).2, [20, 40, 80]);
    }
}
