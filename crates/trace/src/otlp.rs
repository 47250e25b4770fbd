//! Spans in the form that collectors take: `ExportTraceServiceRequest` of OTLP 1, as binary protocol buffers.
//!
//! Field numbers and meaning: `opentelemetry/proto/trace/v1/trace.proto` and `collector/trace/v1/trace_service.proto`. Only what
//! is sent is declared; a test has the project's own published code read it.

use percent_encoding::percent_decode_str;
use prost::Message;
use tollbooth_pipeline::Instant;

use crate::{Context, Span, SpanId, Stage, TraceId};

/// Where traces go on an OTLP/HTTP server.
pub const PATH: &str = "/v1/traces";
/// Of the request's body.
pub const CONTENT_TYPE: &str = "application/x-protobuf";
/// The port that collectors listen on for OTLP/HTTP.
pub const PORT: u16 = 4318;

/// From whose side a span is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Inside.
    Internal = 1,
    /// It answers a request.
    Server = 2,
    /// It makes one.
    Client = 3,
}

/// What is known of a span beside its times.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// A span as it is handed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The trace.
    pub trace: TraceId,
    /// Its own id.
    pub id: SpanId,
    /// The span it is part of.
    pub parent: Option<SpanId>,
    /// Few different ones: no id, no path.
    pub name: String,
    /// From whose side.
    pub kind: Kind,
    /// Nanoseconds since 1970.
    pub started_ns: u64,
    /// Nanoseconds since 1970.
    pub ended_ns: u64,
    /// By the names of OpenTelemetry's conventions where there are such.
    pub facts: Vec<(&'static str, Fact)>,
    /// Moments in it: name, nanoseconds since 1970.
    pub moments: Vec<(&'static str, u64)>,
    /// What went wrong, in a few words.
    pub failure: Option<String>,
}

impl Exported {
    /// A stage of a passage's way; none while it lasts.
    #[must_use]
    pub fn of_stage(trace: TraceId, passage: &str, booth: &str, span: &Span) -> Option<Self> {
        let text = |text: &str| Fact::Text(text.to_owned());
        let mut facts = vec![
            ("tollbooth.passage", text(passage)),
            ("tollbooth.booth", text(booth)),
            ("tollbooth.outcome", text(&span.outcome)),
        ];
        if span.stage != Stage::Passage {
            facts.push(("tollbooth.number", Fact::Number(span.number.into())));
            facts.push(("tollbooth.by", text(&span.by)));
        }
        facts.extend(span.wait_ms.map(|ms| ("tollbooth.wait_ms", Fact::Number(ms))));
        facts.extend(span.run_ms.map(|ms| ("tollbooth.run_ms", Fact::Number(ms))));
        let worked = matches!(span.stage, Stage::Reading | Stage::Review | Stage::Export);
        let begun = span.wait_ms.filter(|_| worked).map(|wait| span.started_at.saturating_add(wait));
        Some(Self {
            trace,
            id: span.id,
            parent: span.parent,
            name: format!("tollbooth.{}", span.stage),
            kind: Kind::Internal,
            started_ns: nanoseconds(span.started_at),
            ended_ns: nanoseconds(span.ended_at?),
            facts,
            moments: begun.map(|at| ("begun", nanoseconds(at))).into_iter().collect(),
            failure: None,
        })
    }

    /// Where whoever is called from this span is.
    #[must_use]
    pub const fn context(&self) -> Context {
        Context::sampled(self.trace, self.id)
    }
}

/// Of a time of ours.
#[must_use]
pub fn nanoseconds(ms: Instant) -> u64 {
    u64::try_from(ms).unwrap_or_default().saturating_mul(1_000_000)
}

/// The body of a request that hands these spans over. `resource` is what they all come from.
#[must_use]
pub fn request(resource: &[(String, String)], scope: &str, version: &str, spans: &[Exported]) -> Vec<u8> {
    let attributes = resource.iter().map(|(key, value)| wire::KeyValue::text(key, value)).collect();
    let scope = wire::Scope { name: scope.to_owned(), version: version.to_owned() };
    let spans = spans.iter().map(wire::Span::of).collect();
    let spans = wire::ResourceSpans {
        resource: Some(wire::Resource { attributes }),
        scope_spans: vec![wire::ScopeSpans { scope: Some(scope), spans }],
    };
    wire::Request { resource_spans: vec![spans] }.encode_to_vec()
}

/// What a collector's answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// It has them.
    Taken,
    /// It has the others.
    PartlyTaken {
        /// Spans that it has not; they are not sent again.
        refused: u64,
        /// In its words.
        cause: String,
    },
    /// It would take them another time: 429, 502, 503 and 504.
    Later,
    /// It never will; the protocol forbids trying again. Says the status.
    Refused(String),
}

