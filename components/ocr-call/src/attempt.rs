//! One attempt: photo, recogniser, judge, settlement. Whatever happens is recorded; an outage is never "no plate".

use tollbooth_pipeline::ident::{sha256_hex, sha256_of_photo_key};
use tollbooth_pipeline::judge;
use tollbooth_pipeline::retry::{self, Failure, Next};
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::{LedgerFailure, StoreFailure};
use tollbooth_ports::ledger::reading::{self, FailedAttempt, Lease, NextStep, Referral, SettleFailure, Settled};
use tollbooth_ports::photos;
use tollbooth_ports::recognizer::{self, Hints};
use tollbooth_ports::types::Reading;
use tollbooth_web::now;

use crate::convert;

/// What became of an attempt.
pub enum Outcome {
    /// Recorded.
    Settled(Settled),
    /// The lease had expired and the passage is in other hands: the result was dropped.
    LostLease,
}

/// Runs one attempt under a lease and records it.
pub fn run(lease: &Lease, settings: &Settings) -> Result<Outcome, LedgerFailure> {
    let started = now();
    let settled = match read(lease, settings) {
        Ok(reading) => {
            let decision = judge::decide(&convert::reading(&reading), &lease.jurisdiction, &lease.passage, settings);
            reading::settle(now(), &lease.attempt_token, &reading, &convert::decision(decision))
        }
        Err(failure) => settle_failure(lease, settings, &failure, started),
    };
    match settled {
        Ok(settled) => Ok(Outcome::Settled(settled)),
        Err(SettleFailure::LostLease) => {
            eprintln!("level=warn stage=reading passage={} cause=\"lost the lease\"", lease.passage);
            Ok(Outcome::LostLease)
        }
        Err(SettleFailure::Ledger(failure)) => Err(failure),
    }
}

fn read(lease: &Lease, settings: &Settings) -> Result<Reading, Failure> {
    let photo = photos::get(&lease.photo_key).map_err(store_failure)?.ok_or(Failure::PhotoMissing)?;
    // Nobody is billed by a photo that changed in the store.
    if sha256_of_photo_key(&lease.photo_key) != Some(sha256_hex(&photo).as_str()) {
        return Err(Failure::PhotoChanged);
    }
    let call_ms = settings.reading_call_seconds.saturating_mul(1000);
    let hints = Hints {
        jurisdiction: Some(lease.jurisdiction.clone()),
        deadline_ms: u32::try_from(call_ms).unwrap_or(u32::MAX),
        passage: lease.passage.clone(),
        attempt: lease.attempt,
    };
    let reading = recognizer::read(&photo, &hints).map_err(convert::failure)?;
    convert::check(reading)
}

fn store_failure(failure: StoreFailure) -> Failure {
    match failure {
        StoreFailure::Unavailable(text) => Failure::PhotoStoreUnavailable(text),
        StoreFailure::Denied => Failure::PhotoStoreUnavailable("no grant for the photo store".to_owned()),
        StoreFailure::Full => Failure::PhotoStoreUnavailable("the store is full".to_owned()),
        StoreFailure::DifferentContent => Failure::PhotoStoreUnavailable("the store contradicts itself".to_owned()),
    }
}

fn settle_failure(
    lease: &Lease,
    settings: &Settings,
    failure: &Failure,
    started: i64,
) -> Result<Settled, SettleFailure> {
    let at = now();
    let description = recognizer::describe();
    let attempt = FailedAttempt {
        class: failure.class().to_owned(),
        detail: failure.detail(),
        duration_ms: u32::try_from(at.saturating_sub(started)).unwrap_or(0),
        cost_micros: description.price_micros,
        recognizer: description.name,
        model: description.model,
    };
    let next = match retry::after_failure(failure, lease.attempt, at, jitter_seed(lease), settings) {
        Next::RetryAt(at) => NextStep::RetryAt(at),
        Next::Review(reason) => NextStep::Review(Referral {
            reason: reason.as_str().to_owned(),
            detail: format!("Attempt {} brought no reading ({}). {}", lease.attempt, failure.class(), failure.detail())
                .trim_end()
                .to_owned(),
            plate: None,
        }),
    };
    reading::settle_failed(at, &lease.attempt_token, &attempt, &next)
}

/// Spreads retries of different passages, and of the same passage's attempts.
fn jitter_seed(lease: &Lease) -> u64 {
    let digest = sha256_hex(lease.attempt_token.as_bytes());
    digest.get(..12).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
}
