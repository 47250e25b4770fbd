//! `tollbooth up`: runs the application until it is told to stop.

use std::{
    collections::BTreeMap,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};
use tollbooth_host::{
    App, AppOptions, CompileProgress, HostError, Manifest, OperatorToken, OtlpOptions, PostgresPooling, listen,
};

use crate::check::Places;
use crate::logging::{self, LogFormat};

/// Requests and guests have this long to finish after the first signal.
const PATIENCE: Duration = Duration::from_secs(30);

/// Less memory does not hold the components of one request beside a reading.
const LEAST_MEMORY: usize = 64 << 20;

/// Run the application of a spin.toml, without the Spin CLI
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth up
  tollbooth up --listen 0.0.0.0:3000 --state-dir /var/lib/tollbooth
  tollbooth up --variable public_url=https://tolls.example --variable operator_token=@token.txt
  tollbooth up --memory 2G --max-concurrent 64
  tollbooth up --metrics-listen 127.0.0.1:9464
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 tollbooth up
  tollbooth up -f deploy/cluster/spin.toml --variable ledger_host=postgres://db.example:5432 \
    --variable ledger_address=@ledger-address.txt
  tollbooth up --check -f deploy/cluster/spin.toml --variable …

Prints `Serving http://…` on standard output when it is ready; log lines go to standard error
(TOLLBOOTH_LOG selects them, for example TOLLBOOTH_LOG=debug). Ctrl-C lets requests and running components
finish, for at most 30 s; a second Ctrl-C ends them.
With OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) traces go to a collector, over OTLP/HTTP; docs/operations.md has the rest.
Exit codes: 0 stopped as asked or, with --check, all is well, 2 wrong manifest or command line, 1 failure at run time.")]
pub(crate) struct Up {
    /// The manifest
    #[arg(long, short = 'f', default_value = "spin.toml", value_name = "FILE")]
    manifest: PathBuf,
    /// Address to serve on; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where databases and compiled code are kept; one process at a time
    #[arg(long, default_value = ".tollbooth", value_name = "DIR")]
    state_dir: PathBuf,
    /// Where compiled code is kept instead
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    /// Value of an application variable; `name=@file` reads it from a file, as secrets should be: other users of this machine
    /// can see a command line. Also SPIN_VARIABLE_<NAME>
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Low-priority threads for components in the pool "reading" [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    reading_threads: Option<u16>,
    /// Requests in work at once, of which one token gets half at most; beyond it clients get 503 and may retry
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    max_concurrent: u16,
    /// Open connections at once; beyond it those without a request are closed [default: half of the open files that the
    /// process may have, 10000 at most]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,
    /// Memory of all components together, like `2G` or `800M`; half of it, 512M at most, is for large photos on their
    /// way in and out [default: 60 % of what the machine or the container has]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<usize>,
    /// Connections to one PostgreSQL database at once; beyond it requests wait, for five seconds at most
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    postgres_connections: u16,
    /// Hand connections to PostgreSQL on as Spin does, a dead guest's open transaction included: for tests
    #[arg(long, hide = true)]
    postgres_as_spin: bool,
    /// Tell Prometheus on this address what each component costs: runs, time and memory, at /metrics. It asks for no password, so
    /// the address must be one of this machine alone; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", value_parser = of_this_machine)]
    metrics_listen: Option<SocketAddr>,
    /// Run this component only (may be repeated)
    #[arg(long, short = 'c', value_name = "COMPONENT")]
    only: Vec<String>,
    /// Make another operator token, as on the first start
    #[arg(long)]
    new_operator_token: bool,
    /// Write a new operator token into this file, readable by its user only, instead of printing it
    #[arg(long, value_name = "FILE")]
    operator_token_file: Option<PathBuf>,
    /// Look whether the database and the object store of these variables can be used, say so, and end
    #[arg(long)]
    check: bool,
    /// Look of the log lines
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
}

impl Up {
    pub(crate) fn run(self) -> Result<u8, HostError> {
        logging::start(self.log_format);
        let given = variables(&self.variables)?;
        let places = Places::of(&self.manifest, &given);
        let mut manifest = Manifest::read(&self.manifest)?;
        if self.check {
            return Ok(places.check());
        }
        places.watch_store();
        raise_file_limit();
        let otlp = OtlpOptions::from_environment(|name| std::env::var(name).ok())?;
        if let Some(otlp) = &otlp {
            traces_of_stages(&mut manifest, otlp);
        }
        let mut options = AppOptions {
            state_dir: self.state_dir.clone(),
            cache_dir: self.cache_dir.clone(),
            variables: given,
            only: self.only.clone(),
            reading_threads: self.reading_threads.map(usize::from),
            max_concurrent_guests: usize::from(self.max_concurrent),
            max_connections: self.max_connections.and_then(|limit| usize::try_from(limit).ok()),
            memory_budget: self.memory,
            postgres_connections: usize::from(self.postgres_connections),
            postgres_pooling: if self.postgres_as_spin { PostgresPooling::Spin } else { PostgresPooling::Fresh },
            otlp,
            progress: Arc::new(print_progress),
            ..AppOptions::default()
        };
        let token = OperatorToken::prepare(&manifest, &mut options, self.new_operator_token)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|source| HostError::System { action: "start the serving threads", source })?;
        runtime.block_on(self.serve(manifest, options, token)).map(|()| 0)
    }

