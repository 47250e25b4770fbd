//! The move itself, from the first row to the last check.

use std::path::Path;

use tollbooth_ledger::moving::Standing;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_object_store::Address;
use tollbooth_pipeline::Instant;

use crate::files::{FileReport, Files};
use crate::source::Source;
use crate::target::Target;
use crate::verify::{Verified, verify};
use crate::{Changes, Kind, RelocationError};

/// What is to be moved where.
pub struct Plan<'a> {
    /// The ledger's file.
    pub ledger: &'a Path,
    /// The file with photos and published files, and the bucket they are moved to; none leaves them where they are.
    pub files: Option<(&'a Path, Kind, &'a Address)>,
    /// What components may do in the database, as statements; given when everything is moved.
    pub grants: &'a str,
    /// Copy what is there now and stop: the application goes on at the old place, and a later run has less to do.
    pub only_ahead: bool,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Photos and published files are copied.
    Files,
    /// The rows of a table are copied.
    Copying(&'a str),
    /// The rows of a table are compared.
    Comparing(&'a str),
    /// From here on nobody writes to the source.
    WritersAreOut,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Rows that this run wrote.
    pub changes: Changes,
    /// Photos and published files.
    pub files: FileReport,
    /// What both sides have; none when only ahead was copied.
    pub verified: Option<Verified>,
}

/// Moves a ledger, or goes on moving it. `told` hears of each step how much of it is done, and of how much.
///
/// # Errors
/// [`RelocationError`]; the same call goes on later.
pub fn relocate(
    plan: &Plan<'_>,
    target: &PostgresDb,
    now: Instant,
    told: &mut dyn FnMut(Step<'_>, u64, u64),
) -> Result<Report, RelocationError> {
    let source = Source::open(plan.ledger)?;
    let target = Target::claim(target, &source, now)?;
    let files = plan.files.map(|(store, kind, address)| Files::new(store, kind, address));
    let mut report = Report { changes: Changes::default(), files: FileReport::default(), verified: None };
    if source.standing == Standing::Open {
        // Beside the application. The ledger first: whatever it names then is in the store already.
        source.snapshot()?;
        report.changes.add(target.align(&source, &mut |table, done, total| told(Step::Copying(table), done, total))?);
        source.let_go()?;
        report.files = copied(files.as_ref(), told)?;
    }
    if plan.only_ahead {
        return Ok(report);
    }
    told(Step::WritersAreOut, 0, 0);
    source.keep_writers_out()?;
    source.snapshot()?;
    report.changes.add(target.align(&source, &mut |table, done, total| told(Step::Copying(table), done, total))?);
    source.let_go()?;
    let last = copied(files.as_ref(), told)?;
    // What this run copied a moment ago is there by now, and counted once.
    let there = last.there.saturating_sub(report.files.copied);
    report.files = FileReport { copied: report.files.copied + last.copied, there };
    report.verified =
        Some(verify(&source, &target, &mut |table, done, total| told(Step::Comparing(table), done, total))?);
    source.seal()?;
    target.open_up(plan.grants)?;
    Ok(report)
}

fn copied(files: Option<&Files<'_>>, told: &mut dyn FnMut(Step<'_>, u64, u64)) -> Result<FileReport, RelocationError> {
    files.map_or(Ok(FileReport::default()), |files| files.copy(&mut |done, total| told(Step::Files, done, total)))
}
