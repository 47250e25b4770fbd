//! One attempt by the composed recogniser.

use tollbooth_attempt::{self as attempt, Answer, Caller, Outcome};
use tollbooth_pipeline::retry::Failure;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::turned::Turned;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::reading::{Lease, ShadowLease};
use tollbooth_ports::recognizer::{self, Hints};
use tollbooth_web::now;

/// Runs one attempt under a lease and records it.
pub fn run(lease: &Lease, settings: &Settings) -> Result<Outcome, LedgerFailure> {
    let started = now();
    let turned = attempt::turn_of(lease)?;
    let answer = read(&lease.photo_key, turned, hints(&lease.jurisdiction, &lease.passage, lease.attempt, settings));
    attempt::settle(lease, settings, answer, &caller(), started)
}

/// Runs the one attempt of a shadow and records it.
pub fn run_shadow(lease: &ShadowLease, settings: &Settings) -> Result<(), LedgerFailure> {
    let started = now();
    let answer = read(&lease.photo_key, None, hints(&lease.jurisdiction, &lease.passage, 1, settings));
    attempt::settle_shadow(lease, answer, &caller(), started)
}

fn hints(jurisdiction: &str, passage: &str, attempt: u32, settings: &Settings) -> Hints {
    Hints {
        jurisdiction: Some(jurisdiction.to_owned()),
        deadline_ms: attempt::deadline_ms(settings),
        passage: passage.to_owned(),
        attempt,
    }
}

fn read(photo_key: &str, turned: Option<Turned>, hints: Hints) -> Result<Answer, Failure> {
    // Reading takes long, and there are few connections.
    access::release();
    let (photo, condition) = attempt::photo(photo_key)?;
    let (photo, placing) = attempt::upright(photo, turned)?;
    let reading = recognizer::read(&photo, &hints).map_err(attempt::failure).and_then(attempt::check);
    attempt::answered(reading.map(|reading| placing.place(reading)), condition)
}

fn caller() -> Caller {
    let described = recognizer::describe();
    Caller { recognizer: described.name, model: described.model, price_micros: described.price_micros }
}
