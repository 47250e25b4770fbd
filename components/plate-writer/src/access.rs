//! `tollbooth:ledger/access`

use tollbooth_ledger::Failure;
use tollbooth_ledger::access::Refusal;

use crate::PlateWriter;
use crate::bindings::exports::tollbooth::ledger::access::{AccessFailure, Guest, Identity};
use crate::database::with_ledger;

impl Guest for PlateWriter {
    fn authorize(bearer: String) -> Result<Identity, AccessFailure> {
        let found = with_ledger(None, |ledger| ledger.authorize(&bearer)).map_err(|failure| match failure {
            Failure::Refused(Refusal::Unknown) => AccessFailure::Unknown,
            Failure::Ledger(error) => AccessFailure::Ledger(error.into()),
        })?;
        Ok(Identity { token: found.token, role: found.role.to_string(), booth: found.booth })
    }
}
