//! From one bound export to a published file: rows, render, store, publish.
//!
//! Rendering is a pure function of the bound rows and the export's own record, and the file is stored under its
//! digest, so whoever repeats this, also at the same time, arrives at the same file. A page of rows is in memory at a time,
//! and a piece of the file, however many rows there are.

use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export::{
    BillLine, CopyMark, ExportObject, Kind, Manifest, Profile, bills_the_same, render_header, render_rows,
};
use tollbooth_pipeline::reason::UnknownCode;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::exports;
use tollbooth_ports::failures::StoreFailure;
use tollbooth_ports::ledger::export_protocol::{self, Artefact, ExportEntry, PublishFailure, Row};
use tollbooth_ports::types::Actor;
use tollbooth_web::{now, required_variable};

use crate::corrections::{self, Naming};
use crate::run_error::{RunError, defect};
use crate::store::{self, Damaged, Writer};

/// Bill lines fetched at a time, at most.
const PAGE_ROWS: u32 = 1_000;

/// What became of an export.
pub enum Publication {
    /// Billing sees it.
    Published(Box<ExportEntry>),
    /// Somebody else published meanwhile: begin again.
    Overtaken,
    /// A file that its corrections refer to is lost: it was given up, and its number is used by what comes next.
    GivenUp,
}

/// Publishes one bound export, or a copy of a published one, which its mark names.
pub fn publish(actor: &Actor, entry: &ExportEntry, copy: Option<CopyMark>) -> Result<Publication, RunError> {
    let Some(previous) = entry.previous_manifest_sha256.clone() else {
        return Ok(Publication::Overtaken);
    };
    let kind: Kind = entry.kind.parse().map_err(|e| defect(entry, format!("has a bad kind: {e}")))?;
    let profile: Profile = entry.profile.parse().map_err(|e| defect(entry, format!("has a bad profile: {e}")))?;
    let piece_rows = piece_rows()?;
    if kind == Kind::Corrections
        && let Some(decided) = decided(entry)?
    {
        let expected = Manifest { copy, ..manifest(entry, kind, previous, decided.bytes, &decided.sha256) };
        return as_decided(actor, entry, &expected, decided, piece_rows);
    }
    let rendered = match kind {
        Kind::Lines => lines(entry, profile, piece_rows),
        Kind::Corrections => {
            corrections::file(entry, piece_rows, Naming::of(entry), Writer::new(entry.sequence, piece_rows))
        }
    };
    let (sha256, bytes) = match rendered {
        // Nothing is bound for a copy, so there is nothing to give up: it waits for the file.
        Err(RunError::Lost { export, why }) if copy.is_none() => {
            tollbooth_log::log!(
                Error,
                stage = "export",
                cause = format_args!("the file of export {export} is lost: {why}")
            );
            export_protocol::give_up(now(), actor, entry.sequence, export)?;
            return Ok(Publication::GivenUp);
        }
        other => other?,
    };
    let may_be_given_up = copy.is_none() && kind == Kind::Corrections;
    let manifest = Manifest { copy, ..manifest(entry, kind, previous, bytes, &sha256) }
        .to_json()
        .map_err(|e| defect(entry, format!("has a manifest that cannot be written: {e}")))?;
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    let rendered = Artefact { sha256, bytes, manifest, manifest_sha256 };
    if may_be_given_up {
        // Whoever was faster gave it up, or decided on another file: the ledger knows.
        let sealed = export_protocol::seal(entry.sequence, entry.bound_at, &rendered)?;
        if sealed.is_none_or(|sealed| sealed.manifest_sha256 != rendered.manifest_sha256) {
            return Ok(Publication::Overtaken);
        }
    }
    let artefact = keep(entry, kind, rendered)?;
    release(actor, entry, &artefact)
}

/// Whether corrections are what they were when this began. Another exporter may have given them up meanwhile, and their number
/// is used by what comes next.
fn is_bound_still(entry: &ExportEntry) -> Result<bool, RunError> {
    let found = export_protocol::get(entry.sequence)?;
    Ok(found.is_some_and(|found| {
        (&found.kind, &found.file_name, found.bound_at) == (&entry.kind, &entry.file_name, entry.bound_at)
    }))
}

/// Makes what is stored visible to billing, or to the readers of a copy.
pub fn release(actor: &Actor, entry: &ExportEntry, artefact: &Artefact) -> Result<Publication, RunError> {
    match record(actor, entry, artefact) {
        Ok(published) => Ok(Publication::Published(Box::new(published))),
        Err(failure) => unpublished(entry, failure),
    }
}

/// Has the ledger say that it is published.
fn record(actor: &Actor, entry: &ExportEntry, artefact: &Artefact) -> Result<ExportEntry, PublishFailure> {
    match entry.copy.as_deref() {
        Some(profile) => export_protocol::publish_copy(now(), actor, profile, entry.sequence, artefact),
        None => export_protocol::publish(now(), actor, entry.sequence, artefact),
    }
}

