//! The WebAssembly engine: compiler settings, the pool of instances, and the ticks that let guests take turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{HasSelf, Linker},
};

use super::{GuestState, bindings::Platform, shared_functions::SharedFunctions};
use crate::HostError;

/// Linear memories that may exist at once, over all guests; each module of a composition takes one. Only address
/// space is reserved (4 GiB each), memory is taken as guests touch it.
pub(crate) const MAX_MEMORIES: u32 = 2000;
/// Bytes of a freed memory that stay resident for the next instance, which then takes no page faults there: the first ones,
/// whether a guest wrote to them or not.
const KEEP_RESIDENT: usize = 128 << 10;
/// The same where Linux tells which pages a guest wrote to (6.7 and later): as many as a guest writes that takes a photo of
/// usual size.
const KEEP_WRITTEN: usize = 512 << 10;
/// After this time a computing guest lets others of its pool have a turn.
const TICK: Duration = Duration::from_millis(10);

/// The engine and what every component is linked against.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<GuestState>,
    functions: Arc<SharedFunctions>,
}

impl Runtime {
    /// Sets the engine up. Where the system refuses the address space of the pool, instances are allocated one by
    /// one: slower, but it runs.
    pub(crate) fn new() -> Result<Self, HostError> {
        let functions = Arc::new(SharedFunctions::default());
        let engine = match Engine::new(&config(true, &functions)?) {
            Ok(engine) => engine,
            Err(reason) => {
                tracing::warn!(%reason, "no room for a pool of instances; each one is allocated by itself, which is slower");
                Engine::new(&config(false, &functions)?).map_err(failed)?
            }
        };
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(failed)?;
        Platform::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state).map_err(failed)?;
        Ok(Self { engine, linker, functions })
    }

    /// To be called when everything is compiled: what helped to compile it is not needed any more.
    pub(crate) fn forget_functions(&self) {
        self.functions.clear();
    }
}

fn failed(error: impl std::fmt::Display) -> HostError {
    HostError::Engine(format!("{error:#}"))
}

fn config(pooled: bool, functions: &Arc<SharedFunctions>) -> Result<Config, HostError> {
    let mut config = Config::new();
    config.enable_incremental_compilation(Arc::clone(functions) as _).map_err(failed)?;
    config.wasm_component_model(true);
    config.wasm_simd(true);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config.parallel_compilation(true);
    if pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(MAX_MEMORIES);
        pool.total_tables(2 * MAX_MEMORIES);
        pool.total_stacks(MAX_MEMORIES);
        // A composition makes a dozen small core instances beside each real one; these are counters only.
        pool.total_core_instances(40 * MAX_MEMORIES);
        pool.total_component_instances(2 * MAX_MEMORIES);
        let tells_written = PoolingAllocationConfig::is_pagemap_scan_available();
        pool.pagemap_scan(Enabled::Auto);
        pool.linear_memory_keep_resident(if tells_written { KEEP_WRITTEN } else { KEEP_RESIDENT });
        pool.table_keep_resident(KEEP_RESIDENT);
        pool.max_core_instance_size(4 << 20);
        pool.max_component_instance_size(4 << 20);
        pool.table_elements(100_000);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Ok(config)
}

/// Advances the engine's epoch until dropped.
pub(crate) struct EpochTicker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl EpochTicker {
    pub(crate) fn start(engine: &Engine) -> Result<Self, HostError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let engine = engine.weak();
        let thread = std::thread::Builder::new()
            .name("epoch".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    let Some(engine) = engine.upgrade() else {
                        return;
                    };
                    engine.increment_epoch();
                }
            })
            .map_err(|source| HostError::System { action: "start the thread that lets guests take turns", source })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for EpochTicker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the epoch thread panicked");
        }
    }
}
