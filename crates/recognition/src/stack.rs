//! Plates whose first two letters are small and stand above each other, before digits of full height.
//!
//! The network reads one line, so of such a pair it sees nothing or some other character. Here the pair is laid side by
//! side in front of the digits, and the line that results is read. It counts only where the digits stay what they were.

use crate::crop::{self, HEIGHT};
use crate::raster::Raster;
use std::ops::RangeInclusive;
use tollbooth_plate::{Quad, Spelling, consensus};

/// Digits of full height on a plate with a stacked pair.
const DIGITS: RangeInclusive<usize> = 4..=5;
/// Width of a stacked letter, of a digit's with the gap behind it.
const PAIR_WIDTH: f32 = 0.66;
/// Blank that the detector leaves before and behind a text, in heights of its box.
const MARGIN: f32 = 0.08;
/// How much narrower than twice as large a stacked letter is drawn, so that it looks like the digits.
const NARROWED: f32 = 0.75;
/// A first character read with at least this probability is one.
const CLEAR: f32 = 0.95;
/// Probability that both letters must have.
const LEAST_LETTER: f32 = 0.5;

/// Digits that may stand behind a stacked pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspicion {
    pub digits: String,
    /// True when one clear character was read where the pair may be: then a pair is another opinion, not a better one.
    pub is_contradicted: bool,
}

/// Where a pair may be, going by the votes so far: before a text of digits alone, or in place of the first character.
/// The likelier text comes first.
pub(crate) fn suspicions(votes: &[Spelling]) -> Vec<Suspicion> {
    let Some(consensus) = consensus::count(votes) else { return Vec::new() };
    let Some(winner) = consensus.tallies.first() else { return Vec::new() };
    let are_digits = |text: &str| DIGITS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let is_clear = consensus.agreement.is_unanimous() && winner.characters.first().is_none_or(|first| *first >= CLEAR);
    let begins_with_letter = winner.text.starts_with(|first: char| first.is_ascii_uppercase());
    // A clear first digit is a digit: no letters look like one.
    let behind_first = winner.text.get(1..).filter(|_| begins_with_letter || !is_clear);
    [(Some(winner.text.as_str()), false), (behind_first, is_clear)]
        .into_iter()
        .filter_map(|(text, is_contradicted)| Some((text.filter(|text| are_digits(text))?, is_contradicted)))
        .map(|(text, is_contradicted)| Suspicion { digits: text.to_owned(), is_contradicted })
        .collect()
}

/// The line under the quad with its stacked pair laid side by side, for the recognition network; `digits` follow the pair.
pub(crate) fn laid_flat(photo: &Raster, quad: &Quad, digits: usize) -> Option<Raster> {
    let line = crop::straightened(photo, quad);
    let margin = MARGIN * line.height as f32;
    let pitch = (line.width as f32 - 2.0 * margin) / (digits as f32 + PAIR_WIDTH);
    let pair = (margin + PAIR_WIDTH * pitch).round() as usize;
    let half = line.height / 2;
    if pair == 0 || half == 0 || pair >= line.width {
        return None;
    }
    let scale = HEIGHT as f32 / line.height as f32;
    let width = |width: usize, scale: f32| ((width as f32 * scale).round() as usize).clamp(1, crop::WIDEST);
    let letter = |y: usize| line.part(0, y, pair, half).resized(width(pair, 2.0 * NARROWED * scale), HEIGHT);
    let rest = line.part(pair, 0, line.width - pair, line.height).resized(width(line.width - pair, scale), HEIGHT);
    Some(Raster::side_by_side(&[letter(0), letter(line.height - half), rest]))
}

/// True when a reading of the line laid flat is two letters and the digits that were there before.
pub(crate) fn is_confirmed(read: &Spelling, digits: &str) -> bool {
    let letters = read.text.strip_suffix(digits).filter(|letters| letters.len() == 2);
    letters.is_some_and(|letters| letters.bytes().all(|b| b.is_ascii_uppercase()))
        && read.characters.iter().take(2).all(|letter| letter.confidence >= LEAST_LETTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};
    use tollbooth_plate::Character;

    fn vote(text: &str, first: f32) -> Spelling {
        let confidence = |index| if index == 0 { first } else { 0.99 };
        let character = |(index, symbol)| Character { symbol, confidence: confidence(index), alternatives: Vec::new() };
        Spelling {
            text: text.to_owned(),
            confidence: 0.99,
            characters: text.chars().enumerate().map(character).collect(),
        }
    }

    #[test]
    fn digits_alone_and_digits_behind_one_character_may_follow_a_pair() {
        let suspicions = |votes: &[Spelling]| {
            super::suspicions(votes).into_iter().map(|each| (each.digits, each.is_contradicted)).collect::<Vec<_>>()
        };
        for (votes, expected) in [
            (vec![vote("82590", 0.99)], vec![("82590", false)]),
            (vec![vote("W66543", 0.8)], vec![("66543", false)]),
            (vec![vote("W66543", 0.99)], vec![("66543", true)]),
            (vec![vote("Y5963", 0.99), vote("45963", 0.7)], vec![("5963", false)]),
            (vec![vote("15963", 0.6)], vec![("15963", false), ("5963", false)]),
            (vec![vote("ABC1234", 0.6)], vec![]),
            (vec![vote("1234567", 0.6)], vec![]),
            (vec![], vec![]),
        ] {
            let expected: Vec<(String, bool)> = expected.into_iter().map(|(text, is)| (text.to_owned(), is)).collect();
            assert_eq!(suspicions(&votes), expected, "{votes:?}");
        }
    }

    #[test]
    fn only_two_letters_before_the_same_digits_confirm_a_pair() {
        assert!(is_confirmed(&vote("PU82590", 0.9), "82590"));
        for (read, first) in [("PU82596", 0.9), ("P82590", 0.9), ("8U82590", 0.9), ("PU82590", 0.3), ("82590", 0.9)] {
            assert!(!is_confirmed(&vote(read, first), "82590"), "{read}");
        }
    }

    /// Red above green, then blue: the order of a pair and its digits.
    #[test]
    fn the_upper_letter_comes_first_then_the_lower_one_then_the_digits() {
        let photo = Raster::from_rgb(RgbImage::from_fn(160, 40, |x, y| {
            if x >= 24 {
                Rgb([0, 0, 200])
            } else if y < 20 {
                Rgb([200, 0, 0])
            } else {
                Rgb([0, 200, 0])
            }
        }));
        let line = laid_flat(&photo, &Quad::upright(0.0, 0.0, 160.0, 40.0), 5).unwrap();
        assert_eq!(line.height, HEIGHT);
        let colours: Vec<usize> = line
            .row(HEIGHT / 2)
            .chunks_exact(3)
            .map(|pixel| (0..3).max_by_key(|channel| pixel[*channel]).unwrap())
            .collect();
        let changes: Vec<usize> = colours.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
        assert_eq!(changes, [0, 1, 2]);
    }

    #[test]
    fn a_line_too_small_to_be_taken_apart_is_left_alone() {
        let photo = Raster::from_rgb(RgbImage::new(8, 8));
        assert!(laid_flat(&photo, &Quad::upright(0.0, 0.0, 1.0, 1.0), 5).is_none());
    }
}
