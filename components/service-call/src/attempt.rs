//! One attempt by a service behind HTTP.

use tollbooth_attempt::{self as attempt, Answer, Caller, Outcome};
use tollbooth_pipeline::retry::Failure;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::turned::Turned;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::reading::{Description, Lease, ShadowLease};
use tollbooth_recognizer_contract::Hints;
use tollbooth_web::now;

use crate::client;

/// Runs one attempt under a lease and records it.
pub async fn run(lease: &Lease, settings: &Settings) -> Result<Outcome, LedgerFailure> {
    let started = now();
    let hints = hints(&lease.jurisdiction, &lease.passage, lease.attempt, &lease.traceparent, settings);
    let answer = read(&lease.recognizer, &lease.photo_key, attempt::turn_of(lease)?, &hints).await;
    attempt::settle(lease, settings, answer, &caller(lease.description.as_ref()), started)
}

/// Runs the one attempt of a shadow and records it.
pub async fn run_shadow(lease: &ShadowLease, settings: &Settings) -> Result<(), LedgerFailure> {
    let started = now();
    let hints = hints(&lease.jurisdiction, &lease.passage, 1, &lease.traceparent, settings);
    let answer = read(&lease.recognizer, &lease.photo_key, None, &hints).await;
    attempt::settle_shadow(lease, answer, &caller(lease.description.as_ref()), started)
}

/// A photo that is not whole is not sent: a person decides about it whatever was read, and a suggestion is not worth a call.
async fn read(service: &str, photo_key: &str, turned: Option<Turned>, hints: &Hints) -> Result<Answer, Failure> {
    // Services take long, and there are few connections.
    access::release();
    let (photo, condition) = attempt::photo(photo_key)?;
    if let Some(damage) = condition.damage {
        return Err(Failure::BadImage(damage.to_string()));
    }
    let (photo, placing) = attempt::upright(photo, turned)?;
    let reading = client::read(service, photo, hints).await;
    attempt::answered(reading.map(|reading| placing.place(reading)), condition)
}

fn hints(jurisdiction: &str, passage: &str, attempt: u32, traceparent: &str, settings: &Settings) -> Hints {
    Hints {
        jurisdiction: Some(jurisdiction.to_owned()),
        deadline_ms: attempt::deadline_ms(settings),
        passage: passage.to_owned(),
        attempt,
        traceparent: Some(traceparent.to_owned()),
    }
}

fn caller(described: Option<&Description>) -> Caller {
    described.map_or_else(Caller::default, |found| Caller {
        recognizer: found.component.clone(),
        model: found.model.clone(),
        price_micros: found.price_micros,
    })
}
