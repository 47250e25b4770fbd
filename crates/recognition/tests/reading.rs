//! The recogniser on photos: on real ones where they are at hand, and on broken ones made here.
//!
//! Needs the models (`scripts/models`). Real photos lie beside the project in `../shared/data` and are no
//! part of it; without them those tests say loudly that they were skipped.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code: a failure here is a failed test")]

use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tollbooth_plate::DEFAULT_ACCEPT_CONFIDENCE;
use tollbooth_plate::confusable::fold;
use tollbooth_plate::text::normalise;
use tollbooth_recognition::{Limits, MODEL, Models, RecognitionError, Recognizer};

static RECOGNIZER: LazyLock<Recognizer> = LazyLock::new(load);

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load() -> Recognizer {
    Recognizer::new(Models::read(&project().join("models")).unwrap()).unwrap()
}

fn encoded(pixels: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A road without a vehicle: grey, a little lighter towards the horizon, with one bright line.
fn road(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let grey = if x * 8 / width == 4 { 220 } else { 90 + (y * 40 / height) as u8 };
        Rgb([grey, grey, grey.saturating_add(6)])
    })
}

/// Photos of a set with these columns of its table, or nothing and a loud line.
fn photo_set_with(name: &str, columns: &[&str]) -> Vec<(PathBuf, Vec<String>)> {
    let folder = project().join("../shared/data").join(name);
    let Ok(csv) = fs::read_to_string(folder.join("truth.csv")) else {
        eprintln!("SKIPPED: no real photos in ../shared/data/{name}");
        return Vec::new();
    };
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |title: &str| header.iter().position(|&found| found == title).unwrap();
    let file = column("file");
    let wanted: Vec<usize> = columns.iter().map(|title| column(title)).collect();
    lines
        .map(|fields| (folder.join(fields[file]), wanted.iter().map(|&index| fields[index].to_owned()).collect()))
        .collect()
}

/// Photos of a set with their plates.
fn photo_set(name: &str) -> Vec<(PathBuf, String)> {
    photo_set_with(name, &["plate"]).into_iter().map(|(path, fields)| (path, normalise(&fields[0]))).collect()
}

#[test]
fn every_lab_photo_is_read_right_after_folding_o_and_i() {
    for (path, truth) in photo_set("lab-photos") {
        let reading = RECOGNIZER.read(&fs::read(&path).unwrap()).unwrap();
        let read = reading.plates.first().map(|plate| plate.candidates[0].text.clone()).unwrap_or_default();
        assert_eq!(fold(&read), fold(&truth), "{}", path.display());
    }
}

#[test]
fn a_reading_has_its_place_its_model_and_one_probability_a_character() {
    for (path, _) in photo_set("lab-photos").into_iter().take(1) {
        let reading = RECOGNIZER.read(&fs::read(&path).unwrap()).unwrap();
        let plate = &reading.plates[0];
        let best = &plate.candidates[0];
        assert_eq!(reading.model, MODEL);
        assert_eq!(best.characters.len(), best.text.len());
        assert!(best.characters.iter().all(|probability| (0.0..=1.0).contains(probability)));
        assert!((0.0..=1.0).contains(&best.confidence));
        assert!(plate.bounds.width > 0 && plate.bounds.x + plate.bounds.width <= reading.width);
        assert!(plate.bounds.height > 0 && plate.bounds.y + plate.bounds.height <= reading.height);
    }
}

#[test]
fn the_same_photo_is_always_read_the_same() {
    for (path, _) in photo_set("lab-photos").into_iter().take(1) {
        let photo = fs::read(&path).unwrap();
        assert_eq!(RECOGNIZER.read(&photo).unwrap(), RECOGNIZER.read(&photo).unwrap());
    }
}

#[test]
fn a_road_without_a_vehicle_has_no_plate_and_is_no_error() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let reading = RECOGNIZER.read(&encoded(road(320, 240), format)).unwrap();
        assert!(reading.plates.is_empty());
        assert_eq!(reading.vehicle.map(|vehicle| vehicle.is_seen), Some(false), "{:?}", reading.vehicle);
        assert_eq!((reading.width, reading.height), (320, 240));
    }
}

#[test]
fn a_vehicle_without_a_plate_is_seen() {
    let mut without_plate = 0;
    let set = photo_set_with("us-photos", &["x", "y", "width", "height"]);
    for (path, place) in set.iter().take(6) {
        let mut photo = image::open(path).unwrap().to_rgb8();
        let number = |index: usize| place[index].parse::<u32>().unwrap();
        let (x, y, width, height) = (number(0), number(1), number(2), number(3));
        for line in y..(y + height).min(photo.height()) {
            for column in x..(x + width).min(photo.width()) {
                photo.put_pixel(column, line, Rgb([120, 118, 116]));
            }
        }
        let reading = RECOGNIZER.read(&encoded(photo, ImageFormat::Png)).unwrap();
        if reading.plates.is_empty() {
            without_plate += 1;
            assert!(
                reading.vehicle.is_some_and(|vehicle| vehicle.is_seen),
                "{}: {:?}",
                path.display(),
                reading.vehicle
            );
        } else {
            assert_eq!(reading.vehicle, None, "{}: looked for only where there is no plate", path.display());
        }
    }
    assert!(set.is_empty() || without_plate > 0, "all of them had another text that looked like a plate");
}

#[test]
fn a_photo_too_dark_to_see_a_vehicle_makes_no_claim() {
    let dark = RgbImage::from_fn(320, 240, |x, y| Rgb([(x * 40 / 320) as u8, (y % 7) as u8, 3]));
    let reading = RECOGNIZER.read(&encoded(dark, ImageFormat::Png)).unwrap();
    assert!(reading.plates.is_empty());
    assert_eq!(reading.vehicle, None);
}

