//! Spans of requests and runs, named as Spin names them, for whoever exports them.
//!
//! Names and facts say which route, component and host; never a path, a query or a header, for those hold passwords of cameras
//! and plates.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tollbooth_trace::{
    Context, SpanId, TraceId,
    otlp::{Exported, Fact, Kind},
};

/// W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The context that a request brings; none where there is none, more than one, or one that is none.
pub(crate) fn context_of(headers: &HeaderMap) -> Option<Context> {
    let mut sent = headers.get_all(TRACEPARENT).into_iter();
    let one = sent.next().filter(|_| sent.next().is_none())?;
    Context::parse(one.to_str().ok()?).ok()
}

/// Begins spans. What nobody takes in time is dropped and counted: watching must never hold up what is watched.
#[derive(Debug)]
pub(crate) struct Tracer {
    ended: mpsc::Sender<Exported>,
    pub(super) dropped: AtomicU64,
    pub(super) sent: AtomicU64,
}

impl Tracer {
    /// With whom its spans end; at most so many wait.
    pub(super) fn new(most: usize) -> (Arc<Self>, mpsc::Receiver<Exported>) {
        let (ended, spans) = mpsc::channel(most);
        (Arc::new(Self { ended, dropped: AtomicU64::new(0), sent: AtomicU64::new(0) }), spans)
    }

    /// A span that begins now. Without a parent it begins a trace. None where random bytes cannot be had: then there is none.
    pub(crate) fn begin(self: &Arc<Self>, parent: Option<Context>, kind: Kind, name: String) -> Option<OpenSpan> {
        let context = match parent {
            Some(parent) => parent.with_parent(span_id()?),
            None => Context::sampled(trace_id()?, span_id()?),
        };
        let span = Exported {
            trace: context.trace,
            id: context.parent,
            parent: parent.map(|parent| parent.parent),
            name,
            kind,
            started_ns: now_ns(),
            ended_ns: 0,
            facts: Vec::new(),
            moments: Vec::new(),
            failure: None,
        };
        Some(OpenSpan { tracer: Arc::clone(self), context, span: Some(span) })
    }

    fn end(&self, span: Exported) {
        if self.ended.try_send(span).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A span that lasts until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenSpan {
    tracer: Arc<Tracer>,
    context: Context,
    /// Taken when it ends.
    span: Option<Exported>,
}

impl OpenSpan {
    /// For whoever is called from it.
    pub(crate) const fn context(&self) -> Context {
        self.context
    }

    /// Tells whoever is called where they are.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.context.to_string()) {
            headers.insert(TRACEPARENT, value);
        }
    }

    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.fact(name, Fact::Text(text.to_owned()));
    }

    pub(crate) fn number(&mut self, name: &'static str, number: i64) {
        self.fact(name, Fact::Number(number));
    }

    /// Something of ours, or of whoever was called, went wrong.
    pub(crate) fn failed(&mut self, what: &str) {
        if let Some(span) = &mut self.span {
            span.failure = Some(what.to_owned());
        }
    }

    /// The status of an answer. Of a server only its own faults are failures, of a client every refusal
    /// (OpenTelemetry's conventions for HTTP).
    pub(crate) fn status(&mut self, status: http::StatusCode) {
        self.number("http.response.status_code", status.as_u16().into());
        let is_client = self.span.as_ref().is_some_and(|span| span.kind == Kind::Client);
        if status.is_server_error() || (is_client && status.is_client_error()) {
            self.failed("");
        }
    }

    fn fact(&mut self, name: &'static str, fact: Fact) {
        if let Some(span) = &mut self.span {
            span.facts.push((name, fact));
        }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        // Whoever began the trace and does not record it does not want to have it recorded.
        if let Some(span) = self.span.take().filter(|_| self.context.is_sampled()) {
            self.tracer.end(Exported { ended_ns: now_ns(), ..span });
        }
    }
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn trace_id() -> Option<TraceId> {
    random().and_then(TraceId::from_bytes)
}

fn span_id() -> Option<SpanId> {
    random().and_then(SpanId::from_bytes)
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn headers(values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (TRACEPARENT, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_request_that_brings_a_trace_is_part_of_it_and_one_that_brings_none_begins_one() {
        let (tracer, mut spans) = Tracer::new(8);
        let server = tracer.begin(context_of(&headers(&[CAMERA])), Kind::Server, "PUT /x".to_owned()).unwrap();
        let run = tracer.begin(Some(server.context()), Kind::Internal, "execute_wasm_component x".to_owned()).unwrap();
        let mut told = headers(&[CAMERA]);
        run.tell(&mut told);
        let told = context_of(&told).unwrap();
        drop((run, server));
        let (run, server) = (spans.try_recv().unwrap(), spans.try_recv().unwrap());
        assert_eq!(server.trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(server.parent.unwrap().to_string(), "b7ad6b7169203331");
        assert_eq!((run.trace, run.parent), (server.trace, Some(server.id)));
        assert_eq!((told.trace, told.parent), (run.trace, run.id), "the guest is told where it is");
        assert!(run.ended_ns >= run.started_ns);
        for none in [headers(&[]), headers(&[CAMERA, CAMERA]), headers(&["00-0-0-0"])] {
            assert_eq!(context_of(&none), None);
        }
        drop(tracer.begin(None, Kind::Server, "GET /".to_owned()));
        let own = spans.try_recv().unwrap();
        assert_eq!(own.parent, None);
        assert_ne!(own.trace, server.trace);
    }

    #[test]
    fn a_trace_that_is_not_recorded_by_whoever_began_it_is_passed_on_and_not_exported() {
        let (tracer, mut spans) = Tracer::new(8);
        let silent = Context::parse(&CAMERA.replace("-01", "-00")).unwrap();
        let span = tracer.begin(Some(silent), Kind::Server, String::new()).unwrap();
        assert!(!span.context().is_sampled());
        drop(span);
        assert!(spans.try_recv().is_err());
    }

    #[test]
    fn what_nobody_takes_is_dropped_and_counted() {
        let (tracer, _spans) = Tracer::new(2);
        for _ in 0..5 {
            drop(tracer.begin(None, Kind::Internal, String::new()));
        }
        assert_eq!(tracer.dropped.load(Ordering::Relaxed), 3);
    }
}
