//! Has waiting passages read by the recogniser composed into this stage.
//!
//! Leases work from the ledger under the concurrency limit all replicas share, gets the photo, calls the recogniser,
//! lets the judge decide and settles. Three faces over one routine: `POST /v1/ticks/reading` (token), `POST /wake`
//! (only reachable by service chaining) and the cron trigger. Imports no database of its own and no HTTP client.

mod attempt;
mod cron;
mod sweep;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::role::Action;
use tollbooth_web::tick::{accepted, waits};
use tollbooth_web::{Answer, Kind, Problem, Reply, Request, Response, authorize, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<impl Future<Output = ()>> {
    let known = match request.segments().as_slice() {
        ["v1", "ticks", "reading"] => authorize(&request, Action::Tick).map(drop),
        // Under a private route only: the manifest gives this path no public one.
        ["wake"] => Ok(()),
        _ => Err(Problem::new(Kind::NotFound, "Tick with POST /v1/ticks/reading.")),
    };
    if let Err(problem) = known {
        return Reply { answer: Err(problem), afterwards: None };
    }
    match waits(&request) {
        Err(problem) => Reply { answer: Err(problem), afterwards: None },
        Ok(true) => Reply { answer: sweep_now(), afterwards: None },
        Ok(false) => Reply { answer: accepted(), afterwards: Some(sweep_later()) },
    }
}

fn sweep_now() -> Answer {
    Response::json(200, &sweep::run()?)
}

async fn sweep_later() {
    if let Err(failure) = sweep::run() {
        tollbooth_log::log!(Error, stage = "reading", cause = format_args!("{failure:?}"));
    }
}
