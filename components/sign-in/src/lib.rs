//! Signing in at the console and out again: by one-time links or with a provider of identities, and the sessions that
//! either opens.
//!
//! Holds nothing and decides little: what a link or a cookie is worth is decided by the ledger, inside its transaction, and
//! what of a provider's answers is believed by `tollbooth-openid`. No secret is logged, and none is stored but as a digest.

mod begin;
mod callback;
mod cookie;
mod links;
mod log;
mod logout;
mod provider;
mod sessions;
mod setting;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use spin_sdk::http_component;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::token::{self, NewToken};
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
        (["v1", "sign-in"], Method::Get) => begin::ways(&request),
        (["v1", "sign-in", "start"], Method::Get) => begin::start(&request).await,
        (["v1", "sign-in", "callback"], Method::Get) => callback::finish(&request).await,
        (["v1", "sign-in", "logout"], Method::Post) => logout::heard(request).await,
        (["v1", "sessions"], Method::Get) => sessions::list(&request),
        (["v1", "sessions"], Method::Post) => sessions::open(request).await,
        (["v1", "sessions"], Method::Delete) => sessions::end_all(&request).await,
        (["v1", "sessions", "current"], Method::Delete) => sessions::end_this(&request).await,
        (["v1", "sessions", id], Method::Delete) => sessions::end_one(&request, id).await,
        (["v1", "sign-in-links"] | ["v1", "sign-in", "logout"], _) => Err(Response::method_not_allowed("POST")),
        (["v1", "sign-in"] | ["v1", "sign-in", "start" | "callback"], _) => Err(Response::method_not_allowed("GET")),
        (["v1", "sessions"], _) => Err(Response::method_not_allowed("GET, POST, DELETE")),
        (["v1", "sessions", _], _) => Err(Response::method_not_allowed("DELETE")),
        _ => Err(Problem::new(Kind::NotFound, "No such route; GET /v1/openapi.json lists them.")),
    }
}

/// A new secret, from the host's random source.
fn random_secret(purpose: Purpose) -> Result<NewToken, Problem> {
    Ok(purpose.secret(&random()?, &random()?))
}

/// A token whose text nobody will ever see.
fn token_of_nobody() -> Result<Secret, Problem> {
    Ok(stored(&token::new(&random()?, &random()?)))
}

fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(e) => Err(Problem::internal(format!("the host gives no random bytes: {e}"))),
    }
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
        SessionFailure::NotForPeople => Problem::new(
            Kind::NotFound,
            "There is no such token, or it is revoked, or it is a camera's, or its person signs in with a provider.",
        ),
        SessionFailure::TooManyLinks => Problem::new(
            Kind::TooMany,
            "Too many links for this token wait to be used. Use one of them, or wait until they expire.",
        )
        .with_header("retry-after", "600"),
        SessionFailure::Revoked => Problem::new(Kind::Forbidden, "An operator has revoked what this person may."),
        SessionFailure::Ledger(failure) => failure.into(),
    }
}
