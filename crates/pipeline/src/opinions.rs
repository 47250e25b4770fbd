//! A second opinion: which doubts it can settle, and what two readings of one photo amount to.
//!
//! Two recognisers that read the same text, letter by letter, are evidence that neither is alone. Nothing less counts
//! as agreement: an O against a 0 is exactly what a second opinion is asked for.

use crate::identity;
use crate::judge::{self, Decision};
use crate::learned::Booth;
use crate::reading::{Candidate, Reading, Sighting};
use crate::reason::ReviewReason;
use crate::settings::Settings;

/// Least share that an agreed text must have among those that characters of its shape allow.
const AGREED_SHARE: f64 = 0.9;

/// True when another recogniser could settle this doubt: the text is in question, not the photo, the vehicle or the
/// jurisdiction.
#[must_use]
pub const fn can_settle(reason: ReviewReason) -> bool {
    matches!(reason, ReviewReason::LowConfidence | ReviewReason::AmbiguousCandidates)
}

/// What follows from an unsure first and a second reading of the same photo.
///
/// Accepted when both name the same plate, each with `judge.agreement_min_confidence`, and the judge has no objection
/// to either but a doubt that agreement settles; a jurisdiction that either read against the booth's, several plates or
/// a cut plate go to a person as ever. So does a word whose O may be a 0: two that see one shape agree on the shape.
#[must_use]
pub fn combine<'a>(first: &Reading, second: &Reading, booth: impl Into<Booth<'a>>, settings: &Settings) -> Decision {
    let booth = booth.into();
    let first = &judge::without_camera_texts(first, booth);
    let second = &judge::without_camera_texts(second, booth);
    let (Some(one), Some(two)) = (best(first), best(second)) else {
        return differ(first, second);
    };
    if one.text != two.text {
        return differ(first, second);
    }
    let enough = |c: &Candidate| f64::from(c.confidence) >= settings.judge_agreement_min_confidence;
    if !(enough(one) && enough(two)) {
        return Decision::Review {
            reason: ReviewReason::LowConfidence,
            detail: format!(
                "{} Both agree, but not with enough confidence (setting judge.agreement_min_confidence).",
                both(first, second)
            ),
            suggestion: Some(one.text.clone()),
        };
    }
    // Agreement settles the doubt about the text; every other rule still holds, for both readings.
    let trusting = Settings { judge_min_confidence: 0.0, judge_min_margin: 0.0, ..settings.clone() };
    let decide = |reading: &Reading| judge::decide(reading, booth, &trusting);
    // Who issued the plate may be what only one of them saw.
    match (decide(&informed(first, second)), decide(&informed(second, first))) {
        // The series of an issuer may say that both misread a character: then it is no agreement that decides.
        (Decision::Accept { plate: first_plate, .. }, Decision::Accept { plate, .. })
            if first_plate != one.text || plate != two.text =>
        {
            Decision::Review {
                reason: ReviewReason::AmbiguousCandidates,
                detail: format!("{} The issuer's series make another text as likely.", both(first, second)),
                suggestion: Some(plate),
            }
        }
        (Decision::Accept { .. }, Decision::Accept { plate, .. })
            if is_open(&informed(first, second), one, booth, settings) =>
        {
            Decision::Review {
                reason: ReviewReason::AmbiguousCandidates,
                detail: format!("{} Characters of one shape leave open which text it is.", both(first, second)),
                suggestion: Some(plate),
            }
        }
        (Decision::Accept { .. }, Decision::Accept { plate, jurisdiction, source, .. }) => {
            Decision::Accept { plate, jurisdiction, source, confidence: one.confidence.max(two.confidence) }
        }
        (objection @ Decision::Review { .. }, _) | (_, objection @ Decision::Review { .. }) => objection,
    }
}

/// True where the issuers' series leave open what the text says although it was seen as `agreed`.
fn is_open(reading: &Reading, agreed: &Candidate, booth: Booth<'_>, settings: &Settings) -> bool {
    let Some(sighting) = reading.sightings.first() else { return true };
    let seen = Candidate { text: agreed.text.clone(), confidence: 1.0, characters: Vec::new() };
    let sighting = Sighting { candidates: vec![seen], ..sighting.clone() };
    identity::weighed(&sighting, booth, settings)
        .is_none_or(|weighed| weighed.text() != agreed.text || weighed.text_share() < AGREED_SHARE)
}

