//! The command `tollbooth deliver`: arguments, help, what is printed, exit codes.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Parser, ValueEnum};
use tollbooth_client::{Api, ApiOptions, ClientError, RetryPolicy, Token};
use tollbooth_delivery::board::{self, Board};
use tollbooth_delivery::config::Config;
use tollbooth_delivery::{Courier, Outcome, Reporter, Reports, RunOptions, StateDir, Stop, Told, fetch, run};
use tracing_subscriber::{EnvFilter, fmt};

/// Where `tollbooth up` listens unless told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:3000";
/// How long a transfer may go on after the process was told to end; what is cut is done again.
const GRACE: Duration = Duration::from_secs(10);

/// Deliver published exports to folders, SFTP and FTPS servers, S3 and Azure Blob Storage
#[derive(Parser)]
#[command(
    name = "tollbooth deliver",
    version,
    after_help = "\
Examples:
  tollbooth deliver --config /etc/tollbooth/deliver.toml --check
  tollbooth deliver --config /etc/tollbooth/deliver.toml
  tollbooth deliver --config /etc/tollbooth/deliver.toml --once --to billing
  tollbooth deliver --config /etc/tollbooth/deliver.toml --status
  tollbooth deliver --config /etc/tollbooth/deliver.toml --to billing --fetch /srv/published

A configuration, with a token of role billing:
  url = \"http://127.0.0.1:3000\"
  token_file = \"billing.token\"
  state_dir = \"/var/lib/tollbooth/deliver\"

  [[destination]]
  name = \"billing\"
  kind = \"sftp\"
  host = \"sftp.billing.example\"
  user = \"tolls\"
  host_key = \"ssh-ed25519 AAAA...\"
  key_file = \"billing.key\"
  path = \"incoming\"

A destination with profile = \"records\" gets the copies that the setting export.copies names so; each profile needs a place of
its own. How all of them stand is reported to the server, for GET /v1/destinations, the console and alerts.

Every destination gets every export in sequence, whole, read back after the upload, and once; one that is down delays its
own files and nobody else's. Passwords and keys come from files or the environment (password_file, password_env), never
from the command line or the configuration. docs/operations.md lists the settings of each kind.
Exit codes: 0 all was delivered (or it was told to end), 1 a destination needs people: the message says why, 2 the command
line or the configuration is wrong, 3 the server or a destination is out of reach or full."
)]
struct Cli {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "deliver.toml")]
    config: PathBuf,
    /// Only these destinations; may be given several times
    #[arg(long, value_name = "NAME")]
    to: Vec<String>,
    /// End when all is delivered; what may pass by itself is tried four times
    #[arg(long)]
    once: bool,
    /// Sign in everywhere and look, deliver nothing, say of each destination how it stands
    #[arg(long, conflicts_with_all = ["once", "restore", "fetch"])]
    check: bool,
    /// Say how the running delivery found its destinations at its last look; touches nothing
    #[arg(long, conflicts_with_all = ["once", "restore", "fetch", "check"])]
    status: bool,
    /// Write files again that were delivered and are no longer there, and end
    #[arg(long, conflicts_with = "fetch")]
    restore: bool,
    /// Copy what was published from the one destination of --to into DIR, for `tollbooth restore --published DIR`; needs
    /// no server
    #[arg(long, value_name = "DIR", requires = "to")]
    fetch: Option<PathBuf>,
    /// How log lines look
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_log(cli.log_format);
    let config = match Config::read(&cli.config).map_err(|e| e.to_string()).and_then(|config| config.only(&cli.to)) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    ExitCode::from(match &cli.fetch {
        Some(into) => bring_back(&config, into),
        None if cli.status => status(&config),
        None => with_server(&cli, &config),
    })
}

fn bring_back(config: &Config, into: &std::path::Path) -> u8 {
    let [destination] = config.destinations.as_slice() else {
        eprintln!("error: --fetch takes one destination: give one --to");
        return 2;
    };
    match fetch(destination, into) {
        Ok(found) => {
            println!("{found} exports of {} in {}", destination.name, into.display());
            0
        }
        Err(trouble) => {
            eprintln!("error: {}: {trouble}", destination.name);
            trouble.exit_code()
        }
    }
}

fn with_server(cli: &Cli, config: &Config) -> u8 {
    let api = match api(config) {
        Ok(api) => api,
        Err(error) => {
            eprintln!("error: {error}");
            return error.exit_code();
        }
    };
    let state = match StateDir::open(&config.state_dir) {
        Ok(state) => state,
        // One that runs is what it is asked about, mostly.
        Err(trouble) if cli.check && trouble.is_held() => StateDir::to_look_at(&config.state_dir),
        Err(trouble) => {
            eprintln!("error: {trouble}");
            return 1;
        }
    };
    if cli.check {
        return check(config, &state, &api);
    }
    let board = match Board::new(&state) {
        Ok(board) => board,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            return 1;
        }
    };
    let stop = Stop::default();
    end_when_told(&stop);
    let options = RunOptions { once: cli.once || cli.restore, restore: cli.restore, ..RunOptions::default() };
    let reports = Reports::start(&state, api.clone(), options.once);
    let outcomes = run(config, &state, &api, &Told(&[&board as &dyn Reporter, &reports]), &options, &stop);
    reports.finish();
    // Without --once it ends when told to, however its destinations stand.
    if !options.once && stop.is_set() {
        return 0;
    }
    outcomes.iter().map(report).fold(0, worse)
}

