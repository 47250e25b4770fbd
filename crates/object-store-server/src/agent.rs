//! Sends requests from a test, one after the other.

use std::cell::Cell;
use std::time::{Duration, Instant};

use tollbooth_object_store::store::EXCHANGE_LIMIT;
use tollbooth_object_store::{Call, Lost, Reply, Transport};

/// A client of its own.
#[derive(Debug, Clone)]
pub struct Agent {
    agent: ureq::Agent,
    start: Instant,
    /// How many requests were sent.
    pub sent: std::rc::Rc<Cell<u32>>,
}

impl Default for Agent {
    fn default() -> Self {
        Self::new()
    }
}

impl Agent {
    /// A client.
    #[must_use]
    pub fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(EXCHANGE_LIMIT))
            .build();
        Self { agent: config.into(), start: Instant::now(), sent: std::rc::Rc::default() }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Why there is no reply.
    pub fn send(&self, call: &Call, body: Option<&[u8]>) -> Result<Reply, String> {
        self.sent.set(self.sent.get() + 1);
        let text = |error: ureq::Error| error.to_string();
        let mut response = match (call.method, body) {
            ("GET", _) => {
                let request =
                    call.headers.iter().fold(self.agent.get(&call.url), |r, (name, value)| r.header(name, value));
                request.call().map_err(text)?
            }
            (_, body) => {
                let request =
                    call.headers.iter().fold(self.agent.put(&call.url), |r, (name, value)| r.header(name, value));
                request.send(body.unwrap_or_default()).map_err(text)?
            }
        };
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().map_err(text)?;
        Ok(Reply { status: response.status().as_u16(), headers, body })
    }
}

impl Transport for Agent {
    async fn exchange(&self, call: Call, body: Option<&[u8]>) -> Result<Reply, Lost> {
        self.send(&call, body).map_err(Lost::Again)
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn chance(&self) -> f64 {
        0.5
    }
}
