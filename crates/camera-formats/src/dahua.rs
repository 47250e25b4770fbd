//! Dahua's ITSAPI (and Intelbras'): `POST …/NotificationInfo/TollgateInfo` with pictures in base64 under `Picture`, and
//! `…/KeepAlive`. A camera repeats an event until it is answered `{"Result": true}`, and sometimes after that.

use crate::document::{Fields, Json};

/// The fields of a push of this kind; none for another kind.
pub(crate) fn fields(json: &Json) -> Option<Fields> {
    if json.at(&["Picture"]).is_none() {
        let alive = json.text(&["Active"]).is_some_and(|active| active.eq_ignore_ascii_case("keepAlive"));
        return (alive || json.at(&["DeviceInfo"]).is_some())
            .then(|| Fields { other_event: true, ..Fields::default() });
    }
    Some(Fields {
        time: json.first(&[&["Picture", "SnapInfo", "AccurateTime"], &["Picture", "SnapInfo", "SnapTime"]]),
        lane: json.first(&[&["Picture", "SnapInfo", "LanNo"], &["Picture", "SnapInfo", "Lane"]]),
        ..Fields::default()
    })
}
