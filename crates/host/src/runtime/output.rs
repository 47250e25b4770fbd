//! Guest output: each line a guest prints becomes one log line with its component id.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use tracing::Level;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};

/// A longer line is split, so that a guest cannot fill the host's memory.
const MAX_LINE: usize = 8 << 10;

/// One of the two output streams of a guest.
#[derive(Clone)]
pub(super) struct GuestOutput {
    component: Arc<str>,
}

impl GuestOutput {
    pub(super) fn new(component: Arc<str>) -> Self {
        Self { component }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // WASI 0.2 guests are served by `p2_stream`.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Lines { component: Arc::clone(&self.component), pending: Vec::new() })
    }
}

/// The level a guest's line claims with `level=…` at its start; anything else is information.
fn level(line: &str) -> Level {
    match line.strip_prefix("level=").and_then(|rest| rest.split(' ').next()) {
        Some("error") => Level::ERROR,
        Some("warn") => Level::WARN,
        Some("debug") => Level::DEBUG,
        _ => Level::INFO,
    }
}

/// A guest's line without its own time: this log has one already.
fn without_time(line: &str) -> Cow<'_, str> {
    let parts = line.split_once(" time=").filter(|(level, _)| level.starts_with("level=") && !level.contains(' '));
    match parts.and_then(|(level, rest)| Some((level, rest.split_once(' ')?))) {
        Some((level, (_, fields))) => Cow::Owned(format!("{level} {fields}")),
        None => Cow::Borrowed(line),
    }
}

struct Lines {
    component: Arc<str>,
    pending: Vec<u8>,
}

impl Lines {
    fn emit(&mut self) {
        if !self.pending.is_empty() {
            let line = String::from_utf8_lossy(&self.pending);
            let line = without_time(&line);
            let component = &self.component;
            match level(&line) {
                Level::ERROR => tracing::error!(target: "guest", %component, "{line}"),
                Level::WARN => tracing::warn!(target: "guest", %component, "{line}"),
                Level::DEBUG => tracing::debug!(target: "guest", %component, "{line}"),
                _ => tracing::info!(target: "guest", %component, "{line}"),
            }
            self.pending.clear();
        }
    }
}

impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        for byte in bytes {
            if byte == b'\n' {
                self.emit();
            } else {
                self.pending.push(byte);
                if self.pending.len() >= MAX_LINE {
                    self.emit();
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.emit();
    }
}

#[cfg(test)]
mod tests {
    use super::without_time;

    #[test]
    fn only_the_time_that_follows_the_level_is_left_out() {
        assert_eq!(without_time("level=warn time=2026-11-20T10:00:00.000Z cause=x"), "level=warn cause=x");
        for whole in ["level=warn cause=\"a time=1 b\"", "a time=1 b", "level=warn time=1", ""] {
            assert_eq!(without_time(whole), whole);
        }
    }
}
