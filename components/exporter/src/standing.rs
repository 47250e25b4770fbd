//! Whether the ledger is as new as what left the house. A backup that was restored forgets what was published after it;
//! the store of export files does not. Going on would bill the same lines again under the same numbers.

use tollbooth_pipeline::export::ExportObject;
use tollbooth_ports::exports;
use tollbooth_ports::ledger::export_protocol;
use tollbooth_web::now;

use crate::run_error::RunError;

/// Ends with [`RunError::OlderLedger`] when an export is stored that comes after the last one this ledger knows.
///
/// Costs one row and one look into the store. Manifests are stored after their export was bound, so an exporter that is
/// faster than this one is never mistaken for a newer ledger.
pub fn ledger_is_newest() -> Result<(), RunError> {
    let mut known = export_protocol::latest(now())?;
    loop {
        let found = known + 1;
        if exports::get(&ExportObject::Manifest { sequence: found }.key())?.is_none() {
            return Ok(());
        }
        let latest = export_protocol::latest(now())?;
        if latest <= known {
            export_protocol::note_older(now(), found)?;
            return Err(RunError::OlderLedger { known, found });
        }
        known = latest;
    }
}
