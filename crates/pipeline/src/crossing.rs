//! When two photos show one crossing: the rules by which plates read moments apart in one lane belong together.
//!
//! Two cameras see one vehicle, and one of them may read a 1 for a 7. Compared letter by letter, that makes two vehicles
//! and two bills, one of them to a stranger. So nearly the same text in one lane within moments is one crossing, and a
//! person decides what it says; plates that differ are a vehicle and what it tows, when front and rear camera took them.

use crate::keying::Rules;
use crate::reason::named;

/// Characters that look alike to a camera at night, each group in both directions: a zero with a bar across it (Pennsylvania's
/// plates of 2025) like an 8, an F whose bowl is dirt like a P, an H with a reflection across it like a U.
///
/// Wider than what casts doubt on a single reading (`tollbooth-plate`): here two readings were each sure of themselves, of
/// what moments apart in one lane can hardly be two vehicles. Two plates of a fleet that follow each other (…51, …52)
/// stay two.
const LOOK_ALIKES: [&str; 21] = [
    "0ODQCGU", "0O8", "1ILTJ7", "2Z7", "38B", "3S5", "35", "4A", "5S6", "68G", "89", "8BRS", "BDEPR", "CGO", "EF",
    "FP", "HMNW", "HU", "KXR", "MNWV", "UVY",
];

/// Characters that many issuers do not tell apart, or that are the same on the plate: O and 0, I and 1.
fn key_character(c: char) -> char {
    match c {
        'O' => '0',
        'I' => '1',
        other => other,
    }
}

/// A text with the characters that many issuers do not tell apart as one: the same for every spelling of one plate.
#[must_use]
pub fn plate_key(text: &str) -> String {
    text.chars().map(key_character).collect()
}

/// Keys of one plate that are looked for at most: a register that treats many characters as one has more spellings than that.
const MOST_KEYS: usize = 16;

/// The keys of every spelling that the issuer's register looks up as this plate, its own first. More than one only where the
/// register treats other characters as one than O and 0, I and 1.
#[must_use]
pub fn plate_keys(plate: &str, issuer: &str, rules: &Rules) -> Vec<String> {
    let own = plate_key(plate);
    let rule = rules.of(issuer);
    let pairs = rule.as_ref().map_or(&[][..], |rule| rule.keyed_as);
    let mut keys = vec![String::new()];
    for c in rules.lookup_key(issuer, plate).chars() {
        let mut here = vec![key_character(c)];
        for (printed, _) in pairs.iter().filter(|(_, keyed)| *keyed == c) {
            let printed = key_character(*printed);
            if !here.contains(&printed) {
                here.push(printed);
            }
        }
        keys = keys.iter().flat_map(|key| here.iter().map(move |c| format!("{key}{c}"))).collect();
        keys.truncate(MOST_KEYS);
    }
    keys.retain(|key| *key != own);
    keys.insert(0, own);
    keys
}

/// Shortest text that may be nearly another: of shorter ones too many differ by one character.
const SHORTEST: usize = 4;

/// True when the texts are one plate to whoever looks it up.
#[must_use]
pub fn is_same_plate(one: &str, other: &str) -> bool {
    one.chars().map(key_character).eq(other.chars().map(key_character))
}

/// True when one vehicle's plate may have been read as both texts: the same plate, or one character apart that looks like
/// the other, was inserted, or was dropped. Both are as billing looks them up: capital letters and digits.
#[must_use]
pub fn is_nearly_same(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) =
        (one.chars().map(key_character).collect(), other.chars().map(key_character).collect());
    if one == other {
        return true;
    }
    if one.len().min(other.len()) < SHORTEST {
        return false;
    }
    let same_start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let rest = |text: &[char], skipped: usize| text.get(same_start + skipped..).map(<[char]>::to_vec);
    match one.len().abs_diff(other.len()) {
        0 => {
            let alike = one.get(same_start).zip(other.get(same_start)).is_some_and(|(a, b)| look_alike(*a, *b));
            alike && rest(&one, 1) == rest(&other, 1)
        }
        1 if one.len() > other.len() => rest(&one, 1) == rest(&other, 0),
        1 => rest(&one, 0) == rest(&other, 1),
        _ => false,
    }
}

