//! Text that people write for people: names of booths and tokens, and remarks.
//!
//! It is shown in a console, a terminal and a spreadsheet, so it must look like what it is. Nearly anything goes; refused are
//! the characters that make text look like another text, or like none: controls, overrides of the direction, characters
//! without a shape, and piles of marks. Escaping for HTML, CSV or a shell is the business of whoever shows it.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Longest name of a booth or token, in characters.
pub const MAX_TITLE_CHARS: usize = 100;
/// Longest remark, in characters.
pub const MAX_REMARK_CHARS: usize = 1_000;

/// Marks that one character may carry. Vietnamese needs two, Hebrew with cantillation four.
const MAX_MARKS: usize = 4;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing to see, or too much of it.
    #[error("{what}: must have 1 to {limit} characters that can be seen, not counting spaces at the ends")]
    Length {
        /// Which text.
        what: &'static str,
        /// Characters at most.
        limit: usize,
    },
    /// A character that does not belong into such a text.
    #[error("{what}: the character U+{:04X} is not allowed: controls, overrides of the direction and invisible characters are refused", u32::from(*character))]
    Character {
        /// Which text.
        what: &'static str,
        /// The first of them.
        character: char,
    },
    /// More marks on one character than any script has.
    #[error("{what}: a character carries more than {MAX_MARKS} marks")]
    Marks {
        /// Which text.
        what: &'static str,
    },
}

/// Checks a name, one line; returns it without the spaces at its ends.
///
/// # Errors
/// [`TextError`]
pub fn title(what: &'static str, text: &str) -> Result<String, TextError> {
    checked(what, text.trim(), MAX_TITLE_CHARS, |_| false)
}

/// Checks a remark, which may have several lines; returns it without the spaces at its ends, and its lines ended by `\n`.
///
/// # Errors
/// [`TextError`]
pub fn remark(what: &'static str, text: &str) -> Result<String, TextError> {
    checked(what, text.replace("\r\n", "\n").trim(), MAX_REMARK_CHARS, |c| c == '\n')
}

/// What a service, a provider or a program of somebody else says, as it may be kept and shown: at most so many characters, and
/// a space for each that [`title`] refuses. For what people write there is a refusal instead.
#[must_use]
pub fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if is_shown(c, c.general_category_group()) { c } else { ' ' }).collect()
}

fn checked(what: &'static str, text: &str, limit: usize, allowed: fn(char) -> bool) -> Result<String, TextError> {
    let (mut seen, mut marks, mut before) = (false, 0, None::<char>);
    for character in text.chars() {
        if allowed(character) {
            continue;
        }
        let group = character.general_category_group();
        // After a letter of Persian, or of a script of India, they choose its shape; anywhere else they hide.
        let joins = is_joiner(character) && before.is_some_and(|before| !before.is_ascii() && !is_joiner(before));
        if !joins && !is_shown(character, group) {
            return Err(TextError::Character { what, character });
        }
        before = Some(character);
        match group {
            GeneralCategoryGroup::Mark => marks += 1,
            GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Number
            | GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol => (marks, seen) = (0, true),
            GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => marks = 0,
        }
        if marks > MAX_MARKS {
            return Err(TextError::Marks { what });
        }
    }
    if !seen || text.chars().count() > limit {
        return Err(TextError::Length { what, limit });
    }
    Ok(text.to_owned())
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

fn is_shown(character: char, group: GeneralCategoryGroup) -> bool {
    let line_break =
        matches!(character.general_category(), GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator);
    // Letters and marks that have no shape (Unicode's `Default_Ignorable_Code_Point`), and the empty Braille pattern.
    let shapeless = matches!(character,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0e}' | '\u{e0100}'..='\u{e01ef}');
    group != GeneralCategoryGroup::Other && !line_break && !shapeless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_world_passes() {
        for good in [
            "Señor Übergang 3 – außen",
            "北ゲート",
            "בוכ״ה 3",
            "Cổng Bắc",
            "می\u{200c}خواهم",
            "<img src=x onerror=alert(1)>",
            "=1+1",
            "North ⛟",
        ] {
            assert_eq!(title("name", good).as_deref(), Ok(good));
        }
        assert_eq!(title("name", "  North ").as_deref(), Ok("North"));
    }

    #[test]
    fn what_looks_like_something_else_is_refused() {
        for bad in [
            "a\u{1b}[31m",
            "a\0",
            "a\u{7}",
            "a\u{9b}31m",
            "a\nb",
            "evil\u{202e}gpj",
            "a\u{2066}b",
            "a\u{feff}b",
            "a\u{2028}b",
            "a\u{ad}b",
            "\u{200d}a",
            "a\u{200d}b",
            "ä\u{200d}\u{200d}b",
            "a\u{e0041}",
            "\u{115f}",
            "a\u{e000}",
            "a\u{fe0e}",
        ] {
            assert!(matches!(title("name", bad), Err(TextError::Character { .. })), "{bad:?}");
        }
        let pile = format!("a{}", "\u{301}".repeat(5));
        assert_eq!(title("name", &pile), Err(TextError::Marks { what: "name" }));
    }

    #[test]
    fn what_others_say_is_shown_without_what_would_hide_or_turn_it() {
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}c\u{200b}d\u{2028}é 北", 100), "a b [31m c d é 北");
        assert_eq!(shown("abcdef", 3), "abc");
        assert!(title("x", &shown("Oops:\u{feff}\0 no", 40)).is_ok());
    }

    #[test]
    fn a_text_of_nothing_is_none() {
        for empty in ["", " ", "\u{a0}", "\u{3000}"] {
            assert!(matches!(title("name", empty), Err(TextError::Length { .. })), "{empty:?}");
        }
        assert!(title("name", &"x".repeat(101)).is_err() && title("name", &"x".repeat(100)).is_ok());
    }

    #[test]
    fn a_remark_has_lines_and_no_other_controls() {
        assert_eq!(remark("remark", "first\r\nsecond\n").as_deref(), Ok("first\nsecond"));
        for bad in ["a\tb", "a\rb", "\u{1b}[2J", "a\0b", "a\u{202e}b"] {
            assert!(matches!(remark("remark", bad), Err(TextError::Character { .. })), "{bad:?}");
        }
        assert!(remark("remark", "\n\n").is_err());
        let told = remark("remark", "a\u{202e}b").unwrap_err().to_string();
        assert!(told.contains("U+202E"), "{told}");
    }
}
