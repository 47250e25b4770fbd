//! A plate seen in a photo: its readings, its place, and every reason to doubt it.

use crate::confidence::Evidence;
use crate::confusable::fold;
use crate::consensus::Consensus;
use crate::fusion;
use crate::geometry::{Bounds, Quad};
use crate::jurisdiction::JurisdictionRead;
use crate::noise;
use crate::pair::{IssuerRead, MarkScore};
use crate::serial;
use crate::spelling::Spelling;
use crate::text;
use serde::{Deserialize, Serialize};

/// Weight of digits alone: house and fleet numbers.
pub(crate) const DIGITS_WEIGHT: f32 = 0.25;
/// Weight of two lines joined: more often than not the parts are something else.
pub(crate) const JOINED_WEIGHT: f32 = 0.6;

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
    /// A letter may be a digit or the other way round (O and 0), and no state's pattern tells which.
    LetterOrDigit,
    /// Five characters that no state issues, or none that the state on the plate issues: a part may be missing.
    UnlikelySerial,
    /// A text of letters or digits alone, or a hardly legible one, is as tall and no higher up: the plate of a vehicle in front
    /// may be a word, dirty, or have small letters that were not read.
    NearerText,
    /// An issuer's name was looked for beside the text, and none is there: it may be writing on a vehicle.
    Nameless,
    /// A word on the plate says that it stands apart from its issuer's ordinary plates: temporary, a dealer's, a trailer's.
    OtherRegister,
    /// A slogan on the plate says that its zeros have a bar across them: an 8 may be one.
    BarredZeros,
    /// The text has the form of a camera's stamp, a unit or fleet number, a badge or a frame's word.
    NoPlate,
    /// The text stands in the photo's margin, where cameras write.
    InMargin,
    /// Mirrored, the text reads as well: the camera may look through a mirror.
    Mirrored,
    /// Turned by half, the text reads as well: the camera may hang upside down.
    UpsideDown,
    /// The characters are too small in the photo to be told apart safely.
    SmallText,
}

/// One possible text of a plate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Normalised text: A-Z and 0-9, four to eight characters.
    pub text: String,
    /// Probability that this text is right, 0 to 1. The confidences of a plate that was read several times add up to the
    /// trust in it; texts that differ in O and 0, I and 1 alone count as one.
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
    /// The picker's score in weighted square pixels; comparable between sightings in the same photo only.
    pub score: f32,
    /// Every reason for doubt, in a fixed order, each at most once.
    pub doubts: Vec<Doubt>,
    /// What the trust in the plate is made from.
    pub evidence: Evidence,
    /// How well what stands above and below the text fits names and slogans of issuers, best first.
    #[serde(default)]
    pub marks: Vec<MarkScore>,
    /// What was read around the text that names an issuer, most weighty first.
    #[serde(default)]
    pub issuers: Vec<IssuerRead>,
    /// Every reading of the plate that voted, kept so that a decision can be explained and made again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Spelling>,
}

/// Text lower than this many pixels is too small to tell similar characters apart.
const SMALL_TEXT: f32 = 12.0;
/// Candidates kept for one sighting at most.
pub(crate) const MOST_CANDIDATES: usize = 10;
/// A text of another length is less probable than its share of the votes: crops cut characters off and catch the frame.
const OTHER_LENGTH: f32 = 0.22;

