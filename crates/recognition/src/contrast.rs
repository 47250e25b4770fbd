//! Local contrast: makes plates in the dark and in glare visible to the networks.
//!
//! Contrast-limited adaptive histogram equalisation (CLAHE, Zuiderveld 1994) on brightness; colours keep
//! their ratios. Only unsure photos go through it: it also amplifies noise in photos that need no help.

use crate::raster::{CHANNELS, Raster};

/// The photo is divided into this many tiles each way, each with its own curve.
const TILES: usize = 8;
/// A brightness may gain at most this many times the average share of a curve.
const CLIP: f32 = 3.0;
const LEVELS: usize = 256;

type Curve = [f32; LEVELS];

/// Where a pixel lies between the centres of two tiles.
struct Between {
    low: usize,
    high: usize,
    weight: f32,
}

/// The photo with evened-out local contrast.
pub(crate) fn evened(photo: &Raster) -> Raster {
    let curves: Vec<Curve> = (0..TILES * TILES).map(|tile| curve(photo, tile % TILES, tile / TILES)).collect();
    let columns: Vec<Between> = (0..photo.width).map(|x| between(x, photo.width)).collect();
    let mut data = Vec::with_capacity(photo.width * photo.height * CHANNELS);
    for y in 0..photo.height {
        let line = between(y, photo.height);
        for (column, pixel) in columns.iter().zip(photo.row(y).chunks_exact(CHANNELS)) {
            let old = brightness(pixel);
            let at = |row: usize, column: usize| {
                curves.get(row * TILES + column).and_then(|curve| curve.get(old)).copied().unwrap_or(old as f32)
            };
            let upper = mix(at(line.low, column.low), at(line.low, column.high), column.weight);
            let lower = mix(at(line.high, column.low), at(line.high, column.high), column.weight);
            let gain = mix(upper, lower, line.weight) / (old as f32).max(1.0);
            // `as` saturates at 255.
            data.extend(pixel.iter().map(|&value| (f32::from(value) * gain) as u8));
        }
    }
    Raster::from_parts(photo.width, photo.height, data)
}

/// The cumulative histogram of one tile, with its peaks cut off and spread over all levels.
fn curve(photo: &Raster, column: usize, row: usize) -> Curve {
    let range = |index: usize, length: usize| index * length / TILES..((index + 1) * length / TILES);
    let (columns, rows) = (range(column, photo.width), range(row, photo.height));
    let mut histogram: Curve = [0.0; LEVELS];
    let bytes = columns.start * CHANNELS..columns.end * CHANNELS;
    for y in rows.clone() {
        for pixel in photo.row(y).get(bytes.clone()).unwrap_or(&[]).chunks_exact(CHANNELS) {
            if let Some(count) = histogram.get_mut(brightness(pixel)) {
                *count += 1.0;
            }
        }
    }
    let total = (columns.len() * rows.len()).max(1) as f32;
    let limit = (CLIP * total / LEVELS as f32).max(1.0);
    let excess: f32 = histogram.iter().map(|count| (count - limit).max(0.0)).sum();
    let mut sum = 0.0;
    histogram.map(|count| {
        sum += count.min(limit) + excess / LEVELS as f32;
        sum * (LEVELS - 1) as f32 / total
    })
}

/// Luma of ITU-R BT.601 in 256ths.
fn brightness(pixel: &[u8]) -> usize {
    match *pixel {
        [r, g, b] => (usize::from(r) * 77 + usize::from(g) * 150 + usize::from(b) * 29) >> 8,
        _ => 0,
    }
}

fn between(position: usize, length: usize) -> Between {
    let exact = ((position as f32 + 0.5) * TILES as f32 / length.max(1) as f32 - 0.5).clamp(0.0, (TILES - 1) as f32);
    let low = exact as usize;
    Between { low, high: (low + 1).min(TILES - 1), weight: exact.fract() }
}

fn mix(a: f32, b: f32, weight: f32) -> f32 {
    a + (b - a) * weight
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn spread(raster: &Raster) -> u8 {
        let values = || (0..raster.height).flat_map(|y| raster.row(y).iter().copied());
        values().max().unwrap_or(0) - values().min().unwrap_or(0)
    }

    #[test]
    fn a_dark_photo_gains_contrast() {
        let shade = |x: u32| 10 + (x % 40) as u8;
        let dark = Raster::from_rgb(RgbImage::from_fn(160, 120, |x, _| Rgb([shade(x); 3])));
        assert!(spread(&evened(&dark)) > 2 * spread(&dark));
    }

    #[test]
    fn size_stays_and_an_even_photo_stays_even() {
        let plain = Raster::from_rgb(RgbImage::from_pixel(64, 32, Rgb([90, 90, 90])));
        let out = evened(&plain);
        assert_eq!((out.width, out.height, spread(&out)), (64, 32, 0));
    }

    #[test]
    fn photos_smaller_than_the_tiles_are_no_problem() {
        for (width, height) in [(1, 1), (3, 200), (200, 2)] {
            let out = evened(&Raster::from_rgb(RgbImage::new(width, height)));
            assert_eq!((out.width, out.height), (width as usize, height as usize));
        }
    }
}
