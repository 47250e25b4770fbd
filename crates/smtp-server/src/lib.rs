//! A mail server for tests: aiosmtpd, which `scripts/smtp` installs, in a process of its own on a free port of loopback.
//!
//! Nothing of it outlives the process that started it: it ends when its standard input closes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to listen, and a message to come.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a server speaks and behaves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `none` (the default when empty), `starttls` or `implicit`.
    pub tls: &'static str,
    /// User and password, which it then demands.
    pub credentials: Option<(&'static str, &'static str)>,
    /// How it behaves: `well` when empty; `server.py` lists the moods.
    pub mood: &'static str,
}

/// A running server.
pub struct Server {
    child: Child,
    port: u16,
    messages: Arc<Mutex<Vec<Value>>>,
    certificate: Option<PathBuf>,
    _folder: TempDir,
}

/// Whether the server is installed; false says so loudly, and fails where `TOLLBOOTH_NEED_SMTP` demands it.
#[must_use]
pub fn installed(what: &str) -> bool {
    if tools().join("aiosmtpd").is_dir() {
        return true;
    }
    assert!(std::env::var_os("TOLLBOOTH_NEED_SMTP").is_none(), "aiosmtpd is missing: run scripts/smtp");
    eprintln!("SKIPPED: {what}; aiosmtpd is missing, scripts/smtp installs it");
    false
}

fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/smtp-tools")
}

impl Server {
    /// Starts a server.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start(options: &Options) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let or = |given: &'static str, default: &'static str| if given.is_empty() { default } else { given };
        let tls = or(options.tls, "none");
        let mut command = Command::new("python3");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server.py"));
        command.args(["--tls", tls, "--mood", or(options.mood, "well")]);
        let certificate = (tls != "none").then(|| certificate(folder.path()));
        if let Some(certificate) = &certificate {
            command.arg("--certificate").arg(certificate).arg("--key").arg(folder.path().join("key.pem"));
        }
        if let Some((user, password)) = options.credentials {
            command.args(["--user", user, "--password", password]);
        }
        command.env("PYTHONPATH", tools()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("start python3");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let port = serde_json::from_str::<Value>(&first).ok().and_then(|line| line.get("port")?.as_u64());
        let port = port.and_then(|port| u16::try_from(port).ok()).expect("the server says its port");
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(message) = serde_json::from_str(&line) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                }
            }
        });
        Self { child, port, messages, certificate, _folder: folder }
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The certificate that it shows, for `localhost`.
    #[must_use]
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// Every message that it took, as `server.py` describes them.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The messages, once there are this many.
    #[must_use]
    pub fn await_messages(&self, count: usize) -> Vec<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            let messages = self.messages();
            if messages.len() >= count {
                return messages;
            }
            assert!(Instant::now() < until, "{count} messages did not come, only {messages:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate of its own for `localhost`.
#[expect(clippy::expect_used, reason = "test set-up")]
fn certificate(folder: &Path) -> PathBuf {
    let path = folder.join("certificate.pem");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(&path)
        .output()
        .expect("openssl; scripts/smtp installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path
}
