//! A photo of a camera that is mirrored or upside down, as it would be had the camera hung right: for those who read it. The
//! photo that was sent is what is kept and shown.

use image::codecs::jpeg::JpegEncoder;
use thiserror::Error;

use crate::pixels::{self, DecodeError};

/// Of JPEG, of 100: what it loses is less than what a camera's own encoding lost.
const QUALITY: u8 = 95;

/// How the pixels are turned. Either is its own way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Left becomes right.
    Mirror,
    /// Half a turn.
    HalfTurn,
}

/// A photo that was turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedPhoto {
    /// A JPEG, upright without regard to EXIF.
    pub bytes: Vec<u8>,
    /// In pixels, of this photo as of the upright one that was sent.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Why nothing was turned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TurnError {
    /// The photo cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The photo could not be encoded again: a defect of ours.
    #[error("the turned photo cannot be encoded: {reason}")]
    Encode {
        /// What the encoder says.
        reason: String,
    },
}

/// Turns a photo. Costs what decoding and encoding cost, and eight bytes of memory for each pixel.
///
/// # Errors
/// [`TurnError`]
pub fn turned(photo: &[u8], by: By, max_pixels: u64) -> Result<TurnedPhoto, TurnError> {
    let upright = pixels::decode(photo, max_pixels)?;
    let (width, height) = (upright.width(), upright.height());
    let turned = match by {
        By::Mirror => upright.fliph(),
        By::HalfTurn => upright.rotate180(),
    }
    .into_rgb8();
    drop(upright);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode_image(&turned)
        .map_err(|e| TurnError::Encode { reason: e.to_string() })?;
    Ok(TurnedPhoto { bytes, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    /// Dark but for a bright block at the upper left.
    fn photo() -> Vec<u8> {
        let image = RgbImage::from_fn(160, 96, |x, y| if x < 32 && y < 32 { Rgb([250; 3]) } else { Rgb([20; 3]) });
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn is_bright(photo: &[u8], x: u32, y: u32) -> bool {
        pixels::decode(photo, 1_000_000).unwrap().into_rgb8().get_pixel(x, y).0[0] > 200
    }

    #[test]
    fn what_is_at_the_upper_left_is_where_a_camera_that_hangs_right_shows_it() {
        let photo = photo();
        assert!(is_bright(&photo, 16, 16));
        let mirrored = turned(&photo, By::Mirror, 1_000_000).unwrap();
        assert_eq!((mirrored.width, mirrored.height), (160, 96));
        assert!(is_bright(&mirrored.bytes, 143, 16) && !is_bright(&mirrored.bytes, 16, 16));
        let half = turned(&photo, By::HalfTurn, 1_000_000).unwrap();
        assert!(is_bright(&half.bytes, 143, 79) && !is_bright(&half.bytes, 143, 16));
        let back = turned(&half.bytes, By::HalfTurn, 1_000_000).unwrap();
        assert!(is_bright(&back.bytes, 16, 16));
    }

    #[test]
    fn what_is_no_photo_or_too_large_is_not_turned() {
        assert!(matches!(turned(b"no photo", By::Mirror, 1_000_000), Err(TurnError::Decode(_))));
        assert!(matches!(
            turned(&photo(), By::Mirror, 1_000),
            Err(TurnError::Decode(DecodeError::TooManyPixels { .. }))
        ));
    }
}
