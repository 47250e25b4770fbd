//! Whose plate it is, and whether it is one: what the recogniser hands to the judge on likenesses of what was billed wrongly.
//!
//! Needs the models (`scripts/models`).

#![expect(clippy::unwrap_used, reason = "test code: a failure here is a failed test")]

mod likeness;

use likeness::Likeness;
use std::path::Path;
use std::sync::LazyLock;
use tollbooth_photo::turned::{By, turned};
use tollbooth_plate::DEFAULT_ACCEPT_CONFIDENCE;
use tollbooth_recognition::{Doubt, Models, Place, PlateSighting, Recognizer};

static RECOGNIZER: LazyLock<Recognizer> = LazyLock::new(|| {
    Recognizer::new(Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")).unwrap()).unwrap()
});

fn plate(photo: Likeness) -> PlateSighting {
    RECOGNIZER.read(&photo.jpeg()).unwrap().plates.into_iter().next().unwrap()
}

/// What stands on the plate names, with what it is worth.
fn named(plate: &PlateSighting) -> Option<(&str, f32)> {
    plate.issuers.iter().find(|read| read.place == Place::Plate).map(|read| (read.code.as_str(), read.weight))
}

const YELLOW: [u8; 3] = [250, 240, 90];
const WHITE: [u8; 3] = [250, 250, 250];

#[test]
fn a_name_or_a_slogan_beside_the_text_names_the_issuer() {
    for (text, above, below, code) in [
        ("DHN-8018", "TEXAS", "THE LONE STAR STATE", "us-tx"),
        ("PRX·417", "OKLAHOMA", "IMAGINE THAT", "us-ok"),
        ("MRT·628", "", "LAND OF ENCHANTMENT", "us-nm"),
        ("BXK·482", "COLORADO", "", "us-co"),
        ("CN 47281", "CHEROKEE NATION", "", "us-cherokee-nation"),
        ("CK 31952", "CHICKASAW NATION", "", "us-chickasaw-nation"),
        ("G13 4827K", "US GOVERNMENT", "FOR OFFICIAL USE ONLY", "us-gov"),
    ] {
        let plate = plate(Likeness::vehicle().with_plate(text, above, below));
        let found = named(&plate);
        assert!(
            found.is_some_and(|(named, weight)| named == code && weight > 5.0),
            "{text} {above}: {found:?} {:?}",
            plate.marks
        );
    }
}

#[test]
fn what_stands_beside_a_text_and_names_nobody_names_nobody() {
    for (above, below) in [("", ""), ("HUB CITY FORD", "GALLUP"), ("MY OTHER CAR", "IS A TRUCK")] {
        let plate = plate(Likeness::vehicle().with_plate("DHN-8018", above, below));
        assert!(named(&plate).is_none_or(|(_, weight)| weight < 1.5), "{above}: {:?}", plate.issuers);
    }
}

#[test]
fn a_county_s_name_below_a_serial_of_several_states_names_no_state() {
    let plate = plate(Likeness::vehicle().with_plate("BKD·4101", "", "WASHINGTON"));
    assert!(named(&plate).is_none_or(|(_, weight)| weight < 1.5), "{:?} {:?}", plate.issuers, plate.marks);
}

#[test]
fn a_cameras_stamp_never_wins_over_a_plate() {
    for (stamp, x, y, size) in
        [("CAM 123", 160.0, 20.0, 90.0), ("IPC 4711", 1080.0, 630.0, 80.0), ("KBR 4651", 200.0, 8.0, 70.0)]
    {
        let photo = Likeness::vehicle().with_plate("DHN-8018", "TEXAS", "").with_text(stamp, x, y, size, WHITE);
        assert_eq!(plate(photo).candidates[0].text, "DHN8018", "{stamp}");
    }
}

#[test]
fn a_fleets_number_larger_than_the_plate_is_not_the_plate_that_names_its_state() {
    for (number, x, y) in [("XH-0148", 960.0, 180.0), ("CK-3832", 300.0, 200.0), ("V9449", 960.0, 180.0)] {
        let photo = Likeness::vehicle().with_plate("DHN-8018", "TEXAS", "").with_text(number, x, y, 110.0, WHITE);
        let plates = RECOGNIZER.read(&photo.jpeg()).unwrap().plates;
        let texts: Vec<&str> = plates.iter().map(|plate| plate.candidates[0].text.as_str()).collect();
        assert_eq!(texts.first(), Some(&"DHN8018"), "{number}: {texts:?}");
        assert!(plates.iter().skip(1).any(|other| other.doubts.contains(&Doubt::Nameless)), "{number}: {plates:?}");
    }
}

#[test]
fn a_word_under_a_states_name_is_as_good_as_a_serial() {
    let trusted = |above| plate(Likeness::vehicle().with_plate("FASTGAL", above, "")).candidates[0].confidence;
    assert!(trusted("TEXAS") > 0.95 && trusted("") < 0.95, "{} {}", trusted("TEXAS"), trusted(""));
}

#[test]
fn a_stamp_or_a_unit_number_alone_is_doubted() {
    for (text, x, y) in
        [("CAM 123", 160.0, 20.0), ("21MAR26", 1100.0, 650.0), ("KBR 4651", 200.0, 8.0), ("UNIT 4512", 640.0, 300.0)]
    {
        let reading = RECOGNIZER.read(&Likeness::vehicle().with_text(text, x, y, 48.0, YELLOW).jpeg()).unwrap();
        let doubts: Vec<Doubt> = reading.plates.first().map(|plate| plate.doubts.clone()).unwrap_or_default();
        let withholds = [Doubt::NoPlate, Doubt::InMargin, Doubt::TouchesBorder];
        assert!(
            reading.plates.is_empty() || doubts.iter().any(|doubt| withholds.contains(doubt)),
            "{text}: {doubts:?}"
        );
    }
}

#[test]
fn a_text_that_reads_as_well_in_a_mirror_or_upside_down_is_never_sure() {
    for text in ["HAT·8808", "MAY·8008", "VAX·1801"] {
        let mirrored = plate(Likeness::vehicle().with_plate(text, "TEXAS", "THE LONE STAR STATE").mirrored());
        assert!(
            mirrored.doubts.contains(&Doubt::Mirrored),
            "{text}: {:?} {:?}",
            mirrored.candidates[0],
            mirrored.doubts
        );
    }
    for text in ["NHX·8696", "HXN·6889"] {
        let turned = plate(Likeness::vehicle().with_plate(text, "TEXAS", "THE LONE STAR STATE").upside_down());
        let is_unsure = turned.candidates[0].confidence < DEFAULT_ACCEPT_CONFIDENCE;
        assert!(
            is_unsure || turned.doubts.contains(&Doubt::UpsideDown),
            "{text}: {:?} {:?}",
            turned.candidates[0],
            turned.doubts
        );
    }
}

#[test]
fn a_photo_of_a_turned_camera_is_read_right_once_it_is_turned_back() {
    let drawn = || Likeness::vehicle().with_plate("DHN·8018", "TEXAS", "THE LONE STAR STATE");
    for (photo, by) in [(drawn().mirrored(), By::Mirror), (drawn().upside_down(), By::HalfTurn)] {
        let back = turned(&photo.jpeg(), by, 1280 * 720).unwrap();
        let plate = RECOGNIZER.read(&back.bytes).unwrap().plates.into_iter().next().unwrap();
        assert_eq!(plate.candidates[0].text, "DHN8018", "{by:?}");
        assert!(!plate.doubts.iter().any(|doubt| matches!(doubt, Doubt::Mirrored | Doubt::UpsideDown)), "{by:?}");
        assert_eq!(named(&plate).map(|(code, _)| code), Some("us-tx"), "{by:?}");
    }
}

#[test]
fn the_same_texts_the_right_way_round_are_not_doubted_where_a_name_shows_it() {
    for text in ["HAT·8808", "MAY·8008", "NHX·8696", "DHN·8018"] {
        let upright = plate(Likeness::vehicle().with_plate(text, "TEXAS", "THE LONE STAR STATE"));
        assert!(
            !upright.doubts.iter().any(|d| matches!(d, Doubt::Mirrored | Doubt::UpsideDown)),
            "{text}: {:?}",
            upright.doubts
        );
    }
}
