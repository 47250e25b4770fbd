//! The cron trigger's face.

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(_metadata: Metadata) -> Result<(), Error> {
        let folded = crate::fold::run();
        spin_sdk::http::run(crate::collector::hand_over());
        folded.map(drop).map_err(|failure| {
            tollbooth_log::log!(Error, stage = "telemetry", cause = format_args!("{failure:?}"));
            Error::Other("nothing was added up; the next firing goes on with it".to_owned())
        })
    }
}

export!(Cron);
