//! From evidence about a reading to one probability that its text is right.
//!
//! The recogniser's own confidence says how clearly characters were seen, not whether they are the whole
//! plate of the right vehicle; the rest of the evidence is about that.

use crate::consensus::Agreement;
use serde::{Deserialize, Serialize};

/// The confidence from which a sighting is safe to accept by default.
///
/// An operator's settings may ask for more. Chosen on photos of US vehicles with the recogniser in process.
pub const DEFAULT_ACCEPT_CONFIDENCE: f32 = 0.95;

/// What is known about a reading, apart from its text. Kept with it, so that a decision can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Mean probability of the characters, 0 to 1.
    pub mean_character: f32,
    /// Probability of the least sure character, 0 to 1.
    pub weakest_character: f32,
    /// Characters in the text.
    pub length: u32,
    /// True when letters and digits are mixed, as on most plates.
    pub is_mixed: bool,
    /// True when the text was put together from two lines.
    pub is_joined: bool,
    /// True when the text reaches the photo's edge.
    pub touches_border: bool,
    /// Share of plausibility against the strongest other text in the photo, 0 to 1.
    pub plausibility: f32,
    /// Height of the text in pixels of the photo.
    pub text_height: f32,
    /// How far several readings agree; absent when the plate was read once.
    pub agreement: Option<Agreement>,
}

/// Trust left in letters-only and digits-only texts.
const UNMIXED_TRUST: f32 = 0.9;
/// Trust left when two lines were joined.
const JOINED_TRUST: f32 = 0.95;
/// Trust left when another text is at least half as plausible.
const RIVAL_TRUST: f32 = 0.9;
/// Trust left in a text that may be cut off: never enough to be accepted.
const BORDER_TRUST: f32 = 0.6;
/// Share of plausibility below which another text counts as a rival: it has more than half this one's score.
const RIVAL_PLAUSIBILITY: f32 = 2.0 / 3.0;

impl Evidence {
    /// Probability that the text is right, 0 to 1.
    pub fn confidence(&self) -> f32 {
        let penalties = [
            (!self.is_mixed, UNMIXED_TRUST),
            (self.is_joined, JOINED_TRUST),
            (self.has_rival(), RIVAL_TRUST),
            (self.touches_border, BORDER_TRUST),
        ];
        let trust: f32 = penalties.iter().filter(|(holds, _)| *holds).map(|(_, trust)| trust).product();
        let seen = match self.agreement {
            Some(agreement) => self.mean_character * agreement.ratio(),
            None => self.mean_character,
        };
        (seen * trust).clamp(0.0, 1.0)
    }

    /// True when another text in the photo is nearly as plausible a plate.
    pub fn has_rival(&self) -> bool {
        self.plausibility < RIVAL_PLAUSIBILITY
    }
}
