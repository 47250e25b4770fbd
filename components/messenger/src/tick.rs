//! One tick: looks at the rules, then delivers until nothing is due or the time slice ends.

use futures::future::join_all;
use serde::Serialize;
use tollbooth_messages::{Channel, Outcome};
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::messages::{self, Failure, Lease};
use tollbooth_ports::ledger::{access, alerts};
use tollbooth_web::now;

use crate::deliver::deliver;

/// How long one tick goes on taking messages, in milliseconds.
const SLICE_MS: i64 = 20_000;
/// Messages taken at a time.
const BATCH: u32 = 20;
/// Most batches of a tick, so that it ends wherever the clock stands.
const MOST_BATCHES: usize = 50;

/// What a tick did.
#[derive(Default, Serialize)]
pub struct Report {
    /// The rules were looked at; false when somebody did within the last minute.
    looked: bool,
    /// Alerts that began.
    fired: u32,
    /// Alerts that ended.
    resolved: u32,
    /// Messages queued.
    queued: u32,
    /// Messages that the next server on the way took.
    handed_over: u32,
    /// Deliveries that failed.
    failed: u32,
}

/// Names of the channels that this stage can deliver by.
fn able() -> Vec<String> {
    Channel::ALL.iter().map(|channel| channel.as_str().to_owned()).collect()
}

/// Whether a tick would find anything to deliver. Takes nothing.
pub fn has_work() -> Result<bool, LedgerFailure> {
    messages::waiting(now(), &able())
}

/// Runs one tick. Rules that cannot be looked at keep no message back.
pub async fn run() -> Result<Report, LedgerFailure> {
    let started = now();
    let looked = alerts::evaluate(started);
    let mut report = Report::default();
    if let Ok(Some(done)) = &looked {
        report = Report {
            looked: true,
            fired: done.fired,
            resolved: done.resolved,
            queued: done.messages,
            ..Report::default()
        };
    }
    let settings = settings()?;
    for _ in 0..MOST_BATCHES {
        if now().saturating_sub(started) >= SLICE_MS {
            break;
        }
        let leases = messages::lease_messages(now(), "messenger", BATCH, &able())?;
        if leases.is_empty() {
            break;
        }
        // Notifiers take long, and there are few connections.
        access::release();
        let outcomes = join_all(leases.iter().map(|lease| deliver(lease, &settings))).await;
        // Each is noted, whatever becomes of the others: what was delivered and not noted is delivered again.
        let mut noted = Ok(());
        for (lease, outcome) in leases.iter().zip(outcomes) {
            noted = noted.and(settle(lease, outcome, &mut report));
        }
        noted?;
    }
    looked.map(|_| report)
}

fn settle(lease: &Lease, outcome: Outcome, report: &mut Report) -> Result<(), LedgerFailure> {
    let outcome = match outcome {
        Outcome::HandedOver { reference } => {
            report.handed_over += 1;
            messages::Outcome::HandedOver(reference)
        }
        Outcome::Failed(failure) => {
            report.failed += 1;
            messages::Outcome::Failed(Failure {
                class: failure.class.as_str().to_owned(),
                detail: failure.detail,
                retry_after_seconds: failure.retry_after_seconds,
            })
        }
    };
    if !messages::settle(now(), &lease.token, &outcome)? {
        let id = &lease.message.id;
        tollbooth_log::log!(
            Warn,
            stage = "messages",
            message = id,
            cause = "its lease was over before its delivery was"
        );
    }
    Ok(())
}

/// The settings in force.
fn settings() -> Result<Settings, LedgerFailure> {
    in_force(&messages::changed_settings()?)
}

/// The settings in force with these changes.
pub fn in_force(changed: &[(String, String)]) -> Result<Settings, LedgerFailure> {
    Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| LedgerFailure::Damaged(format!("the stored settings are invalid: {e}")))
}
