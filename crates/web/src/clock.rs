//! The one place where a stage reads the clock. The ledger never does.

use std::time::{SystemTime, UNIX_EPOCH};

use tollbooth_pipeline::Instant;

/// Milliseconds since 1970-01-01T00:00:00Z, by the host's wall clock; 0 for a clock before 1970.
#[must_use]
pub fn now() -> Instant {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| Instant::try_from(elapsed.as_millis()).unwrap_or(Instant::MAX))
}
