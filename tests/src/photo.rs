//! Small valid photos, each different, with a script for the scripted recogniser behind the image's end.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

/// What the scripted recogniser is to answer, attempt by attempt.
#[derive(Debug, Clone, Default)]
pub struct Script(Vec<Value>);

impl Script {
    /// Reads this plate of Texas with certainty, its name too.
    #[must_use]
    pub fn plate(text: &str) -> Self {
        Self::default().then_plate(text, 0.99)
    }

    /// Finds no plate.
    #[must_use]
    pub fn empty() -> Self {
        Self(vec![json!({ "plates": 0 })])
    }

    /// Finds no plate, and says whether there is a vehicle.
    #[must_use]
    pub fn empty_with_vehicle(is_seen: bool) -> Self {
        Self(vec![json!({ "plates": 0, "vehicle": is_seen })])
    }

    /// Fails with this class.
    #[must_use]
    pub fn fail(class: &str) -> Self {
        Self::default().then_fail(class)
    }

    /// The next attempt reads this plate, and that it is from Texas.
    #[must_use]
    pub fn then_plate(mut self, text: &str, confidence: f64) -> Self {
        self.0.push(json!({ "plate": text, "confidence": confidence, "jurisdiction": "us-tx" }));
        self
    }

    /// The next attempt reads this plate of Texas, and is unsure of the characters at these places alone.
    #[must_use]
    pub fn then_doubts(mut self, text: &str, at: &[usize]) -> Self {
        let characters: Vec<f64> = (0..text.len()).map(|n| if at.contains(&n) { 0.5 } else { 0.99 }).collect();
        self.0.push(json!({ "plate": text, "confidence": 0.5, "jurisdiction": "us-tx", "characters": characters }));
        self
    }

    /// The next attempt reads this text with certainty, and nothing that says who issued it.
    #[must_use]
    pub fn then_of_somebody(mut self, text: &str, confidence: f64) -> Self {
        self.0.push(json!({ "plate": text, "confidence": confidence, "jurisdiction": null }));
        self
    }

    /// The next attempt fails with this class.
    #[must_use]
    pub fn then_fail(mut self, class: &str) -> Self {
        self.0.push(json!({ "fail": class, "retry_after_ms": null }));
        self
    }

    /// The next attempt kills the instance.
    #[must_use]
    pub fn then_trap(mut self) -> Self {
        self.0.push(json!({ "trap": true }));
        self
    }

    /// A photo with this script behind its end.
    #[must_use]
    pub fn behind(&self, mut photo: Vec<u8>) -> Vec<u8> {
        photo.extend_from_slice(b"tollbooth-script:");
        photo.extend_from_slice(json!({ "attempts": self.0 }).to_string().as_bytes());
        photo
    }
}

/// A valid photo that depends on the seed.
#[must_use]
#[expect(clippy::expect_used, reason = "encoding a small image into memory does not fail")]
pub fn photo(seed: u64, format: ImageFormat) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let image = RgbImage::from_fn(96, 72, |_, _| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [r, g, b, ..] = state.to_le_bytes();
        Rgb([r, g, b])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("encode a test photo");
    bytes.into_inner()
}

/// A valid JPEG with a script.
#[must_use]
pub fn scripted(seed: u64, script: &Script) -> Vec<u8> {
    script.behind(photo(seed, ImageFormat::Jpeg))
}

/// A frame of a lane with a bright vehicle at this place, in this quality, with a script.
#[must_use]
#[expect(clippy::expect_used, reason = "encoding a small image into memory does not fail")]
pub fn frame(vehicle_at: u32, quality: u8, script: &Script) -> Vec<u8> {
    let image = RgbImage::from_fn(480, 320, |x, y| {
        let is_vehicle = x.wrapping_sub(vehicle_at) < 180 && (100..260).contains(&y);
        Rgb([if is_vehicle { 220 } else { (40 + (x + y) / 10) as u8 }; 3])
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&image).expect("encode a test photo");
    script.behind(bytes)
}
