//! Why a run stops early, for everything that a run is made of.

use tollbooth_pipeline::export::RenderError;
use tollbooth_ports::failures::{LedgerFailure, StoreFailure};
use tollbooth_ports::ledger::export_protocol::ExportEntry;
use tollbooth_web::{Kind, Problem};

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
    /// A copy cannot be made before the ledger has what it lacks. That is how the copy stands, which its profile says, and
    /// an alert: nothing that happened in this run.
    #[error("{0}")]
    Waits(String),
    /// A variable that the file depends on cannot be read.
    #[error("{0}")]
    Variable(String),
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
            RunError::Variable(unreadable) => Self::unavailable(unreadable),
            RunError::Lost { export, why } => Self::stored_damaged(format!("the file of export {export}: {why}")),
            RunError::Waits(what) | RunError::Defect(what) => Self::internal(what),
        }
    }
}

/// What the ledger says of an export does not fit together.
pub fn defect(entry: &ExportEntry, what: String) -> RunError {
    let of = entry.copy.as_ref().map(|profile| format!("the copy `{profile}` of ")).unwrap_or_default();
    RunError::Defect(format!("{of}export {} {what}", entry.sequence))
}
