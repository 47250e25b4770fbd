//! `tollbooth:ledger/providers`

use crate::bindings::exports::tollbooth::ledger::providers::{Document, Guest, LedgerFailure};
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn find(address: String) -> Result<Option<Document>, LedgerFailure> {
        let kept = Self::with_ledger(None, |ledger| ledger.provider_document(&address))?;
        Ok(kept.map(|kept| Document { read: kept.read, tried_at: kept.tried_at }))
    }

    fn keep(now: i64, address: String, body: Option<String>) -> Result<(), LedgerFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.keep_provider_document(now, &address, body.as_deref()))?;
        Ok(())
    }
}
