//! Whether there is room for photos. On a full disk the ledger still answers, for it reads, while every photo is refused: so
//! whoever refuses one for want of room notes it here, and whoever asks whether the installation works is told.
//!
//! Best effort: there may be no room for the note either.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// How often it is noted: cameras come back all the time.
const NOTED_AGAIN_MS: i64 = 10_000;
/// How long a note holds.
pub(crate) const FULL_MS: i64 = 60_000;

impl<D: Db> Ledger<D> {
    /// Notes that a photo could not be stored for want of room, at most every ten seconds.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn note_storage_full(&self, now: Instant) -> Result<(), LedgerError> {
        // Without a write lock first: in a flood almost nothing is written. A clock that was set back notes it anew.
        let noted = self.run_one(
            "SELECT 1 FROM storage_full WHERE id = 1 AND abs(?1 - noted_at_ms) < ?2",
            params![now, NOTED_AGAIN_MS],
        )?;
        if noted.is_some() {
            return Ok(());
        }
        self.run(
            "INSERT INTO storage_full (id, noted_at_ms) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET noted_at_ms = excluded.noted_at_ms",
            params![now],
        )
        .map(drop)
    }

    /// When a photo was last refused for want of room, as far as that was noted; none: never.
    pub(crate) fn storage_full_at(&self) -> Result<Option<Instant>, LedgerError> {
        let row = self.run_one("SELECT noted_at_ms FROM storage_full WHERE id = 1", &[])?;
        row.map(|row| row.columns().integer()).transpose()
    }
}
