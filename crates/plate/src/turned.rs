//! What a text says in a mirror or upside down, by the shapes of its characters alone.
//!
//! Whoever sees the pixels can read them the other way round; a service sends a text. Some texts are as good a serial either way
//! (`MAY8008` and `8008YAM`), and then only a name on the plate shows which of the two it is.

use crate::serial;

/// The character as a mirror shows it, for those that are characters then.
const fn in_a_mirror(c: char) -> Option<char> {
    match c {
        'A' | 'H' | 'I' | 'M' | 'O' | 'T' | 'U' | 'V' | 'W' | 'X' | 'Y' | '0' | '1' | '8' => Some(c),
        _ => None,
    }
}

/// The character turned by half.
const fn upside_down(c: char) -> Option<char> {
    match c {
        'H' | 'I' | 'N' | 'O' | 'S' | 'X' | 'Z' | '0' | '1' | '8' => Some(c),
        'M' => Some('W'),
        'W' => Some('M'),
        '6' => Some('9'),
        '9' => Some('6'),
        _ => None,
    }
}

/// How else a text may have to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherWay {
    /// In a mirror.
    Mirrored,
    /// Turned by half.
    UpsideDown,
}

/// The way in which the text (normalised) is another serial of some issuer's; none where it is none, or the same.
pub fn other_way(text: &str) -> Option<OtherWay> {
    let is_serial = |turn: fn(char) -> Option<char>| {
        let turned: Option<String> = text.chars().rev().map(turn).collect();
        turned.is_some_and(|turned| turned != text && serial::fits_any(&turned))
    };
    if is_serial(in_a_mirror) {
        Some(OtherWay::Mirrored)
    } else if is_serial(upside_down) {
        Some(OtherWay::UpsideDown)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_of_characters_that_are_some_the_other_way_round_is_another_serial() {
        for (text, way) in [
            ("8008YAM", OtherWay::Mirrored),
            ("MAY8008", OtherWay::Mirrored),
            ("AHM1180", OtherWay::Mirrored),
            ("9698XHN", OtherWay::UpsideDown),
            ("NHX8696", OtherWay::UpsideDown),
        ] {
            assert_eq!(other_way(text), Some(way), "{text}");
        }
    }

    #[test]
    fn most_serials_are_none_the_other_way_round_and_one_that_is_the_same_is_no_other() {
        for text in ["DHN8018", "ABC1234", "7ABC123", "TRK4527", "80YY08", "A1HAX8", ""] {
            assert_eq!(other_way(text), None, "{text}");
        }
    }
}
