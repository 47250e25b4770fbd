//! Waiting before a store is asked again.

use std::time::Duration;

/// Waits for this time at the longest. Half of it is left to chance, so that those who failed together do not come back together.
pub fn pause(longest: Duration) {
    spin_executor::run(tollbooth_web::sleep(longest.mul_f64(0.5 + 0.5 * chance())));
}

/// A number between 0 and 1; without chance the pause is the longest one.
pub(crate) fn chance() -> f64 {
    getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX))
}
