//! From a manifest to compiled components with open databases.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{runtime::Handle, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wasmtime::component::{Component as Compiled, InstancePre};

use super::{AppOptions, Parts, ReadingThreads, StateDir, machine};
use crate::{
    HostError,
    compose::{self, Source},
    host_calls::Bench,
    http_trigger::Router,
    key_value::KeyValue,
    manifest::{COMPUTED, Component, DependencySource, Manifest},
    observe::{Exporter, Tracer},
    outbound::AllowedHosts,
    postgres::Postgres,
    runtime::{
        Chain, CompileCache, Components, EpochTicker, Faces, Grants, GuestState, LoadedComponent, MemoryBudget,
        Runtime, Services, WarmCode, Workers, mount,
    },
    sqlite::Database,
    variables::{Template, Variables},
};

/// An application that is ready to serve.
pub struct App(pub(super) Parts);

impl App {
    /// Locks the state directory, composes and compiles every component, opens the databases. Blocks its task for
    /// as long as the compiler works. Must be called within a multi-threaded tokio runtime: its threads will answer
    /// requests.
    ///
    /// # Errors
    /// Everything that would keep the application from running; nothing is left half started.
    pub fn load(manifest: Manifest, options: AppOptions) -> Result<Self, HostError> {
        let manifest = select(manifest, &options.only)?;
        let environment = |name: &str| options.environment_variables.then(|| std::env::var(name).ok()).flatten();
        let variables = Variables::resolve(&manifest, &options.variables, environment)?;
        let state_dir = StateDir::lock(&options.state_dir)?;
        let warm = options.code.as_deref();
        let memory = options.memory_budget.unwrap_or_else(machine::guests_memory);
        let runtime = warm.map_or_else(|| Runtime::new(memory).map(Arc::new), |warm| warm.runtime(memory))?;
        let cache_dir = options.cache_dir.clone().unwrap_or_else(|| state_dir.join("compiled"));
        let loader = Loader {
            manifest: &manifest,
            variables: &variables,
            runtime: &runtime,
            cache: CompileCache::open(cache_dir, Arc::clone(&options.progress))?,
            state_dir: &state_dir,
            cron_slots: reading_threads(&options),
            warm,
            sources: RefCell::default(),
            recalled: OnceCell::new(),
        };
        let components = Arc::new(loader.load_all()?);
        let router = Router::new(&manifest.http_triggers).map_err(HostError::Usage)?;
        let schedules = manifest
            .cron_triggers
            .iter()
            .filter_map(|trigger| {
                let component = components.get(&trigger.component)?;
                Some((Arc::clone(component), trigger.schedule.clone()))
            })
            .collect();
        let reading = ReadingThreads::start(reading_threads(&options))?;
        let ticker = EpochTicker::start(&runtime.engine)?;
        let (tracer, exporter) = options.otlp.clone().map(Exporter::start).unzip();
        let chain = Arc::clone(&components) as Arc<dyn Chain>;
        let services = services(&runtime, &state_dir, &reading, (&options, memory), (tracer, chain))?;
        Ok(Self(Parts {
            services,
            components,
            router,
            schedules,
            max_concurrent_guests: options.max_concurrent_guests,
            max_connections: options.max_connections.unwrap_or_else(machine::connections),
            run_schedules: options.run_schedules,
            reading,
            ticker,
            state_dir,
            exporter,
        }))
    }
}

