//! From foreign bytes to pixels, with everything checked that can be checked beforehand.
//!
//! Decoders are tolerant: some fill what is missing with grey and call it success. A photo whose structure
//! is incomplete is therefore refused before decoding, so that "damaged" is never mistaken for "no plate".

use crate::error::RecognitionError;
use crate::raster::Raster;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::io::Cursor;
use tollbooth_photo::{Completeness, HeaderError, PhotoFormat, completeness, image_header};

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

/// Bytes per pixel a decoder may allocate: 16-bit RGBA, the widest format read here.
const BYTES_PER_PIXEL: u64 = 8;
/// What a decoder may allocate besides pixels.
const DECODER_OVERHEAD: u64 = 16 << 20;

/// Decodes a photo to RGB and turns it upright by its EXIF orientation.
pub(crate) fn decode(photo: &[u8], limits: Limits) -> Result<Raster, RecognitionError> {
    let header = image_header(photo).map_err(refuse)?;
    if header.pixels() > limits.max_pixels {
        return Err(RecognitionError::TooManyPixels { pixels: header.pixels(), limit: limits.max_pixels });
    }
    if let Completeness::Incomplete { reason, offset } = completeness(photo) {
        return Err(RecognitionError::DamagedImage { reason: format!("{reason} (byte {offset} of {})", photo.len()) });
    }
    let mut reader = ImageReader::with_format(Cursor::new(photo), codec(header.format));
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.max_pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(DECODER_OVERHEAD));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(Raster::from_rgb(image.into_rgb8()))
}

fn codec(format: PhotoFormat) -> ImageFormat {
    match format {
        PhotoFormat::Jpeg => ImageFormat::Jpeg,
        PhotoFormat::Png => ImageFormat::Png,
        PhotoFormat::WebP => ImageFormat::WebP,
    }
}

fn refuse(error: HeaderError) -> RecognitionError {
    match error {
        HeaderError::NotAPhoto => RecognitionError::UnsupportedFormat { reason: error.to_string() },
        HeaderError::Truncated { .. } | HeaderError::Malformed { .. } => {
            RecognitionError::DamagedImage { reason: error.to_string() }
        }
    }
}

/// The format was told by its signature and the size checked, so what the decoder refuses is damage.
fn damaged(error: image::ImageError) -> RecognitionError {
    RecognitionError::DamagedImage { reason: error.to_string() }
}
