//! Whether the records of each passage agree with each other, and which photos belong to no passage. Reads only.
//!
//! The balance counts; this looks at every single passage, a page at a time, so that it can run beside everything
//! else. The photos themselves are looked at by whoever may open the store.

use tollbooth_pipeline::export::Question;
use tollbooth_pipeline::ident::passage_of_photo_key;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, Row, params};
use crate::error::LedgerError;
use crate::passages::MAX_PAGE;
use crate::plate_type::plate_type_of;

/// The photo that a passage was acknowledged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoEntry {
    /// `psg_…`
    pub passage: String,
    /// Key in the photo store.
    pub photo_key: String,
    /// Lower-case hex.
    pub photo_sha256: String,
    /// Size in bytes.
    pub photo_bytes: u64,
}

/// Something in a passage's records that cannot be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// `psg_…`
    pub passage: String,
    /// One sentence without a plate.
    pub detail: String,
}

/// A page of passages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspected {
    /// Their photos, in the order of receipt.
    pub photos: Vec<PhotoEntry>,
    /// What is wrong with their records.
    pub contradictions: Vec<Contradiction>,
    /// Cursor of the next page; none at the end.
    pub next: Option<u64>,
}

/// One passage with what is written about it elsewhere.
struct Records {
    sequence: u64,
    photo: PhotoEntry,
    state: State,
    version: u64,
    export: Option<u64>,
    question: Option<Question>,
    moves: u64,
    last_state: Option<String>,
    lines: u64,
    /// Whether the line is on a published export, or in the history as one that will be.
    published: bool,
    billed: u64,
    corrections: u64,
    last_revision: u64,
    /// Corrections whose line is not there.
    orphans: u64,
    /// Corrections of a line that another one corrects.
    doubles: u64,
    published_corrections: u64,
    corrected: u64,
    /// The last line: its export, and whether it says what the passage says, or that nothing is billed.
    last_export: Option<u64>,
    last_says: Option<String>,
}

const INSPECT: &str = concat!(
    "SELECT p.sequence, p.id, p.photo_key, p.photo_sha256, p.photo_bytes, p.state, p.version,
    p.export_sequence, p.correction,
    (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.to_state IS DISTINCT FROM e.from_state),
    (SELECT e.to_state FROM event e WHERE e.passage_sequence = p.sequence AND e.to_state IS NOT NULL
        ORDER BY e.sequence DESC LIMIT 1),
    (SELECT count(*) FROM bill_line l WHERE l.passage_sequence = p.sequence),
    EXISTS (SELECT 1 FROM bill_line l JOIN export x ON x.sequence = l.export_sequence
        WHERE l.passage_sequence = p.sequence AND (x.state = 'published' OR l.line <= x.told_line)),
    (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence AND e.kind = 'billed'),
    (SELECT count(*) FROM correction c WHERE c.passage_sequence = p.sequence),
    (SELECT coalesce(max(c.revision), 1) FROM correction c WHERE c.passage_sequence = p.sequence),
    (SELECT count(*) FROM correction c WHERE c.passage_sequence = p.sequence
        AND NOT EXISTS (SELECT 1 FROM bill_line l WHERE l.passage_sequence = c.passage_sequence AND c.revision = 2
            AND +l.export_sequence = c.corrects_export)
        AND NOT EXISTS (SELECT 1 FROM correction b WHERE b.passage_sequence = c.passage_sequence
            AND b.revision = c.revision - 1 AND b.export_sequence = c.corrects_export)),
    (SELECT count(*) - count(DISTINCT c.corrects_export) FROM correction c WHERE c.passage_sequence = p.sequence),
    (SELECT count(*) FROM correction c JOIN export x ON x.sequence = c.export_sequence
        WHERE c.passage_sequence = p.sequence AND (x.state = 'published' OR c.line <= x.told_line)),
    (SELECT count(*) FROM event e WHERE e.passage_sequence = p.sequence
        AND e.kind IN ('corrected', 'correction-adopted')),
    coalesce(
        (SELECT c.export_sequence FROM correction c WHERE c.passage_sequence = p.sequence
            ORDER BY c.revision DESC LIMIT 1),
        (SELECT l.export_sequence FROM bill_line l WHERE l.passage_sequence = p.sequence
            ORDER BY l.revision DESC LIMIT 1)),
    coalesce(
        (SELECT CASE WHEN c.action = 'withdraw' THEN 'nothing'
                WHEN c.plate = p.plate AND c.jurisdiction = p.jurisdiction AND c.plate_type IS NOT DISTINCT FROM ",
    plate_type_of!("p"),
    " THEN 'the same' ELSE 'something else' END
            FROM correction c WHERE c.passage_sequence = p.sequence ORDER BY c.revision DESC LIMIT 1),
        (SELECT CASE WHEN l.plate = p.plate AND l.jurisdiction = p.jurisdiction AND l.plate_type IS NOT DISTINCT FROM ",
    plate_type_of!("p"),
    " THEN 'the same'
                ELSE 'something else' END
            FROM bill_line l WHERE l.passage_sequence = p.sequence ORDER BY l.revision DESC LIMIT 1))
    FROM passage p WHERE p.sequence > ?1 ORDER BY p.sequence LIMIT +?2"
);

