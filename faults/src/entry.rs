//! Passages as the ledger's file has them.

use rusqlite::Connection;
use serde_json::Value;

use crate::error::BenchError;

/// A passage as the ledger's file has it.
pub struct Entry {
    /// `psg_…`
    pub id: String,
    /// Booth and key.
    pub place: (String, String),
    /// Present state.
    pub state: String,
    /// Decided or suggested plate.
    pub plate: Option<String>,
    /// Issuer of that plate.
    pub issuer: Option<String>,
    /// Type of that plate, where whoever decided it recorded one.
    pub of_type: Option<String>,
    /// Opened again after it was billed, and not decided since.
    pub in_question: bool,
    pub(crate) photo_key: String,
    pub(crate) photo_sha256: String,
    pub(crate) captured_at: String,
    pub(crate) lane: String,
    pub(crate) version: u64,
    pub(crate) decided_by: Option<String>,
}

/// All of them, the oldest first.
///
/// # Errors
/// [`BenchError`] when the file cannot be read.
pub(crate) fn entries(ledger: &Connection) -> Result<Vec<Entry>, BenchError> {
    let mut statement = ledger.prepare(
        "SELECT id, booth_id, passage_key, state, plate, photo_key, photo_sha256, captured_at, lane, version, decided_by,
                coalesce(correction, '') = 'open', jurisdiction,
                (SELECT t.plate_type FROM plate_type t
                 WHERE t.passage_sequence = passage.sequence AND t.actor_id = passage.decided_by)
         FROM passage ORDER BY sequence",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Entry {
            id: row.get(0)?,
            place: (row.get(1)?, row.get(2)?),
            state: row.get(3)?,
            plate: row.get(4)?,
            photo_key: row.get(5)?,
            photo_sha256: row.get(6)?,
            captured_at: row.get(7)?,
            lane: row.get(8)?,
            version: row.get::<_, i64>(9)?.unsigned_abs(),
            decided_by: row.get(10)?,
            in_question: row.get(11)?,
            issuer: row.get(12)?,
            of_type: row.get(13)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A member of an object, as text.
#[must_use]
pub fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
