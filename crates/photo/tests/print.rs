//! A frame that is encoded anew keeps its print; another photo, and the same vehicle a little further on, have another.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code: a failure here is a failed test"
)]

use std::fs;
use std::path::PathBuf;
use std::thread;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use tollbooth_photo::condition;
use tollbooth_pipeline::print::is_same_picture;

fn encoded(image: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).unwrap();
    bytes
}

fn print(photo: &[u8]) -> Vec<u8> {
    condition(photo).print.expect("a whole JPEG has a print").into_bytes()
}

fn scaled(image: &RgbImage, share: f64) -> RgbImage {
    let side = |pixels: u32| (f64::from(pixels) * share).round() as u32;
    imageops::resize(image, side(image.width()), side(image.height()), FilterType::CatmullRom)
}

/// A road with a striped vehicle at this place.
fn lane(x: u32, y: u32) -> RgbImage {
    RgbImage::from_fn(1280, 720, |column, line| {
        let (dx, dy) = (column.wrapping_sub(x), line.wrapping_sub(y));
        if dx < 420 && dy < 300 {
            let stripe = if (dx / 35 + dy / 50) % 2 == 0 { 70 } else { 170 };
            return Rgb([stripe, stripe, 90]);
        }
        Rgb([(90 + column / 16) as u8, (90 + line / 12) as u8, 100])
    })
}

#[test]
fn a_frame_in_another_quality_or_size_is_the_same_and_a_vehicle_further_on_is_not() {
    let frame = lane(400, 250);
    let first = print(&encoded(&frame, 92));
    for (quality, share) in [(30, 1.0), (60, 1.0), (88, 1.0), (75, 0.9), (75, 0.95), (75, 1.1)] {
        let again = print(&encoded(&scaled(&frame, share), quality));
        assert!(is_same_picture(&first, &again), "quality {quality}, times {share}");
    }
    for (x, y) in [(416, 250), (400, 266), (388, 240)] {
        assert!(!is_same_picture(&first, &print(&encoded(&lane(x, y), 92))), "at {x},{y}");
    }
}

#[test]
fn each_cell_holds_its_mean_brightness() {
    // Twice as wide as high, left dark and right bright; sides that are no multiple of a block.
    let halves = RgbImage::from_fn(601, 301, |x, _| if x < 301 { Rgb([20; 3]) } else { Rgb([220; 3]) });
    for quality in [40, 95] {
        let print = print(&encoded(&halves, quality));
        assert_eq!(print.len(), 432);
        for line in print.chunks(24) {
            let is_near = |level: &u8, expected: u8| level.abs_diff(expected) <= 2;
            // The edge lies in a block of the twelfth cell.
            assert!(line[..11].iter().all(|level| is_near(level, 20)), "{line:?}");
            assert!(line[13..].iter().all(|level| is_near(level, 220)), "{line:?}");
        }
    }
}

#[test]
fn a_photo_that_is_cut_or_too_small_or_no_jpeg_has_no_print() {
    let whole = encoded(&lane(400, 250), 80);
    assert!(condition(&whole[..whole.len() / 2]).print.is_none());
    assert!(condition(&encoded(&scaled(&lane(400, 250), 0.1), 80)).print.is_none());
    assert!(condition(b"no photo").print.is_none());
}

/// A real photo with its plate's box.
struct Real {
    name: String,
    image: RgbImage,
    plate: [u32; 4],
}

fn real_photos() -> Vec<Real> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/us-photos");
    let Ok(truth) = fs::read_to_string(folder.join("truth.csv")) else {
        eprintln!("SKIPPED: no real photos in ../shared/data/us-photos");
        return Vec::new();
    };
    let read = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let plate = [1, 2, 3, 4].map(|at| fields[at].parse().unwrap());
        let image = image::open(folder.join(fields[0])).unwrap().into_rgb8();
        Real { name: fields[0].to_owned(), image, plate }
    };
    truth.lines().skip(1).map(read).collect()
}

/// The vehicle around the plate, moved by so many pixels to the right and half as many down.
fn moved(real: &Real, by: u32) -> RgbImage {
    let [x, y, width, height] = real.plate;
    let (left, top) = (x.saturating_sub(width * 3 / 2), y.saturating_sub(height * 5 / 2));
    let (across, down) = (width * 4, height * 7 / 2);
    let vehicle = imageops::crop_imm(&real.image, left, top, across, down).to_image();
    let mut image = real.image.clone();
    imageops::replace(&mut image, &vehicle, (left + by).into(), (top + by / 2).into());
    image
}

/// What `work` makes of each, on all cores: hundreds of photos are encoded anew, several times over.
fn of_each<R: Send>(photos: &[Real], work: impl Fn(&Real) -> R + Sync) -> Vec<R> {
    let work = &work;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let parts = photos.chunks(photos.len().div_ceil(cores).max(1));
        let parts: Vec<_> = parts.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

fn prints(photos: &[Real]) -> Vec<Vec<u8>> {
    of_each(photos, |real| print(&encoded(&real.image, 92)))
}

/// How many are the same picture as before in this quality, and so many times as large.
fn found_again(photos: &[Real], prints: &[Vec<u8>], quality: u8, share: f64) -> usize {
    let again = of_each(photos, |real| print(&encoded(&scaled(&real.image, share), quality)));
    prints.iter().zip(again).filter(|(one, other)| is_same_picture(one, other)).count()
}

/// Of how many the picture is the same when the vehicle is so many pixels further on.
fn taken_for_the_same(photos: &[Real], prints: &[Vec<u8>], by: u32) -> usize {
    let further_on = of_each(photos, |real| print(&encoded(&moved(real, by), 92)));
    prints.iter().zip(further_on).filter(|(one, other)| is_same_picture(one, other)).count()
}

#[test]
fn of_real_photos_a_new_encoding_is_the_same_and_no_other_photo_is() {
    let photos = real_photos();
    if photos.is_empty() {
        return;
    }
    let prints = prints(&photos);
    for (quality, share) in [(30, 1.0), (75, 1.0), (75, 0.95), (75, 0.9), (75, 0.8), (75, 1.1)] {
        let found = found_again(&photos, &prints, quality, share);
        assert!(found * 100 >= photos.len() * 98, "quality {quality}, times {share}: {found} of {}", photos.len());
    }
    for (at, one) in prints.iter().enumerate() {
        for (other, name) in prints.iter().zip(&photos).skip(at + 1) {
            assert!(!is_same_picture(one, other), "{} and {}", photos[at].name, name.name);
        }
    }
    let taken = taken_for_the_same(&photos, &prints, 24);
    assert!(taken * 100 <= photos.len() * 5, "24 pixels further on: {taken} of {}", photos.len());
}

/// `cargo test --release -p tollbooth-photo --test print -- --ignored --nocapture` prints where the rule ends.
#[test]
#[ignore = "measures what no promise depends on"]
fn how_small_and_how_near_is_too_much() {
    let photos = real_photos();
    let prints = prints(&photos);
    for share in [0.8, 0.7, 0.6, 0.5] {
        let found = found_again(&photos, &prints, 75, share);
        eprintln!("quality 75, size times {share}: {found} of {} found again", photos.len());
    }
    for by in [4, 8, 12, 16, 24] {
        let taken = taken_for_the_same(&photos, &prints, by);
        eprintln!("the vehicle {by} pixels further on: {taken} of {} taken for the same picture", photos.len());
    }
}
