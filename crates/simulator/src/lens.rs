//! From a perfect drawing to what a camera delivers: softness, movement, noise, JPEG.
//!
//! Integer arithmetic throughout, so the bytes do not depend on the platform's mathematics library.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::canvas::Canvas;
use crate::dice::Dice;
use crate::error::SimulatorError;

/// Softens by a small kernel along rows and columns: edges of a lens are never a pixel sharp.
pub(crate) fn soften(canvas: &mut Canvas) {
    let stride = canvas.width() as usize * 4;
    let source = canvas.bytes().to_vec();
    let rows: Vec<&[u8]> = source.chunks_exact(stride).collect();
    let before = rows.iter().take(1).chain(rows.iter());
    let after = rows.iter().skip(1).chain(rows.last());
    let mut column = vec![0u8; stride];
    let targets = canvas.bytes_mut().chunks_exact_mut(stride);
    for (((target, row), above), below) in targets.zip(&rows).zip(before).zip(after) {
        for (((out, &here), &up), &down) in column.iter_mut().zip(*row).zip(*above).zip(*below) {
            *out = blend(here, up, down);
        }
        target.copy_from_slice(&column);
        let middle = target.iter_mut().skip(4).zip(column.iter().skip(4));
        for (((out, &here), &left), &right) in middle.zip(&column).zip(column.iter().skip(8)) {
            *out = blend(here, left, right);
        }
    }
}

/// Five parts of a pixel and one and a half of each neighbour.
fn blend(here: u8, one: u8, other: u8) -> u8 {
    let neighbours = (u16::from(one) + u16::from(other)) * 3;
    ((u16::from(here) * 10 + neighbours + 8) / 16) as u8
}

/// Averages along a movement of `length` pixels in a direction: the exposure's duration.
pub(crate) fn smear(canvas: &mut Canvas, length: f32, direction: (f32, f32)) {
    let taps = length.ceil().max(0.0) as usize + 1;
    if taps < 2 {
        return;
    }
    let offsets: Vec<(i32, i32)> = (0..taps)
        .map(|tap| {
            let along = (tap as f32 / (taps - 1) as f32 - 0.5) * length;
            ((along * direction.0).round() as i32, (along * direction.1).round() as i32)
        })
        .collect();
    let stride = canvas.width() as usize * 4;
    let source = canvas.bytes().to_vec();
    let rows: Vec<&[u8]> = source.chunks_exact(stride).collect();
    let last = rows.len().saturating_sub(1) as i32;
    let mut sums = vec![0u32; stride];
    for (y, target) in (0i32..).zip(canvas.bytes_mut().chunks_exact_mut(stride)) {
        sums.fill(0);
        for &(dx, dy) in &offsets {
            let from = (y + dy).clamp(0, last) as usize;
            if let Some(row) = rows.get(from) {
                add_shifted(&mut sums, row, dx);
            }
        }
        for (out, sum) in target.iter_mut().zip(&sums) {
            *out = (sum / taps as u32) as u8;
        }
    }
}

/// Adds a row moved by whole pixels; its border pixel is repeated where nothing moves in.
fn add_shifted(sums: &mut [u32], row: &[u8], pixels: i32) {
    let shift = (pixels.unsigned_abs() as usize * 4).min(row.len().saturating_sub(4));
    let kept = row.len() - shift;
    let (first, last) = (row.chunks_exact(4).next(), row.chunks_exact(4).next_back());
    let (moved, border, edge) = if pixels >= 0 {
        let (moved, border) = sums.split_at_mut(kept);
        add(moved, row.iter().skip(shift));
        (moved, border, last)
    } else {
        let (border, moved) = sums.split_at_mut(shift);
        add(moved, row.iter());
        (moved, border, first)
    };
    debug_assert_eq!(moved.len(), kept);
    add(border, edge.unwrap_or(&[]).iter().cycle());
}

fn add<'a>(sums: &mut [u32], values: impl Iterator<Item = &'a u8>) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += u32::from(*value);
    }
}