impl<D: Db> Ledger<D> {
    /// Looks at up to `limit` passages after the cursor, in the order of receipt. Each page is of one moment.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn inspect(&self, after: u64, limit: u32) -> Result<Inspected, LedgerError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let rows = self.run(INSPECT, params![after, limit])?;
        let full = rows.len() == limit as usize;
        let mut inspected = Inspected::default();
        for row in rows {
            let records = records(row)?;
            inspected.next = full.then_some(records.sequence);
            let passage = &records.photo.passage;
            let found = records.contradictions();
            inspected
                .contradictions
                .extend(found.into_iter().map(|detail| Contradiction { passage: passage.clone(), detail }));
            inspected.photos.push(records.photo);
        }
        Ok(inspected)
    }

    /// Of these keys of stored photos those that no passage names.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn unreferenced<'a>(&self, photo_keys: &'a [String]) -> Result<Vec<&'a str>, LedgerError> {
        self.photos_whose_passage("SELECT 1 FROM passage WHERE id = ?1 AND photo_key = ?2", false, photo_keys)
    }

    /// Of these keys of stored photos those whose passage names another photo: two were sent under one passage key at once,
    /// and this one was refused. No resend will ever adopt it.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn outdone<'a>(&self, photo_keys: &'a [String]) -> Result<Vec<&'a str>, LedgerError> {
        self.photos_whose_passage("SELECT 1 FROM passage WHERE id = ?1 AND photo_key <> ?2", true, photo_keys)
    }

    /// Keys for which the question about a passage's id and photo has an answer, or has none.
    fn photos_whose_passage<'a>(
        &self,
        question: &str,
        answered: bool,
        photo_keys: &'a [String],
    ) -> Result<Vec<&'a str>, LedgerError> {
        self.read(|| {
            let mut found = Vec::new();
            for key in photo_keys {
                // The passage's id is part of the key, and has an index; the key has none.
                let passage = passage_of_photo_key(key).unwrap_or_default();
                if self.run_one(question, params![passage, key.as_str()])?.is_some() == answered {
                    found.push(key.as_str());
                }
            }
            Ok(found)
        })
    }
}

fn records(row: Row) -> Result<Records, LedgerError> {
    let mut columns = row.columns();
    Ok(Records {
        sequence: columns.number()?,
        photo: photo(&mut columns)?,
        state: columns.parsed()?,
        version: columns.number()?,
        export: columns.opt_number()?,
        question: columns.opt_parsed()?,
        moves: columns.number()?,
        last_state: columns.opt_text()?,
        lines: columns.number()?,
        published: columns.flag()?,
        billed: columns.number()?,
        corrections: columns.number()?,
        last_revision: columns.number()?,
        orphans: columns.number()?,
        doubles: columns.number()?,
        published_corrections: columns.number()?,
        corrected: columns.number()?,
        last_export: columns.opt_number()?,
        last_says: columns.opt_text()?,
    })
}

fn photo(columns: &mut Columns) -> Result<PhotoEntry, LedgerError> {
    Ok(PhotoEntry {
        passage: columns.text()?,
        photo_key: columns.text()?,
        photo_sha256: columns.text()?,
        photo_bytes: columns.number()?,
    })
}

impl Records {
    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.moves != self.version {
            found.push(format!("its history has {} moves, its version is {}", self.moves, self.version));
        }
        if self.last_state.as_deref() != Some(self.state.as_str()) {
            let history = self.last_state.as_deref().unwrap_or("nothing");
            found.push(format!("its history ends with {history}, it is {}", self.state));
        }
        let lines = u64::from(self.export.is_some() || self.question.is_some());
        if self.lines != lines {
            found.push(format!("it has {} bill lines and should have {lines}", self.lines));
        }
        let says = self.last_says.as_deref();
        if self.export.is_some() && (self.last_export != self.export || says != Some("the same")) {
            found.push("its bill line, or the last correction of it, says something else than it does".to_owned());
        }
        if self.question == Some(Question::Withdrawn) && says != Some("nothing") {
            found.push("billing should have been told to bill nothing for it, and was not".to_owned());
        }
        let billed = u64::from(self.published);
        if self.billed != billed {
            found.push(format!("it was billed {} times in its history and should be {billed}", self.billed));
        }
        self.corrections(&mut found);
        found
    }

    fn corrections(&self, found: &mut Vec<String>) {
        if self.orphans > 0 {
            found.push(format!("{} corrections refer to a line that is not there", self.orphans));
        }
        if self.doubles > 0 {
            found.push(format!("{} lines have more than one correction", self.doubles));
        }
        if self.last_revision != self.corrections + 1 {
            found.push(format!(
                "it has {} corrections, and the last one has number {}",
                self.corrections, self.last_revision
            ));
        }
        if self.corrected != self.published_corrections {
            let (history, published) = (self.corrected, self.published_corrections);
            found.push(format!(
                "it was corrected {history} times in its history, and {published} corrections are published"
            ));
        }
    }
}
