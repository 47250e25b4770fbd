//! Following one passage: `GET /v1/passages/{passage}/trace`, and the passages of a trace, `GET /v1/traces/{trace}`.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::{passages, trace};
use tollbooth_ports::tracing::Span;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

use crate::views::{Page, PassageView};

/// Length of a trace's id in hex.
const ID_DIGITS: usize = 32;

/// `GET /v1/passages/{passage}/trace`
pub fn show(request: &Request, id: &str) -> Answer {
    let viewer = authorize(request, Action::ReadPassages)?.actor();
    request.query.only(&[])?;
    let way =
        trace::of_passage(&viewer, id)?.ok_or_else(|| Problem::new(Kind::NotFound, "There is no such passage."))?;
    let spans = way.spans.into_iter().map(SpanView::from).collect();
    Response::json(200, &TraceView { passage: id, trace: way.trace, traceparent: way.traceparent, spans })
}

/// `GET /v1/traces/{trace}`: the passages of a trace, all of them on one page.
pub fn find(request: &Request, id: &str) -> Answer {
    let viewer = authorize(request, Action::ReadPassages)?.actor();
    request.query.only(&[])?;
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if id.len() != ID_DIGITS || !id.bytes().all(digit) {
        let text = "The id of a trace has 32 digits of lower-case hex.";
        return Err(Problem::new(Kind::InvalidRequest, text));
    }
    let mut items = Vec::new();
    for passage in trace::find(id)? {
        items.extend(passages::get(&viewer, &passage)?.map(PassageView::from));
    }
    Response::json(200, &Page { items, next: None, total: None })
}

/// A passage's trace.
#[derive(Serialize)]
struct TraceView<'a> {
    passage: &'a str,
    trace: String,
    traceparent: Option<String>,
    spans: Vec<SpanView>,
}

/// A stretch of its way.
#[derive(Serialize)]
struct SpanView {
    id: String,
    parent: Option<String>,
    stage: String,
    number: u32,
    started_at: String,
    ended_at: Option<String>,
    wait_ms: Option<i64>,
    run_ms: Option<i64>,
    outcome: Option<String>,
    by: Option<String>,
}

impl From<Span> for SpanView {
    fn from(span: Span) -> Self {
        let said = |text: String| (!text.is_empty()).then_some(text);
        Self {
            id: span.id,
            parent: span.parent,
            stage: span.stage,
            number: span.number,
            started_at: rfc3339(span.started_at),
            ended_at: span.ended_at.map(rfc3339),
            wait_ms: span.wait_ms,
            run_ms: span.run_ms,
            outcome: said(span.outcome),
            by: said(span.by),
        }
    }
}
