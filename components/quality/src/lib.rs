//! How often automatic acceptance errs, what people's answers are worth, and the threshold that follows.
//!
//! Reads what the ledger has of the sample and leaves the arithmetic to `tollbooth-quality`. Sees no photo and no plate, and
//! changes nothing but the two thresholds that it advises on.

mod measured;
mod people;
mod period;
mod seeds;
mod threshold;

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
        (["v1", "quality"], Method::Get) => measured::show(&request),
        (["v1", "quality", "people"], Method::Get) => people::list(&request),
        (["v1", "quality", "seeds"], Method::Get) => seeds::list(&request),
        (["v1", "quality", "threshold"], Method::Post) => threshold::apply(request).await,
        (["v1", "quality"] | ["v1", "quality", "people" | "seeds"], _) => Err(Response::method_not_allowed("GET")),
        (["v1", "quality", "threshold"], _) => Err(Response::method_not_allowed("POST")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}
