//! Scoring readings that were made outside the application, for more photos than it would read in an hour.
//!
//! The recogniser's native program writes one JSON object a line, `{"file": …, "reading": …}`; a line with `error` instead is
//! a photo that could not be decoded, or with `is_empty_frame` one that shows nothing. The same judge that decides in the
//! application decides here, with the same settings. What is not exercised is
//! everything else: upload, ledger, leases, WebAssembly.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tollbooth_pipeline::identity::weighed;
use tollbooth_pipeline::judge::{Decision, decide};
use tollbooth_pipeline::reading::{Bounds, Candidate, IssuerRead, JurisdictionRead, Reading, Sighting};
use tollbooth_pipeline::settings::Settings;

use super::booths::BoothChoice;
use super::outcome::Outcome;
use super::score::Score;
use super::truth::{Truth, TruthRow, normal};
use crate::ClientError;
use crate::progress::Progress;

/// The reason a photo that cannot be decoded goes to a person.
const DAMAGED: &str = "image-damaged";
/// The reason a photo that shows nothing does.
const EMPTY: &str = "frame-empty";

/// Where a plate stands of which the file does not say.
const NOWHERE: Bounds = Bounds { x: 0.0, y: 0.0, width: 0.0, height: 0.0 };

/// A line of the file, as far as the judge looks at it.
#[derive(Deserialize)]
struct Line {
    file: String,
    reading: Option<NativeReading>,
    error: Option<String>,
    #[serde(default)]
    is_empty_frame: bool,
}

#[derive(Deserialize)]
struct NativeReading {
    plates: Vec<Plate>,
    #[serde(default)]
    lines: Vec<TextRead>,
    vehicle: Option<Vehicle>,
    #[serde(default)]
    stages: Map<String, Value>,
}

#[derive(Deserialize)]
struct Vehicle {
    is_seen: bool,
}

#[derive(Deserialize)]
struct TextRead {
    text: String,
}

#[derive(Deserialize)]
struct Plate {
    bounds: Option<Bounds>,
    candidates: Vec<PlateText>,
    jurisdiction: Option<Named>,
    touches_border: bool,
    plausibility: f32,
    #[serde(default)]
    doubts: Vec<String>,
    #[serde(default)]
    issuers: Vec<NamedAround>,
}

/// A name of an issuer on or around a plate.
#[derive(Deserialize)]
struct NamedAround {
    code: String,
    weight: f32,
    place: String,
    text: String,
}

#[derive(Deserialize)]
struct PlateText {
    text: String,
    confidence: f32,
    #[serde(default)]
    characters: Vec<f32>,
}

#[derive(Deserialize)]
struct Named {
    code: String,
    confidence: f32,
}

/// Judges the readings in `path` with the given changes of settings, and scores the photos that have one.
///
/// `booths` says which state's booth each photo passes.
///
/// # Errors
/// [`ClientError::File`] when the readings cannot be read, [`ClientError::Usage`] for a line that is none, for settings
/// that are refused, or when no photo of the table was read.
pub fn judge(
    truth: &Truth,
    path: &Path,
    booths: BoothChoice<'_>,
    changes: &Map<String, Value>,
) -> Result<Score, ClientError> {
    let settings = settings_with(changes)?;
    let progress = Progress::new("judging", Some(truth.rows.len() as u64));
    let rows = rows(truth);
    let mut judged: HashMap<String, Outcome> = HashMap::new();
    each_line(path, |line| {
        if let Some(row) = rows.get(line.file.as_str()).copied() {
            let outcome = outcome(row, &line, booths.of(row), &settings);
            judged.insert(line.file, outcome);
        }
        progress.step();
    })?;
    progress.finish();
    let outcomes: Vec<Outcome> = truth.rows.iter().filter_map(|row| judged.remove(&row.file)).collect();
    if outcomes.is_empty() {
        let words = format!("{} holds no reading of any photo in {}", path.display(), truth.folder.display());
        return Err(ClientError::Usage(words));
    }
    let unread = truth.rows.len() - outcomes.len();
    Ok(Score { unread, ..Score::of(&outcomes) })
}

