//! One photo: fit it, send it, understand the reply, all before the caller's deadline.

use std::time::{Duration, Instant};

use tollbooth_recognizer_contract::{Class, Failure, Hints, Reading, render_answer};
use tollbooth_services::{Reply, Service, fit};
use tollbooth_web::{Answer, FetchFailure, Kind, Outgoing, Problem, Request, fetch, now};

use crate::json;

/// Largest photo, in bytes: the most that `intake.max_photo_bytes` can be set to.
const MAX_PHOTO_BYTES: u64 = 104_857_600;
/// Most bytes of a service's reply. A photo full of text gives some hundred kilobytes.
const MAX_REPLY_BYTES: usize = 2 << 20;
/// What is kept of the caller's deadline for the way back: a twentieth, and at least this much.
const LEAST_RESERVE: Duration = Duration::from_millis(50);

/// `POST /read`.
pub async fn read(service: &impl Service, request: Request) -> Answer {
    let started = Instant::now();
    let hints = Hints::from_headers(|name| request.header(name))
        .map_err(|e| Problem::new(Kind::InvalidRequest, format!("{e}.")))?;
    let photo = request.body.read(MAX_PHOTO_BYTES).await?;
    let outcome = ask(service, &photo, &hints, started).await;
    let (name, passage, attempt) = (service.description().name, &hints.passage, hints.attempt);
    let trace = hints.traceparent.as_deref().unwrap_or("none");
    let outcome = match outcome {
        Ok(reading) => Ok(Reading { raw: service.secret().removed_from(reading.raw), ..reading }),
        Err(failure) => {
            let detail = service.secret().removed_from(failure.detail);
            tollbooth_log::log!(
                Warn,
                stage = name,
                passage = passage,
                attempt = attempt,
                traceparent = trace,
                class = failure.class,
                cause = detail,
            );
            Err(Failure { detail, ..failure })
        }
    };
    Ok(json(render_answer(outcome)))
}

async fn ask(service: &impl Service, photo: &[u8], hints: &Hints, started: Instant) -> Result<Reading, Failure> {
    let photo = fit(photo, &service.photo_limits())?;
    let call = service.call(&photo, hints)?;
    let deadline = Duration::from_millis(hints.deadline_ms.into());
    let reserve = LEAST_RESERVE.max(deadline / 20);
    let limit = deadline.saturating_sub(reserve).saturating_sub(started.elapsed());
    if limit.is_zero() {
        return Err(Failure::new(Class::TimedOut, "the deadline was over before the service was called"));
    }
    let called = Instant::now();
    // A service that traces its own work joins the trace; one that does not takes no notice. It is always given one: a host that
    // traces would otherwise add that of this run, which is the passage's own.
    let mut headers = call.headers;
    headers.extend(hints.traceparent_outside().map(|trace| ("traceparent", trace)));
    let outgoing =
        Outgoing { body: Some(call.body), url: &call.url, headers: &headers, limit, max_answer: MAX_REPLY_BYTES };
    let incoming = fetch(outgoing).await.map_err(|failure| unanswered(&failure, limit))?;
    let reply = Reply {
        status: incoming.status,
        retry_after: incoming.retry_after.as_deref(),
        body: &incoming.body,
        received_at_ms: now(),
        waited_ms: u32::try_from(called.elapsed().as_millis()).unwrap_or(u32::MAX),
    };
    service.understand(&reply, &photo, hints)
}

fn unanswered(failure: &FetchFailure, limit: Duration) -> Failure {
    match failure {
        FetchFailure::TimedOut => {
            Failure::new(Class::TimedOut, &format!("the service did not answer within {} ms", limit.as_millis()))
        }
        FetchFailure::TooLong { status } => Failure::new(
            Class::InvalidAnswer,
            &format!("the service's reply (status {status}) is longer than {MAX_REPLY_BYTES} bytes"),
        ),
        FetchFailure::BrokenOff { status } => {
            Failure::new(Class::Outage, &format!("the service's reply (status {status}) broke off"))
        }
        FetchFailure::Unreachable(cause) => {
            Failure::new(Class::Outage, &format!("the service is out of reach: {cause}"))
        }
        FetchFailure::NotAllowed(cause) => Failure::new(Class::Outage, &format!("the service was not called: {cause}")),
    }
}
