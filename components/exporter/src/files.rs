//! What billing sees: published exports, their files and manifests. Reads only.
//!
//! A bound export that is not published is shown to those who may ask for one, and to nobody else.

use tollbooth_pipeline::export::ExportObject;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::exports;
use tollbooth_ports::ledger::export_protocol::{self, ExportEntry};
use tollbooth_web::{Answer, Disposition, Kind, Problem, Request, Response, authorize};

use crate::views::{ExportView, Page};

/// `GET /v1/exports`: published ones, in sequence.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadExports)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let (after, limit) = (query.cursor("after")?.unwrap_or(0), query.limit()?);
    let entries = export_protocol::list_published(after, limit)?;
    let full = u32::try_from(entries.len()).is_ok_and(|found| found >= limit);
    let next = entries.last().map(|entry| entry.sequence).filter(|_| full);
    let items = entries.into_iter().map(ExportView::from).collect();
    Response::json(200, &Page { items, next })
}

/// `GET /v1/exports/{sequence}`
pub fn show(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let entry = find(sequence)?;
    if published(&entry).is_none() && !caller.role.may(Action::Export) {
        return Err(unknown());
    }
    Response::json(200, &ExportView::from(entry))
}

/// `GET /v1/exports/{sequence}/file`
pub fn file(request: &Request, sequence: &str) -> Answer {
    authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let entry = find(sequence)?;
    let Published { sha256, .. } = published(&entry).ok_or_else(unknown)?;
    let broken = |what: &str| Problem::stored_damaged(format!("the file of export {} {what}", entry.sequence));
    let key = ExportObject::File { sequence: entry.sequence, sha256 }.key();
    let bytes = exports::get(&key)?.ok_or_else(|| broken("is not stored"))?;
    if sha256_hex(&bytes) != sha256 {
        return Err(broken("is not the one published"));
    }
    Ok(Response::file(Disposition::Attachment, &entry.file_name, "text/csv; charset=utf-8", sha256, bytes))
}

/// `GET /v1/exports/{sequence}/manifest`: the bytes that were hashed.
pub fn manifest(request: &Request, sequence: &str) -> Answer {
    authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let entry = find(sequence)?;
    let Published { manifest, manifest_sha256, .. } = published(&entry).ok_or_else(unknown)?;
    let name = format!("{}.manifest.json", entry.file_name);
    let bytes = manifest.as_bytes().to_vec();
    Ok(Response::file(Disposition::Inline, &name, "application/json", manifest_sha256, bytes))
}

/// `GET /v1/exports/{sequence}/signature`
pub fn signature(request: &Request, sequence: &str) -> Answer {
    authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let entry = find(sequence)?;
    let Published { manifest, .. } = published(&entry).ok_or_else(unknown)?;
    let unsigned = || Problem::new(Kind::NotFound, "Exports are not signed here: the variable signing_key is empty.");
    Response::json(200, &crate::signing::sign(manifest)?.ok_or_else(unsigned)?)
}

struct Published<'a> {
    sha256: &'a str,
    manifest: &'a str,
    manifest_sha256: &'a str,
}

fn published(entry: &ExportEntry) -> Option<Published<'_>> {
    entry.published_at?;
    Some(Published {
        sha256: entry.sha256.as_deref()?,
        manifest: entry.manifest.as_deref()?,
        manifest_sha256: entry.manifest_sha256.as_deref()?,
    })
}

pub fn find(sequence: &str) -> Result<ExportEntry, Problem> {
    // The ledger counts with signed numbers: what does not fit was never a sequence.
    // One spelling for each: neither `+1` nor `01`.
    let one_spelling = |number: &u64| i64::try_from(*number).is_ok() && number.to_string() == sequence;
    let sequence = sequence.parse::<u64>().ok().filter(one_spelling).ok_or_else(unknown)?;
    export_protocol::get(sequence)?.ok_or_else(unknown)
}

pub fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "There is no such export, or it is not published yet.")
}
