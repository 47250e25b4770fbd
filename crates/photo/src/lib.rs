//! What can be said about an uploaded photo without decoding a pixel: format, size, whether there is image data at all, and
//! how much of the picture that data holds.
//!
//! Intake asks the first three before it stores a photo and must stay cheap: they allocate nothing in proportion to the
//! photo and trust neither file name nor content type. [`damage`] goes through all data and is asked where photos are read.
//! The walk over segments that finds the size is the one that finds the data, so the answers cannot disagree; that is why
//! this crate has a walker of its own and not a header library beside it. Pixels come from the modules `pixels`, `crop` and
//! `turned`, behind a feature that intake does not use.
//!
//! It must not judge whether a photo is *useful*: that is for those who look at it.

mod bytes;
#[cfg(feature = "pixels")]
pub mod crop;
mod jpeg;
mod picture;
#[cfg(feature = "pixels")]
pub mod pixels;
mod png;
mod print;
mod sink;
#[cfg(feature = "pixels")]
pub mod turned;
mod webp;

use thiserror::Error;

pub use picture::picture_digest;
pub use print::Print;

/// A photo format that TollBooth takes, told by the file's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhotoFormat {
    /// JPEG (JFIF, EXIF or bare), baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy or lossless.
    WebP,
}

impl PhotoFormat {
    /// The media type of this format, for `Content-Type`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

impl std::fmt::Display for PhotoFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
        })
    }
}

/// Format and size of a photo as its header states them.
///
/// Width and height are those of the stored pixels, before any rotation noted in EXIF, and at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoHeader {
    /// The format the first bytes show.
    pub format: PhotoFormat,
    /// Stored width in pixels.
    pub width: u32,
    /// Stored height in pixels.
    pub height: u32,
}

impl PhotoHeader {
    /// Number of pixels a decoder would produce; at most 2^64, so it cannot overflow.
    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Why a photo's format and size could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The first bytes belong to none of the formats taken. Sending the same bytes again does not help.
    #[error("not a photo: the first bytes are neither JPEG, PNG nor WebP")]
    NotAPhoto,
    /// The format is known but the file ends before its size is stated.
    #[error("{format} file ends at byte {length}, before its width and height are stated")]
    Truncated {
        /// Format by the first bytes.
        format: PhotoFormat,
        /// Bytes received.
        length: usize,
    },
    /// The format is known but its structure is broken before the size is stated.
    #[error("{format} header is broken at byte {offset}: {reason}")]
    Malformed {
        /// Format by the first bytes.
        format: PhotoFormat,
        /// Where the structure breaks, counted from the file's start.
        offset: usize,
        /// What was found there.
        reason: &'static str,
    },
}

/// Image data that no decoder could even begin with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason} (byte {offset})")]
pub struct NoImageData {
    /// What is missing or broken, for an operator to read.
    pub reason: &'static str,
    /// Where, counted from the file's start.
    pub offset: usize,
}

/// A picture that is not all there. What a recogniser reads from it is a suggestion, never a bill.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{reason} (byte {offset}); {:.0} % of the picture can be decoded", decoded * 100.0)]
pub struct Damage {
    /// Share of the picture that its data holds, 0 to 0.99; of a JPEG by blocks, 0 for other formats.
    pub decoded: f32,
    /// What is missing or broken, for an operator to read.
    pub reason: &'static str,
    /// Where, counted from the file's start.
    pub offset: usize,
}

impl Damage {
    fn of_structure(data: &[u8], walked: Result<(), Break>) -> Option<Self> {
        let NoImageData { reason, offset } = walked.err()?.told(data);
        Some(Self { decoded: 0.0, reason, offset })
    }
}

/// Format and stored size of a photo, read from its header.
///
/// A thumbnail inside EXIF or another application segment is never taken for the photo.
///
/// # Errors
/// [`HeaderError`] says whether the bytes are no photo at all, end too early, or are malformed.
pub fn image_header(photo: &[u8]) -> Result<PhotoHeader, HeaderError> {
    let format = format_of(photo).ok_or(HeaderError::NotAPhoto)?;
    let size = match format {
        PhotoFormat::Jpeg => jpeg::size(photo),
        PhotoFormat::Png => png::size(photo),
        PhotoFormat::WebP => webp::size(photo),
    };
    match size {
        Ok((0, _) | (_, 0)) => Err(HeaderError::Malformed { format, offset: 0, reason: "a side has no pixels" }),
        Ok((width, height)) => Ok(PhotoHeader { format, width, height }),
        Err(Break::End) => Err(HeaderError::Truncated { format, length: photo.len() }),
        Err(Break::Malformed { offset, reason }) => Err(HeaderError::Malformed { format, offset, reason }),
    }
}

/// Whether there is image data that a decoder can begin with. A JPEG that is cut passes: what is left of it can be read, and
/// [`damage`] says how much that is. Of a PNG or WebP nothing may be missing.
///
/// # Errors
/// [`NoImageData`] says what is missing.
pub fn image_data(photo: &[u8]) -> Result<(), NoImageData> {
    let walked = match format_of(photo) {
        Some(PhotoFormat::Jpeg) => jpeg::find_image_data(photo),
        Some(PhotoFormat::Png) => png::find_image_data(photo),
        Some(PhotoFormat::WebP) => webp::find_image_data(photo),
        None => Err(Break::Malformed { offset: 0, reason: "not a JPEG, PNG or WebP file" }),
    };
    walked.map_err(|broken| broken.told(photo))
}

/// How much of the picture is missing; none when it is whole, even where its file is not as the standard wants.
pub fn damage(photo: &[u8]) -> Option<Damage> {
    condition(photo).damage
}

/// What a walk through all of a photo's data tells without decoding a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// None when the picture is whole.
    pub damage: Option<Damage>,
    /// What the picture looks like; of whole JPEG files only.
    pub print: Option<Print>,
}

/// What is missing from a photo and what it looks like.
///
/// Follows a JPEG's entropy-coded data to its last block: some ten milliseconds for a megabyte, and two bytes of memory a
/// block, ten where it is progressive.
pub fn condition(photo: &[u8]) -> Condition {
    let damage = match format_of(photo) {
        Some(PhotoFormat::Jpeg) => return jpeg::condition(photo),
        Some(PhotoFormat::Png) => png::damage(photo),
        Some(PhotoFormat::WebP) => webp::damage(photo),
        None => Some(Damage { decoded: 0.0, reason: "not a JPEG, PNG or WebP file", offset: 0 }),
    };
    Condition { damage, print: None }
}

fn format_of(photo: &[u8]) -> Option<PhotoFormat> {
    if photo.starts_with(jpeg::SIGNATURE) {
        Some(PhotoFormat::Jpeg)
    } else if photo.starts_with(png::SIGNATURE) {
        Some(PhotoFormat::Png)
    } else if webp::matches(photo) {
        Some(PhotoFormat::WebP)
    } else {
        None
    }
}

/// Why a walk over a file's structure stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Break {
    /// The bytes end where more are needed.
    End,
    /// The bytes contradict the format.
    Malformed { offset: usize, reason: &'static str },
}

impl Break {
    fn told(&self, data: &[u8]) -> NoImageData {
        match *self {
            Self::End => NoImageData { reason: "the file ends before the image does", offset: data.len() },
            Self::Malformed { offset, reason } => NoImageData { reason, offset },
        }
    }
}
