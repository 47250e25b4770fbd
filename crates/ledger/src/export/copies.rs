//! Copies of exports: the same lines in other columns, for readers who are not billing.
//!
//! Invariants: a copy of an export is published once, in sequence, after its export; what it says of itself, and of the
//! export that it is a copy of, is checked before. Nothing is bound for it and no passage changes: its lines are those of a
//! published export, which never change, so a run that dies leaves nothing behind but what the next one makes again.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{BILLING, CopyMark, CopyProfile, GENESIS_SHA256, Manifest, Profile};
use tollbooth_pipeline::settings::Settings;

use super::described::described;
use super::{Artefact, Cause, Export, Refusal, export};
use crate::Ledger;
use crate::clock::CLOCK_SLACK_MS;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::passages::MAX_PAGE;
use crate::scope::Scope;
use crate::setting::in_force;

/// The columns of an export, of its copy where the two differ.
const SELECT: &str = "SELECT e.sequence, 1, e.kind, e.cause, c.columns, e.keying_rules, e.file_name, e.row_count,
    e.window_from_ms, e.window_to_ms, e.bound_at_ms, c.published_at_ms, c.sha256, c.bytes, before.manifest_sha256, c.manifest_sha256,
    c.manifest, 0, 0, NULL
    FROM export_copy c JOIN export e ON e.sequence = c.export_sequence
    LEFT JOIN export_copy before ON before.profile = c.profile AND before.export_sequence = c.export_sequence - 1";

const LAST: &str = "SELECT export_sequence, manifest_sha256, published_at_ms FROM export_copy WHERE profile = +?1
    ORDER BY export_sequence DESC LIMIT 1";

/// Lines of an adopted export that this ledger has no passage for, or of which it does not know at which row they stand.
const MISSING: &str = "SELECT (SELECT count(*) FROM adopted_line b INDEXED BY adopted_line_open
        WHERE b.settled = 0 AND b.export_sequence = ?1)
    + (SELECT count(*) FROM adopted_correction c WHERE c.settled = 0 AND c.export_sequence = ?1)
    + (SELECT count(*) FROM adopted_line b WHERE b.settled = 1 AND b.export_sequence = ?1 AND b.file_row IS NULL)
    + (SELECT count(*) FROM adopted_correction c WHERE c.settled = 1 AND c.export_sequence = ?1 AND c.file_row IS NULL)";

/// What comes next for a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The settings name no such copy.
    NotNamed,
    /// Every published export is copied.
    UpToDate,
    /// The next is due at this time.
    NotDue(Instant),
    /// This one must be rendered, stored and published.
    Proceed(Box<Task>),
}

/// A copy to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The copy as it will be, not published.
    pub export: Export,
    /// Hash of the manifest of billing's export.
    pub of_manifest_sha256: String,
    /// Lines of the export that this ledger does not have, or not with their row: it was taken over after a restore.
    pub missing: u32,
}

/// How a profile stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileStanding {
    /// `billing`, or the name of a copy.
    pub name: String,
    /// What its next file shows.
    pub columns: String,
    /// The setting, in minutes.
    pub interval_minutes: u64,
    /// Whether files are made: false for a copy that the settings name no more.
    pub named: bool,
    /// The last published export; 0 for none.
    pub published_through: u64,
    /// When that was published.
    pub published_at: Option<Instant>,
    /// Published exports that are not copied; 0 for billing.
    pub waiting: u64,
    /// When the next file is due; none when there is nothing to copy.
    pub due_at: Option<Instant>,
    /// Lines of the next export that this ledger does not have, or not with their row: the copy waits for them.
    pub missing: u32,
}

struct Last {
    sequence: u64,
    manifest_sha256: String,
    published_at: Option<Instant>,
}

