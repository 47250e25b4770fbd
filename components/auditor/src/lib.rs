//! Compares everything that is stored with everything that is written down, a page at a time and reading only, so that
//! it can run beside everything else.
//!
//! Three walks: over the passages, each with its history, its bill line and its photo byte for byte; over the photo store,
//! for photos that belong to no passage; and over the store of export files, for those that no export accounts for. The
//! caller goes on with `next` until there is none; `tollbooth audit` does, and adds the balance and the chain of
//! manifests. An outage ends the walk with an error; it is never a finding.

mod cursor;
mod exports;
mod passages;
mod photos;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<Nothing> {
    Reply::from(answer(&request))
}

fn answer(request: &Request) -> Answer {
    match (request.segments().as_slice(), request.method) {
        (["v1", "audit", "passages"], Method::Get) => passages::inspect(request),
        (["v1", "audit", "photos"], Method::Get) => photos::unreferenced(request),
        (["v1", "audit", "exports"], Method::Get) => exports::unknown(request),
        (["v1", "audit", "passages" | "photos" | "exports"], _) => Err(Response::method_not_allowed("GET")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}
