//! What one instance sees of the host, and how a bench can end it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tollbooth_trace::Context;
use wasmtime::{Store, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::{
    component::{LoadedComponent, Services},
    lanes::Urgency,
    memory::{MemoryClaim, MemoryShare},
    workers::Worker,
};
use crate::{
    host_calls::{CallKind, HostCall, HostCalls, Verdict},
    manifest::Pool,
    outbound::OutboundHooks,
};

/// The data of a store: one per instance.
pub(crate) struct GuestState {
    pub(crate) component: Arc<LoadedComponent>,
    pub(crate) services: Arc<Services>,
    pub(crate) table: ResourceTable,
    pub(crate) control: Arc<GuestControl>,
    /// Told when the guest holds what others wait for.
    pub(crate) urgency: Arc<Urgency>,
    /// Open key-value stores and SQLite connections, to limit them.
    pub(crate) open_stores: usize,
    pub(crate) open_connections: usize,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: OutboundHooks,
    memory: MemoryShare,
    /// Of a guest of the reading pool.
    worker: Option<Worker>,
}

impl GuestState {
    /// A store for a fresh instance of a component; `trace` is where its run is, for what it calls.
    pub(crate) fn store(
        component: &Arc<LoadedComponent>,
        services: &Arc<Services>,
        urgency: Arc<Urgency>,
        memory: MemoryClaim,
        trace: Option<Context>,
    ) -> wasmtime::Result<Store<Self>> {
        let control = Arc::new(GuestControl {
            component: Arc::clone(&component.id),
            calls: services.bench.calls.clone(),
            killed: AtomicBool::new(false),
            lacked_memory: Arc::default(),
        });
        let lacked = Arc::clone(&control.lacked_memory);

        let worker = (component.pool == Pool::Reading).then(|| services.workers.start());
        let state = Self {
            wasi: component.wasi(&services.bench, &control, worker.as_ref())?,
            worker,
            outbound: OutboundHooks::new(component, services, &control, trace),
            component: Arc::clone(component),
            services: Arc::clone(services),
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            memory: MemoryShare::new(
                Arc::clone(&services.memory),
                services.max_guest_memory,
                memory,
                lacked,
                Arc::clone(&component.usage),
            ),
            urgency,
            open_stores: 0,
            open_connections: 0,
            control,
        };
        let mut store = Store::new(services.engine(), state);
        store.limiter(|state| &mut state.memory);
        // A guest that computes lets the others of its pool have a turn at every tick of the epoch.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        Ok(store)
    }

    /// To be called when the guest ended by itself, whatever it answered.
    pub(crate) fn ended_well(&mut self) {
        if let Some(worker) = &mut self.worker {
            worker.ended_well();
        }
    }

    /// Counts a copy of a value that the host keeps for the guest while it stores it. False when there is no memory for
    /// it now; nothing is counted then.
    pub(crate) fn begin_copy(&mut self, bytes: usize) -> bool {
        self.memory.begin_copy(bytes)
    }

    pub(crate) fn end_copy(&mut self, bytes: usize) {
        self.memory.end_copy(bytes);
    }

    /// To be called before a capability call: waits or ends the guest as a bench wants it. Only
    /// [`Verdict::Proceed`] and [`Verdict::Fail`] are returned.
    pub(crate) async fn before(&mut self, kind: CallKind, operation: &str) -> wasmtime::Result<Verdict> {
        match &self.control.calls {
            None => Ok(Verdict::Proceed),
            Some(calls) => {
                let verdict = calls.before(self.control.call(kind, operation));
                self.control.carry_out(verdict).await
            }
        }
    }

    /// To be called after a capability call took effect.
    pub(crate) async fn after(&mut self, kind: CallKind, operation: &str) -> wasmtime::Result<()> {
        match &self.control.calls {
            None => Ok(()),
            Some(calls) => {
                let verdict = calls.after(self.control.call(kind, operation));
                self.control.carry_out(verdict).await.map(drop)
            }
        }
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for GuestState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outbound }
    }
}

/// The part of a guest that a bench reaches from outside its store.
pub(crate) struct GuestControl {
    component: Arc<str>,
    pub(crate) calls: Option<Arc<dyn HostCalls>>,
    killed: AtomicBool,
    /// Whether the guest was refused memory that another time it could have had.
    lacked_memory: Arc<AtomicBool>,
}

/// Why a guest ended that a bench killed.
#[derive(Debug, thiserror::Error)]
#[error("killed by the fault bench")]
pub(crate) struct Killed;

impl GuestControl {
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
