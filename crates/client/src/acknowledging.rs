//! What billing did with the lines of an export, read from a CSV file and sent.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Api, ClientError};

/// Rows of one upload: the most that a server takes.
const UPLOAD: usize = 2_000;

/// What became of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// `psg_….jpg` or `psg_…`
    #[serde(alias = "FileName", alias = "PassageId")]
    pub row: String,
    /// `billed`, `owner-not-found` or `refused`
    #[serde(alias = "Disposition")]
    pub disposition: String,
    /// Why it was refused.
    #[serde(alias = "Reason", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Acknowledged {
    /// Lines answered for the first time.
    pub recorded: u64,
    /// Lines that had the same answer before.
    pub known: u64,
    /// Passages that came to people.
    pub to_review: u64,
    /// Lines of the export without an answer.
    pub open: u64,
}

/// Reads a file of dispositions.
///
/// # Errors
/// [`ClientError`] for a file that cannot be read, with the line that is none.
pub fn read_dispositions(path: &Path) -> Result<Vec<Disposition>, ClientError> {
    let invalid =
        |what: String| ClientError::file("read", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, what));
    let file = std::fs::File::open(path).map_err(ClientError::file("read", path))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
    let mut rows = Vec::new();
    for row in reader.deserialize::<Disposition>() {
        let row = row.map_err(|e| invalid(e.to_string()))?;
        rows.push(Disposition { reason: row.reason.filter(|reason| !reason.is_empty()), ..row });
    }
    if rows.is_empty() {
        return Err(invalid("it has no rows; expected FileName,Disposition,Reason".to_owned()));
    }
    Ok(rows)
}

/// Sends them, in uploads that are recorded whole or not at all. Safe to repeat.
///
/// # Errors
/// As every route; what was uploaded before the one that failed stays recorded.
pub fn send_dispositions(api: &Api, sequence: u64, rows: &[Disposition]) -> Result<Acknowledged, ClientError> {
    let mut all = Acknowledged::default();
    for upload in rows.chunks(UPLOAD) {
        let done = api.acknowledge(sequence, upload)?;
        all.recorded += done.recorded;
        all.known += done.known;
        all.to_review += done.to_review;
        all.open = done.open;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Disposition>, ClientError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_dispositions(file.path())
    }

    #[test]
    fn a_file_is_read_by_its_header_and_an_unreadable_one_is_named() {
        let rows = read("PassageId,Disposition,Reason\r\npsg_1,billed,\r\npsg_2,refused,\"a, b\"\r\n").unwrap();
        assert_eq!((rows[0].row.as_str(), rows[0].reason.as_deref()), ("psg_1", None));
        assert_eq!((rows[1].disposition.as_str(), rows[1].reason.as_deref()), ("refused", Some("a, b")));
        assert_eq!(read("FileName,Disposition\npsg_1.jpg,billed\n").unwrap().len(), 1);
        for bad in ["", "FileName,Disposition,Reason\n", "psg_1.jpg,billed\n"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("could not read"), "{error}");
        }
    }
}
