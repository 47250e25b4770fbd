//! What is on record once for a day: a look at a photo, a download of a file.
//!
//! Written before anything is handed over; the same again on that day writes nothing. Old rows go, a few with each new one.

use tollbooth_pipeline::Instant;

use crate::Ledger;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;
use crate::scope::Scope;
use crate::setting::in_force;

/// Old rows that go with a new one.
const SWEPT: u32 = 20;
const DAY_MS: Instant = 86_400_000;

/// A note of which there is one for a day.
pub(super) struct Note {
    /// Finds the one there is. The last parameter is the day (UTC), counted since 1970.
    pub known: &'static str,
    /// Writes it, unless there is one. The same parameters, and the time.
    pub write: &'static str,
    /// Takes away the oldest before a day (`?1`), so many (`?2`) at most. They are numbered in the order of their days, so these
    /// are found without looking at the rest.
    pub sweep: &'static str,
}

impl<D: Db> Ledger<D> {
    /// Writes a note of the day of `now`, where there is none; `of` are its parameters before the day.
    pub(super) fn note_of_day(&self, now: Instant, note: &Note, of: &[Value]) -> Result<(), LedgerError> {
        let day = now.div_euclid(DAY_MS);
        let mut parameters = of.to_vec();
        parameters.push(day.into());
        if self.run_one(note.known, &parameters)?.is_some() {
            return Ok(());
        }
        let settings = in_force(&self.changed_settings()?)?;
        let kept = i64::try_from(settings.log_photo_view_days).unwrap_or(i64::MAX);
        parameters.push(now.into());
        self.write(Scope::Rows, || {
            self.run(note.write, &parameters)?;
            self.run(note.sweep, params![day.saturating_sub(kept), SWEPT]).map(drop)
        })
    }
}
