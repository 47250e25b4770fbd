//! `tollbooth:ledger/preferences`

use crate::bindings::exports::tollbooth::ledger::preferences::{Guest, LedgerFailure};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn get(token: String) -> Result<Option<String>, LedgerFailure> {
        Ok(Self::with_ledger(None, |ledger| ledger.preferences(&token))?)
    }

    fn put(now: i64, token: String, body: String) -> Result<(), LedgerFailure> {
        Ok(Self::with_ledger(Some(now), |ledger| ledger.put_preferences(now, &token, &body))?)
    }
}
