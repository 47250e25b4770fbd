//! From foreign bytes to pixels, within limits. What is left of a damaged photo is read; that it is damaged is for the stage
//! to say, which measures it, so that it is never mistaken for one without a plate.

use crate::error::RecognitionError;
use crate::raster::Raster;
use tollbooth_photo::HeaderError;
use tollbooth_photo::pixels::{self, DecodeError};

/// What one photo may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels of a photo; decoding needs up to eight bytes for each.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 40 million pixels, above any booth camera: about 320 MB while decoding.
    fn default() -> Self {
        Self { max_pixels: 40_000_000 }
    }
}

/// Decodes a photo to RGB and turns it upright by its EXIF orientation.
pub(crate) fn decode(photo: &[u8], limits: Limits) -> Result<Raster, RecognitionError> {
    pixels::decode(photo, limits.max_pixels).map(|image| Raster::from_rgb(image.into_rgb8())).map_err(refuse)
}

fn refuse(error: DecodeError) -> RecognitionError {
    match error {
        DecodeError::Header(HeaderError::NotAPhoto) => {
            RecognitionError::UnsupportedFormat { reason: error.to_string() }
        }
        DecodeError::Unsupported { .. } => RecognitionError::UnsupportedFormat { reason: error.to_string() },
        DecodeError::TooManyPixels { pixels, limit } => RecognitionError::TooManyPixels { pixels, limit },
        DecodeError::Header(HeaderError::Truncated { .. } | HeaderError::Malformed { .. })
        | DecodeError::Damaged { .. } => RecognitionError::DamagedImage { reason: error.to_string() },
    }
}
