//! One request and its repetitions.
//!
//! Photos, booths and readings of state may be repeated at will: the API makes them idempotent. Making a token is
//! repeated only when the server said that it did nothing (429, 503) or was never reached.

use std::io::ErrorKind;
use std::time::SystemTime;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::{Request, Response};
use ureq::{Body, SendBody};

use super::Api;
use crate::retry::retry_after;
use crate::{ClientError, Problem};

/// Largest answer that is read, in bytes: a file of 100,000 lines in the full profile, from a server that serves no ranges,
/// has about 25 MB.
const MAX_ANSWER_BYTES: u64 = 268_435_456;

/// The server found that something it stores is missing or damaged. The same request meets it again.
pub(crate) const STORED_DAMAGED: &str = "stored-damaged";

/// What may stand unescaped in a path segment or a query value.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request to be made, once or more.
pub(super) struct Call<'a> {
    method: &'static str,
    path: String,
    body: Option<(&'static str, &'a [u8])>,
    headers: Vec<(&'static str, String)>,
    repeatable: bool,
}

/// A successful answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) content_range: Option<String>,
    request: String,
}

impl<'a> Call<'a> {
    /// A request without a body. Segments are escaped here.
    pub(super) fn new(method: &'static str, segments: &[&str]) -> Self {
        let path = segments.iter().map(|segment| format!("/{}", escape(segment))).collect();
        Self { method, path, body: None, headers: Vec::new(), repeatable: true }
    }

    /// Adds a query parameter.
    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&format!("{name}={}", escape(value)));
        self
    }

    /// Adds a body.
    pub(super) fn body(mut self, media_type: &'static str, bytes: &'a [u8]) -> Self {
        self.body = Some((media_type, bytes));
        self
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Doing it twice is not the same as doing it once.
    pub(super) fn not_repeatable(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// Method and path without the query, for messages.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

impl Answer {
    /// What came cannot be right.
    pub(super) fn unexpected(&self, problem: &str) -> ClientError {
        ClientError::UnexpectedAnswer { request: self.request.clone(), problem: problem.to_owned() }
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body)
            .map_err(|e| ClientError::UnexpectedAnswer { request: self.request.clone(), problem: e.to_string() })
    }
}

/// JSON of a body that is made of plain strings and numbers.
pub(super) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, ClientError> {
    serde_json::to_vec(value).map_err(|e| ClientError::Usage(format!("the request cannot be written as JSON: {e}")))
}

impl Api {
    pub(super) fn exchange(&self, call: &Call<'_>) -> Result<Answer, ClientError> {
        let mut attempt = 1;
        loop {
            let last = attempt >= self.retry.attempts.max(1);
            let asked = match self.once(call, attempt) {
                Ok(response) => {
                    let asked = header(&response, "retry-after").and_then(|v| retry_after(&v, SystemTime::now()));
                    match self.judge(call, response, attempt, last)? {
                        Some(answer) => return Ok(answer),
                        None => asked,
                    }
                }
                Err(cause) if last || !(call.repeatable || never_arrived(&cause)) => {
                    return Err(unreachable(call, attempt, &cause));
                }
                Err(_) => None,
            };
            std::thread::sleep(self.retry.wait(attempt, asked, fastrand::f64()));
            attempt += 1;
        }
    }

    /// An answer that counts, or none when the request should be repeated.
    fn judge(
        &self,
        call: &Call<'_>,
        mut response: Response<Body>,
        attempt: u32,
        last: bool,
    ) -> Result<Option<Answer>, ClientError> {
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            let to = header(&response, "location").unwrap_or_else(|| "nowhere".to_owned());
            let problem = format!("{status} redirects to {to}; use that address");
            return Err(ClientError::UnexpectedAnswer { request: call.name(), problem });
        }
        let (etag, content_range) = (header(&response, "etag"), header(&response, "content-range"));
        let body = match response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec() {
            Ok(body) => body,
            // Broken off on the way: like no answer, except that the server certainly acted.
            Err(_) if call.repeatable && !last => return Ok(None),
            Err(cause) => return Err(unreachable(call, attempt, &cause)),
        };
        if status < 300 {
            return Ok(Some(Answer { status, body, etag, content_range, request: call.name() }));
        }
        let problem = Box::new(Problem::read(status, &body));
        if !last && passing(status, call.repeatable) && problem.slug() != STORED_DAMAGED {
            return Ok(None);
        }
        let request = call.name();
        if status >= 500 || passing(status, true) {
            return Err(ClientError::ServerFailed { request, attempts: attempt, problem });
        }
        Err(ClientError::Refused { request, problem })
    }

    fn once(&self, call: &Call<'_>, attempt: u32) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(call.method).uri(format!("{}{}", self.base(), call.path));
        if let Some(token) = &self.token {
            request = request.header("authorization", token.header());
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let Some((media_type, bytes)) = call.body else {
            return match call.method {
                "GET" | "DELETE" => self.agent.run(request.body(())?),
                _ => self.agent.run(request.body(SendBody::none())?),
            };
        };
        request = request.header("content-type", media_type);
        if attempt > 1 {
            // A server that refuses a body early closes the connection, which can hide its answer behind a broken
            // pipe. From the second attempt on the answer is awaited before the body is sent.
            request = request.header("expect", "100-continue");
        }
        self.agent.run(request.body(bytes)?)
    }
}

/// Statuses after which the same request may succeed.
const fn passing(status: u16, repeatable: bool) -> bool {
    match status {
        // The server did nothing.
        429 | 503 => true,
        // Nobody knows what was done.
        408 | 425 | 500 | 502 | 504 => repeatable,
        _ => false,
    }
}

/// Whether the server cannot have seen the request.
fn never_arrived(cause: &ureq::Error) -> bool {
    match cause {
        ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => true,
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => true,
        ureq::Error::Io(e) => e.kind() == ErrorKind::ConnectionRefused,
        _ => false,
    }
}

fn unreachable(call: &Call<'_>, attempts: u32, cause: &ureq::Error) -> ClientError {
    ClientError::Unreachable { request: call.name(), attempts, cause: cause.to_string() }
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_paths_and_queries_are_escaped() {
        let call =
            Call::new("PUT", &["v1", "booths", "a/../b"]).query("at", "2026-01-01T00:00:00+01:00").query("x", "&");
        assert_eq!(call.path, "/v1/booths/a%2F..%2Fb?at=2026-01-01T00%3A00%3A00%2B01%3A00&x=%26");
        assert_eq!(call.name(), "PUT /v1/booths/a%2F..%2Fb");
    }

    #[test]
    fn only_statuses_that_say_nothing_was_done_let_an_unrepeatable_request_be_repeated() {
        assert!(passing(503, false) && passing(429, false) && passing(500, true) && passing(504, true));
        assert!(!passing(500, false) && !passing(502, false) && !passing(409, true) && !passing(507, true));
    }
}
