//! Calls of the API, one after the other, with everything a test may want to look at.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::contract;

/// Calls with one token.
#[derive(Clone)]
pub struct Api {
    agent: ureq::Agent,
    base: String,
    token: String,
    /// Sent with every call, as a browser would.
    headers: Vec<(&'static str, String)>,
    /// How long each call is waited for.
    patience: Duration,
}

/// An answer.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(self.body.get(..2000).unwrap_or(&self.body)))
    }
}

impl Reply {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A text member of the JSON body, or an empty text.
    #[must_use]
    pub fn text(&self, member: &str) -> String {
        self.json().get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The last part of a problem's type.
    #[must_use]
    pub fn problem(&self) -> String {
        self.text("type").rsplit(':').next().unwrap_or_default().to_owned()
    }
}

impl Api {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        let (base, token) = (format!("http://127.0.0.1:{port}"), token.to_owned());
        Self { agent: agent(PATIENCE), base, token, headers: Vec::new(), patience: PATIENCE }
    }

    /// Calls of an application at a port of this machine.
    #[must_use]
    pub fn at(port: u16, token: &str) -> Self {
        Self::new(port, token)
    }

    /// The header with the token, for requests that a test writes byte by byte; empty without a token.
    #[must_use]
    pub fn authorization(&self) -> String {
        if self.token.is_empty() { String::new() } else { format!("authorization: Bearer {}\r\n", self.token) }
    }

    /// The same calls of an application at another port.
    #[must_use]
    pub fn moved_to(&self, port: u16) -> Self {
        Self { base: format!("http://127.0.0.1:{port}"), ..self.reconnected() }
    }

    /// The same calls, each of which waits for so long at most, over a connection pool of its own.
    #[must_use]
    pub fn patient_for(&self, longest: Duration) -> Self {
        Self { agent: agent(longest), patience: longest, ..self.clone() }
    }

    /// The same calls over a connection pool of its own.
    #[must_use]
    pub fn reconnected(&self) -> Self {
        Self { agent: agent(self.patience), ..self.clone() }
    }

    /// The same calls with the token of others, over the same connections.
    #[must_use]
    pub fn speaking_as(&self, other: &Self) -> Self {
        Self { token: other.token.clone(), ..self.clone() }
    }

    /// The same calls with these headers and without a token.
    #[must_use]
    pub fn with_headers(&self, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { token: String::new(), headers, ..self.clone() }
    }

    /// The same calls with these headers beside the token.
    #[must_use]
    pub fn and_headers(&self, headers: &[(&'static str, &str)]) -> Self {
        Self { token: self.token.clone(), ..self.with_headers(headers) }
    }

    /// GET.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a host that does not answer fails the test")]
    pub fn get(&self, path: &str) -> Reply {
        self.try_get(path).expect("an answer")
    }

    /// GET, none when the host does not answer.
    #[must_use]
    pub fn try_get(&self, path: &str) -> Option<Reply> {
        let request = self.with_its_headers(self.agent.get(format!("{}{path}", self.base)));
        request.call().ok().and_then(reply).map(|reply| held("GET", path, reply))
    }

    /// HEAD. Nothing of its answer is in the document, which says what GET answers.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a host that does not answer fails the test")]
    pub fn head(&self, path: &str) -> Reply {
        let request = self.with_its_headers(self.agent.head(format!("{}{path}", self.base)));
        request.call().ok().and_then(reply).expect("an answer")
    }

    /// DELETE.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a host that does not answer fails the test")]
    pub fn delete(&self, path: &str) -> Reply {
        let request = self.with_its_headers(self.agent.delete(format!("{}{path}", self.base)));
        held("DELETE", path, request.call().ok().and_then(reply).expect("an answer"))
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// POST of JSON, none when the host does not answer.
    #[must_use]
    pub fn try_post(&self, path: &str, body: &Value) -> Option<Reply> {
        self.try_send("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// PUT of JSON.
    #[must_use]
    pub fn put_json(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, "application/json", body.to_string().as_bytes())
    }

    /// PATCH of JSON.
    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, "application/json", body.to_string().as_bytes())
    }

    /// PUT of a photo.
    #[must_use]
    pub fn put(&self, path: &str, photo: &[u8]) -> Reply {
        self.send("PUT", path, "image/jpeg", photo)
    }

    /// POST of anything.
    #[must_use]
    pub fn post_bytes(&self, path: &str, media_type: &str, body: &[u8]) -> Reply {
        self.send("POST", path, media_type, body)
    }

    /// Sends a photo as a camera does.
    #[must_use]
    pub fn send_photo(&self, booth: &str, key: &str, captured_at: &str, lane: &str, photo: &[u8]) -> Reply {
        self.send_photo_of("front", booth, key, captured_at, lane, photo)
    }

    /// Sends a photo as one of several cameras of a lane does.
    #[must_use]
    pub fn send_photo_of(
        &self,
        camera: &str,
        booth: &str,
        key: &str,
        captured_at: &str,
        lane: &str,
        photo: &[u8],
    ) -> Reply {
        self.put(
            &format!("/v1/booths/{booth}/passages/{key}?captured_at={captured_at}&lane={lane}&camera={camera}"),
            photo,
        )
    }

    /// PUT of a photo, none when the host does not answer.
    #[must_use]
    pub fn try_put(&self, path: &str, photo: &[u8]) -> Option<Reply> {
        self.try_send("PUT", path, "image/jpeg", photo)
    }

    #[expect(clippy::expect_used, reason = "a host that does not answer fails the test")]
    fn send(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Reply {
        self.try_send(method, path, media_type, body).expect("an answer")
    }

    fn try_send(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> Option<Reply> {
        let url = format!("{}{path}", self.base);
        let request = self.with_its_headers(match method {
            "POST" => self.agent.post(url),
            "PATCH" => self.agent.patch(url),
            _ => self.agent.put(url),
        });
        let answer = request.header("content-type", media_type).send(body).ok().and_then(reply);
        answer.map(|reply| held(method, path, reply))
    }

    /// What every request has: the token, and the headers that these calls are made with.
    fn with_its_headers<Body>(&self, mut request: ureq::RequestBuilder<Body>) -> ureq::RequestBuilder<Body> {
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request
    }
}

/// An answer that is as the API's document says; any other fails the test that got it.
#[expect(clippy::panic, reason = "an answer that the document does not describe fails the test")]
fn held(method: &str, path: &str, reply: Reply) -> Reply {
    let violations = contract::violations(
        method,
        path,
        reply.status,
        reply.header("content-type").unwrap_or_default(),
        &reply.json(),
    );
    if !violations.is_empty() {
        panic!("{method} {path} answers against docs/api/openapi.json:\n  {}\n{reply:?}", violations.join("\n  "));
    }
    reply
}

/// How long a call is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

fn agent(longest: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(longest))
        .build()
        .new_agent()
}

fn reply(mut response: ureq::http::Response<ureq::Body>) -> Option<Reply> {
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(200_000_000).read_to_vec().ok()?;
    Some(Reply { status, headers, body })
}
