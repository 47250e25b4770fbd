//! Photos are made to fit a service's limits, and only when they do not.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use tollbooth_photo::PhotoFormat;
use tollbooth_recognizer_contract::Class;
use tollbooth_services::{PhotoLimits, fit};

const LIMITS: PhotoLimits =
    PhotoLimits { max_bytes: 60_000, min_side: 51, max_side: 400, formats: &[PhotoFormat::Jpeg, PhotoFormat::Png] };

/// Noise, which compresses badly.
fn photo(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let image = RgbImage::from_fn(width, height, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [r, g, b, ..] = state.to_le_bytes();
        Rgb([r, g, b])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// With an EXIF segment that has the photo turned a quarter to the right.
fn turned(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, exif, &jpeg[2..]].concat()
}

#[test]
fn a_photo_that_fits_is_sent_byte_for_byte() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let bytes = photo(100, 80, format);
        let fitted = fit(&bytes, &LIMITS).unwrap();
        assert_eq!(*fitted.bytes, bytes);
        assert_eq!(fitted.to_original([7.0, 9.0]), [7.0, 9.0]);
    }
}

#[test]
fn a_photo_with_too_many_bytes_or_pixels_is_shrunk_until_it_fits() {
    for (width, height) in [(390, 300), (1600, 240)] {
        let bytes = photo(width, height, ImageFormat::Png);
        assert!(bytes.len() > LIMITS.max_bytes || width > LIMITS.max_side);
        let fitted = fit(&bytes, &LIMITS).unwrap();
        assert!(fitted.bytes.len() <= LIMITS.max_bytes && fitted.width <= LIMITS.max_side);
        let decoded = image::load_from_memory(&fitted.bytes).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (fitted.width, fitted.height));
        let corner = fitted.to_original([fitted.width as f32, fitted.height as f32]);
        assert!((corner[0] - width as f32).abs() < 0.5 && (corner[1] - height as f32).abs() < 0.5, "{corner:?}");
    }
}

#[test]
fn a_format_that_the_service_does_not_take_becomes_jpeg() {
    let bytes = photo(100, 80, ImageFormat::WebP);
    let fitted = fit(&bytes, &LIMITS).unwrap();
    assert_eq!(fitted.format, PhotoFormat::Jpeg);
    assert!(fitted.bytes.starts_with(&[0xFF, 0xD8, 0xFF]));
}

#[test]
fn a_turned_photo_is_sent_upright_so_that_coordinates_mean_the_same() {
    let bytes = turned(&photo(100, 80, ImageFormat::Jpeg));
    let fitted = fit(&bytes, &LIMITS).unwrap();
    assert_eq!((fitted.width, fitted.height), (80, 100));
    assert_eq!((fitted.original_width, fitted.original_height), (80, 100));
}

#[test]
fn photos_that_cannot_be_sent_are_bad_images_with_the_reason() {
    let fine = photo(100, 80, ImageFormat::Png);
    for (bytes, reason) in [
        (photo(100, 50, ImageFormat::Jpeg), "50 pixels"),
        (fine[..fine.len() / 2].to_vec(), "ends"),
        (b"GIF89a not taken here".to_vec(), "neither JPEG"),
        (photo(2000, 56, ImageFormat::Png), "cannot be made to fit"),
    ] {
        let failure = fit(&bytes, &LIMITS).unwrap_err();
        assert_eq!(failure.class, Class::BadImage);
        assert!(failure.detail.contains(reason), "{}", failure.detail);
    }
}

#[test]
fn a_file_that_strict_decoders_refuse_is_sent_as_a_regular_one() {
    let whole = photo(100, 80, ImageFormat::Jpeg);
    let no_end = &whole[..whole.len() - 2];
    let fitted = fit(no_end, &LIMITS).unwrap();
    assert_eq!((fitted.width, fitted.height), (100, 80));
    assert!(fitted.bytes.ends_with(&[0xFF, 0xD9]), "a service was sent a file without an end");
}
