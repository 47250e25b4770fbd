//! What is cut out of a photo is what stands at those coordinates, however the photo is stored.
#![cfg(feature = "pixels")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use tollbooth_photo::HeaderError;
use tollbooth_photo::crop::{Area, CropError, HEIGHT, WIDTH, crop};
use tollbooth_photo::pixels::DecodeError;

const PLATE: Area = Area { x: 400.0, y: 300.0, width: 80.0, height: 40.0 };

/// A grey road with a white plate at [`PLATE`], with a black stroke of two pixels in its middle.
fn road() -> RgbImage {
    RgbImage::from_fn(640, 480, |x, y| {
        let is_plate = (400..480).contains(&x) && (300..340).contains(&y);
        Rgb([if is_plate && (439..441).contains(&x) {
            0
        } else if is_plate {
            255
        } else {
            90
        }; 3])
    })
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    match format {
        ImageFormat::Jpeg => JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(image).unwrap(),
        format => image.write_to(&mut bytes, format).unwrap(),
    }
    bytes.into_inner()
}

/// A JPEG that is stored turned and says so: `6`, to be turned a quarter clockwise for looking.
fn stored_turned(upright: &RgbImage) -> Vec<u8> {
    let plain = encoded(&image::imageops::rotate270(upright), ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([6, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&plain[..2], &[0xFF, 0xE1], &length, &exif, &plain[2..]].concat()
}

#[test]
fn the_plate_fills_the_crop_in_every_format_and_orientation() {
    let road = road();
    let photos = [
        encoded(&road, ImageFormat::Jpeg),
        encoded(&road, ImageFormat::Png),
        encoded(&road, ImageFormat::WebP),
        stored_turned(&road),
    ];
    for (n, photo) in photos.iter().enumerate() {
        let large = image::load_from_memory(&crop(photo, PLATE, 1_000_000).unwrap()).unwrap().into_rgb8();
        let (width, height) = large.dimensions();
        assert!((WIDTH - 8..=WIDTH).contains(&width) && height == HEIGHT, "photo {n}: {width} x {height}");
        let level = |x: u32, y: u32| large.get_pixel(x, y)[0];
        let (middle, line) = (width / 2, height / 2);
        // The stroke is there, sharp, and the plate beside it; the road is around them.
        assert!(level(middle, line) < 70, "photo {n}: the stroke is {}", level(middle, line));
        for beside in [middle - 20, middle + 20] {
            assert!(level(beside, line) > 215, "photo {n}: beside the stroke it is {}", level(beside, line));
        }
        for (x, y) in [(4, line), (width - 5, line), (middle, 4), (middle, height - 5)] {
            assert!((60..130).contains(&level(x, y)), "photo {n}: at the margin it is {}", level(x, y));
        }
    }
}

#[test]
fn a_large_plate_is_made_smaller_and_nothing_becomes_larger_than_promised() {
    let photo = encoded(&road(), ImageFormat::Jpeg);
    for area in [
        Area { x: 0.0, y: 0.0, width: 640.0, height: 480.0 },
        Area { x: -5_000.0, y: 470.0, width: 9_000.0, height: 3.0 },
        Area { x: 638.5, y: 0.0, width: 400.0, height: 0.25 },
    ] {
        let large = image::load_from_memory(&crop(&photo, area, 1_000_000).unwrap()).unwrap();
        assert!(large.width() <= WIDTH && large.height() <= HEIGHT, "{area:?}");
    }
}

#[test]
fn what_cannot_be_cut_out_says_why() {
    let photo = encoded(&road(), ImageFormat::Png);
    let outside = Area { x: 640.0, ..PLATE };
    assert_eq!(crop(&photo, outside, 1_000_000), Err(CropError::Outside { width: 640, height: 480 }));
    let too_many = DecodeError::TooManyPixels { pixels: 307_200, limit: 1_000 };
    assert_eq!(crop(&photo, PLATE, 1_000), Err(CropError::Decode(too_many)));
    let cut = crop(&photo[..photo.len() / 2], PLATE, 1_000_000);
    assert!(matches!(cut, Err(CropError::Decode(DecodeError::Damaged { .. }))), "{cut:?}");
    let none = crop(b"no photo at all", PLATE, 1_000_000);
    assert_eq!(none, Err(CropError::Decode(DecodeError::Header(HeaderError::NotAPhoto))));
}
