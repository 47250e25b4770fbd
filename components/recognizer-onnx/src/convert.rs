//! From the recogniser's types to the port's records.

use std::time::Duration;

use tollbooth_recognition::{Candidate as Read, PlateSighting, Reading as Answer, RecognitionError};

use crate::NAME;
use crate::exports::tollbooth::recognizer::recognizer::{Failure, Reading};
use crate::tollbooth::types::types::{Bounds, Candidate, IssuerRead, JurisdictionRead, Sighting};

/// Longest raw answer kept beside a reading, in bytes.
const MAX_RAW_BYTES: usize = 65_536;

/// A reading for the ledger.
pub fn reading(answer: &Answer, took: Duration) -> Reading {
    // Serialising plain numbers and texts does not fail; an empty object is no lie, for raw is only a record.
    let raw = serde_json::to_string(answer).ok().filter(|raw| raw.len() <= MAX_RAW_BYTES);
    Reading {
        recognizer: NAME.to_owned(),
        model: answer.model.clone(),
        sightings: answer.plates.iter().map(sighting).collect(),
        vehicle: answer.vehicle.map(|vehicle| vehicle.is_seen),
        duration_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        cost_micros: 0,
        raw: raw.unwrap_or_else(|| "{}".to_owned()),
    }
}

fn sighting(plate: &PlateSighting) -> Sighting {
    let bounds = plate.bounds;
    #[expect(clippy::cast_precision_loss, reason = "pixels of a photo are far below 2^24")]
    let bounds =
        Bounds { x: bounds.x as f32, y: bounds.y as f32, width: bounds.width as f32, height: bounds.height as f32 };
    Sighting {
        bounds,
        candidates: plate.candidates.iter().map(candidate).collect(),
        jurisdiction: plate.jurisdiction.as_ref().map(|read| JurisdictionRead {
            code: read.code.to_string(),
            confidence: read.confidence,
            evidence: read.text.clone(),
        }),
        issuers: plate.issuers.iter().map(issuer).collect(),
        touches_border: plate.touches_border,
        plausibility: plate.plausibility,
        doubts: plate.doubts.iter().filter_map(name).collect(),
    }
}

fn issuer(read: &tollbooth_recognition::IssuerRead) -> IssuerRead {
    IssuerRead {
        code: read.code.clone(),
        weight: read.weight,
        on_plate: read.place == tollbooth_recognition::Place::Plate,
        evidence: read.text.clone(),
    }
}

fn candidate(read: &Read) -> Candidate {
    Candidate { text: read.text.clone(), confidence: read.confidence, characters: read.characters.clone() }
}

/// A doubt's name as it is serialised.
fn name(doubt: &tollbooth_recognition::Doubt) -> Option<String> {
    serde_json::to_value(doubt).ok()?.as_str().map(ToOwned::to_owned)
}

/// A failure's class. A model that does not load is an outage of this recogniser, not a fact about the photo.
pub fn failure(error: RecognitionError) -> Failure {
    match error {
        RecognitionError::DamagedImage { .. }
        | RecognitionError::UnsupportedFormat { .. }
        | RecognitionError::TooManyPixels { .. } => Failure::BadImage(error.to_string()),
        RecognitionError::EmptyFrame { .. } => Failure::EmptyFrame(error.to_string()),
        RecognitionError::Model { .. } => Failure::Outage(error.to_string()),
    }
}