#[test]
fn slivers_are_read_without_error() {
    for (width, height) in [(2000, 2), (9, 2000)] {
        let reading = RECOGNIZER.read(&encoded(road(width, height), ImageFormat::Png)).unwrap();
        assert!(reading.plates.is_empty());
    }
}

#[test]
fn a_black_frame_and_a_blank_one_are_empty_and_say_what_to_check() {
    for (level, word) in [(0, "black"), (3, "black"), (128, "brightness"), (255, "brightness")] {
        for (width, height) in [(640, 480), (1, 1)] {
            let frame = encoded(RgbImage::from_pixel(width, height, Rgb([level; 3])), ImageFormat::Jpeg);
            let Err(RecognitionError::EmptyFrame { reason }) = RECOGNIZER.read(&frame) else { panic!("{level}") };
            assert!(reason.contains(word), "{reason}");
        }
    }
}

#[test]
fn a_black_frame_is_empty_whatever_the_camera_wrote_into_it() {
    let stamped =
        |x: u32, y: u32| Rgb([if (10..26).contains(&y) && (x / 6).is_multiple_of(2) && x < 300 { 250 } else { 3 }; 3]);
    let frame = encoded(RgbImage::from_fn(640, 480, stamped), ImageFormat::Jpeg);
    assert!(matches!(RECOGNIZER.read(&frame), Err(RecognitionError::EmptyFrame { .. })));
}

#[test]
fn a_plate_too_blurred_to_read_is_never_certain() {
    for (path, _) in photo_set("lab-photos").into_iter().take(2) {
        let photo = image::load_from_memory(&fs::read(&path).unwrap()).unwrap();
        let small = photo.thumbnail(160, 160).blur(2.5).to_rgb8();
        let blurred = encoded(image::imageops::resize(&small, 640, 640, FilterType::Triangle), ImageFormat::Jpeg);
        let reading = RECOGNIZER.read(&blurred).unwrap();
        let confidence = reading.plates.first().map_or(0.0, |plate| plate.candidates[0].confidence);
        assert!(confidence < DEFAULT_ACCEPT_CONFIDENCE, "{}: {confidence}", path.display());
    }
}

#[test]
fn a_page_full_of_marks_is_read_in_bounded_work() {
    // Rows of dark bars on white: hundreds of boxes for the detector, and none of them a plate.
    let bars = |x: u32, y: u32| if x % 48 < 36 && y % 24 < 12 && !(x / 3 + y / 5).is_multiple_of(3) { 20 } else { 240 };
    let page = RgbImage::from_fn(1600, 1200, |x, y| Rgb([bars(x, y); 3]));
    let reading = RECOGNIZER.read(&encoded(page, ImageFormat::Jpeg)).unwrap();
    // Four looks at most, each of which reads at most 24 lines.
    assert!(reading.lines.len() <= 4 * 24, "{}", reading.lines.len());
}

#[test]
fn a_photo_cut_off_is_damaged_and_not_a_photo_without_plate() {
    // What is left of a JPEG is read; that it is damaged is measured by the stage, for every recogniser alike.
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(road(320, 240), format);
        let cut = &whole[..whole.len() * 2 / 3];
        assert!(matches!(RECOGNIZER.read(cut), Err(RecognitionError::DamagedImage { .. })), "{format:?}");
    }
}

#[test]
fn broken_pixel_data_in_a_complete_file_is_damaged() {
    let mut png = encoded(road(320, 240), ImageFormat::Png);
    let data = png.windows(4).position(|window| window == b"IDAT").unwrap() + 4;
    png[data..data + 16].fill(0xAA);
    assert!(matches!(RECOGNIZER.read(&png), Err(RecognitionError::DamagedImage { .. })));
}

#[test]
fn other_formats_are_unsupported() {
    for bytes in [&b"GIF89a"[..], b"", b"%PDF-1.7", b"II*\0 a tiff"] {
        assert!(matches!(RECOGNIZER.read(bytes), Err(RecognitionError::UnsupportedFormat { .. })));
    }
}

#[test]
fn a_photo_with_too_many_pixels_is_refused_before_it_is_decoded() {
    let mut bomb = encoded(road(8, 8), ImageFormat::Png);
    // 50,000 x 50,000 pixels by the header: 20 GB if anyone believed it.
    bomb[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000_u32.to_be_bytes());
    let refused = RECOGNIZER.read(&bomb);
    assert_eq!(refused, Err(RecognitionError::TooManyPixels { pixels: 2_500_000_000, limit: 40_000_000 }));
    let small = load().with_limits(Limits { max_pixels: 100 });
    let refused = small.read(&encoded(road(20, 20), ImageFormat::Png));
    assert_eq!(refused, Err(RecognitionError::TooManyPixels { pixels: 400, limit: 100 }));
}

#[test]
fn the_callers_clock_measures_the_stages() {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    let clock = || Duration::from_millis(TICKS.fetch_add(5, Ordering::Relaxed));
    let photo = encoded(road(64, 64), ImageFormat::Png);
    let stages = load().with_clock(clock).read(&photo).unwrap().stages;
    assert!(stages.decode_ms >= 5.0 && stages.total_ms() >= 20.0, "{stages:?}");
    assert_eq!(RECOGNIZER.read(&photo).unwrap().stages.total_ms(), 0.0);
}

#[test]
fn a_file_that_is_no_model_is_a_model_error_with_its_name() {
    let broken = Models { detection: b"not a model".into(), recognition: b"".into(), vehicle: b"".into() };
    let Err(error) = Recognizer::new(broken) else { panic!("it loaded") };
    assert!(matches!(error, RecognitionError::Model { model: "detection", .. }), "{error}");
    assert!(error.to_string().contains("scripts/models"));
}
