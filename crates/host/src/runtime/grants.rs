//! What a component is to the guests that run in it: its name, and what it was given.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::{control::GuestControl, output::GuestOutput, replaced, workers::Worker};
use crate::{host_calls::Bench, manifest::Pool, observe::Usage, outbound::AllowedHosts};

/// A component's grants, without its code.
pub(crate) struct Grants {
    pub(crate) id: Arc<str>,
    pub(crate) pool: Pool,
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

impl Grants {
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