/// The characters as which a camera may have seen this one; not those that no issuer tells apart from it.
pub(crate) fn look_alikes_of(own: char) -> Vec<char> {
    let mut found: Vec<char> = Vec::new();
    for other in LOOK_ALIKES.iter().filter(|group| group.contains(own)).flat_map(|group| group.chars()) {
        if key_character(other) != key_character(own) && !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

/// True for two characters of which a camera may have seen one as the other.
fn look_alike(one: char, other: char) -> bool {
    LOOK_ALIKES.iter().any(|group| {
        // Folded texts hold no O and no I; the groups name both.
        let holds =
            |c: char| group.contains(c) || (c == '0' && group.contains('O')) || (c == '1' && group.contains('I'));
        holds(one) && holds(other)
    })
}

/// A text as it is looked up among texts of the same picture, which another encoding may have changed a little: all
/// characters that are commonly confused are one.
#[must_use]
pub fn picture_key(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'O' | 'D' | 'Q' => '0',
            'I' | 'L' => '1',
            'Z' => '2',
            'S' => '5',
            'G' => '6',
            'B' => '8',
            'V' => 'U',
            other => other,
        })
        .collect()
}

named! {
    /// How two passages of one lane belong together.
    Relation, "relation of two passages" {
        /// The same plate.
        SamePlate = "same-plate",
        /// Nearly the same text: one of them is misread.
        NearlySame = "nearly-same-plate",
        /// Different plates, of a vehicle and of what it tows.
        Towing = "other-plate",
        /// The very same picture: a camera has sent it again.
        SamePicture = "same-picture",
        /// Another plate that passes here, one easily confused character apart, at any time.
        LookAlike = "look-alike",
    }
}

/// Two passages of one booth, as far as their relation depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Apart {
    /// Between the capture times, in milliseconds.
    pub ms: i64,
    /// Whether both were taken in one lane.
    pub same_lane: bool,
    /// Whether both were taken by one camera.
    pub same_camera: bool,
}

/// How long after each other photos may belong together, in milliseconds; 0 for a window that is closed.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    /// The same or nearly the same text: `judge.recross_seconds`.
    pub recross_ms: i64,
    /// Different plates of two cameras: `judge.towing_seconds`.
    pub towing_ms: i64,
    /// Different plates of one camera: `judge.towing_one_camera_seconds`.
    pub towing_one_camera_ms: i64,
}

/// Another passage of the booth near the one that is looked at.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// Its plate, decided or suggested.
    pub plate: String,
    /// Where it lies from the one that is looked at; `ms` is positive when it was taken later.
    pub apart: Apart,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is, or will be, billed.
    Accepted,
    /// It waits for a person because it may belong to another passage.
    HeldBack,
    /// It waits for a person for another reason; its plate is a suggestion.
    Suggested,
}

/// How a passage with the text `mine` belongs together with another of the same booth; none when they do not.
#[must_use]
pub fn relation(mine: &str, other: &str, apart: Apart, windows: Windows) -> Option<Relation> {
    let gap = apart.ms.abs();
    if gap <= windows.recross_ms {
        // A vehicle that changes lanes between two cameras keeps its plate; two texts that are only alike may well be two
        // vehicles then.
        if is_same_plate(mine, other) {
            return Some(Relation::SamePlate);
        }
        if apart.same_lane && is_nearly_same(mine, other) {
            return Some(Relation::NearlySame);
        }
    }
    let towing = if apart.same_camera { windows.towing_one_camera_ms } else { windows.towing_ms };
    (apart.same_lane && towing > 0 && gap <= towing).then_some(Relation::Towing)
}

