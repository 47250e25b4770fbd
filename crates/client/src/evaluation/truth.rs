//! The truth table: which plate is on which photo.

use std::path::{Path, PathBuf};

use crate::ClientError;

/// Name of the table in a folder of photos.
const TABLE: &str = "truth.csv";

/// A photo and its plate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TruthRow {
    /// Name of the file in the folder.
    pub file: String,
    /// Capital letters and digits; empty when there is no plate that can be read.
    pub plate: String,
    /// `us-tx`; none when the table does not say.
    pub jurisdiction: Option<String>,
    /// What the photo was taken in, word by word; empty when the table does not say.
    pub conditions: Vec<String>,
    /// Plate of another vehicle in the photo, which would be a wrong answer.
    pub other_plate: Option<String>,
    /// What is on a plate that nobody is expected to read.
    pub hidden_plate: Option<String>,
    /// How well a person reads the issuer's name: `name-clear`, `name-hard`, `not-legible`; none when the table does not
    /// say.
    pub legible: Option<String>,
    /// A remark on the label, like `doubtful`.
    pub label_remark: Option<String>,
}

/// A folder's truth table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// The folder.
    pub folder: PathBuf,
    /// In the order of the table.
    pub rows: Vec<TruthRow>,
}

impl Truth {
    /// Reads `truth.csv` of a folder: columns `file` and `plate`, perhaps `jurisdiction`, `legible`,
    /// `condition` (words with spaces between), `other_plate`, `hidden_plate` and `label_remark`; any others are ignored.
    ///
    /// # Errors
    /// [`ClientError::Truth`] naming what is missing: the table, a column, a file, or that a file is named twice.
    pub fn read(folder: &Path) -> Result<Self, ClientError> {
        let path = folder.join(TABLE);
        let fail = |problem: String| ClientError::Truth { path: path.clone(), problem };
        let mut table =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(&path).map_err(|e| fail(e.to_string()))?;
        let headers = table.headers().map_err(|e| fail(e.to_string()))?.clone();
        let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
        let file = column("file").ok_or_else(|| fail("there is no column `file`".to_owned()))?;
        let plate = column("plate").ok_or_else(|| fail("there is no column `plate`".to_owned()))?;
        let [jurisdiction, condition, other, hidden, legible, remark] =
            ["jurisdiction", "condition", "other_plate", "hidden_plate", "legible", "label_remark"].map(column);
        let mut rows: Vec<TruthRow> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for record in table.records() {
            let record = record.map_err(|e| fail(e.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |at: usize| record.get(at).unwrap_or_default();
            let plate_in = |at: Option<usize>| at.map(|at| normal(field(at))).filter(|text| !text.is_empty());
            let word_in = |at: Option<usize>| at.map(field).filter(|text| !text.is_empty()).map(str::to_owned);
            let row = TruthRow {
                file: field(file).to_owned(),
                plate: normal(field(plate)),
                jurisdiction: word_in(jurisdiction).map(|code| code.to_lowercase()),
                conditions: condition.map(|at| words(field(at))).unwrap_or_default(),
                other_plate: plate_in(other),
                hidden_plate: plate_in(hidden),
                legible: word_in(legible),
                label_remark: word_in(remark),
            };
            if !folder.join(&row.file).is_file() {
                return Err(fail(format!("line {line}: there is no photo `{}` in the folder", row.file)));
            }
            if !seen.insert(row.file.clone()) {
                return Err(fail(format!("line {line}: `{}` is named twice", row.file)));
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(fail("it names no photo".to_owned()));
        }
        Ok(Self { folder: folder.to_owned(), rows })
    }
}

/// The words of a cell, each once.
fn words(cell: &str) -> Vec<String> {
    let mut words: Vec<String> = cell.split_whitespace().map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Letters and digits in upper case: how plates are compared.
pub(super) fn normal(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(table: &str, photos: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(TABLE), table).unwrap();
        photos.iter().for_each(|name| std::fs::write(folder.path().join(name), name).unwrap());
        folder
    }

    #[test]
    fn other_columns_are_ignored_and_plates_are_written_as_billing_does() {
        let folder = folder("file,x,plate,jurisdiction\na.jpg,1,abc-12 3,US-TX\nb.jpg,2,,\n", &["a.jpg", "b.jpg"]);
        let truth = Truth::read(folder.path()).unwrap();
        assert_eq!(truth.rows[0].plate, "ABC123");
        assert_eq!(truth.rows[0].jurisdiction.as_deref(), Some("us-tx"));
        assert_eq!(truth.rows[1], TruthRow { file: "b.jpg".into(), ..TruthRow::default() });
    }

    #[test]
    fn conditions_are_words_and_plates_beside_the_subjects_are_known() {
        let table = "file,plate,condition,other_plate,hidden_plate\na.jpg,,night  rain night,ab 1,CD-2\n";
        let row = Truth::read(folder(table, &["a.jpg"]).path()).unwrap().rows.remove(0);
        assert_eq!(row.conditions, ["night", "rain"]);
        assert_eq!((row.other_plate.as_deref(), row.hidden_plate.as_deref()), (Some("AB1"), Some("CD2")));
    }

    #[test]
    fn what_a_person_could_read_and_what_is_doubtful_is_known() {
        let table = "file,plate,jurisdiction,legible,evidence,label_remark\na.jpg,AB1,us-tx,name-clear,name,\nb.jpg,AB2,,not-legible,none,doubtful\n";
        let truth = Truth::read(folder(table, &["a.jpg", "b.jpg"]).path()).unwrap();
        assert_eq!(
            (truth.rows[0].legible.as_deref(), truth.rows[0].label_remark.as_deref()),
            (Some("name-clear"), None)
        );
        assert_eq!(truth.rows[1].label_remark.as_deref(), Some("doubtful"));
    }

    #[test]
    fn what_is_wrong_with_a_table_is_named() {
        for (table, expected) in [
            ("name,plate\n", "column `file`"),
            ("file,text\n", "column `plate`"),
            ("file,plate\nmissing.jpg,A\n", "line 2: there is no photo `missing.jpg`"),
            ("file,plate\na.jpg,A\na.jpg,B\n", "line 3: `a.jpg` is named twice"),
            ("file,plate\n", "names no photo"),
        ] {
            let folder = folder(table, &["a.jpg"]);
            let error = Truth::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let empty = tempfile::tempdir().unwrap();
        assert!(Truth::read(empty.path()).unwrap_err().to_string().contains("truth.csv"));
    }
}
