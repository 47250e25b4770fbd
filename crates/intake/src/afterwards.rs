//! What is done once the camera has its answer: it waits for none of it.

use crate::refusal::{count, count_stranger};
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
    /// Somebody who is not recognised tried to send for this booth.
    CountStranger {
        /// The booth that was claimed.
        booth: String,
        /// As [`crate::countable`] gives it.
        reason: &'static str,
    },
}

impl Afterwards {
    /// Does it. Best effort.
    pub async fn run(self) {
        match self {
            Self::Wake(whom) => wake(whom).await,
            Self::CountRefusal { booth, reason } => count(&booth, reason),
            Self::CountStranger { booth, reason } => count_stranger(&booth, reason),
        }
    }
}
