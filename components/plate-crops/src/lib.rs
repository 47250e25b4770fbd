//! The plate of a passage, cut out of its photo where a recogniser read it, and enlarged.
//!
//! A component of its own, because it decodes: whatever bytes of a camera do to a decoder, they do it where nothing can be decided,
//! written or reached (ADR 0034). Sees what the ledger shows the caller, and writes down that they looked.

mod crops;

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
        (["v1", "crops", passage], Method::Get) => crops::show(request, passage),
        (["v1", "crops", _], _) => Err(Response::method_not_allowed("GET")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}
