//! One exchange with a recogniser's route: bounded in time and size, whatever the other side does.

use std::time::Duration;

use futures::StreamExt;
use spin_sdk::http::{IncomingResponse, Method, Request, send};
use tollbooth_pipeline::retry::Failure;
use tollbooth_ports::types::Reading;
use tollbooth_recognizer_contract::{
    DESCRIBE_PATH, Description, Hints, MAX_ANSWER_BYTES, READ_PATH, parse_answer, parse_description,
};
use tollbooth_web::within;

use crate::services;

/// A description needs no photo and no service: it is there at once, or something is wrong.
const DESCRIBE_LIMIT: Duration = Duration::from_secs(5);

/// What the route gets on top of the deadline it is told, to say that its service did not answer.
const GRACE_MS: u64 = 500;

/// Has a photo read.
pub async fn read(service: &str, photo: Vec<u8>, hints: &Hints) -> Result<Reading, Failure> {
    let origin = services::origin(service).map_err(Failure::Outage)?;
    let mut request = Request::builder();
    request.method(Method::Post).uri(format!("{origin}{READ_PATH}")).body(photo);
    request.header("content-type", "application/octet-stream");
    for (name, value) in hints.headers() {
        request.header(name, value);
    }
    let limit = Duration::from_millis(u64::from(hints.deadline_ms) + GRACE_MS);
    match within(limit, exchange(request.build())).await {
        None => Err(Failure::TimedOut),
        Some(Err(cause)) => Err(Failure::Outage(cause)),
        Some(Ok((status, body))) => parse_answer(status, &body).map(tollbooth_attempt::wire).map_err(Failure::from),
    }
}

/// Asks a recogniser who it is and what it costs; the text says why it did not answer.
pub async fn describe(service: &str) -> Result<Description, String> {
    let origin = services::origin(service)?;
    let mut request = Request::builder();
    request.method(Method::Get).uri(format!("{origin}{DESCRIBE_PATH}"));
    match within(DESCRIBE_LIMIT, exchange(request.build())).await {
        None => Err("it did not describe itself in time".to_owned()),
        Some(Err(cause)) => Err(cause),
        Some(Ok((200, body))) => parse_description(&body).map_err(|e| e.to_string()),
        Some(Ok((status, _))) => Err(format!("it answered status {status} when asked to describe itself")),
    }
}

async fn exchange(request: Request) -> Result<(u16, Vec<u8>), String> {
    let response: IncomingResponse = send(request).await.map_err(|e| format!("out of reach: {e}"))?;
    let status = response.status();
    let mut chunks = response.take_body_stream();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend(chunk.map_err(|e| format!("the answer broke off: {e}"))?);
        if body.len() > MAX_ANSWER_BYTES {
            // One byte too many is enough for the contract to refuse it; the rest is never read.
            break;
        }
    }
    Ok((status, body))
}
