//! A plate seen in a photo: its readings, its place, and every reason to doubt it.

use crate::geometry::{Bounds, Quad};
use crate::jurisdiction::JurisdictionRead;
use serde::{Deserialize, Serialize};

/// A reason not to accept a sighting on its confidence alone. A judge may weigh them; a reviewer is shown them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// The text reaches the photo's edge: characters may be cut off.
    TouchesBorder,
    /// Another text in the photo is nearly as plausible a plate.
    RivalPlate,
    /// The text was put together from two lines of text.
    LinesJoined,
    /// Readings of the same plate from other crops or sizes differ.
    CropsDisagree,
    /// Only letters, or only digits: vanity plates look like this, and so do badges and house numbers.
    UnusualText,
    /// The characters are too small in the photo to be told apart safely.
    SmallText,
}

/// One possible text of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Normalised text: A-Z and 0-9, four to eight characters.
    pub text: String,
    /// Probability that this text is right, 0 to 1, calibrated for the first candidate.
    pub confidence: f32,
    /// Probability of each character of `text`, in order; empty when the recogniser reports none.
    pub characters: Vec<f32>,
}

/// A plate in a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlateSighting {
    /// Upright box around the plate's text, clipped to the photo.
    pub bounds: Bounds,
    /// Corners of the plate's text.
    pub quad: Quad,
    /// Possible texts, most probable first; never empty.
    pub candidates: Vec<Candidate>,
    /// The state or province named on the plate, where it could be read.
    pub jurisdiction: Option<JurisdictionRead>,
    /// True when the plate's text reaches the photo's edge, so that characters may be missing.
    pub touches_border: bool,
    /// How much this looks like the plate of the photographed vehicle, 0 to 1, relative to the photo's other texts.
    pub plausibility: f32,
    /// Every reason for doubt, in a fixed order, each at most once.
    pub doubts: Vec<Doubt>,
}

impl PlateSighting {
    /// The most probable text.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// Notes a doubt once.
    pub fn add_doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}
