//! Half a picture is never trusted: what was read from it helps a person and bills nobody.

use crate::ident::check_plate;
use crate::judge::Decision;
use crate::reading::Reading;
use crate::reason::ReviewReason;

/// The only decision about a reading of a photo that is not whole; `damage` says what is missing.
#[must_use]
pub fn withhold(reading: &Reading, damage: &str) -> Decision {
    let likeliest = reading.sightings.first().and_then(|sighting| sighting.candidates.first());
    let suggestion = likeliest.map(|candidate| candidate.text.clone()).filter(|text| check_plate(text).is_ok());
    let found = match &suggestion {
        Some(_) => "The suggestion was read from what is there.",
        None => "Nothing was read from what is there.",
    };
    Decision::Review {
        reason: ReviewReason::ImageDamaged,
        detail: format!("The photo is damaged: {damage}. {found}"),
        suggestion,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Bounds, Candidate, Sighting};

    fn reading(texts: &[&str]) -> Reading {
        let sightings = texts.iter().map(|text| Sighting {
            bounds: Bounds { x: 0.0, y: 0.0, width: 9.0, height: 9.0 },
            candidates: vec![Candidate { text: (*text).to_owned(), confidence: 1.0, characters: vec![] }],
            jurisdiction: None,
            issuers: vec![],
            touches_border: false,
            plausibility: 1.0,
            doubts: vec![],
        });
        Reading {
            recognizer: String::new(),
            model: String::new(),
            sightings: sightings.collect(),
            vehicle: None,
            duration_ms: 0,
            cost_micros: 0,
            raw: String::new(),
        }
    }

    #[test]
    fn the_surest_reading_of_half_a_photo_is_a_suggestion_and_no_more() {
        let decision = withhold(&reading(&["ABC1234"]), "the file ends before the image does");
        let Decision::Review { reason, detail, suggestion } = decision else { panic!("{decision:?}") };
        assert_eq!((reason, suggestion.as_deref()), (ReviewReason::ImageDamaged, Some("ABC1234")));
        assert!(detail.contains("ends before"), "{detail}");
    }

    #[test]
    fn no_plate_in_half_a_photo_is_damage_and_not_an_empty_road() {
        for texts in [&[][..], &["not a plate"]] {
            let decision = withhold(&reading(texts), "cut");
            let expected = ReviewReason::ImageDamaged;
            assert!(matches!(decision, Decision::Review { reason, suggestion: None, .. } if reason == expected));
        }
    }
}
