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
        if self.calls.is_dead() {
            return None;
        }
        let request = Request::builder()
            .method(method)
            .uri(format!("http://bench.test{path}"))
            .header("host", "bench.test")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", media_type)
            .header("content-length", body.len())
            .body(Bytes::copy_from_slice(body))
            .ok()?;
        let response = self.runtime.block_on(self.running.request(request)).ok()?;
        let status = response.status().as_u16();
        (status < 500).then(|| Answer { status, body: response.into_body() })
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
