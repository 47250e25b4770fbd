//! What billing sees: published exports, their files and manifests. Reads only.
//!
//! A bound export that is not published is shown to those who may ask for one, and to nobody else.

use tollbooth_pipeline::export::Wanted;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::export_protocol::{self, ExportEntry, Part};
use tollbooth_web::{Answer, Disposition, Identity, Kind, Problem, Request, Response, authorize, now};

use crate::profiles;
use crate::store::{self, Damaged};
use crate::views::{ExportView, Page};

/// `GET /v1/exports`: published ones, in sequence.
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadExports)?;
    let query = &request.query;
    query.only(&["after", "limit", "profile"])?;
    let (after, limit) = (query.cursor("after")?.unwrap_or(0), query.limit()?);
    let entries = profiles::published(profiles::asked(query)?, after, limit)?;
    let full = u32::try_from(entries.len()).is_ok_and(|found| found >= limit);
    let next = entries.last().map(|entry| entry.sequence).filter(|_| full);
    let released = export_protocol::released_files()?;
    let items = entries.into_iter().map(|entry| seen(entry, &released)).collect::<Result<Vec<_>, Problem>>()?;
    Response::json(200, &Page { items, next })
}

/// `GET /v1/exports/{sequence}`
pub fn show(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    let entry = find_in_profile(request, sequence)?;
    if published(&entry).is_none() && !caller.role.may(Action::Export) {
        return Err(unknown());
    }
    Response::json(200, &seen(entry, &export_protocol::released_files()?)?)
}

/// An export as it is shown. A file that was given up may have been put back since, so the few that were are looked for.
fn seen(entry: ExportEntry, released: &[u64]) -> Result<ExportView, Problem> {
    let is_gone = match published(&entry) {
        Some(Published { sha256, .. }) if released.contains(&entry.sequence) => {
            !store::is_whole(entry.sequence, sha256)?
        }
        Some(_) | None => false,
    };
    Ok(ExportView::from(entry).with_file_released(is_gone))
}

/// `GET /v1/exports/{sequence}/file`
pub fn file(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    let entry = find_in_profile(request, sequence)?;
    let Published { sha256, .. } = published(&entry).ok_or_else(unknown)?;
    let etag = format!("\"{sha256}\"");
    let name = entry.file_name.clone();
    let answer = |status| {
        Response::file(Disposition::Attachment, &name, "text/csv; charset=utf-8", sha256, Vec::new())
            .with_status(status)
            .with_header("accept-ranges", "bytes")
    };
    if request.has(&etag) {
        return Ok(Response::new(304).with_header("etag", etag));
    }
    // Whoever gets any of it is on record, a range as well; whoever asks in vain is not.
    let noted = || -> Result<(), Problem> {
        note(request, &caller, &entry, Part::File)?;
        // What follows is taken as slowly as its reader likes, and others need a connection meanwhile.
        access::release();
        Ok(())
    };
    let broken = |damaged| broken(entry.sequence, damaged);
    let stored = store::open(entry.sequence, sha256).map_err(broken)?;
    let bytes = stored.bytes();
    // A file never changes under its address, so a range goes with whatever was fetched of it before.
    let range = request.header("range").filter(|_| request.header("if-range").is_none_or(|tag| tag.trim() == etag));
    match Wanted::read(range, bytes) {
        Wanted::All => {
            // Before the first byte is sent: what is damaged is said, and not broken off.
            stored.verify(sha256).map_err(broken)?;
            noted()?;
            Ok(answer(200).with_pieces(bytes, stored.part(0, bytes.saturating_sub(1))))
        }
        Wanted::Part { first, last } => {
            // The same for whoever begins to fetch it range by range: a piece that is lost is no outage.
            if first == 0 {
                stored.verify(sha256).map_err(broken)?;
            }
            noted()?;
            Ok(answer(206)
                .with_header("content-range", format!("bytes {first}-{last}/{bytes}"))
                .with_pieces(last + 1 - first, stored.part(first, last)))
        }
        Wanted::Nothing => {
            let what = format!("The file has {bytes} bytes; ask for a range within it.");
            Err(Problem::new(Kind::RangeNotSatisfiable, what).with_header("content-range", format!("bytes */{bytes}")))
        }
    }
}

