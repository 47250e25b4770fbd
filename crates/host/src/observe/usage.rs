//! What one component used since the start: runs, time on a thread, time in all, memory.
//!
//! Costs two readings of the clock for each time that a guest is polled, and some additions at its end.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// Upper bounds of the memory histogram, in bytes. An instance begins with one to two megabytes.
pub(super) const MEMORY_BOUNDS: [u64; 8] =
    [2 << 20, 4 << 20, 8 << 20, 16 << 20, 32 << 20, 64 << 20, 128 << 20, 512 << 20];

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself, whatever it answered.
    Well,
    /// It trapped, was ended, or gave no answer.
    Failed,
    /// There was no room or memory for it.
    Refused,
}

impl End {
    pub(super) const ALL: [Self; 3] = [Self::Well, Self::Failed, Self::Refused];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// Of one component.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    well: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    running: AtomicI64,
    /// Nanoseconds.
    busy: AtomicU64,
    /// Nanoseconds.
    lasted: AtomicU64,
    /// Instances by their largest memory: one more than bounds.
    memory: [AtomicU64; MEMORY_BOUNDS.len() + 1],
    memory_bytes: AtomicU64,
}

impl Usage {
    /// Counts a run that is over.
    pub(crate) fn ended(&self, end: End) {
        self.of(end).fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an instance by the most linear memory it had, in bytes.
    pub(crate) fn used_memory(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let at = MEMORY_BOUNDS.iter().position(|bound| bytes <= *bound).unwrap_or(MEMORY_BOUNDS.len());
        if let Some(bucket) = self.memory.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.memory_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A guest whose time is counted, from now until it is dropped.
    pub(crate) fn metered<F: Future>(self: &Arc<Self>, guest: F) -> Metered<F> {
        self.running.fetch_add(1, Ordering::Relaxed);
        Metered { guest: Box::pin(guest), usage: Arc::clone(self), began: Instant::now(), busy: Duration::ZERO }
    }

    fn of(&self, end: End) -> &AtomicU64 {
        match end {
            End::Well => &self.well,
            End::Failed => &self.failed,
            End::Refused => &self.refused,
        }
    }

    pub(super) fn runs(&self, end: End) -> u64 {
        self.of(end).load(Ordering::Relaxed)
    }

    pub(super) fn running(&self) -> i64 {
        self.running.load(Ordering::Relaxed)
    }

    pub(super) fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy.load(Ordering::Relaxed))
    }

    pub(super) fn lasted(&self) -> Duration {
        Duration::from_nanos(self.lasted.load(Ordering::Relaxed))
    }

    /// Instances in each bucket, and their bytes.
    pub(super) fn memory(&self) -> (Vec<u64>, u64) {
        let buckets = self.memory.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        (buckets, self.memory_bytes.load(Ordering::Relaxed))
    }
}

/// A guest whose time is counted.
pub(crate) struct Metered<F> {
    guest: Pin<Box<F>>,
    usage: Arc<Usage>,
    began: Instant,
    busy: Duration,
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = Instant::now();
        let polled = self.guest.as_mut().poll(context);
        self.busy += began.elapsed();
        polled
    }
}

impl<F> Drop for Metered<F> {
    fn drop(&mut self) {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.usage.busy.fetch_add(nanoseconds(self.busy), Ordering::Relaxed);
        self.usage.lasted.fetch_add(nanoseconds(self.began.elapsed()), Ordering::Relaxed);
        self.usage.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn time_on_a_thread_is_counted_apart_from_time_spent_waiting() {
        let usage = Arc::new(Usage::default());
        let waiting = Arc::new(tokio::sync::Notify::new());
        let guest = tokio::spawn(usage.metered({
            let waiting = Arc::clone(&waiting);
            async move { waiting.notified().await }
        }));
        while usage.running() != 1 {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(20) {
            tokio::task::yield_now().await;
        }
        waiting.notify_one();
        guest.await.unwrap();
        assert_eq!(usage.running(), 0);
        assert!(usage.lasted() >= Duration::from_millis(20), "{usage:?}");
        assert!(usage.busy() < usage.lasted(), "it waited for nearly all of it: {usage:?}");
    }

    #[test]
    fn a_guest_that_is_cut_off_is_counted_as_well() {
        let usage = Arc::new(Usage::default());
        drop(usage.metered(std::future::pending::<()>()));
        assert_eq!(usage.running(), 0);
        usage.ended(End::Failed);
        assert_eq!((usage.runs(End::Failed), usage.runs(End::Well)), (1, 0));
        for bytes in [1, 2 << 20, (2 << 20) + 1, 1 << 30] {
            usage.used_memory(bytes);
        }
        let (buckets, bytes) = usage.memory();
        assert_eq!((buckets.first(), buckets.get(1), buckets.last()), (Some(&2), Some(&1), Some(&1)));
        assert_eq!(bytes, 1 + (2 << 20) + (2 << 20) + 1 + (1 << 30));
    }
}
