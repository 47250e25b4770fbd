//! The cron trigger's face: wakes the HTTP face. It delivers nothing itself, because a component under the cron trigger has
//! no service chaining.

use spin_sdk::http::run;
use tollbooth_web::WakeRoute;

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(metadata: Metadata) -> Result<(), Error> {
        // Where nobody listens for wake-ups, `tollbooth tick` does it.
        let route = WakeRoute::of("messenger_wake_origin", "messenger_wake_path").map_err(Error::Other)?;
        let Some(route) = route else { return Ok(()) };
        // Once a minute the rules are looked at; in between, only what is due is a reason to wake anybody.
        let minute = metadata.timestamp % 60 < PERIOD_SECONDS;
        match crate::tick::has_work() {
            Ok(false) if !minute => Ok(()),
            Ok(_) => run(route.wake()).map_err(Error::Other),
            Err(failure) => {
                tollbooth_log::log!(Error, stage = "messages", cause = format_args!("{failure:?}"));
                Err(Error::Other("the ledger did not answer; the next firing tries again".to_owned()))
            }
        }
    }
}

/// How often the manifest has this component fire.
const PERIOD_SECONDS: u64 = 10;

export!(Cron);
