//! AXIS License Plate Verifier (VAPIX, "Push events"): a form with JSON and pictures, or JSON with an `ImageArray`. One
//! vehicle is several events, `new`, `update` and `lost`, with the same `carID`.

use crate::document::{Fields, Json};

/// The fields of a push of this kind; none for another kind.
pub(crate) fn fields(json: &Json) -> Option<Fields> {
    let car = json.text(&["carID"])?;
    let plate = json.first(&[&["plateUTF8"], &["plateText"], &["plateASCII"]]).unwrap_or_default();
    Some(Fields {
        time: json.first(&[&["capture_timestamp"], &["capture_ts"], &["datetime"]]),
        // The text is part of it: a camera that starts again begins with car 1 again.
        vehicle: Some(format!("{car} {plate}")),
        ..Fields::default()
    })
}
