//! What a service is to do with a photo, written behind the photo's end, where decoders ignore it.

use serde::{Deserialize, Serialize};

const MARKER: &[u8] = b"tollbooth-service:";

/// A plate that the service is to find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// As read, in any case.
    pub text: String,
    /// 0..1
    pub confidence: f64,
}

/// One reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Reads plates; none is an empty road.
    Read(Vec<Found>),
    /// The same in Plate Recognizer's detection mode `vehicle`.
    ReadVehicles(Vec<Found>),
    /// Replies with this status, `Retry-After` and body.
    Reply {
        /// HTTP status.
        status: u16,
        /// Header `Retry-After`.
        retry_after: Option<String>,
        /// Body.
        body: String,
    },
    /// Sends the caller elsewhere.
    Redirect(String),
    /// Half a reply, then a closed connection.
    Reset,
    /// No reply.
    Silence,
    /// Half of the JSON as a complete reply.
    TruncatedJson,
    /// A well-formed reply of this many bytes.
    Huge(usize),
    /// Text that is not UTF-8.
    Latin1,
    /// A reading of another image.
    OtherImage,
    /// The key in the reply, as a careless service would echo it.
    EchoKey(u16),
}

/// The photo with a script: one step per call, the last one repeats.
#[must_use]
#[expect(clippy::expect_used, reason = "test set-up")]
pub fn with_steps(photo: &[u8], steps: &[Step]) -> Vec<u8> {
    let script = serde_json::to_vec(steps).expect("a script is plain data");
    [photo, MARKER, &script].concat()
}

/// The photo's steps; none without a script.
pub fn steps(photo: &[u8]) -> Vec<Step> {
    let Some(at) = photo.windows(MARKER.len()).rposition(|window| window == MARKER) else { return Vec::new() };
    serde_json::from_slice(photo.get(at + MARKER.len()..).unwrap_or_default()).unwrap_or_default()
}
