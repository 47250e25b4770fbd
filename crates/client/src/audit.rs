//! Whether everything that is stored agrees with everything that is written down.
//!
//! Reads only, in pages, so it can run beside everything else. An outage ends it with an error: it is never a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Read, Seek as _};
use std::time::Duration;

use serde::Serialize;
use tollbooth_pipeline::export::{BILLING, ContentReader, CopyMark, ExportObject, Manifest};
use tollbooth_pipeline::ident::Digester;

use crate::api::{ExportProfile, Finding, STORED_DAMAGED};
use crate::delivery::chain::Link;
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
    /// Exports, and copies of them, whose file is lost and was given up: known, and no finding.
    pub given_up: Vec<String>,
    /// Copies of exports whose file and manifest were checked.
    pub copies: u64,
    /// The same for them, and copies that are not of the lines of their export.
    pub copy_findings: Vec<String>,
    /// Export files and manifests in the store.
    pub stored_exports: u64,
    /// Keys of those that no export of the ledger accounts for: the ledger is older than what was published.
    pub unknown_exports: Vec<String>,
    /// Keys of files under the number of an export that was published with another file: an exporter that was overtaken, or died,
    /// stored them before that. No manifest names them, nobody was shown them, and they are no finding.
    pub unpublished_files: Vec<String>,
    /// Leases that ended long ago and that nobody took back.
    pub overdue_leases: u64,
}

