//! Signing in at the console and out again: one-time links, and the sessions they open.
//!
//! Holds nothing and decides little: what a link or a cookie is worth is decided by the ledger, inside its transaction.
//! No secret is logged, and none is stored but as a digest.

mod cookie;
mod links;
mod sessions;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::token::NewToken;
use tollbooth_ports::ledger::sessions::{Secret, SessionFailure};
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
        (["v1", "sign-in-links"], Method::Post) => links::create(request).await,
        (["v1", "sessions"], Method::Post) => sessions::open(request).await,
        (["v1", "sessions"], Method::Delete) => sessions::end_all(&request),
        (["v1", "sessions", "current"], Method::Delete) => sessions::end_this(&request),
        (["v1", "sign-in-links"], _) => Err(Response::method_not_allowed("POST")),
        (["v1", "sessions"], _) => Err(Response::method_not_allowed("POST, DELETE")),
        (["v1", "sessions", "current"], _) => Err(Response::method_not_allowed("DELETE")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}

/// A new secret, from the host's random source.
fn random_secret(purpose: Purpose) -> Result<NewToken, Problem> {
    let (mut id, mut secret) = ([0; 16], [0; 32]);
    getrandom::fill(&mut id)
        .and_then(|()| getrandom::fill(&mut secret))
        .map_err(|e| Problem::internal(format!("the host gives no random bytes: {e}")))?;
    Ok(purpose.secret(&id, &secret))
}

/// What of a secret the ledger stores.
fn stored(made: &NewToken) -> Secret {
    Secret { id: made.id.clone(), digest: made.digest.to_vec() }
}

fn refused(failure: SessionFailure) -> Problem {
    match failure {
        SessionFailure::Unknown => Problem::new(
            Kind::LinkSpent,
            "This link was used, has expired or never existed. Ask for a new one: `tollbooth console`.",
        ),
        SessionFailure::NotForPeople => {
            Problem::new(Kind::NotFound, "There is no such token, or it is revoked, or it is a camera's.")
        }
        SessionFailure::TooManyLinks => Problem::new(
            Kind::TooMany,
            "Too many links for this token wait to be used. Use one of them, or wait until they expire.",
        )
        .with_header("retry-after", "600"),
        SessionFailure::Ledger(failure) => failure.into(),
    }
}
