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

/// How urgent a guest is.
#[derive(Debug, Default)]
pub(crate) struct Urgency {
    /// How many things it holds that others wait for.
    reasons: AtomicUsize,
    /// Whether it runs on the serving threads for that.
    away: AtomicBool,
}

impl Urgency {
    /// The guest is urgent until the returned value is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Urgent {
        self.reasons.fetch_add(1, Ordering::Relaxed);
        Urgent(Arc::clone(self))
    }

    fn is_urgent(&self) -> bool {
        self.reasons.load(Ordering::Relaxed) > 0
    }

    /// To be awaited when a reason ended: sends the guest back before it computes on threads that are not its own.
    pub(crate) async fn settle(&self) {
        if self.away.load(Ordering::Relaxed) && !self.is_urgent() {
            tokio::task::yield_now().await;
        }
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
        self.urgency.away.store(urgent, Ordering::Relaxed);
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
        let urgency = Arc::new(Urgency::default());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (done, ended) = oneshot::channel();
        let (own, lanes) = (Arc::clone(&urgency), Arc::clone(&seen));
        let look = move || lanes.lock().unwrap().push(std::thread::current().name().unwrap().to_owned());
        let guest = async move {
            look();
            let urgent = own.begin();
            tokio::task::yield_now().await;
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
