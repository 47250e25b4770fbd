//! Turns accepted passages into files for billing.
//!
//! Binds, renders, stores and publishes bill lines by a protocol of which every step can be repeated; makes copies of them
//! for readers who are not billing; lists and serves what was published, and how its destinations stand. Three faces over one routine: `POST /v1/exports`
//! (somebody asks), `POST /v1/ticks/export` and the cron trigger (the interval decides). Imports no photos.

mod acknowledge;
mod copies;
mod corrections;
mod cron;
mod destinations;
mod files;
mod lines;
mod lost;
mod profiles;
mod publish;
mod release;
mod run;
mod run_error;
mod signing;
mod standing;
mod store;
mod views;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::export_protocol::Cause;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, authorize, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<Nothing> {
    Reply::from(answer(request).await)
}

async fn answer(request: Request) -> Answer {
    let path = request.path.clone();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    match (segments.as_slice(), request.method) {
        (["v1", "exports"], Method::Post) => export(request, Action::Export, Cause::Requested).await,
        (["v1", "ticks", "export"], Method::Post) => export(request, Action::Tick, Cause::Scheduled).await,
        (["v1", "exports"], Method::Get) => files::list(&request),
        (["v1", "exports", sequence], Method::Get) => files::show(&request, sequence),
        (["v1", "exports", sequence, "file"], Method::Get) => files::file(&request, sequence),
        (["v1", "exports", sequence, "manifest"], Method::Get) => files::manifest(&request, sequence),
        (["v1", "exports", sequence, "signature"], Method::Get) => files::signature(&request, sequence),
        (["v1", "exports", sequence, "dispositions"], Method::Post) => acknowledge::submit(request, sequence).await,
        (["v1", "exports", sequence, "release"], Method::Post) => release::submit(request, sequence).await,
        (["v1", "exports", sequence, "lines"], Method::Get) => lines::list(&request, sequence),
        (["v1", "export-profiles"], Method::Get) => profiles::list(&request),
        (["v1", "destinations"], Method::Get) => destinations::list(&request),
        (["v1", "destinations", name], Method::Put) => destinations::report(request, name).await,
        (["v1", "destinations", name], Method::Delete) => destinations::forget(&request, name),
        (["v1", "signing-keys"], Method::Get) => signing::list(&request),

        (["v1", "exports"], _) => Err(Response::method_not_allowed("GET, POST")),
        (["v1", "destinations", _], _) => Err(Response::method_not_allowed("PUT, DELETE")),
        (["v1", "ticks", "export"] | ["v1", "exports", _, "dispositions" | "release"], _) => {
            Err(Response::method_not_allowed("POST"))
        }
        (
            ["v1", "exports", _]
            | ["v1", "exports", _, "file" | "manifest" | "signature" | "lines"]
            | ["v1", "signing-keys" | "export-profiles" | "destinations"],
            _,
        ) => Err(Response::method_not_allowed("GET")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}

async fn export(request: Request, action: Action, cause: Cause) -> Answer {
    let caller = authorize(&request, action)?;
    request.query.only(&[])?;
    // Both routes take no parameters; a body that says otherwise is a misunderstanding better told than ignored.
    let views::NoParameters {} = request.body.json().await?;
    let (outcome, copies) = copies::run_after(run::run(&caller.actor(), cause), &caller.actor(), cause)?;
    views::report(&outcome, &copies, cause)
}