/// What it means when the ledger does not.
fn unpublished(entry: &ExportEntry, failure: PublishFailure) -> Result<Publication, RunError> {
    match failure {
        PublishFailure::OutOfOrder => Ok(Publication::Overtaken),
        PublishFailure::NotFound => Err(defect(entry, "was bound and is not known any more".to_owned())),
        PublishFailure::DifferentContent => Err(defect(entry, "was published before with another file".to_owned())),
        PublishFailure::Ledger(failure) => Err(failure.into()),
    }
}

/// What corrections, or a copy of them, are published as, when whoever was here before decided that: the manifest is stored, or
/// the ledger has it.
fn decided(entry: &ExportEntry) -> Result<Option<Artefact>, RunError> {
    if let Some((theirs, manifest)) = stored_manifest(&manifest_key(entry))? {
        let manifest_sha256 = Manifest::sha256_of(&manifest);
        return Ok(Some(Artefact { sha256: theirs.sha256, bytes: theirs.bytes, manifest, manifest_sha256 }));
    }
    match entry.copy {
        Some(_) => Ok(None),
        None => Ok(export_protocol::sealed(entry.sequence)?),
    }
}

/// Publishes corrections as it was decided, also when a file that they refer to was lost, given up or found since.
fn as_decided(
    actor: &Actor,
    entry: &ExportEntry,
    expected: &Manifest,
    decided: Artefact,
    piece_rows: u32,
) -> Result<Publication, RunError> {
    // Corrections of an earlier version have no lookup keys, and name no rules of them.
    let unkeyed = Manifest { keying_rules: None, ..expected.clone() };
    let is_ours = serde_json::from_str::<Manifest>(&decided.manifest)
        .is_ok_and(|theirs| theirs == *expected || theirs == unkeyed);
    if !is_ours {
        if entry.copy.is_none() && !is_bound_still(entry)? {
            return Ok(Publication::Overtaken);
        }
        return Err(defect(entry, "is stored, and not as it was bound: run `tollbooth audit`".to_owned()));
    }
    if !store::is_whole(entry.sequence, &decided.sha256)? && !is_rendered_again(entry, &decided.sha256, piece_rows)? {
        let what = "is stored in part: neither its file is there, nor that of an export that it corrects. It goes on once one \
                    of them is put back: run `tollbooth restore --published DIR`";
        return Err(defect(entry, what.to_owned()));
    }
    let artefact = keep(entry, Kind::Corrections, decided)?;
    release(actor, entry, &artefact)
}

