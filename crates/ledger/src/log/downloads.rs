//! Who fetched which files of exports.
//!
//! A download is one note for a person or token, a file and a day; the next range of the file writes nothing.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::{BILLING, Part};

use super::day::Note;
use super::{Asked, List, MAX_PAGE, Wanted};
use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, params};
use crate::error::LedgerError;

/// Somebody fetched a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its place among all downloads.
    pub number: u64,
    /// The first time on that day (UTC).
    pub at: Instant,
    /// `tok_…`
    pub token: String,
    /// What they are called now.
    pub name: String,
    /// Sequence of the export.
    pub export: u64,
    /// Of the copy; `billing` for what is billed from.
    pub profile: String,
    /// `file` or `manifest`
    pub part: String,
}

const DOWNLOADS: List = List {
    last_before: "SELECT fetched.number FROM export_download fetched WHERE fetched.at_ms < +?1 ORDER BY fetched.at_ms DESC, fetched.number DESC LIMIT 1",
    first_from: "SELECT fetched.number FROM export_download fetched WHERE fetched.at_ms >= +?1 ORDER BY fetched.at_ms, fetched.number LIMIT 1",
};

const NOTE: Note = Note {
    known: "SELECT 1 FROM export_download fetched WHERE fetched.export_sequence = +?1 AND fetched.profile = +?2 AND fetched.part = +?3
         AND fetched.token_id = +?4 AND fetched.day = +?5",
    write: "INSERT INTO export_download (export_sequence, profile, part, token_id, day, at_ms)
         SELECT sequence, ?2, ?3, ?4, CAST(?5 AS BIGINT), CAST(?6 AS BIGINT) FROM export WHERE sequence = ?1
         ON CONFLICT (export_sequence, profile, part, token_id, day) DO NOTHING",
    sweep: "DELETE FROM export_download WHERE number IN (SELECT number FROM export_download ORDER BY number LIMIT +?2)
         AND day < +?1",
};

impl<D: Db> Ledger<D> {
    /// Writes down that somebody is about to be given a file of an export, or of a copy of it. Once for a day; again, it writes
    /// nothing.
    ///
    /// # Errors
    /// [`LedgerError`]; nothing may be handed over then.
    pub fn note_download(
        &self,
        now: Instant,
        token: &str,
        export: u64,
        profile: Option<&str>,
        part: Part,
    ) -> Result<(), LedgerError> {
        let profile = profile.unwrap_or(BILLING);
        self.note_of_day(now, &NOTE, params![export, profile, part.as_str(), token])
    }

    /// Who fetched which files, the newest first. `before` is the last number seen. Of a passage nothing is said here.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn downloads(
        &self,
        wanted: &Wanted<'_>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Download>, LedgerError> {
        let (after, end) = self.around(&DOWNLOADS, wanted)?;
        let before = before.unwrap_or(u64::MAX).min(end);
        let mut asked = Asked::new(
            "SELECT fetched.number, fetched.at_ms, fetched.token_id, t.name, fetched.export_sequence, fetched.profile, fetched.part
             FROM export_download fetched JOIN token t ON t.id = fetched.token_id WHERE fetched.number < +?1 AND fetched.number > +?2",
            vec![before.into(), after.into()],
        );
        asked.equal("fetched.token_id", wanted.who);
        asked.between("fetched.at_ms", wanted);
        let rows = asked.run(self, "ORDER BY fetched.number DESC", limit.clamp(1, MAX_PAGE))?;
        rows.into_iter().map(|row| download(row.columns())).collect()
    }
}

fn download(mut columns: Columns) -> Result<Download, LedgerError> {
    Ok(Download {
        number: columns.number()?,
        at: columns.integer()?,
        token: columns.text()?,
        name: columns.text()?,
        export: columns.number()?,
        profile: columns.text()?,
        part: columns.text()?,
    })
}
