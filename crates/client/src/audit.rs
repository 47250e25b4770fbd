//! Whether everything that is stored agrees with everything that is written down.
//!
//! Reads only, in pages, so it can run beside everything else. An outage ends it with an error: it is never a finding.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::api::{Finding, STORED_DAMAGED};
use crate::delivery::chain::{Link, check_file};
use crate::delivery::lines::Lines;
use crate::progress::Progress;
use crate::standing::Standing;
use crate::{Api, ClientError};

/// Findings of one kind that are printed; more are counted.
const MAX_PRINTED: usize = 20;

/// A photo is stored before its passage is recorded, which may have to wait for the ledger for five seconds. One
/// without a passage is looked at again after this time.
pub const SECOND_LOOK: Duration = Duration::from_secs(8);

/// How an audit is made.
#[derive(Clone, Copy)]
pub struct AuditOptions<'a> {
    /// Where progress is shown.
    pub progress: &'a Progress,
    /// Wait before photos without a passage are looked at again; [`SECOND_LOOK`] unless nothing is being received.
    pub second_look: Duration,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// True when nothing at all was found.
    pub well: bool,
    /// Whether every hour at every booth closes, counted twice.
    pub balance_closes: bool,
    /// Hours and booths that do not.
    pub balance_violations: Vec<String>,
    /// Passages that were compared with their history, bill line and photo.
    pub passages: u64,
    /// What is wrong with them.
    pub passage_findings: Vec<Finding>,
    /// Photos in the store.
    pub photos: u64,
    /// Keys of those that belong to no passage: their cameras got no 2xx, and a resend adopts them.
    pub unreferenced_photos: Vec<String>,
    /// Keys of those that another photo outdid under one passage key at the same moment: answered `key-reused`, and no finding.
    pub outdone_photos: Vec<String>,
    /// Published exports whose file and manifest were checked.
    pub exports: u64,
    /// Gaps, broken links, files that are not what their manifest says, lines billed twice, corrections of no line.
    pub export_findings: Vec<String>,
    /// Export files and manifests in the store.
    pub stored_exports: u64,
    /// Keys of those that no export of the ledger accounts for: the ledger is older than what was published.
    pub unknown_exports: Vec<String>,
    /// Leases that ended long ago and that nobody took back.
    pub overdue_leases: u64,
}

impl Audit {
    /// Makes an audit, with an operator's token.
    ///
    /// # Errors
    /// As every route.
    pub fn make(api: &Api, options: &AuditOptions<'_>) -> Result<Self, ClientError> {
        let standing = Standing::ask(api)?;
        let (passages, passage_findings) = passages(api, options.progress)?;
        let (photos, unreferenced_photos, outdone_photos) = photos(api, options)?;
        let (exports, export_findings) = exports(api, options.progress)?;
        let (stored_exports, unknown_exports) = stored_exports(api)?;
        options.progress.finish();
        let mut audit = Self {
            well: false,
            balance_closes: standing.closes,
            balance_violations: standing.violations,
            passages,
            passage_findings,
            photos,
            unreferenced_photos,
            outdone_photos,
            exports,
            export_findings,
            stored_exports,
            unknown_exports,
            overdue_leases: standing.overdue_leases,
        };
        audit.well = audit.sound() && audit.unreferenced_photos.is_empty();
        Ok(audit)
    }

    /// Whether nothing was found but photos without a passage.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.balance_closes
            && self.passage_findings.is_empty()
            && self.export_findings.is_empty()
            && self.unknown_exports.is_empty()
            && self.overdue_leases == 0
    }
}

fn passages(api: &Api, progress: &Progress) -> Result<(u64, Vec<Finding>), ClientError> {
    let (mut checked, mut after, mut findings) = (0, 0, Vec::new());
    loop {
        let page = api.inspect_passages(after)?;
        checked += page.checked;
        findings.extend(page.findings);
        progress.set(checked);
        match page.next {
            // A cursor that does not move would go on for ever.
            Some(next) if next > after => after = next,
            Some(_) | None => return Ok((checked, findings)),
        }
    }
}

/// Photos in the store, and those that no passage names at two looks.
fn photos(api: &Api, options: &AuditOptions<'_>) -> Result<(u64, Vec<String>, Vec<String>), ClientError> {
    let first = stray(api)?;
    if first.unreferenced.is_empty() {
        return Ok((first.total, Vec::new(), first.outdone));
    }
    std::thread::sleep(options.second_look);
    let second = stray(api)?;
    let unreferenced = first.unreferenced.intersection(&second.unreferenced).cloned().collect();
    Ok((second.total, unreferenced, second.outdone))
}

