//! The picker on made-up photos: each test is one way in which text that is no plate gets in the way.

#![expect(clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use tollbooth_plate::pair::{IssuerRead, Place};
use tollbooth_plate::{Alternative, Character, Doubt, PlateSighting, Quad, TextLine, pick, with_registers};

const PHOTO: (u32, u32) = (1280, 720);

fn line(text: &str, x: f32, y: f32, width: f32, height: f32) -> TextLine {
    sure_line(text, x, y, width, height, 0.98)
}

fn sure_line(text: &str, x: f32, y: f32, width: f32, height: f32, confidence: f32) -> TextLine {
    let character = |symbol| Character { symbol, confidence, alternatives: Vec::new() };
    TextLine {
        quad: Quad::upright(x, y, width, height),
        text: text.to_owned(),
        confidence,
        characters: text.chars().map(character).collect(),
        detection: 0.8,
    }
}

fn picked(lines: &[TextLine]) -> Vec<PlateSighting> {
    pick(lines, PHOTO.0, PHOTO.1)
}

fn best_text(lines: &[TextLine]) -> String {
    picked(lines)[0].candidates[0].text.clone()
}

#[test]
fn no_text_means_no_plate() {
    assert!(picked(&[]).is_empty());
}

#[test]
fn separators_and_case_are_left_out_of_the_plate() {
    assert_eq!(best_text(&[line("abc·12-34", 500.0, 400.0, 120.0, 30.0)]), "ABC1234");
}

#[test]
fn a_time_stamp_is_never_a_plate_however_large_and_clear() {
    let stamp = line("2014-05-08 06:11:40", 0.0, 0.0, 600.0, 80.0);
    assert!(picked(std::slice::from_ref(&stamp)).is_empty());
    assert_eq!(best_text(&[stamp, sure_line("ABC1234", 500.0, 400.0, 90.0, 25.0, 0.8)]), "ABC1234");
}

#[test]
fn badges_states_and_dealer_words_lose_against_a_smaller_plate() {
    let plate = line("7ABC123", 500.0, 420.0, 90.0, 28.0);
    for word in ["SILVERADO", "Jeep", "CALIFORNIA", "MOTORS", "F-150"] {
        let lines = [line(word, 480.0, 300.0, 220.0, 60.0), plate.clone()];
        assert_eq!(best_text(&lines), "7ABC123", "{word}");
    }
}

#[test]
fn a_vanity_plate_without_digits_is_picked_when_nothing_better_is_there() {
    let sightings = picked(&[line("DROPOUT", 500.0, 420.0, 140.0, 40.0)]);
    assert_eq!(sightings[0].candidates[0].text, "DROPOUT");
    assert!(sightings[0].doubts.contains(&Doubt::UnusualText));
}

#[test]
fn two_halves_of_one_plate_are_joined_and_the_joint_is_noted() {
    let lines = [line("1234", 560.0, 401.0, 60.0, 30.0), line("ABC", 500.0, 400.0, 50.0, 30.0)];
    let sightings = picked(&lines);
    assert_eq!(sightings[0].candidates[0].text, "ABC1234");
    assert!(sightings[0].doubts.contains(&Doubt::LinesJoined));
    let bounds = sightings[0].bounds;
    assert_eq!((bounds.x, bounds.y, bounds.width, bounds.height), (500, 400, 120, 31));
}

#[test]
fn texts_far_apart_or_of_other_height_are_not_joined() {
    let far = [line("ABC", 100.0, 400.0, 50.0, 30.0), line("1234", 600.0, 400.0, 60.0, 30.0)];
    let uneven = [line("ABC", 500.0, 400.0, 50.0, 30.0), line("1234", 560.0, 400.0, 25.0, 12.0)];
    let steps = [line("ABC", 500.0, 400.0, 50.0, 30.0), line("1234", 560.0, 430.0, 60.0, 30.0)];
    for lines in [far, uneven, steps] {
        assert!(picked(&lines).iter().all(|sighting| sighting.candidates[0].text != "ABC1234"));
    }
}

