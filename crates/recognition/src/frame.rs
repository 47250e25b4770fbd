//! Frames that show nothing: black, white or one colour, from a dead light, a closed shutter or a sensor that failed.
//!
//! Told apart from a road without a plate, because the one is for whoever maintains the camera and the other is not.
//! Only frames in which no network could see anything are empty; a dark photo with two lit characters is not.

use crate::raster::{CHANNELS, Raster};

/// Share of the pixels left out at either end of the brightness scale: dead pixels and a burned-in dot.
const OUTLIERS: f32 = 0.0005;
/// Darkest and brightest pixel are at least this far apart where there is anything to see, in levels of 256.
const LEAST_CONTRAST: usize = 12;
/// An empty frame whose brightest pixels are below this level is black.
const BLACK: usize = 40;
/// Pixels looked at, at most; more do not change the picture.
const MOST_SAMPLES: usize = 1 << 18;

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
    let step = (photo.width * photo.height / MOST_SAMPLES).max(1);
    let mut counts = [0_usize; 256];
    let pixels = (0..photo.height).flat_map(|y| photo.row(y).chunks_exact(CHANNELS));
    for pixel in pixels.step_by(step) {
        let brightest = pixel.iter().copied().max().unwrap_or(0);
        if let Some(count) = counts.get_mut(usize::from(brightest)) {
            *count += 1;
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
