//! One tick: takes one lease after the other until nothing is left or the time slice ends.
//!
//! One lease at a time, so that a passage never waits leased behind another's reading, and a crash costs one lease. A
//! host that knows which workers crashed says so in the environment, and their leases are taken back first: nobody waits
//! for them to run out. Spin does not; there they run out.

use tollbooth_attempt::{self as attempt, Outcome, Report};
use tollbooth_pipeline::policy::Policy;
use tollbooth_pipeline::recognizer::Recognizer;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading;
use tollbooth_web::now;

/// Where a host tells a guest its name, and the names of those that died and were not reported yet, with commas between.
const OWN_NAME: &str = "TOLLBOOTH_WORKER";
const DEAD: &str = "TOLLBOOTH_DEAD_WORKERS";

/// What this stage can run: whatever is composed into it.
fn able() -> Vec<String> {
    vec![Recognizer::InProcess.as_str().to_owned()]
}

/// Runs one tick.
pub fn run() -> Result<Report, LedgerFailure> {
    let started = now();
    let worker = worker(started);
    let dead = dead();
    if !dead.is_empty() {
        reading::workers_died(now(), &worker, &dead)?;
    }
    let mut report = Report::default();
    loop {
        let work = reading::lease_work(now(), &worker, 1, &able())?;
        report.backlog = work.backlog;
        let settings = attempt::settings(&work.settings)?;
        let outcome = match work.leases.first() {
            Some(lease) => match crate::attempt::run(lease, &settings)? {
                Outcome::Settled(settled) => settled.state,
                Outcome::LostLease => "lost-lease".to_owned(),
            },
            // Passages come first; shadows only while none wait.
            None if shadow(&worker, &settings)? => "shadow".to_owned(),
            None => return Ok(report),
        };
        report.count(&outcome);
        let slice_ms = i64::try_from(settings.reading_slice_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        if now().saturating_sub(started) >= slice_ms {
            return Ok(report);
        }
    }
}

/// Reads one shadow; false when there is none.
fn shadow(worker: &str, settings: &Settings) -> Result<bool, LedgerFailure> {
    if settings.reading_policy != Policy::Shadow {
        return Ok(false);
    }
    match reading::lease_shadow(now(), worker, &able())?.lease {
        Some(lease) => crate::attempt::run_shadow(&lease, settings).map(|()| true),
        None => Ok(false),
    }
}

/// A name for the lease's row. The host's is one that no other worker ever has; without it the name is for people only,
/// and nobody is told dead by it.
fn worker(started: i64) -> String {
    std::env::var(OWN_NAME).unwrap_or_else(|_| format!("ocr-call@{started}"))
}

fn dead() -> Vec<String> {
    let names = std::env::var(DEAD).unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
