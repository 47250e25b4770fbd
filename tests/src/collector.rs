//! A receiver of traces that reads them with the OpenTelemetry project's own code: `tests/collector/collector.py`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::{repository, wait};

/// A running collector. Stopped on drop.
pub struct Collector {
    child: Child,
    directory: TempDir,
    port: u16,
}

impl Collector {
    /// Starts one that answers its first `refusals` requests with 503; installs what it needs where that is missing.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start(refusals: u32) -> Self {
        let installed = Command::new(repository().join("scripts/collector")).status().expect("scripts/collector");
        assert!(installed.success(), "scripts/collector failed");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut child = Command::new("python3")
            .arg(repository().join("tests/collector/collector.py"))
            .arg(directory.path().join("spans"))
            .arg(refusals.to_string())
            .env("PYTHONPATH", repository().join("target/collector-tools"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("the collector's port");
        let port = line.trim().parse().expect("the collector's port");
        Self { child, directory, port }
    }

    /// Where it listens.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every span it has, as it read it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the collector writes whole lines of JSON")]
    pub fn spans(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.directory.path().join("spans")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let spans: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let broken: Vec<_> = spans.iter().filter_map(|span| span.get("broken")).collect();
        assert!(broken.is_empty(), "requests that break the protocol: {broken:?}");
        spans
    }

    /// The first span of which this is true; waits for it.
    #[must_use]
    pub fn span(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        wait::until(&format!("the span of {what}"), 60, || self.spans().into_iter().find(&is_it))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
