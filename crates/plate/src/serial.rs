//! The serials that states put on standard passenger plates, as patterns.
//!
//! No rule: vanity, specialty, fleet, tribal and older plates follow other patterns, several states share one, and
//! states change theirs. What a pattern is worth for issuer and characters is weighed in [`crate::pair`].
//!
//! Sources, as of mid 2025: Texas, Oklahoma and New Mexico from the toll operators' plate reference; the other
//! states from the published tables of current and recent passenger issues (Wikipedia, "United States license
//! plate designs and serial formats"; Alabama, Arizona and Florida from "Vehicle registration plates of Alabama", "of Arizona"
//! and "of Florida", as of 2026). Review this table yearly.

use crate::abroad;

/// Characters of the longest pattern below.
pub(crate) const LONGEST: usize = 7;

/// Patterns of one jurisdiction. `A` stands for a letter, `9` for a digit; separators are left out.
struct Serials {
    code: &'static str,
    patterns: &'static [&'static str],
}

const SERIALS: [Serials; 51] = [
    // 2012-; 2009-2012; before 2009; trucks. I and O are reportedly unused.
    entry("us-tx", &["AAA9999", "AA9A999", "AAA999", "999AAA", "AA99999"]),
    // 2017 and 2024 bases; 2009 base; pools of tribal nations.
    entry("us-ok", &["AAA999", "999AAA", "AA99999"]),
    // Chile (2017-); turquoise; yucca.
    entry("us-nm", &["AAAA99", "AAA999", "999AAA"]),
    // 2022 base, by county of one and of two digits; 2014 base; 2009 base.
    entry(
        "us-al",
        &[
            "9A9999A", "9A99AAA", "9A99A9A", "99A999A", "99A99A9", "99A9A99", "99A9AA9", "99A9AAA", "9AA9999",
            "99AA999", "9A99999", "99A9999",
        ],
    ),
    entry("us-ak", &["AAA999"]),
    // Until 2020; drawn at random since, the fourth character a digit.
    entry(
        "us-az",
        &[
            "AAA9999", "AAA9AAA", "A9A9AAA", "AAA9A9A", "A9A9A9A", "9AA9AAA", "99A9AAA", "9AA9A9A", "99A9A9A",
            "AAA9AA9", "A9A9AA9", "999AAA", "AAA999",
        ],
    ),
    entry("us-ar", &["AAA99A", "999AAA", "AAA999"]),
    entry("us-ca", &["9AAA999", "9A99999", "99999A9"]),
    entry("us-co", &["AAAA99", "AAAA9A", "AAA999", "999AAA"]),
    entry("us-ct", &["AA99999", "9AAAA9", "999AAA", "AAA999"]),
    entry("us-de", &["999999", "99999", "9999999"]),
    entry("us-dc", &["AA9999"]),
    entry("us-fl", &["AAAA99", "AAA9A9", "A99AAA", "A999AA", "99AAAA", "9999AA", "AA99AA", "A9999A", "AAA999"]),
    entry("us-ga", &["AAA9999", "999AAA", "AAA999"]),
    entry("us-hi", &["AAA999"]),
    entry("us-id", &["A999999", "9A99999", "9AA9999", "A99999"]),
    entry("us-il", &["AA99999", "A999999", "9999999", "999999"]),
    entry("us-in", &["999AAA", "999A", "999AA", "9999AA"]),
    entry("us-ia", &["AAA999", "999AAA"]),
    entry("us-ks", &["999AAA", "9999AAA"]),
    entry("us-ky", &["999AAA", "A9A999", "AAA999"]),
    entry("us-la", &["999AAA", "AAA999"]),
    entry("us-me", &["9999AA", "999AAA", "AA9999"]),
    entry("us-md", &["9AA9999", "AAA999", "9AA99"]),
    entry("us-ma", &["9AAA99", "9AA999", "999AA9", "99AA99", "9999AA", "999AAA", "A99999"]),
    entry("us-mi", &["AAA9999", "AAA999", "9AAA99"]),
    entry("us-mn", &["AAA999", "999AAA"]),
    entry("us-ms", &["AAA999", "AAA9999", "999AAA", "AA99999"]),
    // Passenger; then local trucks.
    entry("us-mo", &["AA9A9A", "AA9A99", "999AAA", "9AA999", "99A9AA"]),
    entry("us-mt", &["999999A", "99999A", "9999999"]),
    entry("us-ne", &["AAA999", "9A9999", "99A999", "999AAA"]),
    entry("us-nv", &["99A999", "999AAA", "999A99", "AAA999"]),
    entry("us-nh", &["9999999", "999999"]),
    entry("us-nj", &["A99AAA", "AAA99A", "AAA999", "AA999A"]),
    entry("us-ny", &["AAA9999", "AAA999"]),
    entry("us-nc", &["AAA9999", "AAA999"]),
    entry("us-nd", &["999AAA", "AAA999"]),
    entry("us-oh", &["AAA9999", "AA99AA", "AAA999"]),
    entry("us-or", &["999AAA", "AAA999"]),
    entry("us-pa", &["AAA9999", "AAA999"]),
    entry("us-ri", &["999999", "99999", "9AA999", "AA999"]),
    entry("us-sc", &["AAA999", "999AAA", "9999AA"]),
    entry("us-sd", &["9AA999", "9A9999", "99A999", "9AAA99"]),
    entry("us-tn", &["AAA9999", "A9999A", "999AAA", "9A99A9", "AAA999"]),
    entry("us-ut", &["A999AA", "A99AAA", "9A9AA", "9A9AAA", "999AAA"]),
    entry("us-vt", &["AAA999"]),
    entry("us-va", &["AAA9999", "AAA999"]),
    entry("us-wa", &["AAA9999", "999AAA", "AAA999"]),
    entry("us-wv", &["9AA999", "AAA999", "9A9999"]),
    entry("us-wi", &["AAA9999", "999AAA", "AAA999"]),
    entry("us-wy", &["999999", "9999999", "99999", "99A99", "9A999"]),
];

