//! The threads of the reading pool: as many as cores, and never in the way of those that answer requests.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::HostError;

/// How much lower the scheduling priority ("nice") of the reading threads is than that of the serving threads.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;
/// The lowest priority there is.
#[cfg(target_os = "linux")]
const NICEST: i32 = 19;

pub(super) struct ReadingThreads {
    /// None once it was stopped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl ReadingThreads {
    pub(super) fn start(count: usize) -> Result<Self, HostError> {
        let number = AtomicUsize::new(0);
        let mut threads = Builder::new_multi_thread();
        threads
            .worker_threads(count.max(1))
            .thread_name_fn(move || format!("reading-{}", number.fetch_add(1, Ordering::Relaxed)))
            .enable_all();
        #[cfg(target_os = "linux")]
        {
            let priority = lowered_priority();
            threads.on_thread_start(move || take_priority(priority));
        }
        let runtime =
            threads.build().map_err(|source| HostError::System { action: "start the reading threads", source })?;
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

/// The priority of whoever starts the reading threads, lowered. Asked once: a thread that a reading thread starts has that
/// one's priority already.
#[cfg(target_os = "linux")]
fn lowered_priority() -> rustix::io::Result<i32> {
    Ok((rustix::process::getpriority_process(None)? + NICE).min(NICEST))
}

#[cfg(target_os = "linux")]
fn take_priority(priority: rustix::io::Result<i32>) {
    // On Linux the priority belongs to the thread, and "no process" means the calling one.
    if let Err(error) = priority.and_then(|nice| rustix::process::setpriority_process(None, nice)) {
        tracing::warn!(%error, "a reading thread keeps its priority; requests may be slower while plates are read");
    }
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
        // Started by a reading thread, and no lower than it.
        let blocking =
            async { tokio::task::spawn_blocking(|| rustix::process::getpriority_process(None).unwrap()).await };
        let blocking = reading.runtime.as_ref().unwrap().block_on(reading.handle().spawn(blocking)).unwrap().unwrap();
        assert_eq!(blocking, nice);
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), own);
    }
}
