//! What a recogniser saw, in the terms of `wit/types`. Serialised as JSON into the ledger.

use serde::{Deserialize, Serialize};

/// A rectangle in pixels of the original photo, origin at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// One possible text of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Upper-case letters and digits.
    pub text: String,
    /// Probability that `text` is right, 0..1, before issuers and their series are weighed.
    pub confidence: f32,
    /// Probability per character, 0..1; empty when the recogniser gives none.
    pub characters: Vec<f32>,
}

/// Evidence of a jurisdiction, read from the plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JurisdictionRead {
    /// `us-tx`
    pub code: String,
    /// 0..1
    pub confidence: f32,
    /// `TEXAS`
    pub evidence: String,
}

/// A name or slogan of an issuer beside the plate's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IssuerRead {
    /// `us-tx`, `us-cherokee-nation`
    pub code: String,
    /// How much more probable what was seen is when this issuer's name stands there than when anything else does: natural
    /// logarithm, above 0.
    pub weight: f32,
    /// In the plate's own rectangle; false around it, where frames have names of their own.
    pub on_plate: bool,
    /// What was read, `TEXAS`.
    pub evidence: String,
}

/// One plate in the photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Where.
    pub bounds: Bounds,
    /// Likeliest first; never empty.
    pub candidates: Vec<Candidate>,
    /// State or province, when it could be read.
    pub jurisdiction: Option<JurisdictionRead>,
    /// Every issuer that is named on or around the plate, most weighty first; empty when the recogniser does not tell.
    #[serde(default)]
    pub issuers: Vec<IssuerRead>,
    /// Cut by the edge of the image.
    pub touches_border: bool,
    /// How much this looks like the vehicle's plate, 0..1.
    pub plausibility: f32,
    /// Doubts the recogniser has itself.
    pub doubts: Vec<String>,
}

/// A recogniser's answer. No sightings means that it looked and found no plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Component id of the recogniser.
    pub recognizer: String,
    /// Model or API version.
    pub model: String,
    /// Likeliest first.
    pub sightings: Vec<Sighting>,
    /// Whether the photo shows a vehicle. Looked for only where there is no plate; `None` when the recogniser does not
    /// tell, and in readings from before it was asked.
    #[serde(default)]
    pub vehicle: Option<bool>,
    /// Processing time in milliseconds.
    pub duration_ms: u32,
    /// Price in millionths of the accounting currency.
    pub cost_micros: u64,
    /// The answer before normalisation, JSON.
    pub raw: String,
}
