//! Log lines on stderr. Standard output belongs to what a script reads.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging. `TOLLBOOTH_LOG` selects what is logged, in the syntax of `RUST_LOG`.
pub(crate) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("TOLLBOOTH_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,tollbooth_host=info,guest=info"));
    let lines = fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        eprintln!("logging is set up already: {error}");
    }
}
