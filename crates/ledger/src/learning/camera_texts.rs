//! Texts that a camera shows at the same place on photo after photo: its name, a sign behind the lane, a vehicle that is
//! parked in view. None of them is the plate of who passes.
//!
//! Told from a commuter's plate by its place: a vehicle never stops at the same pixels five times. Told from one vehicle that
//! stands in the lane by the others that passed in between.

use serde_json::json;
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::crossing::{is_nearly_same, picture_key};
use tollbooth_pipeline::learned::{CameraText, is_same_place};
use tollbooth_pipeline::reading::{Bounds, Reading, Sighting};

use crate::Ledger;
use crate::db::{Db, Row, params};
use crate::error::{Failure, LedgerError};
use crate::event::{Actor, EventKind, NewEvent};
use crate::passages::MAX_PAGE;
use crate::scope::Scope;

/// Photos, this one included, on which a text must stand at one place.
const PHOTOS: usize = 5;
/// Earlier photos with the text that are compared, the latest; of older ones only those that count.
const MOST_EARLIER: usize = 8;
/// Earlier photos with the text that are looked through.
const MOST_LOOKED_AT: u32 = 500;
/// Photos count that are so far apart at least: one vehicle sends several in a moment.
const APART_MS: i64 = 600_000;
/// Photos older than this are not compared.
const WINDOW_MS: i64 = 90 * 86_400_000;
/// Other plates that this camera must have seen meanwhile.
const OTHERS: usize = 3;
/// Other plates whose places are looked at.
const MOST_OTHERS: usize = 12;
/// Passages of the booth that are looked through for them.
const MOST_BETWEEN: u32 = 500;
/// Texts of one camera that a reading is told of.
const MOST_TEXTS: u32 = 20;

/// A text of a camera's own, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraTextRow {
    /// Grows; the cursor.
    pub id: u64,
    /// Booth id.
    pub booth: String,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// As it was read.
    pub text: String,
    /// In pixels of the photo.
    pub bounds: Bounds,
    /// When it was learned.
    pub learned_at: Instant,
    /// The passage whose photo was one too many; none where it is kept back.
    pub passage: Option<String>,
    /// When somebody said that it is a plate after all.
    pub forgotten_at: Option<Instant>,
}

/// Why nothing was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such text.
    NotFound,
}

/// Earlier photos of the camera with the text that was read from this one, the latest first, by what was read, whoever
/// decided what. Of a text that is read on every photo there are many.
const EARLIER: &str = "SELECT other.sequence, other.captured_at_ms, subject.captured_at_ms
    FROM (SELECT theirs.passage_sequence FROM picture_print AS mine
            JOIN picture_print AS theirs ON theirs.booth_id = mine.booth_id AND theirs.text_key = mine.text_key
        WHERE mine.passage_sequence = +?1 AND theirs.passage_sequence < +?1
        ORDER BY theirs.passage_sequence DESC LIMIT +?3) AS few
    JOIN passage AS other ON other.sequence = few.passage_sequence
    JOIN passage AS subject ON subject.lane = other.lane AND subject.camera = other.camera
    WHERE subject.sequence = +?1 AND other.captured_at_ms >= subject.captured_at_ms - +?2
    ORDER BY other.sequence DESC";

/// What was read last from a passage.
const READ_LAST: &str = "SELECT a.reading FROM passage AS p
    JOIN reading_attempt AS a ON a.passage_sequence = p.sequence AND a.attempt = p.last_attempt
    WHERE p.sequence = +?1 AND a.outcome = 'read'";

/// What the camera saw of other plates from one passage to another, the latest first.
const BETWEEN: &str = "SELECT few.sequence, few.plate FROM (
        SELECT p.sequence, p.plate, p.lane, p.camera FROM passage AS mine JOIN passage AS p ON p.booth_id = mine.booth_id
        WHERE mine.sequence = +?1 AND p.sequence > +?2 AND p.sequence < +?1 ORDER BY p.sequence DESC LIMIT +?3) AS few
    JOIN passage AS subject ON subject.sequence = +?1
    WHERE few.plate IS NOT NULL AND few.plate <> +?4 AND few.lane = subject.lane AND few.camera = subject.camera
    ORDER BY few.sequence DESC";

