//! Which texts the pixels allow, and how well each fits.
//!
//! Every crop that was read says how probable each character is at each position. Their mean, position by position, ranks
//! the texts; characters of one shape (O and 0) are hardly told apart by any network, so what it says about them counts
//! for little, and what the issuer's series say decides.

use crate::confusable;
use crate::spelling::Spelling;
use serde::{Deserialize, Serialize};

/// A text, and how well it fits what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spelt {
    /// Normalised text: A-Z and 0-9.
    pub text: String,
    /// Natural logarithm of how probable what was seen is under this text, relative to the best one; at most 0.
    pub fit: f32,
}

/// Texts kept at most.
const MOST_SPELLINGS: usize = 32;
/// Characters tried at one position.
const MOST_AT_POSITION: usize = 6;
/// Texts that fit worse than this are not worth a thought.
const LEAST_FIT: f64 = -9.0;
/// How probable it is that a character is read as one that it has nothing in common with.
const FLOOR: f64 = 1e-4;
/// The same for two that are alike ([`confusable::PAIRS`]).
const ALIKE: f64 = 0.004;
/// The same for two of which most issuers' plates have only one shape.
const ONE_SHAPE: [(char, char, f64); 2] = [('O', '0', 0.6), ('I', '1', 0.4)];
/// Power of a vote's mean probability in its weight, as when votes are counted.
const MEAN_POWER: i32 = 4;

/// The texts that votes for `winner` and its like allow, best first; none where no vote says anything about characters.
pub fn spellings(votes: &[Spelling], winner: &str) -> Vec<Spelt> {
    let alike: Vec<&Spelling> = votes.iter().filter(|vote| speaks_of(vote, winner)).collect();
    let weights: Vec<f64> = alike.iter().map(|vote| f64::from(vote.mean().powi(MEAN_POWER) * vote.weakest())).collect();
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mut partial: Vec<(String, f64)> = vec![(String::new(), 0.0)];
    for position in 0..winner.len() {
        let here = fits_at(position, &alike, &weights, total);
        partial = partial
            .iter()
            .flat_map(|(text, fit)| here.iter().map(move |(c, more)| (format!("{text}{c}"), fit + more)))
            .collect();
        partial.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        partial.truncate(2 * MOST_SPELLINGS);
    }
    let best = partial.first().map_or(0.0, |(_, fit)| *fit);
    partial
        .into_iter()
        .filter(|(_, fit)| fit - best >= LEAST_FIT)
        .take(MOST_SPELLINGS)
        .map(|(text, fit)| Spelt { text, fit: (fit - best) as f32 })
        .collect()
}

/// True when a vote has a character for each of the winner's, most of them the same.
fn speaks_of(vote: &Spelling, winner: &str) -> bool {
    let differences = vote.text.chars().zip(winner.chars()).filter(|(a, b)| a != b).count();
    vote.text.len() == winner.len() && vote.characters.len() == winner.len() && 2 * differences < winner.len()
}

/// The characters that may stand at a position, with the logarithms of how well they fit, best first.
fn fits_at(position: usize, votes: &[&Spelling], weights: &[f64], total: f64) -> Vec<(char, f64)> {
    let mut here: Vec<(char, f64)> = ('A'..='Z')
        .chain('0'..='9')
        .map(|c| {
            let sum: f64 = votes
                .iter()
                .zip(weights)
                .map(|(vote, weight)| weight * seen_as(vote, position, c).max(FLOOR).ln())
                .sum();
            (c, sum / total)
        })
        .collect();
    here.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    here.truncate(MOST_AT_POSITION);
    here
}

/// How probable what a vote saw at a position is when `c` stands there.
fn seen_as(vote: &Spelling, position: usize, c: char) -> f64 {
    let Some(character) = vote.characters.get(position) else { return FLOOR };
    let others = character.alternatives.iter().map(|other| (other.symbol, other.confidence));
    std::iter::once((character.symbol, character.confidence))
        .chain(others)
        .map(|(symbol, probability)| f64::from(probability) * likeness(symbol, c))
        .sum()
}

/// How probable it is to read `read` where `true_one` stands, compared with reading it rightly.
fn likeness(read: char, true_one: char) -> f64 {
    if read == true_one {
        return 1.0;
    }
    let of_one_shape = ONE_SHAPE
        .iter()
        .find(|(a, b, _)| (*a, *b) == (read, true_one) || (*b, *a) == (read, true_one))
        .map(|(_, _, likeness)| *likeness);
    of_one_shape.unwrap_or(if confusable::are_confusable(read, true_one) { ALIKE } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Alternative, Character};

    fn vote(text: &str) -> Spelling {
        let characters = text
            .chars()
            .map(|symbol| Character { symbol, confidence: 0.99, alternatives: Vec::new() })
            .collect::<Vec<_>>();
        Spelling::normalised(text, 0.99, &characters)
    }

    fn fit(spellings: &[Spelt], text: &str) -> f32 {
        spellings.iter().find(|spelt| spelt.text == text).map_or(f32::NEG_INFINITY, |spelt| spelt.fit)
    }

    #[test]
    fn a_zero_for_an_o_fits_nearly_as_well_and_a_b_for_an_8_does_not() {
        let found = spellings(&[vote("GTOX8B"), vote("GTOX8B")], "GTOX8B");
        assert_eq!(found[0], Spelt { text: "GTOX8B".to_owned(), fit: 0.0 });
        assert!(fit(&found, "GT0X8B") > -0.7);
        assert!((-7.0..-4.0).contains(&fit(&found, "GTOXBB")));
        assert_eq!(fit(&found, "GTOX7B"), f32::NEG_INFINITY);
    }

    #[test]
    fn what_the_network_thinks_of_an_alternative_counts() {
        let mut doubtful = vote("ABC123");
        doubtful.characters[5] = Character {
            symbol: '3',
            confidence: 0.6,
            alternatives: vec![Alternative { symbol: '9', confidence: 0.3 }],
        };
        assert!(fit(&spellings(&[doubtful], "ABC123"), "ABC129") > -0.8);
    }

    #[test]
    fn votes_of_another_length_or_for_something_else_have_no_say() {
        let found = spellings(&[vote("ABC123"), vote("ABC1234"), vote("XYZ987")], "ABC123");
        assert_eq!(found[0].text, "ABC123");
        let clear: Vec<_> =
            found.iter().filter(|spelt| spelt.fit > -3.0).map(|spelt| confusable::fold(&spelt.text)).collect();
        assert!(clear.iter().all(|text| text == "ABC123"), "{clear:?}");
        assert!(spellings(&[vote("ABC1234")], "ABC123").is_empty());
    }
}
