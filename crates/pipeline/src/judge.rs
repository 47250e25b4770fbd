//! Decides from a reading whether a plate is safe to bill.
//!
//! Every rule only ever *withholds*: a plate is accepted when no rule objects. Who issued it, and which of the texts that
//! the pixels allow is meant, is weighed in [`crate::identity`].

use crate::doubts::{
    BARRED_ZEROS, CLEAR_NAME, IN_MARGIN, MIRRORED, NAMELESS, UNLIKE_A_PLATE, UPSIDE_DOWN, WITHHOLDING, in_words,
    is_clearly_named, most_for,
};
use crate::ident::check_plate;
use crate::identity::{self, Known, Weighed};
use crate::learned::Booth;
use crate::reading::{Bounds, Reading, Sighting};
use crate::reason::ReviewReason;
use crate::settings::Settings;
use tollbooth_plate::turned::{self, OtherWay};
use tollbooth_plate::{noise, serial};

pub use crate::identity::JurisdictionSource;

/// Who decides what no person does, in `decided_by`.
pub const JUDGE: &str = "judge";

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
        /// Probability that text and issuer are right, 0..1; of two that agree, the surer one's in the text.
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

/// A text to which its recogniser gives less confidence than this is a guess: the plate, if it is one, counts as unreadable.
const READABLE_CONFIDENCE: f64 = 0.3;

/// Lengths of the texts that are billed without a person.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=7;

/// Decides on a reading of a passage at a booth.
///
/// Which of the accepted are read by people as well ([`crate::blind`]) is none of this module's business: a sample of what
/// it decides would not be one if it knew.
#[must_use]
pub fn decide<'a>(reading: &Reading, booth: impl Into<Booth<'a>>, settings: &Settings) -> Decision {
    let booth = booth.into();
    let own = |sighting: &Sighting| booth.learned.and_then(|learned| learned.of_camera(sighting));
    let Some(text) = reading.sightings.iter().find_map(own) else { return judge(reading, booth, settings) };
    let without = without_camera_texts(reading, booth);
    if without.sightings.is_empty() {
        let detail = format!(
            "The camera shows {} at this place on photo after photo, and no plate was read elsewhere.",
            text.text
        );
        return review(ReviewReason::MayBeNoPlate, &detail, None);
    }
    judge(&without, booth, settings)
}

/// A reading without the texts that are the camera's own: what the camera writes takes no plate's place, and is none.
pub(crate) fn without_camera_texts(reading: &Reading, booth: Booth<'_>) -> Reading {
    let is_own = |sighting: &Sighting| booth.learned.is_some_and(|learned| learned.of_camera(sighting).is_some());
    let sightings = reading.sightings.iter().filter(|sighting| !is_own(sighting)).cloned().collect();
    Reading { sightings, ..reading.clone() }
}