/// By the protocol: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>.
#[must_use]
pub fn verdict(status: u16, answer: &[u8]) -> Sending {
    match status {
        200..=299 => match refused(answer) {
            None => Sending::Taken,
            Some((refused, cause)) => Sending::PartlyTaken { refused, cause },
        },
        429 | 502 | 503 | 504 => Sending::Later,
        _ => Sending::Refused(format!("status {status}")),
    }
}

/// Headers as `OTEL_EXPORTER_OTLP_HEADERS` writes them: `name=value,name=value`, values percent-encoded. Names come in lower case.
///
/// # Errors
/// What is wrong, to follow the variable's name; without a value, for one may be a key.
pub fn headers(text: &str) -> Result<Vec<(String, String)>, &'static str> {
    let mut headers = Vec::new();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or("must be pairs like api-key=…,other=…")?;
        let name = name.trim().to_ascii_lowercase();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err("names a header that is none");
        }
        let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| "has a value that is not UTF-8")?;
        if value.chars().any(char::is_control) {
            return Err("has a value with control characters");
        }
        headers.push((name, value.into_owned()));
    }
    Ok(headers)
}

/// How many of the spans a collector that answered 200 did not take, and why; none when it took all. An answer that cannot be
/// read, as an empty one, says that it took all.
fn refused(answer: &[u8]) -> Option<(u64, String)> {
    let partial = wire::Answer::decode(answer).ok()?.partial_success?;
    let rejected = u64::try_from(partial.rejected_spans).unwrap_or_default();
    (rejected > 0).then_some((rejected, partial.error_message))
}

