//! One crossing is one bill: whoever accepts a plate, judge or reviewer, looks here first, inside the accepting
//! transaction, where no other acceptance can come in between. So of two photos that belong together the one that is
//! decided later waits for a person, whichever was taken or received first.
//!
//! Which photos belong together is decided by [`tollbooth_pipeline::crossing`]; this only finds those that may.

use tollbooth_pipeline::crossing::{
    Apart, Neighbour, Relation, Standing, Windows, obstacles, picture_key, plate_key, plate_keys, relation,
};
use tollbooth_pipeline::identity::keying_rules;
use tollbooth_pipeline::print::{MAX_BYTES, is_same_picture};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::State;

use crate::Ledger;
use crate::columns::Columns;
use crate::db::{Db, Row, Value, params};
use crate::error::LedgerError;
use crate::keying::plate_key;
use crate::scope::Scope;
use crate::setting::{in_force, seconds_ms};

/// Texts that are only alike are looked for up to here, whatever `judge.recross_seconds` says: a lane's passages of ten
/// minutes are few, those of a day are not. The very same plate is found at any distance, by its index.
pub const NEARLY_SAME_MS: i64 = 600_000;

/// A passage that may show the same crossing as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// `psg_…`
    pub passage: String,
    /// How it belongs to the other one.
    pub relation: Relation,
    /// Where it is.
    pub state: State,
    /// Its plate, decided or suggested.
    pub plate: Option<String>,
    /// Lane at the booth.
    pub lane: String,
    /// Name of the camera.
    pub camera: String,
    /// As the camera wrote it.
    pub captured_at: String,
    /// Milliseconds between the capture times; positive when this one was taken later.
    pub later_ms: i64,
}

/// A neighbour with what people are told of it.
struct Found {
    neighbour: Neighbour,
    related: Related,
}

macro_rules! neighbours {
    ($($found_by:tt)+) => {
        concat!(
            "SELECT other.id, other.state, other.reason, other.plate, other.lane, other.camera, other.captured_at,
                 other.captured_at_ms - mine.captured_at_ms,
                 CASE WHEN other.lane = mine.lane THEN 1 ELSE 0 END,
                 CASE WHEN other.camera = mine.camera THEN 1 ELSE 0 END
             FROM passage AS mine JOIN passage AS other
               ON other.booth_id = mine.booth_id AND ",
            $($found_by)+,
            " AND other.captured_at_ms BETWEEN mine.captured_at_ms - ?3 AND mine.captured_at_ms + ?3
             WHERE mine.sequence = +?1 AND other.sequence <> +?1 AND other.state IN ('accepted', 'in-review')
             ORDER BY other.sequence"
        )
    };
}

/// The same plate at the booth in any spelling of its key, however far apart.
const OF_THIS_PLATE: &str = neighbours!("other.plate IS NOT NULL AND ", plate_key!("other.plate"), " = +?2");

/// Whatever was read at the booth moments apart, except the same plate.
const AROUND: &str = neighbours!("other.plate IS NOT NULL AND ", plate_key!("other.plate"), " <> +?2");

macro_rules! same_picture {
    ($also:literal) => {
        concat!(
            "SELECT other.id, other.state, other.plate, other.lane, other.camera, other.captured_at,
                 other.captured_at_ms - mine.captured_at_ms
             FROM passage AS mine JOIN passage AS other INDEXED BY passage_frame
               ON other.booth_id = mine.booth_id AND other.picture_digest = mine.picture_digest
             WHERE mine.sequence = +?1 AND other.sequence <> +?1",
            $also,
            " ORDER BY other.captured_at_ms, other.lane, other.sequence LIMIT +?2"
        )
    };
}

/// Files with the same picture, in the order of the index: a camera that is stuck has sent thousands of them.
const SAME_PICTURE: &str = same_picture!("");

/// Those of them that are billed, however many others there are.
const SAME_PICTURE_ACCEPTED: &str = same_picture!(" AND other.state = 'accepted'");

/// Prints of photos with nearly the same text at the booth, the latest first: by what was read, whoever decided what.
const PRINTS: &str = "SELECT theirs.print, mine.print, other.id, other.state, other.plate, other.lane, other.camera,
        other.captured_at, other.captured_at_ms - subject.captured_at_ms
    FROM picture_print AS mine JOIN passage AS subject ON subject.sequence = mine.passage_sequence
    JOIN picture_print AS theirs ON theirs.booth_id = mine.booth_id AND theirs.text_key = mine.text_key
    JOIN passage AS other ON other.sequence = theirs.passage_sequence
    WHERE mine.passage_sequence = +?1 AND theirs.passage_sequence <> +?1
    ORDER BY theirs.passage_sequence DESC LIMIT +?2";

/// So many of the latest prints are compared: a daily commuter's of half a year.
const MAX_PRINTS: u32 = 200;

/// As many as a person may want to see of a picture that a camera sends over and over.
const MAX_SAME_PICTURES: u32 = 10;

