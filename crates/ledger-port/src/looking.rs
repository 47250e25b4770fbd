//! `tollbooth:ledger/looking`

use crate::bindings::exports::tollbooth::ledger::looking::{Guest, LedgerFailure};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn note(now: i64, token: String, passage: String) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.note_look(now, &token, &passage))?)
    }
}
