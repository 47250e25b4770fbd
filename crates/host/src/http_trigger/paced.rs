//! A connection whose client must take answers at a least rate.
//!
//! A limit on silence alone is kept by a client that takes a byte now and then, and holds an answer of megabytes for days.
//! So a client has some time in store; waiting for it uses that up, and what it takes fills it again.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// The time in store at most: how long a client may take nothing.
const GRACE: Duration = Duration::from_secs(20);
/// Bytes a second that a client must take in the long run.
const RATE: u64 = 32 << 10;

/// A stream with a least rate of writing.
pub(super) struct Paced<S> {
    inner: S,
    patience: Patience,
    waiting: Option<Waiting>,
}

/// The time that a client has in store.
struct Patience {
    grace: Duration,
    left: Duration,
}

impl Patience {
    fn new(grace: Duration) -> Self {
        Self { grace, left: grace }
    }

    fn waited(&mut self, time: Duration) {
        self.left = self.left.saturating_sub(time);
    }

    fn took(&mut self, bytes: usize) {
        let earned = Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / RATE);
        self.left = self.left.saturating_add(earned).min(self.grace);
    }
}

struct Waiting {
    since: Instant,
    over: Pin<Box<Sleep>>,
}

impl<S> Paced<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner, patience: Patience::new(GRACE), waiting: None }
    }

    /// Accounts for what a write came to; a client that used up its time gets an error.
    fn judge(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => {
                let left = self.patience.left;
                let waiting = self.waiting.get_or_insert_with(|| {
                    let since = Instant::now();
                    Waiting { since, over: Box::pin(sleep_until(since + left)) }
                });
                ready!(waiting.over.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes its answer too slowly")))
            }
            Poll::Ready(done) => {
                if let Some(waiting) = self.waiting.take() {
                    self.patience.waited(waiting.since.elapsed());
                }
                if let Ok(bytes) = done {
                    self.patience.took(bytes);
                }
                Poll::Ready(done)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    /// How long a client is waited for that takes so many bytes every so often; none when it has taken a photo of 9 MB.
    fn ended(bytes: usize, every: Duration) -> Option<Duration> {
        let (mut patience, mut taken, mut now) = (Patience::new(GRACE), 0, Duration::ZERO);
        while taken < 9 << 20 {
            if every > patience.left {
                return Some(now + patience.left);
            }
            patience.waited(every);
            patience.took(bytes);
            (taken, now) = (taken + bytes, now + every);
        }
        None
    }

    #[test]
    fn a_client_that_takes_a_byte_now_and_then_is_ended_and_a_slow_line_is_not() {
        let seconds = Duration::from_secs;
        assert!(ended(1, seconds(8)).unwrap() < seconds(21));
        assert!(ended(16 << 10, seconds(1)).unwrap() < seconds(60), "half the rate");
        assert_eq!(ended(40 << 10, seconds(1)), None);
        assert_eq!(ended(512 << 10, seconds(15)), None, "in large steps");
    }

    #[test]
    fn a_fast_beginning_buys_no_long_silence() {
        let mut patience = Patience::new(GRACE);
        patience.took(1 << 30);
        assert_eq!(patience.left, GRACE);
    }

    #[tokio::test]
    async fn a_write_that_nobody_takes_ends_with_an_error() {
        let (server, _client) = duplex(64 << 10);
        let mut server = Paced { inner: server, patience: Patience::new(Duration::from_millis(50)), waiting: None };
        let ended = server.write_all(&vec![7; 9 << 20]).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }
}
