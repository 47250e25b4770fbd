//! Who is found by a trace.

use tollbooth_trace::TraceId;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Most passages of one trace that are found: a camera may begin one for a whole batch.
pub const MAX_FOUND: u32 = 200;

impl<D: Db> Ledger<D> {
    /// The passages of a trace, the newest first: the one whose trace it is by itself, and those whose cameras sent it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn passages_of_trace(&self, trace: TraceId) -> Result<Vec<String>, LedgerError> {
        let mut found: Vec<String> = self
            .run(
                "SELECT id FROM passage WHERE substr(traceparent, 4, 32) = +?1 AND traceparent IS NOT NULL
                 ORDER BY sequence DESC LIMIT +?2",
                params![trace.to_string(), MAX_FOUND],
            )?
            .into_iter()
            .map(|row| row.columns().text())
            .collect::<Result<_, _>>()?;
        let own = trace.passage();
        let by_itself = "SELECT 1 FROM passage WHERE id = +?1 AND traceparent IS NULL";
        if self.run_one(by_itself, params![own.as_str()])?.is_some() {
            found.insert(0, own);
        }
        Ok(found)
    }
}
