//! Where the time of one reading went.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A monotonic clock: time since any fixed moment. Supplied by the caller, because a component may not have one.
pub type Clock = fn() -> Duration;

/// Milliseconds per stage of one reading; all zero without a clock, and zero for stages that were not needed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Stages {
    /// Decoding the photo.
    pub decode_ms: f64,
    /// Finding and reading text at a glance, at a small scale.
    pub glance_ms: f64,
    /// The same at full scale.
    pub full_look_ms: f64,
    /// Looking closer, at the plates found or at the whole photo.
    pub close_look_ms: f64,
    /// Looking again with evened-out contrast.
    pub contrast_look_ms: f64,
    /// Reading the bands above and below the plate's text.
    #[serde(default)]
    pub bands_ms: f64,
    /// Looking for a vehicle where there is no plate.
    #[serde(default)]
    pub vehicle_ms: f64,
}

impl Stages {
    /// Sum of all stages in milliseconds.
    pub fn total_ms(&self) -> f64 {
        self.decode_ms
            + self.glance_ms
            + self.full_look_ms
            + self.close_look_ms
            + self.contrast_look_ms
            + self.bands_ms
            + self.vehicle_ms
    }
}

/// Measures consecutive stages.
pub(crate) struct Stopwatch {
    clock: Option<Clock>,
    last: Duration,
}

impl Stopwatch {
    pub(crate) fn start(clock: Option<Clock>) -> Self {
        Self { clock, last: clock.map_or(Duration::ZERO, |now| now()) }
    }

    /// Milliseconds since the start or the last lap.
    pub(crate) fn lap(&mut self) -> f64 {
        let Some(now) = self.clock.map(|clock| clock()) else { return 0.0 };
        let elapsed = now.saturating_sub(self.last);
        self.last = now;
        elapsed.as_secs_f64() * 1e3
    }
}
