//! How probable it is that an issuer puts a text on a plate.
//!
//! Three kinds of plate: standard series ([`crate::serial`]), personalised ones, which write words, and all others
//! (trucks, trailers, fleets, older and special bases), of which only the typical shape is known. The shares are
//! estimates: personalised plates from the American Association of Motor Vehicle Administrators' survey of 2007 (3.8 % of
//! registrations; the extremes are listed below), the rest from the photos that this project was measured
//! on, of which one in thirty shows a plate outside its issuer's listed series.

use super::traffic::Traffic;
use crate::keying::{KeyingRule, Rules};
use crate::serial;
use std::borrow::Cow;

/// Share of personalised plates where the survey's figure is not at hand: a little over the mean.
const PERSONALISED: f64 = 0.04;
/// The survey's figures for the states that stand out.
const PERSONALISED_IN: [(&str, f64); 8] = [
    ("us-tx", 0.006),
    ("us-va", 0.16),
    ("us-nh", 0.14),
    ("us-il", 0.134),
    ("us-nv", 0.127),
    ("us-mt", 0.098),
    ("us-me", 0.098),
    ("us-ct", 0.081),
];
/// Share of plates of other series than those listed.
const OTHER: f64 = 0.03;
/// How much more often the first pattern of an issuer is seen than each of the others: it is the one issued today.
const CURRENT_WEIGHT: f64 = 6.0;
/// How often a letter that looks like a digit is issued, compared with others, where no rule says.
const LOOKALIKE_LETTER: f64 = 0.15;
/// Letters in a series without I and O.
const SERIES_LETTERS: f64 = 24.0;
/// Share of personalised plates that begin with a letter.
const PERSONALISED_LETTERS: f64 = 0.72;
/// How often a 0 stands on a personalised plate compared with other digits: where a word has an O, it is an O.
const PERSONALISED_ZERO: f64 = 0.15;
/// Chance of each length of a personalised text, from one character on.
const PERSONALISED_LENGTHS: [f64; 8] = [0.005, 0.01, 0.03, 0.1, 0.15, 0.24, 0.44, 0.025];
/// The same as [`CHANGES`] for personalised texts, which are words, and words with a number.
const PERSONALISED_CHANGES: [f64; 8] = [0.6, 0.25, 0.1, 0.03, 0.012, 0.005, 0.002, 0.001];
/// Chance of each length of any other text, from one character on.
const OTHER_LENGTHS: [f64; 8] = [0.005, 0.005, 0.01, 0.05, 0.13, 0.35, 0.4, 0.05];
/// Chance that so many times in a text letters follow digits or the other way round, from never on: near their shares in
/// the listed series (8, 59, 26, 5, 1 and 1 %), with more of what is all letters or digits.
const CHANGES: [f64; 8] = [0.22, 0.47, 0.24, 0.06, 0.006, 0.002, 0.001, 0.001];

/// A text, with what holds of it whoever issued it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Form<'a> {
    text: &'a str,
    personalised: f64,
    other: f64,
}

impl<'a> Form<'a> {
    /// Of a normalised text.
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, personalised: personalised(text), other: other(text) }
    }
}

/// What one issuer puts on plates.
#[derive(Debug, Clone)]
pub(super) struct Formats<'a> {
    rule: Option<KeyingRule<'a>>,
    patterns: &'static [&'static str],
    /// Share of each pattern among the issuer's standard plates.
    shares: Cow<'a, [f64]>,
    /// Share of personalised plates.
    words: f64,
}

/// How often each of an issuer's patterns is met where nothing more is known.
pub(super) fn usual_shares(patterns: usize) -> Vec<f64> {
    let weight = |index: usize| if index == 0 { CURRENT_WEIGHT } else { 1.0 };
    let total: f64 = (0..patterns).map(weight).sum();
    (0..patterns).map(|index| weight(index) / total).collect()
}

/// Share of vehicles whose plate has the form of this text, 0 to 1, if those of every issuer passed in proportion to its people:
/// how likely a text of this form is to be a standard plate's.
pub fn share_of_form(text: &str) -> f64 {
    let of = |issuer: &str| -> f64 {
        let patterns = serial::patterns(issuer);
        let shares = usual_shares(patterns.len());
        patterns.iter().zip(shares).filter(|(pattern, _)| serial::matches(pattern, text)).map(|(_, share)| share).sum()
    };
    Traffic::around("", 0.0).issuers().map(|(issuer, share)| share * of(issuer)).sum()
}

impl<'a> Formats<'a> {
    /// Of an issuer, `us-tx`, as its plates pass here and as it keys them; of one that is not known, what all have in common.
    pub(super) fn of(issuer: &str, traffic: &'a Traffic, rules: &'a Rules) -> Self {
        let words = PERSONALISED_IN.iter().find(|(code, _)| *code == issuer).map_or(PERSONALISED, |(_, share)| *share);
        let patterns = serial::patterns(issuer);
        let shares = match traffic.series(issuer).filter(|shares| shares.len() == patterns.len()) {
            Some(shares) => Cow::Borrowed(shares),
            None => Cow::Owned(usual_shares(patterns.len())),
        };
        Self { rule: rules.of(issuer), patterns, shares, words }
    }

    /// Probability of the text among the issuer's plates.
    pub(super) fn probability(&self, form: &Form<'_>) -> f64 {
        if self.rule.as_ref().is_some_and(|rule| form.text.chars().any(|c| rule.never.contains(c))) {
            return 0.0;
        }
        let listed = if self.patterns.is_empty() { 0.0 } else { 1.0 - self.words - OTHER };
        listed * self.in_series(form.text) + self.words * form.personalised + (1.0 - self.words - listed) * form.other
    }

