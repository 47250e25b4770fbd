//! The first step: binding accepted passages to the next export, when it is time to.
//!
//! A transaction binds `export.step_rows` lines at most, so that nobody waits long for the ledger. An export that holds more
//! is `filling` until its last step; it is rendered and published by nobody before, and whoever comes next goes on with it.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{Kind, file_name, file_name_with_sequence};
use tollbooth_pipeline::settings::Settings;

use super::{Begun, Cause, Export};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, params};
use crate::error::LedgerError;
use crate::event::{Actor, EventKind, NewEvent};
use crate::plate_type::plate_type_of;
use crate::scope::Scope;
use crate::setting::{in_force, seconds_ms};

/// A passage that an adopted export billed is never bound to another, also when it is accepted a moment after those were
/// settled; nor is one that was billed before, which is a matter of corrections. The index is named because SQLite would choose the one by state and go through all that were ever accepted.
macro_rules! unbound {
    () => {
        "FROM passage INDEXED BY passage_unbound WHERE state = 'accepted' AND export_sequence IS NULL
            AND correction IS NULL AND NOT EXISTS (SELECT 1 FROM adopted_line a WHERE a.passage_id = passage.id)"
    };
}

/// What one transaction did.
enum Step {
    /// The answer.
    Done(Begun),
    /// More lines are to be bound.
    More,
}

/// The lines that one transaction binds to an export.
struct Filled {
    sequence: u64,
    kind: Kind,
    /// Lines that were bound to it before.
    before: u32,
    rows: u32,
    /// More of this kind waits than one step takes.
    left: bool,
    /// And fits into the file.
    goes_on: bool,
}

/// The rows counted are held: one that is reopened meanwhile would leave the export a line short.
const COUNT_UNBOUND: &str = concat!(
    "SELECT count(*) FROM (SELECT 1 ",
    unbound!(),
    " ORDER BY sequence LIMIT +?1 /*pg FOR NO KEY UPDATE */) AS few"
);

/// Copies what is billed. The trigger on `bill_line` marks each passage as bound.
const BIND: &str = concat!(
    "INSERT INTO bill_line (export_sequence, passage_sequence, revision, booth_id, received_hour, plate, jurisdiction,
         jurisdiction_source, decided_by, confidence, plate_type)
     SELECT ?1, sequence, 1, booth_id, received_hour, plate, jurisdiction, jurisdiction_source, decided_by, confidence, ",
    plate_type_of!("passage"),
    " ",
    unbound!(),
    " ORDER BY sequence LIMIT +?2 /*pg FOR NO KEY UPDATE */ RETURNING line"
);

/// When scheduled exports happen.
pub(crate) struct Schedule {
    /// When the last run started, whatever its cause and outcome.
    pub last_started_at: Option<Instant>,
    /// When the next is due; at or before now: at once.
    pub due_at: Instant,
    /// Due only because the last file could not hold everything.
    only_left_over: bool,
}

impl<D: Db> Ledger<D> {
    /// Binds accepted, unbound passages (at most `export.max_rows`) to the next export, `export.step_rows` in a transaction,
    /// unless an unpublished export waits to be finished: that one is returned first.
    ///
    /// Bill lines come first; when none waits, corrections do.
    ///
    /// A scheduled export is due `export.interval_minutes` after the last run started, and at once when the last file
    /// left passages over. So an exporter repeats `begin(Scheduled)` and finishes what it is given, until it is told
    /// anything but [`Begun::Proceed`].
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn begin_export(&self, now: Instant, actor: &Actor, cause: Cause) -> Result<Begun, LedgerError> {
        // Without a write lock first: most ticks find that it is not time yet.
        if cause == Cause::Scheduled && self.export_under_way()?.is_none() {
            let schedule = self.export_schedule(now)?;
            if schedule.due_at > now {
                return Ok(Begun::NotDue(schedule.due_at));
            }
        }
        loop {
            if let Step::Done(begun) = self.write(Scope::Export, || self.begin_step(now, actor, cause))? {
                return Ok(begun);
            }
        }
    }

