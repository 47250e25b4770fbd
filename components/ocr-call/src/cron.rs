//! The cron trigger's face.

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(_metadata: Metadata) -> Result<(), Error> {
        crate::sweep::run().map(drop).map_err(|failure| {
            tollbooth_log::log!(Error, stage = "reading", cause = format_args!("{failure:?}"));
            Error::Other("the ledger did not answer; the next firing tries again".to_owned())
        })
    }
}

export!(Cron);