impl<D: Db> Ledger<D> {
    /// Looks whether the text that was read stands where the camera shows it on photo after photo, and learns that: the text
    /// is answered then. `read` is what the photo's print is kept under.
    pub(crate) fn learn_camera_text(
        &self,
        now: Instant,
        (sequence, passage): (i64, &str),
        read: &str,
        reading: &Reading,
    ) -> Result<Option<String>, LedgerError> {
        let key = picture_key(read);
        let says = |seen: &Sighting| seen.candidates.first().is_some_and(|text| picture_key(&text.text) == key);
        let Some(place) = reading.sightings.iter().find(|seen| says(seen)).map(|seen| seen.bounds) else {
            return Ok(None);
        };
        let (mut at, mut oldest, mut photos) = (None::<Instant>, sequence, 1);
        for (compared, row) in self.run(EARLIER, params![sequence, WINDOW_MS, MOST_LOOKED_AT])?.into_iter().enumerate()
        {
            if photos >= PHOTOS && compared >= MOST_EARLIER {
                break;
            }
            let mut columns = row.columns();
            let (earlier, captured_at, mine) = (columns.integer()?, columns.integer()?, columns.integer()?);
            let counts = at.unwrap_or(mine).saturating_sub(captured_at).abs() >= APART_MS;
            if !counts && compared >= MOST_EARLIER {
                continue;
            }
            let Some(seen) = self.read_last(earlier)? else { continue };
            let is_here = |other: &Sighting| is_same_place(&other.bounds, &place) && says(other);
            // Seen elsewhere: a vehicle that passes again and again.
            if !seen.sightings.iter().any(is_here) {
                return Ok(None);
            }
            if counts {
                (at, oldest, photos) = (Some(captured_at), earlier, photos + 1);
            }
        }
        if photos < PHOTOS || !self.others_passed((sequence, oldest), read, &place)? {
            return Ok(None);
        }
        let learned = self.run(
            "INSERT INTO camera_text (booth_id, lane, camera, text, text_key, x, y, width, height, learned_at_ms, passage_id)
             SELECT p.booth_id, p.lane, p.camera, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM passage p WHERE p.sequence = ?1
             ON CONFLICT (booth_id, lane, camera, text_key) DO UPDATE SET text = excluded.text, x = excluded.x,
                 y = excluded.y, width = excluded.width, height = excluded.height, learned_at_ms = excluded.learned_at_ms,
                 passage_id = excluded.passage_id WHERE camera_text.forgotten_at_ms IS NULL
             RETURNING text",
            params![
                sequence,
                read,
                key,
                f64::from(place.x),
                f64::from(place.y),
                f64::from(place.width),
                f64::from(place.height),
                now,
                passage,
            ],
        )?;
        // Nothing came back for one that somebody has said is a plate.
        learned.into_iter().next().map(|row| row.columns().text()).transpose()
    }

    fn read_last(&self, sequence: i64) -> Result<Option<Reading>, LedgerError> {
        let Some(row) = self.run_one(READ_LAST, params![sequence])? else { return Ok(None) };
        serde_json::from_str(&row.columns().text()?)
            .map(Some)
            .map_err(|e| LedgerError::Damaged(format!("a stored reading cannot be read back: {e}")))
    }

    /// Whether other plates were read meanwhile, and elsewhere in the photos. Where they mostly stand at this very place, it is
    /// where all plates of the camera are: it sends them cut out, or its recogniser tells no places.
    fn others_passed(&self, (sequence, oldest): (i64, i64), read: &str, place: &Bounds) -> Result<bool, LedgerError> {
        let mut plates: Vec<String> = Vec::new();
        let (mut elsewhere, mut here) = (0, 0);
        for row in self.run(BETWEEN, params![sequence, oldest, MOST_BETWEEN, read])? {
            let mut columns = row.columns();
            let (other, plate) = (columns.integer()?, columns.text()?);
            // The same text misread is no other plate.
            if plates.contains(&plate) || is_nearly_same(&plate, read) {
                continue;
            }
            let Some(reading) = self.read_last(other)? else { continue };
            let key = picture_key(&plate);
            let is_it = |seen: &&Sighting| seen.candidates.first().is_some_and(|text| picture_key(&text.text) == key);
            let Some(seen) = reading.sightings.iter().find(is_it) else { continue };
            *(if is_same_place(&seen.bounds, place) { &mut here } else { &mut elsewhere }) += 1;
            plates.push(plate);
            if plates.len() == MOST_OTHERS {
                break;
            }
        }
        Ok(elsewhere >= OTHERS && elsewhere > here)
    }

