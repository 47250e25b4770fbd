//! What is measured: adds up the ledger's events by ticks, and answers whoever watches.
//!
//! Nothing here counts the ledger: what is answered was added up before, so a dashboard that asks every second costs a
//! row read. Three faces over one routine add up: `POST /v1/ticks/telemetry`, the cron trigger, and nothing else.

mod collector;
mod cron;
mod fold;
mod metrics;
mod present;
mod series;
mod standing;
mod tag;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, serve};

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
        (["v1", "telemetry", "present"], Method::Get) => present::show(&request),
        (["v1", "telemetry", "series"], Method::Get) => series::show(&request),
        (["v1", "telemetry", "catalogue"], Method::Get) => series::catalogue(&request),
        (["v1", "ticks", "telemetry"], Method::Post) => fold::tick(request).await,
        (["metrics"], Method::Get) => metrics::expose(&request),
        (["v1", "ticks", "telemetry"], _) => Err(Response::method_not_allowed("POST")),
        (["v1", "telemetry", "present" | "series" | "catalogue"] | ["metrics"], _) => {
            Err(Response::method_not_allowed("GET"))
        }
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}
