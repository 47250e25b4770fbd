//! Failures of the ledger, translated once. Each interface adds its own refusals to these.

use std::fmt::Display;
use std::str::FromStr;

use tollbooth_ledger::{Actor, LedgerError};

use crate::bindings::tollbooth::types::failures::LedgerFailure;
use crate::bindings::tollbooth::types::types::Actor as WitActor;

impl From<LedgerError> for LedgerFailure {
    fn from(error: LedgerError) -> Self {
        let text = error.to_string();
        match error {
            LedgerError::Unavailable { .. } => Self::Unavailable(text),
            LedgerError::Damaged(_) => Self::Damaged(text),
        }
    }
}

/// Reads a word that only a defect in the calling component can have got wrong.
pub fn word<T: FromStr>(text: &str) -> Result<T, LedgerError>
where
    T::Err: Display,
{
    text.parse().map_err(|e: T::Err| LedgerError::Damaged(format!("the caller sent a word that is not known: {e}")))
}

pub fn actor(actor: &WitActor) -> Actor {
    Actor { role: actor.role.clone(), id: actor.id.clone() }
}
