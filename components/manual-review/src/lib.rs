//! The staff's API: open reviews, verdicts, passages, their history and their photos.
//!
//! Every change carries the version the caller looked at, so two people never overwrite each other; who holds a claim
//! and which moves are legal is decided by the ledger, inside its transaction. Imports no export files and never
//! writes a photo.

mod asks;
mod candidates;
mod desk;
mod passages;
mod photos;
mod refused;
mod reviews;
mod seconds;
mod trace;
mod verdict;
mod version;
mod views;

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
        (["v1", "reviews"], Method::Get) => reviews::list(&request),
        (["v1", "reviews", "claim"], Method::Post) => reviews::claim(request).await,
        (["v1", "reviews", "people"], Method::Get) => desk::people(&request),
        (["v1", "reviews", "assign"], Method::Post) => desk::assign(request).await,
        (["v1", "reviews", passage, "assignment"], Method::Delete) => desk::unassign(&request, passage),
        (["v1", "reviews", passage, "flag"], Method::Post) => desk::flag(request, passage).await,
        (["v1", "reviews", passage, "unflag"], Method::Post) => desk::unflag(request, passage).await,
        (["v1", "reviews", passage, "verdict"], Method::Post) => reviews::submit(request, passage).await,
        (["v1", "reviews", passage, "seed"], Method::Post) => reviews::seed(request, passage).await,
        (["v1", "reviews", passage, "release"], Method::Post) => reviews::release(request, passage).await,
        (["v1", "reviews", passage, "undo"], Method::Post) => reviews::undo(request, passage).await,
        (["v1", "reviews", passage, "reprocess"], Method::Post) => reviews::reprocess(request, passage).await,
        (["v1", "passages"], Method::Get) => passages::search(&request),
        (["v1", "passages", passage], Method::Get) => passages::show(&request, passage),
        (["v1", "passages", passage, "history"], Method::Get) => passages::history(&request, passage),
        (["v1", "passages", passage, "trace"], Method::Get) => trace::show(&request, passage),
        (["v1", "traces", id], Method::Get) => trace::find(&request, id),
        (["v1", "passages", passage, "earlier"], Method::Get) => passages::earlier(&request, passage),
        (["v1", "passages", passage, "photo"], Method::Get) => photos::of_passage(&request, passage),
        (["v1", "passages", passage, "reopen"], Method::Post) => reviews::reopen(request, passage).await,
        (["v1", "photos", name], Method::Get) => photos::by_name(&request, name),

        (["v1", "reviews", _, "assignment"], _) => Err(Response::method_not_allowed("DELETE")),
        (
            ["v1", "reviews" | "passages"] | ["v1", "reviews", "people"] | ["v1", "passages" | "photos" | "traces", _],
            _,
        )
        | (["v1", "passages", _, "history" | "trace" | "photo" | "earlier"], _) => {
            Err(Response::method_not_allowed("GET"))
        }
        (["v1", "reviews", "claim" | "assign"], _)
        | (["v1", "reviews", _, "verdict" | "seed" | "release" | "undo" | "reprocess" | "flag" | "unflag"], _)
        | (["v1", "passages", _, "reopen"], _) => Err(Response::method_not_allowed("POST")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}
