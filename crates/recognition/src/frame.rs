//! Frames that show nothing: black, white or one colour, from a dead light, a closed shutter or a sensor that failed.
//!
//! Told apart from a road without a plate, because the one is for whoever maintains the camera and the other is not.
//! Only frames in which no network could see anything are empty; a dark photo with two lit characters is not.

use crate::raster::{CHANNELS, Raster};
use std::ops::Range;

/// Pixels are averaged over squares with sides of so many, so that the noise of a sensor in the dark is no contrast.
const SQUARE: usize = 6;
/// Pixels looked at, at most; in larger photos the squares stand apart.
const MOST_SAMPLES: usize = 1 << 20;
/// Share of the squares left out at either end of the brightness scale: dead pixels and a burned-in dot.
const OUTLIERS: f32 = 0.0005;
/// Darkest and brightest square are at least this far apart where there is anything to see, in levels of 256. Drawn black
/// frames, sensor noise included, stay below 7; darkened copies of real photos, at a quarter of their light, begin at 19.
const LEAST_CONTRAST: usize = 12;
/// An empty frame whose brightest squares are below this level is black.
const BLACK: usize = 40;
/// Share of the height at the top and at the bottom where cameras write time and place.
const STAMPED: f32 = 0.08;

/// What an empty frame looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emptiness {
    /// Nothing but darkness.
    Black,
    /// One brightness all over.
    Blank,
}

impl Emptiness {
    /// For the operator.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Black => "the frame is black; check the camera's light and shutter",
            Self::Blank => "the frame has one brightness all over; check the camera's exposure and lens",
        }
    }
}

/// `None` for every photo that shows anything.
pub(crate) fn emptiness(photo: &Raster) -> Option<Emptiness> {
    emptiness_of(photo, 0..photo.height)
}

/// The same without what a camera may have written at the top and at the bottom. A plate that is cut by the edge may stand
/// there too, so this is for photos in which none was found.
pub(crate) fn emptiness_between_stamps(photo: &Raster) -> Option<Emptiness> {
    let stamped = (photo.height as f32 * STAMPED) as usize;
    emptiness_of(photo, stamped..photo.height - stamped)
}

fn emptiness_of(photo: &Raster, lines: Range<usize>) -> Option<Emptiness> {
    let pixels = photo.width * lines.len();
    let apart = SQUARE.max((SQUARE as f32 * (pixels as f32 / MOST_SAMPLES as f32).sqrt()).ceil() as usize);
    let mut counts = [0_usize; 256];
    for top in lines.clone().step_by(apart) {
        for left in (0..photo.width).step_by(apart) {
            let level = brightest_channel(photo, left..left + SQUARE, top..(top + SQUARE).min(lines.end));
            if let Some(count) = counts.get_mut(level) {
                *count += 1;
            }
        }
    }
    let spare = (counts.iter().sum::<usize>() as f32 * OUTLIERS) as usize;
    let darkest = level_beyond(counts.iter().copied(), spare);
    let brightest = counts.len().saturating_sub(1).saturating_sub(level_beyond(counts.iter().rev().copied(), spare));
    if brightest.saturating_sub(darkest) >= LEAST_CONTRAST {
        None
    } else if brightest < BLACK {
        Some(Emptiness::Black)
    } else {
        Some(Emptiness::Blank)
    }
}

/// Mean of the brightest channel over a square, as far as it lies inside the photo.
fn brightest_channel(photo: &Raster, columns: Range<usize>, lines: Range<usize>) -> usize {
    let bytes = columns.start * CHANNELS..columns.end.min(photo.width) * CHANNELS;
    let mut sums = [0_usize; CHANNELS];
    for line in lines.clone() {
        for pixel in photo.row(line).get(bytes.clone()).unwrap_or(&[]).chunks_exact(CHANNELS) {
            for (sum, level) in sums.iter_mut().zip(pixel) {
                *sum += usize::from(*level);
            }
        }
    }
    let count = lines.len() * bytes.len() / CHANNELS;
    sums.into_iter().max().unwrap_or(0) / count.max(1)
}

/// How many levels have to be passed to leave more than `spare` pixels behind.
fn level_beyond(counts: impl Iterator<Item = usize>, spare: usize) -> usize {
    let mut passed = 0;
    counts
        .take_while(|count| {
            passed += count;
            passed <= spare
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn frame(level: impl Fn(u32, u32) -> u8) -> Raster {
        Raster::from_rgb(RgbImage::from_fn(320, 240, |x, y| Rgb([level(x, y); 3])))
    }

    #[test]
    fn black_and_blank_frames_are_told_apart_noise_or_not() {
        let noise = |x: u32, y: u32| ((x * 7 + y * 13) % 9) as u8;
        assert_eq!(emptiness(&frame(|_, _| 0)), Some(Emptiness::Black));
        assert_eq!(emptiness(&frame(noise)), Some(Emptiness::Black));
        assert_eq!(emptiness(&frame(|x, y| 246 + noise(x, y))), Some(Emptiness::Blank));
        assert_eq!(emptiness(&frame(|x, y| if (x, y) == (5, 5) { 255 } else { 128 })), Some(Emptiness::Blank));
    }

    #[test]
    fn the_noise_of_a_sensor_in_the_dark_shows_nothing() {
        // Single pixels reach from 0 to 30, as at high gain.
        let noise =
            |x: u32, y: u32| ((x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)).wrapping_mul(2_654_435_761) >> 27) as u8;
        assert_eq!(emptiness(&frame(noise)), Some(Emptiness::Black));
    }

    #[test]
    fn what_a_camera_wrote_into_a_black_frame_is_left_out_on_request() {
        let stamped =
            |height: u32| frame(move |x, y| if (4..height).contains(&y) && x % 8 < 4 && x < 200 { 250 } else { 3 });
        assert_eq!((emptiness(&stamped(16)), emptiness_between_stamps(&stamped(16))), (None, Some(Emptiness::Black)));
        assert_eq!(emptiness_between_stamps(&stamped(40)), None);
    }

    #[test]
    fn squares_stand_apart_in_large_photos_and_still_see_what_is_lit() {
        let lit =
            |x: u32, y: u32| Rgb([if (2000..2300).contains(&x) && (1500..1600).contains(&y) { 60 } else { 2 }; 3]);
        let photo = Raster::from_rgb(RgbImage::from_fn(4000, 3000, lit));
        assert_eq!(emptiness(&photo), None);
    }

    #[test]
    fn a_dark_frame_with_a_small_lit_plate_is_not_empty() {
        let plate =
            |x: u32, y: u32| if (100..120).contains(&x) && (100..106).contains(&y) { 30 + (x % 4) as u8 } else { 4 };
        assert_eq!(emptiness(&frame(plate)), None);
    }

    #[test]
    fn a_road_is_not_empty() {
        assert_eq!(emptiness(&frame(|_, y| 60 + (y / 4) as u8)), None);
    }
}
