//! Milesight's LPR cameras ("HTTP Post"): JSON with `plate`, local times and pictures in base64.

use crate::document::{Fields, Json};

/// The fields of a push of this kind; none for another kind.
pub(crate) fn fields(json: &Json) -> Option<Fields> {
    json.at(&["plate"])?;
    Some(Fields {
        time: json.first(&[&["time_msec"], &["time"]]),
        lane: json.first(&[&["roi_id"], &["detection_region"]]),
        ..Fields::default()
    })
}
