//! One attempt: photo, recogniser, policy, settlement. Whatever happens is recorded; an outage is never "no plate".
//!
//! Shared by the stages that call recognisers, composed or over HTTP; a stage brings the call itself and nothing else.
//! What follows from an answer is decided by `tollbooth_pipeline::policy`, never here.

mod convert;
mod lease;
mod photo;
mod report;
mod shadow;
mod turned;

pub use convert::{check, failure, wire};
pub use lease::{Outcome, settings, settle};
pub use photo::{Answer, answered, photo};
pub use report::Report;
pub use shadow::settle as settle_shadow;
pub use turned::{Placing, turn_of, upright};

use tollbooth_pipeline::retry::Failure;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::ledger::reading::FailedAttempt;

/// Who was called, for the record of a failure.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Component id of the recogniser.
    pub recognizer: String,
    /// Model or API version.
    pub model: String,
    /// Price of a call in millionths of the accounting currency.
    pub price_micros: u64,
}

/// Longest time a recogniser may take, in milliseconds.
#[must_use]
pub fn deadline_ms(settings: &Settings) -> u32 {
    u32::try_from(settings.reading_call_seconds.saturating_mul(1000)).unwrap_or(u32::MAX)
}

/// A failed call as the ledger records it. Without a photo nobody was called, and nothing was paid.
fn failed(failure: &Failure, caller: &Caller, duration_ms: i64) -> FailedAttempt {
    let called = !matches!(failure, Failure::PhotoMissing | Failure::PhotoChanged | Failure::PhotoStoreUnavailable(_));
    FailedAttempt {
        class: failure.class().to_owned(),
        retry_after_ms: match failure {
            Failure::Throttled(asked) => *asked,
            _ => None,
        },
        detail: failure.detail(),
        duration_ms: u32::try_from(duration_ms).unwrap_or(0),
        cost_micros: if called { caller.price_micros } else { 0 },
        recognizer: caller.recognizer.clone(),
        model: caller.model.clone(),
    }
}
