//! Photos on their way into the store and out of it.

use crate::failures::StoreFailure;
use crate::tollbooth::photos::photos;

pub use photos::get;

/// Stores a photo. It survives a power cut once this has returned; the same key with the same bytes succeeds any number of times.
///
/// # Errors
/// Those of the store.
pub fn put(key: &str, photo: &[u8]) -> Result<(), StoreFailure> {
    let (words, rest) = tollbooth_words::split(photo);
    photos::put(key, &words, rest)
}
