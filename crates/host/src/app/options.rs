//! How an application is to be run.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    host_calls::Bench,
    observe::OtlpOptions,
    postgres::PostgresPooling,
    runtime::{CompileProgress, WarmCode},
};

/// Settings of [`super::App::load`]; the defaults are those of `tollbooth up`.
#[derive(Clone)]
pub struct AppOptions {
    /// Where databases and the compile cache live. One process at a time.
    pub state_dir: PathBuf,
    /// Where compiled code is kept; none means `<state_dir>/compiled`.
    pub cache_dir: Option<PathBuf>,
    /// Values of application variables; they win over every other source.
    pub variables: BTreeMap<String, String>,
    /// Whether `SPIN_VARIABLE_*` of the environment count.
    pub environment_variables: bool,
    /// Components to run; empty means all. Triggers of other components are left out.
    pub only: Vec<String>,
    /// Threads of the reading pool, at least 1; none means one for each core.
    pub reading_threads: Option<usize>,
    /// Guests that clients with credentials may have running at once, at least 1, of which one client gets half at most;
    /// beyond it they get 503. Strangers have an eighth as many beside them.
    pub max_concurrent_guests: usize,
    /// Connections open at once; none means half of the files that the process may open, 10,000 at most. When there are
    /// more, those that are in no request have to go.
    pub max_connections: Option<usize>,
    /// Bytes of memory for one guest.
    pub max_guest_memory: usize,
    /// Bytes of memory for all guests together; none means 60 % of what the machine, or the container, has.
    pub memory_budget: Option<usize>,
    /// Connections to one PostgreSQL database at once, at least 1; beyond it guests wait, and fail after a while.
    pub postgres_connections: usize,
    /// What a connection to PostgreSQL is like for its next user.
    pub postgres_pooling: PostgresPooling,
    /// Whether cron triggers fire by themselves; a bench fires them by hand.
    pub run_schedules: bool,
    /// Where spans of requests and runs are exported; none means nowhere.
    pub otlp: Option<OtlpOptions>,
    /// Told when the compiler works.
    pub progress: Arc<dyn Fn(CompileProgress<'_>) + Send + Sync>,
    /// Replacements for a fault bench.
    pub bench: Bench,
    /// Code that earlier applications of the same manifest loaded, for a fault bench.
    pub code: Option<Arc<WarmCode>>,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            state_dir: PathBuf::from(".tollbooth"),
            cache_dir: None,
            variables: BTreeMap::new(),
            environment_variables: true,
            only: Vec::new(),
            reading_threads: None,
            max_concurrent_guests: 256,
            max_connections: None,
            max_guest_memory: 1 << 30,
            memory_budget: None,
            postgres_connections: 32,
            postgres_pooling: PostgresPooling::default(),
            run_schedules: true,
            otlp: None,
            progress: Arc::new(|_| {}),
            bench: Bench::default(),
            code: None,
        }
    }
}