    /// The texts of a camera's own that a reading is told of, the latest first.
    pub(crate) fn texts_of_camera(
        &self,
        booth: &str,
        lane: &str,
        camera: &str,
    ) -> Result<Vec<CameraText>, LedgerError> {
        let rows = self.run(
            "SELECT c.text, c.x, c.y, c.width, c.height FROM camera_text c
             WHERE c.booth_id = +?1 AND c.lane = +?2 AND c.camera = +?3 AND c.forgotten_at_ms IS NULL
             ORDER BY c.learned_at_ms DESC, c.id DESC LIMIT +?4",
            params![booth, lane, camera, MOST_TEXTS],
        )?;
        let text = |row: Row| {
            let mut columns = row.columns();
            Ok(CameraText { text: columns.text()?, bounds: bounds(&mut columns)? })
        };
        rows.into_iter().map(text).collect()
    }

    /// Texts that cameras show, in the order in which they were first learned, forgotten ones included.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn camera_texts(
        &self,
        booth: Option<&str>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<CameraTextRow>, LedgerError> {
        let booth_too = if booth.is_some() { " AND c.booth_id || '' = ?3" } else { "" };
        let mut parameters = params![after.unwrap_or(0), limit.clamp(1, MAX_PAGE + 1)].to_vec();
        parameters.extend(booth.map(Into::into));
        let sql = format!(
            "SELECT c.id, c.booth_id, c.lane, c.camera, c.text, c.x, c.y, c.width, c.height, c.learned_at_ms, c.passage_id,
                 c.forgotten_at_ms FROM camera_text c WHERE c.id > +?1{booth_too} ORDER BY c.id LIMIT +?2"
        );
        self.run(&sql, &parameters)?.into_iter().map(listed).collect()
    }

    /// [`Ledger::camera_texts`] as somebody may see it: whoever reads a passage without knowing what was read would learn it
    /// here.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn camera_texts_for(
        &self,
        viewer: &Actor,
        booth: Option<&str>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<CameraTextRow>, LedgerError> {
        let mut found = self.camera_texts(booth, after, limit)?;
        for text in &mut found {
            if let Some(passage) = &text.passage
                && self.passage_for(viewer, passage)?.is_none_or(|passage| passage.kept_back)
            {
                text.passage = None;
            }
        }
        Ok(found)
    }

    /// Says that a text is a plate after all: it is read as any other, and never learned again. Again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]
    pub fn forget_camera_text(&self, now: Instant, actor: &Actor, id: u64) -> Result<(), Failure<Refusal>> {
        self.write(Scope::Rows, || {
            let row = self.run_one(
                "SELECT c.booth_id, c.lane, c.camera, c.forgotten_at_ms FROM camera_text c WHERE c.id = +?1
                 /*pg FOR NO KEY UPDATE */",
                params![id],
            )?;
            let mut columns = row.ok_or(Failure::Refused(Refusal::NotFound))?.columns();
            let (booth, lane, camera) = (columns.text()?, columns.text()?, columns.text()?);
            if columns.opt_integer()?.is_some() {
                return Ok(());
            }
            self.run(
                "UPDATE camera_text SET forgotten_at_ms = ?2, forgotten_by = ?3 WHERE id = ?1",
                params![id, now, actor.id.as_str()],
            )?;
            let detail = json!({ "camera_text": id, "lane": lane, "camera": camera });
            self.append_general(
                &NewEvent { at: now, kind: EventKind::CameraTextForgotten, actor, detail },
                Some(&booth),
            )?;
            Ok(())
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "boxes were f32 when they were stored")]
fn bounds(columns: &mut crate::columns::Columns) -> Result<Bounds, LedgerError> {
    let mut number = || Ok::<f32, LedgerError>(columns.double()? as f32);
    Ok(Bounds { x: number()?, y: number()?, width: number()?, height: number()? })
}

fn listed(row: Row) -> Result<CameraTextRow, LedgerError> {
    let mut columns = row.columns();
    Ok(CameraTextRow {
        id: columns.number()?,
        booth: columns.text()?,
        lane: columns.text()?,
        camera: columns.text()?,
        text: columns.text()?,
        bounds: bounds(&mut columns)?,
        learned_at: columns.integer()?,
        passage: Some(columns.text()?),
        forgotten_at: columns.opt_integer()?,
    })
}
