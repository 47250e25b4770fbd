//! Which of a push's pictures is the one to read.

use std::borrow::Cow;

/// A picture of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture<'a> {
    /// As the camera calls it, with what it says of its kind.
    pub name: String,
    pub bytes: Cow<'a, [u8]>,
}

/// Whether these bytes begin as a photo that can be taken.
pub(crate) fn is_photo(bytes: &[u8]) -> bool {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    bytes.starts_with(&[0xFF, 0xD8, 0xFF]) || bytes.starts_with(b"\x89PNG\r\n\x1a\n") || webp
}

/// The largest picture that is not named as a cut-out of the plate; a cut-out when there is nothing else. A bill has to be
/// explained by a photo of the vehicle, and the whole of it shows the issuer's name, too.
pub(crate) fn to_read(pictures: Vec<Picture<'_>>) -> Option<Picture<'_>> {
    pictures.into_iter().max_by_key(|picture| (!is_cut_out(&picture.name), picture.bytes.len()))
}

/// `licensePlatePicture.jpg`, `plateBinaryPicture.jpg`, `CutoutPic`, `plate_image`, `ImageType` `plate`, `…_lpup.jpg`
fn is_cut_out(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["plate", "cutout", "lpup"].iter().any(|part| name.contains(part))
}
