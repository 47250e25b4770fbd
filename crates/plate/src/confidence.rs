//! From evidence about a reading to one probability that its text is right.
//!
//! The recogniser's own confidence says how clearly characters were seen, not whether they are the whole
//! plate of the right vehicle; the rest of the evidence is about that.

use crate::consensus::Agreement;
use crate::serial;
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
    /// Probability of the least sure character, where only what some state could issue counts as an alternative, 0 to 1.
    #[serde(default)]
    pub contested_character: f32,
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
    /// True when a letter may be a digit or the other way round and nothing on the plate tells which.
    #[serde(default)]
    pub is_ambiguous: bool,
    /// True when the text may be a part of a plate, or is none that the state named on the plate issues.
    #[serde(default)]
    pub is_unlikely: bool,
    /// True when the text has the form of a stamp, a unit number, a badge or a frame's word.
    #[serde(default)]
    pub is_no_plate: bool,
    /// True when the text stands in the photo's margin, where cameras write.
    #[serde(default)]
    pub is_in_margin: bool,
    /// True when another text, of letters or digits alone, may be the plate of a vehicle nearer to the camera.
    #[serde(default)]
    pub has_nearer_text: bool,
    /// How far several readings agree; absent when the plate was read once.
    pub agreement: Option<Agreement>,
}

/// Weights of a logistic regression on [`Evidence::features`], by `networks/fit_confidence.py`.
///
/// Fitted on photos of US vehicles read by the recogniser in process, and on blurred, dark, shrunk, tilted,
/// noisy and overexposed versions of them; checked on photos left out of the fit (see that script's report).
const WEIGHTS: [f32; 6] = [-2.95, 1.60, 1.42, 2.01, -3.66, -3.28];

/// The least sure character counts up to this probability. Readings that are surer than this are wrong no
/// less often: what is left are ornaments and damaged characters that look like others.
const WEAKEST_COUNTS_UP_TO: f32 = 0.88;
/// Keeps the logit of a hopeless character finite.
const LEAST_WEAKEST: f32 = 0.05;

/// Most confidence in a text on which readings disagree. It may still be the right one more often than not,
/// but whoever bills it should know why the others differ.
const DISPUTED_MOST: f32 = 0.9;
/// Most confidence in a text so short that it may well be a part of a plate or of something else.
const SHORT_MOST: f32 = 0.9;
/// Characters from which a text is not short.
const LONG_ENOUGH: u32 = 5;
/// Characters up to which a text is not too long: no state's standard serial has more, so what is beyond is most often
/// an ornament or a part of the frame.
const SHORT_ENOUGH: u32 = serial::LONGEST as u32;
/// Most confidence in a text that is too long.
const LONG_MOST: f32 = 0.9;
/// Most confidence in a text with a character that may be a letter or a digit.
const AMBIGUOUS_MOST: f32 = 0.9;
/// Most confidence in a text that no state issues, or not the state that the plate names.
const UNLIKELY_MOST: f32 = 0.9;
/// Most confidence in a text that may not be the nearest vehicle's.
const NEARER_MOST: f32 = 0.9;
/// Most confidence in a text that may be cut off.
const BORDER_MOST: f32 = 0.6;

/// For plates that were read once: trust left in letters-only and digits-only texts.
const UNMIXED_TRUST: f32 = 0.9;
/// For plates that were read once: trust left when two lines were joined.
const JOINED_TRUST: f32 = 0.95;
/// For plates that were read once: trust left when another text is at least half as plausible.
const RIVAL_TRUST: f32 = 0.9;
/// Share of plausibility below which another text counts as a rival: it has more than half this one's score.
const RIVAL_PLAUSIBILITY: f32 = 2.0 / 3.0;

impl Evidence {
    /// Probability that the text is right, 0 to 1.
    ///
    /// Fitted for plates that were read several times; a rule of thumb for those that were read once.
    pub fn confidence(&self) -> f32 {
        let (probability, is_disputed) = match self.agreement {
            Some(agreement) => (self.fitted(agreement), !agreement.is_undisputed()),
            None => (self.by_rule_of_thumb(), false),
        };
        let limits = [
            (is_disputed, DISPUTED_MOST),
            (self.length < LONG_ENOUGH, SHORT_MOST),
            (self.length > SHORT_ENOUGH, LONG_MOST),
            (self.is_ambiguous, AMBIGUOUS_MOST),
            (self.is_unlikely, UNLIKELY_MOST),
            (self.has_nearer_text, NEARER_MOST),
            (self.touches_border, BORDER_MOST),
        ];
        limits.iter().filter(|(holds, _)| *holds).fold(probability, |least, (_, most)| least.min(*most))
    }

