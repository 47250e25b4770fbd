//! Text in a photo that is not a plate: camera time stamps, road signs, names of states, dealers' frames, badges.
//!
//! The lists hold words seen on vehicles and frames in North America. A vanity plate may well say one of
//! them, so a word that is noise is demoted by the picker, not forbidden; a time stamp or a road sign is never a plate.

use crate::badges::is_badge;
use crate::jurisdiction;
use crate::labels::is_label;
use crate::text::normalise;

pub use crate::labels::has_label;

/// What a text is, when it is not a plate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// A date, a time of day or a telephone number.
    Stamp,
    /// The name or slogan of a state or province, alone.
    Jurisdiction,
    /// A road sign's word with its number: an exit, a speed, a lane.
    Sign,
    /// A short word that cameras and fleets write before a number (`CAM 123`, `UNIT 4711`), a date with its month in
    /// letters, or a position. Serials look like some of them, so it is doubted and never forbidden.
    Label,
    /// A word from a dealer's frame or a plate's border.
    Frame,
    /// A make, model or trim badge.
    Badge,
}

/// Words of dealers' frames, plate borders, stickers, signs at gates and over toll lanes, and camera overlays.
const FRAME_WORDS: [&str; 95] = [
    "ALUMNI",
    "ARMY",
    "AUTO",
    "AUTOMOTIVE",
    "AUTOS",
    "CAMERA",
    "CASH",
    "CASHONLY",
    "CENTER",
    "CHANGE",
    "CLASSIC",
    "CLEARANCE",
    "COINS",
    "COMMERCIAL",
    "COUNTY",
    "CUSTOMER",
    "CUSTOMERS",
    "DEALER",
    "DIESEL",
    "DISABLED",
    "DRIVE",
    "EMERGENCY",
    "ENTRANCE",
    "EXACT",
    "EXEMPT",
    "EXIT",
    "EXPRESS",
    "EZPASS",
    "FASTRAK",
    "FIREFIGHTER",
    "FLEET",
    "GATE",
    "GROUP",
    "HANDICAP",
    "INSURED",
    "IPASS",
    "KTAG",
    "LANE",
    "LEASING",
    "MARINE",
    "MOTOR",
    "MOTORCYCLE",
    "MOTORS",
    "MUNICIPAL",
    "NAVY",
    "NOCASH",
    "NOTICE",
    "OFFICIAL",
    "ONLY",
    "PARKING",
    "PASSENGER",
    "PAYHERE",
    "PAYTOLL",
    "PERMIT",
    "PIKEPASS",
    "PLATE",
    "POLICE",
    "PREOWNED",
    "PRIVATE",
    "PROPERTY",
    "RENTAL",
    "RESERVED",
    "RESIDENT",
    "RESIDENTS",
    "SALES",
    "SERVICE",
    "SHERIFF",
    "SPEED",
    "STATE",
    "STOP",
    "STUDENT",
    "SUNPASS",
    "TAGONLY",
    "TAXI",
    "TEMPORARY",
    "TENANT",
    "TENANTS",
    "TOLL",
    "TOLLTAG",
    "TRACTOR",
    "TRAILER",
    "TRANSIT",
    "TRANSPORT",
    "TRUCK",
    "TRUCKS",
    "TXTAG",
    "UNIVERSITY",
    "USED",
    "VETERAN",
    "VISIT",
    "VISITOR",
    "VISITORS",
    "WARNING",
    "WELCOME",
    "YIELD",
];

/// Words that road signs write before a number. With three letters they would begin too many serials.
const SIGN_WORDS: [&str; 12] = [
    "EXIT",
    "GATE",
    "INTERSTATE",
    "LANE",
    "LIMIT",
    "MILE",
    "ROUTE",
    "SPEED",
    "SPEEDLIMIT",
    "TOLL",
    "WEIGHTLIMIT",
    "ZONE",
];
/// Units that road signs write after a number of at most two digits: `15 MPH` is a sign, `115 MPH` a serial.
const SIGN_UNITS: [&str; 6] = ["FEET", "KMH", "MILE", "MILES", "MPH", "TONS"];
const SIGN_NUMBER: usize = 2;

/// What the text is when it is not a plate; `None` where it may be one.
pub fn kind(text: &str) -> Option<Noise> {
    if is_stamp(text) {
        return Some(Noise::Stamp);
    }
    let word = normalise(text);
    if is_sign(&word) {
        Some(Noise::Sign)
    } else if jurisdiction::is_only_a_mark(&word) {
        Some(Noise::Jurisdiction)
    } else if FRAME_WORDS.contains(&word.as_str()) {
        Some(Noise::Frame)
    } else if is_badge(&word) {
        Some(Noise::Badge)
    } else if is_label(&word) {
        Some(Noise::Label)
    } else {
        None
    }
}

