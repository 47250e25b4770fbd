//! What is checked of a photo before it is stored: format by content, pixels by header, nothing decoded.
//!
//! A file that is no photo is refused. A photo that is damaged is *not*: it is the only trace of a vehicle that
//! passed, so it is stored. Where any of its picture is left a recogniser tries first, and how much that is, is measured
//! there; else it goes to a person at once.

use tollbooth_photo::{HeaderError, PhotoFormat, image_data, image_header};
use tollbooth_pipeline::ident::hex;
use tollbooth_pipeline::settings::Settings;
use tollbooth_ports::digest::sha256;
use tollbooth_web::{Kind, Problem};

/// What is known of a photo that may be stored.
pub struct Inspected {
    /// `jpeg`, `png` or `webp`
    pub format: &'static str,
    /// Pixels; 0 when the header cannot tell.
    pub width: u32,
    /// Pixels; 0 when the header cannot tell.
    pub height: u32,
    /// There is nothing that a recogniser could try.
    pub damaged: bool,
}

/// Inspects a photo's bytes.
pub fn inspect(bytes: &[u8], settings: &Settings) -> Result<Inspected, Problem> {
    if bytes.is_empty() {
        return Err(Problem::new(Kind::InvalidRequest, "The body is empty; send the photo's bytes."));
    }
    let header = match image_header(bytes) {
        Ok(header) => header,
        Err(HeaderError::NotAPhoto) => {
            return Err(Problem::new(
                Kind::NotAPhoto,
                "The first bytes are neither JPEG, PNG nor WebP, whatever the name or Content-Type say.",
            ));
        }
        Err(HeaderError::Truncated { format, .. } | HeaderError::Malformed { format, .. }) => {
            return Ok(Inspected { format: name(format), width: 0, height: 0, damaged: true });
        }
    };
    check_size(header.width, header.height, header.pixels(), settings)?;
    Ok(Inspected {
        format: name(header.format),
        width: header.width,
        height: header.height,
        damaged: image_data(bytes).is_err(),
    })
}

/// SHA-256 of a photo as lower-case hex.
#[must_use]
pub fn photo_sha256(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// What two files that show the same picture have in common: 32 digits of hex.
pub fn picture_digest(bytes: &[u8], photo_sha256: &str) -> String {
    tollbooth_photo::picture_digest(bytes)
        .map_or_else(|| photo_sha256.chars().take(32).collect(), |digest| format!("{digest:032x}"))
}

fn check_size(width: u32, height: u32, pixels: u64, settings: &Settings) -> Result<(), Problem> {
    let smallest = settings.intake_min_side_pixels;
    if width < smallest || height < smallest {
        return Err(Problem::new(
            Kind::ImageSize,
            format!("The image has {width} x {height} pixels; each side needs at least {smallest}."),
        ));
    }
    if pixels > settings.intake_max_pixels {
        return Err(Problem::new(
            Kind::ImageSize,
            format!(
                "The image has {width} x {height} pixels; at most {} in all are allowed.",
                settings.intake_max_pixels
            ),
        ));
    }
    Ok(())
}

const fn name(format: PhotoFormat) -> &'static str {
    match format {
        PhotoFormat::Jpeg => "jpeg",
        PhotoFormat::Png => "png",
        PhotoFormat::WebP => "webp",
    }
}
