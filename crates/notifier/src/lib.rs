//! The front door of a notifier behind HTTP, and what its calls mean that got no answer.
//!
//! A notifier is its variables and one call more; what the service is sent and what its reply means are in
//! `tollbooth-messages`. Guest side only. Nothing here logs a message's text, an address or a secret.

use std::time::Duration;

use spin_sdk::http::{IncomingRequest, ResponseOutparam};
use tollbooth_messages::contract::{DELIVER_PATH, Delivery, MAX_REQUEST_BYTES, render};
use tollbooth_messages::{Class, Failure, Outcome};
use tollbooth_web::{
    Answer, FetchFailure, Incoming, Kind, Method, Nothing, Outgoing, Problem, Reply, Request, Response,
};

/// Longest that a service is waited for: shorter than the messenger waits for the notifier, and that than its lease.
pub const CALL_LIMIT: Duration = Duration::from_secs(75);
/// Most bytes of a service's reply.
const MAX_REPLY_BYTES: usize = 65_536;

/// Answers one request of the contract.
pub async fn answer<D, F>(incoming: IncomingRequest, out: ResponseOutparam, deliver: D)
where
    D: FnOnce(Delivery) -> F,
    F: Future<Output = Outcome>,
{
    tollbooth_web::serve(incoming, out, |request| async move { Reply::<Nothing>::from(route(request, deliver).await) })
        .await;
}

async fn route<D, F>(request: Request, deliver: D) -> Answer
where
    D: FnOnce(Delivery) -> F,
    F: Future<Output = Outcome>,
{
    let path = format!("/{}", request.path.join("/"));
    if path != DELIVER_PATH {
        return Err(Problem::new(Kind::NotFound, "Send messages to /deliver."));
    }
    if request.method != Method::Post {
        return Err(Response::method_not_allowed("POST"));
    }
    let body = request.body.read(MAX_REQUEST_BYTES as u64).await?;
    let delivery = Delivery::parse(&body).map_err(|what| Problem::new(Kind::InvalidRequest, format!("{what}.")))?;
    let (id, attempt) = (delivery.id.clone(), delivery.attempt);
    let outcome = deliver(delivery).await;
    if let Outcome::Failed(failure) = &outcome {
        tollbooth_log::log!(
            Warn,
            stage = "notifier",
            message = id,
            attempt = attempt,
            class = failure.class,
            cause = failure.detail,
        );
    }
    Ok(Response::new(200).with_header("content-type", "application/json").with_body(render(&outcome)))
}

/// Variables that must all be set.
///
/// # Errors
/// [`Class::NotSetUp`], naming those that are not; [`Class::Outage`] for one that cannot be read.
pub fn variables_of<const N: usize>(names: [&str; N]) -> Result<[String; N], Failure> {
    let mut values: [String; N] = std::array::from_fn(|_| String::new());
    for (slot, name) in values.iter_mut().zip(names) {
        *slot = tollbooth_web::variable(name).map_err(|cause| Failure::new(Class::Outage, &cause))?;
    }
    let missing: Vec<_> =
        names.iter().zip(&values).filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
    if missing.is_empty() {
        return Ok(values);
    }
    Err(Failure::new(Class::NotSetUp, &format!("set the variable {}", missing.join(", "))))
}

/// Calls a service.
///
/// # Errors
/// What its silence means.
pub async fn call(url: &str, headers: &[(&'static str, String)], body: Vec<u8>) -> Result<Incoming, Failure> {
    let outgoing = Outgoing { body: Some(body), url, headers, limit: CALL_LIMIT, max_answer: MAX_REPLY_BYTES };
    tollbooth_web::fetch(outgoing).await.map_err(|failure| unanswered(&failure))
}

/// Errors of a connection that never stood: nothing was sent.
const NOTHING_WAS_SENT: &[&str] = &[
    "ConnectionRefused",
    "ConnectionLimitReached",
    "DestinationIpProhibited",
    "DestinationIpUnroutable",
    "DestinationNotFound",
    "DestinationUnavailable",
    "DnsError",
    "DnsTimeout",
    "TlsAlertReceived",
    "TlsCertificateError",
    "TlsProtocolError",
];

/// What a call that got no answer means: whether the message may have arrived is the whole point.
#[must_use]
pub fn unanswered(failure: &FetchFailure) -> Failure {
    match failure {
        FetchFailure::TimedOut => Failure::new(Class::Unclear, "there was no answer in time"),
        FetchFailure::TooLong { status } => {
            Failure::new(Class::Unclear, &format!("the reply (status {status}) is too long"))
        }
        FetchFailure::BrokenOff { status } => {
            Failure::new(Class::Unclear, &format!("the reply (status {status}) broke off"))
        }
        FetchFailure::Unreachable(cause) => {
            let class = if NOTHING_WAS_SENT.contains(&cause.as_str()) { Class::Outage } else { Class::Unclear };
            Failure::new(class, &format!("out of reach: {cause}"))
        }
        FetchFailure::NotAllowed(cause) => Failure::new(Class::NotSetUp, cause),
    }
}
