//! Requests to the application without a network, as a client that may never get an answer.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::runtime::Handle;
use tollbooth_host::Running;

use crate::calls::Calls;

/// An answer that reached the client.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Bytes,
    /// The cookies that it sets, name and value, in their order.
    pub cookies: Vec<String>,
    /// Where it sends a browser; empty: nowhere.
    pub location: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A text member of the JSON body, or an empty text.
    #[must_use]
    pub fn text(&self, member: &str) -> String {
        self.json().get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// For messages: status and the beginning of the body.
    #[must_use]
    pub fn brief(&self) -> String {
        let text: String = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        format!("{} {text}", self.status)
    }
}

/// The way to one running application.
#[derive(Clone)]
pub struct Wire {
    running: Arc<Running>,
    calls: Arc<Calls>,
    runtime: Handle,
}

impl Wire {
    /// A way to this application.
    #[must_use]
    pub const fn new(running: Arc<Running>, calls: Arc<Calls>, runtime: Handle) -> Self {
        Self { running, calls, runtime }
    }

    /// The hooks of the application.
    #[must_use]
    pub const fn calls(&self) -> &Arc<Calls> {
        &self.calls
    }

    /// The application.
    #[must_use]
    pub const fn running(&self) -> &Arc<Running> {
        &self.running
    }

    /// The application, and nothing else.
    #[must_use]
    pub fn into_running(self) -> Arc<Running> {
        self.running
    }

    /// Sends a request. None: the connection broke, the process is dead, or the answer says nothing of what was done
    /// (5xx), so a client resends.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, token: &str, media_type: &str, body: &[u8]) -> Option<Answer> {
        let authorization = format!("Bearer {token}");
        self.ask(method, path, &[("authorization", &authorization), ("content-type", media_type)], body)
    }

    /// Sends a request as the console in a browser does, with this cookie (name and value).
    #[must_use]
    pub fn from_browser(&self, method: &str, path: &str, cookie: &str, body: &Value) -> Option<Answer> {
        let ours = [("sec-fetch-site", "same-origin"), ("tollbooth-console", "1"), ("cookie", cookie)];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let json = [("content-type", "application/json")];
        let headers: Vec<_> = ours.into_iter().chain(json.into_iter().filter(|_| !text.is_empty())).collect();
        self.ask(method, path, &headers, text.as_bytes())
    }

    /// Sends a request with these headers; those without a value are left out.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        if self.calls.is_dead() {
            return None;
        }
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://bench.test{path}"))
            .header("host", "bench.test")
            .header("content-length", body.len());
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::copy_from_slice(body)).ok()?;
        let response = self.runtime.block_on(self.running.request(request)).ok()?;
        let status = response.status().as_u16();
        let set = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let cookies = set.filter_map(|text| text.split(';').next()).map(ToOwned::to_owned).collect();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().to_owned();
        (status < 500).then(|| Answer { status, body: response.into_body(), cookies, location })
    }

    /// GET.
    #[must_use]
    pub fn get(&self, path: &str, token: &str) -> Option<Answer> {
        self.send("GET", path, token, "application/json", b"")
    }

    /// POST of JSON.
    #[must_use]
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Option<Answer> {
        self.send("POST", path, token, "application/json", body.to_string().as_bytes())
    }

    /// Fires a cron trigger; true when it ended well.
    #[must_use]
    pub fn fire(&self, component: &str) -> bool {
        !self.calls.is_dead() && self.runtime.block_on(self.running.invoke_cron(component)).is_ok()
    }
}
