//! Wakes the stage that reads after the camera has its answer. Best effort: a lost wake-up costs a wait for the next tick.

use tollbooth_ports::ledger::{access, intake};
use tollbooth_web::{WakeRoute, now};

/// Whom to wake, and how often at most.
#[derive(Debug, Clone, Copy)]
pub struct Wake {
    /// A service is asked first: the stage that calls services, else the one with the recogniser in it.
    pub services: bool,
    /// Shortest time between two wake-ups, in milliseconds.
    pub quiet_ms: u32,
}

/// Wakes the stage unless somebody did within the quiet time.
pub async fn wake(Wake { services, quiet_ms }: Wake) {
    let (origin, path) =
        if services { ("service_wake_origin", "service_wake_path") } else { ("wake_origin", "wake_path") };
    // Where nobody listens for wake-ups, the cron trigger finds the work.
    let Ok(Some(route)) = WakeRoute::of(origin, path) else { return };
    let claimed = intake::claim_wake_up(now(), quiet_ms);
    // The one that is woken needs a connection, too.
    access::release();
    match claimed {
        Ok(true) => {}
        Ok(false) => return,
        Err(failure) => {
            tollbooth_log::log!(Warn, stage = "wake", cause = format_args!("{failure:?}"));
            return;
        }
    }
    if let Err(cause) = route.wake().await {
        tollbooth_log::log!(Warn, stage = "wake", cause = cause);
    }
}