impl PlateSighting {
    /// The most probable text.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// True when two sightings lie on the same spot: the centre of either is inside the other's box.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.quad.covers(other.quad.centre()) || other.quad.covers(self.quad.centre())
    }

    /// Replaces the candidates by what several readings of this plate say together.
    ///
    /// Their confidences add up to the trust in the plate ([`Evidence::trust`]), and share it by how well the readings fit
    /// each text. Texts that differ in O and 0, I and 1 alone count as one.
    pub fn settle(&mut self, consensus: &Consensus, votes: &[Spelling]) {
        let Some(winner) = consensus.tallies.first() else { return };
        self.evidence.mean_character = winner.mean;
        self.evidence.weakest_character = winner.weakest;
        self.evidence.contested_character = winner.contested;
        self.evidence.length = u32::try_from(winner.text.len()).unwrap_or(u32::MAX);
        self.evidence.is_mixed = text::mixes_letters_and_digits(&winner.text);
        self.evidence.is_ambiguous = serial::is_ambiguous(&winner.text);
        self.evidence.is_no_plate = noise::kind(&winner.text).is_some();
        self.evidence.is_unlikely =
            serial::is_unlikely(&winner.text, self.jurisdiction.as_ref().map(|read| &*read.code));
        self.evidence.agreement = Some(consensus.agreement);
        let listed = listed(consensus, votes);
        let sum: f32 = listed.iter().map(|(_, likelihood)| likelihood).sum();
        let trust = self.evidence.trust();
        self.candidates = listed
            .into_iter()
            .map(|(text, likelihood)| Candidate {
                confidence: trust * likelihood / sum.max(f32::EPSILON),
                characters: if text == winner.text { winner.characters.clone() } else { Vec::new() },
                text,
            })
            .collect();
        self.doubts = doubts(&self.evidence);
    }

    /// Counts the text as one of two lines: small letters that stand above each other were read with it.
    ///
    /// What was read before has letters or digits alone, so its score rises to that of a text which mixes them.
    pub fn stack(&mut self) {
        if !self.evidence.is_mixed {
            self.score *= JOINED_WEIGHT / DIGITS_WEIGHT;
        }
        self.evidence.is_joined = true;
    }

    /// Weighs the sighting against the strongest other one in the photo.
    pub fn weigh(&mut self, plausibility: f32) {
        let before = self.evidence.trust();
        self.plausibility = plausibility;
        self.evidence.plausibility = plausibility;
        self.trusted_anew(before);
    }

    /// Takes over what the evidence says by now, where it said this trust before.
    pub(crate) fn trusted_anew(&mut self, before: f32) {
        self.doubts = doubts(&self.evidence);
        let trust = self.evidence.trust();
        for candidate in &mut self.candidates {
            candidate.confidence = (candidate.confidence * trust / before.max(f32::EPSILON)).min(trust);
        }
    }
}

/// The texts that readings allow, the winner first, each with how probable what was read is under it (1 for the winner).
fn listed(consensus: &Consensus, votes: &[Spelling]) -> Vec<(String, f32)> {
    let Some(winner) = consensus.tallies.first() else { return Vec::new() };
    let mut listed = vec![(winner.text.clone(), 1.0)];
    let fused = fusion::texts(votes, &winner.text);
    // What fits better than the winner is another way to sum up the same votes, and no better than it.
    let fused = fused.into_iter().map(|(text, fit)| (text, fit.exp()));
    let others = consensus.tallies.iter().skip(1).map(|tally| {
        let share = (tally.weight / winner.weight.max(f32::EPSILON)).min(1.0);
        (tally.text.clone(), if tally.text.len() == winner.text.len() { share } else { OTHER_LENGTH * share })
    });
    for (text, likelihood) in fused.chain(others) {
        if listed.iter().all(|(seen, _)| fold(seen) != fold(&text)) {
            listed.push((text, likelihood));
        }
    }
    listed.sort_by(|a, b| b.1.total_cmp(&a.1));
    listed.truncate(MOST_CANDIDATES);
    listed
}

/// The doubts that evidence gives rise to, in a fixed order.
pub(crate) fn doubts(evidence: &Evidence) -> Vec<Doubt> {
    let disagree = evidence.agreement.is_some_and(|agreement| !agreement.is_undisputed());
    [
        (evidence.touches_border, Doubt::TouchesBorder),
        (evidence.has_rival(), Doubt::RivalPlate),
        (evidence.is_joined, Doubt::LinesJoined),
        (disagree, Doubt::CropsDisagree),
        (!evidence.is_mixed, Doubt::UnusualText),
        (evidence.is_ambiguous, Doubt::LetterOrDigit),
        (evidence.is_unlikely, Doubt::UnlikelySerial),
        (evidence.has_nearer_text, Doubt::NearerText),
        (evidence.is_nameless, Doubt::Nameless),
        (evidence.is_of_other_register, Doubt::OtherRegister),
        (evidence.has_barred_zeros, Doubt::BarredZeros),
        (evidence.is_no_plate, Doubt::NoPlate),
        (evidence.is_in_margin, Doubt::InMargin),
        (evidence.text_height < SMALL_TEXT, Doubt::SmallText),
    ]
    .into_iter()
    .filter_map(|(holds, doubt)| holds.then_some(doubt))
    .collect()
}
