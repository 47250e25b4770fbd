//! The file of an export of corrections.
//!
//! Row and hash of each line corrected are taken from the file that was published, as it is stored: what billing has is
//! what is corrected, whatever was rendered how. A line that is not there stops the export; only of a file that an operator gave
//! up, because nobody has it any more, lines are corrected without naming their row.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::export::{
    CorrectionLine, ExportObject, Kind, Manifest, Place, passage_of_row, render_corrections, row_sha256,
};
use tollbooth_ports::exports;
use tollbooth_ports::ledger::export_protocol::{self, CorrectionRow, ExportEntry};

use crate::run_error::{RunError, defect};
use crate::store::{self, Damaged, Stored, Writer};

/// Corrections fetched at a time.
const PAGE_ROWS: u32 = 1_000;

/// Renders and stores the corrections that an export binds; digest and size of the file.
pub fn file(entry: &ExportEntry, piece_rows: u32) -> Result<(String, u64), RunError> {
    let header = render_corrections(&[])?;
    let mut file = Writer::new(entry.sequence, piece_rows);
    file.take(&header, 0)?;
    let (mut after, mut rows) = (0, 0_u64);
    loop {
        let page = export_protocol::corrections(entry.sequence, after, PAGE_ROWS.min(piece_rows))?;
        let Some(last) = page.last() else { break };
        after = last.line;
        rows += page.len() as u64;
        let places = places(entry, &page)?;
        let mut lines = Vec::with_capacity(page.len());
        for row in page {
            let corrects = places.get(&(row.corrects_export, row.passage.clone())).cloned().ok_or_else(|| {
                defect(entry, format!("corrects a line that export {} does not have", row.corrects_export))
            })?;
            lines.push(line(entry, row, corrects)?);
        }
        let rendered = render_corrections(&lines)?;
        file.take(rendered.get(header.len()..).unwrap_or_default(), lines.len())?;
    }
    if rows != u64::from(entry.rows) {
        return Err(defect(entry, format!("binds {} corrections, but {rows} were found", entry.rows)));
    }
    Ok(file.finish()?)
}

/// Where the lines corrected stand, by export and passage. Each file is read once for a page.
fn places(entry: &ExportEntry, page: &[CorrectionRow]) -> Result<BTreeMap<(u64, String), Place>, RunError> {
    let mut wanted: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for row in page {
        wanted.entry(row.corrects_export).or_default().insert(&row.passage);
    }
    let released = export_protocol::released_files()?;
    let mut found = BTreeMap::new();
    for (export, passages) in wanted {
        let Some((kind, file)) = usable(entry, export, released.contains(&export))? else {
            let unnamed = |passage: &str| ((export, passage.to_owned()), Place::unnamed(export));
            found.extend(passages.into_iter().map(unnamed));
            continue;
        };
        for (raw, row) in file.rows().zip(1..) {
            let raw = raw.map_err(|damaged| unusable(entry, export, damaged))?;
            if let Some(passage) = passage_of_row(kind, &raw).filter(|passage| passages.contains(passage)) {
                found.insert((export, passage.to_owned()), Place { export, row, sha256: row_sha256(&raw) });
            }
        }
    }
    Ok(found)
}

/// The file whose rows are named; none when they cannot be named any more.
///
/// What is billed from names no row of a file that was given up, also when somebody found it since: whoever repeats a run
/// arrives at the same file of corrections. What was stored before it was given up is published as it was stored.
fn usable(entry: &ExportEntry, export: u64, released: bool) -> Result<Option<(Kind, Stored)>, RunError> {
    if !released {
        return published(entry, export).map(Some);
    }
    if entry.copy.is_none() {
        let why = "it was given up after a file of corrections was stored".to_owned();
        return if is_stored(entry)? { Err(RunError::Lost { export, why }) } else { Ok(None) };
    }
    match published(entry, export) {
        Err(RunError::Lost { .. }) => Ok(None),
        found => found.map(Some),
    }
}

/// Whether somebody stored a manifest of an export before.
fn is_stored(entry: &ExportEntry) -> Result<bool, RunError> {
    let found = exports::get(&ExportObject::Manifest { sequence: entry.sequence }.key())?;
    Ok(found.is_some_and(|text| serde_json::from_slice::<Manifest>(&text).is_ok()))
}

/// The file of an export, whole as it was published.
fn published(entry: &ExportEntry, sequence: u64) -> Result<(Kind, Stored), RunError> {
    let missing =
        |what: &str| defect(entry, format!("corrects lines of export {sequence}, {what}: run `tollbooth audit`"));
    // What a reader of a copy has is the copy's file: its rows are what the copy's corrections name.
    let corrected = match entry.copy.as_deref() {
        Some(profile) => export_protocol::get_copy(profile, sequence)?,
        None => export_protocol::get(sequence)?,
    };
    let corrected = corrected.ok_or_else(|| missing("which is not known"))?;
    let sha256 = corrected.sha256.as_deref().ok_or_else(|| missing("which is not published"))?;
    let kind = corrected.kind.parse().map_err(|_| missing("which is of no known kind"))?;
    let unusable = |damaged| unusable(entry, sequence, damaged);
    let file = store::open(sequence, sha256).map_err(unusable)?;
    file.verify(sha256).map_err(unusable)?;
    Ok((kind, file))
}

fn unusable(entry: &ExportEntry, corrected: u64, damaged: Damaged) -> RunError {
    match damaged {
        Damaged::Store(failure) => failure.into(),
        Damaged::Missing | Damaged::Changed => RunError::Lost {
            export: corrected,
            why: format!("export {} corrects it, and it {damaged}", entry.sequence),
        },
    }
}

fn line(entry: &ExportEntry, row: CorrectionRow, corrects: Place) -> Result<CorrectionLine, RunError> {
    let unknown = |what: String| defect(entry, what);
    Ok(CorrectionLine {
        corrects,
        action: row.action.parse().map_err(|e| unknown(format!("{e}")))?,
        cause: row.cause.parse().map_err(|e| unknown(format!("{e}")))?,
        passage: row.passage,
        revision: row.revision,
        plate: row.plate.unwrap_or_default(),
        jurisdiction: row.jurisdiction.unwrap_or_default(),
        reject_code: row.reject_code.unwrap_or_default(),
        captured_at: row.captured_at,
        booth: row.booth,
        lane: row.lane,
        decided_by: row.decided_by,
    })
}
