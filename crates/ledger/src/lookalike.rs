//! Plates that differ in one easily confused character from one that passes here often, and readings that were wrong before:
//! neither is billed without a person. Both are looked up by indexes, whatever the ledger holds.

use tollbooth_pipeline::Instant;
use tollbooth_pipeline::crossing::{Relation, is_nearly_same};
use tollbooth_pipeline::lookalike::{WINDOW_MS, remembered, told, variants};

use crate::Ledger;
use crate::crossing::Related;
use crate::db::{Db, Value, params};
use crate::error::LedgerError;

/// Sightings are counted up to here: more says nothing new.
const MOST_SIGHTINGS: u32 = 500;
/// Photos of neighbours that are shown beside the one to decide.
const MOST_SHOWN: u32 = 2;
/// Variants are looked up so many at a time, so that statements are few.
const AT_A_TIME: usize = 32;

/// The accepted passages of the booth, up to this one, with one of the plates that follow the parameters named.
fn neighbours(columns: &str, count: usize, most: u32) -> String {
    let plates: Vec<String> = (0..count).map(|n| format!("+?{}", n + 3)).collect();
    format!(
        "SELECT {columns} FROM passage AS mine JOIN passage AS other ON other.booth_id = mine.booth_id
             AND other.plate IN ({}) AND other.captured_at_ms BETWEEN mine.captured_at_ms - +?2 AND mine.captured_at_ms
         WHERE mine.sequence = +?1 AND other.sequence <> +?1 AND other.state = 'accepted' LIMIT {most}",
        plates.join(", ")
    )
}

impl<D: Db> Ledger<D> {
    /// Why this plate must not be billed without a person, were it accepted for this passage.
    pub(crate) fn look_alike(&self, sequence: i64, plate: &str, sightings: u64) -> Result<Option<String>, LedgerError> {
        let row = self.run_one(
            "SELECT c.right_plate FROM confusion c WHERE c.read_plate = +?1 AND c.withdrawn_at_ms IS NULL
             ORDER BY c.passage_sequence DESC LIMIT 1",
            params![plate],
        )?;
        if let Some(row) = row {
            return Ok(Some(remembered(plate, &row.columns().text()?)));
        }
        if sightings == 0 {
            return Ok(None);
        }
        let Some((neighbour, seen)) = self.often_seen(sequence, plate, sightings)? else { return Ok(None) };
        let confirmed = self.run_one(
            "SELECT 1 FROM passage AS mine JOIN passage AS other ON other.booth_id = mine.booth_id AND other.plate = +?2
                 AND other.captured_at_ms BETWEEN mine.captured_at_ms - ?3 AND mine.captured_at_ms + ?3
             WHERE mine.sequence = +?1 AND other.sequence <> +?1 AND other.state = 'accepted'
                 AND other.decided_by <> 'judge' LIMIT 1",
            params![sequence, plate, WINDOW_MS],
        )?;
        Ok(confirmed.is_none().then(|| told(plate, &neighbour, seen)))
    }

    /// The neighbour that was seen most at the booth, where it was seen this often.
    fn often_seen(&self, sequence: i64, plate: &str, least: u64) -> Result<Option<(String, u64)>, LedgerError> {
        let mut most: Option<(String, u64)> = None;
        for texts in variants(plate).chunks(AT_A_TIME) {
            let few = neighbours("other.plate", AT_A_TIME, MOST_SIGHTINGS);
            let sql = format!(
                "SELECT few.plate, count(*) FROM ({few}) AS few GROUP BY few.plate ORDER BY count(*) DESC, few.plate LIMIT 1"
            );
            let Some(row) = self.run_one(&sql, &parameters(sequence, texts))? else { continue };
            let mut columns = row.columns();
            let (neighbour, seen) = (columns.text()?, columns.number()?);
            if seen >= least && most.as_ref().is_none_or(|(_, before)| seen > *before) {
                most = Some((neighbour, seen));
            }
        }
        Ok(most)
    }

    /// The latest photos of plates that this one may be, to be seen beside it.
    pub(crate) fn look_alikes(&self, sequence: i64, plate: &str) -> Result<Vec<Related>, LedgerError> {
        let mut found = Vec::new();
        let right = self.run(
            "SELECT c.right_plate FROM confusion c WHERE c.read_plate = +?1 AND c.withdrawn_at_ms IS NULL
             ORDER BY c.passage_sequence DESC LIMIT 1",
            params![plate],
        )?;
        let mut texts = right.into_iter().map(|row| row.columns().text()).collect::<Result<Vec<_>, _>>()?;
        texts.extend(variants(plate));
        for texts in texts.chunks(AT_A_TIME) {
            let few = neighbours(
                "other.id, other.state, other.plate, other.lane, other.camera, other.captured_at,
                 other.captured_at_ms - mine.captured_at_ms AS later_ms",
                AT_A_TIME,
                MOST_SIGHTINGS,
            );
            let sql = format!("SELECT * FROM ({few}) AS few ORDER BY few.later_ms DESC LIMIT {MOST_SHOWN}");
            for row in self.run(&sql, &parameters(sequence, texts))? {
                let mut columns = row.columns();
                found.push(Related {
                    passage: columns.text()?,
                    relation: Relation::LookAlike,
                    state: columns.parsed()?,
                    plate: columns.opt_text()?,
                    lane: columns.text()?,
                    camera: columns.text()?,
                    captured_at: columns.text()?,
                    later_ms: columns.integer()?,
                });
            }
        }
        found.sort_by_key(|other| std::cmp::Reverse(other.later_ms));
        found.truncate(MOST_SHOWN as usize);
        Ok(found)
    }

    /// Remembers that a text was read where another was right: upheld by a person who looked, after the machine or another
    /// person had said otherwise.
    pub(crate) fn remember_confusion(&self, now: Instant, sequence: i64, right: &str) -> Result<(), LedgerError> {
        let rows = self.run(
            "SELECT DISTINCT a.plate FROM reading_attempt a WHERE a.passage_sequence = +?1 AND a.plate IS NOT NULL
                 AND a.plate <> +?2",
            params![sequence, right],
        )?;
        for row in rows {
            let read = row.columns().text()?;
            if !is_nearly_same(&read, right) {
                continue;
            }
            self.run(
                "INSERT INTO confusion (read_plate, passage_sequence, right_plate, upheld_at_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (read_plate, passage_sequence) DO UPDATE SET right_plate = excluded.right_plate,
                     upheld_at_ms = excluded.upheld_at_ms, withdrawn_at_ms = NULL",
                params![read, sequence, right, now],
            )?;
        }
        Ok(())
    }

    /// What was upheld of a passage is doubted again.
    pub(crate) fn forget_confusion(&self, now: Instant, sequence: i64) -> Result<(), LedgerError> {
        self.run(
            "UPDATE confusion SET withdrawn_at_ms = ?2 WHERE passage_sequence = +?1 AND withdrawn_at_ms IS NULL",
            params![sequence, now],
        )?;
        Ok(())
    }
}

/// The passage, the window, and texts up to their number, the last one again where there are fewer.
fn parameters(sequence: i64, texts: &[String]) -> Vec<Value> {
    let last = texts.last().map_or("", String::as_str);
    let padded = texts.iter().map(String::as_str).chain(std::iter::repeat(last)).take(AT_A_TIME);
    [sequence.into(), WINDOW_MS.into()].into_iter().chain(padded.map(Value::from)).collect()
}