/// `GET /v1/exports/{sequence}/manifest`: the bytes that were hashed.
pub fn manifest(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    let entry = find_in_profile(request, sequence)?;
    note_person(request, &caller, &entry)?;
    let Published { manifest, manifest_sha256, .. } = published(&entry).ok_or_else(unknown)?;
    let name = format!("{}.manifest.json", entry.file_name);
    let bytes = manifest.as_bytes().to_vec();
    Ok(Response::file(Disposition::Inline, &name, "application/json", manifest_sha256, bytes))
}

/// `GET /v1/exports/{sequence}/signature`
pub fn signature(request: &Request, sequence: &str) -> Answer {
    let caller = authorize(request, Action::ReadExports)?;
    let entry = find_in_profile(request, sequence)?;
    let Published { manifest, .. } = published(&entry).ok_or_else(unknown)?;
    let unsigned = || Problem::new(Kind::NotFound, "Exports are not signed here: the variable signing_key is empty.");
    let signatures = crate::signing::sign(manifest)?.ok_or_else(unsigned)?;
    note_person(request, &caller, &entry)?;
    Response::json(200, &signatures)
}

/// Writes down who is about to get a file; nothing of it may be handed over when this fails. HEAD is told of it and gets nothing.
pub fn note(request: &Request, caller: &Identity, entry: &ExportEntry, part: Part) -> Result<(), Problem> {
    if request.is_head {
        return Ok(());
    }
    let profile = entry.copy.as_deref();
    Ok(export_protocol::note_download(now(), &caller.token, entry.sequence, profile, part)?)
}

/// A manifest bills nobody, and programs compare every one there is with what they have: those of people are on record.
fn note_person(request: &Request, caller: &Identity, entry: &ExportEntry) -> Result<(), Problem> {
    match caller.session {
        Some(_) if published(entry).is_some() => note(request, caller, entry, Part::Manifest),
        _ => Ok(()),
    }
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

/// The export that a request is about, in the profile that it names.
fn find_in_profile(request: &Request, sequence: &str) -> Result<ExportEntry, Problem> {
    request.query.only(&["profile"])?;
    let entry = find(sequence)?;
    match profiles::asked(&request.query)? {
        None => Ok(entry),
        Some(profile) => export_protocol::get_copy(profile, entry.sequence)?.ok_or_else(unknown),
    }
}

/// Billing's export of this number.
pub fn find(sequence: &str) -> Result<ExportEntry, Problem> {
    // The ledger counts with signed numbers: what does not fit was never a sequence.
    // One spelling for each: neither `+1` nor `01`.
    let one_spelling = |number: &u64| i64::try_from(*number).is_ok() && number.to_string() == sequence;
    let sequence = sequence.parse::<u64>().ok().filter(one_spelling).ok_or_else(unknown)?;
    export_protocol::get(sequence)?.ok_or_else(unknown)
}

/// Why a file is not served.
fn broken(sequence: u64, damaged: Damaged) -> Problem {
    match (damaged, is_released(sequence)) {
        (Damaged::Store(failure), _) => failure.into(),
        (_, Err(failure)) => failure,
        (Damaged::Missing | Damaged::Changed, Ok(true)) => Problem::new(
            Kind::FileReleased,
            format!("The file of export {sequence} is lost, and an operator gave it up. Its manifest is there."),
        ),
        (damaged @ (Damaged::Missing | Damaged::Changed), Ok(false)) => {
            Problem::stored_damaged(format!("the file of export {sequence} {damaged}"))
        }
    }
}

fn is_released(sequence: u64) -> Result<bool, Problem> {
    Ok(export_protocol::released_files()?.contains(&sequence))
}

pub fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "There is no such export, or it is not published yet.")
}
