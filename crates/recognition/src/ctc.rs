//! From the recognition network's rows of probabilities to a text (CTC decoding, best path).
//!
//! Plain arg-max over all classes, and letters and digits are picked from the result afterwards: forcing
//! the decoder to A-Z and 0-9 reads emblems and dots as characters.

use tollbooth_plate::{Alternative, Character};

/// Class 0 is the blank that separates repeated characters.
pub(crate) const BLANK: usize = 0;
/// Alternatives kept for a character.
const MOST_ALTERNATIVES: usize = 3;
/// Alternatives less probable than this are noise.
const LEAST_ALTERNATIVE: f32 = 0.01;

/// A text with the probability of each character.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spelling {
    pub text: String,
    pub characters: Vec<Character>,
}

impl Spelling {
    /// Mean probability of the characters; 0 for an empty text.
    pub(crate) fn mean(&self) -> f32 {
        let sum: f32 = self.characters.iter().map(|character| character.confidence).sum();
        if self.characters.is_empty() { 0.0 } else { sum / self.characters.len() as f32 }
    }
}

/// Decodes rows of `classes` probabilities. `alphabet` holds the characters of classes 1, 2, …; classes
/// beyond it are spaces.
pub(crate) fn decode(values: &[f32], classes: usize, alphabet: &[char]) -> Spelling {
    let mut out = Spelling::default();
    let mut previous = BLANK;
    for row in values.chunks_exact(classes.max(1)) {
        let Some((class, probability)) = most_probable(row) else { continue };
        if class != BLANK && class != previous {
            let symbol = symbol_of(class, alphabet);
            out.text.push(symbol);
            let alternatives = alternatives(row, class, alphabet);
            out.characters.push(Character { symbol, confidence: probability, alternatives });
        }
        previous = class;
    }
    out
}

fn most_probable(row: &[f32]) -> Option<(usize, f32)> {
    // The first of equals wins, as in arg-max elsewhere.
    row.iter().copied().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best })
}

fn symbol_of(class: usize, alphabet: &[char]) -> char {
    class.checked_sub(1).and_then(|index| alphabet.get(index)).copied().unwrap_or(' ')
}

fn alternatives(row: &[f32], chosen: usize, alphabet: &[char]) -> Vec<Alternative> {
    let mut others: Vec<Alternative> = row
        .iter()
        .copied()
        .enumerate()
        .filter(|&(class, probability)| class != BLANK && class != chosen && probability >= LEAST_ALTERNATIVE)
        .map(|(class, confidence)| Alternative { symbol: symbol_of(class, alphabet), confidence })
        .collect();
    others.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    others.truncate(MOST_ALTERNATIVES);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHABET: [char; 3] = ['A', 'B', '0'];

    /// One row a step: the class and its probability, the rest spread over class 3.
    fn rows(steps: &[(usize, f32)]) -> Vec<f32> {
        steps
            .iter()
            .flat_map(|&(class, probability)| {
                let mut row = [0.0; 5];
                row[3] = 1.0 - probability;
                row[class] = probability;
                row
            })
            .collect()
    }

    fn text(steps: &[(usize, f32)]) -> String {
        decode(&rows(steps), 5, &ALPHABET).text
    }

    #[test]
    fn repeated_steps_are_one_character_and_a_blank_separates_two() {
        assert_eq!(text(&[(1, 0.9), (1, 0.8), (2, 0.9)]), "AB");
        assert_eq!(text(&[(1, 0.9), (0, 0.9), (1, 0.9)]), "AA");
    }

    #[test]
    fn the_class_behind_the_alphabet_is_a_space() {
        assert_eq!(text(&[(1, 0.9), (4, 0.9), (2, 0.9)]), "A B");
    }

    #[test]
    fn nothing_but_blanks_is_an_empty_text_with_confidence_zero() {
        let spelling = decode(&rows(&[(0, 0.9), (0, 0.9)]), 5, &ALPHABET);
        assert!(spelling.text.is_empty() && spelling.mean() == 0.0);
    }

    #[test]
    fn a_character_keeps_its_probability_and_its_alternatives() {
        let spelling = decode(&rows(&[(1, 0.7), (0, 1.0), (2, 0.9)]), 5, &ALPHABET);
        let first = &spelling.characters[0];
        assert_eq!((first.symbol, first.confidence), ('A', 0.7));
        assert_eq!(first.alternatives.len(), 1);
        assert_eq!(first.alternatives[0].symbol, '0');
        assert!((spelling.mean() - 0.8).abs() < 1e-6);
    }

    #[test]
    fn an_incomplete_last_row_is_ignored() {
        assert_eq!(decode(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 5, &ALPHABET).text, "A");
    }
}
