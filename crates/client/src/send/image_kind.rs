//! What a file is by its first bytes and its name: a photo to send, an image that has to be turned into one, or neither.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that tell every kind below.
const SNIFFED: u64 = 16;

/// Endings that JPEG, PNG and WebP files are given. One with other content is sent all the same: its refusal is counted.
const PHOTO_ENDINGS: [&str; 8] = ["jpg", "jpeg", "jpe", "jfif", "jfi", "jif", "png", "webp"];
/// Endings of images that TollBooth does not read.
const OTHER_ENDINGS: [&str; 20] = [
    "heic", "heif", "hif", "avif", "tif", "tiff", "bmp", "gif", "jxl", "jp2", "j2k", "dng", "raw", "cr2", "cr3", "nef",
    "arw", "orf", "rw2", "raf",
];
/// Endings of files that are not whole yet, or that accompany another one.
const UNFINISHED_ENDINGS: [&str; 8] = ["tmp", "temp", "part", "partial", "crdownload", "filepart", "bak", "thm"];

/// What to do with a file in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ImageKind {
    /// A JPEG, PNG or WebP by content or name.
    Photo,
    /// An image, but none that can be sent: why.
    Other(&'static str),
    /// No image.
    None,
}

/// What a file is.
///
/// # Errors
/// When it cannot be read.
pub(super) fn kind_of(path: &Path) -> std::io::Result<ImageKind> {
    let mut head = Vec::new();
    File::open(path)?.take(SNIFFED).read_to_end(&mut head)?;
    Ok(kind(path.extension(), &head))
}

fn kind(ending: Option<&OsStr>, head: &[u8]) -> ImageKind {
    let ending = ending.map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_one_of = |endings: &[&str]| endings.contains(&ending.as_str());
    let convert = "TollBooth reads JPEG, PNG and WebP: have the camera write one of them, or convert it";
    match by_content(head) {
        Some(ImageKind::Photo) if is_one_of(&UNFINISHED_ENDINGS) => {
            ImageKind::Other("its ending says that it is not whole, or belongs to another file: name it to send it")
        }
        Some(kind) => kind,
        None if is_one_of(&PHOTO_ENDINGS) => ImageKind::Photo,
        None if is_one_of(&OTHER_ENDINGS) => ImageKind::Other(convert),
        None => ImageKind::None,
    }
}

fn by_content(head: &[u8]) -> Option<ImageKind> {
    let brand = head.get(4..12);
    let other = |what| Some(ImageKind::Other(what));
    if head.starts_with(&[0xff, 0xd8, 0xff])
        || head.starts_with(b"\x89PNG\r\n\x1a\n")
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
    {
        return Some(ImageKind::Photo);
    }
    match brand {
        // ISO/IEC 23008-12, annex B: brands of HEIF; AV1 Image File Format, section 6.
        Some(b"ftypheic" | b"ftypheix" | b"ftyphevc" | b"ftypheim" | b"ftypheis" | b"ftypmif1" | b"ftypmsf1") => {
            other("it is HEIC: set the camera to JPEG (\"most compatible\"), or convert it")
        }
        Some(b"ftypavif" | b"ftypavis") => other("it is AVIF: set the camera to JPEG, or convert it"),
        _ if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") => {
            other("it is TIFF or a raw file: set the camera to JPEG, or convert it")
        }
        _ if head.starts_with(b"GIF8") => other("it is GIF: convert it to PNG"),
        _ if head.starts_with(b"\0\0\0\x0cJXL ") || head.starts_with(&[0xff, 0x0a]) => {
            other("it is JPEG XL: set the camera to JPEG, or convert it")
        }
        _ if head.starts_with(b"\0\0\0\x0cjP  ") => other("it is JPEG 2000: set the camera to JPEG, or convert it"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, head: &[u8]) -> ImageKind {
        kind(Path::new(name).extension(), head)
    }

    #[test]
    fn a_photo_is_known_by_its_content_whatever_its_name() {
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 16];
        for name in ["a.jpg", "a.jfif", "a.JPE", "a.mpo", "a", "a.20261120"] {
            assert_eq!(of(name, &jpeg), ImageKind::Photo, "{name}");
        }
        assert_eq!(of("a", b"RIFF\x10\0\0\0WEBPVP8 "), ImageKind::Photo);
        assert_eq!(of("a", b"\x89PNG\r\n\x1a\n\0\0"), ImageKind::Photo);
        assert_eq!(of("a.wav", b"RIFF\x10\0\0\0WAVEfmt "), ImageKind::None);
    }

    #[test]
    fn an_image_that_cannot_be_sent_is_known_by_content_or_name() {
        for (name, head) in [
            ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0".as_slice()),
            ("a", b"\0\0\0\x18ftypmif1\0\0\0\0"),
            ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0"),
            ("a.avif", b"\0\0\0\x1cftypavif\0\0\0\0"),
            ("a.dng", b"II*\0\x08\0\0\0"),
            ("a.HEIC", b"torn"),
            ("a.part", &[0xff, 0xd8, 0xff, 0xe0]),
            ("a.thm", &[0xff, 0xd8, 0xff, 0xe0]),
        ] {
            assert!(matches!(of(name, head), ImageKind::Other(_)), "{name}");
        }
    }

    #[test]
    fn what_is_called_a_photo_is_sent_so_that_its_refusal_is_counted() {
        assert_eq!(of("a.jpg", b""), ImageKind::Photo);
        assert_eq!(of("truth.csv", b"file,plate\n"), ImageKind::None);
        assert_eq!(of("clip.mp4", b"\0\0\0\x18ftypisom"), ImageKind::None);
    }
}
