//! How a bench watches a guest and ends it, from outside its store.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::host_calls::{CallKind, HostCall, HostCalls, Verdict};

/// The part of a guest that a bench reaches from outside its store.
pub(crate) struct GuestControl {
    component: Arc<str>,
    pub(crate) calls: Option<Arc<dyn HostCalls>>,
    killed: AtomicBool,
    /// Whether the guest was refused memory that another time it could have had.
    pub(super) lacked_memory: Arc<AtomicBool>,
}

/// Why a guest ended that a bench killed.
#[derive(Debug, thiserror::Error)]
#[error("killed by the fault bench")]
pub(crate) struct Killed;

impl GuestControl {
    /// Of a fresh instance of a component, whose calls `calls` decides about.
    pub(super) fn new(component: &Arc<str>, calls: Option<Arc<dyn HostCalls>>) -> Arc<Self> {
        Arc::new(Self {
            component: Arc::clone(component),
            calls,
            killed: AtomicBool::new(false),
            lacked_memory: Arc::default(),
        })
    }

    pub(crate) fn lacked_memory(&self) -> bool {
        self.lacked_memory.load(Ordering::Relaxed)
    }

    pub(crate) fn call<'a>(&'a self, kind: CallKind, operation: &'a str) -> HostCall<'a> {
        HostCall { component: &self.component, kind, operation }
    }

    /// Waits for a delay; turns a kill, now or at an earlier call that could not trap, into a trap.
    pub(crate) async fn carry_out(&self, verdict: Verdict) -> wasmtime::Result<Verdict> {
        if let Verdict::Delay(time) = verdict {
            tokio::time::sleep(time).await;
        }
        if verdict == Verdict::Kill {
            self.killed.store(true, Ordering::Relaxed);
        }
        if self.killed.load(Ordering::Relaxed) {
            return Err(Killed.into());
        }
        Ok(match verdict {
            Verdict::Fail(reason) => Verdict::Fail(reason),
            Verdict::Proceed | Verdict::Delay(_) | Verdict::Kill => Verdict::Proceed,
        })
    }

    /// For calls that can neither wait nor fail: a kill takes effect at the guest's next capability call.
    pub(crate) fn observe(&self, kind: CallKind, operation: &str) {
        if let Some(calls) = &self.calls {
            let call = self.call(kind, operation);
            if calls.before(call) == Verdict::Kill || calls.after(call) == Verdict::Kill {
                self.killed.store(true, Ordering::Relaxed);
            }
        }
    }

    /// For handing over the response: false when it must not be sent.
    pub(crate) fn may_respond(&self) -> bool {
        let Some(calls) = &self.calls else {
            return true;
        };
        match calls.before(self.call(CallKind::Response, "set")) {
            Verdict::Proceed | Verdict::Delay(_) => {}
            Verdict::Fail(_) => return false,
            Verdict::Kill => self.killed.store(true, Ordering::Relaxed),
        }
        !self.killed.load(Ordering::Relaxed)
    }

    /// After the response was handed over.
    pub(crate) fn responded(&self) {
        if let Some(calls) = &self.calls
            && calls.after(self.call(CallKind::Response, "set")) == Verdict::Kill
        {
            self.killed.store(true, Ordering::Relaxed);
        }
    }
}
