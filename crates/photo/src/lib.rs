//! What can be said about an uploaded photo from its structure alone: format, size in pixels, and whether
//! all its data is there.
//!
//! Intake asks before it stores a photo and must stay cheap: nothing here decodes a pixel, allocates in
//! proportion to the photo, or trusts a file name or a content type; only the module [`pixels`], behind a feature
//! that intake does not use, goes further. The walk over segments that finds the
//! size is the one that finds the end, so the two answers cannot disagree; that is why this crate has a
//! walker of its own and not a header library beside it.
//!
//! It must not judge whether a photo is *useful*: a complete file can still hold damaged pixels, which
//! only decoding tells.

mod bytes;
mod jpeg;
#[cfg(feature = "pixels")]
pub mod pixels;
mod png;
mod webp;

use thiserror::Error;

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

/// Whether all of a photo's data is there, by structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// The end of the image is where the structure says it is. Bytes after it do not matter.
    Complete,
    /// Data is missing or the structure breaks.
    Incomplete {
        /// What is missing or broken, for an operator to read.
        reason: &'static str,
        /// Where, counted from the file's start.
        offset: usize,
    },
}

impl Completeness {
    /// True for [`Completeness::Complete`].
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
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

/// Whether the photo's data is all there: the JPEG's end marker, the PNG's `IEND`, the WebP's stated length.
///
/// One pass over the bytes at most. Bytes of no known format are incomplete.
pub fn completeness(photo: &[u8]) -> Completeness {
    let walked = match format_of(photo) {
        Some(PhotoFormat::Jpeg) => jpeg::find_end(photo),
        Some(PhotoFormat::Png) => png::find_end(photo),
        Some(PhotoFormat::WebP) => webp::find_end(photo),
        None => Err(Break::Malformed { offset: 0, reason: "not a JPEG, PNG or WebP file" }),
    };
    match walked {
        Ok(()) => Completeness::Complete,
        Err(Break::End) => {
            Completeness::Incomplete { reason: "the file ends before the image does", offset: photo.len() }
        }
        Err(Break::Malformed { offset, reason }) => Completeness::Incomplete { reason, offset },
    }
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
