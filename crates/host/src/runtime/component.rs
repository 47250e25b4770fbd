//! A component ready to run, and what all components share.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtime::{Engine, component::InstancePre};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::p2::bindings::ProxyPre;

use super::{
    GuestState, MemoryBudget, Urgency,
    bindings::SpinCronPre,
    guest_state::GuestControl,
    lanes::LaneChanger,
    output::GuestOutput,
    replaced,
    workers::{Worker, Workers},
};
use crate::{
    host_calls::Bench,
    key_value::KeyValue,
    manifest::Pool,
    observe::{Tracer, Usage},
    outbound::AllowedHosts,
    postgres::Postgres,
    sqlite::Database,
};

/// A compiled component with its grants.
pub(crate) struct LoadedComponent {
    pub(crate) id: Arc<str>,
    pub(crate) pool: Pool,
    /// Present when an HTTP trigger names the component; only then can it be reached by chaining.
    pub(crate) http: Option<ProxyPre<GuestState>>,
    /// Present when a cron trigger names it.
    pub(crate) cron: Option<SpinCronPre<GuestState>>,
    /// Limits firings that overlap.
    pub(crate) cron_slots: Arc<Semaphore>,
    /// Resolved variables.
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) environment: Vec<(String, String)>,
    /// The directory the guest sees at `/`.
    pub(crate) files: Option<PathBuf>,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) key_value_stores: BTreeSet<String>,
    pub(crate) sqlite_databases: BTreeSet<String>,
    /// What it used since the start.
    pub(crate) usage: Arc<Usage>,
}

impl LoadedComponent {
    /// A WASI context: no network, no arguments, output into the log, files read-only.
    pub(super) fn wasi(
        &self,
        bench: &Bench,
        control: &Arc<GuestControl>,
        worker: Option<&Worker>,
    ) -> wasmtime::Result<WasiCtx> {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(GuestOutput::new(Arc::clone(&self.id)));
        wasi.stderr(GuestOutput::new(Arc::clone(&self.id)));
        // All of them: what this process writes is decided here, by its own filter.
        wasi.env("LOG_LEVEL", "debug");
        wasi.envs(&self.environment);
        if let Some(worker) = worker {
            wasi.envs(&worker.environment());
        }
        wasi.allow_tcp(false).allow_udp(false);
        if let Some(files) = &self.files {
            wasi.preopened_dir(files, "/", FsPerms::ReadOnly)?;
        }
        replaced::install(bench, control, &mut wasi);
        Ok(wasi.build())
    }
}

/// The exports a component was found to have.
#[derive(Clone)]
pub(crate) struct Faces {
    pub(crate) http: Option<ProxyPre<GuestState>>,
    pub(crate) cron: Option<SpinCronPre<GuestState>>,
}

impl Faces {
    /// Looks for the exports that the triggers of a component need.
    ///
    /// # Errors
    /// Which export is missing or has another type.
    pub(crate) fn find(pre: &InstancePre<GuestState>, http: bool, cron: bool) -> Result<Self, String> {
        let http = http.then(|| ProxyPre::new(pre.clone())).transpose().map_err(|error| {
            format!(
                "it has an http trigger, but {error:#}; only WASI 0.2 (`wasi:http/incoming-handler@0.2`) is supported"
            )
        })?;
        let cron = cron
            .then(|| SpinCronPre::new(pre.clone()))
            .transpose()
            .map_err(|error| format!("it has a cron trigger, but {error:#}"))?;
        Ok(Self { http, cron })
    }
}

/// What the components of an application share.
pub(crate) struct Services {
    pub(crate) engine: Engine,
    pub(crate) key_value: KeyValue,
    pub(crate) database: Arc<Database>,
    pub(crate) postgres: Arc<Postgres>,
    pub(crate) memory: Arc<MemoryBudget>,
    /// Bytes one instance may use.
    pub(crate) max_guest_memory: usize,
    pub(crate) bench: Bench,
    /// Guests of [`Pool::Reading`].
    pub(crate) workers: Arc<Workers>,
    /// Runs guests of [`Pool::Serving`].
    pub(crate) serving: Handle,
    /// Runs guests of [`Pool::Reading`].
    pub(crate) reading: Handle,
    /// Every running guest, those that go on after their response included.
    pub(crate) guests: TaskTracker,
    /// Cancelled when running guests have to end.
    pub(crate) ending: CancellationToken,
    /// All components, for chaining; set once when the application is loaded.
    pub(crate) components: OnceLock<BTreeMap<String, Arc<LoadedComponent>>>,
    /// Where traces are exported.
    pub(crate) tracer: Option<Arc<Tracer>>,
}

impl Services {
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Starts a guest on the threads of its pool. It counts as running until it ends.
    pub(crate) fn start_guest(
        &self,
        pool: Pool,
        urgency: Arc<Urgency>,
        guest: impl Future<Output = ()> + Send + 'static,
    ) {
        let guest = self.guests.track_future(guest);
        match pool {
            Pool::Serving => drop(self.serving.spawn(guest)),
            Pool::Reading => LaneChanger {
                guest: Box::pin(guest),
                urgency,
                reading: self.reading.clone(),
                serving: self.serving.clone(),
            }
            .start(),
        }
    }

    pub(crate) fn component(&self, id: &str) -> Option<&Arc<LoadedComponent>> {
        self.components.get()?.get(id)
    }
}