/// Patterns that pass among a jurisdiction's and are registered by somebody else, though its name stands on the plate as well.
const REGISTERED_ELSEWHERE: [(&str, &str); 1] = [("us-ok", "AA99999")];

const fn entry(code: &'static str, patterns: &'static [&'static str]) -> Serials {
    Serials { code, patterns }
}

/// Whether the text has the shape of a standard passenger plate of the jurisdiction (`us-tx`).
///
/// `None` where no patterns are known for it.
pub fn fits(code: &str, text: &str) -> Option<bool> {
    let serials = SERIALS.iter().find(|serials| serials.code == code)?;
    let is_own = |pattern: &&str| !REGISTERED_ELSEWHERE.contains(&(code, pattern));
    Some(serials.patterns.iter().filter(|pattern| is_own(pattern)).any(|pattern| matches(pattern, text)))
}

/// The patterns of a jurisdiction's plates, of a province's and a Mexican state's as well, the one issued today first; empty where
/// none are known.
pub fn patterns(code: &str) -> &'static [&'static str] {
    SERIALS
        .iter()
        .find(|serials| serials.code == code)
        .map_or_else(|| abroad::patterns(code), |serials| serials.patterns)
}

/// Whether the text has the shape of a standard passenger plate of any jurisdiction in the table.
pub fn fits_any(text: &str) -> bool {
    SERIALS.iter().flat_map(|serials| serials.patterns).any(|pattern| matches(pattern, text))
}

/// The jurisdictions whose standard passenger plates have the text's shape.
pub fn jurisdictions_fitting(text: &str) -> Vec<&'static str> {
    SERIALS
        .iter()
        .filter(|serials| serials.patterns.iter().any(|pattern| matches(pattern, text)))
        .map(|serials| serials.code)
        .collect()
}