impl<D: Db> Ledger<D> {
    /// The published copy of an export.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export_copy(&self, profile: &str, sequence: u64) -> Result<Option<Export>, LedgerError> {
        let sql = format!("{SELECT} WHERE c.profile = +?1 AND c.export_sequence = +?2");
        self.run_one(&sql, params![profile, sequence])?.map(|row| copy(profile, row)).transpose()
    }

    /// Published copies after `after`, in sequence.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn published_copies(&self, profile: &str, after: u64, limit: u32) -> Result<Vec<Export>, LedgerError> {
        let sql = format!(
            "{SELECT} WHERE c.profile = +?1 AND c.export_sequence > +?2 ORDER BY c.profile, c.export_sequence LIMIT +?3"
        );
        let rows = self.run(&sql, params![profile, after, limit.min(MAX_PAGE)])?;
        rows.into_iter().map(|row| copy(profile, row)).collect()
    }

    /// The next export to be copied for a profile, when it is time to or somebody asked. Changes nothing.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn next_copy(&self, now: Instant, profile: &str, cause: Cause) -> Result<Next, LedgerError> {
        self.read(|| {
            let settings = in_force(&self.changed_settings()?)?;
            let Some(wanted) = settings.export_copies.get(profile) else { return Ok(Next::NotNamed) };
            let last = self.last_copy(profile)?;
            let of = self.export(last.sequence + 1)?.filter(|export| export.published);
            let Some((of, of_manifest_sha256)) =
                of.and_then(|of| of.manifest_sha256.clone().map(|sha256| (of, sha256)))
            else {
                return Ok(Next::UpToDate);
            };
            let due = due_at(wanted, &of, now);
            if cause == Cause::Scheduled && due > now {
                return Ok(Next::NotDue(due));
            }
            let missing = self.lines_missing(of.sequence)?;
            let export = Export {
                copy: Some(wanted.name.clone()),
                profile: wanted.columns.as_str().to_owned(),
                published: false,
                published_at: None,
                sha256: None,
                bytes: None,
                previous_manifest_sha256: Some(last.manifest_sha256),
                manifest_sha256: None,
                manifest: None,
                ..of
            };
            Ok(Next::Proceed(Box::new(Task { export, of_manifest_sha256, missing })))
        })
    }

    /// Publishes the copy of an export. Idempotent for the same artefact.
    ///
    /// # Errors
    /// [`Refusal`]; `Damaged` for a manifest that does not describe a copy of this export for this profile.
    pub fn publish_copy(
        &self,
        now: Instant,
        actor: &Actor,
        profile: &str,
        sequence: u64,
        artefact: &Artefact,
    ) -> Result<Export, Failure<Refusal>> {
        self.write(Scope::Export, || {
            let of = self.export(sequence)?.filter(|export| export.published);
            let of = of.ok_or(Failure::Refused(Refusal::NotFound))?;
            if let Some(before) = self.export_copy(profile, sequence)? {
                let same = before.manifest_sha256.as_deref() == Some(artefact.manifest_sha256.as_str());
                return if same { Ok(before) } else { Err(Failure::Refused(Refusal::DifferentContent)) };
            }
            let last = self.last_copy(profile)?;
            let manifest = of_copy(profile, &of, artefact)?;
            if sequence != last.sequence + 1 || manifest.previous_manifest_sha256 != last.manifest_sha256 {
                return Err(Failure::Refused(Refusal::OutOfOrder));
            }
            self.run(
                "INSERT INTO export_copy (profile, export_sequence, columns, published_at_ms, sha256, bytes, manifest,
                     manifest_sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    profile,
                    sequence,
                    manifest.profile.as_str(),
                    now,
                    artefact.sha256.as_str(),
                    artefact.bytes,
                    artefact.manifest.as_str(),
                    artefact.manifest_sha256.as_str(),
                ],
            )?;
            let detail = json!({ "export": sequence, "profile": profile, "sha256": artefact.sha256 });
            self.append_general(&NewEvent { at: now, kind: EventKind::ExportCopied, actor, detail }, None)?;
            let published = self.export_copy(profile, sequence)?;
            Ok(published.ok_or_else(|| LedgerError::Damaged(format!("the copy of export {sequence} vanished")))?)
        })
    }

    /// How every profile stands: billing's, the copies that are named, and those that were.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn export_profiles(&self, now: Instant) -> Result<Vec<ProfileStanding>, LedgerError> {
        self.read(|| {
            let settings = in_force(&self.changed_settings()?)?;
            self.profiles_standing(now, &settings)
        })
    }

    /// The same, inside a transaction.
    pub(crate) fn profiles_standing(
        &self,
        now: Instant,
        settings: &Settings,
    ) -> Result<Vec<ProfileStanding>, LedgerError> {
        let last = self.run_one(
            "SELECT sequence, published_at_ms FROM export WHERE state = 'published' ORDER BY sequence DESC LIMIT 1",
            &[],
        )?;
        let (through, published_at) = match last.map(crate::db::Row::columns) {
            Some(mut columns) => (columns.number()?, columns.opt_integer()?),
            None => (0, None),
        };
        let mut found = vec![ProfileStanding {
            name: BILLING.to_owned(),
            columns: settings.export_profile.clone(),
            interval_minutes: settings.export_interval_minutes,
            named: true,
            published_through: through,
            published_at,
            waiting: 0,
            due_at: Some(self.export_schedule(now)?.due_at),
            missing: 0,
        }];
        for copy in &settings.export_copies.0 {
            found.push(self.copy_standing(now, through, copy)?);
        }
        let rows = self.run("SELECT profile FROM export_copy WHERE export_sequence = 1 ORDER BY profile", &[])?;
        for row in rows {
            let name = row.columns().text()?;
            if settings.export_copies.get(&name).is_none() {
                let standing = self.copy_standing(
                    now,
                    through,
                    // What is named no more has no interval.
                    &CopyProfile { name, columns: Profile::Lab, interval_minutes: 0 },
                )?;
                let last = self.export_copy(&standing.name, standing.published_through)?;
                found.push(ProfileStanding {
                    columns: last.map_or(standing.columns.clone(), |last| last.profile),
                    named: false,
                    waiting: 0,
                    due_at: None,
                    missing: 0,
                    ..standing
                });
            }
        }
        Ok(found)
    }

    fn copy_standing(&self, now: Instant, through: u64, copy: &CopyProfile) -> Result<ProfileStanding, LedgerError> {
        let last = self.last_copy(&copy.name)?;
        let next = self.export(last.sequence + 1)?.filter(|export| export.published);
        let missing = next.as_ref().map_or(Ok(0), |next| self.lines_missing(next.sequence))?;
        Ok(ProfileStanding {
            name: copy.name.clone(),
            columns: copy.columns.as_str().to_owned(),
            interval_minutes: u64::from(copy.interval_minutes),
            named: true,
            published_through: last.sequence,
            published_at: last.published_at,
            waiting: through.saturating_sub(last.sequence),
            due_at: next.map(|next| due_at(copy, &next, now)),
            missing,
        })
    }

    fn lines_missing(&self, sequence: u64) -> Result<u32, LedgerError> {
        self.run_one(MISSING, params![sequence])?.map_or(Ok(0), |row| row.columns().number())
    }

    /// Whether a stored file of an export is that of a copy, or may be the one of a copy that is being made.
    pub(super) fn may_be_a_copy(&self, sequence: u64, sha256: &str) -> Result<bool, LedgerError> {
        let row = self.run_one(
            "SELECT 1 FROM export_copy WHERE export_sequence = +?1 AND sha256 = +?2 LIMIT 1",
            params![sequence, sha256],
        )?;
        if row.is_some() {
            return Ok(true);
        }
        for copy in &in_force(&self.changed_settings()?)?.export_copies.0 {
            if self.last_copy(&copy.name)?.sequence < sequence {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn last_copy(&self, profile: &str) -> Result<Last, LedgerError> {
        let Some(row) = self.run_one(LAST, params![profile])? else {
            return Ok(Last { sequence: 0, manifest_sha256: GENESIS_SHA256.to_owned(), published_at: None });
        };
        let mut columns = row.columns();
        Ok(Last { sequence: columns.number()?, manifest_sha256: columns.text()?, published_at: columns.opt_integer()? })
    }
}

/// When the copy of an export is due. One published at a time that lies ahead was timed by a clock that has been set back
/// since: it is due at once.
fn due_at(copy: &CopyProfile, of: &Export, now: Instant) -> Instant {
    match of.published_at {
        Some(at) if at <= now.saturating_add(CLOCK_SLACK_MS) => copy.due_at(at),
        Some(_) | None => now,
    }
}

/// A row of [`SELECT`].
fn copy(profile: &str, row: Row) -> Result<Export, LedgerError> {
    Ok(Export { copy: Some(profile.to_owned()), ..export(row)? })
}

/// The manifest, when it describes this copy of this export.
fn of_copy(profile: &str, of: &Export, artefact: &Artefact) -> Result<Manifest, LedgerError> {
    let wrong = |what: &str| {
        let sequence = of.sequence;
        LedgerError::Damaged(format!(
            "the manifest does not describe a copy of export {sequence} for {profile}: {what}"
        ))
    };
    let manifest = described(of, artefact).map_err(|what| wrong(&what))?;
    let mark = of
        .manifest_sha256
        .clone()
        .map(|of_manifest_sha256| CopyMark { profile: profile.to_owned(), of_manifest_sha256 });
    if manifest.copy != mark {
        return Err(wrong("it is none, or one of another export"));
    }
    if manifest.profile.parse::<Profile>().is_err() {
        return Err(wrong("its columns are not known"));
    }
    Ok(manifest)
}
