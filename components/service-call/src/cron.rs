//! The cron trigger's face: wakes the HTTP face when there is work. It calls no service itself, because a component
//! under the cron trigger has no service chaining.

use spin_sdk::http::{Method, Request, Response, run, send};
use spin_sdk::variables;
use tollbooth_attempt as attempt;
use tollbooth_pipeline::policy::Policy;
use tollbooth_ports::failures::LedgerFailure;
use tollbooth_ports::ledger::reading;
use tollbooth_web::now;

use crate::services;

wit_bindgen::generate!({
    path: "../../wit/spin-cron",
    world: "spin-cron",
});

/// Path of the wake route that needs no token because nobody else reaches it.
const PRIVATE_PATH: &str = "/wake";

struct Cron;

impl Guest for Cron {
    fn handle_cron_event(_metadata: Metadata) -> Result<(), Error> {
        let (Ok(origin), Ok(path), Ok(token)) =
            (variables::get("service_wake_origin"), variables::get("service_wake_path"), variables::get("wake_token"))
        else {
            return Err(Error::Other("the manifest gives this component no wake variables".to_owned()));
        };
        if token.is_empty() && path != PRIVATE_PATH {
            // Nobody listens for wake-ups in this installation: `tollbooth tick` finds the work.
            return Ok(());
        }
        match has_work() {
            Ok(false) => Ok(()),
            Ok(true) => run(wake(&origin, &path, &token)),
            Err(failure) => {
                eprintln!("level=error stage=services cause=\"{failure:?}\"");
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

async fn wake(origin: &str, path: &str, token: &str) -> Result<(), Error> {
    let mut request = Request::builder();
    request.method(Method::Post).uri(format!("{origin}{path}"));
    if !token.is_empty() {
        request.header("authorization", format!("Bearer {token}"));
    }
    let answer: Result<Response, _> = send(request.build()).await;
    match answer {
        Ok(response) if *response.status() < 300 => Ok(()),
        Ok(response) => Err(Error::Other(format!("the wake route answered status {}", response.status()))),
        Err(e) => Err(Error::Other(format!("the wake route is out of reach: {e}"))),
    }
}

export!(Cron);