fn reading_threads(options: &AppOptions) -> usize {
    options.reading_threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

fn services(
    runtime: &Runtime,
    state_dir: &StateDir,
    reading: &ReadingThreads,
    (options, memory): (&AppOptions, usize),
    (tracer, chain): (Option<Arc<Tracer>>, Arc<dyn Chain>),
) -> Result<Arc<Services>, HostError> {
    let serving = Handle::current();
    Ok(Arc::new(Services {
        engine: runtime.engine.clone(),
        key_value: KeyValue::open(&state_dir.private("sqlite_key_value.db")?, serving.clone())?,
        database: Database::open(&state_dir.private("sqlite_db.db")?, serving.clone())?,
        postgres: Postgres::new(options.postgres_pooling, options.postgres_connections),
        // What freed instances keep is resident, too, whoever runs.
        memory: MemoryBudget::new(memory.saturating_sub(runtime.kept), machine::large_memory(memory)),
        max_guest_memory: options.max_guest_memory,
        bench: options.bench.clone(),
        workers: Workers::new(&run_name(&options.bench)?),
        serving,
        reading: reading.handle().clone(),
        guests: TaskTracker::new(),
        ending: CancellationToken::new(),
        chain,
        tracer,
    }))
}

/// A name that no other run has; under a bench always the same, for its runs are repeated.
fn run_name(bench: &Bench) -> Result<String, HostError> {
    if bench.random.is_some() {
        return Ok("bench".to_owned());
    }
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| HostError::System { action: "get random bytes", source: std::io::Error::other(error) })?;
    Ok(format!("run{:016x}", u64::from_le_bytes(random)))
}

/// Leaves out what was not selected.
fn select(mut manifest: Manifest, only: &[String]) -> Result<Manifest, HostError> {
    if only.is_empty() {
        return Ok(manifest);
    }
    for id in only {
        if !manifest.components.contains_key(id) {
            let known: Vec<&str> = manifest.components.keys().map(String::as_str).collect();
            return Err(HostError::Usage(format!(
                "--only {id}: there is no such component; the manifest has {}",
                known.join(", ")
            )));
        }
    }
    manifest.http_triggers.retain(|trigger| only.contains(&trigger.component));
    manifest.cron_triggers.retain(|trigger| only.contains(&trigger.component));
    Ok(manifest)
}

struct Loader<'a> {
    manifest: &'a Manifest,
    variables: &'a Variables,
    runtime: &'a Runtime,
    cache: CompileCache,
    state_dir: &'a StateDir,
    cron_slots: usize,
    /// Code of earlier applications, in a bench.
    warm: Option<&'a WarmCode>,
    /// Files read so far: several components share their dependencies.
    sources: RefCell<BTreeMap<PathBuf, Arc<Source>>>,
    /// Set once functions of earlier starts were recalled: only a start that compiles needs them.
    recalled: OnceCell<()>,
}

