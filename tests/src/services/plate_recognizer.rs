//! Plate Recognizer Snapshot.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::exchange::{Received, Sent};
use super::form::{self, Part};
use super::{Found, KEY, Seen, State, Step};

/// Fields that the service knows.
const FIELDS: [&str; 6] = ["upload", "regions", "camera_id", "timestamp", "mmc", "config"];
/// The cloud's limit.
const MAX_BYTES: usize = 3_000_000;

pub fn answer(state: &State, received: &Received) -> Sent {
    if received.header("authorization") != Some(&format!("Token {KEY}")) {
        return detail(403, "Invalid token.");
    }
    match (received.method.as_str(), received.target.as_str()) {
        ("POST", "/v1/plate-reader/") => read(state, received),
        ("GET", "/v1/statistics/") => {
            let calls = state.memory().seen.len();
            Sent::json(200, &json!({ "usage": { "year": 2026, "month": 11, "calls": calls }, "total_calls": 2500 }))
        }
        (_, "/v1/plate-reader/" | "/v1/statistics/") => detail(405, "Method not allowed."),
        _ => detail(404, "Not found."),
    }
}

fn read(state: &State, received: &Received) -> Sent {
    if received.body.len() > MAX_BYTES + 10_000 {
        return detail(413, "Request Entity Too Large");
    }
    let parts = match form::parse(received.header("content-type"), &received.body) {
        Ok(parts) => parts,
        Err(problem) => return detail(400, &format!("Multipart form parse error - {problem}")),
    };
    let (photo, fields) = match sort(parts) {
        Ok(sorted) => sorted,
        Err(refused) => return refused,
    };
    state.memory().seen.push(Seen {
        target: received.target.clone(),
        headers: received.headers.clone(),
        fields: fields.clone(),
        photo: photo.clone(),
    });
    if is_throttled(state) {
        return throttled();
    }
    if photo.len() > MAX_BYTES {
        return detail(413, "Request Entity Too Large");
    }
    let size = match image::load_from_memory(&photo) {
        Ok(image) => (image.width(), image.height()),
        Err(_) => return Sent::json(400, &json!({ "upload": ["Upload a valid image. The file is corrupted."] })),
    };
    let camera = fields.iter().find(|(name, _)| name == "camera_id").map(|(_, value)| value.as_str());
    act(state.step(&photo), size, camera)
}

/// Names and values of a form.
type Fields = Vec<(String, String)>;

/// The photo, and the other fields as text.
fn sort(parts: Vec<Part>) -> Result<(Vec<u8>, Fields), Sent> {
    let mut photo = None;
    let mut fields = Vec::new();
    for part in parts {
        if !FIELDS.contains(&part.name.as_str()) {
            return Err(detail(400, &format!("Unknown field {}.", part.name)));
        }
        if part.name == "upload" {
            if part.file_name.is_none() || part.content_type.is_none_or(|kind| !kind.starts_with("image/")) {
                return Err(Sent::json(400, &json!({ "upload": ["The submitted data was not a file."] })));
            }
            photo = Some(part.value);
        } else {
            let text = String::from_utf8(part.value).map_err(|_| detail(400, "A field is no text."))?;
            fields.push((part.name, text));
        }
    }
    let photo = photo.ok_or_else(|| Sent::json(400, &json!({ "upload": ["No file was submitted."] })))?;
    Ok((photo, fields))
}

fn is_throttled(state: &State) -> bool {
    let now = Instant::now();
    let mut memory = state.memory();
    let too_soon = memory.last_call.is_some_and(|last| now.duration_since(last) < Duration::from_secs(1));
    memory.last_call = Some(now);
    state.limited.load(Ordering::Relaxed) && too_soon
}

fn throttled() -> Sent {
    let text = "Request was throttled. Expected available in 1 second.";
    Sent::json(429, &json!({ "detail": text, "status_code": 429 }))
}

fn act(step: Option<Step>, size: (u32, u32), camera: Option<&str>) -> Sent {
    let found = [Found { text: "abc1234".into(), confidence: 0.9 }];
    let sample = answer_of(found.iter().map(|found| plate(found, size)).collect(), camera);
    match step {
        None => Sent::json(201, &answer_of(vec![], camera)),
        Some(Step::Read(found)) => {
            Sent::json(201, &answer_of(found.iter().map(|found| plate(found, size)).collect(), camera))
        }
        Some(Step::ReadVehicles(found)) => {
            let mut results = vec![json!({ "plate": null, "vehicle": vehicle(size) })];
            results.extend(found.iter().map(|found| vehicle_with_plate(found, size)));
            Sent::json(201, &answer_of(results, camera))
        }
        Some(Step::OtherImage) => Sent::json(201, &answer_of(vec![plate(&found[0], size)], Some("psg_another"))),
        Some(odd) => super::script_reply(odd, &sample),
    }
}

fn answer_of(results: Vec<Value>, camera: Option<&str>) -> Value {
    json!({
        "processing_time": 288.8, "results": results, "filename": "1617_7M83K_photo.jpg", "version": 1,
        "camera_id": camera, "timestamp": "2026-11-20T12:00:00.000000Z"
    })
}

fn place((width, height): (u32, u32)) -> Value {
    let at = |side: u32, share: f64| (f64::from(side) * share).round() as u32;
    json!({ "xmin": at(width, 0.3), "ymin": at(height, 0.4), "xmax": at(width, 0.7), "ymax": at(height, 0.6) })
}

fn vehicle(size: (u32, u32)) -> Value {
    json!({ "score": 0.798, "type": "Sedan", "box": place(size), "props": {} })
}

/// In lower case, as the service sends plates.
fn plate(found: &Found, size: (u32, u32)) -> Value {
    let text = found.text.to_lowercase();
    json!({
        "box": place(size), "plate": text, "region": { "code": "us-tx", "score": 0.747 },
        "score": found.confidence, "dscore": 0.99, "candidates": [{ "score": found.confidence, "plate": text }],
        "vehicle": { "score": 0.798, "type": "Sedan", "box": place(size) }
    })
}

fn vehicle_with_plate(found: &Found, size: (u32, u32)) -> Value {
    let text = found.text.to_lowercase();
    let props = json!({
        "plate": [{ "value": text, "score": found.confidence }], "region": [{ "value": "us-tx", "score": 0.747 }]
    });
    json!({ "plate": { "type": "Plate", "score": 0.99, "box": place(size), "props": props }, "vehicle": vehicle(size) })
}

fn detail(status: u16, text: &str) -> Sent {
    Sent::json(status, &json!({ "detail": text, "status_code": status }))
}
