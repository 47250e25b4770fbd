//! An installation in the test's process with the clock in its hand, and the mail relay before a real mail server.

#![allow(dead_code, reason = "each test file uses its part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tollbooth_host::{App, AppOptions, Bench, Clock, Manifest, Running};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_smtp_server::Server;
use tollbooth_tests::contract::violations;
use tollbooth_tests::{Script, browse, repository, scripted};

const OPERATOR: &str = "operator-token-of-the-tests";
const RELAY_TOKEN: &str = "relay-token-of-the-tests-0123";
pub const MINUTE: i64 = 60_000;

/// A clock that stands still until it is told to go on, but for a millisecond at each look. Waiting for others takes the time
/// that it takes.
struct Hand {
    wall_ms: AtomicI64,
    started: Instant,
}

impl Clock for Hand {
    fn wall(&self) -> Duration {
        Duration::from_millis(self.wall_ms.fetch_add(1, Ordering::SeqCst).try_into().unwrap_or(0))
    }

    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The application in this process, with a clock in hand and no schedules of its own.
pub struct Installation {
    running: Option<Running>,
    runtime: Runtime,
    clock: Arc<Hand>,
    _state: TempDir,
}

impl Installation {
    /// At 2026-11-20T10:00:00Z.
    pub fn start(variables: &[(&str, String)]) -> Self {
        Self::start_at(1_795_168_800_000, variables)
    }

    pub fn start_at(wall_ms: i64, variables: &[(&str, String)]) -> Self {
        let state = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(repository()).unwrap();
        let text = std::fs::read_to_string(root.join("spin.toml")).unwrap();
        let text = text.replace("\"target/", &format!("\"{}/target/", root.display()));
        let text = text.replace("recognizer_onnx.wasm", "recognizer_scripted.wasm");
        let manifest = Manifest::parse(&state.path().join("spin.toml"), &text).unwrap();
        let clock = Arc::new(Hand { wall_ms: AtomicI64::new(wall_ms), started: Instant::now() });
        let mut given: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        given.insert("operator_token".into(), OPERATOR.into());
        given.insert("wake_path".into(), "/nobody".into());
        let options = AppOptions {
            state_dir: state.path().to_path_buf(),
            cache_dir: Some(root.join("target/tests-compiled")),
            variables: given,
            environment_variables: false,
            reading_threads: Some(1),
            run_schedules: false,
            bench: Bench { clock: Some(Arc::clone(&clock) as _), ..Bench::default() },
            ..AppOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let running = runtime.block_on(async {
            let app = App::load(manifest, options).unwrap();
            app.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap()
        });
        Self { running: Some(running), runtime, clock, _state: state }
    }

    pub fn call(&self, method: &str, path: &str, token: &str, media_type: &str, body: &[u8]) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://tests{path}"))
            .header("host", "tests")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", media_type)
            .header("content-length", body.len())
            .body(Bytes::copy_from_slice(body))
            .unwrap();
        let running = self.running.as_ref().unwrap();
        let answer = self.runtime.block_on(running.request(request)).unwrap();
        let status = answer.status().as_u16();
        let kind = answer.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
        let json = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        let found = violations(method, path, status, &kind, &json);
        assert!(found.is_empty(), "{method} {path} answered {status} {json}: {found:?}");
        (status, json)
    }

    pub fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, OPERATOR, "application/json", body.to_string().as_bytes());
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, OPERATOR, "application/json", b"");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub fn set(&self, settings: Value) {
        self.ask("PATCH", "/v1/settings", &settings);
    }

    /// What cron does in a minute: exports, adds up, tells people; then the minute passes.
    pub fn minute(&self) -> Value {
        self.ask("POST", "/v1/ticks/export", &json!({}));
        self.ask("POST", "/v1/ticks/telemetry", &json!({}));
        let report = self.ask("POST", "/v1/ticks/messages?wait=true", &json!({}));
        self.clock.wall_ms.fetch_add(MINUTE, Ordering::SeqCst);
        report
    }

    /// Runs a scenario of `tests/browser`. It asks for `minutes N` to pass, and for a `photo` to come.
    pub fn browse(&self, scenario: &str, camera: &str, booth: &str) {
        let address = self.running.as_ref().unwrap().addr().to_string();
        let mut seed = 10_000;
        browse(scenario, &address, OPERATOR, |order| match order.split_once(' ') {
            Some(("minutes", count)) => self.minutes(count.parse().unwrap()),
            _ if order == "photo" => {
                seed += 1;
                self.send(camera, booth, seed);
            }
            _ => panic!("no such order: {order}"),
        });
    }

    pub fn minutes(&self, count: i64) {
        for _ in 0..count {
            self.minute();
        }
    }

    pub fn camera(&self, booth: &str) -> String {
        let body = json!({ "name": booth, "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
        self.ask("PUT", &format!("/v1/booths/{booth}"), &body);
        let made = self.ask("POST", "/v1/tokens", &json!({ "role": "camera", "name": booth, "booth": booth }));
        made["token"].as_str().unwrap().to_owned()
    }

    pub fn photo(&self, camera: &str, booth: &str, seed: u64, plate: &str) {
        let at = rfc3339(self.clock.wall_ms.load(Ordering::SeqCst) - 1_000);
        let path = format!("/v1/booths/{booth}/passages/key-{seed}?captured_at={at}&lane=1&camera=front");
        let (status, answer) = self.call("PUT", &path, camera, "image/jpeg", &scripted(seed, &Script::plate(plate)));
        assert_eq!(status, 202, "{answer}");
        self.ask("POST", "/v1/ticks/reading?wait=true", &json!({}));
    }
}

impl Installation {
    /// Sends a photo that is not read, as a camera does: what is read costs the test a second.
    pub fn send(&self, camera: &str, booth: &str, seed: u64) {
        let at = rfc3339(self.clock.wall_ms.load(Ordering::SeqCst) - 1_000);
        let path = format!("/v1/booths/{booth}/passages/key-{seed}?captured_at={at}&lane=1&camera=front");
        let (status, answer) = self.call("PUT", &path, camera, "image/jpeg", &scripted(seed, &Script::empty()));
        assert_eq!(status, 202, "{answer}");
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.shutdown(Duration::from_secs(1), std::future::pending()));
        }
    }
}

/// `tollbooth mail` before a mail server; ends with the test.
pub struct Relay {
    child: Child,
    pub origin: String,
}

impl Relay {
    pub fn start(server: &Server) -> Self {
        let mut child = Command::new(repository().join("target/release/tollbooth"))
            .args(["mail", "--listen", "127.0.0.1:0", "--from", "tolls@example.org", "--server"])
            .arg(format!("smtp+plain://127.0.0.1:{}", server.port()))
            .env("TOLLBOOTH_MAIL_TOKEN", RELAY_TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the relay; build it first with scripts/build --host");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = line.split_whitespace().find(|word| word.starts_with("http://"));
        Self { origin: origin.unwrap_or_else(|| panic!("the relay said: {line}")).to_owned(), child }
    }

    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("mail_relay_origin", self.origin.clone()), ("mail_relay_token", RELAY_TOKEN.to_owned())]
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