    fn in_series(&self, text: &str) -> f64 {
        let share: f64 = self
            .patterns
            .iter()
            .zip(self.shares.iter())
            .filter(|(pattern, _)| serial::matches(pattern, text))
            .map(|(_, share)| share)
            .sum();
        if share > 0.0 { share * text.chars().map(|c| self.series_character(c)).product::<f64>() } else { 0.0 }
    }

    fn series_character(&self, c: char) -> f64 {
        if c.is_ascii_digit() {
            0.1
        } else if self.rule.as_ref().is_some_and(|rule| rule.never_in_series.contains(c)) {
            1e-4 / SERIES_LETTERS
        } else if matches!(c, 'O' | 'I' | 'Q') {
            LOOKALIKE_LETTER / SERIES_LETTERS
        } else {
            1.0 / SERIES_LETTERS
        }
    }
}

fn personalised(text: &str) -> f64 {
    let character = |c: char| match c {
        '0' => PERSONALISED_ZERO / 10.0,
        c if c.is_ascii_digit() => 0.1,
        _ => 1.0 / 26.0,
    };
    let begins =
        if text.starts_with(|c: char| c.is_ascii_digit()) { 1.0 - PERSONALISED_LETTERS } else { PERSONALISED_LETTERS };
    let changes = changes(text);
    let chance = PERSONALISED_CHANGES.get(changes).copied().unwrap_or(0.0);
    at_length(&PERSONALISED_LENGTHS, text.len()) * begins * chance
        / binomial(text.len().saturating_sub(1), changes).max(1.0)
        * text.chars().map(character).product::<f64>()
}

/// How many times letters follow digits or the other way round.
fn changes(text: &str) -> usize {
    text.as_bytes()
        .windows(2)
        .filter(|pair| pair.first().map(u8::is_ascii_digit) != pair.last().map(u8::is_ascii_digit))
        .count()
}

fn other(text: &str) -> f64 {
    let changes = changes(text);
    let shapes = 2.0 * binomial(text.len().saturating_sub(1), changes);
    let character = |c: char| match c {
        c if c.is_ascii_digit() => 0.1,
        'O' | 'I' | 'Q' => LOOKALIKE_LETTER / SERIES_LETTERS,
        _ => 1.0 / SERIES_LETTERS,
    };
    let chance = CHANGES.get(changes).copied().unwrap_or(0.0);
    at_length(&OTHER_LENGTHS, text.len()) * chance / shapes.max(1.0) * text.chars().map(character).product::<f64>()
}

fn at_length(chances: &[f64], length: usize) -> f64 {
    length.checked_sub(1).and_then(|index| chances.get(index)).copied().unwrap_or(0.0)
}

fn binomial(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n.saturating_sub(i)) as f64 / (i + 1) as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probability(issuer: &str, text: &str) -> f64 {
        Formats::of(issuer, &Traffic::around("", 0.0), &Rules::default()).probability(&Form::of(text))
    }

    #[test]
    fn a_zero_where_the_series_has_a_digit_beats_an_o_by_far() {
        assert!(probability("us-mo", "GT0X4B") > 0.0);
        let series = probability("us-mo", "AB1C2D") / probability("us-mo", "ABIC2D");
        assert!(series > 100.0, "{series}");
    }

    #[test]
    fn what_an_issuer_never_issues_has_no_probability_even_on_a_personalised_plate() {
        assert_eq!(probability("us-fl", "GATOR"), 0.0);
        assert!(probability("us-ga", "GATOR") > 0.0);
    }

    #[test]
    fn an_operator_s_rule_says_what_is_never_issued() {
        let (traffic, rules) = (Traffic::around("", 0.0), Rules::parse("us-ga never=O; us-fl").unwrap());
        let of = |issuer| Formats::of(issuer, &traffic, &rules).probability(&Form::of("GATOR"));
        assert_eq!(of("us-ga"), 0.0);
        assert!(of("us-fl") > 0.0);
    }

    #[test]
    fn a_personalised_word_has_an_o_and_no_zero() {
        assert!(probability("us-oh", "HLOKTY1") > 2.0 * probability("us-oh", "HL0KTY1"));
    }

    #[test]
    fn one_issuer_s_series_stands_out_among_all_issuers() {
        let missouri = probability("us-mo", "KL3B8K");
        assert!(["us-tx", "us-ca", "ca-on"].iter().all(|code| missouri > 50.0 * probability(code, "KL3B8K")));
    }

    #[test]
    fn forms_that_fleets_number_their_vehicles_in_are_rare_among_plates() {
        for number in ["XH0148", "AR350", "V9449", "C4129"] {
            assert!(share_of_form(number) < 0.01, "{number} {}", share_of_form(number));
        }
        for plate in ["BKD0101", "7ABC123", "ABC123", "123ABC"] {
            assert!(share_of_form(plate) > 0.05, "{plate} {}", share_of_form(plate));
        }
    }

    #[test]
    fn probabilities_of_all_texts_of_a_length_stay_below_one() {
        assert_eq!(binomial(6, 2), 15.0);
        let sum: f64 = ('A'..='Z').chain('0'..='9').map(|c| other(&c.to_string())).sum();
        assert!(sum <= 1.0);
    }
}