    fn fitted(&self, agreement: Agreement) -> f32 {
        let sum: f32 = WEIGHTS.iter().zip(self.features(agreement)).map(|(weight, value)| weight * value).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// What the weights apply to, in their order. Keep in step with `features` in `networks/fit_confidence.py`.
    fn features(&self, agreement: Agreement) -> [f32; 6] {
        let flag = |holds: bool| if holds { 1.0 } else { 0.0 };
        let weakest = self.contested_character.clamp(LEAST_WEAKEST, WEAKEST_COUNTS_UP_TO);
        [
            1.0,
            (weakest / (1.0 - weakest)).ln(),
            flag(agreement.is_undisputed()),
            agreement.share,
            flag(!self.is_mixed),
            flag(self.is_joined),
        ]
    }

    fn by_rule_of_thumb(&self) -> f32 {
        let penalties =
            [(!self.is_mixed, UNMIXED_TRUST), (self.is_joined, JOINED_TRUST), (self.has_rival(), RIVAL_TRUST)];
        let trust: f32 = penalties.iter().filter(|(holds, _)| *holds).map(|(_, trust)| trust).product();
        (self.mean_character * trust).clamp(0.0, 1.0)
    }

    /// True when another text in the photo is nearly as plausible a plate.
    pub fn has_rival(&self) -> bool {
        self.plausibility < RIVAL_PLAUSIBILITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: Evidence = Evidence {
        mean_character: 0.99,
        weakest_character: 0.97,
        contested_character: 0.97,
        length: 7,
        is_mixed: true,
        is_joined: false,
        touches_border: false,
        plausibility: 1.0,
        text_height: 40.0,
        is_ambiguous: false,
        is_unlikely: false,
        is_no_plate: false,
        is_in_margin: false,
        has_nearer_text: false,
        agreement: Some(Agreement { votes: 3, agreeing: 3, ornamented: 0, share: 1.0 }),
    };

    #[test]
    fn a_clear_unanimous_reading_is_accepted_by_default() {
        assert!(CLEAR.confidence() >= DEFAULT_ACCEPT_CONFIDENCE);
    }

    #[test]
    fn no_single_doubt_leaves_enough_to_be_accepted_by_default() {
        let agreement = |agreeing, share| Some(Agreement { votes: 3, agreeing, ornamented: 0, share });
        let doubtful = [
            Evidence { agreement: agreement(2, 0.99), ..CLEAR },
            Evidence { touches_border: true, ..CLEAR },
            Evidence { is_mixed: false, ..CLEAR },
            Evidence { is_joined: true, ..CLEAR },
            Evidence { contested_character: 0.5, ..CLEAR },
            Evidence { length: 4, ..CLEAR },
            Evidence { length: 8, ..CLEAR },
            Evidence { is_ambiguous: true, ..CLEAR },
            Evidence { is_unlikely: true, ..CLEAR },
            Evidence { has_nearer_text: true, ..CLEAR },
        ];
        for evidence in doubtful {
            assert!(evidence.confidence() < DEFAULT_ACCEPT_CONFIDENCE, "{evidence:?}");
        }
    }

    #[test]
    fn clearer_characters_never_lower_the_confidence() {
        for agreement in [None, CLEAR.agreement] {
            let at = |weakest| {
                let mean_character = 0.5 + weakest / 2.0;
                Evidence { contested_character: weakest, mean_character, agreement, ..CLEAR }.confidence()
            };
            assert!((1..=20_u8).all(|step| at(f32::from(step) / 20.0) >= at(f32::from(step - 1) / 20.0)));
        }
    }

    #[test]
    fn confidence_stays_a_probability_at_the_extremes() {
        for contested_character in [0.0, 1.0] {
            for agreement in [None, Some(Agreement { votes: 9, agreeing: 1, ornamented: 0, share: 0.0 })] {
                let confidence = Evidence { contested_character, agreement, ..CLEAR }.confidence();
                assert!((0.0..=1.0).contains(&confidence));
            }
        }
    }
}
