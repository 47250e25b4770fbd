//! One line of text found in a photo: what every recogniser's answer is turned into before a plate is chosen.

use crate::geometry::Quad;
use serde::{Deserialize, Serialize};

/// Width over height that a plate's line of text may have.
pub(crate) const ASPECTS: std::ops::RangeInclusive<f32> = 1.2..=9.0;

/// Another character that could stand at a position, and how probable the recogniser thinks it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The other character, as read (any case).
    pub symbol: char,
    /// Its probability, 0 to 1.
    pub confidence: f32,
}

/// One character that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Character {
    /// The character, as read (any case, punctuation included).
    pub symbol: char,
    /// Its probability, 0 to 1.
    pub confidence: f32,
    /// What else it could be, most probable first; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
}

/// A line of text with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextLine {
    /// Corners in pixels of the photo.
    pub quad: Quad,
    /// The text as read, spaces and punctuation included.
    pub text: String,
    /// Mean probability of the characters, 0 to 1.
    pub confidence: f32,
    /// The characters of `text` one by one; empty when a service reports none.
    #[serde(default)]
    pub characters: Vec<Character>,
    /// How sure the detector is that there is text here, 0 to 1; 1 when a service does not say.
    pub detection: f32,
}
