//! Writes the seeds of the fuzzing corpus: small drawn images and hand-made replies, the same bytes each time.
//!
//!     cargo run --release -p tollbooth-foreign-bytes --example seed-corpus
#![expect(clippy::unwrap_used, reason = "a tool for developers; whatever goes wrong is shown and ends it")]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let write = |target: &str, name: &str, data: &[u8]| {
        fs::create_dir_all(corpus.join(target)).unwrap();
        fs::write(corpus.join(target).join(name), data).unwrap();
    };
    for (format, name, target) in [
        (ImageFormat::Jpeg, "jpeg", "decode_jpeg"),
        (ImageFormat::Png, "png", "decode_png"),
        (ImageFormat::WebP, "webp", "decode_webp"),
    ] {
        for (size, label) in [((8, 8), "square"), ((33, 9), "odd"), ((1, 1), "dot")] {
            let bytes = drawn(size, format, false);
            write(target, &format!("{label}.{name}"), &bytes);
            write("photo_header", &format!("{label}.{name}"), &bytes);
        }
        write(target, &format!("grey.{name}"), &drawn((16, 12), format, true));
    }
    let jpeg = drawn((16, 8), ImageFormat::Jpeg, false);
    write("decode_jpeg", "turned.jpeg", &turned(&jpeg));
    for (name, data) in
        replies(&plates(), &json!({ "detail": "Request was throttled. Expected available in 1 second." }))
    {
        write("plate_recognizer", name, &data);
    }
    write("plate_recognizer", "vehicle", format!("a\n{}", vehicle()).as_bytes());
    for (name, data) in replies(&lines(), &json!({ "error": { "code": "429", "message": "retry after 26 seconds" } })) {
        write("azure_vision", name, &data);
    }
    write("contract", "reading", reading().to_string().as_bytes());
    write("contract", "throttled", br#"{"failure":{"class":"throttled","detail":"","retry_after_ms":1500}}"#);
    write("contract", "outage", br#"{"failure":{"class":"outage","detail":"status 500"}}"#);
    write("contract", "description", br#"{"name":"recognizer-example","model":"v1","price_micros":1500}"#);
    write("hints", "all", b"us-tx\n30000\npsg_01\n1");
    write("hints", "canada", b"ca-ab\n1\np\n4294967295");
    write("hints", "broken", b"Texas\n0\n\n");
}

fn drawn((width, height): (u32, u32), format: ImageFormat, grey: bool) -> Vec<u8> {
    let rgb = RgbImage::from_fn(width, height, |x, y| Rgb([(x * 31) as u8, (y * 57) as u8, (x * y) as u8]));
    let image = DynamicImage::ImageRgb8(rgb);
    let image = if grey { DynamicImage::ImageLuma8(image.into_luma8()) } else { image };
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn turned(jpeg: &[u8]) -> Vec<u8> {
    let exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xFF, 0xE1], &length, exif, rest].concat()
}

/// Status by the first letter, `Retry-After` up to the line's end, then the body.
fn replies(good: &Value, busy: &Value) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("reading", format!("a\n{good}").into_bytes()),
        ("created", format!("b\n{good}").into_bytes()),
        ("error-inside-200", format!("a\n{busy}").into_bytes()),
        ("throttled-seconds", format!("j7\n{busy}").into_bytes()),
        ("throttled-date", format!("jWed, 21 Oct 2015 07:28:30 GMT\n{busy}").into_bytes()),
        ("forbidden", format!("h\n{busy}").into_bytes()),
        ("no-json", b"k\n<html>".to_vec()),
    ]
}

fn plates() -> Value {
    json!({
        "processing_time": 288.8, "camera_id": "psg_01", "filename": "x.jpg",
        "results": [{
            "box": { "xmin": 400, "ymin": 200, "xmax": 600, "ymax": 300 }, "plate": "nhk552",
            "region": { "code": "us-tx", "score": 0.747 }, "score": 0.904, "dscore": 0.99,
            "candidates": [{ "score": 0.904, "plate": "nhk552" }, { "score": 0.4, "plate": "nhk55z" }]
        }]
    })
}

fn vehicle() -> Value {
    json!({ "results": [{ "plate": null }, {
        "plate": { "type": "Plate", "score": 0.9, "box": { "xmin": 4, "ymin": 2, "xmax": 60, "ymax": 30 },
                   "props": { "plate": [{ "value": "nhk552", "score": 0.9 }], "region": [{ "value": "us-ok", "score": 0.9 }] } }
    }] })
}

fn lines() -> Value {
    let line = |text: &str, y: u32| {
        json!({
            "text": text,
            "boundingPolygon": [{ "x": 400, "y": y }, { "x": 600, "y": y }, { "x": 600, "y": y + 40 }, { "x": 400, "y": y + 40 }],
            "words": [{ "text": text, "confidence": 0.98, "boundingPolygon": [] }]
        })
    };
    json!({
        "modelVersion": "2023-10-01", "metadata": { "width": 1000, "height": 500 },
        "readResult": { "blocks": [{ "lines": [line("TEXAS", 150), line("ABC·1234", 200), line("12:30:05", 450)] }] }
    })
}

fn reading() -> Value {
    json!({ "reading": {
        "recognizer": "recognizer-example", "model": "v1", "duration_ms": 280, "cost_micros": 1500, "raw": "{}",
        "sightings": [{
            "bounds": { "x": 10.5, "y": 20.0, "width": 120.0, "height": 40.0 },
            "candidates": [{ "text": "ABC1234", "confidence": 0.98, "characters": [] }],
            "jurisdiction": { "code": "us-tx", "confidence": 0.7, "evidence": "TEXAS" },
            "touches_border": false, "plausibility": 1.0, "doubts": []
        }]
    } })
}