/// What was delivered, and why not all.
fn report(outcome: &Outcome) -> u8 {
    for name in &outcome.done.written {
        println!("{}: {name}", outcome.name);
    }
    eprintln!("{}: {} new, {} lay there", outcome.name, outcome.done.written.len(), outcome.done.found);
    if let Some(trouble) = &outcome.trouble {
        eprintln!("error: {}: {trouble}", outcome.name);
    }
    outcome.exit_code()
}

/// What the running process wrote; 1 also when it looks no more.
fn status(config: &Config) -> u8 {
    let posted = match board::read(&config.state_dir) {
        Ok(posted) => posted,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            return 1;
        }
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let mut worst = 0;
    for destination in &config.destinations {
        let name = &destination.name;
        let Some(found) = posted.get(name) else {
            println!("{name}: never looked at; run tollbooth deliver");
            worst = 1;
            continue;
        };
        let standing = &found.standing;
        let (through, pending) = (standing.delivered_through, standing.pending);
        println!(
            "{name}: {}, delivered up to export {through}, {pending} to come; looked at {}",
            standing.state,
            found.at()
        );
        if let (Some(detail), Some(since)) = (&standing.detail, found.failing_since) {
            println!("  since {}, {} times: {detail}", board::time(since), standing.failures);
            worst = 1;
        }
        if found.is_stale(now) {
            println!("  nobody looks any more: run tollbooth deliver");
            worst = 1;
        }
    }
    worst
}

fn check(config: &Config, state: &StateDir, api: &Api) -> u8 {
    let mut worst = 0;
    for destination in &config.destinations {
        let publisher = api.of_profile(&destination.profile);
        let looked = Courier::new(destination, &publisher, state).and_then(|mut courier| {
            courier.check()?;
            Ok((courier.delivered_through(), courier.pending()))
        });
        match looked {
            Ok((through, pending)) => {
                println!(
                    "{}: well, {}; delivered up to export {through}, {pending} to come",
                    destination.name,
                    destination.target()
                );
            }
            Err(trouble) => {
                println!("{}: {}, {}: {trouble}", destination.name, trouble.state(), destination.target());
                worst = worse(worst, trouble.exit_code());
            }
        }
    }
    worst
}

/// What needs people counts for more than what may pass.
const fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (1, _) | (_, 1) => 1,
        (0, code) | (code, _) => code,
    }
}

fn api(config: &Config) -> Result<Api, ClientError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let url = set("TOLLBOOTH_URL").or_else(|| config.url.clone()).unwrap_or_else(|| DEFAULT_URL.to_owned());
    let token = match (&config.token, set("TOLLBOOTH_TOKEN_FILE"), set("TOLLBOOTH_TOKEN")) {
        (_, Some(path), _) => Token::from_file(path.as_ref())?,
        (_, None, Some(text)) => Token::new(&text)?,
        (Some(secret), None, None) => Token::new(&secret.read().map_err(|e| ClientError::Usage(e.to_string()))?)?,
        (None, None, None) => {
            let what = "there is no token: give token_file or token_env in the configuration, or TOLLBOOTH_TOKEN_FILE";
            return Err(ClientError::Usage(what.to_owned()));
        }
    };
    // A destination has waits of its own around these.
    let retry = RetryPolicy { attempts: 3, ..RetryPolicy::default() };
    Api::new(&url, Some(token), ApiOptions { retry, ..ApiOptions::default() })
}

/// Nothing new is begun once we are told to end.
fn end_when_told(stop: &Stop) {
    let stop = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(told());
        tracing::info!("ending; a transfer that is cut is done again at the next start");
        stop.set();
        std::thread::sleep(GRACE);
        std::process::exit(0);
    });
}

#[cfg(unix)]
async fn told() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Interrupting is left.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn told() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Log lines on stderr. `TOLLBOOTH_LOG` selects, in the syntax of `RUST_LOG`.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("TOLLBOOTH_LOG")
        .unwrap_or_else(|_| EnvFilter::new("error,tollbooth_delivery=info,tollbooth_deliver=info"));
    let lines = fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        eprintln!("logging is set up already: {error}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_is_sound_and_what_needs_people_counts_for_more() {
        Cli::command().debug_assert();
        assert_eq!([0, 3, 1, 3].into_iter().fold(0, worse), 1);
        assert_eq!([0, 3, 0].into_iter().fold(0, worse), 3);
    }
}