/// The application's settings with these changes.
///
/// # Errors
/// [`ClientError::Usage`] for settings that are refused.
pub fn settings_with(changes: &Map<String, Value>) -> Result<Settings, ClientError> {
    let changes: Vec<_> = changes.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
    Settings::from_changes(changes.iter().map(|(name, json)| (*name, json.as_str())))
        .map_err(|refused| ClientError::Usage(refused.to_string()))
}

/// A text before its share is held against what such shares are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct TextShare {
    /// Name of the photo.
    pub file: String,
    /// Probability that the plate was seen whole and is the vehicle's, 0 to 1.
    pub trust: f64,
    /// Share of the likeliest text among all that the pixels and the issuers allow, 0 to 1.
    pub share: f64,
    /// True when a listed series of its issuer has it.
    pub is_in_series: bool,
    /// True when it is exactly the plate's.
    pub is_right: bool,
}

/// The likeliest text of each photo that has one, and its share, for those who fit what shares are worth.
///
/// # Errors
/// [`ClientError::File`] when the readings cannot be read, [`ClientError::Usage`] for a line that is none.
pub fn shares(truth: &Truth, path: &Path, booths: BoothChoice<'_>) -> Result<Vec<TextShare>, ClientError> {
    let (settings, rows) = (Settings::default(), rows(truth));
    let share = |row: &TruthRow, line: &Line| {
        let reading = reading(line.reading.as_ref()?);
        let weighed = weighed(reading.sightings.first()?, booths.of(row), &settings)?;
        Some(TextShare {
            file: row.file.clone(),
            trust: weighed.trust(),
            share: weighed.text_share(),
            is_in_series: weighed.is_in_series(),
            is_right: normal(&row.plate) == weighed.text(),
        })
    };
    let mut found: HashMap<String, Option<TextShare>> = HashMap::new();
    each_line(path, |line| {
        if let Some(row) = rows.get(line.file.as_str()).copied() {
            let share = share(row, &line);
            found.insert(line.file, share);
        }
    })?;
    Ok(truth.rows.iter().filter_map(|row| found.remove(&row.file).flatten()).collect())
}

/// The rows of the table by file.
fn rows(truth: &Truth) -> HashMap<&str, &TruthRow> {
    truth.rows.iter().map(|row| (row.file.as_str(), row)).collect()
}

/// Hands over line by line, so that a file of any length takes the memory of one: of a photo that was read twice the later one
/// is to count. A last line without its end is a program still writing, and is left out.
fn each_line(path: &Path, mut work: impl FnMut(Line)) -> Result<(), ClientError> {
    let mut reader = BufReader::new(File::open(path).map_err(ClientError::file("read", path))?);
    let (mut text, mut number) = (String::new(), 0_u64);
    loop {
        text.clear();
        if reader.read_line(&mut text).map_err(ClientError::file("read", path))? == 0 {
            return Ok(());
        }
        number += 1;
        match serde_json::from_str::<Line>(&text) {
            Ok(line) => work(line),
            Err(_) if !text.ends_with('\n') || text.trim().is_empty() => {}
            Err(error) => {
                let place = format!("{} line {number}", path.display());
                return Err(ClientError::Usage(format!("{place} is no reading: {error}")));
            }
        }
    }
}

fn outcome(row: &TruthRow, line: &Line, booth: &str, settings: &Settings) -> Outcome {
    let base = Outcome {
        file: row.file.clone(),
        truth: row.plate.clone(),
        state: "in-review".to_owned(),
        about: row.clone(),
        ..Outcome::default()
    };
    let Some(native) = line.reading.as_ref().filter(|_| line.error.is_none()) else {
        let reason = if line.is_empty_frame { EMPTY } else { DAMAGED };
        return Outcome { reason: Some(reason.to_owned()), ..base };
    };
    let best = native.plates.first().and_then(|plate| plate.candidates.first());
    let reading = reading(native);
    let weighed = reading.sightings.first().and_then(|sighting| weighed(sighting, booth, settings));
    let base = Outcome {
        // As the passage tells it: the likeliest text is the one suggested to a person.
        read: weighed
            .as_ref()
            .map(|weighed| weighed.text().to_owned())
            .or_else(|| best.map(|candidate| candidate.text.clone()))
            .unwrap_or_default(),
        confidence: weighed
            .as_ref()
            .map(|weighed| weighed.sure_of_text())
            .or_else(|| best.map(|candidate| f64::from(candidate.confidence))),
        others_read: others(native),
        issuer: weighed.as_ref().map(|weighed| weighed.issuer().to_owned()),
        pair_confidence: weighed.as_ref().map(|weighed| weighed.sure_of_pair()),
        reading_ms: milliseconds(&native.stages),
        ..base
    };
    match decide(&reading, booth, settings) {
        Decision::Accept { plate, jurisdiction, .. } => {
            Outcome { read: plate, state: "accepted".to_owned(), issuer: Some(jurisdiction), ..base }
        }
        Decision::Review { reason, .. } => Outcome { reason: Some(reason.as_str().to_owned()), ..base },
    }
}

