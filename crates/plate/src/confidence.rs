//! From evidence about a reading to one probability that its text is right.
//!
//! The recogniser's own confidence says how clearly characters were seen, not whether they are the whole
//! plate of the right vehicle; the rest of the evidence is about that.

/// The confidence from which a sighting without [`Doubt`](crate::Doubt)s is safe to accept by default.
///
/// An operator's settings may ask for more. Chosen on photos of US vehicles with the recogniser in process.
pub const DEFAULT_ACCEPT_CONFIDENCE: f32 = 0.95;

/// What is known about a reading, apart from its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Mean probability of the characters, 0 to 1.
    pub mean_character: f32,
    /// Probability of the least sure character, 0 to 1.
    pub weakest_character: f32,
    /// True when letters and digits are mixed, as on most plates.
    pub is_mixed: bool,
    /// True when the text was put together from two lines.
    pub is_joined: bool,
    /// Share of plausibility against the strongest other text in the photo, 0 to 1.
    pub plausibility: f32,
    /// Height of the text in pixels of the photo.
    pub text_height: f32,
}

/// Trust left in letters-only and digits-only texts.
const UNMIXED_TRUST: f32 = 0.9;
/// Trust left when two lines were joined.
const JOINED_TRUST: f32 = 0.95;
/// Trust left when another text is at least half as plausible.
const RIVAL_TRUST: f32 = 0.9;
/// Share of plausibility below which another text counts as a rival: it has more than half this one's score.
pub(crate) const RIVAL_PLAUSIBILITY: f32 = 2.0 / 3.0;

impl Evidence {
    /// Probability that the text is right, 0 to 1.
    pub fn confidence(&self) -> f32 {
        let mut trust = self.mean_character;
        if !self.is_mixed {
            trust *= UNMIXED_TRUST;
        }
        if self.is_joined {
            trust *= JOINED_TRUST;
        }
        if self.plausibility < RIVAL_PLAUSIBILITY {
            trust *= RIVAL_TRUST;
        }
        trust.clamp(0.0, 1.0)
    }
}
