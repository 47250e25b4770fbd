//! From one bound export to a published file: rows, render, store, publish.
//!
//! Rendering is a pure function of the bound rows and the export's own record, and the file is stored under its
//! digest, so whoever repeats this, also at the same time, arrives at the same file.

use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export::{BillLine, Content, ExportObject, Kind, Manifest, Profile, render};
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_ports::exports;
use tollbooth_ports::failures::StoreFailure;
use tollbooth_ports::ledger::export_protocol::{self, Artefact, ExportEntry, PublishFailure, Row};
use tollbooth_ports::types::Actor;
use tollbooth_web::now;

use crate::corrections;
use crate::run::RunError;
use crate::variable::{self, Unreadable};

/// Bill lines fetched at a time.
const PAGE_ROWS: u32 = 1_000;

/// What became of an export.
pub enum Publication {
    /// Billing sees it.
    Published(Box<ExportEntry>),
    /// Somebody else published meanwhile: begin again.
    Overtaken,
}

/// Publishes one bound export.
pub fn publish(actor: &Actor, entry: &ExportEntry) -> Result<Publication, RunError> {
    let Some(previous) = entry.previous_manifest_sha256.clone() else {
        return Ok(Publication::Overtaken);
    };
    let kind: Kind = entry.kind.parse().map_err(|e| defect(entry, format!("has a bad kind: {e}")))?;
    let profile: Profile = entry.profile.parse().map_err(|e| defect(entry, format!("has a bad profile: {e}")))?;
    let file = match kind {
        Kind::Lines => render(profile, &lines(entry)?, &photo_base()?)?,
        Kind::Corrections => corrections::file(entry)?,
    };
    let sha256 = sha256_hex(&file);
    exports::put(&ExportObject::File { sequence: entry.sequence, sha256: &sha256 }.key(), &file)?;

    let bytes = file.len() as u64;
    let manifest = manifest(entry, kind, previous, bytes, &sha256)
        .to_json()
        .map_err(|e| defect(entry, format!("has a manifest that cannot be written: {e}")))?;
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    let rendered = Artefact { sha256, bytes, manifest, manifest_sha256 };
    let artefact = keep(entry, rendered, &file)?;
    match export_protocol::publish(now(), actor, entry.sequence, &artefact) {
        Ok(published) => Ok(Publication::Published(Box::new(published))),
        Err(PublishFailure::OutOfOrder) => Ok(Publication::Overtaken),
        Err(PublishFailure::NotFound) => Err(defect(entry, "was bound and is not known any more".to_owned())),
        Err(PublishFailure::DifferentContent) => {
            Err(defect(entry, "was published before with another file".to_owned()))
        }
        Err(PublishFailure::Ledger(failure)) => Err(failure.into()),
    }
}

/// Stores the manifest, so that an older ledger is found out. When one is stored already, whoever was here before may
/// have published it: what it describes is published again, or nothing.
fn keep(entry: &ExportEntry, rendered: Artefact, file: &[u8]) -> Result<Artefact, RunError> {
    let key = ExportObject::Manifest { sequence: entry.sequence }.key();
    match exports::put(&key, rendered.manifest.as_bytes()) {
        Ok(()) => Ok(rendered),
        Err(StoreFailure::DifferentContent) => stored(entry, &key, &rendered, file)?
            .ok_or_else(|| defect(entry, "is stored with other lines than it binds: run `tollbooth audit`".to_owned())),
        Err(failure) => Err(failure.into()),
    }
}

/// What is stored of an export, when it says the same as what was rendered now. It may differ in what no bill depends
/// on: the photos' address in the full profile, when `public_url` was changed after a crash.
fn stored(entry: &ExportEntry, key: &str, rendered: &Artefact, file: &[u8]) -> Result<Option<Artefact>, RunError> {
    let Some(manifest) = exports::get(key)?.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(None) };
    let parse = |text: &str| serde_json::from_str::<Manifest>(text).ok();
    let (Some(theirs), Some(ours)) = (parse(&manifest), parse(&rendered.manifest)) else { return Ok(None) };
    let object = ExportObject::File { sequence: entry.sequence, sha256: &theirs.sha256 };
    let Some(found) = exports::get(&object.key())? else { return Ok(None) };
    let described = Manifest { sha256: theirs.sha256.clone(), bytes: theirs.bytes, ..ours } == theirs;
    let whole = sha256_hex(&found) == theirs.sha256 && found.len() as u64 == theirs.bytes;
    let read = |bytes: &[u8]| Content::read(theirs.kind, bytes).ok();
    let same = described && whole && read(&found).is_some_and(|content| read(file) == Some(content));
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    Ok(same.then_some(Artefact { sha256: theirs.sha256, bytes: theirs.bytes, manifest, manifest_sha256 }))
}

fn lines(entry: &ExportEntry) -> Result<Vec<BillLine>, RunError> {
    let mut lines = Vec::with_capacity(usize::try_from(entry.rows).unwrap_or(0));
    let mut after = 0;
    loop {
        let page = export_protocol::rows(entry.sequence, after, PAGE_ROWS)?;
        let Some(last) = page.last() else { break };
        after = last.line;
        lines.extend(page.into_iter().map(bill_line));
    }
    if lines.len() as u64 != u64::from(entry.rows) {
        return Err(defect(entry, format!("binds {} rows, but {} were found", entry.rows, lines.len())));
    }
    Ok(lines)
}

fn bill_line(row: Row) -> BillLine {
    BillLine {
        passage: row.passage,
        booth: row.booth,
        lane: row.lane,
        plate: row.plate,
        jurisdiction: row.jurisdiction,
        jurisdiction_source: row.jurisdiction_source,
        captured_at: row.captured_at,
        captured_at_instant: row.captured_at_instant,
        decided_by: row.decided_by,
        confidence: row.confidence,
        photo_name: row.photo_name,
    }
}

fn manifest(entry: &ExportEntry, kind: Kind, previous_manifest_sha256: String, bytes: u64, sha256: &str) -> Manifest {
    Manifest {
        sequence: entry.sequence,
        kind,
        file_name: entry.file_name.clone(),
        profile: entry.profile.clone(),
        rows: entry.rows,
        bytes,
        sha256: sha256.to_owned(),
        window_from: entry.window_from.map(rfc3339),
        window_to: rfc3339(entry.window_to),
        previous_manifest_sha256,
    }
}

/// What precedes a photo's name in the full profile: absolute where the operator named the public address.
fn photo_base() -> Result<String, Unreadable> {
    Ok(format!("{}/v1/photos/", variable::read("public_url")?.trim_end_matches('/')))
}

pub fn defect(entry: &ExportEntry, what: String) -> RunError {
    RunError::Defect(format!("export {} {what}", entry.sequence))
}
