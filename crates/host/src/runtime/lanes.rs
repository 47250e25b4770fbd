//! Which threads run a guest of the reading pool, moment by moment.
//!
//! Such a guest normally runs on low-priority threads that are busy with other readings. While it holds the write
//! permit of the database, everybody waits for it, so for that time it changes to the serving threads; otherwise
//! each of its statements would wait for a slice of a busy core, with the cameras behind it. It changes where it is
//! waiting for the host anyway, so the change costs one wake-up.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
};

use tokio::runtime::Handle;

use crate::manifest::Pool;

/// How urgent a guest is, and on which threads it runs.
#[derive(Debug)]
pub(crate) struct Urgency {
    /// How many things it holds that others wait for.
    reasons: AtomicUsize,
    /// Whether it changes threads at all.
    changes: bool,
    /// Whether it runs on the serving threads now.
    serving: AtomicBool,
}

impl Urgency {
    pub(crate) fn new(pool: Pool) -> Arc<Self> {
        let serving = AtomicBool::new(pool == Pool::Serving);
        Arc::new(Self { reasons: AtomicUsize::new(0), changes: pool == Pool::Reading, serving })
    }

    /// The guest is urgent until the returned value is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Urgent {
        self.reasons.fetch_add(1, Ordering::Relaxed);
        Urgent(Arc::clone(self))
    }

    /// Whether the guest runs on threads of normal priority now.
    pub(crate) fn on_serving_threads(&self) -> bool {
        self.serving.load(Ordering::Relaxed)
    }

    /// To be awaited when the urgency changed: the guest goes on only on the threads where it should be.
    pub(crate) async fn settle(&self) {
        if self.changes && self.is_urgent() != self.on_serving_threads() {
            tokio::task::yield_now().await;
        }
    }

    fn is_urgent(&self) -> bool {
        self.reasons.load(Ordering::Relaxed) > 0
    }
}

/// One reason for a guest to be urgent.
#[derive(Debug)]
pub(crate) struct Urgent(Arc<Urgency>);

impl Drop for Urgent {
    fn drop(&mut self) {
        self.0.reasons.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A guest that changes threads.
pub(super) struct LaneChanger {
    pub(super) guest: Pin<Box<dyn Future<Output = ()> + Send>>,
    pub(super) urgency: Arc<Urgency>,
    pub(super) reading: Handle,
    pub(super) serving: Handle,
}

impl LaneChanger {
    pub(super) fn start(self) {
        let urgent = self.urgency.is_urgent();
        self.urgency.serving.store(urgent, Ordering::Relaxed);
        let threads = if urgent { self.serving.clone() } else { self.reading.clone() };
        let run: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(self.run(urgent));
        threads.spawn(run);
    }

    /// Runs the guest until it ends or should be on the other threads.
    async fn run(mut self, urgent: bool) {
        let ended = poll_fn(|context| match self.guest.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.urgency.is_urgent() != urgent => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
        .await;
        if !ended {
            self.start();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::{runtime::Builder, sync::oneshot};

    use super::*;

    #[test]
    fn a_guest_is_on_the_serving_threads_exactly_while_it_is_urgent() {
        let threads =
            |name: &str| Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build().unwrap();
        let (reading, serving) = (threads("reading"), threads("serving"));
        let urgency = Urgency::new(Pool::Reading);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (done, ended) = oneshot::channel();
        let (own, lanes) = (Arc::clone(&urgency), Arc::clone(&seen));
        let look = move || lanes.lock().unwrap().push(std::thread::current().name().unwrap().to_owned());
        let guest = async move {
            look();
            let urgent = own.begin();
            own.settle().await;
            look();
            drop(urgent);
            own.settle().await;
            look();
            done.send(()).unwrap();
        };
        let handles = (reading.handle().clone(), serving.handle().clone());
        LaneChanger { guest: Box::pin(guest), urgency, reading: handles.0, serving: handles.1 }.start();
        serving.block_on(ended).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["reading", "serving", "reading"]);
    }
}
