//! Uploads that were refused, counted by hour, booth and reason: outside the balance, but never in silence.
//!
//! Counting is best effort and comes after the camera has its answer: a count that is lost loses no toll.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::capture::hour;

use crate::Ledger;
use crate::audit::END;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// How often those are counted who are not recognised.
const A_SECOND_MS: i64 = 1_000;

/// Refused uploads of one booth for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// Booth of the cameras' token.
    pub booth: String,
    /// Last part of the problem's type, `image-size`.
    pub reason: String,
    /// How many.
    pub uploads: u64,
}

impl<D: Db> Ledger<D> {
    /// Counts one refused upload. A booth that is not registered is not counted: there is no such camera.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn count_refusal(&self, now: Instant, booth: &str, reason: &str) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO refusal (hour, booth_id, reason, uploads) SELECT ?1, id, ?3, 1 FROM booth WHERE id = ?2
             ON CONFLICT (hour, booth_id, reason) DO UPDATE SET uploads = refusal.uploads + 1",
            params![hour(now), booth, reason],
        )
        .map(drop)
    }

    /// Counts an attempt of somebody who is not recognised, at most one a second for each booth and reason: whoever has no token
    /// cannot make the ledger write as often as he likes. A booth that is not registered is not counted.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn count_stranger(&self, now: Instant, booth: &str, reason: &str) -> Result<(), LedgerError> {
        // Without a write lock first: in a flood almost nothing is written.
        let counted = self.run_one(
            "SELECT 1 FROM stranger_refusal WHERE hour = ?1 AND booth_id = ?2 AND reason = ?3 AND abs(?4 - counted_at_ms) < ?5",
            params![hour(now), booth, reason, now, A_SECOND_MS],
        )?;
        if counted.is_some() {
            return Ok(());
        }
        self.run(
            "INSERT INTO stranger_refusal (hour, booth_id, reason, uploads, counted_at_ms)
             SELECT ?1, id, ?3, 1, CAST(?4 AS BIGINT) FROM booth WHERE id = ?2
             ON CONFLICT (hour, booth_id, reason) DO UPDATE
                 SET uploads = stranger_refusal.uploads + 1, counted_at_ms = excluded.counted_at_ms
                 WHERE abs(excluded.counted_at_ms - stranger_refusal.counted_at_ms) >= ?5",
            params![hour(now), booth, reason, now, A_SECOND_MS],
        )
        .map(drop)
    }

    /// Refused uploads, `from <= hour < to`, by booth and reason.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn refusals(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<Refusals>, LedgerError> {
        let rows = self.run(
            "SELECT booth_id, reason, CAST(sum(uploads) AS BIGINT) FROM
               (SELECT hour, booth_id, reason, uploads FROM refusal
                UNION ALL SELECT hour, booth_id, reason, uploads FROM stranger_refusal) AS refused
             WHERE hour >= ?1 AND hour < ?2
             GROUP BY booth_id, reason ORDER BY booth_id, reason",
            params![from.unwrap_or_default(), to.unwrap_or(END)],
        )?;
        rows.into_iter()
            .map(|row| {
                let mut columns = row.columns();
                Ok(Refusals { booth: columns.text()?, reason: columns.text()?, uploads: columns.number()? })
            })
            .collect()
    }
}
