//! The file of an export of corrections.
//!
//! Row and hash of each line corrected are taken from the file that was published, as it is stored: what billing has is
//! what is corrected, whatever was rendered how. A line that is not there stops the export; only of a file that an operator gave
//! up, because nobody has it any more, lines are corrected without naming their row.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::export::{CorrectionLine, Kind, Place, passage_of_row, render_corrections, row_sha256};
use tollbooth_pipeline::reason::UnknownCode;
use tollbooth_ports::ledger::export_protocol::{self, CorrectionRow, ExportEntry};

use crate::run_error::{RunError, defect};
use crate::store::{self, Damaged, Stored, Writer};

/// Corrections fetched at a time.
const PAGE_ROWS: u32 = 1_000;

/// Whether rows are named of files that were given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Never, also when somebody found the file since: whoever repeats a run arrives at the same file of corrections.
    Unnamed,
    /// Where the file is there all the same.
    Found,
}

impl Naming {
    /// How a file of corrections is rendered when nobody did before.
    pub fn of(entry: &ExportEntry) -> Self {
        if entry.copy.is_none() { Self::Unnamed } else { Self::Found }
    }
}

/// Renders the corrections that an export binds, in pieces of so many rows; digest and size of the file.
pub fn file(entry: &ExportEntry, piece_rows: u32, naming: Naming, mut file: Writer) -> Result<(String, u64), RunError> {
    let header = render_corrections(&[], "")?;
    file.take(&header, 0)?;
    let (mut after, mut rows) = (0, 0_u64);
    loop {
        let page = export_protocol::corrections(entry.sequence, after, PAGE_ROWS.min(piece_rows))?;
        let Some(last) = page.last() else { break };
        after = last.line;
        rows += page.len() as u64;
        let places = places(entry, &page, naming)?;
        let mut lines = Vec::with_capacity(page.len());
        for row in page {
            let corrects = places.get(&(row.corrects_export, row.passage.clone())).cloned().ok_or_else(|| {
                defect(entry, format!("corrects a line that export {} does not have", row.corrects_export))
            })?;
            lines.push(line(entry, row, corrects)?);
        }
        let rendered = render_corrections(&lines, &entry.keying_rules)?;
        file.take(rendered.get(header.len()..).unwrap_or_default(), lines.len())?;
    }
    if rows != u64::from(entry.rows) {
        return Err(defect(entry, format!("binds {} corrections, but {rows} were found", entry.rows)));
    }
    Ok(file.finish()?)
}

/// Where the lines corrected stand, by export and passage. Each file is read once for a page.
fn places(
    entry: &ExportEntry,
    page: &[CorrectionRow],
    naming: Naming,
) -> Result<BTreeMap<(u64, String), Place>, RunError> {
    let mut wanted: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for row in page {
        wanted.entry(row.corrects_export).or_default().insert(&row.passage);
    }
    let released = export_protocol::released_files()?;
    let mut found = BTreeMap::new();
    for (export, passages) in wanted {
        let Some((kind, file)) = usable(entry, export, released.contains(&export), naming)? else {
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

/// The file whose rows are named; none when they are not to be named, or cannot be.
fn usable(
    entry: &ExportEntry,
    export: u64,
    released: bool,
    naming: Naming,
) -> Result<Option<(Kind, Stored)>, RunError> {
    match (released, naming) {
        (false, _) => published(entry, export).map(Some),
        (true, Naming::Unnamed) => Ok(None),
        (true, Naming::Found) => match published(entry, export) {
            Err(RunError::Lost { .. }) => Ok(None),
            found => found.map(Some),
        },
    }
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
        plate_type: row
            .plate_type
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|e: UnknownCode| unknown(e.to_string()))?,
    })
}
