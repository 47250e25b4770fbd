//! What people type when there is no plate, and what is therefore somebody else's: NO PLATE, NONE, XXXXXXX.
//!
//! Owners of such personalised plates were sent other people's fines by the thousand, because a form wanted a plate and
//! a clerk had none. There are reject codes for that. The words are those of such cases, and of forms, tests and manuals;
//! a word that people merely like on their plates (TURBO, LIMITED) is not among them.

/// Words that stand for "there is none", "I could not read it" or "this is a test", without spaces, in order.
const WORDS: &[&str] = &[
    "ABC123",
    "ABCDEF",
    "ABCDEFG",
    "ASDF",
    "ASDFGH",
    "ASDFGHJ",
    "BLANK",
    "BLURRED",
    "BLURRY",
    "CUTOFF",
    "DAMAGED",
    "DEALER",
    "DELETE",
    "DUMMY",
    "EMPTY",
    "EXAMPLE",
    "FAKE",
    "ILLEGIBLE",
    "INVALID",
    "LICENSE",
    "MISSING",
    "NA",
    "NIL",
    "NILL",
    "NOIDEA",
    "NOLICENSE",
    "NONE",
    "NOPLATE",
    "NOPLATES",
    "NOPLT",
    "NOREAD",
    "NOTAG",
    "NOTAGS",
    "NOTFOUND",
    "NOTREAD",
    "NOTVISIBLE",
    "NOVEHICLE",
    "NPL",
    "NULL",
    "OBSCURED",
    "OBSTRUCTED",
    "OTHER",
    "PAPER",
    "PAPERTAG",
    "PLATE",
    "QWERTY",
    "REJECT",
    "SAMPLE",
    "SKIP",
    "TAG",
    "TEMP",
    "TEMPORARY",
    "TEMPPLATE",
    "TEMPTAG",
    "TEST",
    "TEST1",
    "TEST12",
    "TEST123",
    "TEST1234",
    "TESTING",
    "TESTPLATE",
    "UNAVAIL",
    "UNK",
    "UNKNOWN",
    "UNKNWN",
    "UNREAD",
    "UNREADABLE",
    "VOID",
    "XXX123",
];

/// Shortest run of one character that nobody was issued: `AA` and `111` are real plates.
const REPEATED: usize = 4;

/// Longest plate in words that are written with more: `TEMPORARY TAG` is cut by whoever types it into ten characters.
const CUT_AT: usize = 6;

/// True for a text that is typed where there is no plate to type.
///
/// `plate` is as billing looks it up: capitals and digits. A zero stands for an O, as on plates: `N0PLATE`. The digits of
/// a counted row (`12345678`) and one character over and over (`XXXXXXX`, `0000000`) are placeholders too.
#[must_use]
pub fn is_placeholder(plate: &str) -> bool {
    let spelled = plate.replace('0', "O");
    let is_word = |text: &str| WORDS.binary_search(&text).is_ok();
    is_word(plate) || is_word(&spelled) || is_cut_word(&spelled) || is_repeated(plate) || is_counted(plate)
}

/// A long word with its end cut off, down to six letters: `UNREADABL`, `UNREADAB`.
fn is_cut_word(text: &str) -> bool {
    text.len() >= CUT_AT && WORDS.iter().any(|word| word.len() > CUT_AT + 1 && word.starts_with(text))
}

fn is_repeated(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return false };
    text.len() >= REPEATED && characters.all(|other| other == first)
}

/// `12345`, `0123456`, `987654`: five digits at least, each one more or each one less than the one before.
fn is_counted(text: &str) -> bool {
    let digits: Vec<i32> = text.bytes().filter(u8::is_ascii_digit).map(i32::from).collect();
    let steps = |by: i32| digits.windows(2).all(|pair| matches!(pair, [a, b] if b - a == by));
    text.len() == digits.len() && digits.len() >= 5 && (steps(1) || steps(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_in_order_and_could_all_be_typed() {
        assert!(WORDS.is_sorted() && WORDS.iter().all(|word| crate::ident::check_plate(word).is_ok()));
    }

    #[test]
    fn what_people_type_when_there_is_no_plate_is_told() {
        for text in [
            "NOPLATE",
            "N0PLATE",
            "NOTAG",
            "NONE",
            "N0NE",
            "NULL",
            "UNKNOWN",
            "MISSING",
            "VOID",
            "TEMP",
            "UNREADABLE",
            "UNREADABL",
            "ABC123",
            "TEST",
            "TEST123",
            "XXXXXXX",
            "0000000",
            "1111",
            "ZZZZZZZZZZ",
            "12345",
            "1234567",
            "987654",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn plates_that_are_issued_or_that_people_like_are_no_placeholders() {
        for text in [
            "ABC1234", "KBR4651", "DHN8018", "AAA1111", "AAA111", "111", "AA", "1", "TURBO", "LIMITED", "TESTA",
            "TEMPO", "VOIDED7", "NOTABLE", "NADINE", "MISSY", "BLANCO", "1234", "13579", "12346", "UNKLE", "1X2345",
            "TAGALOG", "PLATED",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