fn judge(reading: &Reading, booth: Booth<'_>, settings: &Settings) -> Decision {
    let Some(best) = reading.sightings.first() else {
        return without_plate(reading);
    };
    let Some(candidate) = best.candidates.first() else {
        return review(ReviewReason::NoPlateFound, "The recogniser found a plate but read no text on it.", None);
    };
    // What was read may be a text that its issuer never puts on a plate, where another fits the pixels as well.
    let weighed = identity::weighed(best, booth, settings);
    let text = weighed.as_ref().map_or(candidate.text.as_str(), Weighed::text);
    let suggestion = check_plate(text).is_ok().then(|| text.to_owned());
    if let Some((reason, detail)) = objection(reading, best, text, weighed.as_ref(), booth, settings) {
        // What a mirror shows may be somebody's plate: whoever is shown it would read it, too.
        let suggestion = suggestion.filter(|_| reason != ReviewReason::PhotoTurned);
        return review(reason, &detail, suggestion);
    }
    let Some(weighed) = &weighed else {
        return review(ReviewReason::IssuerUnclear, "No issuer is known that puts such a text on a plate.", suggestion);
    };
    let Known { issuer, source } = match weighed.whose(booth.jurisdiction, settings) {
        Ok(known) => known,
        Err((reason, detail)) => return review(reason, &detail, suggestion),
    };
    #[expect(clippy::cast_possible_truncation, reason = "a probability needs no more digits")]
    let confidence = weighed.sure_of_pair() as f32;
    Decision::Accept { plate: text.to_owned(), jurisdiction: issuer, source, confidence }
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

/// The first rule that objects to billing `text`, the likeliest on the best plate.
fn objection(
    reading: &Reading,
    best: &Sighting,
    text: &str,
    weighed: Option<&Weighed>,
    booth: Booth<'_>,
    settings: &Settings,
) -> Option<(ReviewReason, String)> {
    let candidate = best.candidates.first()?;
    if best.touches_border {
        return Some((ReviewReason::PlateCutOff, "The plate is cut by the edge of the photo.".to_owned()));
    }
    if check_plate(&candidate.text).is_err() || check_plate(text).is_err() {
        return Some((ReviewReason::LowConfidence, "The text that was read cannot be a plate.".to_owned()));
    }
    let is_plate = || weighed.is_some_and(Weighed::speaks_for_itself) && !noise::has_label(text);
    for (doubt, reason, detail) in WITHHOLDING {
        if best.doubts.iter().any(|held| held == doubt) && !(*doubt == IN_MARGIN && is_plate()) {
            return Some((*reason, (*detail).to_owned()));
        }
    }
    if text == candidate.text && noise::kind(text).is_some() {
        let detail = format!("{text} has the form of a camera's stamp, a unit or fleet number, a badge or a sign.");
        return Some((ReviewReason::MayBeNoPlate, detail));
    }
    if let Some(way) = turned::other_way(text).filter(|_| !is_clearly_named(best)) {
        let detail = match way {
            OtherWay::Mirrored => MIRRORED,
            OtherWay::UpsideDown => UPSIDE_DOWN,
        };
        return Some((ReviewReason::PhotoTurned, detail.to_owned()));
    }
    if text != candidate.text && is_doubtful(text, best) {
        let detail = format!(
            "The series make {text} of {}: it is too short or long, has letters or digits alone, has the form of a stamp or a \
             word, or is in no series of the state that the plate names.",
            candidate.text
        );
        return Some((ReviewReason::LowConfidence, detail));
    }
    let rivals = reading
        .sightings
        .iter()
        .skip(1)
        .filter(|s| s.plausibility >= RIVAL_PLAUSIBILITY * best.plausibility)
        .filter(|s| s.candidates.first().is_some_and(|c| c.text != candidate.text))
        .filter(|s| !is_writing(s, best, booth.jurisdiction))
        .count();
    if rivals > 0 {
        return Some((ReviewReason::SeveralPlates, format!("{} plates could be the vehicle's.", rivals + 1)));
    }
    if weighed.is_some_and(|weighed| weighed.is_torn(settings.judge_min_margin)) {
        return Some((ReviewReason::AmbiguousCandidates, "Two texts for this plate are too close to call.".to_owned()));
    }
    let sure = weighed.map_or(f64::from(candidate.confidence), Weighed::sure_of_text);
    let most = most_for(text, best);
    // `min` would make a number of what is none.
    let confidence = if sure > most { most } else { sure };
    if confidence.is_nan() || confidence < settings.judge_min_confidence {
        let detail = format!(
            "All that was seen makes {text} {} likely; {} is asked for (setting judge.min_confidence).{}{}",
            percent(confidence),
            percent(settings.judge_min_confidence),
            if sure > most { UNLIKE_A_PLATE } else { "" },
            in_words(&best.doubts)
        );
        let is_readable = confidence.is_nan() || f64::from(candidate.confidence) >= READABLE_CONFIDENCE;
        let reason = if is_readable { ReviewReason::LowConfidence } else { ReviewReason::PlateUnreadable };
        return Some((reason, detail));
    }
    if weighed.is_some_and(|weighed| has_barred_zeros(weighed.issuer(), text, best)) {
        let detail =
            format!("On such plates a zero has a bar across it and reads like an 8: look which it is in {text}.");
        return Some((ReviewReason::AmbiguousCandidates, detail));
    }
    if weighed.is_some_and(Weighed::is_chosen_by_traffic) {
        let detail =
            format!("Only what passes at this booth makes {text} likelier than other texts that the pixels allow.");
        return Some((ReviewReason::AmbiguousCandidates, detail));
    }
    None
}

/// Cut off and not rounded: what is below a bound must not read as the bound.
fn percent(share: f64) -> String {
    // Hardly more than what decimals lose in binary: 0.57 is 57 %.
    format!("{} %", (share * 1000.0 + 1e-9).floor() / 10.0)
}

/// True where an 8 may be a zero, by a slogan that stands on the issuer's plates with such zeros: what was read of an issuer is
/// its name where that is clearer, so the recogniser tells of the slogan by itself.
fn has_barred_zeros(issuer: &str, text: &str, best: &Sighting) -> bool {
    let is_doubted = best.doubts.iter().any(|held| held == BARRED_ZEROS);
    let beside = identity::named(best);
    (is_doubted && tollbooth_plate::has_open_eight(issuer, text))
        || beside.iter().any(|read| tollbooth_plate::may_be_a_barred_zero(issuer, text, &read.evidence))
}

/// True for a text that is no other vehicle's plate but a fleet's number or a sticker: no issuer's name stands beside it,
/// where the best plate has a clear one, it is in no series that is likely here, and it is not nearer to the camera.
fn is_writing(other: &Sighting, best: &Sighting, booth: &str) -> bool {
    let text = |sighting: &Sighting| sighting.candidates.first().map(|read| read.text.clone()).unwrap_or_default();
    let names = identity::named(best);
    let clear: Vec<&str> = names
        .iter()
        .filter(|read| read.on_plate && read.weight >= CLEAR_NAME)
        .map(|read| read.code.as_str())
        .chain([booth])
        .collect();
    let middle = |bounds: &Bounds| bounds.y + bounds.height / 2.0;
    let is_nearer = middle(&other.bounds) > middle(&best.bounds) + best.bounds.height / 2.0
        && other.bounds.height >= best.bounds.height;
    let number = text(other);
    other.doubts.iter().any(|doubt| doubt == NAMELESS)
        && (clear.len() > 1 || tollbooth_plate::is_one_issuers(&text(best)))
        && clear.iter().all(|issuer| serial::fits(issuer, &number) != Some(true))
        && !tollbooth_plate::is_one_issuers(&number)
        && !is_nearer
}

/// True for a text that the recogniser would have doubted had it read it first. Its own doubts are about the text that it did
/// read first, and another of those that the pixels allow may be the one to bill.
fn is_doubtful(text: &str, best: &Sighting) -> bool {
    !LENGTHS.contains(&text.len())
        || !tollbooth_plate::text::mixes_letters_and_digits(text)
        || noise::kind(text).is_some()
        || serial::is_unlikely(text, best.jurisdiction.as_ref().map(|read| &*read.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learned::{CameraText, Learned};
    use crate::reading::{Bounds, Candidate, JurisdictionRead};

    fn sighting(text: &str, confidence: f32, plausibility: f32) -> Sighting {
        Sighting {
            bounds: Bounds { x: 10.0, y: 10.0, width: 100.0, height: 50.0 },
            candidates: vec![Candidate { text: text.to_owned(), confidence, characters: vec![] }],
            jurisdiction: Some(JurisdictionRead { code: "us-tx".into(), confidence: 1.0, evidence: "TEXAS".into() }),
            issuers: vec![],
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

    fn judged(sightings: Vec<Sighting>) -> Decision {
        decide(&reading(sightings), "us-tx", &Settings::default())
    }

    fn reason(decision: Decision) -> ReviewReason {
        match decision {
            Decision::Review { reason, .. } => reason,
            Decision::Accept { plate, .. } => panic!("accepted {plate}"),
        }
    }

    #[test]
    fn a_certain_plate_is_accepted_for_its_issuer() {
        let Decision::Accept { plate, jurisdiction, source, confidence } = judged(vec![sighting("ABC1234", 0.99, 0.9)])
        else {
            panic!("in review")
        };
        let expected = ("ABC1234", "us-tx", JurisdictionSource::Read);
        assert_eq!((plate.as_str(), jurisdiction.as_str(), source), expected);
        assert!((0.97..0.99).contains(&confidence), "the pair's, {confidence}");
    }

    #[test]
    fn no_plate_low_confidence_and_a_cut_plate_are_different_reasons() {
        assert_eq!(reason(judged(vec![])), ReviewReason::NoPlateFound);
        for (vehicle, expected) in [(true, ReviewReason::NoPlateFound), (false, ReviewReason::NoVehicleFound)] {
            let reading = Reading { vehicle: Some(vehicle), ..reading(vec![]) };
            assert_eq!(reason(decide(&reading, "us-tx", &Settings::default())), expected);
        }
        assert_eq!(reason(judged(vec![sighting("ABC1234", 0.94, 0.9)])), ReviewReason::LowConfidence);
        assert_eq!(reason(judged(vec![sighting("ABC1234", f32::NAN, 0.9)])), ReviewReason::LowConfidence);
        assert_eq!(reason(judged(vec![sighting("ABC1234", 0.2, 0.9)])), ReviewReason::PlateUnreadable);
        let cut = Sighting { touches_border: true, ..sighting("ABC1234", 0.99, 0.9) };
        assert_eq!(reason(judged(vec![cut])), ReviewReason::PlateCutOff);
    }

    #[test]
    fn a_reviewer_is_told_the_recognisers_doubts() {
        let doubted = Sighting { doubts: vec!["small-text".into(), "odd".into()], ..sighting("ABC1234", 0.9, 0.9) };
        let Decision::Review { detail, .. } = judged(vec![doubted]) else { panic!("accepted") };
        assert!(detail.ends_with("Doubts: the characters are very small; odd."), "{detail}");
    }

    #[test]
    fn what_is_likely_never_reads_as_the_bound_that_it_is_below() {
        assert_eq!([0.57, 0.949_99, 0.95, 0.143].map(percent), ["57 %", "94.9 %", "95 %", "14.3 %"]);
        let Decision::Review { detail, .. } = judged(vec![sighting("ABC1234", 0.9, 0.9)]) else { panic!("accepted") };
        assert!(detail.contains(" % likely; 95 % is asked for (setting judge.min_confidence)."), "{detail}");
    }

    #[test]
    fn two_plates_that_could_be_the_vehicles_go_to_a_person() {
        let two = vec![sighting("ABC1234", 0.99, 0.9), sighting("XYZ9876", 0.99, 0.8)];
        assert_eq!(reason(judged(two)), ReviewReason::SeveralPlates);
        let distant = vec![sighting("ABC1234", 0.99, 0.9), sighting("XYZ9876", 0.99, 0.2)];
        assert!(matches!(judged(distant), Decision::Accept { .. }));
    }

    #[test]
    fn two_texts_too_close_to_call_go_to_a_person() {
        let mut close = sighting("ABC1234", 0.97, 0.9);
        close.candidates.push(Candidate { text: "ABG1234".into(), confidence: 0.95, characters: vec![] });
        assert_eq!(reason(judged(vec![close])), ReviewReason::AmbiguousCandidates);
        // No letter stands there in a series of Texas, or of others.
        let mut settled = sighting("ABC1234", 0.97, 0.9);
        settled.candidates.push(Candidate { text: "A8C1234".into(), confidence: 0.95, characters: vec![] });
        assert!(matches!(judged(vec![settled]), Decision::Accept { plate, .. } if plate == "ABC1234"));
    }

    #[test]
    fn what_has_the_form_of_a_stamp_or_is_mirrored_is_never_billed() {
        for (doubt, expected) in [
            ("no-plate", ReviewReason::MayBeNoPlate),
            ("in-margin", ReviewReason::MayBeNoPlate),
            ("mirrored", ReviewReason::PhotoTurned),
            ("upside-down", ReviewReason::PhotoTurned),
            ("other-register", ReviewReason::IssuerNotBilled),
            ("nearer-text", ReviewReason::SeveralPlates),
        ] {
            let doubted = Sighting { doubts: vec![doubt.into()], ..sighting("ABC1234", 0.99, 0.9) };
            assert_eq!(reason(judged(vec![doubted])), expected);
        }
    }

    #[test]
    fn an_8_on_a_plate_of_pennsylvania_with_barred_zeros_is_looked_at() {
        let read = |text, evidence: &str| Sighting {
            jurisdiction: Some(JurisdictionRead { code: "us-pa".into(), confidence: 1.0, evidence: evidence.into() }),
            ..sighting(text, 0.99, 0.9)
        };
        assert_eq!(reason(judged(vec![read("MXK8123", "LET FREEDOM RING")])), ReviewReason::AmbiguousCandidates);
        let doubted = |text| Sighting { doubts: vec!["barred-zeros".into()], ..read(text, "PENNSYLVANIA") };
        assert_eq!(reason(judged(vec![doubted("MXK8123")])), ReviewReason::AmbiguousCandidates);
        for plate in [read("MXK3123", "LET FREEDOM RING"), read("MXK8123", "PENNSYLVANIA"), doubted("MXK3123")] {
            assert!(matches!(judged(vec![plate.clone()]), Decision::Accept { .. }), "{plate:?}");
        }
    }

    #[test]
    fn a_serial_of_the_nations_pools_is_not_the_state_s_whose_name_stands_on_it_as_well() {
        let named = |text| Sighting {
            jurisdiction: Some(JurisdictionRead { code: "us-ok".into(), confidence: 1.0, evidence: "OKLAHOMA".into() }),
            ..sighting(text, 0.99, 0.9)
        };
        let at = |text| decide(&reading(vec![named(text)]), "us-ok", &Settings::default());
        assert_eq!(reason(at("CN47281")), ReviewReason::LowConfidence);
        assert!(matches!(at("KRM392"), Decision::Accept { .. }));
    }

    #[test]
    fn nobody_is_shown_a_text_that_may_be_read_the_wrong_way_round() {
        for (doubt, shown) in [("mirrored", None), ("no-plate", Some("ABC1234"))] {
            let doubted = Sighting { doubts: vec![doubt.into()], ..sighting("ABC1234", 0.99, 0.9) };
            let Decision::Review { suggestion, .. } = judged(vec![doubted]) else { panic!("accepted") };
            assert_eq!(suggestion.as_deref(), shown, "{doubt}");
        }
    }

    #[test]
    fn a_service_that_says_a_text_and_a_score_is_held_to_what_a_text_may_be() {
        // Whose T may be a 7, so that it is a serial of Texas: a person looks at either.
        assert_eq!(reason(judged(vec![sighting("UNIT451", 0.999, 0.9)])), ReviewReason::LowConfidence);
        for stamp in ["CAM123", "KYU4711", "22DEC25"] {
            assert_eq!(reason(judged(vec![sighting(stamp, 0.999, 0.9)])), ReviewReason::MayBeNoPlate, "{stamp}");
        }
        let unclear = Some(JurisdictionRead { code: "us-tx".into(), confidence: 0.4, evidence: "region".into() });
        for (text, jurisdiction) in
            [("ABC4", sighting("", 0.0, 0.0).jurisdiction), ("ABC12345", None), ("BIGDOG", unclear), ("NSE45", None)]
        {
            let read = Sighting { jurisdiction, ..sighting(text, 0.999, 0.9) };
            assert_eq!(reason(judged(vec![read])), ReviewReason::LowConfidence, "{text}");
        }
        let Decision::Review { detail, .. } = judged(vec![sighting("ABC4", 0.999, 0.9)]) else { panic!("accepted") };
        assert!(detail.contains("too short or long"), "{detail}");
    }

    #[test]
    fn a_nearer_text_is_no_doubt_about_the_text_that_less_confidence_settles() {
        let nearer = Sighting { doubts: vec!["nearer-text".into()], ..sighting("ABC1234", 0.9, 0.9) };
        let lax = Settings { judge_min_confidence: 0.5, ..Settings::default() };
        assert_eq!(reason(decide(&reading(vec![nearer]), "us-tx", &lax)), ReviewReason::SeveralPlates);
    }

    #[test]
    fn a_serial_that_is_another_one_in_a_mirror_or_upside_down_needs_a_name_that_shows_which_it_is() {
        let traffic = Settings {
            judge_issuer_evidence: "traffic".into(),
            judge_max_wrong_person_percent: 50.0,
            ..Settings::default()
        };
        let at = |sighting: Sighting| decide(&reading(vec![sighting]), "us-tx", &traffic);
        for text in ["MAY8008", "HAT8808", "NHX8696"] {
            let unnamed = Sighting { jurisdiction: None, ..sighting(text, 0.99, 0.9) };
            assert_eq!(reason(at(unnamed)), ReviewReason::PhotoTurned, "{text}");
            assert!(matches!(at(sighting(text, 0.99, 0.9)), Decision::Accept { .. }), "{text}");
        }
        let other = Sighting { jurisdiction: None, ..sighting("ABC1234", 0.99, 0.9) };
        assert!(matches!(at(other), Decision::Accept { .. }));
    }

    #[test]
    fn a_text_in_the_margin_is_a_plate_where_one_issuer_alone_has_such_a_series() {
        let in_margin =
            |text| Sighting { doubts: vec!["in-margin".into()], jurisdiction: None, ..sighting(text, 0.99, 0.9) };
        let decision = decide(&reading(vec![in_margin("7CID930")]), "us-ca", &Settings::default());
        assert!(matches!(decision, Decision::Accept { jurisdiction, .. } if jurisdiction == "us-ca"));
        for stamp in ["CAM1234", "IPC4711", "21MAR26", "12N0V26", "KBR4651", "GATE12", "1TRK234", "4CAM001", "CH1A2B"] {
            assert_eq!(reason(judged(vec![in_margin(stamp)])), ReviewReason::MayBeNoPlate, "{stamp}");
        }
    }

    #[test]
    fn the_issuer_s_series_choose_among_texts_that_the_pixels_allow() {
        let unnamed = |text| Sighting { jurisdiction: None, ..sighting(text, 0.99, 0.9) };
        let decision = decide(&reading(vec![unnamed("CHOP8Y")]), "us-mo", &Settings::default());
        let Decision::Accept { plate, jurisdiction, confidence, .. } = decision else { panic!("{decision:?}") };
        assert_eq!((plate.as_str(), jurisdiction.as_str()), ("CH0P8Y", "us-mo"));
        assert!(confidence > 0.95 && confidence < 0.99);
        // A word with an O among digits is a zero as often as not: nobody's series has it.
        assert_eq!(reason(judged(vec![unnamed("ZOOMN65")])), ReviewReason::LowConfidence);
    }

    #[test]
    fn a_text_that_the_series_choose_is_held_to_the_rules_for_one_that_was_read() {
        let named = |text, code: &str| Sighting {
            jurisdiction: Some(JurisdictionRead { code: code.into(), confidence: 1.0, evidence: code.to_uppercase() }),
            ..sighting(text, 0.99, 0.9)
        };
        for (read, issuer, chosen) in [("I23456", "us-nh", "123456"), ("CAMI23", "us-ga", "CAM123")] {
            let decision = decide(&reading(vec![named(read, issuer)]), issuer, &Settings::default());
            assert!(
                matches!(&decision, Decision::Review { suggestion: Some(text), .. } if text == chosen),
                "{decision:?}"
            );
            assert_eq!(reason(decision), ReviewReason::LowConfidence);
        }
    }

    #[test]
    fn a_text_that_another_of_the_same_series_rivals_goes_to_a_person() {
        // Whoever tells the probability of each character shares one among its texts.
        let shared = |text, confidence| {
            let mut shared = sighting(text, confidence, 0.9);
            shared.candidates[0].characters = vec![0.9; 6];
            shared
        };
        let mut torn = shared("CG2H2U", 0.5);
        torn.candidates.push(Candidate { text: "CC2H2U".into(), confidence: 0.49, characters: vec![] });
        let decision = decide(&reading(vec![torn]), "us-mo", &Settings::default());
        assert_eq!(reason(decision), ReviewReason::AmbiguousCandidates);
        // What the issuer never issues is no rival.
        let mut clear = Sighting { jurisdiction: None, ..shared("KL3B8K", 0.6) };
        clear.candidates.push(Candidate { text: "KL3BBK".into(), confidence: 0.38, characters: vec![] });
        let decision = decide(&reading(vec![clear]), "us-mo", &Settings::default());
        assert!(matches!(decision, Decision::Accept { plate, .. } if plate == "KL3B8K"));
    }

    #[test]
    fn what_a_camera_writes_on_every_photo_is_no_plate_and_takes_no_plate_s_place() {
        let stamp = Sighting {
            bounds: Bounds { x: 300.0, y: 200.0, width: 140.0, height: 34.0 },
            jurisdiction: None,
            ..sighting("KBR4651", 0.99, 0.7)
        };
        let own = CameraText { text: "KBR4651".into(), bounds: stamp.bounds };
        let learned = Learned { texts: vec![own], ..Learned::default() };
        let booth = Booth { jurisdiction: "us-tx", learned: Some(&learned) };
        let at = |sightings| decide(&reading(sightings), booth, &Settings::default());
        let alone = at(vec![stamp.clone()]);
        assert!(
            matches!(&alone, Decision::Review { suggestion: None, detail, .. } if detail.contains("KBR4651")),
            "{alone:?}"
        );
        assert_eq!(reason(alone), ReviewReason::MayBeNoPlate);
        let beside = vec![stamp.clone(), sighting("ABC1234", 0.99, 0.6)];
        assert!(matches!(at(beside.clone()), Decision::Accept { plate, .. } if plate == "ABC1234"));
        assert_eq!(reason(decide(&reading(beside), "us-tx", &Settings::default())), ReviewReason::SeveralPlates);
        // The same text on a vehicle is one.
        let elsewhere =
            Sighting { jurisdiction: sighting("", 0.0, 0.0).jurisdiction, ..sighting("KBR4651", 0.99, 0.9) };
        assert!(matches!(at(vec![elsewhere]), Decision::Accept { plate, .. } if plate == "KBR4651"));
    }

    #[test]
    fn a_sure_text_of_an_unknown_issuer_is_not_billed() {
        let unnamed = Sighting { jurisdiction: None, ..sighting("ABC1234", 0.99, 0.9) };
        assert_eq!(reason(judged(vec![unnamed])), ReviewReason::IssuerUnclear);
    }

    /// A fleet's number beside a plate that names its state: larger, and with no name of its own.
    fn beside(number: &str, y: f32, height: f32, doubts: &[&str]) -> Decision {
        let writing = Sighting {
            bounds: Bounds { x: 700.0, y, width: 4.0 * height, height },
            jurisdiction: None,
            doubts: doubts.iter().map(|doubt| (*doubt).to_owned()).collect(),
            ..sighting(number, 0.99, 0.7)
        };
        let plate = Sighting {
            bounds: Bounds { x: 400.0, y: 400.0, width: 160.0, height: 40.0 },
            ..sighting("BKD0101", 0.99, 0.3)
        };
        judged(vec![plate, writing])
    }

    #[test]
    fn writing_with_no_name_beside_it_is_no_other_plate() {
        for (number, y) in [("XH0148", 160.0), ("TEAM84", 400.0)] {
            assert!(matches!(beside(number, y, 40.0, &["nameless"]), Decision::Accept { .. }), "{number}");
        }
    }

    #[test]
    fn what_may_be_another_vehicle_s_plate_still_asks_a_person() {
        for (number, y, height, doubts) in [
            // Nobody looked for a name, Texas has the series, California alone has it, and it is nearer to the camera.
            ("XH0148", 160.0, 40.0, &[][..]),
            ("DHN8018", 160.0, 40.0, &["nameless"]),
            ("7ABC123", 160.0, 40.0, &["nameless"]),
            ("XH0148", 500.0, 60.0, &["nameless"]),
        ] {
            assert_eq!(reason(beside(number, y, height, doubts)), ReviewReason::SeveralPlates, "{number} {y}");
        }
    }
}