/// Those of the neighbours with which a passage of the text `mine` must not be billed without a person, with how they
/// belong to it, by their place in the list.
///
/// A vehicle whose plate both cameras saw tows nothing that hides it: its photos keep no other plate from being billed. So
/// in a lane where cars follow each other closely and front and rear camera see each of them, nobody is stopped.
#[must_use]
pub fn obstacles(mine: &str, neighbours: &[Neighbour], windows: Windows) -> Vec<(usize, Relation)> {
    let seen_by_both = |other: &Neighbour| {
        neighbours.iter().any(|partner| {
            partner.apart.same_lane
                && partner.apart.same_camera != other.apart.same_camera
                && (partner.apart.ms - other.apart.ms).abs() <= windows.recross_ms
                && is_nearly_same(&partner.plate, &other.plate)
        })
    };
    neighbours
        .iter()
        .enumerate()
        .filter_map(|(at, other)| Some((at, other, relation(mine, &other.plate, other.apart, windows)?)))
        .filter(|(_, other, relation)| match relation {
            Relation::SamePlate | Relation::NearlySame => other.standing != Standing::Suggested,
            Relation::Towing => other.standing == Standing::Accepted && !seen_by_both(other),
            Relation::SamePicture | Relation::LookAlike => true,
        })
        .map(|(at, _, relation)| (at, relation))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_has_a_key_for_every_spelling_that_its_register_looks_up_alike() {
        let rules = Rules::parse("us-ca key=O0,B8").unwrap();
        assert_eq!(plate_keys("7ABO128", "us-ca", &rules), ["7AB0128", "7A80128", "7A8012B", "7AB012B"]);
        assert_eq!(plate_keys("7ABO128", "us-tx", &rules), ["7AB0128"]);
        assert_eq!(plate_keys("BIO1234", "us-wa", &Rules::default()), ["B101234"], "one key as it is");
        assert_eq!(plate_keys("BBBBBBB", "us-ca", &rules).len(), MOST_KEYS + 1);
    }

    #[test]
    fn the_same_plate_is_told_by_its_key() {
        assert!(is_same_plate("ABO1234", "AB01234") && is_same_plate("AB1", "ABI"));
        assert!(!is_same_plate("ABO1234", "ABD1234") && !is_same_plate("AB1", "AB12"));
    }

    #[test]
    fn one_look_alike_one_more_or_one_less_is_nearly_the_same_in_both_directions() {
        for (one, other) in [
            ("KBR4651", "KBR4657"),
            ("KBR4651", "KBR465I"),
            ("ABC1238", "A8C1238"),
            ("ABC1238", "ABC123B"),
            ("ABC1238", "ABC1239"),
            ("ABC1238", "ABC1233"),
            ("ABO1234", "ABD1234"),
            ("AB01234", "ABD1234"),
            ("HNK1234", "NNK1234"),
            ("MTR1208", "MTR1288"),
            ("MTO1208", "MT81208"),
            ("CK0A1F", "CK0A1P"),
            ("DH5X9P", "DU5X9P"),
            ("ABC1234", "ABC123"),
            ("ABC1234", "BC1234"),
            ("ABC1234", "ABC11234"),
            ("ABC1234", "TABC1234"),
            ("ABC1234", "AC1234"),
            ("VAN5", "UAN5"),
        ] {
            assert!(is_nearly_same(one, other) && is_nearly_same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn vehicles_of_a_fleet_and_strangers_are_not_nearly_the_same() {
        for (one, other) in [
            ("FLT1001", "FLT1002"),
            ("KBR4651", "KBR4654"),
            ("KBR4651", "KBX4657"),
            ("KBR4651", "KBR4615"),
            ("KBR4651", "XYZ9876"),
            ("ABC1234", "ABC12"),
            ("AB1", "AB7"),
            ("A1", "A12"),
            ("", "A"),
        ] {
            assert!(!is_nearly_same(one, other) && !is_nearly_same(other, one), "{one} {other}");
        }
    }

    /// Of a fleet's plates in a row few pairs look alike: fleets that drive in convoy are rarely stopped.
    #[test]
    fn of_neighbouring_numbers_few_are_taken_for_one() {
        let plates: Vec<_> = (0..10_000).map(|n| format!("FLT{n:04}")).collect();
        let near = plates.windows(2).filter(|pair| is_nearly_same(&pair[0], &pair[1])).count();
        assert!(near < 2_100, "{near}");
    }

    const WINDOWS: Windows = Windows { recross_ms: 60_000, towing_ms: 3_000, towing_one_camera_ms: 0 };
    const FRONT_AND_REAR: Apart = Apart { ms: 1_500, same_lane: true, same_camera: false };

    #[test]
    fn across_lanes_only_the_very_same_plate_is_one_crossing() {
        let elsewhere = Apart { same_lane: false, ..FRONT_AND_REAR };
        assert_eq!(relation("KBR4651", "KBR4651", elsewhere, WINDOWS), Some(Relation::SamePlate));
        assert_eq!(relation("KBR4651", "KBR4657", elsewhere, WINDOWS), None);
        assert_eq!(relation("KBR4651", "XYZ9876", elsewhere, WINDOWS), None);
        assert_eq!(relation("KBR4651", "KBR4657", FRONT_AND_REAR, WINDOWS), Some(Relation::NearlySame));
    }

    #[test]
    fn different_plates_belong_together_when_two_cameras_of_one_lane_took_them_moments_apart() {
        let related = |apart| relation("KBR4651", "XYZ9876", apart, WINDOWS);
        assert_eq!(related(FRONT_AND_REAR), Some(Relation::Towing));
        assert_eq!(related(Apart { ms: -3_000, ..FRONT_AND_REAR }), Some(Relation::Towing));
        assert_eq!(related(Apart { ms: 3_001, ..FRONT_AND_REAR }), None);
        assert_eq!(related(Apart { same_camera: true, ..FRONT_AND_REAR }), None, "two cars that follow each other");
        let frames = Windows { towing_one_camera_ms: 2_000, ..WINDOWS };
        let apart = Apart { same_camera: true, ..FRONT_AND_REAR };
        assert_eq!(relation("KBR4651", "XYZ9876", apart, frames), Some(Relation::Towing));
    }

    fn neighbour(plate: &str, ms: i64, same_camera: bool, standing: Standing) -> Neighbour {
        Neighbour { plate: plate.to_owned(), apart: Apart { ms, same_lane: true, same_camera }, standing }
    }

    #[test]
    fn a_trailer_waits_for_a_person_and_the_car_behind_does_not() {
        let tractor = neighbour("TRK4527", -1_500, false, Standing::Accepted);
        assert_eq!(obstacles("TLR9910", std::slice::from_ref(&tractor), WINDOWS), [(0, Relation::Towing)]);
        // A car seen by both cameras, its rear photo moments before the front photo of the next: two vehicles, whichever of
        // its photos was accepted.
        for (front, rear) in [(Standing::Accepted, Standing::HeldBack), (Standing::HeldBack, Standing::Accepted)] {
            let car = [neighbour("KBR4651", -2_000, true, front), neighbour("KBR4651", -1_000, false, rear)];
            assert_eq!(obstacles("XYZ9876", &car, WINDOWS), []);
        }
        let waiting = neighbour("TRK4527", -1_500, false, Standing::Suggested);
        assert_eq!(obstacles("TLR9910", &[waiting], WINDOWS), [], "only one of the two is billed so far");
    }

    #[test]
    fn a_third_photo_of_a_crossing_is_held_against_one_that_waits_as_a_double() {
        let double = neighbour("KBR4651", -50_000, true, Standing::HeldBack);
        assert_eq!(obstacles("KBR4657", &[double], WINDOWS), [(0, Relation::NearlySame)]);
        let doubtful = neighbour("KBR4651", -50_000, true, Standing::Suggested);
        assert_eq!(obstacles("KBR4651", &[doubtful], WINDOWS), []);
    }
}
