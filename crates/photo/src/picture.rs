//! A digest of what a file shows, without what is written beside it.
//!
//! A camera that starts again may send its buffer once more, each photo with a new comment, a new "sent at" in EXIF or
//! some bytes behind the end: other bytes, another SHA-256, the same picture. So the digest is of what a decoder needs
//! for the pixels, in the file's order, and of nothing else. It is not cryptographic: whoever can send photos for a booth
//! gains nothing by two pictures with one digest but a review of his own photo. It costs a tenth of the SHA-256.

use crate::sink::Sink;
use crate::{PhotoFormat, format_of, jpeg, png, webp};

/// Digest of the picture in a photo: equal for files that differ in metadata, comments and bytes behind the end only. None
/// where the structure breaks before any image data. A JPEG without its end marker has the digest it would have with it.
///
/// One pass over the bytes at most; nothing is decoded. The same picture encoded anew has another digest.
#[must_use]
pub fn picture_digest(photo: &[u8]) -> Option<u128> {
    let mut sink = Sink::new();
    let walked = match format_of(photo)? {
        PhotoFormat::Jpeg => jpeg::picture(photo, &mut sink),
        PhotoFormat::Png => png::picture(photo, &mut sink),
        PhotoFormat::WebP => webp::picture(photo, &mut sink),
    };
    walked.ok().map(|()| sink.digest())
}