#[test]
fn a_whole_plate_is_not_joined_with_a_number_beside_it() {
    let lines = [line("CDK-575", 733.0, 95.0, 100.0, 43.0), line("13", 861.0, 90.0, 44.0, 45.0)];
    assert_eq!(best_text(&lines), "CDK575");
}

#[test]
fn the_state_above_the_plate_is_read_and_one_elsewhere_is_not() {
    let plate = line("CWM3083", 500.0, 440.0, 100.0, 35.0);
    let near = [line("TEXAS", 515.0, 415.0, 70.0, 20.0), plate.clone()];
    let read = picked(&near)[0].jurisdiction.clone().unwrap();
    assert_eq!((read.code.as_str(), read.text.as_str()), ("us-tx", "TEXAS"));
    let far = [line("TEXAS", 100.0, 100.0, 70.0, 20.0), plate];
    assert_eq!(picked(&far)[0].jurisdiction, None);
}

#[test]
fn text_that_reaches_the_edge_is_doubted_as_partial() {
    for (x, y) in [(0.0, 400.0), (1190.0, 400.0), (600.0, 0.0), (600.0, 690.0)] {
        let sighting = &picked(&[line("ABC1234", x, y, 90.0, 30.0)])[0];
        assert!(sighting.touches_border && sighting.doubts.contains(&Doubt::TouchesBorder), "at {x},{y}");
    }
    assert!(!picked(&[line("ABC1234", 600.0, 400.0, 90.0, 30.0)])[0].touches_border);
}

#[test]
fn a_second_plate_of_similar_size_makes_the_first_one_doubtful() {
    let lines = [line("ABC1234", 200.0, 400.0, 100.0, 32.0), line("XYZ9876", 900.0, 400.0, 95.0, 30.0)];
    let sightings = picked(&lines);
    assert_eq!(sightings.len(), 2);
    assert!(sightings[0].doubts.contains(&Doubt::RivalPlate));
    assert!(sightings[0].plausibility > sightings[1].plausibility);
}

#[test]
fn a_much_smaller_plate_in_the_background_is_no_rival() {
    let lines = [line("ABC1234", 200.0, 400.0, 200.0, 64.0), line("XYZ9876", 900.0, 300.0, 60.0, 18.0)];
    assert!(picked(&lines)[0].doubts.is_empty());
}

#[test]
fn alternatives_become_candidates_with_less_confidence() {
    let mut plate = line("ABC1234", 500.0, 400.0, 100.0, 30.0);
    plate.characters[1].confidence = 0.6;
    plate.characters[1].alternatives =
        vec![Alternative { symbol: '8', confidence: 0.3 }, Alternative { symbol: '-', confidence: 0.1 }];
    let sighting = &picked(&[plate])[0];
    let texts: Vec<&str> = sighting.candidates.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["ABC1234", "A8C1234"]);
    assert!(sighting.candidates[1].confidence < sighting.candidates[0].confidence);
    assert_eq!(sighting.candidates[1].characters[1], 0.3);
}

#[test]
fn lines_without_single_characters_are_picked_all_the_same() {
    let mut plate = line("ABC1234", 500.0, 400.0, 100.0, 30.0);
    plate.characters.clear();
    let candidate = &picked(&[plate])[0].candidates[0];
    assert_eq!(candidate.text, "ABC1234");
    assert!(candidate.characters.is_empty() && candidate.confidence > 0.0);
}

#[test]
fn sightings_survive_a_round_trip_through_json() {
    let sightings = picked(&[line("ABC1234", 0.0, 400.0, 100.0, 30.0)]);
    let json = serde_json::to_string(&sightings).unwrap();
    assert!(json.contains("\"touches-border\""));
    assert_eq!(serde_json::from_str::<Vec<PlateSighting>>(&json).unwrap(), sightings);
}

