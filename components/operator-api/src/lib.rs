//! Booths, tokens, settings, recognisers, the balance, failed readings, what passages have taught, the log, health, and the
//! document that describes the whole API.
//!
//! Also the route of last resort: a path that no other component takes is answered here as a problem. Every request
//! first makes sure that the first operator's token is the one in the secret variable. Opens neither photos nor files.

mod balance;
mod booths;
mod camera_findings;
mod camera_turns;
mod changes;
mod failed_readings;
mod first_operator;
mod health;
mod log;
mod me;
mod openapi;
mod preview;
mod pushes;
mod recognizers;
mod settings;
mod time_zone;
mod tokens;
mod traffic;
mod views;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    serve(request, out, route).await;
}

async fn route(request: Request) -> Reply<Nothing> {
    let answer = answer(request).await;
    if answer.as_ref().is_err_and(|problem| problem.kind() == Kind::Unauthorized) {
        first_operator::tell_if_there_is_none();
    }
    Reply::from(answer)
}

async fn answer(request: Request) -> Answer {
    let path = request.path.clone();
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    match (segments.as_slice(), request.method) {
        // These two need no token and answer while the ledger does not.
        (["v1", "openapi.json"], Method::Get) => return openapi::document(&request),
        (["v1", "health"], Method::Get) => return health::health(&request),
        _ => first_operator::ensure()?,
    }
    match (segments.as_slice(), request.method) {
        (["v1", "me"], Method::Get) => me::show(&request),
        (["v1", "me", "preferences"], Method::Put) => me::prefer(request).await,
        (["v1", "status"], Method::Get) => health::status(&request),
        (["v1", "balance"], Method::Get) => balance::balance(&request),
        (["v1", "failed-readings"], Method::Get) => failed_readings::list(&request),
        (["v1", "changes"], Method::Get) => changes::list(&request),
        (["v1", "log"], Method::Get) => log::deeds(&request),
        (["v1", "log", "photos"], Method::Get) => log::looks(&request),
        (["v1", "log", "downloads"], Method::Get) => log::downloads(&request),
        (["v1", "log", "people"], Method::Get) => log::people(&request),
        (["v1", "failed-readings", "reprocess"], Method::Post) => failed_readings::reprocess(request).await,
        (["v1", "booths"], Method::Get) => booths::list(&request),
        (["v1", "booths", booth], Method::Get) => booths::show(&request, booth),
        (["v1", "booths", booth], Method::Put) => booths::put(request, booth).await,
        (["v1", "booths", booth, "traffic"], Method::Get) => traffic::show(&request, booth),
        (["v1", "camera-findings"], Method::Get) => camera_findings::list(&request),
        (["v1", "camera-findings", "texts", text], Method::Delete) => camera_findings::forget(&request, text),
        (["v1", "camera-findings", "turns"], Method::Post) => camera_turns::decide(request).await,
        (["v1", "camera-findings", "turns", turn], Method::Delete) => camera_turns::withdraw(&request, turn),
        (["v1", "camera-findings", "turns", turn, "end"], Method::Post) => camera_turns::end(request, turn).await,
        (["v1", "camera-findings", "turns", turn, "read-again"], Method::Post) => {
            camera_turns::read_again(&request, turn)
        }
        (["v1", "reprocess-previews"], Method::Post) => preview::preview(request).await,
        (["v1", "tokens"], Method::Get) => tokens::list(&request),
        (["v1", "tokens"], Method::Post) => tokens::create(request).await,
        (["v1", "tokens", token], Method::Delete) => tokens::revoke(&request, token),
        (["v1", "tokens", token, "push"], Method::Get) => pushes::show(&request, token),
        (["v1", "tokens", token, "push"], Method::Put) => pushes::put(request, token).await,
        (["v1", "recognizers"], Method::Get) => recognizers::list(&request),
        (["v1", "settings"], Method::Get) => settings::list(&request),
        (["v1", "settings"], Method::Patch) => settings::change(request).await,
        (segments, _) => Err(allowed_methods(segments).map_or_else(
            || Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them."),
            Response::method_not_allowed,
        )),
    }
}

/// The methods of a route of this component, as `Allow` lists them.
fn allowed_methods(segments: &[&str]) -> Option<&'static str> {
    match segments {
        [
            "v1",
            "openapi.json" | "health" | "me" | "status" | "balance" | "booths" | "failed-readings" | "recognizers"
            | "log" | "camera-findings" | "changes",
        ]
        | ["v1", "log", "photos" | "downloads" | "people"]
        | ["v1", "booths", _, "traffic"] => Some("GET"),
        ["v1", "me", "preferences"] => Some("PUT"),
        ["v1", "failed-readings", "reprocess"]
        | ["v1", "reprocess-previews"]
        | ["v1", "camera-findings", "turns"]
        | ["v1", "camera-findings", "turns", _, "end" | "read-again"] => Some("POST"),
        ["v1", "camera-findings", "texts" | "turns", _] => Some("DELETE"),
        ["v1", "booths", _] => Some("GET, PUT"),
        ["v1", "tokens"] => Some("GET, POST"),
        ["v1", "tokens", _] => Some("DELETE"),
        ["v1", "tokens", _, "push"] => Some("GET, PUT"),
        ["v1", "settings"] => Some("GET, PATCH"),
        _ => None,
    }
}
