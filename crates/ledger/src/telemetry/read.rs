//! What was added up, for whoever watches: by key, never more than [`MAX_POINTS`] rows.

use tollbooth_pipeline::Instant;
use tollbooth_telemetry::{Facts, Merged, Span, Standing, Step, Subject};

use super::store::readable;
use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::setting::in_force;

/// Most roll-ups of one answer.
pub const MAX_POINTS: u32 = 5_000;

/// Roll-ups of the subjects between two names. CROSS JOIN: by subject, not through all roll-ups.
const OF_A_KIND: &str = "SELECT t.subject, t.start_ms, t.facts FROM telemetry_subject s CROSS JOIN telemetry t
     WHERE s.subject >= +?1 AND s.subject < +?2
       AND t.subject = s.subject AND t.step = +?3 AND t.start_ms >= +?4 AND t.start_ms < +?5
     ORDER BY t.subject, t.start_ms LIMIT +?6";

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

/// What happened in a stretch of time, by the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// False where there were more steps than one answer is made of: then what is left out is the last.
    pub complete: bool,
    /// By subject and time.
    pub rollups: Vec<SubjectRollup>,
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
        let (first, end) = names_of(kind);
        self.run(OF_A_KIND, params![first, end, step.as_str(), from, to, most])?
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

    /// What happened to one subject by the span, `from <= start < to` of the steps that it is made of. `metrics` are wanted, with a
    /// label or without; all when none is named. Of several steps what happened adds up, of levels the last counts, and of ages
    /// the worst.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn series(
        &self,
        subject: &Subject,
        span: Span,
        metrics: &[String],
        from: Instant,
        to: Instant,
    ) -> Result<Stretch, LedgerError> {
        let rows = self.run(
            "SELECT subject, start_ms, facts FROM telemetry
             WHERE subject = +?1 AND step = +?2 AND start_ms >= +?3 AND start_ms < +?4 ORDER BY start_ms LIMIT +?5",
            params![subject.to_string(), span.step().as_str(), from, to, MAX_POINTS],
        )?;
        joined(rows, span, metrics)
    }

    /// The same of every subject of a kind, as in [`Ledger::rollups_of_all`].
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn series_of_all(
        &self,
        kind: &str,
        span: Span,
        metrics: &[String],
        from: Instant,
        to: Instant,
    ) -> Result<Stretch, LedgerError> {
        let (first, end) = names_of(kind);
        let rows = self.run(OF_A_KIND, params![first, end, span.step().as_str(), from, to, MAX_POINTS])?;
        joined(rows, span, metrics)
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

/// The names between which those of a kind are, or of the cameras of a booth.
fn names_of(kind: &str) -> (String, String) {
    // `;` is the character behind `:`, and `0` the one behind `/`.
    if kind.contains(':') { (format!("{kind}/"), format!("{kind}0")) } else { (format!("{kind}:"), format!("{kind};")) }
}

/// Rows of subject, beginning and facts, by subject and time, as the spans that they are in.
fn joined(rows: Vec<Row>, span: Span, metrics: &[String]) -> Result<Stretch, LedgerError> {
    let complete = (rows.len() as u64) < u64::from(MAX_POINTS);
    let (mut rollups, mut merged) = (Vec::new(), Merged::of(metrics));
    let mut present: Option<(Subject, Instant)> = None;
    for row in rows {
        let mut columns = row.columns();
        let of = (columns.parsed()?, span.start(columns.integer()?));
        if present.as_ref() != Some(&of) {
            rollups.extend(present.replace(of).map(|before| rollup(before, merged.take_facts())));
        }
        merged.take(&columns.text()?).map_err(|error| LedgerError::Damaged(error.to_string()))?;
    }
    // The last steps of the last one may be those that are left out.
    if complete || span.length_ms() == span.step().length_ms() {
        rollups.extend(present.map(|last| rollup(last, merged.take_facts())));
    }
    Ok(Stretch { complete, rollups })
}

fn rollup((subject, start): (Subject, Instant), facts: Facts) -> SubjectRollup {
    SubjectRollup { subject, rollup: Rollup { start, facts } }
}
