//! What was added up, for whoever watches: by key, never more than [`MAX_POINTS`] rows.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Facts, Standing, Step, Subject};

use super::store::readable;
use crate::Ledger;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::setting::in_force;

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

    /// Roll-ups of every subject of a kind (`booth`, `camera`, `recognizer`), or of every camera of a booth (`camera:north`),
    /// `from <= start < to`, by subject and time.
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
        self.rollups_of_kind(kind, step, from, to, MAX_POINTS)
    }

    /// The same, as many as the caller can bear.
    pub(crate) fn rollups_of_kind(
        &self,
        kind: &str,
        step: Step,
        from: Instant,
        to: Instant,
        most: u32,
    ) -> Result<Vec<SubjectRollup>, LedgerError> {
        // `;` is the character behind `:`, and `0` the one behind `/`.
        let (first, end) = if kind.contains(':') {
            (format!("{kind}/"), format!("{kind}0"))
        } else {
            (format!("{kind}:"), format!("{kind};"))
        };
        // CROSS JOIN: by subject, not through all roll-ups.
        self.run(
            "SELECT t.subject, t.start_ms, t.facts FROM telemetry_subject s CROSS JOIN telemetry t
             WHERE s.subject >= +?1 AND s.subject < +?2
               AND t.subject = s.subject AND t.step = +?3 AND t.start_ms >= +?4 AND t.start_ms < +?5
             ORDER BY t.subject, t.start_ms LIMIT +?6",
            params![first, end, step.as_str(), from, to, most],
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

    /// Subjects of a kind of which something was measured on a day since `since`, by name, at most `most`.
    pub(crate) fn subjects_since(&self, kind: &str, since: Instant, most: u32) -> Result<Vec<Subject>, LedgerError> {
        self.run(
            "SELECT s.subject FROM telemetry_subject s WHERE s.subject >= +?1 AND s.subject < +?2
               AND EXISTS (SELECT 1 FROM telemetry t WHERE t.subject = s.subject AND t.step = +?3 AND t.start_ms >= +?4)
             ORDER BY s.subject LIMIT +?5",
            params![format!("{kind}:"), format!("{kind};"), Step::Day.as_str(), Step::Day.start(since), most],
        )?
        .into_iter()
        .map(|row| row.columns().parsed())
        .collect()
    }

    /// Whether anything was ever measured of this one.
    pub(crate) fn is_measured(&self, subject: &Subject) -> Result<bool, LedgerError> {
        let row = self.run_one("SELECT 1 FROM telemetry_subject WHERE subject = ?1", params![subject.to_string()])?;
        Ok(row.is_some())
    }

    /// How everything stood after the last fold; the default, of version 0, before the first. What is known of alerts,
    /// messages and room, and whether anything is added up at all, is of now: whoever watches the watchers must not be told that they
    /// stopped because nothing is added up.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn telemetry_standing(&self) -> Result<Standing, LedgerError> {
        let mut standing = self.stored_standing()?;
        standing.alerts_looked_at = self.alerts_looked_at()?;
        standing.alerts_firing = self.alerts_firing()?;
        standing.undelivered_messages = self.undelivered_messages()?;
        standing.storage_full_at = self.storage_full_at()?;
        standing.is_off = !in_force(&self.changed_settings()?)?.telemetry_enabled;
        Ok(standing)
    }
}