    async fn serve(
        self,
        manifest: Manifest,
        options: AppOptions,
        token: Option<OperatorToken>,
    ) -> Result<(), HostError> {
        let app = App::load(manifest, options)?;
        // Only now: a signal while the compiler works simply ends the process.
        let mut signals = Signals::listen()?;
        let listener = listen(self.listen)?;
        let metrics = match self.metrics_listen {
            None => None,
            Some(address) => {
                let bound = TcpListener::bind(address).await;
                Some(bound.map_err(|source| HostError::Listen { address, source })?)
            }
        };
        let running = app.serve(listener)?;
        let metrics = metrics.map(|listener| running.serve_metrics(listener)).transpose()?;
        if let Some(token) = token {
            tokio::select! {
                issued = token.issue(&running) => issued?,
                () = signals.next() => {
                    running.shutdown(PATIENCE, async move { signals.next().await }).await;
                    return Ok(());
                }
            }
            match &self.operator_token_file {
                // What is printed ends up in somebody's log.
                Some(path) => token.write_to(path)?,
                None => say(&format!("Operator token (shown once): {}", token.reveal())),
            }
        }
        if !running.addr().ip().is_loopback() {
            tracing::warn!(
                "tokens, plates and photos cross the network in the clear: put a proxy with TLS in front (docs/proxy.md), \
                 and let this listen on 127.0.0.1"
            );
        }
        if let Some(address) = metrics {
            say(&format!("Metrics http://{address}/metrics"));
        }
        say(&format!("Serving http://{}", running.addr()));
        signals.next().await;
        let waiting = running.running_guests();
        eprintln!("stopping; {waiting} components are still running (Ctrl-C again ends them)");
        let ended = running.shutdown(PATIENCE, async move { signals.next().await }).await;
        if ended > 0 {
            eprintln!("{ended} components were ended before they finished");
        }
        Ok(())
    }
}

/// The application's own variables of a collector, where it has them and nobody sets them: what happens to each passage goes
/// where the requests go.
fn traces_of_stages(manifest: &mut Manifest, otlp: &OtlpOptions) {
    let values = [
        ("otlp_origin", otlp.origin()),
        ("otlp_path", otlp.path().to_owned()),
        ("otlp_headers", otlp.given_headers.clone()),
    ];
    for (name, value) in values {
        if manifest.variables.contains_key(name) {
            manifest.host_variables.entry(name.to_owned()).or_insert(value);
        }
    }
}

/// A line for a script. Nobody may be reading it; that is no reason to stop serving.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        tracing::debug!(%error, "standard output is closed");
    }
}

/// A burst of requests needs more open files (connections, databases) than the usual soft limit allows.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self, HostError> {
        let listen = |kind| signal(kind).map_err(|source| HostError::System { action: "listen for signals", source });
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// An address that nobody else reaches.
fn of_this_machine(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "give an address and a port, like 127.0.0.1:9464".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("others could read it, for it asks for no password: give an address of this machine, like 127.0.0.1:9464"
        .to_owned())
}

/// Bytes, in the units that people write.
fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (text.get(..at).unwrap_or_default(), 10),
        Some((at, 'M' | 'm')) => (text.get(..at).unwrap_or_default(), 20),
        Some((at, 'G' | 'g')) => (text.get(..at).unwrap_or_default(), 30),
        _ => (text, 0),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << unit));
    bytes.filter(|bytes| *bytes >= LEAST_MEMORY).ok_or_else(|| "give a size like 2G or 800M, at least 64M".to_owned())
}

fn print_progress(progress: CompileProgress<'_>) {
    match progress {
        CompileProgress::Waiting { directory } => {
            eprintln!("waiting for another process, which compiles components into {}", directory.display());
        }
        CompileProgress::Started { component } => eprint!("compiling {component} … "),
        CompileProgress::Finished { took, .. } => eprintln!("{:.1} s", took.as_secs_f64()),
    }
}

fn variables(given: &[String]) -> Result<BTreeMap<String, String>, HostError> {
    let mut values = BTreeMap::new();
    for pair in given {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(HostError::Usage(format!("--variable {pair} is not of the form name=value or name=@file")));
        };
        let value = match value.strip_prefix('@') {
            None => value.to_owned(),
            Some(path) => read_value(Path::new(path))?,
        };
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

/// A value from a file, without the line break that editors leave at its end.
fn read_value(path: &Path) -> Result<String, HostError> {
    let text = std::fs::read_to_string(path).map_err(|source| HostError::File {
        action: "read the variable's value from",
        path: path.to_owned(),
        source,
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_that_others_could_reach_are_refused_at_the_start() {
        assert!(of_this_machine("127.0.0.1:0").is_ok() && of_this_machine("[::1]:9464").is_ok());
        for reachable in ["0.0.0.0:9464", "192.168.1.2:9464", "[::]:9464", "9464", "localhost:9464"] {
            assert!(of_this_machine(reachable).is_err(), "{reachable}");
        }
    }

    #[test]
    fn sizes_are_written_as_people_write_them() {
        assert_eq!((size("2G"), size("800m"), size("67108864")), (Ok(2 << 30), Ok(800 << 20), Ok(64 << 20)));
        for bad in ["", "G", "63M", "-1G", "2T", "99999999999999999999", "18014398509481984G", "2é"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