    fn begin_step(&self, now: Instant, actor: &Actor, cause: Cause) -> Result<Step, LedgerError> {
        if let Some(unfinished) = self.export_under_way()? {
            return self.fill(now, actor, unfinished);
        }
        self.settle_adopted(now, actor)?;
        let schedule = self.export_schedule(now)?;
        if cause == Cause::Scheduled && schedule.due_at > now {
            return Ok(Step::Done(Begun::NotDue(schedule.due_at)));
        }
        let settings = in_force(&self.changed_settings()?)?;
        // Bill lines first.
        for kind in Kind::ALL {
            let piece = settings.export_step_rows.min(settings.export_max_rows);
            let waiting = self.waiting(kind, piece + 1)?;
            if waiting > 0 {
                let rows = waiting.min(piece);
                let sequence = self.insert_bound(now, cause, &settings, kind, rows)?;
                let goes_on = waiting > rows && rows < settings.export_max_rows;
                let bound = Filled { sequence, kind, before: 0, rows, left: waiting > rows, goes_on };
                return self.take_lines(now, actor, &bound);
            }
        }
        if cause == Cause::Scheduled && schedule.only_left_over {
            // Somebody reopened what was left over: no reason to tell people that nothing happened this hour.
            return Ok(Step::Done(Begun::NotDue(self.interval_end(&schedule, now, &settings))));
        }
        self.record_empty_run(now, cause)?;
        Ok(Step::Done(Begun::NothingToExport))
    }

    /// What could be bound, counted up to `most` and held.
    fn waiting(&self, kind: Kind, most: u32) -> Result<u32, LedgerError> {
        match kind {
            Kind::Lines => match self.run_one(COUNT_UNBOUND, params![most])? {
                Some(row) => row.columns().number(),
                None => Ok(0),
            },
            Kind::Corrections => self.corrections_due(most),
        }
    }

    /// The schedule by the settings in force. A last run that lies ahead was timed by a clock that has been set back
    /// since: it delays nothing.
    pub(crate) fn export_schedule(&self, now: Instant) -> Result<Schedule, LedgerError> {
        // By number, not by time: the order of runs does not depend on clocks.
        let last = self.run_one(
            "SELECT r.started_at_ms, coalesce(e.more_waiting, 0)
             FROM export_run r LEFT JOIN export e ON e.sequence = r.export_sequence ORDER BY r.number DESC LIMIT 1",
            &[],
        )?;
        let Some(row) = last else { return self.first_schedule(now) };
        let mut columns = row.columns();
        let started_at = columns.integer()?;
        let left_over = columns.flag()?;
        let settings = in_force(&self.changed_settings()?)?;
        let regular = Schedule { last_started_at: Some(started_at), due_at: now, only_left_over: false };
        let due_at = self.interval_end(&regular, now, &settings);
        let only_left_over = left_over && due_at > now;
        Ok(Schedule { due_at: if only_left_over { now } else { due_at }, only_left_over, ..regular })
    }

