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

use super::{
    GuestState,
    bindings::{Computed, Platform},
    shared_functions::SharedFunctions,
};
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
/// What all that were freed may keep together, memories and tables, each as this part of the memory for guests. After a burst
/// that used every memory there is, this much stays resident with nobody running.
const KEPT_IN_MEMORIES: usize = 8;
const KEPT_IN_TABLES: usize = 16;
const PAGE: usize = 4096;
/// After this time a computing guest lets others of its pool have a turn.
const TICK: Duration = Duration::from_millis(10);

/// The engine and what every component is linked against.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<GuestState>,
    functions: Arc<SharedFunctions>,
    /// The most bytes that freed instances keep resident, all together: of the guests' memory, for it is theirs to use next.
    pub(crate) kept: usize,
}

/// Bytes that a freed memory and a freed table keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kept {
    memory: usize,
    table: usize,
}

impl Kept {
    /// As much as is of use, and no more than leaves the most of a budget of so many bytes to those who run.
    fn within(budget: usize, tells_written: bool) -> Self {
        let wanted = if tells_written { KEEP_WRITTEN } else { KEEP_RESIDENT };
        let share = |part: usize, of: usize| budget / part / of / PAGE * PAGE;
        let memories = MAX_MEMORIES as usize;
        Self {
            memory: wanted.min(share(KEPT_IN_MEMORIES, memories)),
            table: KEEP_RESIDENT.min(share(KEPT_IN_TABLES, 2 * memories)),
        }
    }

    /// What they keep when each was used.
    const fn most(self) -> usize {
        MAX_MEMORIES as usize * (self.memory + 2 * self.table)
    }
}

impl Runtime {
    /// Sets the engine up for guests that have so many bytes of memory together. Where the system refuses the address space of
    /// the pool, instances are allocated one by one: slower, but it runs.
    pub(crate) fn new(budget: usize) -> Result<Self, HostError> {
        let functions = Arc::new(SharedFunctions::default());
        let kept = Kept::within(budget, PoolingAllocationConfig::is_pagemap_scan_available());
        let (engine, kept) = match Engine::new(&config(Some(kept), &functions)?) {
            Ok(engine) => (engine, kept.most()),
            Err(reason) => {
                tracing::warn!(%reason, "no room for a pool of instances; each one is allocated by itself, which is slower");
                (Engine::new(&config(None, &functions)?).map_err(failed)?, 0)
            }
        };
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(failed)?;
        Platform::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state).map_err(failed)?;
        Computed::add_to_linker::<_, HasSelf<GuestState>>(&mut linker, |state| state).map_err(failed)?;
        Ok(Self { engine, linker, functions, kept })
    }

    /// What was compiled since functions were forgotten.
    pub(crate) fn functions(&self) -> &SharedFunctions {
        &self.functions
    }

    /// To be called when everything is compiled: what helped to compile it is not needed any more.
    pub(crate) fn forget_functions(&self) {
        self.functions.clear();
    }
}

fn failed(error: impl std::fmt::Display) -> HostError {
    HostError::Engine(format!("{error:#}"))
}

/// With what freed instances keep, for a pool of them.
fn config(pooled: Option<Kept>, functions: &Arc<SharedFunctions>) -> Result<Config, HostError> {
    let mut config = Config::new();
    config.enable_incremental_compilation(Arc::clone(functions) as _).map_err(failed)?;
    config.wasm_component_model(true);
    config.wasm_simd(true);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config.parallel_compilation(true);
    if let Some(kept) = pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(MAX_MEMORIES);
        pool.total_tables(2 * MAX_MEMORIES);
        pool.total_stacks(MAX_MEMORIES);
        // A composition makes a dozen small core instances beside each real one; these are counters only.
        pool.total_core_instances(40 * MAX_MEMORIES);
        pool.total_component_instances(2 * MAX_MEMORIES);
        pool.pagemap_scan(Enabled::Auto);
        pool.linear_memory_keep_resident(kept.memory);
        pool.table_keep_resident(kept.table);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_freed_instances_keep_is_a_part_of_the_budget_however_small_it_is() {
        for budget in [0, 1 << 20, 64 << 20, 256 << 20, 1 << 30, 4 << 30, 64 << 30] {
            for tells_written in [true, false] {
                let kept = Kept::within(budget, tells_written);
                assert!(kept.most() <= budget / 16 * 3, "{budget}: {kept:?}");
            }
        }
    }

    #[test]
    fn where_there_is_memory_they_keep_all_that_is_of_use() {
        assert_eq!(Kept::within(10 << 30, true), Kept { memory: KEEP_WRITTEN, table: KEEP_RESIDENT });
        assert_eq!(Kept::within(10 << 30, false), Kept { memory: KEEP_RESIDENT, table: KEEP_RESIDENT });
    }
}
