//! Has waiting passages read by services behind HTTP.
//!
//! The thin sibling of `ocr-call`: leases from the same ledger under the same rules, but calls a recogniser's private
//! route instead of a composed component. It only waits, so it runs in the process that answers cameras; it reaches no
//! host but those routes. Faces: `POST /v1/ticks/services` (token), `POST /wake` (only reachable by service chaining),
//! and a cron trigger that does nothing but wake the others over HTTP, because cron has no service chaining.

mod attempt;
mod client;
mod clock;
mod cron;
mod services;
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
    match requested(&request) {
        Err(problem) => Reply { answer: Err(problem), afterwards: None },
        Ok(true) => Reply { answer: sweep_now().await, afterwards: None },
        Ok(false) => Reply { answer: accepted(), afterwards: Some(sweep_later()) },
    }
}

/// Who asks, and whether they wait for the report.
fn requested(request: &Request) -> Result<bool, Problem> {
    match request.segments().as_slice() {
        ["v1", "ticks", "services"] => authorize(request, Action::Tick).map(drop)?,
        // The manifest gives this path no public route: whoever gets here was let in by service chaining.
        ["wake"] => {}
        _ => return Err(Problem::new(Kind::NotFound, "Tick with POST /v1/ticks/services.")),
    }
    waits(request)
}

async fn sweep_now() -> Answer {
    Response::json(200, &sweep::run().await?)
}

async fn sweep_later() {
    if let Err(failure) = sweep::run().await {
        tollbooth_log::log!(Error, stage = "services", cause = format_args!("{failure:?}"));
    }
}
