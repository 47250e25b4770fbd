//! A recogniser behind HTTP, as its route answers: by the contract, or in one of the ways that routes break it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};
use tiny_http::{Method, Request, Response, Server};

/// How a call is answered.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Reads this plate with this confidence.
    Plate(String, f64),
    /// Finds no plate.
    Empty,
    /// Reports a failure of this class, with the wait that goes with it.
    Fail(&'static str, Option<u32>),
    /// Answers with this status and text, which the contract does not know.
    Broken(u16, &'static str),
}

impl Behaviour {
    /// Reads this plate with certainty.
    #[must_use]
    pub fn plate(text: &str) -> Self {
        Self::Plate(text.to_owned(), 0.99)
    }
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Call {
    /// When.
    pub at: Instant,
    /// Passage id, from the hints.
    pub passage: String,
    /// Size of the photo.
    pub bytes: usize,
    /// The trace that it is part of; empty without one.
    pub traceparent: String,
}

struct State {
    next: VecDeque<Behaviour>,
    otherwise: Behaviour,
    calls: Vec<Call>,
    price_micros: u64,
}

/// A server on a port of its own.
pub struct Service {
    server: Arc<Server>,
    state: Arc<Mutex<State>>,
    name: &'static str,
}

impl Service {
    /// Starts one that answers every reading like this; a call costs `price_micros`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start(name: &'static str, price_micros: u64, otherwise: Behaviour) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let state = Arc::new(Mutex::new(State { next: VecDeque::new(), otherwise, calls: Vec::new(), price_micros }));
        for _ in 0..4 {
            let (server, state) = (Arc::clone(&server), Arc::clone(&state));
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &state, name);
                }
            });
        }
        Self { server, state, name }
    }

    /// Name and origin, for [`crate::Options::services`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn address(&self) -> (&'static str, String) {
        (self.name, format!("http://{}", self.server.server_addr().to_ip().expect("an address")))
    }

    /// Answers the next readings like this, one each.
    pub fn then(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        lock(&self.state).next.extend(behaviours);
    }

    /// Answers every further reading like this.
    pub fn from_now_on(&self, behaviour: Behaviour) {
        lock(&self.state).otherwise = behaviour;
    }

    /// Readings that were asked for.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.state).calls.clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(mut request: Request, state: &Mutex<State>, name: &str) {
    let (status, body) = match (request.method(), request.url()) {
        (Method::Get, "/describe") => {
            let price = lock(state).price_micros;
            (200, json!({ "name": format!("recognizer-{name}"), "model": "fake-1", "price_micros": price }).to_string())
        }
        (Method::Post, "/read") => read(&mut request, state, name),
        _ => (404, String::new()),
    };
    // A caller that went away is its own business.
    let _ = request.respond(Response::from_string(body).with_status_code(status));
}

fn read(request: &mut Request, state: &Mutex<State>, name: &str) -> (u16, String) {
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|h| h.field.equiv(name));
        found.map(|h| h.value.to_string()).unwrap_or_default()
    };
    let (passage, traceparent) = (header("tollbooth-passage"), header("traceparent"));
    let mut photo = Vec::new();
    let complete = request.as_reader().read_to_end(&mut photo).is_ok();
    let mut state = lock(state);
    let bytes = if complete { photo.len() } else { 0 };
    state.calls.push(Call { at: Instant::now(), passage, bytes, traceparent });
    let behaviour = state.next.pop_front().unwrap_or_else(|| state.otherwise.clone());
    let price = state.price_micros;
    drop(state);
    let text = match behaviour {
        Behaviour::Plate(text, confidence) => reading(name, price, &json!([sighting(&text, confidence)])),
        Behaviour::Empty => reading(name, price, &json!([])),
        Behaviour::Fail(class, None) => json!({ "failure": { "class": class, "detail": "as told" } }),
        Behaviour::Fail(class, Some(ms)) => {
            json!({ "failure": { "class": class, "detail": "as told", "retry_after_ms": ms } })
        }
        Behaviour::Broken(status, text) => return (status, text.to_owned()),
    };
    (200, text.to_string())
}

fn sighting(text: &str, confidence: f64) -> Value {
    json!({
        "bounds": { "x": 1.0, "y": 2.0, "width": 40.0, "height": 20.0 },
        "candidates": [{ "text": text, "confidence": confidence, "characters": [] }],
        "jurisdiction": { "code": "us-tx", "confidence": 1.0, "evidence": "TEXAS" },
        "touches_border": false,
        "plausibility": 1.0,
        "doubts": [],
    })
}

fn reading(name: &str, price: u64, sightings: &Value) -> Value {
    json!({ "reading": {
        "recognizer": format!("recognizer-{name}"),
        "model": "fake-1",
        "sightings": sightings,
        "duration_ms": 120,
        "cost_micros": price,
        "raw": "{}",
    } })
}
