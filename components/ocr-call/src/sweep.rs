//! One tick: takes one lease after the other until nothing is left or the time slice ends.
//!
//! One lease at a time, so that a passage never waits leased behind another's reading, and a crash costs one lease.

use std::collections::BTreeMap;

use serde::Serialize;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading::{self, Work};
use tollbooth_web::now;

use crate::attempt::{self, Outcome};

/// What a tick did.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Attempts made.
    pub attempts: u32,
    /// What became of them: states, or `lost-lease`.
    pub outcomes: BTreeMap<String, u32>,
    /// Passages that could still be read now.
    pub backlog: u64,
}

/// Runs one tick.
pub fn run() -> Result<Report, LedgerFailure> {
    let started = now();
    let mut report = Report::default();
    loop {
        let work = reading::lease_work(now(), &worker(started), 1)?;
        report.backlog = work.backlog;
        let settings = settings(&work)?;
        let Some(lease) = work.leases.first() else { return Ok(report) };
        report.attempts += 1;
        let outcome = match attempt::run(lease, &settings)? {
            Outcome::Settled(settled) => settled.state,
            Outcome::LostLease => "lost-lease".to_owned(),
        };
        *report.outcomes.entry(outcome).or_default() += 1;
        let slice_ms = i64::try_from(settings.reading_slice_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        if now().saturating_sub(started) >= slice_ms {
            return Ok(report);
        }
    }
}

/// A name for the lease's row; for people, never for correctness.
fn worker(started: i64) -> String {
    format!("ocr-call@{started}")
}

fn settings(work: &Work) -> Result<Settings, LedgerFailure> {
    Settings::from_changes(work.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| LedgerFailure::Damaged(format!("the stored settings are invalid: {e}")))
}
