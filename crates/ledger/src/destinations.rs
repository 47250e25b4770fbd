//! How the places stand to which published files are delivered, as `tollbooth deliver` reports it.
//!
//! Invariants: one row a destination, and at most [`MOST_DESTINATIONS`] of them; a report says what is so now and replaces
//! the one before, so one that is lost costs nothing, and nothing grows with time. The ledger never tells a delivery what to
//! do: how far it is stays written beside it and at the destination, which is what survives a restore.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::destination::{DestinationKind, DestinationState, MOST_DESTINATIONS, Trouble, state};

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::{Failure, LedgerError};
use crate::event::Actor;
use crate::scope::Scope;

/// What is reported of a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Lower-case letters, digits and `-`.
    pub name: String,
    /// What it is.
    pub kind: DestinationKind,
    /// Whose files it gets: `billing`, or the name of a copy.
    pub profile: String,
    /// What is wrong; none: all is well.
    pub trouble: Option<Trouble>,
    /// Since when it fails; ignored when all is well.
    pub failing_since: Instant,
    /// Attempts in a row that failed.
    pub failures: u32,
    /// The last export that was delivered; 0 for none.
    pub delivered_through: u64,
    /// Exports that are published and not delivered, as far as is known.
    pub pending: u64,
    /// By when the next report is to be expected.
    pub next_report_at: Instant,
}

/// A destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// As it was last reported.
    pub report: Report,
    /// How it stands now.
    pub state: DestinationState,
    /// What was wrong last and when that was last reported, also when it is over.
    pub last_trouble: Option<(Trouble, Instant)>,
    /// When the last delivered export was first reported.
    pub delivered_at: Option<Instant>,
    /// When it was last reported.
    pub reported_at: Instant,
    /// By whose token.
    pub reported_by: String,
}

/// Why a report was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// So many destinations are known already.
    TooMany,
}

const REPORT: &str = "INSERT INTO destination (name, kind, profile, trouble, failing_since_ms, failures, last_trouble,
        last_trouble_at_ms, delivered_through, delivered_at_ms, pending, reported_at_ms, next_report_at_ms, reported_by)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, profile = excluded.profile, trouble = excluded.trouble,
        failing_since_ms = excluded.failing_since_ms, failures = excluded.failures,
        last_trouble = coalesce(excluded.last_trouble, destination.last_trouble),
        last_trouble_at_ms = coalesce(excluded.last_trouble_at_ms, destination.last_trouble_at_ms),
        delivered_through = excluded.delivered_through,
        delivered_at_ms = CASE WHEN excluded.delivered_through = destination.delivered_through
            AND excluded.profile = destination.profile THEN destination.delivered_at_ms ELSE excluded.delivered_at_ms END,
        pending = excluded.pending, reported_at_ms = excluded.reported_at_ms,
        next_report_at_ms = excluded.next_report_at_ms, reported_by = excluded.reported_by";

impl<D: Db> Ledger<D> {
    /// Takes a report, in place of the one before. Idempotent.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn report_destination(&self, now: Instant, actor: &Actor, report: &Report) -> Result<(), Failure<Refusal>> {
        // New ones are as rare as booths and tokens; how many there are must not change meanwhile.
        self.write(Scope::Admin, || {
            let row = self.run_one(
                "SELECT (SELECT count(*) FROM destination), EXISTS (SELECT 1 FROM destination WHERE name = ?1)",
                params![report.name.as_str()],
            )?;
            let (many, known) = match row.map(crate::db::Row::columns) {
                Some(mut columns) => (columns.number::<u32>()?, columns.flag()?),
                None => (0, false),
            };
            if !known && many >= MOST_DESTINATIONS {
                return Err(Failure::Refused(Refusal::TooMany));
            }
            let since = report.trouble.map(|_| report.failing_since.min(now));
            self.run(
                REPORT,
                params![
                    report.name.as_str(),
                    report.kind.as_str(),
                    report.profile.as_str(),
                    report.trouble.map(Trouble::as_str),
                    since,
                    report.failures,
                    report.trouble.map(|_| now),
                    report.delivered_through,
                    (report.delivered_through > 0).then_some(now),
                    report.pending,
                    now,
                    report.next_report_at,
                    actor.id.as_str(),
                ],
            )?;
            Ok(())
        })
    }

    /// Every destination, by name.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn destinations(&self, now: Instant) -> Result<Vec<Destination>, LedgerError> {
        let rows = self.run(
            "SELECT name, kind, profile, trouble, failing_since_ms, failures, delivered_through, pending,
                 next_report_at_ms, last_trouble, last_trouble_at_ms, delivered_at_ms, reported_at_ms, reported_by
             FROM destination ORDER BY name LIMIT +?1",
            params![MOST_DESTINATIONS],
        )?;
        rows.into_iter().map(|row| destination(row.columns(), now)).collect()
    }

    /// Forgets a destination that nothing is delivered to any more. False when there was none.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn forget_destination(&self, name: &str) -> Result<bool, LedgerError> {
        self.write(Scope::Admin, || {
            let gone = self.run("DELETE FROM destination WHERE name = ?1 RETURNING name", params![name])?;
            Ok(!gone.is_empty())
        })
    }
}

fn destination(mut columns: Columns, now: Instant) -> Result<Destination, LedgerError> {
    let name = columns.text()?;
    let (kind, profile) = (columns.parsed()?, columns.text()?);
    let trouble = columns.opt_parsed()?;
    let report = Report {
        name,
        kind,
        profile,
        trouble,
        failing_since: columns.opt_integer()?.unwrap_or_default(),
        failures: columns.number()?,
        delivered_through: columns.number()?,
        pending: columns.number()?,
        next_report_at: columns.integer()?,
    };
    Ok(Destination {
        state: state(report.trouble, report.next_report_at, now),
        report,
        last_trouble: columns.opt_parsed()?.zip(columns.opt_integer()?),
        delivered_at: columns.opt_integer()?,
        reported_at: columns.integer()?,
        reported_by: columns.text()?,
    })
}