/// Adds noise: brightness varies by about `level` of 255, colour by a third of that.
pub(crate) fn grain(canvas: &mut Canvas, level: f32, dice: &mut Dice) {
    // 256ths, so that a shift replaces a division per pixel and channel.
    let bright_gain = (level * 3.4) as i32;
    let tint_gain = bright_gain / 3;
    let stride = canvas.width() as usize * 4;
    let mut random = vec![0u8; stride];
    for row in canvas.bytes_mut().chunks_exact_mut(stride) {
        dice.fill(&mut random);
        let (pixels, dust) = (row.as_chunks_mut::<4>().0, random.as_chunks::<4>().0);
        for ([red, green, blue, _], [a, b, c, d]) in pixels.iter_mut().zip(dust) {
            let bright = (i32::from(*a) + i32::from(*b) - 255) * bright_gain;
            let warm = (i32::from(*c) - 128) * tint_gain;
            let cool = (i32::from(*d) - 128) * tint_gain;
            *red = disturbed(*red, bright + warm);
            *green = disturbed(*green, bright);
            *blue = disturbed(*blue, bright + cool);
        }
    }
}

/// A value changed by a number of 256ths, rounded.
fn disturbed(value: u8, change: i32) -> u8 {
    (i32::from(value) + ((change + 128) >> 8)).clamp(0, 255) as u8
}

/// Encodes as a baseline JPEG with halved colour resolution.
///
/// # Errors
/// [`SimulatorError::Canvas`] for sides that JPEG cannot hold, [`SimulatorError::Encode`] otherwise.
pub(crate) fn encode(canvas: &Canvas, quality: u8, seed: u64) -> Result<Vec<u8>, SimulatorError> {
    let (width, height) = (canvas.width(), canvas.height());
    let too_large = |_| SimulatorError::Canvas { width, height };
    let size = (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
    let mut jpeg = Vec::with_capacity(256 * 1024);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder
        .encode(canvas.bytes(), size.0, size.1, ColorType::Rgba)
        .map_err(|source| SimulatorError::Encode { seed, source })?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Brush;
    use crate::dice::Purpose;
    use crate::shapes::rectangle;
    use crate::tone::Tone;

    fn with_bar() -> Canvas {
        let mut canvas = Canvas::new(40, 20).unwrap();
        canvas.fill(&rectangle(18.0, 0.0, 4.0, 20.0).unwrap(), &Brush::flat(Tone::WHITE.paint(1.0)));
        canvas
    }

    fn red_at(canvas: &Canvas, x: usize, y: usize) -> u8 {
        canvas.bytes()[(y * canvas.width() as usize + x) * 4]
    }

    #[test]
    fn smearing_sideways_spreads_a_bar_and_smearing_along_it_does_not() {
        let mut sideways = with_bar();
        smear(&mut sideways, 10.0, (1.0, 0.0));
        assert!(red_at(&sideways, 20, 10) < 120 && red_at(&sideways, 15, 10) > 20);
        assert!(red_at(&sideways, 25, 10) > 20 && red_at(&sideways, 2, 10) == 0);
        let mut along = with_bar();
        smear(&mut along, 10.0, (0.0, 1.0));
        assert!(red_at(&along, 20, 10) == 255 && red_at(&along, 15, 10) == 0);
    }

    #[test]
    fn smearing_a_flat_canvas_further_than_it_is_wide_changes_nothing() {
        let mut canvas = Canvas::new(8, 8).unwrap();
        canvas.flood(&Brush::flat(Tone::grey(90).paint(1.0)));
        smear(&mut canvas, 30.0, (0.8, 0.6));
        assert!((0..8).all(|x| red_at(&canvas, x, x) == 90));
    }

    #[test]
    fn softening_keeps_flat_areas_and_lowers_edges() {
        let mut canvas = with_bar();
        soften(&mut canvas);
        assert_eq!(red_at(&canvas, 20, 10), 255);
        assert!((20..90).contains(&red_at(&canvas, 17, 10)));
        assert_eq!(red_at(&canvas, 5, 0), 0);
    }

    #[test]
    fn grain_varies_about_as_much_as_asked_and_keeps_the_mean() {
        let mut canvas = Canvas::new(100, 100).unwrap();
        canvas.flood(&Brush::flat(Tone::grey(128).paint(1.0)));
        grain(&mut canvas, 6.0, &mut Dice::new(1, Purpose::Noise));
        let values: Vec<f32> = canvas.bytes().chunks(4).map(|pixel| f32::from(pixel[1])).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len() as f32;
        assert!((mean - 128.0).abs() < 1.5, "mean {mean}");
        assert!((3.0..12.0).contains(&variance.sqrt()), "deviation {}", variance.sqrt());
    }
}
