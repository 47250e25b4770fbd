//! Files that corrections wait for: once one is in the store again as it was published, its corrections are due.

use tollbooth_ports::ledger::export_protocol;
use tollbooth_ports::types::Actor;
use tollbooth_web::now;

use crate::run_error::RunError;
use crate::store::{self, Damaged};

/// Looks for every file that is noted as lost.
pub fn look_again(actor: &Actor) -> Result<(), RunError> {
    for sequence in export_protocol::lost_files()? {
        let Some(sha256) = export_protocol::get(sequence)?.and_then(|entry| entry.sha256) else { continue };
        match store::open(sequence, &sha256).and_then(|file| file.verify(&sha256)) {
            Ok(()) => export_protocol::file_is_back(now(), actor, sequence)?,
            Err(Damaged::Store(failure)) => return Err(failure.into()),
            Err(Damaged::Missing | Damaged::Changed) => {}
        }
    }
    Ok(())
}
