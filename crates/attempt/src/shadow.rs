//! What becomes of a shadow: recorded for comparison, never judged.

use tollbooth_pipeline::retry::Failure;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading::{self, SettleFailure, ShadowLease};
use tollbooth_web::now;

use crate::{Answer, Caller, failed};

/// Records what a recogniser answered to a shadow. A result that comes too late is dropped.
///
/// # Errors
/// The ledger's; the shadow's lease runs out then.
pub fn settle(
    lease: &ShadowLease,
    answer: Result<Answer, Failure>,
    caller: &Caller,
    started: i64,
) -> Result<(), LedgerFailure> {
    let at = now();
    let found =
        answer.map(|answer| answer.reading).map_err(|failure| failed(&failure, caller, at.saturating_sub(started)));
    match reading::settle_shadow(at, &lease.token, found.as_ref()) {
        Ok(()) => Ok(()),
        Err(SettleFailure::LostLease) => {
            tollbooth_log::log!(Info, stage = "shadow", passage = lease.passage, cause = "lost the lease");
            Ok(())
        }
        Err(SettleFailure::Ledger(failure)) => Err(failure),
    }
}
