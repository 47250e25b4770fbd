//! Why the bench itself could not go on. A broken promise is never an error: it is a violation, and counted.

use std::path::PathBuf;

use tollbooth_host::HostError;

/// What kept the bench from finding out.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The application could not be loaded. Build the components first with `scripts/build`.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A file or directory of the bench.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A database could not be inspected.
    #[error("cannot look into a database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A step that prepares a scenario was not answered as expected.
    #[error("while preparing: {what} was answered with {answer}")]
    Preparation {
        /// The request.
        what: String,
        /// The answer.
        answer: String,
    },
    /// A part of the bench that shows nothing, and must not pass for one that found nothing.
    #[error("{0}: nothing was run, so nothing is shown")]
    Nothing(String),
    /// A scenario that does not go where its name says.
    #[error("{scenario}: the step never passes `{moment}`; it shows something else than its name says")]
    ElsewhereBound {
        /// The scenario.
        scenario: &'static str,
        /// The moment it must pass.
        moment: &'static str,
    },
    /// Something of the system the bench needs.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Guests that should have ended did not.
    #[error("guests of the application were still running after {0} seconds")]
    Stuck(u64),
}

impl BenchError {
    /// For `map_err` on file operations.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