/// The messages of the protocol.
mod wire {
    use super::{Exported, Fact};

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Request {
        #[prost(message, repeated, tag = "1")]
        pub resource_spans: Vec<ResourceSpans>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ResourceSpans {
        #[prost(message, optional, tag = "1")]
        pub resource: Option<Resource>,
        #[prost(message, repeated, tag = "2")]
        pub scope_spans: Vec<ScopeSpans>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Resource {
        #[prost(message, repeated, tag = "1")]
        pub attributes: Vec<KeyValue>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct ScopeSpans {
        #[prost(message, optional, tag = "1")]
        pub scope: Option<Scope>,
        #[prost(message, repeated, tag = "2")]
        pub spans: Vec<Span>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Scope {
        #[prost(string, tag = "1")]
        pub name: String,
        #[prost(string, tag = "2")]
        pub version: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Span {
        #[prost(bytes = "vec", tag = "1")]
        pub trace_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "2")]
        pub span_id: Vec<u8>,
        #[prost(bytes = "vec", tag = "4")]
        pub parent_span_id: Vec<u8>,
        #[prost(string, tag = "5")]
        pub name: String,
        #[prost(int32, tag = "6")]
        pub kind: i32,
        #[prost(fixed64, tag = "7")]
        pub start_time_unix_nano: u64,
        #[prost(fixed64, tag = "8")]
        pub end_time_unix_nano: u64,
        #[prost(message, repeated, tag = "9")]
        pub attributes: Vec<KeyValue>,
        #[prost(message, repeated, tag = "11")]
        pub events: Vec<Event>,
        #[prost(message, optional, tag = "15")]
        pub status: Option<Status>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Event {
        #[prost(fixed64, tag = "1")]
        pub time_unix_nano: u64,
        #[prost(string, tag = "2")]
        pub name: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Status {
        #[prost(string, tag = "2")]
        pub message: String,
        /// 2 is an error.
        #[prost(int32, tag = "3")]
        pub code: i32,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct KeyValue {
        #[prost(string, tag = "1")]
        pub key: String,
        #[prost(message, optional, tag = "2")]
        pub value: Option<AnyValue>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct AnyValue {
        #[prost(oneof = "Value", tags = "1, 3")]
        pub value: Option<Value>,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Value {
        #[prost(string, tag = "1")]
        Text(String),
        #[prost(int64, tag = "3")]
        Number(i64),
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Answer {
        #[prost(message, optional, tag = "1")]
        pub partial_success: Option<PartialSuccess>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct PartialSuccess {
        #[prost(int64, tag = "1")]
        pub rejected_spans: i64,
        #[prost(string, tag = "2")]
        pub error_message: String,
    }

    impl KeyValue {
        pub fn text(key: &str, value: &str) -> Self {
            let value = AnyValue { value: Some(Value::Text(value.to_owned())) };
            Self { key: key.to_owned(), value: Some(value) }
        }

        fn of(key: &str, fact: &Fact) -> Self {
            match fact {
                Fact::Text(text) => Self::text(key, text),
                Fact::Number(number) => {
                    let value = AnyValue { value: Some(Value::Number(*number)) };
                    Self { key: key.to_owned(), value: Some(value) }
                }
            }
        }
    }

    impl Span {
        pub fn of(span: &Exported) -> Self {
            Self {
                trace_id: span.trace.bytes().to_vec(),
                span_id: span.id.bytes().to_vec(),
                parent_span_id: span.parent.map(|id| id.bytes().to_vec()).unwrap_or_default(),
                name: span.name.clone(),
                kind: span.kind as i32,
                start_time_unix_nano: span.started_ns,
                end_time_unix_nano: span.ended_ns.max(span.started_ns),
                attributes: span.facts.iter().map(|(key, fact)| KeyValue::of(key, fact)).collect(),
                events: span
                    .moments
                    .iter()
                    .map(|(name, at)| Event { time_unix_nano: *at, name: (*name).to_owned() })
                    .collect(),
                status: span.failure.as_ref().map(|text| Status { message: text.clone(), code: 2 }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> Exported {
        Exported {
            trace: TraceId::parse("0af7651916cd43dd8448eb211c80319c").unwrap(),
            id: SpanId::parse("b7ad6b7169203331").unwrap(),
            parent: None,
            name: "n".to_owned(),
            kind: Kind::Server,
            started_ns: 1,
            ended_ns: 2,
            facts: vec![("k", Fact::Number(3))],
            moments: vec![],
            failure: None,
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_published_protocol() {
        // Put together by hand from the field numbers of the .proto files: tag, length, content.
        let id = [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
        let mut inner = vec![0x0a, 16];
        inner.extend(id);
        inner.extend([0x12, 8, 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
        inner.extend([0x2a, 1, b'n', 0x30, 2]);
        inner.extend([0x39, 1, 0, 0, 0, 0, 0, 0, 0, 0x41, 2, 0, 0, 0, 0, 0, 0, 0]);
        inner.extend([0x4a, 7, 0x0a, 1, b'k', 0x12, 2, 0x18, 3]);
        let within = |tag: u8, bytes: &[u8]| [&[tag, u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
        let scope = within(0x0a, &[0x0a, 1, b's', 0x12, 1, b'v']);
        let scope_spans = within(0x12, &[scope, within(0x12, &inner)].concat());
        let attribute = within(0x0a, &[0x0a, 1, b'a', 0x12, 3, 0x0a, 1, b'b']);
        let all = within(0x0a, &[within(0x0a, &attribute), scope_spans].concat());
        assert_eq!(request(&[("a".to_owned(), "b".to_owned())], "s", "v", &[span()]), all);
    }

    #[test]
    fn what_a_collector_did_not_take_is_heard() {
        assert_eq!(refused(&[]), None);
        assert_eq!(refused(b"no protocol buffer"), None);
        assert_eq!(refused(&[0x0a, 6, 0x08, 2, 0x12, 2, b'n', b'o']), Some((2, "no".to_owned())));
        assert_eq!(refused(&[0x0a, 0]), None);
    }

    #[test]
    fn what_would_be_refused_again_is_not_sent_again() {
        for later in [429, 502, 503, 504] {
            assert_eq!(verdict(later, b""), Sending::Later);
        }
        for never in [400, 401, 404, 413, 500, 301] {
            assert_eq!(verdict(never, b""), Sending::Refused(format!("status {never}")));
        }
        assert_eq!((verdict(200, b""), verdict(202, b"{}")), (Sending::Taken, Sending::Taken));
        let partly = Sending::PartlyTaken { refused: 2, cause: "no".to_owned() };
        assert_eq!(verdict(200, &[0x0a, 6, 0x08, 2, 0x12, 2, b'n', b'o']), partly);
    }

    #[test]
    fn headers_are_written_as_the_specification_writes_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(headers("Api-Key=a%3D%2Cb, x = 1 ,"), Ok(vec![pair("api-key", "a=,b"), pair("x", "1")]));
        assert_eq!(headers(" "), Ok(vec![]));
        for wrong in ["key", "=x", "a b=c", "k=%ff", "k=%0d%0ax"] {
            assert!(headers(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stage_is_handed_over_when_it_is_over_and_never_with_a_time_before_its_beginning() {
        let stage = Span {
            id: SpanId::of_stage("psg_a", Stage::Reading, 1),
            parent: None,
            stage: Stage::Reading,
            number: 1,
            started_at: 1_000,
            ended_at: None,
            wait_ms: Some(400),
            run_ms: None,
            outcome: String::new(),
            by: "in-process".to_owned(),
            ended_by: None,
        };
        let trace = TraceId::of_passage("psg_a");
        assert_eq!(Exported::of_stage(trace, "psg_a", "north", &stage), None);
        let ended = Span { ended_at: Some(2_000), ..stage };
        let exported = Exported::of_stage(trace, "psg_a", "north", &ended).unwrap();
        assert_eq!((exported.started_ns, exported.ended_ns), (1_000_000_000, 2_000_000_000));
        assert_eq!(exported.moments, [("begun", 1_400_000_000)]);
        assert_eq!(wire::Span::of(&Exported { ended_ns: 5, ..exported }).end_time_unix_nano, 1_000_000_000);
    }
}
