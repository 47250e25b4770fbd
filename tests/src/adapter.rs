//! One recogniser behind HTTP by itself: the built component with its grants from `spin.toml`, its private route made
//! public so that a test can call it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tollbooth_recognizer_contract::{Description, Failure, Hints, Reading, parse_answer, parse_description};

use crate::host::{free_port, tollbooth};
use crate::{repository, wait};

/// A running adapter. Stopped on drop.
pub struct Adapter {
    child: Child,
    directory: TempDir,
    port: u16,
    agent: ureq::Agent,
}

impl Adapter {
    /// Starts this component with these variables.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start(component: &str, variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        let child = launch(directory.path(), component, variables, port);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .into();
        let adapter = Self { child, directory, port, agent };
        wait::until("the adapter to start", 60, || {
            adapter.agent.get(adapter.url("/describe")).call().ok().filter(|answer| answer.status() == 200)
        });
        adapter
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What the adapter says of itself.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test's assertion")]
    pub fn describe(&self) -> Description {
        let mut answer = self.agent.get(self.url("/describe")).call().expect("an answer");
        parse_description(&answer.body_mut().read_to_vec().expect("a body")).expect("a description")
    }

    /// Has a photo read, as the reading stage would.
    ///
    /// # Errors
    /// The failure in the answer.
    pub fn read(&self, photo: &[u8]) -> Result<Reading, Failure> {
        self.read_within(photo, 20_000)
    }

    /// The same with another deadline. A caller does not wait for ever: no answer within twice the deadline fails the
    /// test.
    ///
    /// # Errors
    /// The failure in the answer.
    pub fn read_within(&self, photo: &[u8], deadline_ms: u32) -> Result<Reading, Failure> {
        let hints = Hints {
            jurisdiction: Some("us-tx".into()),
            deadline_ms,
            passage: "psg_of_the_tests".into(),
            attempt: 1,
            traceparent: None,
        };
        let patience = Duration::from_millis(u64::from(deadline_ms) * 2);
        let (status, body) = self.send("/read", &hints.headers(), photo, patience);
        parse_answer(status, &body)
    }

    /// A raw `POST`.
    #[must_use]
    pub fn post(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> (u16, Vec<u8>) {
        self.send(path, headers, body, Duration::from_secs(60))
    }

    #[expect(clippy::expect_used, reason = "a test's assertion")]
    fn send(&self, path: &str, headers: &[(&'static str, String)], body: &[u8], patience: Duration) -> (u16, Vec<u8>) {
        let mut request = self.agent.post(self.url(path)).config().timeout_global(Some(patience)).build();
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut answer = request.send(body).expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a body"))
    }

    /// Largest resident memory of the host so far, in bytes; none where the system does not say.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        crate::usage::memory(self.child.id(), "VmHWM:")
    }

    /// The host's and the component's output so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of the adapter's host ---\n{}", self.log());
        }
    }
}

#[expect(clippy::expect_used, reason = "test set-up")]
fn launch(directory: &Path, component: &str, variables: &[(&str, &str)], port: u16) -> Child {
    let manifest = directory.join("spin.toml");
    fs::write(&manifest, public(component)).expect("write the manifest");
    let log = File::options().create(true).append(true).open(directory.join("log")).expect("a log file");
    let spin = std::env::var_os("TOLLBOOTH_TEST_SPIN");
    let mut command = spin.as_ref().map_or_else(|| Command::new(tollbooth()), Command::new);
    command.arg("up").arg(if spin.is_some() { "-f" } else { "--manifest" }).arg(&manifest);
    command.arg("--state-dir").arg(directory.join("state"));
    command.arg("--listen").arg(format!("127.0.0.1:{port}"));
    command.arg("-c").arg(component);
    if spin.is_none() {
        command.arg("--cache-dir").arg(repository().join("target/tests-compiled"));
    }
    for (name, value) in variables {
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
    command.spawn().expect("start the host; build it first with scripts/build --host")
}

/// The repository's manifest with absolute paths, where this component has the route of all others.
#[expect(clippy::expect_used, reason = "test set-up")]
fn public(component: &str) -> String {
    let root = fs::canonicalize(repository()).expect("the repository");
    let text = fs::read_to_string(root.join("spin.toml")).expect("spin.toml");
    let private = format!("route = {{ private = true }}\ncomponent = \"{component}\"");
    assert!(text.contains(&private), "{component} has a private route");
    text.replace("\"target/", &format!("\"{}/target/", root.display()))
        .replace("route = \"/...\"", "route = \"/unused/...\"")
        .replace(&private, &format!("route = \"/...\"\ncomponent = \"{component}\""))
}
