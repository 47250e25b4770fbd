//! Handing ended spans over to a collector of traces, where the manifest names one: OTLP over HTTP, by a component, so that it
//! is the same under every host.
//!
//! Spin links its own spans to requests, and a reading, a review and an export of one photo are in different ones; `wasi:otel`,
//! with which a component could say to which trace a span belongs, is an experiment in Spin 4.1 and absent before. The ledger
//! knows all of it already. At least once: the ledger's mark moves after the collector has answered.

use std::time::Duration;

use tollbooth_log::Level;
use tollbooth_ports::ledger::access;
use tollbooth_ports::ledger::spans::{self, Batch, Ended};
use tollbooth_trace::otlp::{self, Exported, Sending};
use tollbooth_trace::{Span, SpanId, Stage, TraceId};
use tollbooth_web::{Outgoing, fetch, now, required_variable};

/// Events of one request: some hundred spans, some ten kilobytes.
const EVENTS: u32 = 300;
/// Requests of one tick, so that a past that waits is handed over in pieces.
const REQUESTS_A_TICK: u32 = 10;
/// Longest one may take: the next tick comes in five seconds.
const LIMIT: Duration = Duration::from_secs(5);
/// Most bytes of an answer.
const MAX_ANSWER: usize = 65_536;

/// Hands over what ended since the last time. Best effort: what fails is tried again by the next tick, and for an hour.
pub async fn hand_over() {
    let (url, given) = match collector() {
        Ok(Some(collector)) => collector,
        Ok(None) => return,
        Err(cause) => return tell(Level::Error, &cause),
    };
    let mut headers: Vec<(&str, String)> = given.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    headers.push(("content-type", otlp::CONTENT_TYPE.to_owned()));
    for _ in 0..REQUESTS_A_TICK {
        match one(&url, &headers).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => return tell(Level::Warn, &cause),
        }
    }
}

/// Names and values of a request's headers.
type Headers = Vec<(String, String)>;

/// Where the collector is, and the headers that it wants; none where nobody named one.
fn collector() -> Result<Option<(String, Headers)>, String> {
    let origin = required_variable("otlp_origin")?;
    let origin = origin.trim_end_matches('/');
    if is_nowhere(origin) {
        return Ok(None);
    }
    let headers = otlp::headers(&required_variable("otlp_headers")?)
        .map_err(|cause| format!("the variable otlp_headers {cause}"))?;
    Ok(Some((format!("{origin}{}", required_variable("otlp_path")?), headers)))
}

/// Not set: the manifest's own value is a host that cannot be (RFC 2606), because an allowed host that is empty would take the
/// ledger's from this component on some versions of Spin.
fn is_nowhere(origin: &str) -> bool {
    origin.is_empty() || origin.ends_with(".invalid")
}

/// One request; whether there is more.
async fn one(url: &str, headers: &[(&str, String)]) -> Result<bool, String> {
    let ledger = |failure| format!("the ledger did not say what to hand over: {failure:?}");
    let Batch { spans: ended, until, more, left_out } = spans::unsent(now(), EVENTS).map_err(ledger)?;
    if left_out {
        tell(Level::Warn, "spans were left out that no collector took for an hour; the ledger has them");
    }
    let Some(until) = until else { return Ok(false) };
    let exported: Vec<Exported> = ended.iter().filter_map(exported).collect();
    if !exported.is_empty() {
        // A collector may take seconds, and there are few connections.
        access::release();
        send(url, headers, &exported).await?;
    }
    spans::sent(now(), until).map_err(|failure| format!("what was handed over was not noted: {failure:?}"))?;
    Ok(more)
}

async fn send(url: &str, headers: &[(&str, String)], exported: &[Exported]) -> Result<(), String> {
    let resource = [("service.name", "tollbooth"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let resource = resource.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let body = otlp::request(&resource, "tollbooth.passages", env!("CARGO_PKG_VERSION"), exported);
    let outgoing = Outgoing { body: Some(body), url, headers, limit: LIMIT, max_answer: MAX_ANSWER };
    let answer = fetch(outgoing).await.map_err(|failure| format!("the collector has no answer: {failure:?}"))?;
    match otlp::verdict(answer.status, &answer.body) {
        Sending::Taken => Ok(()),
        Sending::Later => Err(format!("the collector answered status {}; it is asked again", answer.status)),
        // Sent again it would be refused again, and hold up all that comes after it.
        Sending::Refused(cause) => {
            tell(Level::Error, &format!("{} spans are lost to the collector: {cause}", exported.len()));
            Ok(())
        }
        Sending::PartlyTaken { refused, cause } => {
            tell(Level::Warn, &format!("the collector did not take {refused} of {} spans: {cause:?}", exported.len()));
            Ok(())
        }
    }
}

fn exported(ended: &Ended) -> Option<Exported> {
    let Ended { passage, booth, trace, span } = ended;
    let span = Span {
        id: SpanId::parse(&span.id)?,
        parent: span.parent.as_deref().and_then(SpanId::parse),
        stage: Stage::named(&span.stage)?,
        number: span.number,
        started_at: span.started_at,
        ended_at: span.ended_at,
        wait_ms: span.wait_ms,
        run_ms: span.run_ms,
        outcome: span.outcome.clone(),
        by: span.by.clone(),
        ended_by: None,
    };
    Exported::of_stage(TraceId::parse(trace)?, passage, booth, &span)
}

fn tell(level: Level, cause: &str) {
    tollbooth_log::write(level, &[("stage", &"traces"), ("cause", &cause)]);
}
