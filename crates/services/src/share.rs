//! Scores of services, held to 0..1.

use tollbooth_recognizer_contract::{Class, Failure};

/// Rounding in a service's arithmetic is forgiven up to here.
const ROUNDING: f32 = 0.001;

/// A score from 0 to 1.
///
/// # Errors
/// `invalid-answer` when it is neither: a service that counts to 100 must not pass for one that is always certain.
pub fn share(what: &str, value: f32) -> Result<f32, Failure> {
    if (-ROUNDING..=1.0 + ROUNDING).contains(&value) {
        Ok(value.clamp(0.0, 1.0))
    } else {
        Err(Failure::new(Class::InvalidAnswer, &format!("{what} is not a number from 0 to 1")))
    }
}
