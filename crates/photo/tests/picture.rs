//! The same picture has the same digest whatever is written beside it, and no other picture has it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use tollbooth_photo::picture_digest;

fn photo(seed: u8, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 3) as u8 ^ seed, (y * 5) as u8, seed]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with another segment behind its start marker.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, body, &jpeg[2..]].concat()
}

#[test]
fn metadata_comments_and_bytes_behind_the_end_change_no_picture() {
    let jpeg = photo(1, ImageFormat::Jpeg);
    let digest = picture_digest(&jpeg).unwrap();
    for (what, other) in [
        ("comment", with_segment(&jpeg, 0xFE, b"sent 2026-11-29T10:17:45Z")),
        ("exif", with_segment(&jpeg, 0xE1, b"Exif\0\0not even valid")),
        ("a preview with an end marker in it", with_segment(&jpeg, 0xE2, &photo(2, ImageFormat::Jpeg))),
        ("tail", [&jpeg[..], b"dhav....".as_slice()].concat()),
        ("fill bytes", [&jpeg[..2], &[0xFF, 0xFF], &jpeg[2..]].concat()),
    ] {
        assert_eq!(picture_digest(&other), Some(digest), "{what}");
    }
}

#[test]
fn text_chunks_of_a_png_and_exif_of_a_webp_change_no_picture() {
    let png = photo(1, ImageFormat::Png);
    // Behind IHDR, whose chunk has 25 bytes. Checksums are the decoder's business.
    let text = [&5_u32.to_be_bytes()[..], b"tEXta\0bcdXXXX"].concat();
    let other = [&png[..33], &text, &png[33..]].concat();
    assert_eq!(picture_digest(&other), picture_digest(&png));
    let webp = photo(1, ImageFormat::WebP);
    let longer = u32::from_le_bytes(webp[4..8].try_into().unwrap()) + 12;
    let other = [&webp[..4], &longer.to_le_bytes(), &webp[8..], b"EXIF\x04\0\0\0abcd"].concat();
    assert_eq!(picture_digest(&other), picture_digest(&webp));
    assert!(picture_digest(&png).is_some() && picture_digest(&webp).is_some());
}

#[test]
fn other_pixels_are_another_picture_in_every_format() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let digests: std::collections::BTreeSet<_> =
            (0..=255).map(|seed| picture_digest(&photo(seed, format)).unwrap()).collect();
        assert_eq!(digests.len(), 256, "{format:?}");
    }
}

#[test]
fn a_file_that_ends_too_early_is_another_picture_or_none() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = photo(1, format);
        // The last bytes of a JPEG and a PNG are their end marker, and no part of the picture.
        for length in 0..whole.len() - 12 {
            assert_ne!(picture_digest(&whole[..length]), picture_digest(&whole), "{format:?} cut to {length}");
        }
    }
    let jpeg = photo(1, ImageFormat::Jpeg);
    assert_eq!(picture_digest(&jpeg[..jpeg.len() - 2]), picture_digest(&jpeg), "no end marker, the same picture");
    assert_eq!(picture_digest(b"no photo"), None);
}
