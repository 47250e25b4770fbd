//! The photo of an attempt: as it was acknowledged, and how much of its picture is there.
//!
//! Measured here, for every recogniser alike: decoders and services fill in what is missing and say nothing. So is what the
//! picture looks like, by which one that is sent again is known.

use tollbooth_photo::{Condition, Damage, Print};
use tollbooth_pipeline::ident::{sha256_hex, sha256_of_photo_key};
use tollbooth_pipeline::retry::Failure;
use tollbooth_ports::failures::StoreFailure;
use tollbooth_ports::photos;
use tollbooth_ports::types::Reading;

/// What a recogniser read, and what is missing from the photo it read.
#[derive(Debug)]
pub struct Answer {
    /// The recogniser's.
    pub reading: Reading,
    /// None when the picture is whole.
    pub damage: Option<Damage>,
    /// What the picture looks like, where that is known.
    pub print: Option<Print>,
}

/// The photo under this key, byte for byte as it was acknowledged: nobody is billed by one that changed in the store.
/// With it, what is missing from its picture, and what it looks like.
///
/// # Errors
/// [`Failure::PhotoMissing`] when the store has none, [`Failure::PhotoChanged`] when it has another one,
/// [`Failure::PhotoStoreUnavailable`] when it does not answer.
pub fn photo(key: &str) -> Result<(Vec<u8>, Condition), Failure> {
    let photo = photos::get(key).map_err(store_failure)?.ok_or(Failure::PhotoMissing)?;
    if sha256_of_photo_key(key) != Some(sha256_hex(&photo).as_str()) {
        return Err(Failure::PhotoChanged);
    }
    let condition = tollbooth_photo::condition(&photo);
    Ok((photo, condition))
}

/// A recogniser's answer to a photo in this condition. What looks empty may be what is missing.
///
/// # Errors
/// The recogniser's failure.
pub fn answered(answer: Result<Reading, Failure>, condition: Condition) -> Result<Answer, Failure> {
    let Condition { damage, print } = condition;
    match (answer, damage) {
        (Err(Failure::EmptyFrame(_)), Some(damage)) => Err(Failure::BadImage(damage.to_string())),
        (answer, damage) => answer.map(|reading| Answer { reading, damage, print }),
    }
}

fn store_failure(failure: StoreFailure) -> Failure {
    match failure {
        StoreFailure::Unavailable(text) => Failure::PhotoStoreUnavailable(text),
        StoreFailure::Denied => Failure::PhotoStoreUnavailable("no grant for the photo store".to_owned()),
        StoreFailure::Full => Failure::PhotoStoreUnavailable("the store is full".to_owned()),
        StoreFailure::DifferentContent => Failure::PhotoStoreUnavailable("the store contradicts itself".to_owned()),
    }
}
