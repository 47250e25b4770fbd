//! Waiting for something to become true, with a deadline instead of a fixed sleep.

use std::time::{Duration, Instant};

/// Asks again and again until the answer is some value, or panics with `what` after `seconds`.
#[expect(clippy::panic, reason = "a test that waits in vain has failed")]
pub fn until<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(value) = ask() {
            return value;
        }
        if Instant::now() >= deadline {
            panic!("waited {seconds} s in vain: {what}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