/// What one look at all photos found.
#[derive(Default)]
struct Stray {
    total: u64,
    unreferenced: BTreeSet<String>,
    outdone: Vec<String>,
}

fn stray(api: &Api) -> Result<Stray, ClientError> {
    let (mut after, mut found) = (None::<String>, Stray::default());
    loop {
        let page = api.inspect_photos(after.as_deref())?;
        found.total += page.checked;
        found.unreferenced.extend(page.unreferenced);
        found.outdone.extend(page.outdone);
        match page.next {
            // What is in a cursor is the store's affair; one that does not move would go on for ever.
            Some(next) if after.as_ref() != Some(&next) => after = Some(next),
            Some(_) | None => return Ok(found),
        }
    }
}

fn stored_exports(api: &Api) -> Result<(u64, Vec<String>), ClientError> {
    let (mut total, mut after, mut found) = (0, None::<String>, Vec::new());
    loop {
        let page = api.inspect_exports(after.as_deref())?;
        total += page.checked;
        found.extend(page.unknown);
        match page.next {
            // What is in a cursor is the store's affair; one that does not move would go on for ever.
            Some(next) if after.as_ref() != Some(&next) => after = Some(next),
            Some(_) | None => return Ok((total, found)),
        }
    }
}

/// Follows the chain of manifests from the first export on. What comes after a broken link cannot be trusted.
fn exports(api: &Api, progress: &Progress) -> Result<(u64, Vec<String>), ClientError> {
    let (mut checked, mut findings) = (0, Vec::new());
    let mut link = Link::genesis();
    let mut lines = Lines::default();
    for export in api.exports_after(0)? {
        let name = format!("export {}", export.sequence);
        let (manifest, next) = match link.next(export.sequence, &api.export_manifest(export.sequence)?) {
            Ok(found) => found,
            Err(broken) => {
                findings.push(format!("{name}: {broken}; what comes after it was not checked"));
                break;
            }
        };
        match api.export_file(export.sequence) {
            Ok(file) => match check_file(&manifest, &file) {
                Ok(()) => {
                    findings.extend(lines.take(&manifest, &file).findings.iter().map(|what| format!("{name}: {what}")));
                }
                Err(other) => findings.push(format!("{name}: {other}")),
            },
            // The server looked itself, and found that the file is not there, or not what was published.
            Err(ClientError::ServerFailed { problem, .. }) if problem.slug() == STORED_DAMAGED => {
                findings.push(format!("{name}: {problem}"));
            }
            Err(other) => return Err(other),
        }
        checked += 1;
        progress.step();
        link = next;
    }
    Ok((checked, findings))
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "balance   {}", if self.balance_closes { "closes" } else { "DOES NOT CLOSE" })?;
        list(f, &self.balance_violations)?;
        let findings: Vec<_> = self
            .passage_findings
            .iter()
            .map(|found| format!("{}: {}: {}", found.passage, found.finding, found.detail))
            .collect();
        writeln!(
            f,
            "passages  {} checked with history, bill line and photo, {} findings",
            self.passages,
            findings.len()
        )?;
        list(f, &findings)?;
        writeln!(f, "photos    {} stored, {} belong to no passage", self.photos, self.unreferenced_photos.len())?;
        list(f, &self.unreferenced_photos)?;
        if !self.outdone_photos.is_empty() {
            writeln!(
                f,
                "          {} were refused, as another came first under the same key",
                self.outdone_photos.len()
            )?;
            list(f, &self.outdone_photos)?;
        }
        writeln!(f, "exports   {} checked in one chain, {} findings", self.exports, self.export_findings.len())?;
        list(f, &self.export_findings)?;
        writeln!(
            f,
            "stored    {} export files and manifests, {} of no export that this ledger knows",
            self.stored_exports,
            self.unknown_exports.len()
        )?;
        list(f, &self.unknown_exports)?;
        writeln!(f, "leases    {} overdue", self.overdue_leases)?;
        write!(f, "{}", if self.well { "all is well" } else { "NOT ALL IS WELL" })
    }
}

fn list(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    for line in lines.iter().take(MAX_PRINTED) {
        writeln!(f, "  {line}")?;
    }
    if lines.len() > MAX_PRINTED {
        writeln!(f, "  … and {} more; --json lists all", lines.len() - MAX_PRINTED)?;
    }
    Ok(())
}
