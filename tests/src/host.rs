//! A running application: the built components under `tollbooth up` or Spin, in a state directory of its own.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::objects::Bucket;
use crate::postgres::Database;
use crate::{Api, usage, wait};

pub(crate) use crate::built::{repository, tollbooth};

/// The first operator's token in tests.
pub(crate) const OPERATOR_TOKEN: &str = "operator-token-of-the-tests";

/// What the passwords of pushing cameras are derived from in tests.
pub const CAMERA_KEY: &str = "key-of-the-cameras-of-the-tests-0";

/// Which recogniser is composed into the reading stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognizer {
    /// Answers by the script in the photo.
    Scripted,
    /// The real one.
    Onnx,
}

/// Where the ledger is.
#[derive(Debug, Clone)]
pub enum Ledger {
    /// In a file of the state directory.
    Sqlite,
    /// In a database of PostgreSQL and photos in object storage, with the manifest of a cluster.
    Postgres(Database, Bucket),
}

impl Default for Ledger {
    /// What `TOLLBOOTH_TEST_LEDGER` says; a file when it says nothing.
    #[expect(clippy::panic, reason = "a test that was told to use PostgreSQL and cannot has failed")]
    fn default() -> Self {
        match std::env::var("TOLLBOOTH_TEST_LEDGER").as_deref() {
            Err(_) | Ok("sqlite") => Self::Sqlite,
            Ok("postgres") => {
                let what = "TOLLBOOTH_TEST_LEDGER=postgres";
                match Database::new(what).zip(Bucket::new(what)) {
                    Some((database, bucket)) => Self::Postgres(database, bucket),
                    None => panic!("{what}, but PostgreSQL or the object store is not installed"),
                }
            }
            Ok(other) => panic!("TOLLBOOTH_TEST_LEDGER is sqlite or postgres, not {other}"),
        }
    }
}

/// How to run the application.
#[derive(Debug, Clone)]
pub struct Options {
    /// The recogniser.
    pub recognizer: Recognizer,
    /// Whether cron triggers fire. Without them a test decides when something happens.
    pub cron: bool,
    /// Recognisers behind HTTP: name of `reading.recognizer`, and origin.
    pub services: Vec<(&'static str, String)>,
    /// Variables of the built adapters; with any, the adapters run and are asked by service chaining.
    pub adapters: Vec<(&'static str, String)>,
    /// Further arguments of `tollbooth up`; Spin has no such limits, and gets none of them.
    pub arguments: Vec<&'static str>,
    /// Other variables of the application.
    pub variables: Vec<(&'static str, String)>,
    /// Variables of the environment.
    pub environment: Vec<(&'static str, String)>,
    /// Where the ledger is.
    pub ledger: Ledger,
    /// Whether components compute what `tollbooth up` would compute itself, as they do under Spin.
    pub components_compute: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            recognizer: Recognizer::Scripted,
            cron: false,
            services: Vec::new(),
            adapters: Vec::new(),
            arguments: Vec::new(),
            variables: Vec::new(),
            environment: Vec::new(),
            ledger: Ledger::default(),
            components_compute: false,
        }
    }
}

/// A running application. Stopped on drop.
pub struct Host {
    child: Child,
    /// What cron triggers do elsewhere: a cluster's manifest has none.
    ticks: Option<Child>,
    directory: TempDir,
    options: Options,
    port: u16,
    /// With the first operator's token.
    pub operator: Api,
}

impl Host {
    /// Starts with the scripted recogniser and without cron triggers.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts in a fresh state directory.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start_with(options: Options) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let child = launch(directory.path(), &options, port);
        let operator = Api::new(port, OPERATOR_TOKEN);
        let mut host = Self { child, ticks: None, directory, options, port, operator };
        host.await_health();
        host.start_ticks();
        host
    }

    /// The bucket that photos and export files are in, when they are in one.
    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        match &self.options.ledger {
            Ledger::Sqlite => None,
            Ledger::Postgres(_, bucket) => Some(bucket),
        }
    }