impl<D: Db> Ledger<D> {
    /// The passages with which this one must not be billed without a person's word, were it accepted with this plate.
    /// The issuer's register says which spellings are this plate.
    pub(crate) fn in_the_way(&self, sequence: i64, (plate, issuer): (&str, &str)) -> Result<Vec<Related>, LedgerError> {
        let settings = in_force(&self.changed_settings()?)?;
        let windows = windows(&settings);
        self.lock(Scope::BoothOf(sequence))?;
        let found = self.neighbours(sequence, (plate, issuer), &settings)?;
        let (neighbours, related): (Vec<_>, Vec<_>) = found.into_iter().map(|f| (f.neighbour, f.related)).unzip();
        let obstacles = obstacles(plate, &neighbours, windows);
        let mut found: Vec<Related> = related
            .into_iter()
            .enumerate()
            .filter_map(|(at, related)| {
                let (_, relation) = obstacles.iter().find(|(place, _)| *place == at)?;
                Some(Related { relation: *relation, ..related })
            })
            .collect();
        // Of the same picture only what is accepted: copies of this one that were held back must not hold it back.
        let same = self.same_pictures(SAME_PICTURE_ACCEPTED, sequence)?;
        for again in same.into_iter().chain(self.encoded_anew(sequence)?) {
            if found.iter().all(|other| other.passage != again.passage) {
                found.push(again);
            }
        }
        Ok(found)
    }

    /// Keeps what a passage's picture looks like, under the text that was read from it.
    pub(crate) fn keep_print(&self, sequence: i64, plate: &str, print: Vec<u8>) -> Result<(), LedgerError> {
        if print.is_empty() || print.len() > MAX_BYTES {
            return Err(LedgerError::Damaged(format!("a print of {} bytes", print.len())));
        }
        self.run(
            "INSERT INTO picture_print (passage_sequence, booth_id, text_key, print)
             SELECT p.sequence, p.booth_id, ?2, ?3 FROM passage p WHERE p.sequence = ?1
             ON CONFLICT (passage_sequence) DO UPDATE SET text_key = excluded.text_key, print = excluded.print",
            params![sequence, picture_key(plate), Value::Blob(print)],
        )?;
        Ok(())
    }

    /// The passages whose picture is this one's, encoded anew.
    fn encoded_anew(&self, sequence: i64) -> Result<Vec<Related>, LedgerError> {
        let mut again = Vec::new();
        for row in self.run(PRINTS, params![sequence, MAX_PRINTS])? {
            let mut columns: Columns = row.columns();
            let (theirs, mine) = (columns.blob()?, columns.blob()?);
            if is_same_picture(&theirs, &mine) {
                again.push(same_picture(&mut columns)?);
            }
        }
        Ok(again)
    }

    /// The passages that may show the same crossing as this one, whatever became of them, so that people see them side by
    /// side: the earliest of the same picture first. Empty for an unknown passage.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn related_to(&self, passage: &str) -> Result<Vec<Related>, LedgerError> {
        self.read(|| {
            let sql = "SELECT p.sequence, p.plate, p.reason, p.jurisdiction FROM passage p WHERE p.id = ?1";
            let Some(row) = self.run_one(sql, params![passage])? else { return Ok(Vec::new()) };
            let mut columns = row.columns();
            let (sequence, plate) = (columns.integer()?, columns.opt_text()?.unwrap_or_default());
            let is_look_alike = columns.opt_text()?.as_deref() == Some(ReviewReason::LookAlike.as_str());
            let issuer = columns.opt_text()?.unwrap_or_default();
            let settings = in_force(&self.changed_settings()?)?;
            let windows = windows(&settings);
            let mut related = self.same_pictures(SAME_PICTURE, sequence)?;
            for again in self.encoded_anew(sequence)? {
                if related.iter().all(|other| other.passage != again.passage) {
                    related.push(again);
                }
            }
            for Found { neighbour, related: found } in self.neighbours(sequence, (&plate, &issuer), &settings)? {
                let known = related.iter().any(|other: &Related| other.passage == found.passage);
                let relation = relation(&plate, &neighbour.plate, neighbour.apart, windows).filter(|_| !known);
                related.extend(relation.map(|relation| Related { relation, ..found }));
            }
            if is_look_alike {
                related.extend(self.look_alikes(sequence, &plate)?);
            }
            Ok(related)
        })
    }

    fn same_pictures(&self, sql: &str, sequence: i64) -> Result<Vec<Related>, LedgerError> {
        let rows = self.run(sql, params![sequence, MAX_SAME_PICTURES])?;
        rows.into_iter().map(|row| same_picture(&mut row.columns())).collect()
    }

    fn neighbours(
        &self,
        sequence: i64,
        (plate, issuer): (&str, &str),
        settings: &Settings,
    ) -> Result<Vec<Found>, LedgerError> {
        let windows = windows(settings);
        let around = windows.recross_ms.min(NEARLY_SAME_MS).max(windows.towing_ms).max(windows.towing_one_camera_ms);
        let rules = keying_rules(settings);
        let mut rows = Vec::new();
        for key in plate_keys(plate, issuer, &rules) {
            rows.extend(self.run(OF_THIS_PLATE, params![sequence, key, windows.recross_ms])?);
        }
        rows.extend(self.run(AROUND, params![sequence, plate_key(plate), around])?);
        let register = rules.lookup_key(issuer, plate);
        let mut neighbours: Vec<Found> = Vec::new();
        for row in rows {
            let mut found = found(row)?;
            if neighbours.iter().any(|known| known.related.passage == found.related.passage) {
                continue;
            }
            // To its register it is this plate, however it is spelled.
            if rules.lookup_key(issuer, &found.neighbour.plate) == register {
                found.neighbour.plate = plate.to_owned();
            }
            neighbours.push(found);
        }
        Ok(neighbours)
    }
}