    /// Before the first run: what waits is due at once, but a new installation with nothing to export is no reason for
    /// alarm until it is one interval old.
    fn first_schedule(&self, now: Instant) -> Result<Schedule, LedgerError> {
        let schedule = Schedule { last_started_at: None, due_at: now, only_left_over: false };
        if self.run_one(concat!("SELECT 1 ", unbound!(), " LIMIT 1"), &[])?.is_some() {
            return Ok(schedule);
        }
        let row = self.run_one(
            "SELECT coalesce((SELECT max(applied_at_ms) FROM schema_migration),
                             (SELECT at_ms FROM event WHERE sequence > 0 ORDER BY sequence LIMIT 1), ?1)",
            params![now],
        )?;
        let installed_at = row.map_or(Ok(now), |row| row.columns().integer())?;
        let settings = in_force(&self.changed_settings()?)?;
        let installed = Schedule { last_started_at: Some(installed_at), ..schedule };
        Ok(Schedule { due_at: self.interval_end(&installed, now, &settings), ..schedule })
    }

    fn interval_end(&self, schedule: &Schedule, now: Instant, settings: &Settings) -> Instant {
        match schedule.last_started_at {
            Some(started_at) if started_at <= now.saturating_add(CLOCK_SLACK_MS) => {
                started_at.saturating_add(seconds_ms(settings.export_interval_minutes.saturating_mul(60)))
            }
            Some(_) | None => now,
        }
    }

    /// The record of the next export.
    fn insert_bound(
        &self,
        now: Instant,
        cause: Cause,
        settings: &Settings,
        kind: Kind,
        rows: u32,
    ) -> Result<u64, LedgerError> {
        let before = self.run_one("SELECT sequence, window_to_ms FROM export ORDER BY sequence DESC LIMIT 1", &[])?;
        let (sequence, window_from) = match before {
            Some(row) => {
                let mut columns = row.columns();
                (columns.number::<u64>()? + 1, Some(columns.integer()?))
            }
            None => (1, None),
        };
        self.run(
            "INSERT INTO export (sequence, state, cause, profile, file_name, row_count, more_waiting,
                 window_from_ms, window_to_ms, bound_at_ms, kind, filling, keying_rules)
             VALUES (?1, 'bound', ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, 1, ?10)",
            params![
                sequence,
                cause.as_str(),
                settings.export_profile.as_str(),
                self.free_file_name(now, kind, sequence)?,
                rows,
                window_from,
                // Windows follow each other even when the clock was set back in between.
                window_from.map_or(now, |from| from.max(now)),
                now,
                kind.as_str(),
                settings.judge_keying_rules.as_str(),
            ],
        )?;
        Ok(sequence)
    }

    /// Goes on with an export that was left behind: binds what is still missing, or hands it out.
    fn fill(&self, now: Instant, actor: &Actor, export: Export) -> Result<Step, LedgerError> {
        if !export.filling {
            return Ok(Step::Done(Begun::Proceed(Box::new(export))));
        }
        let settings = in_force(&self.changed_settings()?)?;
        let (kind, before) = (export.kind, export.rows);
        let piece = settings.export_step_rows.min(settings.export_max_rows.saturating_sub(before));
        let waiting = self.waiting(kind, piece + 1)?;
        let rows = waiting.min(piece);
        let goes_on = waiting > rows && before + rows < settings.export_max_rows;
        let bound = Filled { sequence: export.sequence, kind, before, rows, left: waiting > rows, goes_on };
        self.take_lines(now, actor, &bound)
    }

    /// Binds the lines of one step, and ends the filling when nothing more fits or waits.
    fn take_lines(&self, now: Instant, actor: &Actor, step: &Filled) -> Result<Step, LedgerError> {
        let Filled { sequence, kind, rows, .. } = *step;
        let bound = match kind {
            Kind::Lines => self.run(BIND, params![sequence, rows])?.len(),
            Kind::Corrections => self.bind_corrections(sequence, rows)?,
        };
        if bound != rows as usize {
            let kind = kind.as_str();
            return Err(LedgerError::Damaged(format!("export {sequence} bound {bound} {kind} instead of {rows}")));
        }
        let total = step.before + rows;
        let more = step.left || (kind == Kind::Lines && self.corrections_due(1)? > 0);
        self.run(
            "UPDATE export SET row_count = ?2, filling = ?3, more_waiting = ?4 WHERE sequence = ?1",
            params![sequence, total, i64::from(step.goes_on), i64::from(more)],
        )?;
        if step.goes_on {
            return Ok(Step::More);
        }
        let detail = json!({ "export": sequence, "kind": kind.as_str(), "rows": total });
        self.append_general(&NewEvent { at: now, kind: EventKind::ExportBound, actor, detail }, None)?;
        let bound = self.export_under_way()?;
        bound
            .map(|bound| Step::Done(Begun::Proceed(Box::new(bound))))
            .ok_or_else(|| LedgerError::Damaged(format!("export {sequence} was bound and is not there")))
    }

    fn free_file_name(&self, now: Instant, kind: Kind, sequence: u64) -> Result<String, LedgerError> {
        let plain = file_name(now, kind);
        let taken = self.run_one("SELECT 1 FROM export WHERE file_name = ?1", params![plain.as_str()])?;
        Ok(if taken.is_some() { file_name_with_sequence(now, kind, sequence) } else { plain })
    }

    /// That there was nothing is a fact, of which the alert `export-empty` tells people.
    fn record_empty_run(&self, now: Instant, cause: Cause) -> Result<(), LedgerError> {
        self.run(
            "INSERT INTO export_run (started_at_ms, finished_at_ms, cause, outcome)
             VALUES (?1, ?1, ?2, 'nothing-to-export')",
            params![now, cause.as_str()],
        )
        .map(drop)
    }
}
