//! Characters that recognisers and people mistake for one another on plates.
//!
//! Used to score readings fairly, to show a reviewer which characters deserve a look, and to list what else a text may
//! be ([`crate::pair`]).

/// Pairs mistaken for one another often enough to doubt them, in both directions.
pub const PAIRS: [(char, char); 15] = [
    ('0', 'O'),
    ('0', 'D'),
    ('0', 'Q'),
    ('O', 'D'),
    ('O', 'Q'),
    ('1', 'I'),
    ('1', 'L'),
    ('2', 'Z'),
    ('5', 'S'),
    ('6', 'G'),
    ('8', 'B'),
    ('U', 'V'),
    ('M', 'W'),
    ('4', 'A'),
    ('7', 'T'),
];

/// The text with O written as 0 and I as 1: many states' plates do not tell them apart at all.
///
/// Two readings with the same folded form are the same plate when readings are scored.
pub fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'O' => '0',
            'I' => '1',
            other => other,
        })
        .collect()
}

/// True when the two characters are easily mistaken for one another.
pub fn are_confusable(a: char, b: char) -> bool {
    PAIRS.iter().any(|&pair| pair == (a, b) || pair == (b, a))
}

/// The characters that are easily mistaken for this one.
pub fn alike(c: char) -> impl Iterator<Item = char> {
    PAIRS.iter().filter_map(move |&(a, b)| (a == c).then_some(b).or_else(|| (b == c).then_some(a)))
}

/// True when the texts have the same length and differ in confusable characters only.
pub fn differ_by_confusables(a: &str, b: &str) -> bool {
    a != b
        && a.chars().count() == b.chars().count()
        && a.chars().zip(b.chars()).all(|(x, y)| x == y || are_confusable(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_merges_only_o_with_zero_and_i_with_one() {
        assert_eq!(fold("OI0DQL1"), "010DQL1");
    }

    #[test]
    fn confusable_pairs_hold_in_both_directions() {
        for (a, b) in PAIRS {
            assert!(are_confusable(a, b) && are_confusable(b, a));
        }
        assert!(!are_confusable('A', 'B'));
    }

    #[test]
    fn texts_of_other_length_do_not_differ_by_confusables_alone() {
        assert!(differ_by_confusables("A8C", "ABC"));
        assert!(!differ_by_confusables("ABC", "ABC"));
        assert!(!differ_by_confusables("A8CD", "ABC"));
        assert!(!differ_by_confusables("AXC", "ABC"));
    }
}