/// Every text but the best plate's.
fn others(native: &NativeReading) -> Vec<String> {
    let plates = native.plates.iter().skip(1).flat_map(|plate| &plate.candidates).map(|text| &text.text);
    plates.chain(native.lines.iter().map(|line| &line.text)).cloned().collect()
}

/// As the component hands it to the judge.
fn reading(native: &NativeReading) -> Reading {
    let sighting = |plate: &Plate| Sighting {
        bounds: plate.bounds.unwrap_or(NOWHERE),
        candidates: plate
            .candidates
            .iter()
            .map(|text| Candidate {
                text: text.text.clone(),
                confidence: text.confidence,
                characters: text.characters.clone(),
            })
            .collect(),
        jurisdiction: plate.jurisdiction.as_ref().map(|named| JurisdictionRead {
            code: named.code.clone(),
            confidence: named.confidence,
            evidence: String::new(),
        }),
        issuers: plate
            .issuers
            .iter()
            .map(|named| IssuerRead {
                code: named.code.clone(),
                weight: named.weight,
                on_plate: named.place == "plate",
                evidence: named.text.clone(),
            })
            .collect(),
        touches_border: plate.touches_border,
        plausibility: plate.plausibility,
        doubts: plate.doubts.clone(),
    };
    Reading {
        recognizer: "native".to_owned(),
        model: String::new(),
        sightings: native.plates.iter().map(sighting).collect(),
        vehicle: native.vehicle.as_ref().map(|vehicle| vehicle.is_seen),
        duration_ms: 0,
        cost_micros: 0,
        raw: String::new(),
    }
}

