//! One run: finish what was left behind, bind, publish, until nothing is due or the bound is reached.
//!
//! Nothing is remembered between runs but what the ledger holds, so a run may die anywhere and the next one goes on.

use std::time::Duration;

use tollbooth_ports::ledger::export_protocol::{self, Begun, Cause, ExportEntry};
use tollbooth_ports::types::Actor;
use tollbooth_web::{elapsed, now};

use crate::lost;
use crate::publish::{self, Publication};
use crate::run_error::RunError;
use crate::standing;

/// Most files one run publishes, so that a run ends before a host's patience does; the next run goes on.
pub const MAX_FILES: usize = 20;
/// A run begins no further file after this time, for the same reason.
pub const LONGEST: Duration = Duration::from_secs(20);
/// Most steps of a run, the ones that another exporter was faster with included.
const MAX_STEPS: usize = 2 * MAX_FILES;

/// What a run did.
pub struct Outcome {
    /// What this run published, in sequence; another run that finished the same export meanwhile reports it, too.
    pub published: Vec<ExportEntry>,
    /// What the ledger said last.
    pub end: End,
}

/// Why a run ended.
pub enum End {
    /// The interval is not over; next at this time.
    NotDue(i64),
    /// No accepted passage waits.
    NothingToExport,
    /// More may wait: the bound was reached.
    Bound,
}

/// Runs one export.
pub fn run(actor: &Actor, cause: Cause) -> Result<Outcome, RunError> {
    let began = elapsed();
    lost::look_again(actor)?;
    let mut published = Vec::new();
    let mut cause = cause;
    for _ in 0..MAX_STEPS {
        standing::ledger_is_newest()?;
        let at = now();
        let entry = match export_protocol::begin(at, actor, cause)? {
            Begun::NotDue(next) => return Ok(Outcome { published, end: End::NotDue(next) }),
            Begun::NothingToExport => return Ok(Outcome { published, end: End::NothingToExport }),
            Begun::Proceed(entry) => entry,
        };
        let bound_now = entry.bound_at >= at;
        match publish::publish(actor, &entry, None)? {
            Publication::Published(entry) => published.push(*entry),
            // Another exporter was faster, or a file is lost: the ledger knows what comes next.
            Publication::Overtaken | Publication::GivenUp => continue,
        }
        if bound_now {
            // The request is answered. What did not fit into the file is due at once; asking for more than that
            // would record an empty run, and tell people of it, after every full one.
            cause = Cause::Scheduled;
        }
        if published.len() >= MAX_FILES || elapsed().saturating_sub(began) > LONGEST {
            break;
        }
    }
    Ok(Outcome { published, end: End::Bound })
}
