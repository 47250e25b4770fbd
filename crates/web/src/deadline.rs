//! Waiting with a deadline, by the host's monotonic clock: no caller may hold an instance for ever.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use spin_executor::{CancelOnDropToken, push_waker_and_get_token};
use wasi::clocks::monotonic_clock;

/// Time by the monotonic clock, since a moment that stays the same for this request.
#[must_use]
pub fn elapsed() -> Duration {
    Duration::from_nanos(monotonic_clock::now())
}

/// What the future answered, or none when it took longer than `limit`.
pub async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let until = monotonic_clock::now().saturating_add(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
    match select(pin!(future), pin!(sleep_until(until))).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(((), _)) => None,
    }
}

/// Waits this long; other work of the same request goes on meanwhile.
pub async fn sleep(time: Duration) {
    sleep_until(monotonic_clock::now().saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))).await;
}

async fn sleep_until(until: monotonic_clock::Instant) {
    let mut registered: Option<CancelOnDropToken> = None;
    poll_fn(|context| {
        if monotonic_clock::now() >= until {
            return Poll::Ready(());
        }
        // The executor takes a pollable out once it is ready, so each poll registers a new one; the old one is dropped.
        let pollable = monotonic_clock::subscribe_instant(until);
        registered = Some(push_waker_and_get_token(pollable, context.waker().clone()).into());
        Poll::Pending
    })
    .await;
    drop(registered);
}
