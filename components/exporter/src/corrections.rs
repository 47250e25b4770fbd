//! The file of an export of corrections.
//!
//! Row and hash of each line corrected are taken from the file that was published, as it is stored: what billing has is
//! what is corrected, whatever was rendered how. A line that is not there stops the export.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_pipeline::export::{
    Content, CorrectionLine, ExportObject, Kind, Place, raw_rows, render_corrections, row_sha256,
};
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_ports::exports;
use tollbooth_ports::ledger::export_protocol::{self, CorrectionRow, ExportEntry};

use crate::publish::defect;
use crate::run::RunError;

/// Corrections fetched at a time.
const PAGE_ROWS: u32 = 1_000;

/// Renders the corrections that an export binds.
pub fn file(entry: &ExportEntry) -> Result<Vec<u8>, RunError> {
    let mut lines = Vec::new();
    let mut after = 0;
    loop {
        let page = export_protocol::corrections(entry.sequence, after, PAGE_ROWS)?;
        let Some(last) = page.last() else { break };
        after = last.line;
        let places = places(entry, &page)?;
        for row in page {
            let corrects = places.get(&(row.corrects_export, row.passage.clone())).cloned().ok_or_else(|| {
                defect(entry, format!("corrects a line that export {} does not have", row.corrects_export))
            })?;
            lines.push(line(entry, row, corrects)?);
        }
    }
    if lines.len() as u64 != u64::from(entry.rows) {
        return Err(defect(entry, format!("binds {} corrections, but {} were found", entry.rows, lines.len())));
    }
    Ok(render_corrections(&lines)?)
}

/// Where the lines corrected stand, by export and passage. Each file is read once for a page.
fn places(entry: &ExportEntry, page: &[CorrectionRow]) -> Result<BTreeMap<(u64, String), Place>, RunError> {
    let mut wanted: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    for row in page {
        wanted.entry(row.corrects_export).or_default().insert(&row.passage);
    }
    let mut found = BTreeMap::new();
    for (export, passages) in wanted {
        let file = published(entry, export)?;
        let content = Content::read(file.kind, &file.bytes)
            .map_err(|e| defect(entry, format!("corrects lines of export {export}, whose file cannot be read: {e}")))?;
        for ((passage, raw), row) in content.passages().into_iter().zip(raw_rows(&file.bytes)).zip(1..) {
            if passages.contains(passage) {
                let place = Place { export, row, sha256: row_sha256(raw) };
                found.insert((export, passage.to_owned()), place);
            }
        }
    }
    Ok(found)
}

struct Published {
    kind: Kind,
    bytes: Vec<u8>,
}

fn published(entry: &ExportEntry, sequence: u64) -> Result<Published, RunError> {
    let missing =
        |what: &str| defect(entry, format!("corrects lines of export {sequence}, {what}: run `tollbooth audit`"));
    let corrected = export_protocol::get(sequence)?.ok_or_else(|| missing("which is not known"))?;
    let sha256 = corrected.sha256.as_deref().ok_or_else(|| missing("which is not published"))?;
    let bytes = exports::get(&ExportObject::File { sequence, sha256 }.key())?
        .filter(|bytes| sha256_hex(bytes) == sha256)
        .ok_or_else(|| missing("whose file is not the one published"))?;
    let kind = corrected.kind.parse().map_err(|_| missing("which is of no known kind"))?;
    Ok(Published { kind, bytes })
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
