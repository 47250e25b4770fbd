//! Counts uploads that were refused, so that a camera that sends rubbish for a week shows in the balance's margin.
//!
//! Each one of a camera that was recognised. Of those that were not, one a second for each booth: who has no token cannot
//! make the ledger write as often as he likes. Best effort, after the answer.

use tollbooth_ports::ledger::intake;
use tollbooth_web::{Problem, now};

/// The reason to count this under; none for failures of ours, which the camera answers by sending again.
#[must_use]
pub fn countable(problem: &Problem) -> Option<&'static str> {
    let kind = problem.kind();
    (kind.status() < 500).then(|| kind.slug())
}

/// Counts one refused upload of a camera of this booth.
pub fn count(booth: &str, reason: &str) {
    if let Err(failure) = intake::count_refusal(now(), booth, reason) {
        tollbooth_log::log!(
            Warn,
            stage = "intake",
            cause = format_args!("a refused upload was not counted: {failure:?}")
        );
    }
}

/// Counts an attempt to send for this booth whose sender was not recognised, at most one a second.
pub fn count_stranger(booth: &str, reason: &str) {
    if let Err(failure) = intake::count_stranger(now(), booth, reason) {
        tollbooth_log::log!(
            Warn,
            stage = "intake",
            cause = format_args!("a refused upload was not counted: {failure:?}")
        );
    }
}

/// Notes that there was no room for a photo. There may be none for the note either, and then no alert fires: the log is all
/// that says so.
pub fn note_full() {
    if let Err(failure) = intake::note_storage_full(now()) {
        tollbooth_log::log!(
            Error,
            stage = "intake",
            cause = format_args!("a photo was refused for want of room, which could not be noted: {failure:?}")
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollbooth_web::Kind;

    #[test]
    fn what_the_camera_did_wrong_is_counted_and_what_we_did_is_not() {
        assert_eq!(countable(&Problem::new(Kind::ImageSize, "")), Some("image-size"));
        assert_eq!(countable(&Problem::unavailable("busy")), None);
        assert_eq!(countable(&Problem::new(Kind::StorageFull, "")), None);
    }
}
