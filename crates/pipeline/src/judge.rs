//! Decides from a reading whether a plate is safe to bill.
//!
//! Every rule only ever *withholds*: a plate is accepted when no rule objects. Serial formats of states never
//! accept and never correct; they are advice the recogniser may have used for its confidence.

use crate::ident::{check_jurisdiction, check_plate};
use crate::reading::{Reading, Sighting};
use crate::reason::ReviewReason;
use crate::settings::Settings;

/// Where the jurisdiction on a bill comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JurisdictionSource {
    /// Read from the plate.
    Read,
    /// The plate named none: the booth's.
    AssumedFromBooth,
    /// A reviewer chose it.
    Reviewer,
}

impl JurisdictionSource {
    /// The name in the database, the API and the full export profile.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::AssumedFromBooth => "assumed-from-booth",
            Self::Reviewer => "reviewer",
        }
    }
}

/// What the judge decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Safe to bill.
    Accept {
        /// Capital letters and digits.
        plate: String,
        /// `us-tx`
        jurisdiction: String,
        /// Where the jurisdiction comes from.
        source: JurisdictionSource,
        /// 0..1
        confidence: f32,
    },
    /// A person must look.
    Review {
        /// Why.
        reason: ReviewReason,
        /// One sentence for the reviewer.
        detail: String,
        /// The likeliest text.
        suggestion: Option<String>,
    },
}

/// A second plate counts when it looks at least this much like the vehicle's plate as the first does.
/// Frames, stickers and distant vehicles score far below.
const RIVAL_PLAUSIBILITY: f32 = 0.6;

/// A text with less confidence than this is a guess: the plate, if it is one, counts as unreadable.
const READABLE_CONFIDENCE: f64 = 0.3;

/// A state name read with less confidence than this proves nothing. Against the booth it still is a reason to ask a person: a
/// slogan alone, a misspelt name, or one that may be a badge (COLORADO) is where bills go to strangers.
const MIN_JURISDICTION_CONFIDENCE: f32 = 0.8;

/// Decides on a reading of a passage at a booth of `booth_jurisdiction`.
///
/// `passage` seeds the draw of the quality sample, so a repeated decision is the same decision.
#[must_use]
pub fn decide(reading: &Reading, booth_jurisdiction: &str, passage: &str, settings: &Settings) -> Decision {
    let Some(best) = reading.sightings.first() else {
        return without_plate(reading);
    };
    let Some(candidate) = best.candidates.first() else {
        return review(ReviewReason::NoPlateFound, "The recogniser found a plate but read no text on it.", None);
    };
    let suggestion = check_plate(&candidate.text).is_ok().then(|| candidate.text.clone());
    if let Some((reason, detail)) = objection(reading, best, settings) {
        return review(reason, &detail, suggestion);
    }
    let (jurisdiction, source) = match jurisdiction(best, booth_jurisdiction, settings) {
        Ok(found) => found,
        Err(detail) => return review(ReviewReason::JurisdictionConflict, &detail, suggestion),
    };
    if drawn_for_quality(passage, settings.judge_quality_sample_percent) {
        return review(
            ReviewReason::QualitySample,
            "Drawn for quality assurance; the reading looked safe.",
            suggestion,
        );
    }
    Decision::Accept { plate: candidate.text.clone(), jurisdiction, source, confidence: candidate.confidence }
}

fn without_plate(reading: &Reading) -> Decision {
    let (reason, detail) = match reading.vehicle {
        Some(false) => {
            (ReviewReason::NoVehicleFound, "The recogniser found neither a plate nor a vehicle in this photo.")
        }
        Some(true) => (ReviewReason::NoPlateFound, "The recogniser saw a vehicle in this photo, but no plate."),
        None => (ReviewReason::NoPlateFound, "The recogniser found no plate in this photo."),
    };
    review(reason, detail, None)
}

fn review(reason: ReviewReason, detail: &str, suggestion: Option<String>) -> Decision {
    Decision::Review { reason, detail: detail.to_owned(), suggestion }
}

/// The first rule that objects to billing the best candidate.
fn objection(reading: &Reading, best: &Sighting, settings: &Settings) -> Option<(ReviewReason, String)> {
    let candidate = best.candidates.first()?;
    if best.touches_border {
        return Some((ReviewReason::PlateCutOff, "The plate is cut by the edge of the photo.".to_owned()));
    }
    if check_plate(&candidate.text).is_err() {
        return Some((ReviewReason::LowConfidence, "The text that was read cannot be a plate.".to_owned()));
    }
    let rivals = reading
        .sightings
        .iter()
        .skip(1)
        .filter(|s| s.plausibility >= RIVAL_PLAUSIBILITY * best.plausibility)
        .filter(|s| s.candidates.first().is_some_and(|c| c.text != candidate.text))
        .count();
    if rivals > 0 {
        return Some((ReviewReason::SeveralPlates, format!("{} plates could be the vehicle's.", rivals + 1)));
    }
    let confidence = f64::from(candidate.confidence);
    if confidence.is_nan() || confidence < settings.judge_min_confidence {
        let detail = format!(
            "Confidence {confidence:.3} is below {:.3} (setting judge.min_confidence).{}",
            settings.judge_min_confidence,
            in_words(&best.doubts)
        );
        let is_readable = confidence.is_nan() || confidence >= READABLE_CONFIDENCE;
        let reason = if is_readable { ReviewReason::LowConfidence } else { ReviewReason::PlateUnreadable };
        return Some((reason, detail));
    }
    let second = best.candidates.get(1).map_or(0.0, |c| f64::from(c.confidence));
    if confidence - second < settings.judge_min_margin {
        return Some((ReviewReason::AmbiguousCandidates, "Two texts for this plate are too close to call.".to_owned()));
    }
    None
}

