//! The HTTP side: one route, behind a token, bounded in size, rate, time and number.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tollbooth_messages::contract::{DELIVER_PATH, Delivery, MAX_REQUEST_BYTES, render};
use tollbooth_messages::{Class, Failure, Outcome};

use crate::handed_over::HandedOver;
use crate::limits::Rate;
use crate::smtp::Smtp;

/// Shortest token, in characters: as many as TollBooth's own secrets have at least.
const LEAST_TOKEN: usize = 20;
/// A request must have come whole within this time.
const READING: Duration = Duration::from_secs(10);
/// What is read of a request that is refused, so that its sender gets the answer: in bytes, and for how long.
const DISCARDED_BYTES: usize = 1 << 20;
const DISCARDING: Duration = Duration::from_secs(2);
/// Longest that a mail server may take for one message: shorter than the notifier waits.
const SENDING: Duration = Duration::from_secs(60);
/// Open connections, and messages under way at once.
const CONNECTIONS: usize = 64;
const AT_ONCE: usize = 4;
/// Messages a minute: twice what the ledger lets through, for several installations.
const A_MINUTE: usize = 60;
/// What a caller waits when too much is under way, in seconds.
const BUSY_SECONDS: u64 = 5;

/// Why the relay cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The token is too easy to guess.
    #[error("the token must have at least {LEAST_TOKEN} characters; `openssl rand -hex 32` makes one")]
    WeakToken,
    /// The system refused something.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's words.
        source: std::io::Error,
    },
}