fn same_picture(columns: &mut Columns) -> Result<Related, LedgerError> {
    Ok(Related {
        passage: columns.text()?,
        relation: Relation::SamePicture,
        state: columns.parsed()?,
        plate: columns.opt_text()?,
        lane: columns.text()?,
        camera: columns.text()?,
        captured_at: columns.text()?,
        later_ms: columns.integer()?,
    })
}

fn windows(settings: &Settings) -> Windows {
    #[expect(clippy::cast_possible_truncation, reason = "settings are at most a minute")]
    let ms = |seconds: f64| (seconds * 1_000.0) as i64;
    Windows {
        recross_ms: seconds_ms(settings.judge_recross_seconds),
        towing_ms: ms(settings.judge_towing_seconds),
        towing_one_camera_ms: ms(settings.judge_towing_one_camera_seconds),
    }
}

fn found(row: Row) -> Result<Found, LedgerError> {
    let mut columns: Columns = row.columns();
    let passage = columns.text()?;
    let state: State = columns.parsed()?;
    let reason = columns.opt_text()?;
    let plate = columns.text()?;
    let (lane, camera, captured_at) = (columns.text()?, columns.text()?, columns.text()?);
    let apart = Apart { ms: columns.integer()?, same_lane: columns.flag()?, same_camera: columns.flag()? };
    let held_back = [ReviewReason::PossibleDouble, ReviewReason::PossibleTow].map(ReviewReason::as_str);
    let standing = match (state, reason.as_deref()) {
        (State::Accepted, _) => Standing::Accepted,
        (_, Some(reason)) if held_back.contains(&reason) => Standing::HeldBack,
        _ => Standing::Suggested,
    };
    Ok(Found {
        neighbour: Neighbour { plate: plate.clone(), apart, standing },
        // Replaced by whoever asks how they belong together.
        related: Related {
            passage,
            relation: Relation::SamePlate,
            state,
            plate: Some(plate),
            lane,
            camera,
            captured_at,
            later_ms: apart.ms,
        },
    })
}

/// Why a passage waits for a person because of others, in a sentence for the reviewer; none without others.
pub(crate) fn objection(plate: &str, others: &[Related]) -> Option<(ReviewReason, String)> {
    let text = |of: &[&Related]| of.iter().map(|other| told(other)).collect::<Vec<_>>().join(", ");
    let with = |relation| others.iter().filter(|other| other.relation == relation).collect::<Vec<_>>();
    let same = with(Relation::SamePlate);
    if !same.is_empty() {
        let detail = format!("The same plate was seen at this booth moments apart, in {}.", text(&same));
        return Some((ReviewReason::PossibleDouble, detail));
    }
    let again = with(Relation::SamePicture);
    if !again.is_empty() {
        let detail =
            format!("The picture is that of {}, perhaps encoded anew: a camera may have sent it again.", text(&again));
        return Some((ReviewReason::RepeatedFrame, detail));
    }
    let nearly = with(Relation::NearlySame);
    if !nearly.is_empty() {
        let detail = format!(
            "Nearly the same plate was seen in this lane moments apart, in {}: one of the texts may be misread, and is then somebody else's plate.",
            text(&nearly)
        );
        return Some((ReviewReason::PossibleDouble, detail));
    }
    let towing = with(Relation::Towing);
    (!towing.is_empty()).then(|| {
        let detail = format!(
            "Another camera of this lane saw another plate moments apart, in {}: {plate} may be on what that vehicle tows, or the other way round.",
            text(&towing)
        );
        (ReviewReason::PossibleTow, detail)
    })
}

/// `psg_… (KBR4651, 2.0 s before)`; the same plate is not said again.
fn told(other: &Related) -> String {
    let seconds = other.later_ms.unsigned_abs();
    let when = if other.later_ms < 0 { "before" } else { "after" };
    let plate = if other.relation == Relation::SamePlate {
        String::new()
    } else {
        format!("{}, ", other.plate.as_deref().unwrap_or_default())
    };
    format!("{} ({plate}{}.{} s {when})", other.passage, seconds / 1_000, seconds % 1_000 / 100)
}
