//! The cron trigger's face.

use tollbooth_ports::ledger::export_protocol::Cause;
use tollbooth_ports::types::Actor;

use crate::run_error::RunError;

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(_metadata: Metadata) -> Result<(), Error> {
        let actor = Actor { role: "system".to_owned(), id: "exporter".to_owned() };
        let unfinished = |failure: RunError| {
            tollbooth_log::log!(Error, stage = "export", cause = failure);
            Error::Other("the export is unfinished; the next firing goes on with it".to_owned())
        };
        let billing = crate::run::run(&actor, Cause::Scheduled);
        let (_, made) = crate::copies::run_after(billing, &actor, Cause::Scheduled).map_err(unfinished)?;
        let failed = |trouble: &RunError| !matches!(trouble, RunError::Waits(_));
        match made.iter().find(|copy| copy.trouble.as_ref().is_some_and(failed)) {
            Some(copy) => {
                Err(Error::Other(format!("the copy `{}` is unfinished; the next firing goes on", copy.profile)))
            }
            None => Ok(()),
        }
    }
}

export!(Cron);