    /// Kills the host without warning, as a power cut would.
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn kill(&mut self) {
        kill(&mut self.child).expect("kill the host");
        self.child.wait().expect("wait for the host");
    }

    /// Starts again on the same state directory and port.
    pub fn restart(&mut self) {
        self.child = launch(self.directory.path(), &self.options, self.port);
        self.await_health();
        self.start_ticks();
    }

    #[expect(clippy::expect_used, reason = "test set-up")]
    fn start_ticks(&mut self) {
        if self.options.cron && matches!(self.options.ledger, Ledger::Postgres(..)) && self.ticks.is_none() {
            let mut command = Command::new(tollbooth());
            command.args(["tick", "reading", "--every", "1s"]).arg(format!("http://{}", self.address()));
            command.env("TOLLBOOTH_TOKEN", OPERATOR_TOKEN);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.ticks = Some(command.spawn().expect("start the ticks"));
        }
    }

    /// The address, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where the host keeps its databases.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// Largest resident memory of the host since it started, or since [`Self::forget_peak_memory`], in bytes; none where the
    /// system does not say.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        usage::memory(self.child.id(), "VmHWM:")
    }

    /// Resident memory of the host now, in bytes; none where the system does not say.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        usage::memory(self.child.id(), "VmRSS:")
    }

    /// Time that all threads of the host had a core since it started; none where the system does not say.
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        usage::processor_time(self.child.id())
    }

    /// Has [`Self::peak_memory`] begin anew.
    pub fn forget_peak_memory(&self) {
        // Where it cannot be forgotten the peak is that of the whole run, which is the stricter one.
        let _ = fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }

    /// Runs the operator's tool against this application, with the operator's token: exit code and both outputs.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a tool that cannot be started fails the test")]
    pub fn tool(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(tollbooth())
            .args(arguments)
            .env("TOLLBOOTH_URL", format!("http://{}", self.address()))
            .env("TOLLBOOTH_TOKEN", OPERATOR_TOKEN)
            .output()
            .expect("start the tool; build it first with scripts/build --host");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// Runs a shell's command as an operator of this application would: the tool is in the path, its address and the
    /// operator's token in the environment, and places under their names.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a shell that cannot be started fails the test")]
    pub fn shell(&self, command: &str, places: &[(&str, &Path)]) -> (i32, String, String) {
        let tools = fs::canonicalize(repository().join("target/release")).expect("the built tool");
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("sh")
            .args(["-euc", command])
            .current_dir(self.directory.path())
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("TOLLBOOTH_URL", format!("http://{}", self.address()))
            .env("TOLLBOOTH_TOKEN", OPERATOR_TOKEN)
            .envs(places.iter().copied())
            .output()
            .expect("start a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// Calls without a token.
    #[must_use]
    pub fn anonymous(&self) -> Api {
        Api::new(self.port, "")
    }

    /// Calls with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Api {
        Api::new(self.port, token)
    }

    /// Calls with the token of calls to another application on the same ledger.
    #[must_use]
    pub fn with_token_of(&self, other: &Api) -> Api {
        other.moved_to(self.port)
    }

    /// The number of the host's process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Registers a booth and returns calls as its camera.
    #[must_use]
    pub fn camera(&self, booth: &str) -> Api {
        let body = serde_json::json!({ "name": booth, "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
        let registered = self.operator.put_json(&format!("/v1/booths/{booth}"), &body);
        assert!(registered.status < 300, "{registered:?}");
        self.token("camera", Some(booth))
    }

    /// Calls with a new token of this role.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn token(&self, role: &str, booth: Option<&str>) -> Api {
        let mut body = serde_json::json!({ "role": role, "name": format!("test {role}") });
        if let (Some(booth), Some(object)) = (booth, body.as_object_mut()) {
            object.insert("booth".into(), booth.into());
        }
        let created = self.operator.post("/v1/tokens", &body);
        assert_eq!(created.status, 201, "{created:?}");
        self.with_token(created.json()["token"].as_str().expect("the token's text"))
    }

    /// Reads everything that can be read now.
    pub fn drain(&self) {
        wait::until("the queue to drain", 120, || {
            let report = self.operator.post("/v1/ticks/reading?wait=true", &serde_json::json!({}));
            assert_eq!(report.status, 200, "{report:?}");
            (report.json()["attempts"] == 0).then_some(())
        });
    }

    /// Has services read everything that they may read now.
    pub fn drain_services(&self) {
        wait::until("the services to drain", 120, || {
            let report = self.operator.post("/v1/ticks/services?wait=true", &serde_json::json!({}));
            assert_eq!(report.status, 200, "{report:?}");
            (report.json()["attempts"] == 0).then_some(())
        });
    }

    /// What the host tells Prometheus of what its components cost, when it was started with `--metrics-listen`; none under Spin,
    /// which has figures of its own.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a host that tells nothing fails the test")]
    pub fn own_metrics(&self) -> Option<Api> {
        if std::env::var_os("TOLLBOOTH_TEST_SPIN").is_some() {
            eprintln!("\n*** SKIPPED *** Spin has figures of its own\n");
            return None;
        }
        let log = self.log();
        let port = log.split("Metrics http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next());
        Some(Api::new(port.and_then(|port| port.parse().ok()).expect("where its metrics are"), ""))
    }

    /// The host's output so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    #[expect(clippy::panic, reason = "a host that does not come up fails the test, with its log")]
    fn await_health(&mut self) {
        let anonymous = Api::new(self.port, "");
        // Compiling all components for the first time takes minutes, after those of whoever compiles others already.
        let patience = Instant::now() + wait::FIRST_START;
        while Instant::now() < patience {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("the host ended with {status}:\n{}", self.log());
            }
            if anonymous.try_get("/v1/health").is_some_and(|reply| reply.status == 200) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the host did not become healthy within {:?}:\n{}", wait::FIRST_START, self.log());
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(ticks) = &mut self.ticks {
            let _ = ticks.kill();
            let _ = ticks.wait();
        }
        let _ = kill(&mut self.child);
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the host ---\n{}", self.log());
        }
    }
}

/// Kills a host and all that it started: `spin up` leaves the work to a child of its own, which would live on.
fn kill(child: &mut Child) -> std::io::Result<()> {
    if std::env::var_os("TOLLBOOTH_TEST_SPIN").is_none() {
        return child.kill();
    }
    let group = rustix::process::Pid::from_child(child);
    match rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
        // It may have ended by itself.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[expect(clippy::expect_used, reason = "test set-up")]
fn launch(directory: &Path, options: &Options, port: u16) -> Child {
    let manifest = match &options.ledger {
        Ledger::Sqlite => manifest(directory, options.recognizer),
        Ledger::Postgres(_, bucket) => cluster_manifest(directory, options.recognizer, bucket.component()),
    };
    if options.components_compute {
        let text = fs::read_to_string(&manifest).expect("the manifest");
        let computes = text.find("\ncomputes = [").expect("what the host computes");
        let end = computes + 1 + text[computes + 1..].find('\n').expect("the line's end");
        fs::write(&manifest, [&text[..computes], &text[end..]].concat()).expect("write the manifest");
    }
    let log = File::options().create(true).append(true).open(directory.join("log")).expect("a log file");
    let spin = std::env::var_os("TOLLBOOTH_TEST_SPIN");
    let mut command = spin.as_ref().map_or_else(|| Command::new(tollbooth()), Command::new);
    command.arg("up").arg(if spin.is_some() { "-f" } else { "--manifest" }).arg(&manifest);
    command.arg("--state-dir").arg(directory.join("state"));
    command.arg("--listen").arg(format!("127.0.0.1:{port}"));
    command.arg("--variable").arg(format!("operator_token={OPERATOR_TOKEN}"));
    command.arg("--variable").arg(format!("camera_key={CAMERA_KEY}"));
    if spin.is_none() {
        // Compiled code is shared by all tests: compiling it again for each would take most of their time.
        command.arg("--cache-dir").arg(repository().join("target/tests-compiled"));
        command.args(&options.arguments);
    }
    if !options.cron {
        for component in [
            "image-intake",
            "camera-gateway",
            "ocr-call-ticks",
            "manual-review",
            "plate-crops",
            "exporter",
            "operator-api",
            "auditor",
            "telemetry",
            "quality",
            "sign-in",
            "console",
            "messenger",
            "notifier-mail",
            "notifier-graph",
            "notifier-webhook",
        ] {
            command.arg("-c").arg(component);
        }
        if matches!(options.ledger, Ledger::Sqlite) {
            command.arg("-c").arg("ocr-call");
        }
        if !options.services.is_empty() || !options.adapters.is_empty() {
            command.arg("-c").arg("service-call");
        }
        if !options.adapters.is_empty() {
            command.arg("-c").arg("recognizer-azure-vision").arg("-c").arg("recognizer-plate-recognizer");
        }
        // Nobody wakes the reading stage either: the test says when.
        command.arg("--variable").arg("wake_origin=http://127.0.0.1:9");
        command.arg("--variable").arg("wake_path=/nobody");
        command.arg("--variable").arg("service_wake_origin=http://127.0.0.1:9");
        command.arg("--variable").arg("service_wake_path=/nobody");
    }
    if let Ledger::Postgres(database, bucket) = &options.ledger {
        for (name, value) in database.variables().into_iter().chain(bucket.variables()) {
            command.arg("--variable").arg(format!("{name}={value}"));
        }
        if options.cron {
            command.arg("--variable").arg(format!("wake_origin=http://127.0.0.1:{port}"));
            command.arg("--variable").arg(format!("wake_token={OPERATOR_TOKEN}"));
        }
    }
    for (name, origin) in &options.services {
        command.arg("--variable").arg(format!("{}_origin={origin}", name.replace('-', "_")));
    }
    for (name, value) in options.adapters.iter().chain(&options.variables) {
        // Only here the port is known.
        let value = value.replace("{port}", &port.to_string());
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    command.env("RUST_BACKTRACE", "0").envs(options.environment.iter().map(|(name, value)| (*name, value)));
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
    if spin.is_some() {
        // To be killed with its children. Ours has none, and in the tests' own group it ends with them at a Ctrl-C.
        command.process_group(0);
    }
    command.spawn().expect("start the host; build it first with scripts/build --host")
}

/// The repository's manifest with absolute paths and the wanted recogniser.
pub(crate) fn manifest(directory: &Path, recognizer: Recognizer) -> PathBuf {
    placed(directory, "spin.toml", "\"target/", recognizer)
}

/// The manifest of a cluster, likewise, with the component that speaks to its object store.
#[must_use]
#[expect(clippy::expect_used, reason = "test set-up")]
pub fn cluster_manifest(directory: &Path, recognizer: Recognizer, photos: &str) -> PathBuf {
    let path = placed(directory, "deploy/cluster/spin.toml", "\"../../target/", recognizer);
    let text = fs::read_to_string(&path).expect("the manifest");
    fs::write(&path, text.replace("photos_s3.wasm", photos)).expect("write the manifest");
    path
}

#[expect(clippy::expect_used, reason = "test set-up")]
fn placed(directory: &Path, manifest: &str, target: &str, recognizer: Recognizer) -> PathBuf {
    let root = fs::canonicalize(repository()).expect("the repository");
    let text = fs::read_to_string(root.join(manifest)).expect("the manifest");
    let mut text = text.replace(target, &format!("\"{}/target/", root.display()));
    if recognizer == Recognizer::Scripted {
        text = text.replace("recognizer_onnx.wasm", "recognizer_scripted.wasm");
    }
    let path = directory.join("spin.toml");
    fs::write(&path, text).expect("write the manifest");
    path
}

#[expect(clippy::expect_used, reason = "test set-up")]
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}
