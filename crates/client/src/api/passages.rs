//! Cameras' and readers' routes of single passages.

use super::Api;
use super::exchange::Call;
use crate::ClientError;
use serde::Deserialize;
use tollbooth_pipeline::reading::Sighting;

/// What a camera says about a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoParameters {
    /// Booth id.
    pub booth: String,
    /// Passage key.
    pub key: String,
    /// RFC 3339 with offset.
    pub captured_at: String,
    /// Lane at the booth.
    pub lane: String,
    /// Camera at the lane.
    pub camera: String,
}

/// An acknowledged photo.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Received {
    /// `psg_…`
    pub passage: String,
    /// State at that moment.
    pub state: String,
    /// Why it went to review at once.
    pub reason: Option<String>,
    /// False when the server had it already.
    #[serde(skip)]
    pub new: bool,
}

/// One attempt of a recogniser.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Attempt {
    /// `read`, a failure class, `expired`, or `running`.
    pub outcome: String,
    /// Processing time in milliseconds.
    #[serde(default)]
    pub duration_ms: u32,
    /// What was read; none after a failure.
    #[serde(default)]
    pub reading: Option<ReadingView>,
}

/// A recogniser's answer as far as the commands look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ReadingView {
    /// Likeliest plate first; empty when none was found.
    pub sightings: Vec<Sighting>,
    /// Processing time in milliseconds, as the recogniser states it.
    pub duration_ms: u32,
}

/// A passage as far as the commands look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PassageView {
    /// `psg_…`
    pub passage: String,
    /// `waiting`, `reading`, `in-review`, `accepted`, `rejected`, `duplicate`
    pub state: String,
    /// Why it is in review.
    #[serde(default)]
    pub reason: Option<String>,
    /// Decided, or suggested while in review.
    #[serde(default)]
    pub plate: Option<String>,
    /// Decided, or suggested while in review.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Oldest first.
    #[serde(default)]
    pub readings: Vec<Attempt>,
}

impl PassageView {
    /// Nobody will read it any more without being asked.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !matches!(self.state.as_str(), "waiting" | "reading")
    }

    /// The latest answer of a recogniser, whatever happened afterwards.
    #[must_use]
    pub fn latest_reading(&self) -> Option<&ReadingView> {
        self.readings.iter().rev().find_map(|attempt| attempt.reading.as_ref())
    }
}

impl Api {
    /// Sends a photo. Safe to repeat.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the server's reason, or that it could not be reached.
    pub fn put_photo(&self, about: &PhotoParameters, photo: &[u8]) -> Result<Received, ClientError> {
        let call = Call::new("PUT", &["v1", "booths", &about.booth, "passages", &about.key])
            .query("captured_at", &about.captured_at)
            .query("lane", &about.lane)
            .query("camera", &about.camera)
            .body("application/octet-stream", photo);
        let answer = self.exchange(&call)?;
        Ok(Received { new: answer.status == 202, ..answer.json()? })
    }

    /// A passage with its readings.
    ///
    /// # Errors
    /// As every route.
    pub fn passage(&self, passage: &str) -> Result<PassageView, ClientError> {
        self.exchange(&Call::new("GET", &["v1", "passages", passage]))?.json()
    }
}
