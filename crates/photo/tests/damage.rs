//! What cameras really send, and how much of it is there.
//!
//! Files of an ordinary encoder, altered as cameras and transfers alter them. Progressive ones and those with restart
//! markers are made by hand where the encoder cannot.
#![cfg(feature = "pixels")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, RgbImage};
use tollbooth_photo::pixels::{DecodeError, decode, inspect};
use tollbooth_photo::{damage, image_data, image_header};

const WIDTH: u32 = 200;
const HEIGHT: u32 = 120;

/// Something with edges and detail all over.
fn photo() -> Vec<u8> {
    let image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let noise = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
        let edge = if (x / 9 + y / 7) % 2 == 0 { 200 } else { 40 };
        image::Rgb([edge, edge ^ (noise >> 28) as u8, (x + y) as u8])
    });
    let mut out = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut out, 80)
        .write_image(image.as_raw(), WIDTH, HEIGHT, image::ExtendedColorType::Rgb8)
        .unwrap();
    out.into_inner()
}

/// Offset and length of the first segment with this marker.
fn segment(jpeg: &[u8], marker: u8) -> Option<(usize, usize)> {
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] == marker {
            return Some((at, length));
        }
        at += length;
    }
    None
}

fn without(jpeg: &[u8], marker: u8) -> Vec<u8> {
    let mut rest = jpeg.to_vec();
    while let Some((at, length)) = segment(&rest, marker) {
        rest.drain(at..at + length);
    }
    rest
}

/// Where the entropy-coded data begins.
fn scan_data(jpeg: &[u8]) -> usize {
    let at = jpeg.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap();
    at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]))
}

#[test]
fn a_motion_jpeg_frame_without_huffman_tables_is_the_same_picture() {
    let whole = photo();
    let bare = without(&whole, 0xC4);
    assert!(bare.len() + 400 < whole.len(), "no tables were taken out");
    assert_eq!(damage(&bare), None);
    assert_eq!(decode(&bare, 100_000).unwrap(), decode(&whole, 100_000).unwrap());
    assert!(inspect(&whole, 100_000).unwrap().is_regular);
    assert!(!inspect(&bare, 100_000).unwrap().is_regular, "a service could refuse it");
}

#[test]
fn a_missing_end_marker_and_stray_bytes_change_nothing() {
    let whole = photo();
    let picture = decode(&whole, 100_000).unwrap();
    let no_end = whole[..whole.len() - 2].to_vec();
    let half_an_end = whole[..whole.len() - 1].to_vec();
    let tail = [&whole[..], b"dhav\x10\x20\x30\x40"].concat();
    let tail_without_end = [&no_end[..], &[0; 512]].concat();
    let next_frame = [&no_end[..], &whole[..]].concat();
    let mut files = vec![
        ("no end marker", no_end),
        ("half an end marker", half_an_end),
        ("a tail", tail),
        ("padding for an end", tail_without_end),
        ("another frame behind it", next_frame),
    ];
    for marker in [0xDB, 0xC0, 0xC4, 0xDA] {
        let at = whole.windows(2).position(|w| w == [0xFF, marker]).unwrap();
        for junk in [&[0; 7][..], b"\xFF\x00junk\xFF\x55", b"--boundary\r\n"] {
            files.push(("stray bytes", [&whole[..at], junk, &whole[at..]].concat()));
        }
    }
    for (what, file) in files {
        let header = image_header(&file).unwrap();
        assert_eq!((header.width, header.height), (WIDTH, HEIGHT), "{what}");
        assert_eq!(image_data(&file), Ok(()), "{what}");
        assert_eq!(damage(&file), None, "{what}");
        assert_eq!(decode(&file, 100_000).unwrap(), picture, "{what}");
    }
}

#[test]
fn a_cut_picture_is_measured_whatever_stands_at_its_end() {
    let whole = photo();
    let start = scan_data(&whole);
    let data = whole.len() - 2 - start;
    for percent in [5, 25, 50, 75, 97] {
        let cut = &whole[..start + data * percent / 100];
        for (what, file) in [
            ("cut", cut.to_vec()),
            ("cut, with an end marker", [cut, &[0xFF, 0xD9]].concat()),
            ("the rest is zeros", [cut, &vec![0; whole.len() - cut.len()]].concat()),
            (
                "the rest is zeros, with an end marker",
                [cut, &vec![0; whole.len() - 2 - cut.len()], &[0xFF, 0xD9]].concat(),
            ),
            ("the rest is 0xFF", [cut, &vec![0xFF; whole.len() - cut.len()]].concat()),
            ("another file begins", [cut, &whole[..start + data / 3]].concat()),
        ] {
            let found = damage(&file).unwrap_or_else(|| panic!("{percent} %, {what}: not noticed"));
            let share = percent as f32 / 100.0;
            assert!((found.decoded - share).abs() < 0.12, "{percent} %, {what}: {found}");
            assert_eq!(image_data(&file), Ok(()), "{percent} %, {what}");
            assert!(decode(&file, 100_000).is_ok(), "{percent} %, {what}: nothing to suggest a plate from");
        }
    }
}

#[test]
fn a_hole_in_the_middle_is_damage() {
    let whole = photo();
    let start = scan_data(&whole);
    let mut holed = whole.clone();
    holed[start + 1_500..start + 1_800].fill(0);
    assert_eq!(damage(&holed).unwrap().reason, "a part of the image data is blank");
}

#[test]
fn flat_areas_are_no_holes() {
    for level in [0, 128, 255] {
        let image = RgbImage::from_pixel(1600, 1200, image::Rgb([level; 3]));
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, image::ImageFormat::Jpeg).unwrap();
        assert_eq!(damage(out.get_ref()), None, "{level}");
    }
}

#[test]
fn other_coding_processes_are_named_and_not_called_damage() {
    let whole = photo();
    let at = segment(&whole, 0xC0).unwrap().0;
    for (marker, precision, name) in
        [(0xC1, 12, "12 bits"), (0xC9, 8, "arithmetic"), (0xC3, 8, "lossless"), (0xC5, 8, "hierarchical")]
    {
        let mut other = whole.clone();
        other[at + 1] = marker;
        other[at + 4] = precision;
        let refused = decode(&other, 100_000).unwrap_err();
        assert!(matches!(refused, DecodeError::Unsupported { what } if what.contains(name)), "{name}: {refused}");
    }
}

#[test]
fn files_of_other_encoders_are_whole_and_cut_ones_are_not() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "jpg") {
            continue;
        }
        let name = path.display();
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(damage(&whole), None, "{name}");
        assert_eq!(damage(&whole[..whole.len() - 2]), None, "{name} without an end marker");
        let start = scan_data(&whole);
        for percent in [10, 40, 70, 95] {
            let cut = start + (whole.len() - 2 - start) * percent / 100;
            let found = damage(&[&whole[..cut], &[0xFF, 0xD9]].concat());
            assert!(found.is_some(), "{name} cut at {percent} %");
            assert!(found.unwrap().decoded < 1.0);
        }
        count += 1;
    }
    assert_eq!(count, 6);
}
