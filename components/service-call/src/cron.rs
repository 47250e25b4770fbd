//! The cron trigger's face: wakes the HTTP face when there is work. It calls no service itself, because a component
//! under the cron trigger has no service chaining.

use spin_sdk::http::run;
use tollbooth_attempt as attempt;
use tollbooth_pipeline::policy::Policy;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading;
use tollbooth_web::{WakeRoute, now};

use crate::services;

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(_metadata: Metadata) -> Result<(), Error> {
        // Where nobody listens for wake-ups, `tollbooth tick` finds the work.
        let route = WakeRoute::of("service_wake_origin", "service_wake_path").map_err(Error::Other)?;
        let Some(route) = route else { return Ok(()) };
        match has_work() {
            Ok(false) => Ok(()),
            Ok(true) => run(route.wake()).map_err(Error::Other),
            Err(failure) => {
                tollbooth_log::log!(Error, stage = "services", cause = format_args!("{failure:?}"));
                Err(Error::Other("the ledger did not answer; the next firing tries again".to_owned()))
            }
        }
    }
}

/// True when a service has something to read. Leases nothing.
fn has_work() -> Result<bool, LedgerFailure> {
    let work = reading::lease_work(now(), "service-call-cron", 0, &services::able())?;
    let settings = attempt::settings(&work.settings)?;
    let shadows = settings.reading_policy == Policy::Shadow && settings.reading_second_recognizer.is_service();
    Ok(work.backlog > 0 || shadows)
}

export!(Cron);
