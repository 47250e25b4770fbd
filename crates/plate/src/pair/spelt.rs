//! Which texts the pixels allow, and how well each fits.
//!
//! A recogniser lists the texts that it saw in the pixels, with how probable it thinks each. That list is wider than it
//! looks: characters of one shape (O and 0) are told apart by nothing but the issuer's series, a B is read as an 8 more
//! often than any network admits, and an ornament between two groups is read as a character. Each such text is listed here
//! with what it costs to believe it, so that series and issuers may choose among them.

use crate::confusable;
use crate::text::{LONGEST, SHORTEST};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A text, and how well it fits what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spelt {
    /// Normalised text: A-Z and 0-9.
    pub text: String,
    /// Natural logarithm of how probable what was seen is under this text, relative to the best one; at most 0.
    pub fit: f32,
}

/// A text that a recogniser lists for a plate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// Normalised text.
    pub text: &'a str,
    /// How probable it is to the recogniser, 0 to 1.
    pub confidence: f32,
    /// Probability of each character; empty where it tells none.
    pub characters: &'a [f32],
}

/// Texts kept at most.
const MOST_SPELLINGS: usize = 64;
/// Texts of a recogniser that are looked at, at most.
const MOST_SEEN: usize = 12;
/// Texts that fit worse than this (natural logarithm) are not worth a thought.
const LEAST_FIT: f32 = -9.0;
/// Characters of which most issuers' plates have only one shape, and how much less probable the other reading is: networks
/// have seen more letters O among letters than plates have.
const ONE_SHAPE: [(char, char, f32); 2] = [('O', '0', 0.6), ('I', '1', 0.15)];
/// How probable it is that one of two characters that are alike ([`confusable::PAIRS`]) is read as the other, however clear.
const ALIKE: f32 = 0.004;
/// How probable it is that a character is none but an ornament, where the network is not sure of it at all; less by how
/// sure it is.
const ORNAMENT: f32 = 0.05;
/// A character of which the network doubts less than this is one.
const LEAST_DOUBT: f32 = 0.1;