/// The token that callers must have, as its digest.
#[derive(Clone, Copy)]
pub struct Token([u8; 32]);

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// [`RelayError::WeakToken`]
    pub fn new(text: &str) -> Result<Self, RelayError> {
        let text = text.trim();
        if text.chars().count() < LEAST_TOKEN { Err(RelayError::WeakToken) } else { Ok(Self(digest(text))) }
    }

    /// Compares digests in constant time: neither length nor place of a difference shows in the time.
    fn is(&self, given: &str) -> bool {
        self.0.ct_eq(&digest(given)).into()
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// A relay that listens.
pub struct Relay {
    listener: TcpListener,
    inner: Arc<Inner>,
}

struct Inner {
    token: Token,
    smtp: Smtp,
    rate: Mutex<Rate>,
    handed: Mutex<HandedOver>,
    under_way: Arc<Semaphore>,
}

impl Relay {
    /// Listens; port 0 picks a free one.
    ///
    /// # Errors
    /// [`RelayError::System`]
    pub async fn listen(address: SocketAddr, token: Token, smtp: Smtp) -> Result<Self, RelayError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| RelayError::System { action: "listen on that address", source })?;
        let inner = Inner {
            token,
            smtp,
            rate: Mutex::new(Rate::new(A_MINUTE)),
            handed: Mutex::default(),
            under_way: Arc::new(Semaphore::new(AT_ONCE)),
        };
        Ok(Self { listener, inner: Arc::new(inner) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`RelayError::System`]
    pub fn address(&self) -> Result<SocketAddr, RelayError> {
        self.listener.local_addr().map_err(|source| RelayError::System { action: "tell the address", source })
    }

    /// Serves until the future is dropped.
    pub async fn serve(self) {
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // Beyond the limit callers wait in the system's queue.
            let Ok(place) = Arc::clone(&connections).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let inner = Arc::clone(&self.inner);
                    tokio::spawn(async move {
                        speak(stream, inner).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn speak(stream: TcpStream, inner: Arc<Inner>) {
    let service = service_fn(|request| {
        let inner = Arc::clone(&inner);
        async move { Ok::<_, Infallible>(answer(request, &inner).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READING)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(request: Request<Incoming>, inner: &Arc<Inner>) -> Response<Full<Bytes>> {
    let (head, mut body) = request.into_parts();
    match read(&head, &mut body, inner).await {
        Err(refusal) => {
            discard(body).await;
            refusal
        }
        Ok(delivery) => deliver(delivery, inner).await,
    }
}

/// The message of a caller who may send one, or the answer to anybody else.
async fn read(head: &Parts, body: &mut Incoming, inner: &Inner) -> Result<Delivery, Response<Full<Bytes>>> {
    if head.uri.path() != DELIVER_PATH {
        return Err(plain(StatusCode::NOT_FOUND, "send messages to /deliver\n"));
    }
    if head.method != Method::POST {
        return Err(with(plain(StatusCode::METHOD_NOT_ALLOWED, "use POST\n"), header::ALLOW, "POST"));
    }
    if !is_admitted(head, inner) {
        return Err(with(plain(StatusCode::UNAUTHORIZED, "a token is needed\n"), header::WWW_AUTHENTICATE, "Bearer"));
    }
    let bytes = match timeout(READING, Limited::new(body, MAX_REQUEST_BYTES).collect()).await {
        Err(_) => return Err(plain(StatusCode::REQUEST_TIMEOUT, "the message came too slowly\n")),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(plain(StatusCode::PAYLOAD_TOO_LARGE, "the message is too large\n"));
        }
        Ok(Err(_)) => return Err(plain(StatusCode::BAD_REQUEST, "the message broke off\n")),
        Ok(Ok(bytes)) => bytes.to_bytes(),
    };
    Delivery::parse(&bytes).map_err(|what| plain(StatusCode::BAD_REQUEST, &format!("{what}\n")))
}

/// Takes the rest of a request that is refused, within limits: a connection that is closed over unread bytes is reset, and
/// the answer is lost with it. The messenger would take a refusal for an outage.
async fn discard(mut body: Incoming) {
    let rest = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DISCARDED_BYTES {
                return;
            }
        }
    };
    // Too slow a rest is not waited for: its sender may lose the answer.
    let _ = timeout(DISCARDING, rest).await;
}

fn is_admitted(head: &Parts, inner: &Inner) -> bool {
    let given = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|text| text.strip_prefix("Bearer ")).is_some_and(|text| inner.token.is(text))
}

async fn deliver(delivery: Delivery, inner: &Arc<Inner>) -> Response<Full<Bytes>> {
    // The answer to an earlier delivery was lost on its way back.
    if let Some(reference) = lock(&inner.handed).reference(&delivery.id) {
        return outcome(&Outcome::HandedOver { reference });
    }
    if let Err(wait) = lock(&inner.rate).take(Instant::now()) {
        return busy(wait.as_secs().max(1));
    }
    let Ok(place) = Arc::clone(&inner.under_way).try_acquire_owned() else { return busy(BUSY_SECONDS) };
    let work = Arc::clone(inner);
    let id = delivery.id.clone();
    let sending = tokio::task::spawn_blocking(move || {
        let sent = work.smtp.send(&delivery);
        if let Outcome::HandedOver { reference } = &sent {
            // Noted here, so that it is known even when nobody waits for the answer any more.
            lock(&work.handed).note(&delivery.id, reference.clone());
        }
        drop(place);
        sent
    });
    let sent = match timeout(SENDING, sending).await {
        Ok(Ok(sent)) => sent,
        Ok(Err(_)) => Outcome::Failed(Failure::new(Class::Unclear, "the relay broke down while it sent")),
        Err(_) => Outcome::Failed(Failure::new(Class::Unclear, "the mail server did not end within a minute")),
    };
    match &sent {
        Outcome::HandedOver { reference } => {
            tracing::info!(message = id, reference = reference.as_deref().unwrap_or_default(), "handed over");
        }
        Outcome::Failed(failure) => {
            tracing::warn!(message = id, class = %failure.class, cause = failure.detail, "not handed over");
        }
    }
    outcome(&sent)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole after any panic: each change is one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn outcome(outcome: &Outcome) -> Response<Full<Bytes>> {
    let answer = Response::new(Full::new(Bytes::from(render(outcome))));
    with(answer, header::CONTENT_TYPE, "application/json")
}

fn busy(seconds: u64) -> Response<Full<Bytes>> {
    let answer = plain(StatusCode::TOO_MANY_REQUESTS, "too many messages\n");
    with(answer, header::RETRY_AFTER, &seconds.to_string())
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text.to_owned())));
    *answer.status_mut() = status;
    with(answer, header::CONTENT_TYPE, "text/plain; charset=utf-8")
}

fn with(mut answer: Response<Full<Bytes>>, name: header::HeaderName, value: &str) -> Response<Full<Bytes>> {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
    answer
}
