//! Sends passages whose reading finally failed to the recogniser again, however many there are.

use crate::api::{FailedReadings, Reprocessed};
use crate::progress::Progress;
use crate::{Api, ClientError};

/// Sends all that match, in as many requests as it takes.
///
/// # Errors
/// As every route. What was sent back before stays sent back; repeating goes on from there.
pub fn reprocess_all(api: &Api, wanted: &FailedReadings, progress: &Progress) -> Result<Reprocessed, ClientError> {
    let (mut passages, mut action) = (0, None);
    loop {
        let done = api.reprocess_failed(wanted, action)?;
        passages += done.passages;
        action = done.action.or(action);
        progress.set(passages);
        // Without the second condition, passages that fail again at once would go round for ever.
        if done.left == 0 || done.passages == 0 {
            progress.finish();
            return Ok(Reprocessed { passages, ..done });
        }
    }
}
