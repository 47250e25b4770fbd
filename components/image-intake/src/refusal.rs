//! Counts uploads that were refused, so that a camera that sends rubbish for a week shows in the balance's margin.
//!
//! Best effort, after the answer. Who has no token can make the ledger count, but no more than the ledger allows an hour:
//! a lane whose camera has the wrong token must not be refused for a month unseen.

use tollbooth_ports::ledger::intake;
use tollbooth_web::{Problem, now};

/// The reason to count this under; none for failures of ours, which the camera answers by sending again.
pub fn countable(problem: &Problem) -> Option<&'static str> {
    let kind = problem.kind();
    (kind.status() < 500).then(|| kind.slug())
}

/// Counts one refused upload of a camera of this booth.
pub fn count(booth: &str, reason: &str) {
    if let Err(failure) = intake::count_refusal(now(), booth, reason) {
        eprintln!("level=warn stage=intake cause=\"a refused upload was not counted: {failure:?}\"");
    }
}

/// Counts one upload to this booth that was refused before a camera was recognised.
pub fn count_stranger(booth: &str, reason: &str) {
    if let Err(failure) = intake::count_stranger_refusal(now(), booth, reason) {
        eprintln!("level=warn stage=intake cause=\"a refused upload was not counted: {failure:?}\"");
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
