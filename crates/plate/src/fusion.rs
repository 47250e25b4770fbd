//! What several readings of one plate say of its characters together.
//!
//! Every crop that was read says how probable each character is at each position. Their mean, position by position, ranks
//! the texts that may stand there; one that no crop read as a whole may well be the right one.

use crate::confusable::fold;
use crate::spelling::Spelling;

/// Texts kept at most.
const MOST_TEXTS: usize = 8;
/// Texts followed from position to position.
const MOST_PARTIAL: usize = 64;
/// Characters tried at one position.
const MOST_AT_POSITION: usize = 6;
/// Texts that fit worse than this (natural logarithm) are not worth a thought.
const LEAST_FIT: f32 = -6.0;
/// A reading that does not have a character among its alternatives gives it this probability.
const FLOOR: f32 = 1e-4;
/// Power of a vote's mean probability in its weight, as when votes are counted.
const MEAN_POWER: i32 = 4;

/// The texts of the winner's length that the votes allow, best first, each with its fit: the natural logarithm of how
/// probable it is beside the best one, at most 0. Of texts that differ in O and 0, I and 1 alone, only the best is listed,
/// for no network tells them apart. None where no vote tells its characters.
pub(crate) fn texts(votes: &[Spelling], winner: &str) -> Vec<(String, f32)> {
    let speaking: Vec<(&Spelling, f32)> = votes
        .iter()
        .filter(|vote| speaks_of(vote, winner))
        .map(|vote| (vote, vote.mean().powi(MEAN_POWER) * vote.weakest()))
        .collect();
    let total: f32 = speaking.iter().map(|(_, weight)| weight).sum();
    if total.is_nan() || total <= 0.0 {
        return Vec::new();
    }
    let mut partial: Vec<(String, f32)> = vec![(String::new(), 0.0)];
    for position in 0..winner.len() {
        let here = fits_at(position, &speaking, total);
        partial = partial
            .iter()
            .flat_map(|(text, fit)| here.iter().map(move |(c, more)| (format!("{text}{c}"), fit + more)))
            .collect();
        partial.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        partial.truncate(MOST_PARTIAL);
    }
    let best = partial.first().map_or(0.0, |(_, fit)| *fit);
    let mut out: Vec<(String, f32)> = Vec::new();
    for (text, fit) in partial.into_iter().filter(|(_, fit)| fit - best >= LEAST_FIT) {
        if out.len() < MOST_TEXTS && out.iter().all(|(seen, _)| fold(seen) != fold(&text)) {
            out.push((text, fit - best));
        }
    }
    out
}

/// True when a vote has a character for each of the winner's, most of them the same.
fn speaks_of(vote: &Spelling, winner: &str) -> bool {
    let differences = vote.text.chars().zip(winner.chars()).filter(|(a, b)| a != b).count();
    vote.text.len() == winner.len() && vote.characters.len() == winner.len() && 2 * differences < winner.len()
}

/// The characters that may stand at a position, with the logarithms of how well they fit, best first.
fn fits_at(position: usize, votes: &[(&Spelling, f32)], total: f32) -> Vec<(char, f32)> {
    let fit =
        |c: char| votes.iter().map(|(vote, weight)| weight * seen_as(vote, position, c).max(FLOOR).ln()).sum::<f32>();
    let mut here: Vec<(char, f32)> = ('A'..='Z').chain('0'..='9').map(|c| (c, fit(c) / total)).collect();
    here.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    here.truncate(MOST_AT_POSITION);
    here
}

/// How probable a vote thinks a character at a position.
fn seen_as(vote: &Spelling, position: usize, c: char) -> f32 {
    let Some(character) = vote.characters.get(position) else { return FLOOR };
    let others = character.alternatives.iter().map(|other| (other.symbol, other.confidence));
    std::iter::once((character.symbol, character.confidence))
        .chain(others)
        .filter(|(symbol, _)| *symbol == c)
        .map(|(_, probability)| probability)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::{Alternative, Character};

    fn vote(text: &str) -> Spelling {
        let characters: Vec<Character> =
            text.chars().map(|symbol| Character { symbol, confidence: 0.99, alternatives: Vec::new() }).collect();
        Spelling::normalised(text, 0.99, &characters)
    }

    fn doubtful(text: &str, position: usize, confidence: f32, other: char, its: f32) -> Spelling {
        let mut vote = vote(text);
        vote.characters[position].confidence = confidence;
        vote.characters[position].alternatives = vec![Alternative { symbol: other, confidence: its }];
        vote
    }

    #[test]
    fn what_no_crop_read_as_a_whole_is_listed_where_its_characters_were_seen() {
        let votes = [doubtful("DK225S", 3, 0.6, 'Z', 0.35), doubtful("DK225S", 3, 0.55, 'Z', 0.4)];
        let found = texts(&votes, "DK225S");
        assert!(found.iter().any(|(text, fit)| text == "DK2Z5S" && *fit > -1.0), "{found:?}");
        assert_eq!(found[0].1, 0.0);
    }

    #[test]
    fn texts_of_one_shape_are_listed_once() {
        let found = texts(&[doubtful("CHO123", 2, 0.6, '0', 0.35)], "CHO123");
        assert_eq!(found, [("CHO123".to_owned(), 0.0)]);
    }

    #[test]
    fn votes_of_another_length_or_for_something_else_have_no_say() {
        let found = texts(&[vote("ABC123"), vote("ABC1234"), vote("XYZ987")], "ABC123");
        assert_eq!(found.len(), 1);
        assert!(texts(&[vote("ABC1234")], "ABC123").is_empty());
    }
}