/// True when the text holds a character that is a letter on some plates and a digit of the same shape on others.
///
/// That is the letter O among digits: most states never issue it, so it is a 0 as often as not. And it is a 0 in a text
/// that no state's pattern explains: vanity plates write words, and O in words.
pub fn is_ambiguous(text: &str) -> bool {
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    has_digit && (text.contains('O') || (text.contains('0') && !fits_any(text)))
}

/// Characters of a text that is more often a part of a plate than a whole one.
const PART: usize = 5;

/// True when the text may well be only a part of a plate, or not that of the state it is said to be of.
///
/// That is a text of five characters that no state issues, and one that the state named on the plate (`us-tx`) does not
/// issue. Vanity plates are both; but so is a plate whose middle is hidden, or whose small letters were not seen.
pub fn is_unlikely(text: &str, jurisdiction: Option<&str>) -> bool {
    (text.len() == PART && !fits_any(text)) || jurisdiction.and_then(|code| fits(code, text)) == Some(false)
}

/// True when the text has the pattern's shape.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    pattern.len() == text.len()
        && pattern.bytes().zip(text.bytes()).all(|(wanted, found)| match wanted {
            b'A' => found.is_ascii_uppercase(),
            _ => found.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn parts_of_plates_and_serials_of_other_states_are_unlikely() {
        for (text, jurisdiction) in [("NSE45", None), ("1234ABC", Some("us-tx")), ("K61739", Some("us-ok"))] {
            assert!(is_unlikely(text, jurisdiction), "{text}");
        }
        for (text, jurisdiction) in
            [("9A999", None), ("ABC123", None), ("ABC1234", Some("us-tx")), ("1234ABC", Some("ca-on"))]
        {
            assert!(!is_unlikely(text, jurisdiction), "{text}");
        }
    }

    #[test]
    fn texas_serials_of_every_period_fit() {
        for text in ["ABC1234", "BC1D234", "ABC123"] {
            assert_eq!(fits("us-tx", text), Some(true), "{text}");
        }
        assert_eq!(fits("us-tx", "1234ABC"), Some(false));
    }

    #[test]
    fn only_an_o_among_digits_and_an_unexplained_zero_are_ambiguous() {
        assert!(is_ambiguous("CHO123") && is_ambiguous("HL0KTY1") && is_ambiguous("ZOOMN65"));
        assert!(!is_ambiguous("DROPOUT") && !is_ambiguous("ABC1034") && !is_ambiguous("ABC1234"));
    }

    #[test]
    fn a_series_that_two_states_have_is_neither_s_alone() {
        for (text, one, other) in
            [("GX12AB", "us-fl", "us-oh"), ("Z1234B", "us-fl", "us-tn"), ("12A3BCD", "us-az", "us-al")]
        {
            let fitting = jurisdictions_fitting(text);
            assert!(fitting.contains(&one) && fitting.contains(&other), "{text} {fitting:?}");
        }
    }

    #[test]
    fn an_unknown_jurisdiction_gives_no_advice() {
        assert_eq!(fits("ca-ab", "ABC1234"), None);
    }

    #[test]
    fn a_year_and_a_word_is_no_state_s_series() {
        for text in ["72CHEVY", "66MUSTG"] {
            assert!(!fits_any(text), "{text}");
        }
    }

    #[test]
    fn one_serial_fits_several_states_so_it_cannot_decide_one() {
        let fitting = jurisdictions_fitting("ABC123");
        assert!(fitting.contains(&"us-ok") && fitting.contains(&"us-nm") && fitting.len() > 10);
    }

    #[test]
    fn every_state_and_the_district_is_listed_once_with_well_formed_patterns() {
        let codes: HashSet<&str> = SERIALS.iter().map(|serials| serials.code).collect();
        assert_eq!(codes.len(), SERIALS.len());
        for serials in &SERIALS {
            assert!(serials.code.starts_with("us-") && serials.code.len() == 5);
            for pattern in serials.patterns {
                assert!((4..=LONGEST).contains(&pattern.len()) && pattern.bytes().all(|b| b == b'A' || b == b'9'));
            }
        }
    }
}
