//! Recognition services that behave as their vendors document them, on a port of this machine.
//!
//! They check what they receive as strictly as the real ones (address, key, form, image, size), answer with the
//! documented errors, and do odd things when the script behind the photo's end says so. Every call is recorded.

mod azure_vision;
mod exchange;
mod form;
mod plate_recognizer;
mod script;

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use exchange::{Received, Sent};
pub use script::{Found, Step, with_steps};

/// The key that both services know.
pub const KEY: &str = "key-of-the-tests-0123456789";

/// Which service to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// Azure AI Vision, Image Analysis 4.0.
    AzureVision,
    /// Plate Recognizer Snapshot.
    PlateRecognizer,
}

/// A call as the service saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Request line's target.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Values of the form's fields but the photo; empty where the service takes no form.
    pub fields: Vec<(String, String)>,
    /// The photo.
    pub photo: Vec<u8>,
}

/// What a service remembers.
#[derive(Default)]
struct Memory {
    seen: Vec<Seen>,
    /// Calls answered per photo, for scripts with several steps.
    answered: HashMap<Vec<u8>, usize>,
    last_call: Option<Instant>,
}

/// A running service. Ends with the process; refuses connections once dropped.
pub struct ServiceServer {
    port: u16,
    state: Arc<State>,
}

struct State {
    vendor: Vendor,
    memory: Mutex<Memory>,
    /// Whether the free plan's limit of one call per second holds.
    limited: AtomicBool,
    stopped: AtomicBool,
}

impl State {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The script's step for this call of the photo.
    fn step(&self, photo: &[u8]) -> Option<Step> {
        let steps = script::steps(photo);
        let mut memory = self.memory();
        let answered = memory.answered.entry(photo.to_vec()).or_default();
        let step = steps.get((*answered).min(steps.len().saturating_sub(1))).cloned();
        *answered += 1;
        step
    }

    fn answer(&self, received: &Received) -> Sent {
        match self.vendor {
            Vendor::AzureVision => azure_vision::answer(self, received),
            Vendor::PlateRecognizer => plate_recognizer::answer(self, received),
        }
    }
}

impl ServiceServer {
    /// Starts a service that has no limit of calls.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start(vendor: Vendor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let state = Arc::new(State {
            vendor,
            memory: Mutex::default(),
            limited: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let own = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if own.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&own);
                thread::spawn(move || serve(&state, stream));
            }
        });
        Self { port, state }
    }

    /// Address without a path.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Turns the free plan's limit of one call per second on or off.
    pub fn limit(&self, on: bool) {
        self.state.limited.store(on, Ordering::Relaxed);
    }

    /// Every call so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state.memory().seen.clone()
    }
}

impl Drop for ServiceServer {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends and frees the port.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn serve(state: &State, mut stream: TcpStream) {
    // A caller that breaks off in the middle of its request gets no answer and is not counted.
    if let Some(received) = exchange::receive(&mut stream) {
        let sent = state.answer(&received);
        exchange::send(stream, &sent);
    }
}

/// The odd replies that are the same for all services; `sample` is a good one.
fn script_reply(step: Step, sample: &serde_json::Value) -> Sent {
    let text = sample.to_string();
    match step {
        Step::Reply { status, retry_after, body } => {
            let sent = Sent::text(status, body.into_bytes());
            retry_after.iter().fold(sent, |sent, value| sent.with("retry-after", value))
        }
        Step::Redirect(to) => Sent::text(307, Vec::new()).with("location", &to),
        Step::Reset => Sent::Reset { body: text.into_bytes() },
        Step::Silence => Sent::Silence,
        Step::TruncatedJson => Sent::text(200, text.get(..text.len() / 2).unwrap_or_default().as_bytes().to_vec()),
        Step::Huge(bytes) => {
            let padding = " ".repeat(bytes.saturating_sub(text.len()));
            Sent::text(200, format!("{padding}{text}").into_bytes())
        }
        Step::Latin1 => {
            Sent::text(200, text.replace("ABC", "\u{1}").replace("abc", "\u{1}").bytes().map(latin1).collect())
        }
        Step::EchoKey(status) => {
            let body = serde_json::json!({ "error": { "code": "x", "message": KEY }, "detail": KEY });
            Sent::json(status, &body)
        }
        Step::Read(_) | Step::ReadVehicles(_) | Step::OtherImage => Sent::json(200, sample),
    }
}

/// An é in Latin-1, which is no UTF-8.
fn latin1(byte: u8) -> u8 {
    if byte == 1 { 0xE9 } else { byte }
}
