//! Photos with a script for the scripted recogniser behind the image's end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use image::ImageFormat;
use serde_json::{Value, json};

/// The small photos that were made before: making one costs more than a request.
static MADE: Mutex<BTreeMap<u64, Arc<Vec<u8>>>> = Mutex::new(BTreeMap::new());

/// A photo whose recogniser answers attempt by attempt as the steps say; the last one repeats.
#[must_use]
pub fn scripted(seed: u64, steps: &[Value]) -> Vec<u8> {
    let mut bytes = plain(seed).to_vec();
    bytes.extend_from_slice(b"tollbooth-script:");
    bytes.extend_from_slice(json!({ "attempts": steps }).to_string().as_bytes());
    bytes
}

/// The same picture, with a comment in the file.
#[must_use]
pub fn commented(photo: Vec<u8>) -> Vec<u8> {
    const COMMENT: &[u8] = b"\xFF\xFE\x00\x0Asent again";
    let (start, rest) = photo.split_at(2.min(photo.len()));
    [start, COMMENT, rest].concat()
}

/// A photo that breaks off in the middle.
#[must_use]
pub fn damaged(seed: u64) -> Vec<u8> {
    let whole = plain(seed);
    whole.get(..whole.len() / 2).unwrap_or_default().to_vec()
}

/// A step that reads this plate.
#[must_use]
pub fn plate(text: &str, confidence: f64) -> Value {
    json!({ "plate": text, "confidence": confidence, "jurisdiction": "us-tx" })
}

/// A step that fails with this class.
#[must_use]
pub fn failure(class: &str, retry_after_ms: Option<u32>) -> Value {
    json!({ "fail": class, "retry_after_ms": retry_after_ms })
}

/// A step that kills the recogniser.
#[must_use]
pub fn trap() -> Value {
    json!({ "trap": true })
}

/// A step that sees an empty road.
#[must_use]
pub fn empty() -> Value {
    json!({ "plates": 0 })
}

fn plain(seed: u64) -> Arc<Vec<u8>> {
    // A map of finished photos is whole after any panic.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if made.len() > 4096 {
        made.clear();
    }
    Arc::clone(made.entry(seed).or_insert_with(|| Arc::new(tollbooth_tests::photo(seed, ImageFormat::Jpeg))))
}