/// The judge's word on the first reading, for when there will be no second; `why` says so to the reviewer.
#[must_use]
pub fn without_second<'a>(first: &Reading, why: &str, booth: impl Into<Booth<'a>>, settings: &Settings) -> Decision {
    match judge::decide(first, booth, settings) {
        Decision::Review { reason, detail, suggestion } => {
            Decision::Review { reason, detail: format!("{detail} No second opinion: {why}"), suggestion }
        }
        // Settings have changed since the first reading; what is safe now is safe.
        accepted @ Decision::Accept { .. } => accepted,
    }
}

/// A reading that knows what the other one read of the plate's issuer, too.
fn informed(reading: &Reading, other: &Reading) -> Reading {
    let mut informed = reading.clone();
    if let (Some(own), Some(others)) = (informed.sightings.first_mut(), other.sightings.first()) {
        own.issuers = [identity::named(own), identity::named(others)].concat();
    }
    informed
}

fn best(reading: &Reading) -> Option<&Candidate> {
    reading.sightings.first().and_then(|sighting| sighting.candidates.first())
}

fn differ(first: &Reading, second: &Reading) -> Decision {
    let surer = match (best(first), best(second)) {
        (Some(one), Some(two)) if one.confidence > two.confidence => Some(one),
        (one, None) => one,
        (_, two) => two,
    };
    Decision::Review {
        reason: ReviewReason::OpinionsDiffer,
        detail: both(first, second),
        suggestion: surer.map(|c| c.text.clone()).filter(|text| crate::ident::check_plate(text).is_ok()),
    }
}

/// Both readings in one sentence, for the reviewer.
fn both(first: &Reading, second: &Reading) -> String {
    format!("{}, {}.", told(first), told(second))
}

