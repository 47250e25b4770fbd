//! Decoding within limits.
#![cfg(feature = "pixels")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use tollbooth_photo::damage;
use tollbooth_photo::pixels::{DecodeError, decode, inspect};

fn photo(format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8, y as u8, if x < 8 && y < 8 { 255 } else { 0 }]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with an EXIF segment that states this orientation.
fn turned(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let plain = photo(ImageFormat::Jpeg);
    [&plain[..2], &[0xFF, 0xE1], &length, &exif, &plain[2..]].concat()
}

#[test]
fn sizes_are_those_of_the_upright_photo() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let sound = inspect(&photo(format), 10_000).unwrap();
        assert_eq!((sound.width, sound.height, sound.is_upright), (64, 48, true), "{format:?}");
    }
    for (orientation, size, is_upright) in [(1, (64, 48), true), (3, (64, 48), false), (6, (48, 64), false)] {
        let bytes = turned(orientation);
        let sound = inspect(&bytes, 10_000).unwrap();
        assert_eq!(((sound.width, sound.height), sound.is_upright), (size, is_upright), "{orientation}");
        let image = decode(&bytes, 10_000).unwrap();
        assert_eq!((image.width(), image.height()), size, "{orientation}");
    }
}

/// A WebP as cameras' programs write it: an extended file with a profile, texts, and how it is turned.
fn extended(flags: u8, orientation: u8, picture: &[Vec<u8>]) -> Vec<u8> {
    let exif = [b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0, 0, 0, 0, 0][..]].concat();
    let canvas = [flags | 0x2C, 0, 0, 0, 63, 0, 0, 47, 0, 0];
    let before = [riff(b"VP8X", &canvas), riff(b"ICCP", &[7; 999])].concat();
    let after = [riff(b"EXIF", &exif), riff(b"XMP ", b"<x/>")].concat();
    riff(b"RIFF", &[&b"WEBP"[..], &before, &picture.concat(), &after].concat())
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [&kind[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content, padding].concat()
}

#[test]
fn an_extended_webp_is_its_picture_turned_as_it_says_and_an_animation_its_first_frame() {
    let plain = photo(ImageFormat::WebP);
    let whole = decode(&plain, 10_000).unwrap().to_rgb8();
    let picture = plain[12..].to_vec();
    let upright = decode(&extended(0, 1, std::slice::from_ref(&picture)), 10_000).unwrap();
    assert_eq!(upright.to_rgb8(), whole);
    let turned = decode(&extended(0, 6, std::slice::from_ref(&picture)), 10_000).unwrap();
    assert_eq!((turned.width(), turned.height()), (48, 64));
    let frame =
        |content: &[u8]| riff(b"ANMF", &[&[0, 0, 0, 0, 0, 0, 63, 0, 0, 47, 0, 0, 9, 0, 0, 2][..], content].concat());
    let frames = [riff(b"ANIM", &[0; 6]), frame(&picture), frame(&[1; 40])];
    let first = decode(&extended(0x02, 1, &frames), 10_000).unwrap();
    assert_eq!(first.to_rgb8(), whole);
}

#[test]
fn a_photo_over_the_limit_is_refused_before_it_is_decoded() {
    let bytes = photo(ImageFormat::Png);
    assert!(inspect(&bytes, 64 * 48).is_ok());
    let refused = DecodeError::TooManyPixels { pixels: 3072, limit: 3071 };
    assert_eq!(inspect(&bytes, 3071).unwrap_err(), refused);
    assert_eq!(decode(&bytes, 3071).unwrap_err(), refused);
}

#[test]
fn a_cut_photo_is_damaged_and_what_is_left_of_a_jpeg_can_be_seen() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let bytes = photo(format);
        let cut = &bytes[..bytes.len() - 20];
        assert!(matches!(decode(cut, 10_000), Err(DecodeError::Damaged { .. })), "{format:?}");
    }
    let bytes = photo(ImageFormat::Jpeg);
    let (whole, part) = (decode(&bytes, 10_000).unwrap(), decode(&bytes[..bytes.len() - 200], 10_000).unwrap());
    assert_eq!((part.width(), part.height()), (64, 48));
    assert_eq!(part.crop_imm(0, 0, 64, 8), whole.crop_imm(0, 0, 64, 8), "the upper lines are there");
    assert!(damage(&bytes[..bytes.len() - 200]).is_some());
}

#[test]
fn a_second_frame_header_with_another_size_is_damage() {
    let plain = photo(ImageFormat::Jpeg);
    let at = plain.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    let length = 2 + usize::from(u16::from_be_bytes([plain[at + 2], plain[at + 3]]));
    let mut second = plain[at..at + length].to_vec();
    second[5..9].copy_from_slice(&[0xFF, 0xF0, 0xFF, 0xF0]);
    let bytes = [&plain[..at + length], &second, &plain[at + length..]].concat();
    assert!(matches!(decode(&bytes, 10_000), Err(DecodeError::Damaged { .. })));
}
