//! Making a photo fit what a service takes: format, bytes, pixels, and upright.
//!
//! A photo that fits is sent byte for byte. Any other is decoded within the same limits as for reading in process and
//! encoded again as JPEG, upright and no smaller than it must be; the service's coordinates are scaled back.

use std::borrow::Cow;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use tollbooth_photo::PhotoFormat;
use tollbooth_photo::pixels::{Sound, decode, inspect};
use tollbooth_recognizer_contract::{Class, Failure};

/// Most pixels of a photo, as for reading in process: about 320 MB while decoding.
pub const MAX_PIXELS: u64 = 40_000_000;

/// JPEG qualities tried in this order before a photo is made smaller.
const QUALITIES: [u8; 2] = [92, 80];
/// How often a photo is made smaller before it is given up.
const MOST_REDUCTIONS: u32 = 6;

/// What photos a service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoLimits {
    /// Most bytes.
    pub max_bytes: usize,
    /// Shortest side, in pixels.
    pub min_side: u32,
    /// Longest side, in pixels.
    pub max_side: u32,
    /// Formats that are sent as they are.
    pub formats: &'static [PhotoFormat],
}

/// A photo as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted<'a> {
    /// The file.
    pub bytes: Cow<'a, [u8]>,
    /// Its format.
    pub format: PhotoFormat,
    /// Width as sent, in pixels.
    pub width: u32,
    /// Height as sent.
    pub height: u32,
    /// Width of the original, upright.
    pub original_width: u32,
    /// Height of the original, upright.
    pub original_height: u32,
}

impl Fitted<'_> {
    /// A point of the photo as sent, in pixels of the original.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "sides of photos are far below 2^24")]
    pub fn to_original(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let scale = |value: f32, original: u32, sent: u32| value * (original as f32 / sent.max(1) as f32);
        [scale(x, self.original_width, self.width), scale(y, self.original_height, self.height)]
    }
}

/// Makes a photo fit.
///
/// # Errors
/// `bad-image` when the photo is damaged, of another format, or cannot be made to fit.
pub fn fit<'a>(photo: &'a [u8], limits: &PhotoLimits) -> Result<Fitted<'a>, Failure> {
    let sound = inspect(photo, MAX_PIXELS).map_err(|e| bad_image(&e.to_string()))?;
    let shortest = sound.width.min(sound.height);
    if shortest < limits.min_side {
        return Err(too_small(limits, shortest));
    }
    let fits = sound.is_upright
        && sound.is_regular
        && photo.len() <= limits.max_bytes
        && sound.width.max(sound.height) <= limits.max_side
        && limits.formats.contains(&sound.format);
    if fits {
        return Ok(Fitted {
            bytes: Cow::Borrowed(photo),
            format: sound.format,
            width: sound.width,
            height: sound.height,
            original_width: sound.width,
            original_height: sound.height,
        });
    }
    encode_again(photo, &sound, limits)
}

fn encode_again(photo: &[u8], sound: &Sound, limits: &PhotoLimits) -> Result<Fitted<'static>, Failure> {
    let mut image = decode(photo, MAX_PIXELS).map_err(|e| bad_image(&e.to_string()))?.into_rgb8();
    let longest = image.width().max(image.height());
    if longest > limits.max_side {
        image = scaled(&image, f64::from(limits.max_side) / f64::from(longest));
    }
    for _ in 0..=MOST_REDUCTIONS {
        if image.width().min(image.height()) < limits.min_side {
            break;
        }
        let mut length = 0;
        for quality in QUALITIES {
            let bytes = jpeg(&image, quality)?;
            length = bytes.len();
            if length <= limits.max_bytes {
                return Ok(Fitted {
                    bytes: Cow::Owned(bytes),
                    format: PhotoFormat::Jpeg,
                    width: image.width(),
                    height: image.height(),
                    original_width: sound.width,
                    original_height: sound.height,
                });
            }
        }
        // Bytes go roughly with the area.
        image = scaled(&image, (bytes_ratio(limits.max_bytes, length)).sqrt() * 0.95);
    }
    Err(bad_image(&format!("the photo cannot be made to fit {} bytes", limits.max_bytes)))
}

#[expect(clippy::cast_precision_loss, reason = "file sizes are far below 2^52")]
fn bytes_ratio(wanted: usize, length: usize) -> f64 {
    wanted as f64 / length.max(1) as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32 that is at least 1")]
fn scaled(image: &RgbImage, factor: f64) -> RgbImage {
    let side = |length: u32| (f64::from(length) * factor.min(1.0)).floor().max(1.0) as u32;
    resize(image, side(image.width()), side(image.height()), FilterType::CatmullRom)
}

fn jpeg(image: &RgbImage, quality: u8) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .write_image(image.as_raw(), image.width(), image.height(), ExtendedColorType::Rgb8)
        .map_err(|e| bad_image(&format!("the photo cannot be encoded again: {e}")))?;
    Ok(bytes)
}

fn too_small(limits: &PhotoLimits, shortest: u32) -> Failure {
    bad_image(&format!(
        "the photo's shorter side has {shortest} pixels; the service takes photos from {} pixels",
        limits.min_side
    ))
}

fn bad_image(text: &str) -> Failure {
    Failure::new(Class::BadImage, text)
}
