//! From foreign bytes to pixels, with everything checked that can be checked beforehand.
//!
//! Decoders are tolerant: some fill what is missing with grey and call it success. A photo whose structure is
//! incomplete is therefore refused before decoding, so that "damaged" is never mistaken for "no plate". Everybody who
//! looks at a photo sees it upright, as its EXIF orientation says: coordinates mean the same everywhere.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use thiserror::Error;

use crate::{Completeness, HeaderError, PhotoFormat, completeness, image_header};

/// Bytes per pixel a decoder may allocate: 16-bit RGBA, the widest format read here.
const BYTES_PER_PIXEL: u64 = 8;
/// What a decoder may allocate besides pixels.
const DECODER_OVERHEAD: u64 = 16 << 20;

/// Why a photo cannot be decoded. The same bytes will never be readable under the same limit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The header says too little or nothing.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The header states more pixels than allowed; nothing was decoded.
    #[error("{pixels} pixels are more than the limit of {limit}")]
    TooManyPixels {
        /// Pixels stated by the header.
        pixels: u64,
        /// The limit in force.
        limit: u64,
    },
    /// Data is missing or broken.
    #[error("{reason}")]
    Damaged {
        /// What is broken, for an operator to read.
        reason: String,
    },
}

/// A photo that may be decoded: its structure is whole and its size within the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// The format the first bytes show.
    pub format: PhotoFormat,
    /// Width as shown, after any rotation noted in EXIF.
    pub width: u32,
    /// Height as shown.
    pub height: u32,
    /// Whether the stored pixels are upright, so that those who ignore EXIF see the same.
    pub is_upright: bool,
}

/// Checks all that can be checked without decoding a pixel.
///
/// # Errors
/// [`DecodeError`] names what is wrong.
pub fn inspect(photo: &[u8], max_pixels: u64) -> Result<Sound, DecodeError> {
    let (decoder, format, orientation) = open(photo, max_pixels)?;
    let (width, height) = decoder.dimensions();
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    Ok(Sound { format, width, height, is_upright: orientation == Orientation::NoTransforms })
}

/// Decodes a photo and turns it upright by its EXIF orientation. Memory is bounded by `max_pixels`: about eight bytes
/// for each pixel that the header states.
///
/// # Errors
/// [`DecodeError`] names what is wrong.
pub fn decode(photo: &[u8], max_pixels: u64) -> Result<DynamicImage, DecodeError> {
    let (decoder, _, orientation) = open(photo, max_pixels)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn open(photo: &[u8], max_pixels: u64) -> Result<(impl ImageDecoder + '_, PhotoFormat, Orientation), DecodeError> {
    let header = image_header(photo)?;
    if header.pixels() > max_pixels {
        return Err(DecodeError::TooManyPixels { pixels: header.pixels(), limit: max_pixels });
    }
    if let Completeness::Incomplete { reason, offset } = completeness(photo) {
        return Err(DecodeError::Damaged { reason: format!("{reason} (byte {offset} of {})", photo.len()) });
    }
    let mut reader = ImageReader::with_format(Cursor::new(photo), codec(header.format));
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(max_pixels.saturating_mul(BYTES_PER_PIXEL).saturating_add(DECODER_OVERHEAD));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    // The limit holds for what the header states; a decoder that found another size would not be bound by it.
    if decoder.dimensions() != (header.width, header.height) {
        return Err(DecodeError::Damaged { reason: "two headers state different sizes".to_owned() });
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    Ok((decoder, header.format, orientation))
}

fn codec(format: PhotoFormat) -> ImageFormat {
    match format {
        PhotoFormat::Jpeg => ImageFormat::Jpeg,
        PhotoFormat::Png => ImageFormat::Png,
        PhotoFormat::WebP => ImageFormat::WebP,
    }
}

/// The format was told by its signature and the size checked, so what the decoder refuses is damage.
fn damaged(error: image::ImageError) -> DecodeError {
    DecodeError::Damaged { reason: error.to_string() }
}
