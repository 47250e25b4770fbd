//! Texts that are no plate by themselves, but too large and too near to be passed over for one behind them.
//!
//! The picker prefers texts that mix letters and digits, as most plates do. Where the vehicle in front has a plate that is
//! a word, or digits with small letters that were not read, that preference picks the plate of the vehicle behind, or a
//! sticker. It prefers clear texts as well, and a dirty plate in front loses against a clean one behind. What is nearer to the
//! camera is larger in the photo and lower down: names of makes stand above the plate.

use crate::geometry::Quad;
use crate::line::{ASPECTS, TextLine};
use crate::noise;
use crate::spelling::Spelling;
use crate::text;

/// Smallest height of such a text, as a share of the plate's text.
const LEAST_HEIGHT: f32 = 1.0;
/// How far its middle may be above the plate's, in heights of the plate's text.
const LARGEST_RISE: f32 = 1.0;
/// Mean probability of its characters below which a text of letters or digits alone is texture.
const LEAST_CONFIDENCE: f32 = 0.7;
/// The same of a text that mixes them, which less of what is no plate does…
const LEAST_MIXED: f32 = 0.5;
/// …and from which such a text is as good a plate by its score, and rivals the one that was picked.
const RIVALS: f32 = 0.85;
/// Fewest characters of a text that mixes them: shorter ones are parts and badges.
const SHORTEST_MIXED: usize = 5;

/// True when one of the lines is as tall as the plate's text and no higher up in the photo, and has letters or digits alone or
/// was read too badly to be picked. Where cameras write, only the former counts.
pub(crate) fn has_nearer_text(
    plate: &str,
    quad: &Quad,
    lines: &[TextLine],
    is_where_cameras_write: impl Fn(&Quad) -> bool,
) -> bool {
    lines.iter().any(|line| {
        let spelling = Spelling::normalised(&line.text, line.confidence, &line.characters);
        let (other, mean) = (&spelling.text, spelling.mean());
        let is_passed_over = if text::mixes_letters_and_digits(other) {
            other.len() >= SHORTEST_MIXED
                && (LEAST_MIXED..RIVALS).contains(&mean)
                && !is_where_cameras_write(&line.quad)
        } else {
            mean >= LEAST_CONFIDENCE
        };
        spelling.fits_a_plate()
            && is_passed_over
            && !quad.covers(line.quad.centre())
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
        has_nearer_text(PLATE, &Quad::upright(600.0, 400.0, 120.0, 30.0), &[line], |quad| quad.centre()[1] > 600.0)
    }

    #[test]
    fn a_word_or_digits_as_tall_and_no_higher_up_may_be_the_nearer_plate() {
        assert!(is_found(line("REDDOG", 420.0, 34.0)) && is_found(line("82590", 380.0, 30.0)));
    }

    #[test]
    fn a_serial_that_was_read_badly_may_be_the_nearer_plate_and_one_that_was_read_well_competes_for_its_place() {
        let read = |text: &str, y, confidence| TextLine { confidence, ..line(text, y, 34.0) };
        assert!(is_found(read("XYZ987", 420.0, 0.6)) && is_found(read("XYZ987", 380.0, 0.8)));
        for other in [
            read("XYZ987", 420.0, 0.9),
            read("XYZ987", 420.0, 0.4),
            read("XYZ987", 300.0, 0.6),
            read("XYZ987", 640.0, 0.6),
            read("XY98", 420.0, 0.6),
            read("CAM123", 420.0, 0.6),
            TextLine { quad: Quad::upright(610.0, 395.0, 120.0, 34.0), ..read("XYZ987", 0.0, 0.6) },
        ] {
            assert!(!is_found(other.clone()), "{other:?}");
        }
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