/// The recogniser's own doubts as a sentence for the reviewer; empty without doubts.
fn in_words(doubts: &[String]) -> String {
    let words: Vec<&str> = doubts
        .iter()
        .map(|doubt| match doubt.as_str() {
            "touches-border" => "the text reaches the edge of the photo",
            "rival-plate" => "another text could be the plate as well",
            "lines-joined" => "the text was put together from two lines",
            "crops-disagree" => "looking again gave other characters",
            "unusual-text" => "the text has letters or digits only",
            "letter-or-digit" => "a letter may be a digit, as O and 0",
            "unlikely-serial" => "no state issues such a text, or not the state on the plate: a part may be missing",
            "nearer-text" => "another text is as large and no higher up: it may be the plate of a vehicle in front",
            "small-text" => "the characters are very small",
            other => other,
        })
        .collect();
    if words.is_empty() { String::new() } else { format!(" Doubts: {}.", words.join("; ")) }
}

fn jurisdiction(best: &Sighting, booth: &str, settings: &Settings) -> Result<(String, JurisdictionSource), String> {
    let named = best.jurisdiction.as_ref().filter(|named| check_jurisdiction(&named.code).is_ok());
    let Some(named) = named else {
        return Ok((booth.to_owned(), JurisdictionSource::AssumedFromBooth));
    };
    let is_sure = named.confidence >= MIN_JURISDICTION_CONFIDENCE;
    let trusts_plate = settings.judge_jurisdiction_conflict == "trust-plate";
    match (named.code == booth, is_sure) {
        (true, false) => Ok((booth.to_owned(), JurisdictionSource::AssumedFromBooth)),
        (true, true) => Ok((named.code.clone(), JurisdictionSource::Read)),
        (false, true) if trusts_plate => Ok((named.code.clone(), JurisdictionSource::Read)),
        (false, true) => Err(format!("The plate seems to be from {}, the booth stands in {booth}.", named.code)),
        (false, false) => Err(format!(
            "The plate may be from {}: what names it was not read surely enough to bill there, and the booth stands in {booth}.",
            named.code
        )),
    }
}

