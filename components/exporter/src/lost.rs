//! Files that corrections wait for: once one is in the store again as it was published, its corrections are due.

use tollbooth_ports::ledger::export_protocol;
use tollbooth_ports::types::Actor;
use tollbooth_web::now;

use crate::run_error::RunError;
use crate::store;

/// Looks for every file that is noted as lost.
pub fn look_again(actor: &Actor) -> Result<(), RunError> {
    for sequence in export_protocol::lost_files()? {
        let Some(sha256) = export_protocol::get(sequence)?.and_then(|entry| entry.sha256) else { continue };
        if store::is_whole(sequence, &sha256)? {
            export_protocol::file_is_back(now(), actor, sequence)?;
        }
    }
    Ok(())
}
