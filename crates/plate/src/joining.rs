//! Readings to choose from: each line of text alone, and neighbours that may be two halves of one plate.
//!
//! Detectors split a plate at a wide gap or an emblem ("ABC * 1234"). Both views are offered, the parts and
//! the whole; choosing is the picker's business.

use crate::geometry::Quad;
use crate::line::TextLine;
use crate::noise::{self, Noise};
use crate::spelling::Spelling;
use crate::text;

/// Largest gap between the two halves, in heights of the taller one.
const WIDEST_GAP: f32 = 1.6;
/// Largest overlap of the two halves, in heights of the taller one: detected boxes are a little too wide.
const LARGEST_OVERLAP: f32 = 0.5;
/// Smallest height of the shorter half, as a share of the taller one.
const LEAST_HEIGHT_RATIO: f32 = 0.7;
/// Largest distance of the two centre lines, in heights of the taller half.
const LARGEST_STEP: f32 = 0.35;

/// Letters and digits mixed, in this number or more, are a plate by themselves.
const WHOLE: usize = 5;

/// A text that could be a plate, with the lines it was made from.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Indices of the lines, left to right.
    pub lines: Vec<usize>,
    pub quad: Quad,
    pub spelling: Spelling,
    pub noise: Option<Noise>,
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
        spelling: Spelling::normalised(&line.text, line.confidence, &line.characters),
        noise: noise::kind(&line.text),
    }
}

/// True when `right` continues `left` on the same plate.
fn are_halves(left: &Reading, right: &Reading) -> bool {
    let is_usable = |reading: &Reading| {
        reading.noise.is_none() && !reading.spelling.text.is_empty() && !is_whole(&reading.spelling.text)
    };
    let length = left.spelling.text.len() + right.spelling.text.len();
    if !is_usable(left) || !is_usable(right) || length > text::LONGEST {
        return false;
    }
    let (a, b) = (left.quad.height(), right.quad.height());
    let tall = a.max(b);
    if tall <= 0.0 || a.min(b) / tall < LEAST_HEIGHT_RATIO {
        return false;
    }
    let ([.., left_end, _], [right_start, ..]) = (left.quad.extent(), right.quad.extent());
    let gap = right_start - left_end;
    if gap > WIDEST_GAP * tall || gap < -LARGEST_OVERLAP * tall {
        return false;
    }
    // Follow the text's own slope from one centre to the other, so that tilted plates join too.
    let ([ax, ay], [bx, by]) = (left.quad.centre(), right.quad.centre());
    let expected = ay + (bx - ax) * left.quad.slope().tan();
    bx > ax && (by - expected).abs() <= LARGEST_STEP * tall
}

/// True when a text is so much like a whole plate that what stands beside it is something else.
fn is_whole(text: &str) -> bool {
    text.len() >= WHOLE && text::mixes_letters_and_digits(text)
}

fn join(left: &Reading, right: &Reading) -> Reading {
    let spelling = left.spelling.followed_by(&right.spelling);
    Reading {
        lines: [left.lines.as_slice(), right.lines.as_slice()].concat(),
        quad: left.quad.union(&right.quad),
        // Two halves may make a road sign: `15` and `MPH`.
        noise: noise::kind(&spelling.text),
        spelling,
    }
}
