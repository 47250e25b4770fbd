//! The clock and the randomness that the guests of a run see. Both belong to the bench, so a run can be repeated.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tollbooth_host::{Clock, RandomSource};

use crate::dice::Dice;

/// Where simulated time starts: 2026-11-01T05:30:00Z, an hour and a half before clocks in Chicago go back.
const START_MS: i64 = 1_793_511_000_000;

/// A wall clock that goes on by a millisecond at each look, and jumps when told to.
pub struct SimClock {
    wall_ms: AtomicI64,
    monotonic_us: AtomicU64,
}

impl Default for SimClock {
    fn default() -> Self {
        Self { wall_ms: AtomicI64::new(START_MS), monotonic_us: AtomicU64::new(0) }
    }
}

impl SimClock {
    /// A clock that shows this time.
    #[must_use]
    pub const fn at(wall_ms: i64) -> Self {
        Self { wall_ms: AtomicI64::new(wall_ms), monotonic_us: AtomicU64::new(0) }
    }

    /// Milliseconds since 1970, without moving the clock.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    /// Jumps, forward or backward.
    pub fn jump(&self, by_ms: i64) {
        self.wall_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for SimClock {
    fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms.fetch_add(1, Ordering::SeqCst).try_into().unwrap_or(0))
    }

    fn monotonic_ns(&self) -> u64 {
        self.monotonic_us.fetch_add(1, Ordering::SeqCst).saturating_mul(1000)
    }
}

/// Random bytes from a seed.
pub struct SimRandom(Mutex<Dice>);

impl SimRandom {
    /// Randomness for a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(Dice::new(seed)))
    }
}

impl RandomSource for SimRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Dice are whole after any panic.
        let mut dice = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            for (byte, random) in chunk.iter_mut().zip(dice.roll().to_le_bytes()) {
                *byte = random;
            }
        }
    }
}
