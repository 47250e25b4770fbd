//! The threads of the reading pool: as many as cores, and never in the way of those that answer requests.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::HostError;

/// How much lower the scheduling priority ("nice") of the reading threads is than that of the serving threads.
const NICE: i32 = 10;
/// The lowest priority there is.
const NICEST: i32 = 19;

pub(super) struct ReadingThreads {
    /// None once it was stopped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl ReadingThreads {
    pub(super) fn start(count: usize) -> Result<Self, HostError> {
        let number = AtomicUsize::new(0);
        let runtime = Builder::new_multi_thread()
            .worker_threads(count.max(1))
            .thread_name_fn(move || format!("reading-{}", number.fetch_add(1, Ordering::Relaxed)))
            .on_thread_start(lower_priority)
            .enable_all()
            .build()
            .map_err(|source| HostError::System { action: "start the reading threads", source })?;
        let handle = runtime.handle().clone();
        Ok(Self { runtime: Some(runtime), handle })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for ReadingThreads {
    fn drop(&mut self) {
        // Does not wait: guests were waited for, or ended, before.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn lower_priority() {
    // On Linux the priority belongs to the thread, and "no process" means the calling one.
    #[cfg(target_os = "linux")]
    let lowered = rustix::process::getpriority_process(None)
        .and_then(|own| rustix::process::setpriority_process(None, (own + NICE).min(NICEST)));
    #[cfg(target_os = "linux")]
    if let Err(error) = lowered {
        tracing::warn!(%error, "a reading thread keeps its priority; requests may be slower while plates are read");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (NICE, NICEST);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn reading_threads_yield_to_every_other_thread() {
        let own = rustix::process::getpriority_process(None).unwrap();
        let reading = ReadingThreads::start(1).unwrap();
        let nice = reading.handle().spawn(async { rustix::process::getpriority_process(None).unwrap() });
        let nice = reading.runtime.as_ref().unwrap().block_on(nice).unwrap();
        assert_eq!(nice, (own + NICE).min(NICEST));
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), own);
    }
}
