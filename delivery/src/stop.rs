//! Told to end: a service that is stopped, a test that is over.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Ends all waiting.
#[derive(Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// From now on nothing new is begun.
    pub fn set(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether it was set.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, or until it is set.
    pub(crate) fn wait(&self, how_long: Duration) {
        let set = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Set or timed out, the caller looks again.
        let _ = self.0.1.wait_timeout_while(set, how_long, |set| !*set);
    }
}