fn told(reading: &Reading) -> String {
    match best(reading) {
        Some(candidate) => format!("{} read {} ({:.2})", reading.recognizer, candidate.text, candidate.confidence),
        None => format!("{} found no plate", reading.recognizer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::JurisdictionSource;
    use crate::learned::{CameraText, Learned};
    use crate::reading::{Bounds, JurisdictionRead};

    fn read(recognizer: &str, text: &str, confidence: f32) -> Reading {
        let candidates = vec![Candidate { text: text.into(), confidence, characters: vec![] }];
        let sighting = Sighting {
            bounds: Bounds { x: 0.0, y: 0.0, width: 9.0, height: 9.0 },
            candidates,
            jurisdiction: Some(JurisdictionRead { code: "us-tx".into(), confidence: 1.0, evidence: "TEXAS".into() }),
            issuers: vec![],
            touches_border: false,
            plausibility: 1.0,
            doubts: vec![],
        };
        Reading {
            recognizer: recognizer.into(),
            model: "1".into(),
            sightings: if text.is_empty() { vec![] } else { vec![sighting] },
            vehicle: None,
            duration_ms: 1,
            cost_micros: 0,
            raw: String::new(),
        }
    }

    fn combined(first: &Reading, second: &Reading) -> Decision {
        combine(first, second, "us-tx", &Settings::default())
    }

    fn reason(decision: Decision) -> ReviewReason {
        match decision {
            Decision::Review { reason, .. } => reason,
            Decision::Accept { plate, .. } => panic!("accepted {plate}"),
        }
    }

    #[test]
    fn two_unsure_readings_that_agree_are_accepted_with_the_greater_confidence() {
        let decision = combined(&read("ours", "ABC1234", 0.7), &read("theirs", "ABC1234", 0.9));
        let expected = Decision::Accept {
            plate: "ABC1234".into(),
            jurisdiction: "us-tx".into(),
            source: JurisdictionSource::Read,
            confidence: 0.9,
        };
        assert_eq!(decision, expected);
    }

    #[test]
    fn two_that_agree_on_a_text_of_which_the_series_make_another_go_to_a_person() {
        let unnamed = |who: &str, confidence: f32| {
            let mut reading = read(who, "CHOP8Y", confidence);
            reading.sightings[0].jurisdiction = None;
            reading
        };
        let settings = Settings::default();
        let decision = combine(&unnamed("ours", 0.7), &unnamed("theirs", 0.9), "us-mo", &settings);
        assert!(
            matches!(&decision, Decision::Review { suggestion: Some(text), .. } if text == "CH0P8Y"),
            "{decision:?}"
        );
        assert_eq!(reason(decision), ReviewReason::AmbiguousCandidates);
    }

    #[test]
    fn two_that_agree_on_an_o_that_may_be_a_zero_go_to_a_person() {
        let decision = combined(&read("ours", "HLOKTY1", 0.7), &read("theirs", "HLOKTY1", 0.9));
        assert!(
            matches!(&decision, Decision::Review { suggestion: Some(text), .. } if text == "HLOKTY1"),
            "{decision:?}"
        );
        assert_eq!(reason(decision), ReviewReason::AmbiguousCandidates);
    }

    #[test]
    fn an_o_against_a_zero_is_no_agreement() {
        let Decision::Review { reason, detail, suggestion } =
            combined(&read("ours", "ABO1234", 0.94), &read("theirs", "AB01234", 0.99))
        else {
            panic!("accepted")
        };
        assert_eq!(reason, ReviewReason::OpinionsDiffer);
        assert_eq!(detail, "ours read ABO1234 (0.94), theirs read AB01234 (0.99).");
        assert_eq!(suggestion.as_deref(), Some("AB01234"));
    }

    #[test]
    fn a_second_that_finds_no_plate_does_not_agree() {
        let decision = combined(&read("ours", "ABC1234", 0.7), &read("theirs", "", 0.0));
        assert!(matches!(&decision, Decision::Review { suggestion: Some(text), .. } if text == "ABC1234"));
        assert_eq!(reason(decision), ReviewReason::OpinionsDiffer);
    }

    #[test]
    fn agreement_without_any_confidence_is_not_enough() {
        let decision = combined(&read("ours", "ABC1234", 0.2), &read("theirs", "ABC1234", 0.99));
        assert_eq!(reason(decision), ReviewReason::LowConfidence);
    }

    #[test]
    fn agreement_settles_the_text_and_nothing_else() {
        let mut cut = read("theirs", "ABC1234", 0.9);
        cut.sightings[0].touches_border = true;
        assert_eq!(reason(combined(&read("ours", "ABC1234", 0.7), &cut)), ReviewReason::PlateCutOff);
        let mut foreign = read("theirs", "ABC1234", 0.9);
        foreign.sightings[0].jurisdiction =
            Some(JurisdictionRead { code: "us-ok".into(), confidence: 0.95, evidence: "OKLAHOMA".into() });
        for (one, two) in [(read("ours", "ABC1234", 0.7), foreign.clone()), (foreign, read("theirs", "ABC1234", 0.7))] {
            assert_eq!(reason(combined(&one, &two)), ReviewReason::JurisdictionConflict);
        }
    }

    #[test]
    fn what_the_camera_writes_is_neither_s_reading() {
        let stamped = |who: &str, confidence: f32| {
            let mut reading = read(who, "ABC1234", confidence);
            let mut stamp = read(who, "KBR4651", 0.9).sightings.remove(0);
            stamp.bounds = Bounds { x: 56.0, y: 48.0, width: 140.0, height: 34.0 };
            reading.sightings.insert(0, stamp);
            reading
        };
        let (ours, theirs) = (stamped("ours", 0.7), stamped("theirs", 0.9));
        let own = CameraText { text: "KBR4651".into(), bounds: ours.sightings[0].bounds };
        let learned = Learned { texts: vec![own], ..Learned::default() };
        let booth = Booth { jurisdiction: "us-tx", learned: Some(&learned) };
        let decision = combine(&ours, &theirs, booth, &Settings::default());
        assert!(matches!(&decision, Decision::Accept { plate, .. } if plate == "ABC1234"), "{decision:?}");
    }

    #[test]
    fn an_issuer_that_one_of_them_read_is_enough_for_both() {
        let mut unnamed = read("ours", "ABC1234", 0.7);
        unnamed.sightings[0].jurisdiction = None;
        let decision = combined(&unnamed, &read("theirs", "ABC1234", 0.9));
        assert!(matches!(decision, Decision::Accept { jurisdiction, .. } if jurisdiction == "us-tx"));
        let mut both = read("theirs", "ABC1234", 0.9);
        both.sightings[0].jurisdiction = None;
        assert_eq!(reason(combined(&unnamed, &both)), ReviewReason::IssuerUnclear);
    }

    #[test]
    fn without_a_second_opinion_the_first_doubt_stands_and_says_why_it_is_alone() {
        let decision =
            without_second(&read("ours", "ABC1234", 0.7), "the budget is spent.", "us-tx", &Settings::default());
        let Decision::Review { reason, detail, suggestion } = decision else { panic!("accepted") };
        assert_eq!(reason, ReviewReason::LowConfidence);
        assert!(detail.ends_with("No second opinion: the budget is spent."), "{detail}");
        assert_eq!(suggestion.as_deref(), Some("ABC1234"));
    }

    #[test]
    fn only_doubts_about_the_text_are_worth_a_second_opinion() {
        let settled: Vec<_> = ReviewReason::ALL.iter().copied().filter(|r| can_settle(*r)).collect();
        assert_eq!(settled, [ReviewReason::LowConfidence, ReviewReason::AmbiguousCandidates]);
    }
}
