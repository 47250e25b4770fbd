//! What one instance sees of the host.

use std::sync::Arc;

use tollbooth_trace::Context;
use wasmtime::{Store, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::{
    control::GuestControl,
    grants::Grants,
    lanes::Urgency,
    memory::{MemoryClaim, MemoryShare},
    services::Services,
    workers::Worker,
};
use crate::{
    host_calls::{CallKind, Verdict},
    manifest::Pool,
    outbound::OutboundHooks,
};

/// The data of a store: one per instance.
pub(crate) struct GuestState {
    pub(crate) component: Arc<Grants>,
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
        component: &Arc<Grants>,
        services: &Arc<Services>,
        urgency: Arc<Urgency>,
        memory: MemoryClaim,
        trace: Option<Context>,
    ) -> wasmtime::Result<Store<Self>> {
        let control = GuestControl::new(&component.id, services.bench.calls.clone());
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
