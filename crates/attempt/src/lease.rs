//! What becomes of a leased passage.

use tollbooth_photo::Print;
use tollbooth_pipeline::damage;
use tollbooth_pipeline::learned::Learned;
use tollbooth_pipeline::policy::{self, AfterFailure, Situation, Step, Turn};
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::retry::Failure;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading::{self, Decision, Lease, Setting, SettleFailure, Settled};
use tollbooth_web::now;

use crate::{Answer, Caller, convert, failed};

/// What became of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Recorded.
    Settled(Settled),
    /// The lease had expired and the passage is in other hands: the result was dropped.
    LostLease,
}

/// The settings that came with leased work.
///
/// # Errors
/// `Damaged` when the stored ones are not valid together.
pub fn settings(stored: &[Setting]) -> Result<Settings, LedgerFailure> {
    Settings::from_changes(stored.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| LedgerFailure::Damaged(format!("the stored settings are invalid: {e}")))
}

/// Records what a recogniser answered under a lease, and what follows from it.
///
/// # Errors
/// The ledger's; nothing was recorded then, and the lease runs out.
pub fn settle(
    lease: &Lease,
    settings: &Settings,
    answer: Result<Answer, Failure>,
    caller: &Caller,
    started: i64,
) -> Result<Outcome, LedgerFailure> {
    let earlier = lease.earlier.as_ref().map(convert::reading);
    let learned = learned(lease)?;
    let situation = Situation {
        recognizer: word::<Recognizer>(&lease.recognizer)?,
        turn: word::<Turn>(&lease.turn)?,
        attempt: lease.attempt,
        earlier: earlier.as_ref(),
        jurisdiction: &lease.jurisdiction,
        learned: learned.as_ref(),
    };
    let settled = match answer {
        Ok(Answer { reading: read, damage, print }) => {
            let seen = convert::reading(&read);
            let step = match damage {
                Some(damage) => Step::Decide(damage::withhold(&seen, &damage.to_string())),
                None => policy::after_reading(&situation, &seen, settings),
            };
            let decision = match step {
                Step::Decide(decision) => convert::decision(decision),
                Step::AskSecond(doubt) => Decision::AskSecond(doubt.as_str().to_owned()),
            };
            reading::settle(now(), &lease.attempt_token, &read, print.as_ref().map(Print::as_bytes), &decision)
        }
        Err(failure) => settle_failure(lease, &situation, settings, &failure, caller, started),
    };
    match settled {
        Ok(settled) => Ok(Outcome::Settled(settled)),
        Err(SettleFailure::LostLease) => {
            let (passage, traceparent) = (&lease.passage, &lease.traceparent);
            let cause = "lost the lease";
            tollbooth_log::log!(Warn, stage = "reading", passage = passage, traceparent = traceparent, cause = cause);
            Ok(Outcome::LostLease)
        }
        Err(SettleFailure::Ledger(failure)) => Err(failure),
    }
}

fn settle_failure(
    lease: &Lease,
    situation: &Situation<'_>,
    settings: &Settings,
    failure: &Failure,
    caller: &Caller,
    started: i64,
) -> Result<Settled, SettleFailure> {
    let at = now();
    let attempt = failed(failure, caller, at.saturating_sub(started));
    let next = match policy::after_failure(situation, failure, at, jitter_seed(lease), settings) {
        AfterFailure::RetryAt(at) => reading::NextStep::RetryAt(at),
        AfterFailure::Wait => reading::NextStep::Wait,
        AfterFailure::AskSecond => reading::NextStep::AskSecond,
        AfterFailure::Decide(decision) => convert::next_step(decision),
    };
    reading::settle_failed(at, &lease.attempt_token, &attempt, &next)
}

/// What was learned of the booth and its camera.
pub(crate) fn learned(lease: &Lease) -> Result<Option<Learned>, LedgerFailure> {
    let read = lease.learned.as_deref().map(Learned::from_json).transpose();
    read.map_err(|e| LedgerFailure::Damaged(format!("the ledger sent what was learned as something else: {e}")))
}

/// A word that only a defect in the ledger can have got wrong.
fn word<T: std::str::FromStr>(text: &str) -> Result<T, LedgerFailure>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| LedgerFailure::Damaged(format!("the ledger sent a word that is not known: {e}")))
}

/// Spreads retries of different passages, and of the same passage's attempts.
fn jitter_seed(lease: &Lease) -> u64 {
    let digest = tollbooth_pipeline::ident::sha256_hex(lease.attempt_token.as_bytes());
    digest.get(..12).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
}
