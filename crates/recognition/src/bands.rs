//! The bands above and below a plate's text, where its issuer's name and slogans stand.
//!
//! Their letters are a tenth of the plate's height, too small for the detector; but where they must be is known from the
//! text, and what they can say is a closed list. So the bands are cut out and read, and every name is scored under the
//! network's output instead of being looked up in what was read freely ([`crate::marks`]).

use crate::crop;
use crate::error::RecognitionError;
use crate::marks;
use crate::raster::Raster;
use crate::speller::Speller;
use tollbooth_plate::Quad;
use tollbooth_plate::pair::{MarkScore, Place};

/// One strip beside the text: its upper and lower edge, in heights of the text from the text's middle.
struct Band {
    from: f32,
    to: f32,
    place: Place,
}

/// Plates of the United States are twice as wide as high, and their characters a little under half as high as the plate.
/// A text as it is found, with its margin, is half as high as the plate: the plate ends one height from its middle.
const BANDS: [Band; 2] = [
    Band { from: -1.05, to: -0.45, place: Place::Plate },
    Band { from: 0.45, to: 1.05, place: Place::Plate },
];
/// Half of a plate's width in heights of its text; a text that is wider has a margin of its own.
const HALF_WIDTH: f32 = 1.9;
/// Bands lower than this many pixels of the photo show no letters.
const LEAST_HEIGHT: f32 = 4.0;

/// What the bands beside a plate's text say, as scores of names and slogans, best first.
pub(crate) fn read(speller: &Speller, photo: &Raster, text: &Quad) -> Result<Vec<MarkScore>, RecognitionError> {
    let mut found: Vec<MarkScore> = Vec::new();
    for band in &BANDS {
        if (band.to - band.from) * text.height() < LEAST_HEIGHT {
            continue;
        }
        let along = (HALF_WIDTH * text.height() - text.width() / 2.0).max(0.0);
        let strip = text.strip(band.from, band.to, along);
        let rows = speller.rows(&crop::cut(photo, &strip))?;
        for score in marks::score(&rows, band.place) {
            match found.iter_mut().find(|seen| seen.code == score.code && seen.mark == score.mark) {
                Some(seen) if seen.score < score.score => *seen = score,
                Some(_) => {}
                None => found.push(score),
            }
        }
    }
    found.sort_by(|a, b| (b.score + b.letters() as f32).total_cmp(&(a.score + a.letters() as f32)));
    found.truncate(marks::MOST_SCORES);
    Ok(found)
}
