//! The one form in which plate texts are compared: upper-case A-Z and 0-9, nothing else.
//!
//! Spaces, dashes, dots and ornaments between the groups of a serial carry no meaning for billing. Accented
//! and foreign letters are dropped, not guessed at.

/// Fewest characters a plate text is taken seriously with. Shorter vanity plates exist and go to a person.
pub const SHORTEST: usize = 4;

/// Most characters on a plate of the United States or Canada.
pub const LONGEST: usize = 8;

/// The comparable form of a text: ASCII letters in upper case and digits, in order.
pub fn normalise(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// True when the text holds at least one digit and one letter (ASCII), as most serials do.
pub fn mixes_letters_and_digits(text: &str) -> bool {
    has_digit(text) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// True when the text holds a digit.
pub fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}

/// Number of single-character insertions, deletions and replacements that turn one text into the other.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (row, left) in a.chars().enumerate() {
        let mut current = Vec::with_capacity(previous.len());
        let mut last = row + 1;
        current.push(last);
        for ((right, diagonal), above) in b.iter().zip(&previous).zip(previous.iter().skip(1)) {
            let replaced = diagonal + usize::from(left != *right);
            last = replaced.min(above + 1).min(last + 1);
            current.push(last);
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalising_keeps_letters_and_digits_in_upper_case() {
        assert_eq!(normalise(" abc·12-3 4é"), "ABC1234");
    }

    #[test]
    fn edit_distance_counts_each_kind_of_change_once() {
        assert_eq!(edit_distance("TEXAS", "TEXAS"), 0);
        assert_eq!(edit_distance("TEXAS", "TEXS"), 1);
        assert_eq!(edit_distance("TEXAS", "TEXXAS"), 1);
        assert_eq!(edit_distance("TEXAS", "TEKAS"), 1);
        assert_eq!(edit_distance("", "ABC"), 3);
    }
}
