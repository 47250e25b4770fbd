//! From evidence about a reading to the probability that its plate is the vehicle's and was seen whole.
//!
//! The recogniser's own confidence says how clearly characters were seen, not whether they are the whole
//! plate of the right vehicle; the rest of the evidence is about that.

use crate::consensus::Agreement;
use crate::serial;
use crate::text;
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
    /// True when another text, of letters or digits alone or hardly legible, may be the plate of a vehicle nearer to the camera.
    #[serde(default)]
    pub has_nearer_text: bool,
    /// True when the issuer is clearly named on the plate, and its series have the text or it is a word.
    #[serde(default)]
    pub is_vouched_for: bool,
    /// True when an issuer's name was looked for beside the text and none is there.
    #[serde(default)]
    pub is_nameless: bool,
    /// True when a word on the plate says that it stands apart from its issuer's ordinary plates: temporary, a trailer's.
    #[serde(default)]
    pub is_of_other_register: bool,
    /// True when a slogan on the plate says that its zeros have a bar across them, and so look like an 8.
    #[serde(default)]
    pub has_barred_zeros: bool,
    /// How far several readings agree; absent when the plate was read once.
    pub agreement: Option<Agreement>,
}

/// Most confidence in a text so short that it may well be a part of a plate or of something else.
const SHORT_MOST: f32 = 0.9;
/// Characters from which a text is not short.
const LONG_ENOUGH: u32 = 5;
/// Characters up to which a text is not too long: no state's standard serial has more, so what is beyond is most often
/// an ornament or a part of the frame.
const SHORT_ENOUGH: u32 = serial::LONGEST as u32;
/// Most confidence in a text that is too long.
const LONG_MOST: f32 = 0.9;
/// Most confidence in a text of letters or digits alone: vanity plates look like this, and so do badges and house numbers.
const UNMIXED_MOST: f32 = 0.8;
/// Most confidence in a text that was put together from two lines: as often as not a part of it is something else.
const JOINED_MOST: f32 = 0.7;
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

/// Most confidence in a text (normalised) for what it says, whoever read it, 0 to 1: 1 for one like most plates'.
///
/// What [`Evidence::trust`] holds against a text, for readings of which there is no evidence: those of services that say a text
/// and a score. `state` is the one that was named (`us-tx`).
pub fn most_for_text(read: &str, state: Option<&str>, is_vouched_for: bool) -> f32 {
    let length = u32::try_from(read.len()).unwrap_or(u32::MAX);
    let limits = [
        (!text::mixes_letters_and_digits(read) && !is_vouched_for, UNMIXED_MOST),
        (length < LONG_ENOUGH, SHORT_MOST),
        (length > SHORT_ENOUGH, LONG_MOST),
        (serial::is_unlikely(read, state) && !is_vouched_for, UNLIKELY_MOST),
    ];
    limits.iter().filter(|(holds, _)| *holds).fold(1.0, |least: f32, (_, most)| least.min(*most))
}

impl Evidence {
    /// Probability that the plate's text is among those listed for it, 0 to 1: that this is the right plate, and that it
    /// was seen whole.
    ///
    /// Which of the listed texts it is, is another question, which the readings of its characters, and whoever knows what
    /// issuers put on plates, answer ([`crate::pair`]).
    pub fn trust(&self) -> f32 {
        let read = if self.agreement.is_some() { 1.0 } else { self.by_rule_of_thumb() };
        let limits = [
            (self.agreement.is_some() && !self.is_mixed && !self.is_vouched_for, UNMIXED_MOST),
            (self.agreement.is_some() && self.is_joined, JOINED_MOST),
            (self.length < LONG_ENOUGH, SHORT_MOST),
            (self.length > SHORT_ENOUGH, LONG_MOST),
            (self.is_unlikely && !self.is_vouched_for, UNLIKELY_MOST),
            (self.has_nearer_text, NEARER_MOST),
            (self.touches_border, BORDER_MOST),
        ];
        limits.iter().filter(|(holds, _)| *holds).fold(read, |least, (_, most)| least.min(*most))
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
        is_vouched_for: false,
        is_nameless: false,
        is_of_other_register: false,
        has_barred_zeros: false,
        agreement: Some(Agreement { votes: 3, agreeing: 3, ornamented: 0, share: 1.0 }),
    };

    #[test]
    fn a_plate_that_was_read_several_times_is_trusted_to_be_one_of_the_texts_that_were_read() {
        assert_eq!(CLEAR.trust(), 1.0);
        let disputed = Some(Agreement { votes: 3, agreeing: 2, ornamented: 0, share: 0.99 });
        assert_eq!(
            Evidence { agreement: disputed, is_ambiguous: true, contested_character: 0.5, ..CLEAR }.trust(),
            1.0
        );
    }

    #[test]
    fn what_may_be_another_plate_or_a_part_of_one_is_not_trusted_enough_to_be_accepted_by_default() {
        let doubtful = [
            Evidence { touches_border: true, ..CLEAR },
            Evidence { is_mixed: false, ..CLEAR },
            Evidence { is_joined: true, ..CLEAR },
            Evidence { length: 4, ..CLEAR },
            Evidence { length: 8, ..CLEAR },
            Evidence { is_unlikely: true, ..CLEAR },
            Evidence { has_nearer_text: true, ..CLEAR },
        ];
        for evidence in doubtful {
            assert!(evidence.trust() < DEFAULT_ACCEPT_CONFIDENCE, "{evidence:?}");
        }
    }

    #[test]
    fn a_text_alone_is_trusted_no_more_than_with_evidence() {
        for (read, state, is_vouched_for, most) in [
            ("ABC1234", Some("us-tx"), false, 1.0),
            ("ABC1234", None, false, 1.0),
            ("BIGDOG", Some("us-tx"), false, UNMIXED_MOST),
            ("BIGDOG", Some("us-tx"), true, 1.0),
            ("ABC1", None, true, SHORT_MOST),
            ("ABC12345", None, true, LONG_MOST),
            ("1234ABC", Some("us-tx"), false, UNLIKELY_MOST),
            ("NSE45", None, false, UNLIKELY_MOST),
        ] {
            assert_eq!(most_for_text(read, state, is_vouched_for), most, "{read} {state:?}");
        }
    }

    #[test]
    fn clearer_characters_never_lower_the_trust_in_a_plate_that_was_read_once() {
        let at = |mean_character| Evidence { mean_character, agreement: None, ..CLEAR }.trust();
        assert!((1..=20_u8).all(|step| at(f32::from(step) / 20.0) >= at(f32::from(step - 1) / 20.0)));
        assert!((0.0..=1.0).contains(&at(1.0)));
    }
}
