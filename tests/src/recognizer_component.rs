//! The recogniser's component in a host of its own: what tests of recognition alone need, without an application.

use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_getres, clock_gettime};
use tollbooth_recognition::{Models, Reading, Recognizer};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{HostMonotonicClock, WasiCtx, WasiCtxView, WasiView};

mod bindings {
    wasmtime::component::bindgen!({
        inline: "
            package tollbooth:tests;
            world recognition {
                export tollbooth:recognizer/recognizer@0.1.0;
            }
        ",
        path: ["../wit/types", "../wit/recognizer"],
        world: "tollbooth:tests/recognition",
    });
}

use bindings::Recognition;
use bindings::exports::tollbooth::recognizer::recognizer::Hints;

/// Processor time of this process so far. Natively the networks have a thread of their own, so a thread's time is not enough.
#[must_use]
pub fn processor_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// The component's clock: processor time too, so that its stages and those of the native recogniser are the same measure.
struct ProcessorClock;

impl HostMonotonicClock for ProcessorClock {
    fn resolution(&self) -> u64 {
        let resolution = clock_getres(ClockId::ProcessCPUTime);
        resolution.tv_nsec.unsigned_abs().max(1)
    }

    fn now(&self) -> u64 {
        u64::try_from(processor_time().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// An instance of `recognizer-onnx` as `scripts/build` made it.
pub struct RecognizerComponent {
    store: Store<Guest>,
    instance: Recognition,
}

struct Guest {
    wasi: WasiCtx,
    table: ResourceTable,
    memory: Memory,
}

/// Remembers how far linear memory grew.
#[derive(Default)]
struct Memory {
    peak: usize,
}

impl wasmtime::ResourceLimiter for Memory {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.peak = self.peak.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl RecognizerComponent {
    /// Compiles and instantiates the component, with the settings of `tollbooth up` and Spin that matter to machine code.
    /// Takes seconds.
    ///
    /// # Panics
    /// When the component is not built.
    #[must_use]
    pub fn load() -> Self {
        let wasm = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/wasm32-wasip2/release/recognizer_onnx.wasm");
        assert!(wasm.exists(), "{} is missing: run scripts/build first", wasm.display());
        let mut config = Config::new();
        config.wasm_component_model(true).epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        let component = Component::from_file(&engine, &wasm).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).unwrap();
        let wasi =
            WasiCtx::builder().inherit_stdout().inherit_stderr().inherit_env().monotonic_clock(ProcessorClock).build();
        let mut store = Store::new(&engine, Guest { wasi, table: ResourceTable::new(), memory: Memory::default() });
        store.limiter(|guest| &mut guest.memory);
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = Recognition::instantiate(&mut store, &component, &linker).unwrap();
        Self { store, instance }
    }

    /// Reads a photo.
    ///
    /// # Errors
    /// What the recogniser says it could not do.
    pub fn read(&mut self, photo: &[u8]) -> Result<Reading, String> {
        let hints = Hints { jurisdiction: None, deadline_ms: 60_000, passage: "test".to_owned(), attempt: 1 };
        let recognizer = self.instance.tollbooth_recognizer_recognizer();
        let answer = recognizer.call_read(&mut self.store, photo, &hints).unwrap();
        answer.map_err(|failure| format!("{failure:?}")).map(|reading| serde_json::from_str(&reading.raw).unwrap())
    }

    /// The most linear memory it ever had, in bytes.
    #[must_use]
    pub fn peak_memory(&self) -> usize {
        self.store.data().memory.peak
    }
}

/// The same recogniser, built for this machine.
///
/// # Panics
/// When the models are missing.
#[must_use]
pub fn native_recognizer() -> Recognizer {
    let models = Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")).unwrap();
    Recognizer::new(models).unwrap()
}
