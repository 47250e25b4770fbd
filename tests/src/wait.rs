//! Waiting for something to become true, with a deadline instead of a fixed sleep.

use std::time::{Duration, Instant};

/// So long a host may take that has to compile its components, or to wait until another one has compiled others.
pub const FIRST_START: Duration = Duration::from_secs(20 * 60);

/// Where a machine is slow and busy, everything takes many times as long. Patience costs nothing where nothing is wrong.
const AT_LEAST: u64 = 180;

/// Asks again and again until the answer is some value, or panics with `what` after `seconds`, and not before three minutes.
#[expect(clippy::panic, reason = "a test that waits in vain has failed")]
pub fn until<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let seconds = seconds.max(AT_LEAST);
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