/// The sum of all stages; none when no clock ran.
fn milliseconds(stages: &Map<String, Value>) -> Option<u32> {
    let sum: f64 = stages.iter().filter(|(name, _)| name.ends_with("_ms")).filter_map(|(_, ms)| ms.as_f64()).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast to an integer saturates")]
    (sum > 0.0).then_some(sum.round() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(table: &str, readings: &str) -> (tempfile::TempDir, Truth) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("truth.csv"), table).unwrap();
        for name in ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        std::fs::write(folder.path().join("readings"), readings).unwrap();
        let truth = Truth::read(folder.path()).unwrap();
        (folder, truth)
    }

    fn line(file: &str, text: &str, confidence: f64, cut: bool) -> String {
        let plate = serde_json::json!({"candidates": [{"text": text, "confidence": confidence, "characters": []}],
            "jurisdiction": {"code": "us-tx", "confidence": 0.99}, "touches_border": cut, "plausibility": 0.9, "score": 3.0});
        let reading = serde_json::json!({"plates": [plate], "lines": [], "width": 9,
            "stages": {"decode_ms": 10.4, "first_look_ms": 89.6}});
        format!("{}\n", serde_json::json!({"file": file, "truth": "?", "reading": reading}))
    }

    #[test]
    fn the_judge_of_the_application_decides_on_native_readings() {
        let readings = [
            line("a.jpg", "ABC123", 0.99, false),
            line("b.jpg", "ABC124", 0.99, true),
            line("c.jpg", "ABC125", 0.5, false),
            "{\"file\": \"d.jpg\", \"error\": \"damaged\"}\n".to_owned(),
        ]
        .concat();
        let table = "file,plate\na.jpg,ABC123\nb.jpg,ABC124\nc.jpg,ABC125\nd.jpg,\n";
        let (folder, truth) = folder(table, &readings);
        let path = folder.path().join("readings");
        let score = judge(&truth, &path, BOOTHS, &Map::new()).unwrap();
        assert_eq!((score.photos, score.unread, score.exact, score.accepted), (4, 0, 1.0, 0.25));
        assert_eq!(score.seconds_per_photo, Some(0.1));
        let lower = Map::from_iter([("judge.min_confidence".to_owned(), Value::from(0.4))]);
        assert_eq!(judge(&truth, &path, BOOTHS, &lower).unwrap().accepted, 0.5, "a cut plate stays with a person");
    }

    #[test]
    fn a_booth_of_another_state_shows_who_would_be_billed_wrongly() {
        let table = "file,plate,jurisdiction\na.jpg,ABC1234,us-ok\nb.jpg,ABC1235,us-tx\n";
        let read = line("a.jpg", "ABC1234", 0.99, false) + &line("b.jpg", "ABC1235", 0.99, false);
        let (folder, truth) = folder(table, &read);
        let path = folder.path().join("readings");
        let cautious = Map::from_iter([("judge.jurisdiction_conflict".to_owned(), Value::from("review"))]);
        let own = judge(&truth, &path, BOOTHS, &cautious).unwrap();
        assert_eq!((own.accepted, own.identity.wrong_identities), (0.5, Some(0)), "Oklahoma's booth objects to Texas");
        assert_eq!(own.identity.issuer_right, Some(0.5), "what is not accepted names an issuer too");
        let texas = BoothChoice { everywhere: Some("us-tx"), ..BOOTHS };
        let score = judge(&truth, &path, texas, &Map::new()).unwrap();
        assert_eq!((score.accepted, score.identity.wrong_identities), (1.0, Some(1)));
        assert_eq!(score.identity.wrong_persons[0].file, "a.jpg");
    }

    const BOOTHS: BoothChoice<'static> = BoothChoice { everywhere: None, otherwise: "us-ca" };

    #[test]
    fn a_frame_that_shows_nothing_has_another_reason_than_a_damaged_one() {
        let readings = "{\"file\": \"a.jpg\", \"error\": \"cut off\", \"is_empty_frame\": false}\n\
            {\"file\": \"b.jpg\", \"error\": \"black\", \"is_empty_frame\": true}\n";
        let (folder, truth) = folder("file,plate\na.jpg,ABC123\nb.jpg,ABC124\n", readings);
        let score = judge(&truth, &folder.path().join("readings"), BOOTHS, &Map::new()).unwrap();
        let reasons: Vec<_> = score.misses.iter().map(|miss| miss.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("image-damaged"), Some("frame-empty")]);
    }

    #[test]
    fn photos_that_were_not_read_yet_are_left_out_and_counted() {
        let half = line("b.jpg", "ABC124", 0.99, false);
        let readings = line("a.jpg", "ABC123", 0.99, false) + half.get(..40).unwrap();
        let (folder, truth) = folder("file,plate\na.jpg,ABC123\nb.jpg,ABC124\n", &readings);
        let score = judge(&truth, &folder.path().join("readings"), BOOTHS, &Map::new()).unwrap();
        assert_eq!((score.photos, score.unread), (1, 1));
    }

    #[test]
    fn of_a_photo_that_was_read_twice_the_later_reading_counts() {
        let readings = line("a.jpg", "ABC999", 0.99, false) + "\n" + &line("a.jpg", "ABC123", 0.99, false);
        let (folder, truth) = folder("file,plate\na.jpg,ABC123\n", &readings);
        let score = judge(&truth, &folder.path().join("readings"), BOOTHS, &Map::new()).unwrap();
        assert_eq!((score.photos, score.exact, score.accepted), (1, 1.0, 1.0));
    }

    #[test]
    fn readings_that_are_none_and_settings_that_are_refused_are_named() {
        let (folder, truth) = folder("file,plate\na.jpg,ABC123\n", "{\"file\": 3}\n");
        let path = folder.path().join("readings");
        let error = judge(&truth, &path, BOOTHS, &Map::new()).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
        let wrong = Map::from_iter([("judge.min_confidence".to_owned(), Value::from(7))]);
        let error = judge(&truth, &path, BOOTHS, &wrong).unwrap_err().to_string();
        assert!(error.contains("judge.min_confidence"), "{error}");
        std::fs::write(&path, "").unwrap();
        assert!(judge(&truth, &path, BOOTHS, &Map::new()).unwrap_err().to_string().contains("no reading of any"));
    }
}