/// True for what a road sign says: a word and its number, or a number and its unit (normalised).
fn is_sign(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    SIGN_WORDS.iter().any(|sign| word.strip_prefix(sign).is_some_and(is_number))
        || SIGN_UNITS
            .iter()
            .any(|unit| word.strip_suffix(unit).is_some_and(|number| number.len() <= SIGN_NUMBER && is_number(number)))
}

/// True for a date, a time of day or a telephone number anywhere in the text.
///
/// A plate's own dash stands between letters and digits, or between groups that are none of these shapes.
pub fn is_stamp(text: &str) -> bool {
    let shape: Vec<Token> = tokens(text);
    let holds = |wanted: &[Token]| shape.windows(wanted.len()).any(|window| window == wanted);
    use Token::{Colon, Dash, Digits, Slash};
    holds(&[Digits(2), Colon, Digits(2)])
        || holds(&[Digits(1), Colon, Digits(2)])
        || holds(&[Digits(4), Dash, Digits(2), Dash])
        || holds(&[Digits(2), Dash, Digits(2), Dash])
        || holds(&[Slash, Digits(2), Slash])
        || holds(&[Digits(2), Slash, Digits(4)])
        || holds(&[Digits(3), Dash, Digits(3), Dash, Digits(4)])
        || ends_with_telephone(&shape)
        || starts_with_year_and_month(text)
}

fn ends_with_telephone(shape: &[Token]) -> bool {
    shape.ends_with(&[Token::Digits(3), Token::Dash, Token::Digits(4)])
}

/// `20130524`: eight or more digits that begin like a date of this or the last century.
fn starts_with_year_and_month(text: &str) -> bool {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let month = digits.get(4..6).and_then(|month| month.parse::<u8>().ok());
    digits.len() >= 8
        && (digits.starts_with("19") || digits.starts_with("20"))
        && month.is_some_and(|m| (1..=12).contains(&m))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Digits(usize),
    Colon,
    Dash,
    Slash,
    Other,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    for c in text.chars() {
        match (c, out.last_mut()) {
            ('0'..='9', Some(Token::Digits(count))) => *count += 1,
            ('0'..='9', _) => out.push(Token::Digits(1)),
            (':', _) => out.push(Token::Colon),
            ('-' | '.', _) => out.push(Token::Dash),
            ('/', _) => out.push(Token::Slash),
            _ => out.push(Token::Other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::badges::BADGES;

    #[test]
    fn dates_times_and_telephone_numbers_are_stamps() {
        for text in
            ["12:34:56", "2013-05-24", "05/24/2013", "20130524 11", "9:05 AM", "(512) 555.555-1234", "512-555-1234"]
        {
            assert_eq!(kind(text), Some(Noise::Stamp), "{text}");
        }
    }

    #[test]
    fn serials_with_their_separators_are_no_noise() {
        for text in ["ABC-1234", "123 456", "A12-3456", "1ABC234", "123-456", "12-A345", "AB·12345", "SORRY"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn road_signs_are_no_plates_but_serials_with_their_letters_are() {
        for text in ["EXIT 227", "15 MPH", "Speed Limit 55", "LANE 3", "2 MILES"] {
            assert_eq!(kind(text), Some(Noise::Sign), "{text}");
        }
        for text in ["115 MPH", "EXT 227", "EXIT 22A", "MPH 4455", "7MPH123"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn what_cameras_and_fleets_write_before_a_number_is_a_label() {
        for text in
            ["CAM 123", "IPC 4711", "21MAR26", "UNIT 4512", "USDOT 123456", "NVR-04", "CH 01", "3 NOV 2026", "TRK 77"]
        {
            assert_eq!(kind(text), Some(Noise::Label), "{text}");
        }
        for text in ["CAN 123", "MAR 2026X", "KBR 4651", "99MAR99", "UNITED1", "7CAM123"] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn states_frames_and_badges_are_told_apart() {
        assert_eq!(kind("New York"), Some(Noise::Jurisdiction));
        assert_eq!(kind("Sunshine State"), Some(Noise::Jurisdiction));
        assert_eq!(kind("MOTORS"), Some(Noise::Frame));
        assert_eq!(kind("TAG ONLY"), Some(Noise::Frame));
        assert_eq!(kind("F-150"), Some(Noise::Badge));
    }

    #[test]
    fn word_lists_are_normalised_and_free_of_doubles() {
        for list in [&FRAME_WORDS[..], &BADGES[..]] {
            let unique: std::collections::HashSet<_> = list.iter().collect();
            assert_eq!(unique.len(), list.len());
            assert!(list.iter().all(|word| normalise(word) == **word));
        }
    }
}
