//! Where mail ends: the other side of the contract that the notifier of e-mail speaks, with a box for each run.
//!
//! It takes a message each time that it comes. The relay `tollbooth mail` drops what it handed over lately; here nothing is
//! dropped, so that whatever is sent twice arrives twice. How it behaves is in the name it is sent to; see [`Behaviour`].

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tollbooth_messages::contract::{Delivery, MAX_REQUEST_BYTES, render};
use tollbooth_messages::{Class, Failure, Outcome};

use crate::error::BenchError;

/// How long a request may take to come whole: its sender may be killed in the middle of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everybody's letters, by the token of the box.
type Boxes = Mutex<BTreeMap<String, Vec<Letter>>>;

/// What is done with what is sent to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Takes everything.
    Well,
    /// Takes the first delivery of each message and breaks off before it says so; takes what comes then.
    Unclear,
    /// Is out of order for the first delivery of each message; takes what comes then.
    Down,
    /// Knows nobody of that name.
    Refuses,
}

impl Behaviour {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Well, Self::Unclear, Self::Down, Self::Refuses];

    /// The address of somebody who is served like this.
    #[must_use]
    pub const fn address(self) -> &'static str {
        match self {
            Self::Well => "well@bench.example",
            Self::Unclear => "unclear@bench.example",
            Self::Down => "down@bench.example",
            Self::Refuses => "nobody@bench.example",
        }
    }

    fn towards(address: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.address() == address).unwrap_or(Self::Well)
    }
}

/// A delivery that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// `msg_…`
    pub id: String,
    /// The receiver is told that it may have come before.
    pub repetition: bool,
    /// It reached the receiver; otherwise it was turned away.
    pub arrived: bool,
}

/// The post office of all runs.
pub struct PostOffice {
    origin: String,
    boxes: Arc<Boxes>,
    numbers: AtomicU64,
}

/// The box of one run. Its letters outlive the application, as the world does.
pub struct Mailbox {
    token: String,
    boxes: Arc<Boxes>,
}

impl PostOffice {
    /// Opens one on a free port; it is open for as long as the process lives.
    ///
    /// # Errors
    /// [`BenchError::System`]
    pub fn open() -> Result<Self, BenchError> {
        let system = |action| move |source| BenchError::System { action, source };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(system("listen for mail"))?;
        let address = listener.local_addr().map_err(system("tell where mail is taken"))?;
        let boxes: Arc<Boxes> = Arc::default();
        let theirs = Arc::clone(&boxes);
        thread::spawn(move || {
            while let Ok((caller, _)) = listener.accept() {
                let boxes = Arc::clone(&theirs);
                // One each: whoever was killed in the middle of a request keeps nobody else waiting.
                thread::spawn(move || serve(&caller, &boxes));
            }
        });
        Ok(Self { origin: format!("http://{address}"), boxes, numbers: AtomicU64::new(0) })
    }

    /// Where it is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A box with these letters in it.
    #[must_use]
    pub fn rent(&self, letters: Vec<Letter>) -> Mailbox {
        let token = format!("mailbox-of-the-bench-{:012}", self.numbers.fetch_add(1, Ordering::Relaxed));
        lock(&self.boxes).insert(token.clone(), letters);
        Mailbox { token, boxes: Arc::clone(&self.boxes) }
    }
}

impl Mailbox {
    /// What mail for this box comes with.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What came, in its order.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        lock(&self.boxes).get(&self.token).cloned().unwrap_or_default()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        lock(&self.boxes).remove(&self.token);
    }
}

fn lock(boxes: &Boxes) -> MutexGuard<'_, BTreeMap<String, Vec<Letter>>> {
    // Whole after any panic: each change is one call.
    boxes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one request, unless its sender ends before it is whole.
fn serve(caller: &TcpStream, boxes: &Boxes) -> Option<()> {
    caller.set_read_timeout(Some(PATIENCE)).ok()?;
    let (token, body) = request(caller)?;
    let (status, answer) = match Delivery::parse(&body) {
        Err(problem) => ("400 Bad Request", problem.into_bytes()),
        Ok(delivery) => take(&token, &delivery, boxes)?,
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    let mut caller = caller;
    caller.write_all(&[head.as_bytes(), answer.as_slice()].concat()).ok()
}

/// Token and body of a request.
fn request(caller: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(caller);
    let (mut token, mut length) = (String::new(), 0_usize);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = value.trim().trim_start_matches("Bearer ").to_owned(),
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length.min(MAX_REQUEST_BYTES)];
    reader.read_exact(&mut body).ok()?;
    Some((token, body))
}

/// Status and answer; none: the connection ends without.
fn take(token: &str, delivery: &Delivery, boxes: &Boxes) -> Option<(&'static str, Vec<u8>)> {
    let mut boxes = lock(boxes);
    // The box of a run that has ended.
    let letters = boxes.get_mut(token)?;
    let came_before = letters.iter().any(|letter| letter.id == delivery.id);
    let behaviour = Behaviour::towards(&delivery.to);
    let arrived = match behaviour {
        Behaviour::Well | Behaviour::Unclear => true,
        Behaviour::Down => came_before,
        Behaviour::Refuses => false,
    };
    letters.push(Letter { id: delivery.id.clone(), repetition: delivery.repetition, arrived });
    let handed_over = Outcome::HandedOver { reference: Some(format!("letter {}", letters.len())) };
    match behaviour {
        Behaviour::Unclear if !came_before => None,
        Behaviour::Down if !came_before => Some(("503 Service Unavailable", Vec::new())),
        Behaviour::Refuses => {
            let failure = Failure::new(Class::Refused, "there is nobody of that name");
            Some(("200 OK", render(&Outcome::Failed(failure))))
        }
        Behaviour::Well | Behaviour::Unclear | Behaviour::Down => Some(("200 OK", render(&handed_over))),
    }
}
