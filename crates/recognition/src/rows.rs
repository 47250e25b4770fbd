//! Which rows of pixels hold writing, and where a plate's own characters stand among them.
//!
//! The detector draws one box around a small plate's serial, its state's name and what stands below. Read in such a box the
//! serial has half the network's height, and the name is looked for beyond the plate. Brightness changes along rows where
//! letters stand, most where the serial does, and hardly between two lines: that tells them apart.

use crate::crop;
use crate::raster::Raster;
use std::ops::Range;
use tollbooth_plate::Quad;

/// Rows are smoothed over this share of the height on either side.
const SMOOTHED: usize = 24;
/// The serial's rows have this share of the busiest row's changes along the row, above what the calm rows have: those in the
/// middle of digits have fewer strokes than others.
const BUSY: f32 = 0.45;
/// Rows between two busy runs that belong to one line of letters all the same, as a share of the height.
const GAP: f32 = 0.06;
/// Width over height from which a box holds the serial alone, whatever room the detector left around it: a plate is twice as wide
/// as high, and its serial three to four times.
const SERIAL_ALONE: f32 = 2.75;
/// Least share of the box that a serial takes where other lines stand in the box with it: of a whole plate's height it has 0.42,
/// less where the box holds the frame as well.
const BESIDE: f32 = 0.3;
/// The same where the serial shall be read.
const WHOLE: f32 = 0.4;
/// A serial that takes more than this of the box is alone in it.
const MOST: f32 = 0.86;
/// The serial's middle lies this near to the box's, as a share of the box's height.
const OFF_MIDDLE: f32 = 0.22;
/// Room left above and below the serial, as a share of its height.
const MARGIN: f32 = 0.08;

/// The part of a box in which a plate's serial stands, where the box holds the plate's other lines as well: what is beside
/// it is beside the serial.
pub(crate) fn serial_in(photo: &Raster, text: &Quad) -> Option<Quad> {
    if text.aspect() < SERIAL_ALONE { part(photo, text, BESIDE) } else { None }
}

/// The part of a box in which a plate's serial stands, to be read: smaller parts may be cut through its characters.
pub(crate) fn whole_serial_in(photo: &Raster, text: &Quad) -> Option<Quad> {
    part(photo, text, WHOLE)
}

fn part(photo: &Raster, text: &Quad, least: f32) -> Option<Quad> {
    let pixels = crop::straightened(photo, text);
    let height = pixels.height.max(1) as f32;
    let rows = longest(joined(busy(&pixels, BUSY), (GAP * height).round() as usize))?;
    let (from, to) = (rows.start as f32 / height, rows.end as f32 / height);
    let is_serial = (least..=MOST).contains(&(to - from)) && ((from + to) / 2.0 - 0.5).abs() <= OFF_MIDDLE;
    let margin = MARGIN * (to - from);
    is_serial.then(|| text.strip(from - margin - 0.5, to + margin - 0.5, 0.0))
}

/// Runs of rows in which brightness changes along the row as it does where letters stand: by `share` of the busiest row's
/// changes, above what the calm rows have.
pub(crate) fn busy(pixels: &Raster, share: f32) -> Vec<Range<usize>> {
    let changes: Vec<f32> = (0..pixels.height).map(|y| changes(pixels.row(y))).collect();
    let reach = (pixels.height / SMOOTHED).max(1);
    let smooth: Vec<f32> = (0..changes.len())
        .map(|y| {
            let around = changes.get(y.saturating_sub(reach)..(y + reach + 1).min(changes.len())).unwrap_or_default();
            around.iter().sum::<f32>() / around.len().max(1) as f32
        })
        .collect();
    let mut sorted = smooth.clone();
    sorted.sort_by(f32::total_cmp);
    let calm = sorted.get(sorted.len() / 10).copied().unwrap_or(0.0);
    let busiest = sorted.last().copied().unwrap_or(0.0);
    let threshold = calm + share * (busiest - calm);
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (y, &value) in smooth.iter().enumerate() {
        if value < threshold || busiest <= 0.0 {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.end == y => run.end = y + 1,
            _ => runs.push(y..y + 1),
        }
    }
    runs
}

/// Runs with at most so many rows between them as one.
fn joined(runs: Vec<Range<usize>>, gap: usize) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for run in runs {
        match out.last_mut() {
            Some(last) if run.start <= last.end + gap => last.end = run.end,
            _ => out.push(run),
        }
    }
    out
}

fn longest(runs: Vec<Range<usize>>) -> Option<Range<usize>> {
    runs.into_iter().max_by_key(ExactSizeIterator::len)
}

/// Mean change of brightness from a pixel to the next but one.
fn changes(row: &[u8]) -> f32 {
    let levels: Vec<u32> = row.chunks_exact(3).map(|pixel| pixel.iter().map(|level| u32::from(*level)).sum()).collect();
    let sum: u32 = levels.iter().zip(levels.iter().skip(2)).map(|(a, b)| a.abs_diff(*b)).sum();
    sum as f32 / (3 * levels.len().max(1)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stripes like letters in these rows and columns, on a light ground.
    fn plate(width: usize, height: usize, lines: &[(Range<usize>, Range<usize>)]) -> Raster {
        let is_ink = |x: usize, y: usize| lines.iter().any(|(xs, ys)| xs.contains(&x) && ys.contains(&y) && x % 6 < 3);
        let data = (0..height).flat_map(|y| (0..width).flat_map(move |x| [if is_ink(x, y) { 20 } else { 220 }; 3]));
        Raster::from_parts(width, height, data.collect())
    }

    #[test]
    fn rows_of_letters_are_found_between_calm_ones() {
        let runs = busy(&plate(120, 40, &[(30..90, 10..18)]), 0.5);
        assert_eq!(runs.len(), 1);
        assert!((8..=11).contains(&runs[0].start) && (17..=20).contains(&runs[0].end), "{runs:?}");
    }

    #[test]
    fn one_colour_has_no_letters() {
        assert!(busy(&Raster::from_parts(30, 20, vec![90; 30 * 20 * 3]), 0.5).is_empty());
    }

    #[test]
    fn a_serial_is_found_in_a_box_that_holds_the_name_as_well() {
        let whole = plate(120, 60, &[(40..80, 4..12), (6..114, 18..50)]);
        let found = serial_in(&whole, &Quad::upright(0.0, 0.0, 120.0, 60.0)).unwrap();
        let [_, top, _, bottom] = found.extent();
        assert!((12.0..=18.0).contains(&top) && (49.0..=56.0).contains(&bottom), "{found:?}");
    }

    #[test]
    fn a_box_that_holds_nothing_else_stays_as_it_is() {
        let tight = plate(120, 48, &[(6..114, 1..47)]);
        assert_eq!(serial_in(&tight, &Quad::upright(0.0, 0.0, 120.0, 48.0)), None);
        // Room around the serial is no other line.
        let roomy = plate(120, 36, &[(6..114, 6..30)]);
        assert_eq!(serial_in(&roomy, &Quad::upright(0.0, 0.0, 120.0, 36.0)), None);
    }
}
