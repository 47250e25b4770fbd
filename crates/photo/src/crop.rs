//! A part of a photo, cut out and enlarged so that people can read it.
//!
//! Whoever decides about a plate looks at the pixels that were read and at nothing that a browser made of them. So the part is
//! cut from the upright photo, in whose pixels recognisers answer, enlarged once, with a filter that keeps edges, and encoded
//! with its colours whole: thin strokes of a plate are a pixel wide.

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use thiserror::Error;

use crate::pixels::{self, DecodeError};

/// Largest width of a crop, in pixels: what a column of decisions shows on a screen with two pixels a point.
pub const WIDTH: u32 = 696;
/// Largest height of a crop, in pixels.
pub const HEIGHT: u32 = 300;
/// Room around what is cut out, in shares of its size: names of issuers stand above and beneath the serial.
const MARGIN: f64 = 0.22;
/// A pixel of the photo becomes at most so many of the crop on either side: more shows nothing more.
const MOST_ENLARGED: f64 = 8.0;
/// Of JPEG, of 100: no block can be seen around the strokes of a plate.
const QUALITY: u8 = 92;

/// A rectangle in pixels of the upright photo, origin at the top left. It may reach beyond the photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Why nothing was cut out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CropError {
    /// The photo cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Nothing of the area is in the photo.
    #[error("the area lies outside the photo of {width} x {height} pixels")]
    Outside {
        /// Of the upright photo.
        width: u32,
        /// Of the upright photo.
        height: u32,
    },
    /// The crop could not be encoded: a defect of ours.
    #[error("the crop cannot be encoded: {reason}")]
    Encode {
        /// What the encoder says.
        reason: String,
    },
}

/// The part of a photo around an area, with some room, as a JPEG of at most [`WIDTH`] by [`HEIGHT`] pixels. What is small is
/// enlarged up to eightfold, what is large made smaller. Costs what decoding costs, and a copy of the part.
///
/// # Errors
/// [`CropError`]
pub fn crop(photo: &[u8], area: Area, max_pixels: u64) -> Result<Vec<u8>, CropError> {
    let image = pixels::decode(photo, max_pixels)?;
    let (width, height) = (image.width(), image.height());
    let Some(window) = Window::around(area, width, height) else { return Err(CropError::Outside { width, height }) };
    let part = image.crop_imm(window.x, window.y, window.width, window.height).into_rgb8();
    drop(image);
    let (width, height) = window.shown();
    // Bicubic: sharper than what is linear, and without the rings that wider filters draw around dark strokes on white.
    let large = imageops::resize(&part, width, height, FilterType::CatmullRom);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&large)
        .map_err(|e| CropError::Encode { reason: e.to_string() })?;
    Ok(bytes)
}

/// What is cut out, in whole pixels, inside the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Window {
    /// In the shape of the crop where the photo has room for it; none when nothing of the area is in the photo.
    fn around(area: Area, width: u32, height: u32) -> Option<Self> {
        let (wide, high) = (f64::from(width), f64::from(height));
        let (left, right) = overlap(area.x, area.width, wide)?;
        let (top, bottom) = overlap(area.y, area.height, high)?;
        let with_room = |length: f64| length * (1.0 + 2.0 * MARGIN);
        // Pixels of the photo for one of the crop.
        let scale = (with_room(right - left) / f64::from(WIDTH))
            .max(with_room(bottom - top) / f64::from(HEIGHT))
            .max(1.0 / MOST_ENLARGED);
        let (x, width) = placed((left + right) / 2.0, f64::from(WIDTH) * scale, wide);
        let (y, height) = placed((top + bottom) / 2.0, f64::from(HEIGHT) * scale, high);
        Some(Self { x, y, width, height })
    }

    /// Size of the crop.
    fn shown(self) -> (u32, u32) {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let factor = (f64::from(WIDTH) / width).min(f64::from(HEIGHT) / height).min(MOST_ENLARGED);
        let side = |length: f64, most: u32| ((length * factor).round() as u32).clamp(1, most);
        (side(width, WIDTH), side(height, HEIGHT))
    }
}

/// What of a side of the area lies within the photo; none when nothing does, or when the numbers are none.
fn overlap(start: f32, length: f32, whole: f64) -> Option<(f64, f64)> {
    let (start, end) = (f64::from(start), f64::from(start) + f64::from(length));
    // A comparison with what is no number is false.
    let (from, to) = (start.max(0.0), end.min(whole));
    (start.is_finite() && end.is_finite() && from < to).then_some((from, to))
}

/// So much around a middle, moved to where the photo has it: first pixel and how many.
fn placed(middle: f64, length: f64, whole: f64) -> (u32, u32) {
    let length = length.round().clamp(1.0, whole);
    let first = (middle - length / 2.0).round().clamp(0.0, whole - length);
    (first as u32, length as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
        Area { x, y, width, height }
    }

    #[test]
    fn a_window_has_the_area_in_its_middle_with_room_around_it() {
        let window = Window::around(area(900.0, 600.0, 200.0, 100.0), 1920, 1080).unwrap();
        assert_eq!((window.x + window.width / 2, window.y + window.height / 2), (1000, 650));
        assert!(window.width >= 288 && window.height >= 144, "{window:?}");
        assert_eq!(window.shown(), (WIDTH, HEIGHT));
    }

    #[test]
    fn a_window_at_an_edge_stays_inside_the_photo() {
        for area in [area(-20.0, -10.0, 60.0, 30.0), area(1890.0, 1070.0, 60.0, 30.0), area(-9.0e4, 500.0, 1.0e5, 20.0)]
        {
            let Window { x, y, width, height } = Window::around(area, 1920, 1080).unwrap();
            assert!(x + width <= 1920 && y + height <= 1080 && width > 0 && height > 0, "{area:?}");
        }
        let whole = Window::around(area(0.0, 0.0, 96.0, 72.0), 96, 72).unwrap();
        assert_eq!(whole, Window { x: 0, y: 0, width: 96, height: 72 });
    }

    #[test]
    fn what_is_tiny_is_not_blown_up_to_nothing() {
        let window = Window::around(area(50.0, 50.0, 0.5, 0.5), 1920, 1080).unwrap();
        assert_eq!((window.width, window.height), (87, 38));
        let (width, height) = window.shown();
        assert!(width <= WIDTH && height <= HEIGHT && width > 600, "{width} x {height}");
        assert_eq!(Window::around(area(0.0, 0.0, 1.0, 1.0), 1, 1).unwrap().shown(), (8, 8));
    }

    #[test]
    fn an_area_outside_the_photo_or_without_numbers_is_none() {
        for nowhere in [
            area(1920.0, 0.0, 10.0, 10.0),
            area(0.0, -20.0, 10.0, 20.0),
            area(5.0, 5.0, 0.0, 10.0),
            area(f32::NAN, 5.0, 10.0, 10.0),
            area(5.0, 5.0, f32::INFINITY, 10.0),
        ] {
            assert_eq!(Window::around(nowhere, 1920, 1080), None, "{nowhere:?}");
        }
    }
}