/// Stores a file of corrections again that is lost, when it can be rendered as it was: rows of a file that was given up may be
/// named in it or not. Nothing is stored of one that is not the same.
fn is_rendered_again(entry: &ExportEntry, sha256: &str, piece_rows: u32) -> Result<bool, RunError> {
    for naming in [Naming::Unnamed, Naming::Found] {
        match corrections::file(entry, piece_rows, naming, Writer::rehearsal(entry.sequence, piece_rows)) {
            Ok((found, _)) if found == sha256 => {
                corrections::file(entry, piece_rows, naming, Writer::new(entry.sequence, piece_rows))?;
                return Ok(true);
            }
            Ok(_) | Err(RunError::Lost { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(false)
}

/// Stores the manifest, so that an older ledger is found out. When one is stored already, whoever was here before may
/// have published it: what it describes is published again, or nothing.
fn keep(entry: &ExportEntry, kind: Kind, rendered: Artefact) -> Result<Artefact, RunError> {
    let key = manifest_key(entry);
    match exports::put(&key, rendered.manifest.as_bytes()) {
        Ok(()) => Ok(rendered),
        Err(StoreFailure::DifferentContent) => stored(entry, kind, &key, &rendered)?
            .ok_or_else(|| defect(entry, "is stored with other lines than it binds: run `tollbooth audit`".to_owned())),
        Err(failure) => Err(failure.into()),
    }
}

/// Where the manifest of an export, or of a copy, is stored.
pub fn manifest_key(entry: &ExportEntry) -> String {
    let sequence = entry.sequence;
    match entry.copy.as_deref() {
        Some(profile) => ExportObject::CopyManifest { sequence, profile }.key(),
        None => ExportObject::Manifest { sequence }.key(),
    }
}

/// A manifest that is stored, with its text; none for a text that is no manifest, too.
fn stored_manifest(key: &str) -> Result<Option<(Manifest, String)>, RunError> {
    let Some(text) = exports::get(key)?.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Ok(None) };
    Ok(serde_json::from_str::<Manifest>(&text).ok().map(|manifest| (manifest, text)))
}

/// What is stored of an export, when it says the same as what was rendered now. In the full profile it may differ in what is
/// made when it is rendered: the photos' address, when `public_url` was changed after a crash, and lookup keys by an earlier version.
fn stored(entry: &ExportEntry, kind: Kind, key: &str, rendered: &Artefact) -> Result<Option<Artefact>, RunError> {
    let Some((theirs, manifest)) = stored_manifest(key)? else { return Ok(None) };
    let Ok(ours) = serde_json::from_str::<Manifest>(&rendered.manifest) else { return Ok(None) };
    let described = Manifest { sha256: theirs.sha256.clone(), bytes: theirs.bytes, ..ours } == theirs;
    if !described || !same_lines(entry, kind, &theirs, rendered)? {
        return Ok(None);
    }
    let manifest_sha256 = Manifest::sha256_of(&manifest);
    Ok(Some(Artefact { sha256: theirs.sha256, bytes: theirs.bytes, manifest, manifest_sha256 }))
}

/// Whether what is stored bills the same as what was rendered, row by row.
fn same_lines(entry: &ExportEntry, kind: Kind, theirs: &Manifest, rendered: &Artefact) -> Result<bool, RunError> {
    let compare = || -> Result<bool, Damaged> {
        let found = store::open(entry.sequence, &theirs.sha256)?;
        found.verify(&theirs.sha256)?;
        let ours = store::open(entry.sequence, &rendered.sha256)?;
        let (mut found_rows, mut our_rows) = (found.rows(), ours.rows());
        loop {
            match (found_rows.next().transpose()?, our_rows.next().transpose()?) {
                (None, None) => return Ok(found.bytes() == theirs.bytes),
                (Some(one), Some(other)) if bills_the_same(kind, &one, &other) => {}
                _ => return Ok(false),
            }
        }
    };
    match compare() {
        Ok(same) => Ok(same),
        Err(Damaged::Store(failure)) => Err(failure.into()),
        Err(Damaged::Missing | Damaged::Changed) => Ok(false),
    }
}

/// Lines of a piece, by the settings in force.
fn piece_rows() -> Result<u32, RunError> {
    let changed = export_protocol::changed_settings()?;
    let settings = Settings::from_changes(changed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|e| RunError::Defect(format!("the stored settings are not valid: {e}")))?;
    Ok(settings.export_step_rows)
}

/// Renders and stores the bill lines; digest and size of the file.
fn lines(entry: &ExportEntry, profile: Profile, piece_rows: u32) -> Result<(String, u64), RunError> {
    let photo_base = photo_base()?;
    let mut file = Writer::new(entry.sequence, piece_rows);
    file.take(&render_header(profile)?, 0)?;
    let (mut after, mut rows) = (0, 0_u64);
    loop {
        let page = export_protocol::rows(entry.sequence, after, PAGE_ROWS.min(piece_rows))?;
        let Some(last) = page.last() else { break };
        after = last.line;
        rows += page.len() as u64;
        let page = page.into_iter().map(|row| bill_line(entry, row)).collect::<Result<Vec<_>, _>>()?;
        file.take(&render_rows(profile, &page, &photo_base, &entry.keying_rules)?, page.len())?;
    }
    if rows != u64::from(entry.rows) {
        return Err(defect(entry, format!("binds {} rows, but {rows} were found", entry.rows)));
    }
    Ok(file.finish()?)
}

fn bill_line(entry: &ExportEntry, row: Row) -> Result<BillLine, RunError> {
    let plate_type = row.plate_type.as_deref().map(str::parse).transpose();
    Ok(BillLine {
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
        plate_type: plate_type.map_err(|e: UnknownCode| defect(entry, e.to_string()))?,
    })
}

fn manifest(entry: &ExportEntry, kind: Kind, previous_manifest_sha256: String, bytes: u64, sha256: &str) -> Manifest {
    Manifest {
        sequence: entry.sequence,
        kind,
        file_name: entry.file_name.clone(),
        profile: entry.profile.clone(),
        keying_rules: is_keyed(entry, kind).then(|| entry.keying_rules.clone()),
        rows: entry.rows,
        bytes,
        sha256: sha256.to_owned(),
        window_from: entry.window_from.map(rfc3339),
        window_to: rfc3339(entry.window_to),
        previous_manifest_sha256,
        copy: None,
    }
}

/// True for a file whose lookup keys were made by rules of the operator's. Corrections have such keys whatever the profile.
fn is_keyed(entry: &ExportEntry, kind: Kind) -> bool {
    (kind == Kind::Corrections || entry.profile == "full") && !entry.keying_rules.is_empty()
}

/// What precedes a photo's name in the full profile: absolute where the operator named the public address.
fn photo_base() -> Result<String, RunError> {
    let public_url = required_variable("public_url").map_err(RunError::Variable)?;
    Ok(format!("{}/v1/photos/", public_url.trim_end_matches('/')))
}
