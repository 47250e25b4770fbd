//! What can go wrong with the ledger itself, and how it is told apart from an answer that refuses.

use crate::db::{Cause, DbError};

/// The ledger did not answer. Never a statement about the data; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The database refused or failed. A retry may help.
    #[error("the database did not carry out `{step}`: {text}")]
    Unavailable {
        /// First words of the statement; holds no data.
        step: String,
        /// The database's words.
        text: String,
        /// Another transaction was in the way: a retry helps, at once.
        conflict: bool,
    },
    /// The ledger contradicts itself or this program. A retry does not help, an operator must look.
    #[error("{0}")]
    Damaged(String),
}

impl LedgerError {
    /// The database could not be opened: `what` names it, `text` says why.
    #[must_use]
    pub fn not_opened(what: &str, text: String) -> Self {
        Self::Unavailable { step: format!("open {what}"), text, conflict: false }
    }

    /// An error of the database while running `sql`.
    pub(crate) fn from_db(sql: &str, error: DbError) -> Self {
        let step = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        Self::Unavailable { step, text: error.text, conflict: error.cause == Cause::Conflict }
    }
}

/// A call that changed nothing: refused for a reason of the domain (`R`, one type per interface), or not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure<R> {
    /// The answer is no; the reason says why and whether a retry helps.
    Refused(R),
    /// There is no answer.
    Ledger(LedgerError),
}

impl<R> From<LedgerError> for Failure<R> {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
