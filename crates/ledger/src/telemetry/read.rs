//! What was added up, for whoever watches: by key, never more than [`MAX_POINTS`] rows.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Facts, Standing, Step, Subject};

use super::store::readable;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Most roll-ups of one answer.
pub const MAX_POINTS: u32 = 5_000;

/// What happened to one subject in one step of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    /// When the step begins.
    pub start: Instant,
    /// What was measured.
    pub facts: Facts,
}

/// A roll-up with whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRollup {
    /// Whom it is about.
    pub subject: Subject,
    /// What happened.
    pub rollup: Rollup,
}

impl<D: Db> Ledger<D> {
    /// Roll-ups of one subject, `from <= start < to`, the oldest first. A step in which nothing was measured is absent.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn rollups(
        &self,
        subject: &Subject,
        step: Step,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<Rollup>, LedgerError> {
        self.run(
            "SELECT start_ms, facts FROM telemetry
             WHERE subject = +?1 AND step = +?2 AND start_ms >= +?3 AND start_ms < +?4 ORDER BY start_ms LIMIT +?5",
            params![subject.to_string(), step.as_str(), from, to, MAX_POINTS],
        )?
        .into_iter()
        .map(|row| {
            let mut columns = row.columns();
            Ok(Rollup { start: columns.integer()?, facts: readable(&columns.text()?)? })
        })
        .collect()
    }

    /// Roll-ups of every subject of a kind (`booth`, `camera`, `recognizer`), `from <= start < to`, by subject and time.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn rollups_of_all(
        &self,
        kind: &str,
        step: Step,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<SubjectRollup>, LedgerError> {
        // `;` is the character behind `:`. CROSS JOIN: by subject, not through all roll-ups.
        self.run(
            "SELECT t.subject, t.start_ms, t.facts FROM telemetry_subject s CROSS JOIN telemetry t
             WHERE s.subject >= ?1 AND s.subject < ?2
               AND t.subject = s.subject AND t.step = ?3 AND t.start_ms >= ?4 AND t.start_ms < ?5
             ORDER BY t.subject, t.start_ms LIMIT +?6",
            params![format!("{kind}:"), format!("{kind};"), step.as_str(), from, to, MAX_POINTS],
        )?
        .into_iter()
        .map(|row| {
            let mut columns = row.columns();
            Ok(SubjectRollup {
                subject: columns.parsed()?,
                rollup: Rollup { start: columns.integer()?, facts: readable(&columns.text()?)? },
            })
        })
        .collect()
    }

    /// How everything stood after the last fold; the default, of version 0, before the first. What is known of alerts is of
    /// now: whoever watches the watchers must not be told that they stopped because nothing is added up.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn telemetry_standing(&self) -> Result<Standing, LedgerError> {
        let mut standing = self.stored_standing()?;
        standing.alerts_looked_at = self.alerts_looked_at()?;
        standing.alerts_firing = self.alerts_firing()?;
        Ok(standing)
    }
}
