//! Sends requests to an object store from a program of the operator's.

use std::time::{Duration, Instant};

use tollbooth_object_store::store::EXCHANGE_LIMIT;
use tollbooth_object_store::{Call, Lost, Reply, Transport};

/// Longest answer: a photo or an export file, and room for a list of names.
const MAX_ANSWER: u64 = 64 << 20;

/// A client, with connections of its own.
#[derive(Debug)]
pub struct Agent {
    agent: ureq::Agent,
    start: Instant,
}

impl Default for Agent {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(EXCHANGE_LIMIT))
            .build();
        Self { agent: config.into(), start: Instant::now() }
    }
}

impl Agent {
    fn send(&self, call: &Call, body: Option<&[u8]>) -> Result<Reply, ureq::Error> {
        let mut response = if call.method == "PUT" {
            let request = call.headers.iter().fold(self.agent.put(&call.url), |r, (name, value)| r.header(name, value));
            request.send(body.unwrap_or_default())?
        } else {
            let request = call.headers.iter().fold(self.agent.get(&call.url), |r, (name, value)| r.header(name, value));
            request.call()?
        };
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Reply { status: response.status().as_u16(), headers, body })
    }
}

impl Transport for Agent {
    async fn exchange(&self, call: Call, body: Option<&[u8]>) -> Result<Reply, Lost> {
        // The error may hold the address, and with it a signature: only what kind of error it is is told.
        self.send(&call, body).map_err(|error| {
            Lost::Again(match error {
                ureq::Error::Timeout(_) => "the store did not answer in time".to_owned(),
                ureq::Error::Io(error) => format!("the store is out of reach: {error}"),
                ureq::Error::HostNotFound => "the store's name is not known".to_owned(),
                ureq::Error::ConnectionFailed => "the store is out of reach".to_owned(),
                ureq::Error::Rustls(error) => format!("TLS: {error}"),
                _ => "the store's answer broke off".to_owned(),
            })
        })
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn chance(&self) -> f64 {
        fastrand::f64()
    }
}
