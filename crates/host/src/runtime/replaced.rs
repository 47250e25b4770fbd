//! Clocks and randomness under the control of a bench.

use std::{convert::Infallible, sync::Arc, time::Duration};

use rand_core::{Rng, TryRng};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

use super::control::GuestControl;
use crate::host_calls::{Bench, CallKind, Clock};

/// Puts the bench's clock and randomness in, or observed system ones when only the calls are hooked.
pub(super) fn install(bench: &Bench, control: &Arc<GuestControl>, wasi: &mut WasiCtxBuilder) {
    if bench.clock.is_some() || bench.calls.is_some() {
        let clock = bench.clock.clone().unwrap_or_else(|| Arc::new(SystemClock::default()));
        wasi.wall_clock(Observed(Arc::clone(&clock), Arc::clone(control)));
        wasi.monotonic_clock(Observed(clock, Arc::clone(control)));
    }
    if let Some(source) = &bench.random {
        let mut seed = [0; 16];
        source.fill(&mut seed);
        wasi.insecure_random_seed(u128::from_le_bytes(seed));
        let (secure, insecure) = (Arc::clone(source), Arc::clone(source));
        wasi.secure_random(ObservedRng(move |buffer: &mut [u8]| secure.fill(buffer), Arc::clone(control)));
        wasi.insecure_random(ObservedRng(move |buffer: &mut [u8]| insecure.fill(buffer), Arc::clone(control)));
    } else if bench.calls.is_some() {
        let mut system = wasmtime_wasi::thread_rng();
        wasi.secure_random(ObservedRng(move |buffer: &mut [u8]| system.fill_bytes(buffer), Arc::clone(control)));
    }
}

struct Observed<S: ?Sized>(Arc<S>, Arc<GuestControl>);

impl HostWallClock for Observed<dyn Clock> {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.1.observe(CallKind::Clock, "wall");
        self.0.wall()
    }
}

impl HostMonotonicClock for Observed<dyn Clock> {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.1.observe(CallKind::Clock, "monotonic");
        self.0.monotonic_ns()
    }
}

struct ObservedRng<F>(F, Arc<GuestControl>);

impl<F: FnMut(&mut [u8])> TryRng for ObservedRng<F> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.1.observe(CallKind::Random, "bytes");
        (self.0)(buffer);
        Ok(())
    }
}

/// The system's clocks, for a bench that only watches.
struct SystemClock(std::time::Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Duration {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
    }

    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