/// A draw that depends on the passage alone.
fn drawn_for_quality(passage: &str, percent: f64) -> bool {
    let digest = crate::ident::sha256_hex(format!("quality-sample/{passage}").as_bytes());
    let draw = digest.get(..8).and_then(|h| u32::from_str_radix(h, 16).ok()).unwrap_or(0);
    f64::from(draw) / f64::from(u32::MAX) * 100.0 < percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Bounds, Candidate, JurisdictionRead};

    fn sighting(text: &str, confidence: f32, plausibility: f32) -> Sighting {
        Sighting {
            bounds: Bounds { x: 10.0, y: 10.0, width: 100.0, height: 50.0 },
            candidates: vec![Candidate { text: text.to_owned(), confidence, characters: vec![] }],
            jurisdiction: None,
            touches_border: false,
            plausibility,
            doubts: vec![],
        }
    }

    fn reading(sightings: Vec<Sighting>) -> Reading {
        Reading {
            recognizer: "test".into(),
            model: "1".into(),
            sightings,
            vehicle: None,
            duration_ms: 1,
            cost_micros: 0,
            raw: "{}".into(),
        }
    }

    fn judge(sightings: Vec<Sighting>) -> Decision {
        decide(&reading(sightings), "us-tx", "psg_1", &Settings::default())
    }

    fn reason(decision: Decision) -> ReviewReason {
        match decision {
            Decision::Review { reason, .. } => reason,
            Decision::Accept { plate, .. } => panic!("accepted {plate}"),
        }
    }

    #[test]
    fn a_certain_plate_is_accepted_for_the_booths_jurisdiction() {
        assert_eq!(
            judge(vec![sighting("ABC1234", 0.99, 0.9)]),
            Decision::Accept {
                plate: "ABC1234".into(),
                jurisdiction: "us-tx".into(),
                source: JurisdictionSource::AssumedFromBooth,
                confidence: 0.99
            }
        );
    }

    #[test]
    fn no_plate_low_confidence_and_a_cut_plate_are_different_reasons() {
        assert_eq!(reason(judge(vec![])), ReviewReason::NoPlateFound);
        for (vehicle, expected) in [(true, ReviewReason::NoPlateFound), (false, ReviewReason::NoVehicleFound)] {
            let reading = Reading { vehicle: Some(vehicle), ..reading(vec![]) };
            assert_eq!(reason(decide(&reading, "us-tx", "psg_1", &Settings::default())), expected);
        }
        assert_eq!(reason(judge(vec![sighting("ABC1234", 0.94, 0.9)])), ReviewReason::LowConfidence);
        assert_eq!(reason(judge(vec![sighting("ABC1234", f32::NAN, 0.9)])), ReviewReason::LowConfidence);
        assert_eq!(reason(judge(vec![sighting("ABC1234", 0.2, 0.9)])), ReviewReason::PlateUnreadable);
        let cut = Sighting { touches_border: true, ..sighting("ABC1234", 0.99, 0.9) };
        assert_eq!(reason(judge(vec![cut])), ReviewReason::PlateCutOff);
    }

    #[test]
    fn a_reviewer_is_told_the_recognisers_doubts() {
        let doubted = Sighting { doubts: vec!["small-text".into(), "odd".into()], ..sighting("ABC1234", 0.9, 0.9) };
        let Decision::Review { detail, .. } = judge(vec![doubted]) else { panic!("accepted") };
        assert!(detail.ends_with("Doubts: the characters are very small; odd."), "{detail}");
    }

    #[test]
    fn two_plates_that_could_be_the_vehicles_go_to_a_person() {
        let two = vec![sighting("ABC1234", 0.99, 0.9), sighting("XYZ9876", 0.99, 0.8)];
        assert_eq!(reason(judge(two)), ReviewReason::SeveralPlates);
        let distant = vec![sighting("ABC1234", 0.99, 0.9), sighting("XYZ9876", 0.99, 0.2)];
        assert!(matches!(judge(distant), Decision::Accept { .. }));
    }

    #[test]
    fn two_texts_too_close_to_call_go_to_a_person() {
        let mut close = sighting("ABC1234", 0.97, 0.9);
        close.candidates.push(Candidate { text: "A8C1234".into(), confidence: 0.95, characters: vec![] });
        assert_eq!(reason(judge(vec![close])), ReviewReason::AmbiguousCandidates);
    }

    #[test]
    fn a_plate_from_another_state_is_not_billed_to_the_booths() {
        let mut other = sighting("ABC123", 0.99, 0.9);
        other.jurisdiction =
            Some(JurisdictionRead { code: "us-ok".into(), confidence: 0.95, evidence: "OKLAHOMA".into() });
        assert_eq!(reason(judge(vec![other.clone()])), ReviewReason::JurisdictionConflict);
        let trusting = Settings { judge_jurisdiction_conflict: "trust-plate".into(), ..Settings::default() };
        let decision = decide(&reading(vec![other]), "us-tx", "psg_1", &trusting);
        assert!(
            matches!(decision, Decision::Accept { jurisdiction, source: JurisdictionSource::Read, .. } if jurisdiction == "us-ok")
        );
    }

    #[test]
    fn weak_evidence_for_another_state_withholds_and_never_bills() {
        let named = |code: &str, confidence: f32| Sighting {
            jurisdiction: Some(JurisdictionRead { code: code.into(), confidence, evidence: "COLORADO".into() }),
            ..sighting("ABC123", 0.99, 0.9)
        };
        let trusting = Settings { judge_jurisdiction_conflict: "trust-plate".into(), ..Settings::default() };
        for settings in [Settings::default(), trusting] {
            for confidence in [0.79, 0.7, 0.3, 0.0, f32::NAN] {
                let decision = decide(&reading(vec![named("us-co", confidence)]), "us-tx", "psg_1", &settings);
                assert_eq!(reason(decision), ReviewReason::JurisdictionConflict, "{confidence}");
                let at_home = decide(&reading(vec![named("us-tx", confidence)]), "us-tx", "psg_1", &settings);
                assert!(matches!(at_home, Decision::Accept { source: JurisdictionSource::AssumedFromBooth, .. }));
            }
        }
    }

    #[test]
    fn a_jurisdiction_that_is_no_code_is_no_evidence() {
        let mut odd = sighting("ABC123", 0.99, 0.9);
        odd.jurisdiction = Some(JurisdictionRead { code: "Texas!".into(), confidence: 0.95, evidence: "TEXAS".into() });
        let trusting = Settings { judge_jurisdiction_conflict: "trust-plate".into(), ..Settings::default() };
        for settings in [Settings::default(), trusting] {
            let decision = decide(&reading(vec![odd.clone()]), "us-tx", "psg_1", &settings);
            assert!(
                matches!(decision, Decision::Accept { jurisdiction, source: JurisdictionSource::AssumedFromBooth, .. } if jurisdiction == "us-tx")
            );
        }
    }

    #[test]
    fn the_quality_sample_takes_its_share_and_always_the_same_passages() {
        let settings = Settings { judge_quality_sample_percent: 10.0, ..Settings::default() };
        let sure = reading(vec![sighting("ABC1234", 0.99, 0.9)]);
        let drawn = |n: u32| matches!(decide(&sure, "us-tx", &format!("psg_{n}"), &settings), Decision::Review { .. });
        let share = (0..10_000).filter(|n| drawn(*n)).count();
        assert!((900..1100).contains(&share), "{share}");
        assert_eq!(drawn(17), drawn(17));
    }
}
