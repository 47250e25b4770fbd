//! One run: finish what was left behind, bind, publish, until nothing is due or the bound is reached.
//!
//! Nothing is remembered between runs but what the ledger holds, so a run may die anywhere and the next one goes on.

use std::time::Duration;

use tollbooth_pipeline::export::RenderError;
use tollbooth_ports::failures::{LedgerFailure, StoreFailure};
use tollbooth_ports::ledger::export_protocol::{self, Begun, Cause, ExportEntry};
use tollbooth_ports::types::Actor;
use tollbooth_web::{Kind, Problem, elapsed, now};

use crate::lost;
use crate::publish::{self, Publication};
use crate::standing;
use crate::variable::Unreadable;

/// Most files one run publishes, so that a run ends before a host's patience does; the next run goes on.
pub const MAX_FILES: usize = 20;
/// A run begins no further file after this time, for the same reason.
const LONGEST: Duration = Duration::from_secs(20);
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

/// Why a run stopped early. Whatever it is, the export stays bound and the next run goes on with it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger did not answer, or contradicts itself.
    #[error("the ledger failed: {0:?}")]
    Ledger(LedgerFailure),
    /// The file could not be stored.
    #[error("the store of export files failed: {0:?}")]
    Store(StoreFailure),
    /// The bill lines could not be rendered.
    #[error("the file cannot be rendered: {0}")]
    Render(#[from] RenderError),
    /// What was published is not known to the ledger: it is older than the store of export files.
    #[error(
        "export {found} is stored, and the last one this ledger knows is {known}: it is older than what was published"
    )]
    OlderLedger {
        /// The last export of the ledger, 0 for none.
        known: u64,
        /// The one that is stored beyond it.
        found: u64,
    },
    /// A file that corrections refer to is not in the store as it was published.
    #[error("the file of export {export} is lost: {why}")]
    Lost {
        /// Whose file it is.
        export: u64,
        /// What was found instead.
        why: String,
    },
    /// A variable that the file depends on.
    #[error(transparent)]
    Variable(#[from] Unreadable),
    /// What the ledger says of an export does not fit together, or a published one was rendered differently.
    #[error("{0}")]
    Defect(String),
}

impl From<LedgerFailure> for RunError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Ledger(failure)
    }
}

impl From<StoreFailure> for RunError {
    fn from(failure: StoreFailure) -> Self {
        Self::Store(failure)
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(failure) => failure.into(),
            RunError::Store(failure) => failure.into(),
            RunError::Render(failure) => Self::internal(failure.to_string()),
            RunError::OlderLedger { known, found } => Self::new(
                Kind::LedgerOlder,
                format!(
                    "Export {found} was published before, and the last one that this ledger knows is {known}: a backup was \
                     restored. Nothing was exported, so that nothing is billed twice. `tollbooth restore` takes over what \
                     was published; docs/operations.md says how."
                ),
            ),
            RunError::Variable(unreadable) => Self::unavailable(unreadable.to_string()),
            RunError::Lost { export, why } => Self::stored_damaged(format!("the file of export {export}: {why}")),
            RunError::Defect(what) => Self::internal(what),
        }
    }
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