/// The texts that a recogniser's list allows, the best first; empty where the list is.
pub fn spellings(seen: &[Seen<'_>]) -> Vec<Spelt> {
    let Some(first) = seen.first() else { return Vec::new() };
    let mut read = Spellings::default();
    for other in seen.iter().take(MOST_SEEN) {
        let fit = fit_beside(other, first);
        read.add(other.text.to_owned(), fit);
        for (text, without) in without_ornament(first, other.text) {
            read.add(text, fit + without);
        }
    }
    let mut alike = read.clone();
    for (text, fit) in &read.0 {
        for (position, c) in text.chars().enumerate() {
            for other in confusable::alike(c).filter(|other| of_one_shape(c, *other).is_none()) {
                alike.add(replaced(text, position, other), fit + ALIKE.ln());
            }
        }
    }
    let mut all = Spellings::default();
    for spelt in alike.best() {
        all.add_shapes(&spelt.text, spelt.fit, 0);
        all.add(spelt.text, spelt.fit);
    }
    all.best()
}

/// How well a listed text fits beside the first one: natural logarithm, at most 0.
fn fit_beside(other: &Seen<'_>, first: &Seen<'_>) -> f32 {
    let ratio = other.confidence / first.confidence.max(f32::MIN_POSITIVE);
    // A recogniser that knows nothing of its first text still read it; `min` would make a certainty of what is no number.
    if ratio >= 1.0 || other.text == first.text { 0.0 } else { ratio.ln() }
}

/// A listed text without one of its characters, for each that may be an ornament: those stand between groups. How sure each is,
/// is told of the first text; another one of its length has the same ornament where it has the same character.
fn without_ornament(first: &Seen<'_>, text: &str) -> Vec<(String, f32)> {
    let length = first.text.len();
    if first.characters.len() != length || text.len() != length || length <= SHORTEST || length > LONGEST {
        return Vec::new();
    }
    let doubts = first.characters.iter().map(|sure| 1.0 - sure);
    let is_shared = |position: usize| first.text.chars().nth(position) == text.chars().nth(position);
    let without = |position: usize| {
        text.chars().enumerate().filter(move |(at, _)| *at != position).map(|(_, c)| c).collect::<String>()
    };
    let inside = doubts.enumerate().skip(1).take(length.saturating_sub(2));
    let doubtful = inside.filter(|(at, doubt)| *doubt >= LEAST_DOUBT && is_shared(*at));
    doubtful.map(|(at, doubt)| (without(at), (ORNAMENT * doubt).ln())).collect()
}

/// Texts with the best fit found for each.
#[derive(Debug, Clone, Default)]
struct Spellings(BTreeMap<String, f32>);

impl Spellings {
    fn add(&mut self, text: String, fit: f32) {
        // A fit that is no number allows nothing. No issuer has longer texts, and a long one would have shapes without number.
        if fit.is_nan() || fit < LEAST_FIT || text.len() > LONGEST {
            return;
        }
        self.0.entry(text).and_modify(|known| *known = known.max(fit)).or_insert(fit);
    }

    /// Adds every text that has the shape of this one, from a position on.
    fn add_shapes(&mut self, text: &str, fit: f32, from: usize) {
        for (position, c) in text.chars().enumerate().skip(from) {
            for (other, likeness) in shapes_of(c) {
                let (twin, fit) = (replaced(text, position, other), fit + likeness.ln());
                self.add(twin.clone(), fit);
                self.add_shapes(&twin, fit, position + 1);
            }
        }
    }

    fn best(self) -> Vec<Spelt> {
        let mut all: Vec<Spelt> = self.0.into_iter().map(|(text, fit)| Spelt { text, fit }).collect();
        all.sort_by(|a, b| b.fit.total_cmp(&a.fit).then_with(|| a.text.cmp(&b.text)));
        all.truncate(MOST_SPELLINGS);
        all
    }
}

fn replaced(text: &str, position: usize, by: char) -> String {
    text.chars().enumerate().map(|(at, c)| if at == position { by } else { c }).collect()
}

/// The other characters of this one's shape, with how probable each is.
fn shapes_of(c: char) -> impl Iterator<Item = (char, f32)> {
    ONE_SHAPE.iter().filter_map(move |(a, b, likeness)| {
        (*a == c).then_some((*b, *likeness)).or_else(|| (*b == c).then_some((*a, *likeness)))
    })
}

fn of_one_shape(a: char, b: char) -> Option<f32> {
    shapes_of(a).find(|(other, _)| *other == b).map(|(_, likeness)| likeness)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(seen: &[(&str, f32)]) -> Vec<Spelt> {
        let seen: Vec<Seen<'_>> =
            seen.iter().map(|(text, confidence)| Seen { text, confidence: *confidence, characters: &[] }).collect();
        spellings(&seen)
    }

    fn fit(spellings: &[Spelt], text: &str) -> f32 {
        spellings.iter().find(|spelt| spelt.text == text).map_or(f32::NEG_INFINITY, |spelt| spelt.fit)
    }

    #[test]
    fn a_zero_for_an_o_fits_nearly_as_well_and_a_b_for_an_8_does_not() {
        let found = fits(&[("GTOX8B", 0.98)]);
        assert_eq!(found[0], Spelt { text: "GTOX8B".to_owned(), fit: 0.0 });
        assert!(fit(&found, "GT0X8B") > -0.7);
        assert!((-7.0..-4.0).contains(&fit(&found, "GTOXBB")));
        assert_eq!(fit(&found, "GTOX7B"), f32::NEG_INFINITY);
    }

    #[test]
    fn every_combination_of_shapes_is_tried() {
        let found = fits(&[("IO0", 0.9)]);
        for text in ["IO0", "I00", "IOO", "I0O", "1O0", "100", "1OO", "10O"] {
            assert!(fit(&found, text) > -3.0, "{text} {found:?}");
        }
    }

    #[test]
    fn what_the_recogniser_lists_counts_by_its_confidence() {
        let found = fits(&[("ABC123", 0.6), ("ABC129", 0.3), ("ABC23", f32::NAN)]);
        assert!((fit(&found, "ABC129") - 0.5_f32.ln()).abs() < 1e-6);
        assert!(found.iter().all(|spelt| spelt.fit <= 0.0 && spelt.fit.is_finite()));
        assert_eq!(fit(&found, "ABC23"), f32::NEG_INFINITY);
    }

    #[test]
    fn only_a_character_that_is_not_sure_may_be_an_ornament() {
        let characters = [0.99, 0.99, 0.99, 0.4, 0.99, 0.99, 0.99];
        let found = spellings(&[Seen { text: "CJUCJ79", confidence: 0.8, characters: &characters }]);
        assert!(fit(&found, "CJUJ79") > -4.0 && fit(&found, "CJUCJ7") < -9.0, "{found:?}");
    }

    #[test]
    fn an_ornament_is_one_in_every_listed_text_that_has_it() {
        let characters = [0.99, 0.99, 0.99, 0.7, 0.99, 0.8, 0.99];
        let first = Seen { text: "SHQERZX", confidence: 0.5, characters: &characters };
        let listed = |text| Seen { text, confidence: 0.3, characters: &[] };
        let found = spellings(&[first, listed("SHQER7X"), listed("SHQLR7X")]);
        assert!((-6.0..-4.0).contains(&fit(&found, "SHQR7X")), "{found:?}");
        let other = spellings(&[first, listed("SHQLR7X")]);
        assert_eq!(fit(&other, "SHQR7X"), f32::NEG_INFINITY, "of an L nothing is told");
    }

    #[test]
    fn a_list_of_nothing_allows_nothing_and_a_long_one_is_cut() {
        assert!(spellings(&[]).is_empty());
        assert!(fits(&[("OIOIOIOI", 0.9), ("0101B8B8", 0.9)]).len() <= MOST_SPELLINGS);
        // A service may send 64 characters, whose shapes are more than can be tried.
        let long = "O0".repeat(32);
        assert!(fits(&[(long.as_str(), 0.9)]).is_empty());
        let found = fits(&[(long.as_str(), 0.9), ("ABC123", 0.8)]);
        assert!(found.iter().all(|spelt| spelt.text.len() == 6) && fit(&found, "ABC123") > -1.0, "{found:?}");
    }
}
