//! Waiting for the next call that a rate allows.

use std::time::Duration;

use tollbooth_web::{now, sleep};

/// Waits until this time; returns at once when it is over.
pub async fn until(at: i64) {
    if let Ok(wait) = u64::try_from(at.saturating_sub(now())) {
        sleep(Duration::from_millis(wait)).await;
    }
}
