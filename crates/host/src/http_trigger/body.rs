//! The request body on its way to a guest.
//!
//! A client that vanishes, falls silent in mid-body or dribbles becomes an error of the guest's stream, never an early
//! end. A guest that answers without reading everything leaves the rest to be drained here, within limits: closing the
//! connection on unread bytes would make many clients lose the answer. Nobody's place is held for that.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::Error;

/// A client must send something of a body within this time.
const SILENCE: Duration = Duration::from_secs(60);
/// A client must have sent the whole of a body within this time. Components are stricter: they know what they read.
const WHOLE: Duration = Duration::from_secs(300);
/// What is read of a body that the guest does not want.
const DRAIN_BYTES: usize = 32 << 20;
/// And in how many pieces: a body in single bytes costs more to read than it is worth.
const DRAIN_PIECES: usize = 65_536;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// A request body with a limit on silence.
pub(super) struct RequestBody {
    /// None once it ended, failed, or is drained elsewhere.
    inner: Option<Incoming>,
    silence: Pin<Box<Sleep>>,
    /// When the client has to be done.
    until: Instant,
    /// Whether anything was asked of the client; before that, an `Expect: 100-continue` client sends nothing.
    polled: bool,
    expects_continue: bool,
}

impl RequestBody {
    pub(super) fn new(inner: Incoming, expects_continue: bool) -> Self {
        Self {
            inner: Some(inner),
            silence: Box::pin(sleep(SILENCE)),
            until: Instant::now() + WHOLE,
            polled: false,
            expects_continue,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if !self.polled {
            self.polled = true;
            self.until = Instant::now() + WHOLE;
            self.silence.as_mut().reset(Instant::now() + SILENCE);
        }
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        match Pin::new(inner).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let until = self.until.min(Instant::now() + SILENCE);
                self.silence.as_mut().reset(until);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.inner = None;
                Poll::Ready(Some(Err(Error::from(error))))
            }
            Poll::Ready(None) => {
                self.inner = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                if self.silence.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.inner = None;
                Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(rest) = self.inner.take() else {
            return;
        };
        let waiting_for_continue = self.expects_continue && !self.polled;
        if rest.is_end_stream() || waiting_for_continue {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DRAIN_TIME, drain(rest)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let (mut bytes, mut pieces) = (0, 0);
    while bytes < DRAIN_BYTES
        && pieces < DRAIN_PIECES
        && let Some(Ok(frame)) = body.frame().await
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        pieces += 1;
    }
}
