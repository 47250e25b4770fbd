//! From foreign bytes to pixels, with everything checked that can be checked beforehand.
//!
//! The decoder gets a copy that holds the picture and its orientation and nothing else, and limits that follow from *this*
//! photo's header: what a file carries besides can neither inflate nor crash it. Of a JPEG that is cut, what is there is
//! decoded and the rest is grey; whoever reads such a photo asks [`crate::damage`] and trusts nothing. Everybody who looks
//! at a photo sees it upright, as its EXIF orientation says: coordinates mean the same everywhere.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use thiserror::Error;

use crate::{Break, HeaderError, PhotoFormat, PhotoHeader, image_data, image_header, jpeg, png, webp};

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
    /// The format has a coding process that is not decoded here; other programs may show the photo.
    #[error("{what} is not supported")]
    Unsupported {
        /// The coding process.
        what: &'static str,
    },
    /// Data is missing or broken.
    #[error("{reason}")]
    Damaged {
        /// What is broken, for an operator to read.
        reason: String,
    },
}

/// A photo that may be decoded: there is image data, and its size is within the limit.
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
    /// Whether the file is as its standard wants, so that stricter decoders than this one read it.
    pub is_regular: bool,
}

/// Checks all that can be checked without decoding a pixel.
///
/// # Errors
/// [`DecodeError`] names what is wrong.
pub fn inspect(photo: &[u8], max_pixels: u64) -> Result<Sound, DecodeError> {
    let clean = Clean::copy(photo, max_pixels)?;
    let (decoder, orientation) = clean.open()?;
    let (width, height) = decoder.dimensions();
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    let is_upright = orientation == Orientation::NoTransforms;
    Ok(Sound { format: clean.header.format, width, height, is_upright, is_regular: clean.is_regular })
}

/// Decodes a photo and turns it upright by its EXIF orientation. Memory is bounded by what the header states, and that by
/// `max_pixels`: about eight bytes for each pixel.
///
/// # Errors
/// [`DecodeError`] names what is wrong.
pub fn decode(photo: &[u8], max_pixels: u64) -> Result<DynamicImage, DecodeError> {
    let clean = Clean::copy(photo, max_pixels)?;
    let (decoder, orientation) = clean.open()?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(image)
}

/// A photo without anything that a picture does not need.
struct Clean {
    bytes: Vec<u8>,
    header: PhotoHeader,
    is_regular: bool,
}

impl Clean {
    fn copy(photo: &[u8], max_pixels: u64) -> Result<Self, DecodeError> {
        let header = image_header(photo)?;
        if header.pixels() > max_pixels {
            return Err(DecodeError::TooManyPixels { pixels: header.pixels(), limit: max_pixels });
        }
        if header.format == PhotoFormat::Jpeg
            && let Some(what) = jpeg::unsupported(photo)
        {
            return Err(DecodeError::Unsupported { what });
        }
        let broken = |reason: &str, offset: usize| DecodeError::Damaged {
            reason: format!("{reason} (byte {offset} of {})", photo.len()),
        };
        image_data(photo).map_err(|lack| broken(lack.reason, lack.offset))?;
        let unclean = |found: Break| {
            let told = found.told(photo);
            broken(told.reason, told.offset)
        };
        let (bytes, is_regular) = match header.format {
            PhotoFormat::Jpeg => {
                let rebuilt = jpeg::rebuild(photo).map_err(unclean)?;
                (rebuilt.bytes, rebuilt.is_regular)
            }
            PhotoFormat::Png => (png::rebuild(photo).map_err(unclean)?, true),
            PhotoFormat::WebP => (webp::rebuild(photo).map_err(unclean)?, true),
        };
        Ok(Self { bytes, header, is_regular })
    }

    fn open(&self) -> Result<(impl ImageDecoder + '_, Orientation), DecodeError> {
        let mut reader = ImageReader::with_format(Cursor::new(self.bytes.as_slice()), codec(self.header.format));
        let mut bounds = image::Limits::default();
        bounds.max_alloc = Some(self.header.pixels().saturating_mul(BYTES_PER_PIXEL).saturating_add(DECODER_OVERHEAD));
        reader.limits(bounds);
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        // The limit holds for what the header states; a decoder that found another size would not be bound by it.
        if decoder.dimensions() != (self.header.width, self.header.height) {
            return Err(DecodeError::Damaged { reason: "two headers state different sizes".to_owned() });
        }
        let orientation = decoder.orientation().map_err(damaged)?;
        Ok((decoder, orientation))
    }
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
