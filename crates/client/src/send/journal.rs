//! Which photos were acknowledged: one JSON line each, appended after the acknowledgement.
//!
//! A hint that saves a resend, never the truth: losing the journal, or its last line in a crash, costs a harmless
//! repetition. A line names the installation, so a journal used for another one skips nothing there.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::ClientError;

/// The journal of one installation.
pub struct Journal {
    path: PathBuf,
    server: String,
    known: HashSet<(String, String)>,
    file: Mutex<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    server: String,
    booth: String,
    key: String,
    passage: String,
}

impl Journal {
    /// Opens or creates a journal and reads what was acknowledged by `server` (a base URL). Lines that cannot be read
    /// count for nothing.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn open(path: &Path, server: &str) -> Result<Self, ClientError> {
        let fail = |action| ClientError::file(action, path);
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail("open the journal"))?;
        let mut known = HashSet::new();
        for line in BufReader::new(&file).split(b'\n') {
            let line = line.map_err(fail("read the journal"))?;
            if let Ok(line) = serde_json::from_slice::<Line>(&line)
                && line.server == server
            {
                known.insert((line.booth, line.key));
            }
        }
        if !ends_with_line_break(&mut file).map_err(fail("read the journal"))? {
            // A crash tore the last line; the next one must not be appended to it.
            file.write_all(b"\n").map_err(fail("write the journal"))?;
        }
        Ok(Self { path: path.to_owned(), server: server.to_owned(), known, file: Mutex::new(file) })
    }

    /// Whether an earlier run has the acknowledgement.
    #[must_use]
    pub fn knows(&self, booth: &str, key: &str) -> bool {
        // The set is small beside the photos; the two strings cost less than reading one of them.
        self.known.contains(&(booth.to_owned(), key.to_owned()))
    }

    /// Notes an acknowledgement.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn note(&self, booth: &str, key: &str, passage: &str) -> Result<(), ClientError> {
        let (server, booth, key, passage) = (self.server.clone(), booth.to_owned(), key.to_owned(), passage.to_owned());
        let mut line = serde_json::to_string(&Line { server, booth, key, passage })
            .map_err(|e| ClientError::Usage(format!("a line of the journal cannot be written: {e}")))?;
        line.push('\n');
        // One write for the whole line: appends of one process do not mix.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).map_err(ClientError::file("write the journal", &self.path))
    }
}

fn ends_with_line_break(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_remembers_across_runs_and_survives_a_torn_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let journal = Journal::open(&path, "http://a").unwrap();
        assert!(!journal.knows("north", "k1"));
        journal.note("north", "k1", "psg_1").unwrap();
        journal.note("north", "k2", "psg_2").unwrap();
        drop(journal);

        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        let journal = Journal::open(&path, "http://a").unwrap();
        assert!(journal.knows("north", "k1"));
        assert!(!journal.knows("north", "k2"), "the torn line counts for nothing");
        journal.note("north", "k3", "psg_3").unwrap();

        let journal = Journal::open(&path, "http://a").unwrap();
        assert!(journal.knows("north", "k1") && journal.knows("north", "k3"));
    }

    #[test]
    fn a_journal_of_another_installation_skips_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        Journal::open(&path, "http://a").unwrap().note("north", "k1", "psg_1").unwrap();
        assert!(!Journal::open(&path, "http://b").unwrap().knows("north", "k1"));
    }
}
