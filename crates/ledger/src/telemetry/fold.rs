//! Adding up: a few events a transaction, until none is left or the caller's time is over.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::Standing;

use super::measure::{Measured, Moves, measure, roll_up};
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::scope::Scope;
use crate::setting::in_force;

/// Events of one transaction: some milliseconds, for which a camera may have to wait on SQLite.
const BATCH: u32 = 500;

/// What one transaction did.
struct Batch {
    /// Events that were added up.
    events: u64,
    /// Whether anything was: refused uploads are no events.
    moved: bool,
    /// Whether more may be left.
    left: bool,
}

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
    /// several at a time one does, and the others look again. Safe to break off anywhere; nothing is lost or counted twice.
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
        let (mut events, mut moved) = (0_u64, false);
        // Asked without a lock: mostly there is nothing, and a tick costs a few rows.
        let mut left = self.has_pending_events()? || self.has_uncounted_refusals(before.at)?;
        while left && events < u64::from(most) {
            let batch = self.fold_batch(now, before.at)?;
            events += batch.events;
            moved |= batch.moved;
            left = batch.left;
        }
        let after = self.write_standing(now, &before, moved, left, &settings)?;
        Ok(Folded { events, behind: left, version: after.version })
    }

    /// Adds up some events, and the uploads that were refused since `since`.
    fn fold_batch(&self, now: Instant, since: Instant) -> Result<Batch, LedgerError> {
        // Before the lock, for which cameras wait on SQLite: events never change, nor does what they ended.
        let cursor = self.folded_last()?;
        let events = self.pending_events(cursor, BATCH)?;
        let (mut measured, mut moves) = (Measured::new(), Moves::new());
        for event in &events {
            measure(event, &mut measured, &mut moves);
        }
        self.write(Scope::Telemetry, || {
            // No event is the last one of two batches: another fold was faster, and these are added up already.
            if self.folded_last()? != cursor {
                return Ok(Batch { events: 0, moved: false, left: true });
            }
            self.measure_refusals(now, since, &mut measured)?;
            self.keep_cameras_few(now, &mut measured)?;
            roll_up(&mut measured);
            measured.retain(|(_, step, start), _| *start >= now.saturating_sub(step.kept_ms()));
            self.add_measured(&measured)?;
            self.count_moves(&moves)?;
            self.end_pending(&events)?;
            let events = events.len() as u64;
            Ok(Batch { events, moved: events > 0 || !measured.is_empty(), left: events == u64::from(BATCH) })
        })
    }

    /// The last event of the last batch.
    fn folded_last(&self) -> Result<i64, LedgerError> {
        let row = self.run_one("SELECT event_sequence FROM telemetry_state WHERE id = 1", &[])?;
        row.map_or(Ok(0), |row| row.columns().integer())
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
