//! What the tests of all services share.

use std::borrow::Cow;

use serde_json::Value;
use tollbooth_photo::PhotoFormat;
use tollbooth_recognizer_contract::{Failure, Hints, Reading, check_reading};
use tollbooth_services::{Fitted, Reply, Service};

/// 2015-10-21T07:28:00Z, when every reply of these tests comes.
const NOW_MS: i64 = 1_445_412_480_000;

/// A photo of 1000 by 500 pixels that was sent at half its size.
pub fn photo() -> Fitted<'static> {
    Fitted {
        bytes: Cow::Borrowed(b"\xFF\xD8\xFFphoto"),
        format: PhotoFormat::Jpeg,
        width: 1000,
        height: 500,
        original_width: 2000,
        original_height: 1000,
    }
}

pub fn hints() -> Hints {
    Hints {
        jurisdiction: Some("us-tx".into()),
        deadline_ms: 30_000,
        passage: "psg_01".into(),
        attempt: 1,
        traceparent: None,
    }
}

/// What the service makes of a reply. Every reading must keep the contract.
pub fn understand(
    service: &impl Service,
    status: u16,
    retry_after: Option<&str>,
    body: &[u8],
) -> Result<Reading, Failure> {
    let reply = Reply { status, retry_after, body, received_at_ms: NOW_MS, waited_ms: 321 };
    let outcome = service.understand(&reply, &photo(), &hints());
    if let Ok(reading) = &outcome {
        assert_eq!(check_reading(reading), Ok(()));
    }
    outcome
}

/// The same for JSON.
pub fn understand_json(service: &impl Service, status: u16, body: &Value) -> Result<Reading, Failure> {
    understand(service, status, None, body.to_string().as_bytes())
}
