//! The console's files, built from `app/` and embedded: what a browser needs, and nothing else.
//!
//! Knows no ledger and no person: every page is the same for everybody, and everything about anybody comes from the API.
//! Not Spin's file server, because that compresses on every request, answers every missing file with a page, and sets
//! none of the headers below.

mod encoding;
mod files;
mod headers;
mod pages;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_web::{Answer, Kind, Method, Nothing, Problem, Reply, Request, Response, redirect, serve};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    match pages::without_slash(&request.path_with_query().unwrap_or_default()) {
        Some(location) => redirect(request, out, location).await,
        None => serve(request, out, route).await,
    }
}

async fn route(request: Request) -> Reply<Nothing> {
    Reply::from(answer(&request))
}

fn answer(request: &Request) -> Answer {
    if request.method != Method::Get {
        return Err(Response::method_not_allowed("GET"));
    }
    match request.segments().as_slice() {
        [""] | [] => Ok(Response::new(303).with_header("location", "/console")),
        ["console", "assets", name] => match files::find(&format!("assets/{name}")) {
            Some(file) => Ok(headers::immutable(file, request)),
            None => Err(Problem::new(Kind::NotFound, "The console has no such file.")),
        },
        ["console", path @ ..] => pages::page(path, request),
        _ => Err(Problem::new(Kind::NotFound, "The console is at /console.")),
    }
}
