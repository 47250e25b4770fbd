//! A folder of worse copies of a folder of photos, with its truth table.
//!
//! Copies of `gate.jpg` are called `gate.blur.jpg`, `gate.dark.jpg`, …: what stands before the first dot tells which
//! copies belong together, so that no fit is ever tested on a copy of what it has learned.

use std::fs;
use std::path::Path;

use crate::dice::seed_of;
use crate::distort::Distortion;
use crate::error::SimulatorError;
use crate::folder::FolderSummary;

const TABLE: &str = "truth.csv";

/// Writes one copy of each kind of every photo that `from/truth.csv` names into `into`, which is created, with a table of
/// its own: columns `file`, `plate`, `jurisdiction`, `condition` (the kind), `original`, `seed`.
///
/// # Errors
/// [`SimulatorError::Table`] when the table of `from` lacks a column, else the first file that could not be read, copied
/// or written. Copies written so far remain; the table lists only copies that exist.
pub fn distort_folder(
    from: &Path,
    into: &Path,
    seed: u64,
    kinds: &[Distortion],
) -> Result<FolderSummary, SimulatorError> {
    let originals = originals(from)?;
    fs::create_dir_all(into).map_err(|source| SimulatorError::Write { path: into.to_owned(), source })?;
    let table = into.join(TABLE);
    let truth = |source: csv::Error| SimulatorError::Truth { path: table.clone(), source };
    let mut writer = csv::Writer::from_path(&table).map_err(truth)?;
    writer.write_record(["file", "plate", "jurisdiction", "condition", "original", "seed"]).map_err(truth)?;
    let mut summary = FolderSummary { photos: 0, readable: 0, bytes: 0 };
    for (index, original) in (0..).zip(&originals) {
        let copy_seed = seed_of(seed, index);
        let stem = Path::new(&original.file).file_stem().unwrap_or_default().to_string_lossy();
        for kind in kinds {
            let jpeg = kind.copy(&from.join(&original.file), copy_seed)?;
            let name = format!("{stem}.{}.jpg", kind.as_str());
            let path = into.join(&name);
            fs::write(&path, &jpeg).map_err(|source| SimulatorError::Write { path, source })?;
            let seed = copy_seed.to_string();
            let row = [&name, &original.plate, &original.jurisdiction, kind.as_str(), &original.file, &seed];
            writer.write_record(row).map_err(truth)?;
            summary.photos += 1;
            summary.readable += u32::from(!original.plate.is_empty());
            summary.bytes += jpeg.len() as u64;
        }
    }
    writer.flush().map_err(|source| SimulatorError::Write { path: table.clone(), source })?;
    Ok(summary)
}

struct Original {
    file: String,
    plate: String,
    jurisdiction: String,
}

fn originals(folder: &Path) -> Result<Vec<Original>, SimulatorError> {
    let path = folder.join(TABLE);
    let fail = |problem: String| SimulatorError::Table { path: path.clone(), problem };
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(&path).map_err(|e| fail(e.to_string()))?;
    let headers = table.headers().map_err(|e| fail(e.to_string()))?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
    let file = column("file").ok_or_else(|| fail("there is no column `file`".to_owned()))?;
    let plate = column("plate").ok_or_else(|| fail("there is no column `plate`".to_owned()))?;
    let jurisdiction = column("jurisdiction");
    let mut originals = Vec::new();
    for record in table.records() {
        let record = record.map_err(|e| fail(e.to_string()))?;
        let field = |at: Option<usize>| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        let original =
            Original { file: field(Some(file)), plate: field(Some(plate)), jurisdiction: field(jurisdiction) };
        originals.push(original);
    }
    Ok(originals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SceneOptions;
    use crate::write_folder;

    #[test]
    fn every_photo_is_copied_once_for_each_kind_and_the_table_says_so() {
        let root = tempfile::tempdir().unwrap();
        let (from, into) = (root.path().join("from"), root.path().join("into"));
        let options = SceneOptions { width: 320, height: 240, ..SceneOptions::clear_day() };
        write_folder(&from, 2, 1, &options).unwrap();
        let kinds = [Distortion::Dark, Distortion::Blur];
        assert_eq!(distort_folder(&from, &into, 9, &kinds).unwrap().photos, 4);
        let rows: Vec<csv::StringRecord> =
            csv::Reader::from_path(into.join(TABLE)).unwrap().records().map(Result::unwrap).collect();
        let originals = originals(&from).unwrap();
        for (row, (original, kind)) in rows.iter().zip(originals.iter().flat_map(|o| kinds.map(|kind| (o, kind)))) {
            assert_eq!((&row[1], &row[3], &row[4]), (&*original.plate, kind.as_str(), &*original.file));
            let again = kind.copy(&from.join(&row[4]), row[5].parse().unwrap()).unwrap();
            assert!(fs::read(into.join(&row[0])).unwrap() == again, "{} cannot be made again", &row[0]);
        }
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn a_folder_without_a_table_is_named() {
        let root = tempfile::tempdir().unwrap();
        let into = root.path().join("into");
        let error = distort_folder(root.path(), &into, 1, &Distortion::ALL).unwrap_err().to_string();
        assert!(error.contains("truth.csv") && !into.exists(), "{error}");
    }
}
