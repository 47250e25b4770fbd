//! Counts what may happen thousands of times a second and logs it once a second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

const A_SECOND: Duration = Duration::from_secs(1);

/// A count with the line that tells it.
#[derive(Debug)]
pub(super) struct Tally {
    what: &'static str,
    count: AtomicU64,
}

impl Tally {
    pub(super) fn new(what: &'static str) -> Arc<Self> {
        Arc::new(Self { what, count: AtomicU64::new(0) })
    }

    /// Counts one. The first of a second has the line written at that second's end.
    pub(super) fn note(self: &Arc<Self>) {
        if self.count.fetch_add(1, Ordering::Relaxed) == 0 {
            let tally = Arc::clone(self);
            tokio::spawn(async move {
                tokio::time::sleep(A_SECOND).await;
                tally.tell();
            });
        }
    }

    /// Writes the line and begins anew; returns what it told.
    fn tell(&self) -> u64 {
        // Not among the line's fields: those are not looked at where nobody listens.
        let count = self.count.swap(0, Ordering::Relaxed);
        tracing::warn!(count, "{}", self.what);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_flood_is_one_line_and_what_comes_after_it_counts_anew() {
        let tally = Tally::new("refused");
        let lines = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        for _ in 0..50_000 {
            tally.note();
        }
        assert_eq!(lines(), 1, "one line is due");
        assert_eq!(tally.tell(), 50_000);
        tally.note();
        assert_eq!(tally.tell(), 1);
    }
}
