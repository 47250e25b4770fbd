//! The structure walkers against files written by a real encoder, cut and altered in the ways uploads arrive.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;
use tollbooth_photo::{HeaderError, NoImageData, PhotoFormat, PhotoHeader, damage, image_data, image_header};

const ALL: [(PhotoFormat, ImageFormat); 3] = [
    (PhotoFormat::Jpeg, ImageFormat::Jpeg),
    (PhotoFormat::Png, ImageFormat::Png),
    (PhotoFormat::WebP, ImageFormat::WebP),
];

fn photo(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        let [a, b, c, _] = noise(x, y);
        image::Rgb([a, b, c])
    });
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// The JPEG with a segment of the given kind right behind its start marker.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, body, &jpeg[2..]].concat()
}

#[test]
fn header_states_format_and_size_of_every_format() {
    for (format, written) in ALL {
        assert_eq!(image_header(&photo(written, 61, 37)), Ok(PhotoHeader { format, width: 61, height: 37 }));
    }
}

#[test]
fn whole_files_are_whole() {
    for (format, written) in ALL {
        assert_eq!(damage(&photo(written, 64, 48)), None, "{format}");
    }
}

#[test]
fn a_file_cut_anywhere_in_its_picture_is_damaged() {
    for (format, written) in ALL {
        let whole = photo(written, 40, 30);
        // Behind the picture of a JPEG are its end marker, behind that of a PNG its end chunk: nothing to miss.
        let end = match format {
            PhotoFormat::Jpeg => whole.len() - 2,
            PhotoFormat::Png => whole.len() - 12,
            // The last WebP chunk may end in a padding byte that holds nothing; RIFF still states it.
            PhotoFormat::WebP => whole.len(),
        };
        for length in (0..end - 1).step_by(7).chain([end - 1]) {
            assert!(damage(&whole[..length]).is_some(), "{format} cut at {length}");
        }
        for length in end..whole.len() {
            assert_eq!(damage(&whole[..length]), None, "{format} cut at {length}");
        }
    }
}

#[test]
fn a_header_cut_before_the_size_is_truncated_not_another_format() {
    for (format, written) in ALL {
        let whole = photo(written, 40, 30);
        let length = 14;
        assert_eq!(image_header(&whole[..length]), Err(HeaderError::Truncated { format, length }));
    }
}

#[test]
fn bytes_behind_the_end_of_the_image_do_not_matter() {
    for (format, written) in ALL {
        let padded = [photo(written, 40, 30), vec![0; 512]].concat();
        assert_eq!(damage(&padded), None, "{format}");
    }
}

#[test]
fn a_thumbnail_in_exif_is_not_taken_for_the_photo() {
    let thumbnail = photo(ImageFormat::Jpeg, 16, 12);
    let whole = with_segment(&photo(ImageFormat::Jpeg, 90, 70), 0xE1, &[b"Exif\0\0", &thumbnail[..]].concat());
    assert_eq!(image_header(&whole), Ok(PhotoHeader { format: PhotoFormat::Jpeg, width: 90, height: 70 }));
    // Cut inside the photo, behind the thumbnail's own end marker.
    assert!(damage(&whole[..whole.len() - 400]).is_some());
    assert_eq!(damage(&whole), None);
}

#[test]
fn fill_bytes_before_a_marker_are_legal() {
    let plain = photo(ImageFormat::Jpeg, 40, 30);
    let filled = [&plain[..2], &[0xFF, 0xFF, 0xFF], &plain[2..]].concat();
    assert_eq!(image_header(&filled).map(|header| header.pixels()), Ok(1200));
    assert_eq!(damage(&filled), None);
}

#[test]
fn a_segment_with_an_impossible_length_is_malformed() {
    let plain = photo(ImageFormat::Jpeg, 40, 30);
    let broken = [&plain[..2], &[0xFF, 0xE0, 0, 1], &plain[2..]].concat();
    assert_eq!(
        image_header(&broken),
        Err(HeaderError::Malformed {
            format: PhotoFormat::Jpeg,
            offset: 4,
            reason: "a segment states a length below 2"
        })
    );
}

#[test]
fn text_and_nothing_are_not_photos() {
    for bytes in [&b""[..], b"GIF89a........", b"<html></html>", b"\xFF\xD8"] {
        assert_eq!(image_header(bytes), Err(HeaderError::NotAPhoto));
        assert!(image_data(bytes).is_err() && damage(bytes).is_some());
    }
}

#[test]
fn a_side_of_zero_pixels_is_malformed() {
    let mut png = photo(ImageFormat::Png, 40, 30);
    png[16..20].fill(0);
    assert!(matches!(image_header(&png), Err(HeaderError::Malformed { reason: "a side has no pixels", .. })));
}

#[test]
fn a_png_that_ends_without_pixels_has_no_image_data() {
    let png = photo(ImageFormat::Png, 40, 30);
    let hollow = [&png[..33], &png[png.len() - 12..]].concat();
    assert_eq!(image_data(&hollow), Err(NoImageData { reason: "the image ends without any image data", offset: 33 }));
}

#[test]
fn no_prefix_or_flipped_byte_makes_the_walk_panic_or_hang() {
    for (_, written) in ALL {
        let whole = photo(written, 24, 18);
        for index in 0..whole.len() {
            let mut broken = whole.clone();
            broken[index] ^= 0xFF;
            let _ = image_header(&broken);
            let _ = (image_data(&broken), damage(&broken));
            let _ = image_header(&whole[..index]);
        }
    }
}