impl Loader<'_> {
    /// Every component that a trigger names; others exist as dependencies only.
    fn load_all(&self) -> Result<Components, HostError> {
        let http = self.manifest.http_triggers.iter().map(|t| &t.component);
        let cron = self.manifest.cron_triggers.iter().map(|t| &t.component);
        let (http, cron): (BTreeSet<_>, BTreeSet<_>) = (http.collect(), cron.collect());
        let mut compiled: BTreeMap<[u8; 32], Compiled> = BTreeMap::new();
        let mut components = Components::new();
        for (id, component) in &self.manifest.components {
            let (http, cron) = (http.contains(id), cron.contains(id));
            if http || cron {
                let mut faces = || self.link(id, &self.compile(id, component, &mut compiled)?, http, cron);
                let faces = match self.warm {
                    Some(warm) => warm.faces(id, faces)?,
                    None => faces()?,
                };
                components.insert(id.clone(), Arc::new(self.grant(id, component, faces)?));
            }
        }
        self.cache.keep(&self.runtime.engine, self.runtime.functions());
        self.runtime.forget_functions();
        self.cache.prune();
        Ok(components)
    }

    /// Joins code with the host's functions and finds the exports that the triggers need.
    fn link(&self, id: &str, code: &Compiled, http: bool, cron: bool) -> Result<Faces, HostError> {
        let refuse = |reason: String| HostError::Component { component: id.to_owned(), reason };
        let open = code.component_type();
        let unasked = |import: &&str| COMPUTED.contains(import) && !self.manifest.computed.contains(*import);
        if let Some(import) = open.imports(&self.runtime.engine).map(|(name, _)| name).find(unasked) {
            return Err(refuse(format!("it imports `{import}`, which none of its dependencies satisfies")));
        }
        let pre: InstancePre<GuestState> =
            self.runtime.linker.instantiate_pre(code).map_err(|error| refuse(format!("{error:#}")))?;
        Faces::find(&pre, http, cron).map_err(refuse)
    }

    /// Components of the same parts share their code.
    fn compile(
        &self,
        id: &str,
        component: &Component,
        compiled: &mut BTreeMap<[u8; 32], Compiled>,
    ) -> Result<Compiled, HostError> {
        let mut dependencies = Vec::new();
        for dependency in &component.dependencies {
            let path = match &dependency.source {
                DependencySource::Path(path) => path,
                DependencySource::Component(id) => {
                    let target = self.manifest.components.get(id);
                    &target.ok_or_else(|| unknown(id))?.source
                }
            };
            dependencies.push(self.read(path)?);
        }
        let parts = compose::Parts {
            id,
            component,
            source: self.read(&component.source)?,
            dependencies,
            computed: &self.manifest.computed,
        };
        let hash = parts.hash();
        if let Some(code) = compiled.get(&hash) {
            return Ok(code.clone());
        }
        let code = self.cache.load(&self.runtime.engine, id, &hash, || {
            self.recalled.get_or_init(|| self.cache.recall(&self.runtime.engine, self.runtime.functions()));
            parts.compose()
        })?;
        compiled.insert(hash, code.clone());
        Ok(code)
    }

    fn read(&self, path: &Path) -> Result<Arc<Source>, HostError> {
        let path = self.manifest.root.join(path);
        if let Some(source) = self.sources.borrow().get(&path) {
            return Ok(Arc::clone(source));
        }
        let wasm = fs::read(&path).map_err(HostError::file("read the component (has it been built?)", &path))?;
        let source = Arc::new(Source::new(wasm));
        self.sources.borrow_mut().insert(path, Arc::clone(&source));
        Ok(source)
    }

    /// Adds what this application gives the component: variables, files, hosts, stores.
    fn grant(&self, id: &str, component: &Component, faces: Faces) -> Result<LoadedComponent, HostError> {
        let files = self.state_dir.join("mounts").join(id);
        let mounted = mount(&self.manifest.root, &component.files, &files)?;
        let grants = Grants {
            id: id.into(),
            pool: component.pool,
            variables: self.fill_variables(id, component)?,
            environment: component.environment.clone().into_iter().collect(),
            files: mounted.then_some(files),
            allowed_hosts: self.fill_hosts(id, component)?,
            key_value_stores: component.key_value_stores.iter().cloned().collect(),
            sqlite_databases: component.sqlite_databases.iter().cloned().collect(),
            usage: Arc::default(),
        };
        Ok(LoadedComponent { grants: Arc::new(grants), faces, cron_slots: Arc::new(Semaphore::new(self.cron_slots)) })
    }

    fn fill_variables(&self, id: &str, component: &Component) -> Result<BTreeMap<String, String>, HostError> {
        let filled = component.variables.iter().map(|(name, text)| {
            let value = self
                .fill(text)
                .map_err(|reason| HostError::Usage(format!("component.{id}.variables.{name} {reason}")))?;
            Ok((name.clone(), value))
        });
        filled.collect()
    }

    fn fill_hosts(&self, id: &str, component: &Component) -> Result<AllowedHosts, HostError> {
        let wrong = |reason: String| HostError::Usage(format!("component.{id}.allowed_outbound_hosts: {reason}"));
        let texts = component.allowed_outbound_hosts.iter();
        let filled: Result<Vec<String>, String> = texts.map(|text| self.fill(text)).collect();
        let filled = filled.map_err(wrong)?;
        AllowedHosts::parse(filled.iter().map(String::as_str)).map_err(wrong)
    }

    fn fill(&self, text: &str) -> Result<String, String> {
        let template = Template::parse(text)?;
        self.variables.fill(&template).map_err(|name| format!("uses the variable `{name}`, which has no value"))
    }
}

fn unknown(id: &str) -> HostError {
    HostError::Usage(format!("there is no component `{id}`"))
}
