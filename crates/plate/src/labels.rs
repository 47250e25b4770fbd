//! What cameras, carriers and fleets write: a short word with a number, a date with its month in letters, a position.
//!
//! To a recogniser a stamp's O is a 0 as often as not (`12 N0V 26` has the form of a plate of Alabama), so words of three letters
//! and more are looked for in either spelling. Serials look like some of them: a label is doubted and never forbidden.

use crate::confusable::fold;

/// Words that cameras write before their number, and that carriers must or do write on their vehicles (49 CFR 390.21; 49 CFR
/// 393.67, fuel tanks; gross weights, plate-like unit numbers).
const LABEL_WORDS: [&str; 36] = [
    "BAY", "BUS", "CAB", "CAM", "CAMERA", "CAR", "CCTV", "CH", "CHANNEL", "CHN", "DOT", "DVR", "FLT", "FPS", "GVW",
    "GVWR", "IPC", "IPCAM", "KYU", "LPR", "MC", "MCN", "MODEL", "NO", "NVR", "PTZ", "SN", "TRK", "TRL", "TRUCKNO",
    "UNIT", "UNITNO", "USDOT", "VAN", "VIN", "WO",
];
/// Digits that follow such a word at most, and at least.
const LABEL_NUMBER: std::ops::RangeInclusive<usize> = 1..=8;
/// Months as cameras write them.
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Letters from which a word is looked for with 0 for O and 1 for I as well: shorter ones would be in too many serials.
const EITHER_SPELLING: usize = 3;

/// True for a word that cameras or fleets write, with its number: no plate, more often than one (normalised).
pub(crate) fn is_label(word: &str) -> bool {
    let folded = fold(word);
    let is_number = |text: &str| are_digits(text, LABEL_NUMBER);
    let is_word = |label: &str| {
        word.strip_prefix(label).is_some_and(is_number)
            || (label.len() >= EITHER_SPELLING && folded.strip_prefix(fold(label).as_str()).is_some_and(is_number))
    };
    LABEL_WORDS.iter().any(|label| is_word(label)) || is_date_in_words(&folded) || is_position(word)
}

/// True when a group of letters in the text is a word that cameras and fleets write, or a month: a serial may look like this
/// (`1TRK234`), and so may what they write (normalised).
pub fn has_label(word: &str) -> bool {
    let folded = fold(word);
    let is_there = |label: &str| {
        holds_group(word, label) || (label.len() >= EITHER_SPELLING && holds_group(&folded, &fold(label)))
    };
    LABEL_WORDS.iter().chain(&MONTHS).any(|label| is_there(label))
}

/// True where the word stands in the text with no letter beside it.
fn holds_group(text: &str, word: &str) -> bool {
    let is_letter = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_uppercase);
    text.match_indices(word).any(|(at, _)| !is_letter(at.checked_sub(1)) && !is_letter(Some(at + word.len())))
}

/// `21MAR26`, `MAR212026`: day, month and year in any order of the first two (normalised, with 0 for O and 1 for I).
fn is_date_in_words(folded: &str) -> bool {
    let is_day = |text: &str| are_digits(text, 1..=2) && text.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    MONTHS.iter().any(|month| {
        folded.split_once(fold(month).as_str()).is_some_and(|(before, after)| {
            (is_day(before) && matches!(after.len(), 2 | 4) && are_digits(after, 2..=4))
                || (before.is_empty() && are_digits(after, 6..=6) && after.get(..2).is_some_and(is_day))
        })
    })
}

/// `32N097W`, `N32W097`: a position in whole degrees (normalised). Most serials of that form are beyond what degrees there are.
fn is_position(word: &str) -> bool {
    let degrees: Vec<u16> =
        word.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let is_on_earth = matches!(degrees.as_slice(), [latitude, longitude] if *latitude <= 90 && *longitude <= 180);
    let shape: String = word
        .chars()
        .map(|c| match c {
            '0'..='9' => '9',
            'N' | 'S' => 'N',
            'E' | 'W' => 'E',
            _ => '-',
        })
        .collect();
    is_on_earth && matches!(shape.as_str(), "99N99E" | "99N999E" | "N99E99" | "N99E999")
}

fn are_digits(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_one_whichever_of_o_and_0_was_read() {
        for text in
            ["210CT26", "12N0V26", "080CT26", "I2NOV26", "12NOV2O26", "N0V122026", "1PC4711", "USD0T123", "UN1T451O"]
        {
            assert!(is_label(text), "{text}");
        }
        for text in ["99N0V26", "12N0W26", "N01234", "W01234", "AUN1T45", "KBR4651"] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn a_position_is_a_stamp() {
        for text in ["32N097W", "33S70W", "N32W097"] {
            assert!(is_label(text), "{text}");
        }
        for text in ["32K097W", "32N0979", "N32K097", "32N197W", "47S612E"] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn a_label_s_word_is_found_wherever_it_stands_and_only_as_a_whole_group() {
        for text in ["1TRK234", "CAM123", "2026NOV", "7CAM123", "2026N0V", "70CT123"] {
            assert!(has_label(text), "{text}");
        }
        for text in ["7CID930", "GT0X4B", "TRKS12", "123456", "KN0V123"] {
            assert!(!has_label(text), "{text}");
        }
    }

    #[test]
    fn words_are_capital_letters_and_stand_in_the_list_once() {
        let unique: std::collections::HashSet<_> = LABEL_WORDS.iter().chain(&MONTHS).collect();
        assert_eq!(unique.len(), LABEL_WORDS.len() + MONTHS.len());
        assert!(unique.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_uppercase())));
    }
}
