//! What all runs share: the built components with the scripted recogniser, compiled once, and room for state.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tollbooth_host::{App, AppOptions, Bench, Manifest, PostgresPooling, Running, WarmCode};
use tollbooth_tests::identities::Identities;

use crate::calls::{Calls, Death, Snapshot};
use crate::cluster::{Cluster, with_postgres};
use crate::error::BenchError;
use crate::post::{Mailbox, PostOffice};
use crate::power;
use crate::sources::{SimClock, SimRandom};

/// The first operator's token in all runs.
pub const OPERATOR_TOKEN: &str = "operator-token-of-the-bench";

/// Applications that exist at once. Each reserves address space for its pool of instances, which is not endless.
const MOST_APPLICATIONS: usize = 8;

/// The databases of a state directory.
const DATABASES: [&str; 2] = ["sqlite_db.db", "sqlite_key_value.db"];

/// The bench's workshop. Cheap to share between threads.
pub struct Lab {
    manifest: Manifest,
    cache_dir: PathBuf,
    code: Arc<WarmCode>,
    root: TempDir,
    runtime: Runtime,
    room: Arc<Semaphore>,
    numbers: AtomicU64,
    cluster: Option<Cluster>,
    post: PostOffice,
    identities: Arc<Identities>,
}

impl Lab {
    /// Reads the manifest of the repository with the scripted recogniser instead of the real one.
    ///
    /// `manifest` is another one, and `components` the folder with the built `.wasm` files; none means those of the
    /// repository. `cluster` is where ledgers are kept; none: in files.
    ///
    /// # Errors
    /// [`BenchError`] when the manifest cannot be read or there is no room for state.
    pub fn open(
        manifest: Option<&Path>,
        components: Option<&Path>,
        cluster: Option<Cluster>,
    ) -> Result<Arc<Self>, BenchError> {
        power::install();
        let repository = tollbooth_tests::repository();
        let repository = fs::canonicalize(&repository).map_err(BenchError::file("find", repository))?;
        let built = repository.join("target/wasm32-wasip2/release");
        let built = components.map_or(built, Path::to_path_buf);
        let built = fs::canonicalize(&built).map_err(BenchError::file("find the built components in", built))?;
        let source = manifest.map_or_else(|| repository.join("spin.toml"), Path::to_path_buf);
        let text = fs::read_to_string(&source).map_err(BenchError::file("read", &source))?;
        let text = text
            .replace("\"target/wasm32-wasip2/release/", &format!("\"{}/", built.display()))
            .replace("recognizer_onnx.wasm", "recognizer_scripted.wasm");
        let text = if cluster.is_some() { with_postgres(&text)? } else { text };
        let root = room_for_state()?;
        let manifest = Manifest::parse(&root.path().join("spin.toml"), &text)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .map_err(|source| BenchError::System { action: "start the bench's threads", source })?;
        Ok(Arc::new(Self {
            manifest,
            cache_dir: repository.join("target/tests-compiled"),
            code: Arc::default(),
            root,
            runtime,
            room: Arc::new(Semaphore::new(MOST_APPLICATIONS)),
            numbers: AtomicU64::new(0),
            cluster,
            post: PostOffice::open()?,
            identities: Arc::new(Identities::start()),
        }))
    }

    /// The threads that answer requests.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Where ledgers are kept, when not in files.
    #[must_use]
    pub const fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// Where mail ends.
    #[must_use]
    pub const fn post(&self) -> &PostOffice {
        &self.post
    }

    /// The provider that people may sign in with.
    #[must_use]
    pub const fn identities(&self) -> &Arc<Identities> {
        &self.identities
    }

    /// A new, empty directory.
    ///
    /// # Errors
    /// [`BenchError::File`]
    pub fn directory(&self) -> Result<PathBuf, BenchError> {
        let path = self.root.path().join(self.numbers.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&path).map_err(BenchError::file("create", &path))?;
        Ok(path)
    }

    /// A new directory with copies of the databases of another.
    ///
    /// # Errors
    /// [`BenchError::File`]
    pub fn copy(&self, from: &Path) -> Result<PathBuf, BenchError> {
        let to = self.copy_files(from)?;
        if let Some(cluster) = &self.cluster {
            cluster.copy(from, &to)?;
        }
        Ok(to)
    }

    fn copy_files(&self, from: &Path) -> Result<PathBuf, BenchError> {
        let to = self.directory()?;
        for name in DATABASES {
            // The file before its log: a page that moves from the log to the file meanwhile is then in the log.
            for name in [name.to_owned(), format!("{name}-wal")] {
                let source = from.join(&name);
                if source.exists() {
                    fs::copy(&source, to.join(&name)).map_err(BenchError::file("copy", source))?;
                }
            }
        }
        Ok(to)
    }

