//! Texts that are no plate by themselves, but too large and too near to be passed over for one behind them.
//!
//! The picker prefers texts that mix letters and digits, as most plates do. Where the vehicle in front has a plate that is
//! a word, or digits with small letters that were not read, that preference picks the plate of the vehicle behind, or a
//! sticker. What is nearer to the camera is larger in the photo and lower down: names of makes stand above the plate.

use crate::geometry::Quad;
use crate::line::{ASPECTS, TextLine};
use crate::noise;
use crate::spelling::Spelling;
use crate::text;

/// Smallest height of such a text, as a share of the plate's text.
const LEAST_HEIGHT: f32 = 1.0;
/// How far its middle may be above the plate's, in heights of the plate's text.
const LARGEST_RISE: f32 = 1.0;
/// Mean probability of its characters below which it is texture.
const LEAST_CONFIDENCE: f32 = 0.7;

/// True when one of the lines, of letters or digits alone, is as tall as the plate's text and no higher up in the photo.
pub(crate) fn has_nearer_text(plate: &str, quad: &Quad, lines: &[TextLine]) -> bool {
    lines.iter().any(|line| {
        let spelling = Spelling::normalised(&line.text, line.confidence, &line.characters);
        let other = &spelling.text;
        spelling.fits_a_plate()
            && !text::mixes_letters_and_digits(other)
            && spelling.mean() >= LEAST_CONFIDENCE
            && is_no_smaller_and_no_higher(&line.quad, quad)
            && ASPECTS.contains(&line.quad.aspect())
            && !plate.contains(other)
            && !other.contains(plate)
            && noise::kind(&line.text).is_none()
    })
}

fn is_no_smaller_and_no_higher(other: &Quad, plate: &Quad) -> bool {
    let ([_, other_y], [_, plate_y]) = (other.centre(), plate.centre());
    other.height() >= LEAST_HEIGHT * plate.height() && other_y >= plate_y - LARGEST_RISE * plate.height()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLATE: &str = "ABC1234";

    fn line(text: &str, y: f32, height: f32) -> TextLine {
        TextLine {
            quad: Quad::upright(100.0, y, 4.0 * height, height),
            text: text.to_owned(),
            confidence: 0.95,
            characters: Vec::new(),
            detection: 0.8,
        }
    }

    fn is_found(line: TextLine) -> bool {
        has_nearer_text(PLATE, &Quad::upright(600.0, 400.0, 120.0, 30.0), &[line])
    }

    #[test]
    fn a_word_or_digits_as_tall_and_no_higher_up_may_be_the_nearer_plate() {
        assert!(is_found(line("REDDOG", 420.0, 34.0)) && is_found(line("82590", 380.0, 30.0)));
    }

    #[test]
    fn what_is_smaller_higher_up_known_unclear_or_the_plate_itself_is_not() {
        for other in [
            line("REDDOG", 420.0, 28.0),
            line("REDDOG", 300.0, 60.0),
            line("PARKING", 420.0, 34.0),
            line("TOYOTA", 420.0, 34.0),
            line("1234", 400.0, 30.0),
            line("XYZ987", 420.0, 34.0),
            TextLine { confidence: 0.6, ..line("REDDOG", 420.0, 34.0) },
            TextLine { quad: Quad::upright(100.0, 420.0, 500.0, 34.0), ..line("REDDOG", 420.0, 34.0) },
        ] {
            assert!(!is_found(other.clone()), "{other:?}");
        }
    }
}
