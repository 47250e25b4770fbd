//! Adding up: a few events a transaction, until none is left or the caller's time is over.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::Standing;

use super::measure::{Measured, Moves, measure};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;
use crate::setting::in_force;

/// Events of one transaction: about ten milliseconds, for which a camera may have to wait on SQLite.
const BATCH: u32 = 500;

/// What a fold did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Folded {
    /// Events that were added up.
    pub events: u64,
    /// Whether some are left: the caller comes again at once.
    pub behind: bool,
    /// Of the standing, see [`Standing::version`].
    pub version: u64,
}

impl<D: Db> Ledger<D> {
    /// Adds up what happened since the last time, at most `most` events, and writes down how everything stands. Of
    /// several at a time the others wait. Safe to break off anywhere; nothing is lost or counted twice.
    ///
    /// Does nothing while the setting `telemetry.enabled` is false: what happens then is added up when it is true again.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn fold_telemetry(&self, now: Instant, most: u32) -> Result<Folded, LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        let before = self.stored_standing()?;
        if !settings.telemetry_enabled {
            return Ok(Folded { events: 0, behind: false, version: before.version });
        }
        let mut events = 0_u64;
        // Asked without a lock: mostly there is nothing, and a tick costs a few rows.
        let mut left = self.has_pending_events()? || self.has_uncounted_refusals(before.at)?;
        while left && events < u64::from(most) {
            let batch = self.write(Scope::Telemetry, || self.fold_batch(now))?;
            events += batch;
            left = batch == u64::from(BATCH);
        }
        let after = self.write_standing(now, &before, events > 0, left, &settings)?;
        Ok(Folded { events, behind: left, version: after.version })
    }

    fn fold_batch(&self, now: Instant) -> Result<u64, LedgerError> {
        // Read again under the lock: another fold may have been faster.
        let cursor = self
            .run_one("SELECT event_sequence FROM telemetry_state WHERE id = 1", &[])?
            .map_or(Ok(0), |row| row.columns().integer())?;
        let since = self.stored_standing()?.at;
        let events = self.pending_events(cursor, BATCH)?;
        let (mut measured, mut moves) = (Measured::new(), Moves::new());
        for event in &events {
            measure(event, &mut measured, &mut moves);
        }
        self.measure_refusals(now, since, &mut measured)?;
        measured.retain(|(_, step, start), _| *start >= now.saturating_sub(step.kept_ms()));
        self.keep_cameras_few(now, &mut measured)?;
        self.add_measured(&measured)?;
        self.count_moves(&moves)?;
        self.end_pending(&events)?;
        Ok(events.len() as u64)
    }

    /// How everything stood after the last fold; the default before the first.
    pub(super) fn stored_standing(&self) -> Result<Standing, LedgerError> {
        let row = self.run_one("SELECT standing FROM telemetry_state WHERE id = 1", &[])?;
        let text = row.map_or_else(|| Ok("{}".to_owned()), |row| row.columns().text())?;
        if text == "{}" {
            return Ok(Standing::default());
        }
        serde_json::from_str(&text)
            .map_err(|error| LedgerError::Damaged(format!("the telemetry's standing cannot be read: {error}")))
    }

    pub(super) fn store_standing(&self, standing: &Standing) -> Result<(), LedgerError> {
        let text = serde_json::to_string(standing)
            .map_err(|error| LedgerError::Damaged(format!("the telemetry's standing cannot be written: {error}")))?;
        self.run("UPDATE telemetry_state SET standing = ?1 WHERE id = 1", params![text]).map(drop)
    }
}
