//! Roll-ups that are kept no longer go, once an hour: by subject, for the key begins with it. Counts of refused uploads go with the
//! roll-ups of their hours, into which they were added.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::hour;
use tollbooth_telemetry::Step;

use super::refused::SOURCES;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

impl<D: Db> Ledger<D> {
    /// Deletes what is older than each step is kept.
    pub(super) fn forget_telemetry(&self, now: Instant) -> Result<(), LedgerError> {
        for step in Step::ALL {
            self.run(
                "DELETE FROM telemetry WHERE step = ?1 AND start_ms < ?2
                 AND subject IN (SELECT subject FROM telemetry_subject)",
                params![step.as_str(), now.saturating_sub(step.kept_ms())],
            )?;
        }
        let first_kept = hour(now.saturating_sub(Step::Hour.kept_ms()));
        for (table, _) in SOURCES {
            // What was never added up is nowhere else.
            let sql = format!("DELETE FROM {table} WHERE hour < ?1 AND uploads = counted");
            self.run(&sql, params![first_kept.as_str()])?;
        }
        Ok(())
    }
}
