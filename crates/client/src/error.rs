//! Everything that can go wrong on this side of the API, and the exit code of each.

use std::path::{Path, PathBuf};

use crate::Problem;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The base URL cannot be used.
    #[error("`{url}` is not a usable address: {problem}; give one like http://127.0.0.1:3000")]
    InvalidUrl {
        /// As it was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The token cannot be used. The token itself is never repeated.
    #[error("the token cannot be used: {0}; give --token, --token-file or TOLLBOOTH_TOKEN")]
    Token(String),
    /// Something given on the command line contradicts itself or the data.
    #[error("{0}")]
    Usage(String),
    /// No answer, however often it was tried.
    #[error("{request}: no answer after {attempts} attempts: {cause}")]
    Unreachable {
        /// Method and path.
        request: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt met.
        cause: String,
    },
    /// The server refused: the same request would be refused again.
    #[error("{request}: refused: {problem}")]
    Refused {
        /// Method and path.
        request: String,
        /// The server's words.
        problem: Box<Problem>,
    },
    /// The server failed, however often it was tried.
    #[error("{request}: the server failed, also at attempt {attempts}: {problem}")]
    ServerFailed {
        /// Method and path.
        request: String,
        /// How often it was tried.
        attempts: u32,
        /// The server's words.
        problem: Box<Problem>,
    },
    /// An answer that this version does not understand.
    #[error("{request}: the answer was not understood: {problem}; is this a TollBooth of the same version?")]
    UnexpectedAnswer {
        /// Method and path.
        request: String,
        /// What was wrong with the answer.
        problem: String,
    },
    /// A file or directory on this machine.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A folder that does not take the names of the contract.
    #[error(
        "the folder {} does not take the name `{name}`: FAT, exFAT, NTFS and SMB allow no colon. Deliver with \
         --names portable, and the same file is called like 2026-11-21T194024Z-000012.csv",
        folder.display()
    )]
    NameRefused {
        /// Billing's folder.
        folder: PathBuf,
        /// The name that it refused.
        name: String,
    },
    /// The truth table of an evaluation.
    #[error("{}: {problem}", path.display())]
    Truth {
        /// The table.
        path: PathBuf,
        /// What is wrong with it, with the line where there is one.
        problem: String,
    },
    /// Work on the server that does not go on.
    #[error("{0}")]
    Stalled(String),
}

impl ClientError {
    /// For `map_err`: a failure at a file.
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Whether the server says that the file of an export is lost and was given up: it will not be there again.
    #[must_use]
    pub fn is_given_up_file(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.slug() == "file-released")
    }

    /// What a script should see: 2 for a wrong command line, 3 when the server was out of reach or gave up, else 1.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::InvalidUrl { .. } | Self::Token(_) | Self::Usage(_) => 2,
            Self::Unreachable { .. } | Self::ServerFailed { .. } | Self::Stalled(_) => 3,
            Self::Refused { .. }
            | Self::UnexpectedAnswer { .. }
            | Self::File { .. }
            | Self::NameRefused { .. }
            | Self::Truth { .. } => 1,
        }
    }
}
