//! A normalised text with what is known about each of its characters.

use crate::line::{Alternative, Character};
use crate::text;

/// A text in comparable form, from one reading of one piece of a photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Spelling {
    /// Normalised text: A-Z and 0-9.
    pub text: String,
    /// Mean confidence of the reading, 0 to 1.
    pub confidence: f32,
    /// One per character of `text`, in upper case; empty where a service reports none.
    pub characters: Vec<Character>,
}

impl Spelling {
    /// The comparable form of a text as read. Characters that do not spell the text are dropped altogether.
    pub fn normalised(read: &str, confidence: f32, characters: &[Character]) -> Self {
        let text = text::normalise(read);
        let kept: Vec<Character> =
            characters.iter().filter(|c| c.symbol.is_ascii_alphanumeric()).map(in_upper_case).collect();
        let spelt: String = kept.iter().map(|c| c.symbol).collect();
        let characters = if spelt == text { kept } else { Vec::new() };
        Self { text, confidence, characters }
    }

    /// This text followed by another.
    pub fn followed_by(&self, other: &Self) -> Self {
        let (a, b) = (self.text.len() as f32, other.text.len() as f32);
        let are_known = self.characters.len() == self.text.len() && other.characters.len() == other.text.len();
        Self {
            text: format!("{}{}", self.text, other.text),
            confidence: (self.confidence * a + other.confidence * b) / (a + b).max(1.0),
            characters: if are_known {
                [self.characters.as_slice(), other.characters.as_slice()].concat()
            } else {
                Vec::new()
            },
        }
    }

    /// Probability of each character in order; empty where a service reports none.
    pub fn probabilities(&self) -> Vec<f32> {
        self.characters.iter().map(|character| character.confidence).collect()
    }

    /// Mean probability of the characters; the whole reading's where single ones are not reported.
    pub fn mean(&self) -> f32 {
        let sum: f32 = self.characters.iter().map(|character| character.confidence).sum();
        if self.characters.is_empty() { self.confidence } else { sum / self.characters.len() as f32 }
    }

    /// Probability of the least sure character; the whole reading's where single ones are not reported.
    pub fn weakest(&self) -> f32 {
        self.characters.iter().map(|character| character.confidence).reduce(f32::min).unwrap_or(self.confidence)
    }

    /// True when the text has as many characters as plates have.
    pub fn fits_a_plate(&self) -> bool {
        (text::SHORTEST..=text::LONGEST).contains(&self.text.len())
    }
}

fn in_upper_case(character: &Character) -> Character {
    let symbol = character.symbol.to_ascii_uppercase();
    let mut alternatives: Vec<Alternative> = Vec::new();
    for other in &character.alternatives {
        let upper = other.symbol.to_ascii_uppercase();
        let is_known = upper == symbol || alternatives.iter().any(|seen| seen.symbol == upper);
        if upper.is_ascii_alphanumeric() && !is_known {
            alternatives.push(Alternative { symbol: upper, confidence: other.confidence });
        }
    }
    Character { symbol, confidence: character.confidence, alternatives }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn characters(text: &str) -> Vec<Character> {
        text.chars().map(|symbol| Character { symbol, confidence: 0.5, alternatives: Vec::new() }).collect()
    }

    #[test]
    fn separators_are_dropped_with_their_probabilities() {
        let spelling = Spelling::normalised("ab-1", 0.9, &characters("ab-1"));
        assert_eq!((spelling.text.as_str(), spelling.probabilities().len()), ("AB1", 3));
    }

    #[test]
    fn characters_that_spell_something_else_are_not_trusted() {
        let spelling = Spelling::normalised("AB1", 0.9, &characters("AC1"));
        assert!(spelling.characters.is_empty());
        assert_eq!((spelling.mean(), spelling.weakest()), (0.9, 0.9));
    }

    #[test]
    fn alternatives_in_the_other_case_are_the_same_character() {
        let mut read = characters("o1");
        let alternative = |symbol, confidence| Alternative { symbol, confidence };
        read[0].alternatives =
            vec![alternative('O', 0.3), alternative('d', 0.1), alternative('D', 0.05), alternative('-', 0.05)];
        let spelling = Spelling::normalised("o1", 0.5, &read);
        assert_eq!(spelling.characters[0].alternatives, [alternative('D', 0.1)]);
    }
}
