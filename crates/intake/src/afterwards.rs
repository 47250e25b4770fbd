//! What is done once the camera has its answer: it waits for none of it.

use tollbooth_web::{Kind, Problem};

use crate::refusal::{count, count_stranger, countable, note_full};
use crate::wake::{Wake, wake};

/// What is left to do.
#[derive(Debug, Clone)]
pub enum Afterwards {
    /// Wake the stage that reads unless somebody did lately.
    Wake(Wake),
    /// A camera that may send for this booth was refused.
    CountRefusal {
        /// Its booth.
        booth: String,
        /// As [`crate::countable`] gives it.
        reason: &'static str,
    },
    /// There was no room for a photo.
    NoteStorageFull,
    /// Somebody who is not recognised tried to send for this booth.
    CountStranger {
        /// The booth that was claimed.
        booth: String,
        /// As [`crate::countable`] gives it.
        reason: &'static str,
    },
}

impl Afterwards {
    /// What is left to do of a refusal of a camera that may send for this booth.
    #[must_use]
    pub fn of_refusal(refused: &Problem, booth: String) -> Option<Self> {
        if refused.kind() == Kind::StorageFull {
            return Some(Self::NoteStorageFull);
        }
        countable(refused).map(|reason| Self::CountRefusal { booth, reason })
    }

    /// Does it. Best effort.
    pub async fn run(self) {
        match self {
            Self::Wake(whom) => wake(whom).await,
            Self::CountRefusal { booth, reason } => count(&booth, reason),
            Self::NoteStorageFull => note_full(),
            Self::CountStranger { booth, reason } => count_stranger(&booth, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_without_room_is_noted_a_wrong_one_counted_and_an_outage_neither() {
        let of = |kind| Afterwards::of_refusal(&Problem::new(kind, ""), "north".to_owned());
        assert!(matches!(of(Kind::StorageFull), Some(Afterwards::NoteStorageFull)));
        let counted = of(Kind::ImageSize);
        assert!(
            matches!(&counted, Some(Afterwards::CountRefusal { booth, reason: "image-size" }) if booth == "north"),
            "{counted:?}"
        );
        assert!(of(Kind::Unavailable).is_none());
    }
}