impl Audit {
    /// Makes an audit, with an operator's token.
    ///
    /// # Errors
    /// As every route.
    pub fn make(api: &Api, options: &AuditOptions<'_>) -> Result<Self, ClientError> {
        let standing = Standing::ask(api, None)?;
        let (passages, passage_findings) = passages(api, options.progress)?;
        let (photos, unreferenced_photos, outdone_photos) = photos(api, options)?;
        let copied: Vec<_> = api.export_profiles()?.into_iter().filter(|one| one.name != BILLING).collect();
        let billed = exports(api, "export", !copied.is_empty(), options.progress)?;
        let Copied { checked: copies, findings: copy_findings, given_up } =
            copies(api, &copied, &billed, options.progress)?;
        let (stored_exports, unknown) = stored_exports(api)?;
        let (unpublished_files, unknown_exports) =
            unknown.into_iter().partition(|key| is_unpublished(key, billed.checked));
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
            exports: billed.checked,
            given_up: billed.given_up.keys().map(|sequence| format!("export {sequence}")).chain(given_up).collect(),
            export_findings: billed.findings,
            copies,
            copy_findings,
            stored_exports,
            unknown_exports,
            unpublished_files,
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
            && self.copy_findings.is_empty()
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

/// Whether a key that no export accounts for is that of a file whose number this ledger published with another one. The
/// manifest is stored before that, under the number alone, and never replaced: so no other ledger published the file.
fn is_unpublished(key: &str, published_through: u64) -> bool {
    match ExportObject::of_key(key) {
        Some(ExportObject::File { sequence, .. } | ExportObject::Index { sequence, .. }) => {
            sequence <= published_through
        }
        Some(_) | None => false,
    }
}

/// Follows the chain of manifests from the first export on. What comes after a broken link cannot be trusted.
fn exports(api: &Api, what: &str, remember: bool, progress: &Progress) -> Result<Chain, ClientError> {
    let (mut checked, mut findings) = (0, Vec::new());
    let (mut held, mut given_up) = (BTreeMap::new(), BTreeMap::new());
    let mut link = Link::genesis();
    let mut lines = Lines::default();
    for export in api.exports_after(0)? {
        let name = format!("{what} {}", export.sequence);
        let (manifest, next) = match link.next(export.sequence, &api.export_manifest(export.sequence)?) {
            Ok(found) => found,
            Err(broken) => {
                findings.push(format!("{name}: {broken}; what comes after it was not checked"));
                break;
            }
        };
        let mut file = tempfile::tempfile().map_err(ClientError::file("write", "a copy"))?;
        match api.export_file_to(export.sequence, &manifest, &mut file) {
            Ok(Ok(())) => {
                file.rewind().map_err(ClientError::file("read", "a copy"))?;
                if remember {
                    held.insert(export.sequence, Held::of(&manifest, &next, &mut file));
                    file.rewind().map_err(ClientError::file("read", "a copy"))?;
                }
                let taken = lines.take(&name, &manifest, file)?;
                findings.extend(taken.findings.iter().map(|what| format!("{name}: {what}")));
            }
            Ok(Err(other)) => {
                lines.miss(export.sequence);
                findings.push(format!("{name}: {other}"));
            }
            Err(released) if released.is_given_up_file() => {
                lines.miss(export.sequence);
                given_up.insert(export.sequence, Held::given_up(&manifest, &next));
            }
            // The server looked itself, and found that the file is not there, or not what was published.
            Err(ClientError::ServerFailed { problem, .. }) if problem.slug() == STORED_DAMAGED => {
                lines.miss(export.sequence);
                findings.push(format!("{name}: {problem}"));
            }
            Err(other) => return Err(other),
        }
        checked += 1;
        progress.step();
        link = next;
    }
    findings.extend(lines.findings()?);
    Ok(Chain { checked, findings, held, given_up })
}

/// What a chain of exports is.
struct Chain {
    checked: u64,
    findings: Vec<String>,
    /// By sequence, of the exports whose file is the one described.
    held: BTreeMap<u64, Held>,
    /// The same of those whose file is lost and was given up: known, and no finding.
    given_up: BTreeMap<u64, Held>,
}

/// What a copy and its export must agree in.
struct Held {
    manifest_sha256: String,
    copy: Option<CopyMark>,
    /// Digest of the passages in their order; none for a file that cannot be read, which is a finding already, and for one that
    /// was given up.
    passages: Option<String>,
}

impl Held {
    fn of(manifest: &Manifest, link: &Link, file: impl Read) -> Self {
        let mut digest = Digester::default();
        let mut sound = true;
        for piece in ContentReader::new(manifest.kind, file) {
            match piece {
                Ok(piece) => digest.take(format!("{}\n", piece.content.passages().join("\n")).as_bytes()),
                Err(_) => sound = false,
            }
        }
        Self {
            manifest_sha256: link.sha256.clone(),
            copy: manifest.copy.clone(),
            passages: sound.then(|| digest.hex()),
        }
    }

    fn given_up(manifest: &Manifest, link: &Link) -> Self {
        Self { manifest_sha256: link.sha256.clone(), copy: manifest.copy.clone(), passages: None }
    }
}

/// What all copies are.
#[derive(Default)]
struct Copied {
    checked: u64,
    findings: Vec<String>,
    given_up: Vec<String>,
}

/// Every copy: a chain of its own, and of exactly the lines of the export that it names.
fn copies(api: &Api, profiles: &[ExportProfile], billed: &Chain, progress: &Progress) -> Result<Copied, ClientError> {
    let Copied { mut checked, mut findings, mut given_up } = Copied::default();
    for profile in profiles.iter().filter(|profile| profile.published_through > 0) {
        let name = format!("copy `{}` of export", profile.name);
        let chain = exports(&api.of_profile(&profile.name), &name, true, progress)?;
        checked += chain.checked;
        findings.extend(chain.findings);
        given_up.extend(chain.given_up.keys().map(|sequence| format!("{name} {sequence}")));
        for (sequence, copy) in chain.held.iter().chain(&chain.given_up) {
            let of = billed.held.get(sequence).or_else(|| billed.given_up.get(sequence));
            // Their manifests must agree all the same.
            let is_given_up = billed.given_up.contains_key(sequence) || chain.given_up.contains_key(sequence);
            let mark =
                of.map(|of| CopyMark { profile: profile.name.clone(), of_manifest_sha256: of.manifest_sha256.clone() });
            if of.is_none() {
                findings.push(format!("{name} {sequence}: the export itself is not there as it was published"));
            } else if copy.copy != mark {
                findings.push(format!("{name} {sequence}: its manifest says that it is a copy of something else"));
            } else if !is_given_up && copy.passages != of.and_then(|of| of.passages.clone()) {
                findings.push(format!("{name} {sequence}: it has other passages than the export"));
            }
        }
    }
    Ok(Copied { checked, findings, given_up })
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
        if !self.given_up.is_empty() {
            writeln!(f, "          {} files are lost and were given up", self.given_up.len())?;
            list(f, &self.given_up)?;
        }
        if self.copies > 0 || !self.copy_findings.is_empty() {
            writeln!(
                f,
                "copies    {} checked against their exports, {} findings",
                self.copies,
                self.copy_findings.len()
            )?;
            list(f, &self.copy_findings)?;
        }
        writeln!(
            f,
            "stored    {} export files and manifests, {} of no export that this ledger knows",
            self.stored_exports,
            self.unknown_exports.len()
        )?;
        list(f, &self.unknown_exports)?;
        if !self.unpublished_files.is_empty() {
            writeln!(
                f,
                "          {} files were stored by exporters that were overtaken, and published by nobody; they may be deleted",
                self.unpublished_files.len()
            )?;
            list(f, &self.unpublished_files)?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_under_a_published_number_is_nobodys_and_what_comes_after_the_last_is_a_newer_ledgers() {
        let sha256 = "ab".repeat(32);
        for (key, unpublished) in [
            (format!("exports/2/{sha256}.csv"), true),
            (format!("exports/2/{sha256}.index.json"), true),
            (format!("exports/3/{sha256}.csv"), false),
            ("exports/2/manifest.json".to_owned(), false),
            ("exports/2/stranger".to_owned(), false),
        ] {
            assert_eq!(is_unpublished(&key, 2), unpublished, "{key}");
        }
    }
}
