//! Zeros with a bar across them: to a network that never saw one they are an 8, as clear as any.
//!
//! Pennsylvania's plates of 2025 (the Liberty Bell, LET FREEDOM RING) have them, and readers billed other people's plates for it
//! (jalopnik.com, 2026-03-06). The series has a digit there either way, so nothing but the picture tells which it is. The state's
//! name stands on its other plates as well, so the slogan is looked for beside it.

use crate::text::{edit_distance, normalise};

/// Issuers of such plates, and the slogan that stands on those alone.
const PLATES: [(&str, &str); 1] = [("us-pa", "LETFREEDOMRING")];
/// Letters of a slogan that may be misread.
const MOST_ERRORS: usize = 2;

/// True where an 8 of this serial (normalised) is a zero with a bar on some plates of this issuer: the slogan says on which.
pub fn has_open_eight(issuer: &str, serial: &str) -> bool {
    serial.contains('8') && PLATES.iter().any(|(code, _)| *code == issuer)
}

/// True when a line of text on a plate is a slogan that stands on plates with such zeros alone.
pub fn names_barred_zeros(line: &str) -> bool {
    let words = normalise(line);
    PLATES.iter().any(|(_, slogan)| words.contains(*slogan) || edit_distance(&words, slogan) <= MOST_ERRORS)
}

/// True where an 8 of this serial (normalised) may be a zero with a bar, by what was read beside it.
pub fn may_be_a_barred_zero(issuer: &str, serial: &str, beside: &str) -> bool {
    has_open_eight(issuer, serial) && names_barred_zeros(beside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jurisdiction::all_marks;

    #[test]
    fn an_8_on_a_plate_with_barred_zeros_may_be_one_and_elsewhere_is_an_8() {
        for (issuer, serial, beside, is_open) in [
            ("us-pa", "MXK8123", "Let Freedom Ring", true),
            ("us-pa", "MXK8123", "LETFREEDQMRINC", true),
            ("us-pa", "MXK0123", "Let Freedom Ring", false),
            ("us-pa", "MXK8123", "visitPA.com", false),
            ("us-oh", "MXK8123", "Let Freedom Ring", false),
        ] {
            assert_eq!(may_be_a_barred_zero(issuer, serial, beside), is_open, "{issuer} {serial} {beside}");
        }
    }

    #[test]
    fn the_slogans_are_looked_for_beside_every_text() {
        for (code, slogan) in PLATES {
            assert!(all_marks().any(|mark| mark.code == code && mark.text == slogan), "{slogan}");
        }
    }
}
