//! Readings to choose from: each line of text alone, and neighbours that may be two halves of one plate.
//!
//! Detectors split a plate at a wide gap or an emblem ("ABC * 1234"). Both views are offered, the parts and
//! the whole; choosing is the picker's business.

use crate::geometry::Quad;
use crate::line::{Alternative, Character, TextLine};
use crate::noise::{self, Noise};
use crate::text;

/// Largest gap between the two halves, in heights of the taller one.
const WIDEST_GAP: f32 = 1.6;

/// Smallest height of the shorter half, as a share of the taller one.
const LEAST_HEIGHT_RATIO: f32 = 0.7;

/// Largest distance of the two centre lines, in heights of the taller half.
const LARGEST_STEP: f32 = 0.35;

/// A text that could be a plate, with the lines it was made from.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Indices of the lines, left to right.
    pub lines: Vec<usize>,
    pub quad: Quad,
    /// Normalised text.
    pub text: String,
    /// Mean confidence of the lines, weighted by characters.
    pub confidence: f32,
    /// Lowest detection score among the lines.
    pub detection: f32,
    /// One per character of `text`, upper case; empty where a service reports none.
    pub characters: Vec<Character>,
    pub noise: Option<Noise>,
}

impl Reading {
    /// Probability of the least sure character; the mean where single ones are not reported.
    pub fn weakest_character(&self) -> f32 {
        self.characters.iter().map(|character| character.confidence).reduce(f32::min).unwrap_or(self.confidence)
    }
}

/// Every line alone, then every pair of neighbours that may belong together.
pub(crate) fn readings(lines: &[TextLine]) -> Vec<Reading> {
    let mut out: Vec<Reading> = lines.iter().enumerate().map(|(index, line)| single(index, line)).collect();
    let mut pairs = Vec::new();
    for left in &out {
        for right in &out {
            if are_halves(left, right) {
                pairs.push(join(left, right));
            }
        }
    }
    out.append(&mut pairs);
    out
}

fn single(index: usize, line: &TextLine) -> Reading {
    Reading {
        lines: vec![index],
        quad: line.quad,
        text: text::normalise(&line.text),
        confidence: line.confidence,
        detection: line.detection,
        characters: normalised_characters(line),
        noise: noise::kind(&line.text),
    }
}

/// The characters that survive normalising; none at all unless they spell the normalised text.
fn normalised_characters(line: &TextLine) -> Vec<Character> {
    let characters: Vec<Character> =
        line.characters.iter().filter(|c| c.symbol.is_ascii_alphanumeric()).map(normalised).collect();
    let spelt: String = characters.iter().map(|c| c.symbol).collect();
    if spelt == text::normalise(&line.text) { characters } else { Vec::new() }
}

fn normalised(character: &Character) -> Character {
    let symbol = character.symbol.to_ascii_uppercase();
    let mut alternatives: Vec<Alternative> = Vec::new();
    for other in &character.alternatives {
        let upper = other.symbol.to_ascii_uppercase();
        let known = upper == symbol || alternatives.iter().any(|seen| seen.symbol == upper);
        if upper.is_ascii_alphanumeric() && !known {
            alternatives.push(Alternative { symbol: upper, confidence: other.confidence });
        }
    }
    Character { symbol, confidence: character.confidence, alternatives }
}

/// True when `right` continues `left` on the same plate.
fn are_halves(left: &Reading, right: &Reading) -> bool {
    let usable = |reading: &Reading| reading.noise.is_none() && (1..text::LONGEST).contains(&reading.text.len());
    if !usable(left) || !usable(right) || left.text.len() + right.text.len() > text::LONGEST {
        return false;
    }
    let (a, b) = (left.quad.height(), right.quad.height());
    let tall = a.max(b);
    if tall <= 0.0 || a.min(b) / tall < LEAST_HEIGHT_RATIO {
        return false;
    }
    let gap = right.quad.extent()[0] - left.quad.extent()[2];
    // Detected boxes are widened and may overlap a little.
    if gap > WIDEST_GAP * tall || gap < -0.5 * tall {
        return false;
    }
    // Follow the text's own slope from one centre to the other, so that tilted plates join too.
    let ([ax, ay], [bx, by]) = (left.quad.centre(), right.quad.centre());
    let expected = ay + (bx - ax) * left.quad.slope().tan();
    bx > ax && (by - expected).abs() <= LARGEST_STEP * tall
}

fn join(left: &Reading, right: &Reading) -> Reading {
    let (a, b) = (left.text.len() as f32, right.text.len() as f32);
    let both_known = left.characters.len() == left.text.len() && right.characters.len() == right.text.len();
    let characters =
        if both_known { [left.characters.as_slice(), right.characters.as_slice()].concat() } else { Vec::new() };
    Reading {
        lines: [left.lines.as_slice(), right.lines.as_slice()].concat(),
        quad: left.quad.union(&right.quad),
        text: format!("{}{}", left.text, right.text),
        confidence: (left.confidence * a + right.confidence * b) / (a + b),
        detection: left.detection.min(right.detection),
        characters,
        noise: None,
    }
}
