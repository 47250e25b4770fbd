//! The script: a list of answers, one per attempt; the last one repeats.
//!
//! `{"attempts": [{"fail": "outage"}, {"plate": "ABC1234", "confidence": 0.99}]}`

use serde::Deserialize;

use crate::exports::tollbooth::recognizer::recognizer::{Failure, Reading};
use crate::tollbooth::types::types::{Bounds, Candidate, JurisdictionRead, Sighting};

const MARKER: &[u8] = b"tollbooth-script:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    attempts: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Step {
    Fail {
        fail: String,
        retry_after_ms: Option<u32>,
    },
    Trap {
        trap: bool,
    },
    Read {
        plate: String,
        confidence: f32,
        jurisdiction: Option<String>,
        /// Confidence of each character; none of any when it is left out.
        characters: Option<Vec<f32>>,
    },
    Empty {
        plates: u8,
        vehicle: Option<bool>,
    },
}

/// The answer the photo's script gives to this attempt (from 1).
pub fn answer(photo: &[u8], attempt: u32) -> Result<Reading, Failure> {
    let Some(start) = photo.windows(MARKER.len()).rposition(|w| w == MARKER) else {
        return Ok(empty(None));
    };
    let text = photo.get(start + MARKER.len()..).unwrap_or_default();
    let script: Script =
        serde_json::from_slice(text).map_err(|e| Failure::InvalidAnswer(format!("bad script: {e}")))?;
    let index = usize::try_from(attempt).unwrap_or(1).saturating_sub(1).min(script.attempts.len().saturating_sub(1));
    match script.attempts.get(index) {
        None => Ok(empty(None)),
        Some(Step::Empty { plates: 0, vehicle }) => Ok(empty(*vehicle)),
        Some(Step::Empty { plates, .. }) => {
            Err(Failure::InvalidAnswer(format!("bad script: {plates} plates without text")))
        }
        Some(Step::Fail { fail, retry_after_ms }) => Err(failure(fail, *retry_after_ms)),
        Some(Step::Trap { trap }) => {
            if *trap {
                // The instance dies as a crashed recogniser would.
                std::process::abort();
            }
            Ok(empty(None))
        }
        Some(Step::Read { plate, confidence, jurisdiction, characters }) => {
            let characters = characters.clone().unwrap_or_default();
            Ok(reading(vec![sighting(plate, *confidence, characters, jurisdiction.as_deref())], None))
        }
    }
}

fn failure(class: &str, retry_after_ms: Option<u32>) -> Failure {
    match class {
        "throttled" => Failure::Throttled(retry_after_ms),
        "quota-exhausted" => Failure::QuotaExhausted,
        "bad-image" => Failure::BadImage("scripted".to_owned()),
        "unauthorized" => Failure::Unauthorized,
        "outage" => Failure::Outage("scripted".to_owned()),
        "timed-out" => Failure::TimedOut,
        other => Failure::InvalidAnswer(format!("scripted `{other}`")),
    }
}

fn sighting(plate: &str, confidence: f32, characters: Vec<f32>, jurisdiction: Option<&str>) -> Sighting {
    Sighting {
        bounds: Bounds { x: 0.0, y: 0.0, width: 100.0, height: 50.0 },
        candidates: vec![Candidate { text: plate.to_owned(), confidence, characters }],
        jurisdiction: jurisdiction.map(|code| JurisdictionRead {
            code: code.to_owned(),
            confidence: 1.0,
            evidence: "scripted".to_owned(),
        }),
        issuers: vec![],
        touches_border: false,
        plausibility: 1.0,
        doubts: vec![],
    }
}

fn empty(vehicle: Option<bool>) -> Reading {
    reading(vec![], vehicle)
}

fn reading(sightings: Vec<Sighting>, vehicle: Option<bool>) -> Reading {
    Reading {
        recognizer: "recognizer-scripted".to_owned(),
        model: "script-1".to_owned(),
        sightings,
        vehicle,
        duration_ms: 0,
        cost_micros: 0,
        raw: "{}".to_owned(),
    }
}