    /// Starts the application on a state directory. Its mail goes to this box.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn start(
        self: &Arc<Self>,
        directory: &Path,
        wakes: bool,
        clock: &Arc<SimClock>,
        seed: u64,
        mailbox: &Mailbox,
    ) -> Result<(Arc<Running>, Arc<Calls>), BenchError> {
        let room = Arc::clone(&self.room);
        if let Ok(permit) = self.runtime.block_on(room.acquire_owned()) {
            // Given back by `discard`.
            permit.forget();
        }
        let calls = Arc::new(Calls::new(self.snapshot_of(directory.to_path_buf())));
        let mut variables = BTreeMap::from([
            ("operator_token".to_owned(), OPERATOR_TOKEN.to_owned()),
            ("mail_relay_origin".to_owned(), self.post.origin().to_owned()),
            ("mail_relay_token".to_owned(), mailbox.token().to_owned()),
        ]);
        // Nobody opens the address that people are sent back to: the bench is the browser.
        let provider = self.identities.variables().into_iter();
        variables.extend(provider.map(|(name, value)| (name.to_owned(), value.replace(":{port}", ""))));
        if !wakes {
            // Nobody is woken: the bench says when plates are read.
            variables.insert("wake_path".to_owned(), "/nobody".to_owned());
        }
        if let Some(cluster) = &self.cluster {
            let database = cluster.of(directory)?;
            variables.extend(database.variables().map(|(name, value)| (name.to_owned(), value)));
        }
        let bench = Bench {
            calls: Some(Arc::clone(&calls) as _),
            clock: Some(Arc::clone(clock) as _),
            random: Some(Arc::new(SimRandom::new(seed))),
        };
        let options = AppOptions {
            state_dir: directory.to_path_buf(),
            cache_dir: Some(self.cache_dir.clone()),
            variables,
            environment_variables: false,
            reading_threads: Some(1),
            run_schedules: false,
            postgres_connections: 8,
            postgres_pooling: match &self.cluster {
                Some(cluster) if cluster.as_spin => PostgresPooling::Spin,
                _ => PostgresPooling::Fresh,
            },
            bench,
            code: Some(Arc::clone(&self.code)),
            ..AppOptions::default()
        };
        let started = self.serve(options);
        if started.is_err() {
            self.room.add_permits(1);
        }
        Ok((Arc::new(started?), calls))
    }

    fn serve(&self, options: AppOptions) -> Result<Running, BenchError> {
        let _runtime = self.runtime.enter();
        let app = App::load(self.manifest.clone(), options)?;
        let listener = self
            .runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .map_err(|source| BenchError::System { action: "listen", source })?;
        Ok(app.serve(listener)?)
    }

    /// Ends an application beside the next run, for closing waits for threads that sleep; then removes its directory
    /// unless it is kept.
    pub fn discard(self: &Arc<Self>, running: Arc<Running>, directory: Option<PathBuf>) {
        let lab = Arc::clone(self);
        self.runtime.spawn(async move {
            lab.close(running).await;
            if let Some(directory) = directory {
                power::forget(&directory);
                if let Some(cluster) = &lab.cluster {
                    cluster.forget(&directory);
                }
                // Removed with the root in any case.
                let _ = fs::remove_dir_all(directory);
            }
        });
    }

    /// Ends an application and waits until its databases are closed.
    pub fn close_now(&self, running: Arc<Running>) {
        self.runtime.block_on(self.close(running));
    }

    async fn close(&self, running: Arc<Running>) {
        let mut shared = running;
        let alone = loop {
            match Arc::try_unwrap(shared) {
                Ok(alone) => break alone,
                Err(still) => shared = still,
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        alone.shutdown(Duration::from_millis(1), std::future::pending()).await;
        self.room.add_permits(1);
    }

    fn snapshot_of(self: &Arc<Self>, directory: PathBuf) -> Snapshot {
        let lab = Arc::downgrade(self);
        Arc::new(move |death| {
            let lab = lab.upgrade().ok_or("the bench has ended")?;
            let taken = match death {
                Death::Power => lab.directory().and_then(|to| {
                    power::what_was_synced(&directory, &to)?;
                    Ok(to)
                }),
                Death::Call | Death::Instance | Death::Process => lab.copy_files(&directory),
            };
            taken
                .and_then(|to| {
                    // The server lives on, and undoes what was not committed.
                    lab.cluster.iter().try_for_each(|cluster| cluster.survive(&directory, &to))?;
                    Ok(to)
                })
                .map_err(|error| error.to_string())
        })
    }
}

/// Memory where there is some to spare for files: a run syncs hundreds of times.
fn room_for_state() -> Result<TempDir, BenchError> {
    let memory = Path::new("/dev/shm");
    let room = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    room.map_err(|source| BenchError::System { action: "make a directory for state", source })
}
