//! Files that are small and want to become large: what they cost is bounded, whatever they claim.
//!
//! The tests share a lock, because the peak of memory is the whole process's.
#![cfg(feature = "pixels")]
#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "helpers of tests")]

use std::io::Write;
use std::sync::Mutex;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use peak_alloc::PeakAlloc;
use tollbooth_photo::pixels::{DecodeError, decode, inspect};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Most pixels in these tests.
const MAX_PIXELS: u64 = 1_000_000;
/// Eight bytes for each pixel, and what a decoder takes besides.
const MAX_BYTES: usize = 8_000_000 + (24 << 20);

static ALONE: Mutex<()> = Mutex::new(());

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &crc.sum().to_be_bytes()].concat()
}

/// So many zeros, compressed a thousandfold.
fn zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let block = vec![0; 1 << 16];
    for _ in 0..bytes / block.len() {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

fn png(width: u32, height: u32, extra: &[u8], pixels: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], extra, &chunk(b"IDAT", pixels), &chunk(b"IEND", b"")].concat()
}

/// A progressive JPEG of one component whose every scan but the first is a few bytes and touches every block.
fn jpeg(side: u16, scans: usize) -> Vec<u8> {
    let blocks = usize::from(side).div_ceil(8).pow(2);
    let side = side.to_be_bytes();
    let mut file = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    file.extend([1; 64]);
    file.extend([0xFF, 0xC2, 0, 11, 8, side[0], side[1], side[0], side[1], 1, 1, 0x11, 0]);
    // One code of one bit in either table: "nothing" for DC, "a run of empty blocks" for AC.
    for (class, symbol) in [(0x00, 0x00), (0x10, 0xE0)] {
        file.extend([0xFF, 0xC4, 0, 20, class, 1]);
        file.extend([0; 15]);
        file.push(symbol);
    }
    file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 0, 0]);
    file.extend(vec![0; blocks.div_ceil(8)]);
    for _ in 0..scans {
        file.extend([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 1, 63, 0]);
        // Runs of 16,384 empty blocks, each in 15 bits: a pass over every block for next to nothing.
        file.extend(vec![0; blocks.div_ceil(16_384) * 15 / 8 + 1]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding: &[u8] = if content.len() % 2 == 1 { &[0] } else { &[] };
    [&kind[..], &(content.len() as u32).to_le_bytes(), content, padding].concat()
}

/// An extended WebP with a canvas of this side.
fn webp(flags: u8, side: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let side = &(side - 1).to_le_bytes()[..3];
    let body = [&b"WEBP"[..], &riff(b"VP8X", &[&[flags, 0, 0, 0][..], side, side].concat()), &chunks.concat()].concat();
    riff(b"RIFF", &body)
}

/// The beginning of a lossy picture that states this side, and as many bytes as its first macroblocks may want.
fn lossy(side: u16) -> Vec<u8> {
    let side = &side.to_le_bytes()[..];
    riff(b"VP8 ", &[&[0x10, 0x40, 0x00, 0x9D, 0x01, 0x2A][..], side, side, &[0; 4_096]].concat())
}

/// What a photo costs at most, in bytes above what was in use before.
fn peak(photo: &[u8]) -> (Result<(u32, u32), DecodeError>, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = decode(photo, MAX_PIXELS).map(|image| (image.width(), image.height()));
    (outcome, MEMORY.peak_usage().saturating_sub(before))
}

#[test]
fn a_decompression_bomb_costs_no_more_than_a_photo() {
    let _alone = ALONE.lock();
    let giant = png(60_000, 60_000, b"", &zeros(1 << 20));
    let (outcome, cost) = peak(&giant);
    assert!(matches!(outcome, Err(DecodeError::TooManyPixels { .. })), "{outcome:?}");
    assert!(cost < 1 << 20, "a refusal costs {cost} bytes");

    let honest = png(1_000, 1_000, b"", &zeros(3_001 * 1_024));
    let (outcome, cost) = peak(&honest);
    assert_eq!(outcome, Ok((1_000, 1_000)));
    assert!(cost < MAX_BYTES, "{cost}");

    let bomb = zeros(512 << 20);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let (outcome, cost) = peak(&png(1_000, 1_000, b"", &bomb));
    assert!(cost < MAX_BYTES, "pixels beyond the image: {cost} bytes, {outcome:?}");
}

/// Whatever the limit in force would allow: a small photo gets a small photo's memory, and all that is compressed besides
/// its pixels is left where it is.
#[test]
fn what_a_photo_carries_besides_its_picture_is_never_inflated() {
    let _alone = ALONE.lock();
    let bomb = zeros(300 << 20);
    let pixels = zeros(1 << 16);
    let keyword = |separator: &[u8]| [b"name", separator, &bomb].concat();
    for (kind, content) in [
        (b"iCCP", keyword(b"\0\0")),
        (b"zTXt", keyword(b"\0\0")),
        (b"iTXt", keyword(b"\0\x01\0\0\0")),
        (b"zzzz", bomb.clone()),
    ] {
        let name = String::from_utf8_lossy(kind).into_owned();
        let photo = png(20, 20, &chunk(kind, &content), &pixels);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let outcome = decode(&photo, 40_000_000).map(|image| (image.width(), image.height()));
        let cost = MEMORY.peak_usage().saturating_sub(before);
        assert_eq!(outcome, Ok((20, 20)), "{name}");
        assert!(cost < 24 << 20, "{name}: {cost} bytes");
        assert!(inspect(&photo, 40_000_000).is_ok(), "{name}");
    }
}

/// A decoder takes memory for what the picture states, and compares that with the file afterwards or, beside a transparency,
/// never.
#[test]
fn a_webp_whose_picture_is_larger_than_its_canvas_is_refused_for_nothing() {
    let _alone = ALONE.lock();
    let frame = |side: u32, chunks: &[Vec<u8>]| {
        let side = &(side - 1).to_le_bytes()[..3];
        riff(b"ANMF", &[&[0; 6][..], side, side, &[1, 0, 0, 0], &chunks.concat()].concat())
    };
    let animation = |frame: Vec<u8>| webp(0x12, 100, &[riff(b"ANIM", &[0; 6]), frame]);
    let alpha = riff(b"ALPH", &[0; 10_001]);
    for (name, photo) in [
        ("still", webp(0, 100, &[lossy(16_383)])),
        ("still with transparency", webp(0x10, 100, &[alpha.clone(), lossy(16_383)])),
        ("frame", animation(frame(100, &[lossy(16_383)]))),
        ("frame with transparency", animation(frame(100, &[alpha.clone(), lossy(112)]))),
        ("frame beyond the canvas", animation(frame(16_383, &[lossy(16_383)]))),
        ("frame of nothing", animation(frame(100, &[alpha]))),
    ] {
        assert!(tollbooth_photo::image_data(&photo).is_err(), "{name}");
        let (outcome, cost) = peak(&photo);
        assert!(matches!(outcome, Err(DecodeError::Damaged { .. })), "{name}: {outcome:?}");
        assert!(cost < 1 << 20, "{name}: {cost} bytes");
    }
    assert!(tollbooth_photo::image_data(&webp(0, 100, &[lossy(100)])).is_ok());
    assert!(tollbooth_photo::image_data(&animation(frame(100, &[lossy(100)]))).is_ok());
}

#[test]
fn a_jpeg_full_of_application_data_costs_no_more_than_its_bytes() {
    let _alone = ALONE.lock();
    let plain = jpeg(256, 2);
    let segment = [&[0xFF, 0xE2, 0xFF, 0xFF][..], b"ICC_PROFILE\0\x01\x01", &vec![7; 65_533 - 14]].concat();
    let photo = [&plain[..2], &segment.repeat(150), &plain[2..]].concat();
    let (outcome, cost) = peak(&photo);
    assert_eq!(outcome, Ok((256, 256)));
    assert!(cost < 2 * photo.len() + (2 << 20), "{cost}");
}

#[test]
fn a_jpeg_with_scans_without_end_is_refused() {
    let _alone = ALONE.lock();
    assert!(decode(&jpeg(256, 20), MAX_PIXELS).is_ok());
    // Each scan costs a pass over all blocks, however few bytes it has.
    let outcome = decode(&jpeg(256, 5_000), MAX_PIXELS);
    assert!(matches!(&outcome, Err(DecodeError::Damaged { reason }) if reason.contains("scans")), "{outcome:?}");
}

/// For the figure in docs/recognizers.md.
#[test]
#[ignore = "measures; run it with --ignored --nocapture"]
fn how_long_the_slowest_jpeg_that_is_taken_takes() {
    let _alone = ALONE.lock();
    let photo = jpeg(6_300, 98);
    let started = std::time::Instant::now();
    let outcome = decode(&photo, 40_000_000);
    assert!(outcome.is_ok(), "{:?}", outcome.err());
    println!("{} bytes, 6,300 x 6,300 pixels, 99 scans: {:?}", photo.len(), started.elapsed());
}
