//! Replies of services, and messages of the contract between stages.

use std::borrow::Cow;

use tollbooth_photo::PhotoFormat;
use tollbooth_recognizer_contract::{
    Failure, HEADERS, Hints, MAX_ANSWER_BYTES, MAX_DETAIL_CHARS, Reading, check_reading, parse_answer,
    parse_description, render_answer, render_description,
};
use tollbooth_services::azure_vision::AzureVision;
use tollbooth_services::plate_recognizer::PlateRecognizer;
use tollbooth_services::{Fitted, Origin, Reply, Secret, Service};

const KEY: &str = "key-of-the-fuzzer";

pub fn azure_vision(data: &[u8]) {
    let endpoint = Origin::parse("https://example.cognitiveservices.azure.com");
    understood(&AzureVision { endpoint, key: Secret::new(KEY), price_micros: 1 }, data);
}

pub fn plate_recognizer(data: &[u8]) {
    let url = Origin::parse("https://api.platerecognizer.com");
    understood(&PlateRecognizer { url, token: Secret::new(KEY), price_micros: 1 }, data);
}

/// The first byte chooses the status, the first line is `Retry-After`, the rest is the body. Never panics; a reading
/// keeps the contract and survives it; a failure's text has its limits.
fn understood(service: &impl Service, data: &[u8]) {
    const STATUSES: [u16; 12] = [200, 201, 204, 301, 400, 401, 402, 403, 413, 429, 500, 503];
    let (first, rest) = data.split_first().map_or((0, data), |(first, rest)| (*first, rest));
    // Letters choose, so that a corpus can be written by hand: `a` is 200.
    let status = STATUSES.get(usize::from(first.wrapping_sub(b'a')) % STATUSES.len()).copied().unwrap_or(200);
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (line, body) = rest.split_at(end);
    let photo = Fitted {
        bytes: Cow::Borrowed(b""),
        format: PhotoFormat::Jpeg,
        width: 1000,
        height: 500,
        original_width: 2000,
        original_height: 1000,
    };
    let hints =
        Hints { jurisdiction: None, deadline_ms: 1, passage: "psg_01".to_owned(), attempt: 1, traceparent: None };
    let retry_after = std::str::from_utf8(line).ok();
    let reply = Reply { status, retry_after, body, received_at_ms: 1_445_412_480_000, waited_ms: 1 };
    let outcome = service.understand(&reply, &photo, &hints);
    match &outcome {
        Ok(reading) => {
            assert_eq!(check_reading(reading), Ok(()));
            assert!(matches!(status, 200 | 201), "a reading out of status {status}");
        }
        Err(failure) => assert!(failure.detail.chars().count() <= MAX_DETAIL_CHARS),
    }
    survives(outcome);
}

/// What one side renders, the other one understands as the same.
fn survives(outcome: Result<Reading, Failure>) {
    let body = render_answer(outcome.clone());
    assert!(body.len() <= MAX_ANSWER_BYTES, "an answer of {} bytes", body.len());
    assert_eq!(parse_answer(200, &body), outcome);
}

/// Never panics; whatever is taken survives being sent on.
pub fn contract(data: &[u8]) {
    let outcome = parse_answer(200, data);
    survives(outcome);
    if let Ok(description) = parse_description(data) {
        assert_eq!(parse_description(&render_description(&description)), Ok(description));
    }
}

/// One header a line, in the order of [`HEADERS`]. Hints that are taken survive being sent on.
pub fn hints(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let lines: Vec<&str> = text.split('\n').collect();
    let header = |name: &str| HEADERS.iter().position(|known| *known == name).and_then(|at| lines.get(at).copied());
    let Ok(hints) = Hints::from_headers(header) else { return };
    let sent = hints.headers();
    let again = Hints::from_headers(|name| sent.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str()));
    assert_eq!(again.as_ref(), Ok(&hints));
}
