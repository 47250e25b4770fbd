//! A normalised text with what is known about each of its characters.

use crate::line::{Alternative, Character};
use crate::serial;
use crate::text;
use serde::{Deserialize, Serialize};

/// A text in comparable form, from one reading of one piece of a photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spelling {
    /// Normalised text: A-Z and 0-9.
    pub text: String,
    /// Mean confidence of the reading, 0 to 1.
    pub confidence: f32,
    /// One per character of `text`, in upper case; empty where a service reports none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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

    /// Like [`Spelling::weakest`], but of what else a character could be, only that counts which makes a text that some
    /// state issues: a K before four digits may be an X, and hardly a 4.
    ///
    /// It is the weakest character's own probability where no state issues the text as it is.
    pub fn weakest_contested(&self) -> f32 {
        if !serial::fits_any(&self.text) {
            return self.weakest();
        }
        let uncontested = |(position, character): (usize, &Character)| {
            let hopeless =
                character.alternatives.iter().filter(|other| !serial::fits_any(&self.with(position, other.symbol)));
            (character.confidence + hopeless.map(|other| other.confidence).sum::<f32>()).min(1.0)
        };
        self.characters.iter().enumerate().map(uncontested).reduce(f32::min).unwrap_or(self.confidence)
    }

    /// The text with another character at one position.
    pub(crate) fn with(&self, position: usize, symbol: char) -> String {
        self.text.chars().enumerate().map(|(index, c)| if index == position { symbol } else { c }).collect()
    }

    /// True when the text has as many characters as plates have.
    pub fn fits_a_plate(&self) -> bool {
        (text::SHORTEST..=text::LONGEST).contains(&self.text.len())
    }
}

/// A character and its alternatives in upper case; the probabilities of both cases are one character's.
fn in_upper_case(character: &Character) -> Character {
    let mut out = Character {
        symbol: character.symbol.to_ascii_uppercase(),
        confidence: character.confidence,
        alternatives: Vec::new(),
    };
    for other in character.alternatives.iter().filter(|other| other.symbol.is_ascii_alphanumeric()) {
        let upper = other.symbol.to_ascii_uppercase();
        if upper == out.symbol {
            out.confidence = (out.confidence + other.confidence).min(1.0);
        } else if let Some(seen) = out.alternatives.iter_mut().find(|seen| seen.symbol == upper) {
            seen.confidence += other.confidence;
        } else {
            out.alternatives.push(Alternative { symbol: upper, confidence: other.confidence });
        }
    }
    out
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
    fn both_cases_of_a_letter_are_one_character() {
        let mut read = characters("o1");
        let alternative = |symbol, confidence| Alternative { symbol, confidence };
        read[0].alternatives =
            vec![alternative('O', 0.3), alternative('d', 0.1), alternative('D', 0.05), alternative('-', 0.05)];
        let spelling = Spelling::normalised("o1", 0.5, &read);
        assert_eq!(spelling.characters[0].alternatives, [alternative('D', 0.1 + 0.05)]);
        assert!((spelling.characters[0].confidence - 0.8).abs() < 1e-6);
    }

    #[test]
    fn only_alternatives_that_a_state_could_issue_contest_a_character() {
        let contested = |text: &str, position: usize, symbol| {
            let mut read: Vec<Character> = characters(text);
            read.iter_mut().for_each(|character| character.confidence = 0.98);
            read[position] = Character {
                confidence: 0.6,
                alternatives: vec![Alternative { symbol, confidence: 0.3 }],
                ..read[position].clone()
            };
            Spelling::normalised(text, 0.9, &read).weakest_contested()
        };
        // Missouri issues AA9A9A, and nobody AA9AAA.
        assert!((contested("KL3B8K", 4, 'B') - 0.9).abs() < 1e-6);
        assert!((contested("KL3B8K", 5, 'X') - 0.6).abs() < 1e-6);
        // A dash instead of the character, and a text that no state issues, are another matter.
        assert!((contested("KL3B8K", 4, '-') - 0.6).abs() < 1e-6);
        assert!((contested("K3LB8K", 4, 'B') - 0.6).abs() < 1e-6);
    }
}