#[test]
fn a_temporary_plate_is_one_however_its_state_s_name_was_found() {
    let lines = [line("ABC1234", 500.0, 400.0, 140.0, 40.0), line("TEMPORARY", 520.0, 372.0, 100.0, 18.0)];
    let plate = picked(&lines).remove(0);
    assert!(plate.issuers.is_empty(), "no state is named in a line: {:?}", plate.issuers);
    let found =
        |code: &str| IssuerRead { code: code.to_owned(), weight: 8.0, place: Place::Plate, text: "TEXAS".into() };
    let codes = |read| {
        let reads = with_registers(vec![read], &plate.quad, &lines);
        reads.into_iter().map(|read| read.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(found("us-tx")), ["us-tx-temporary", "us-tx"]);
    assert_eq!(codes(found("us-cherokee-nation")), ["us-cherokee-nation"], "has no such register");
}

fn codes(plate: &PlateSighting) -> Vec<&str> {
    plate.issuers.iter().map(|read| read.code.as_str()).collect()
}

#[test]
fn a_county_s_name_below_the_serial_is_no_state_s_and_the_same_name_above_it_is() {
    let plate = line("ABC1234", 500.0, 400.0, 140.0, 40.0);
    let (above, below) = ((520.0, 372.0, 100.0, 18.0), (520.0, 446.0, 100.0, 18.0));
    let at = |text, (x, y, width, height)| line(text, x, y, width, height);
    let county = picked(&[plate.clone(), at("WASHINGTON", below)]).remove(0);
    assert!(county.issuers.is_empty() && county.jurisdiction.is_none(), "{:?}", county.issuers);
    let georgia = picked(&[plate.clone(), at("GEORGIA", above), at("WASHINGTON", below)]).remove(0);
    assert_eq!(codes(&georgia), ["us-ga"]);
    let washington = picked(&[plate, at("WASHINGTON", above), at("EVERGREEN STATE", below)]).remove(0);
    assert_eq!(codes(&washington), ["us-wa"]);
    // Delaware writes its name there, and no state with such a county has its serials.
    let delaware = picked(&[line("123456", 500.0, 400.0, 140.0, 40.0), at("DELAWARE", below)]).remove(0);
    assert_eq!(codes(&delaware), ["us-de"]);
}

#[test]
fn a_word_for_a_register_apart_is_a_doubt_on_the_plate_and_none_elsewhere() {
    let plate = line("ABC1234", 500.0, 400.0, 140.0, 40.0);
    for word in ["TRAILER", "Texas Buyer Tag", "DEALER", "APPORTIONED 26"] {
        let doubts = |y| picked(&[plate.clone(), line(word, 520.0, y, 100.0, 18.0)]).remove(0).doubts;
        assert!(doubts(446.0).contains(&Doubt::OtherRegister), "{word}");
        assert!(!doubts(200.0).contains(&Doubt::OtherRegister), "{word}");
    }
}

#[test]
fn a_slogan_of_plates_with_barred_zeros_is_seen_beside_the_state_s_clearer_name() {
    let plate = line("MXK8123", 500.0, 400.0, 140.0, 40.0);
    let name = line("PENNSYLVANIA", 520.0, 372.0, 100.0, 18.0);
    let with =
        |slogan| picked(&[plate.clone(), name.clone(), line(slogan, 510.0, 446.0, 120.0, 18.0)]).remove(0).doubts;
    assert!(with("Let Freedom Ring").contains(&Doubt::BarredZeros));
    assert!(!with("visitPA.com").contains(&Doubt::BarredZeros));
}

#[test]
fn a_hardly_legible_plate_in_front_keeps_the_clean_one_behind_from_being_sure() {
    let behind = line("ABC1234", 600.0, 300.0, 110.0, 32.0);
    let dirty = |y| sure_line("XYZ9876", 300.0, y, 120.0, 34.0, 0.65);
    let found = picked(&[behind.clone(), dirty(420.0)]);
    assert_eq!(found[0].candidates[0].text, "ABC1234");
    assert!(found[0].doubts.contains(&Doubt::NearerText));
    for elsewhere in [dirty(200.0), dirty(690.0)] {
        assert!(!picked(&[behind.clone(), elsewhere])[0].doubts.contains(&Doubt::NearerText));
    }
}
