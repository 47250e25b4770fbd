//! One exchange with a recogniser's route: bounded in time and size, whatever the other side does.

use std::time::Duration;

use tollbooth_pipeline::retry::Failure;
use tollbooth_ports::types::Reading;
use tollbooth_recognizer_contract::{
    ContractError, DESCRIBE_PATH, Description, Hints, MAX_ANSWER_BYTES, READ_PATH, parse_answer, parse_description,
};
use tollbooth_web::{FetchFailure, Outgoing, fetch};

use crate::services;

/// A description needs no photo and no service: it is there at once, or something is wrong.
const DESCRIBE_LIMIT: Duration = Duration::from_secs(5);

/// What the route gets on top of the deadline it is told, to say that its service did not answer.
const GRACE_MS: u64 = 500;

/// Has a photo read.
pub async fn read(service: &str, photo: Vec<u8>, hints: &Hints) -> Result<Reading, Failure> {
    let origin = services::origin(service).map_err(Failure::Outage)?;
    let mut headers = hints.headers();
    headers.push(("content-type", "application/octet-stream".to_owned()));
    let limit = Duration::from_millis(u64::from(hints.deadline_ms) + GRACE_MS);
    let url = format!("{origin}{READ_PATH}");
    let outgoing = Outgoing { body: Some(photo), url: &url, headers: &headers, limit, max_answer: MAX_ANSWER_BYTES };
    let answer = fetch(outgoing).await.map_err(unanswered)?;
    parse_answer(answer.status, &answer.body).map(tollbooth_attempt::wire).map_err(Failure::from)
}

/// Asks a recogniser who it is and what it costs; the text says why it did not answer.
pub async fn describe(service: &str) -> Result<Description, String> {
    let url = format!("{}{DESCRIBE_PATH}", services::origin(service)?);
    let outgoing =
        Outgoing { body: None, url: &url, headers: &[], limit: DESCRIBE_LIMIT, max_answer: MAX_ANSWER_BYTES };
    match fetch(outgoing).await {
        Ok(answer) if answer.status == 200 => parse_description(&answer.body).map_err(|e| e.to_string()),
        Ok(answer) => Err(format!("it answered status {} when asked to describe itself", answer.status)),
        Err(FetchFailure::TimedOut) => Err("it did not describe itself in time".to_owned()),
        Err(failure) => Err(unanswered(failure).detail()),
    }
}

/// An exchange without a whole answer. Only a recogniser that says it read can have answered wrongly; anything else is out.
fn unanswered(failure: FetchFailure) -> Failure {
    match failure {
        FetchFailure::TimedOut => Failure::TimedOut,
        FetchFailure::TooLong { status: 200 } => {
            Failure::InvalidAnswer(ContractError::TooLong { limit: MAX_ANSWER_BYTES }.to_string())
        }
        FetchFailure::TooLong { status } => Failure::Outage(format!("the recogniser answered with status {status}")),
        FetchFailure::BrokenOff { .. } => Failure::Outage("the answer broke off".to_owned()),
        FetchFailure::Unreachable(cause) => Failure::Outage(format!("out of reach: {cause}")),
        FetchFailure::NotAllowed(cause) => Failure::Outage(format!("it was not called: {cause}")),
    }
}
