//! The connection of this instance: opened at first use, shared by all calls of a request.

use std::cell::RefCell;
use std::thread::LocalKey;

use tollbooth_ledger::db::Db;
use tollbooth_ledger::{Failure, Ledger, LedgerError};
use tollbooth_pipeline::Instant;

use crate::PlateWriter;

/// How often a call is made again that lost against another one. Whoever holds a scope's lock gets through, so that
/// this is reached only when something else is wrong.
const TRIES: u32 = 4;

/// A kind of database, and where this instance keeps its ledger on it.
pub trait Connection: Db + Sized + 'static {
    /// Opens a connection.
    ///
    /// # Errors
    /// `Unavailable`, with what to do where that is known.
    fn open() -> Result<Self, LedgerError>;

    /// The ledger of this instance; none until the first call.
    fn ledger() -> &'static LocalKey<RefCell<Option<Ledger<Self>>>>;

    /// Whether the connection costs the database something while nobody uses it, so that it is given back before an
    /// instance waits for others.
    const SCARCE: bool;
}

impl<C: Connection> PlateWriter<C> {
    /// Runs `work` on the ledger, again when it lost against another call: then nothing of it was carried out. A ledger
    /// that could not be opened is tried again by the next call.
    pub(crate) fn with_ledger<T, E: From<LedgerError> + AboutLedger>(
        now: Option<Instant>,
        work: impl Fn(&Ledger<C>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            match once(now, &work) {
                Err(error) if lost(&error) && tries < TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    /// Gives the connection back where others may need it.
    pub(crate) fn give_back_connection() {
        if C::SCARCE {
            C::ledger().with_borrow_mut(|kept| *kept = None);
        }
    }
}

fn once<C: Connection, T, E: From<LedgerError> + AboutLedger>(
    now: Option<Instant>,
    work: impl Fn(&Ledger<C>) -> Result<T, E>,
) -> Result<T, E> {
    C::ledger().with_borrow_mut(|kept| {
        let ledger = match kept.take() {
            Some(ledger) => ledger,
            None => Ledger::open(C::open()?, now)?,
        };
        let answer = work(&ledger);
        // A connection out of a pool may have failed for good: the next call of this request gets another.
        let failed = answer.as_ref().is_err_and(|error| error.ledger().is_some());
        if !(C::SCARCE && failed) {
            *kept = Some(ledger);
        }
        answer
    })
}

/// An error that may be one of the ledger itself.
pub(crate) trait AboutLedger {
    fn ledger(&self) -> Option<&LedgerError>;
}

impl AboutLedger for LedgerError {
    fn ledger(&self) -> Option<&LedgerError> {
        Some(self)
    }
}

impl<R> AboutLedger for Failure<R> {
    fn ledger(&self) -> Option<&LedgerError> {
        match self {
            Self::Ledger(error) => Some(error),
            Self::Refused(_) => None,
        }
    }
}

/// Another transaction was in the way, and nothing was done.
fn lost(error: &impl AboutLedger) -> bool {
    matches!(error.ledger(), Some(LedgerError::Unavailable { conflict: true, .. }))
}
