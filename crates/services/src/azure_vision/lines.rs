//! From the service's lines to the plate picker's.

use tollbooth_plate::text::normalise;
use tollbooth_plate::{Quad, TextLine};
use tollbooth_recognizer_contract::Failure;

use super::invalid;
use super::shape::{Line, Point, ReadResult};
use crate::Fitted;
use crate::share::share;

/// Most lines in a photo of a lane; a page of print has fewer.
const MAX_LINES: usize = 500;
/// Longest line that is looked at, in bytes: plates, states, frames and stamps are far shorter.
const MAX_LINE_BYTES: usize = 200;
/// Letters and digits in a line from which no plate comes, however a line is cut; the answer is broken then.
const ABSURD_CHARS: usize = 1_000;
/// Confidence of a line without words, for which the service states none: too low to be accepted by anybody.
const UNKNOWN: f32 = 0.5;

/// The lines, in pixels of the original photo.
///
/// # Errors
/// `invalid-answer` for more lines, longer ones or other numbers than a photo can give.
pub fn of(read: &ReadResult, photo: &Fitted<'_>) -> Result<Vec<TextLine>, Failure> {
    let lines: Vec<&Line> = read.blocks.iter().flat_map(|block| &block.lines).collect();
    if lines.len() > MAX_LINES {
        return Err(invalid("it has more lines of text than a photo of a lane"));
    }
    if lines.iter().any(|line| line.text.len() > ABSURD_CHARS) {
        return Err(invalid("it has a line longer than any in a photo"));
    }
    lines.into_iter().filter(|line| line.text.len() <= MAX_LINE_BYTES).map(|line| text_line(line, photo)).collect()
}

fn text_line(line: &Line, photo: &Fitted<'_>) -> Result<TextLine, Failure> {
    Ok(TextLine {
        quad: quad(&line.bounding_polygon, photo)?,
        text: line.text.clone(),
        confidence: confidence(line)?,
        characters: Vec::new(),
        detection: 1.0,
    })
}

/// The service states no confidence for a line: it is as sure as its least sure word that has letters or digits. One
/// doubtful part makes a doubtful plate.
fn confidence(line: &Line) -> Result<f32, Failure> {
    let mut least = None;
    for word in &line.words {
        let confidence = share("the confidence of a word", word.confidence)?;
        if !normalise(&word.text).is_empty() {
            least = Some(least.map_or(confidence, |least: f32| least.min(confidence)));
        }
    }
    Ok(least.unwrap_or(UNKNOWN))
}

fn quad(polygon: &[Point], photo: &Fitted<'_>) -> Result<Quad, Failure> {
    let sane = |p: &Point| {
        let reach = 4.0 * 65_536.0;
        (-reach..=reach).contains(&p.x) && (-reach..=reach).contains(&p.y)
    };
    if polygon.len() < 2 || !polygon.iter().all(sane) {
        return Err(invalid("a line has no place in the photo"));
    }
    let points: Vec<[f32; 2]> = polygon.iter().map(|p| photo.to_original([p.x, p.y])).collect();
    Ok(match <[[f32; 2]; 4]>::try_from(points.as_slice()) {
        Ok(corners) => Quad(corners),
        // Another number of corners: the upright box around them.
        Err(_) => {
            let start = [f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY];
            let [x0, y0, x1, y1] =
                points.iter().fold(start, |[x0, y0, x1, y1], &[x, y]| [x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
            Quad::upright(x0, y0, x1 - x0, y1 - y0)
        }
    })
}
