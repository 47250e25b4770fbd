//! `tollbooth-faults`: runs the bench and prints what it found. The last line is for machines.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use tollbooth_faults::calls::Death;
use tollbooth_faults::cluster::Cluster;
use tollbooth_faults::crash::{self, Extent, Findings};
use tollbooth_faults::error::BenchError;
use tollbooth_faults::lab::Lab;
use tollbooth_faults::{interleave, pairs, recogniser, scenario, schedule, storage};

/// Crashes the built components at every call they make on the host and checks every promise afterwards.
#[derive(Debug, Parser)]
#[command(name = "scripts/faults", version)]
struct Options {
    /// Random schedules to run.
    #[arg(long, default_value_t = 2000)]
    schedules: u64,
    /// The first seed; a failing one prints itself.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Strikes only at every Nth crash point and meeting, for a short run.
    #[arg(long, default_value_t = 1)]
    every: usize,
    /// Only scenarios and pairs whose name contains this text; `none` leaves all of them out, `recogniser` and
    /// `storage` take only these parts.
    #[arg(long, default_value = "")]
    only: String,
    /// The folder with the built components; default: that of the repository.
    #[arg(long)]
    components: Option<PathBuf>,
    /// The manifest; default: that of the repository. Its components are looked for in the folder of built components.
    #[arg(long)]
    manifest: Option<PathBuf>,
    /// Ends after the first scenario, pair or part with a violation.
    #[arg(long)]
    fail_fast: bool,
    /// What the ledger is kept in; PostgreSQL on a server that the bench starts.
    #[arg(long, value_enum, default_value = "sqlite")]
    ledger: Keeper,
    /// Hands connections to PostgreSQL on as Spin does, a dead guest's open transaction included. Slow: its locks are waited
    /// for.
    #[arg(long)]
    as_spin: bool,
}

/// What keeps the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Keeper {
    Sqlite,
    Postgres,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("FAULTS_LOG").unwrap_or_else(|_| "off".into()))
        .with_writer(std::io::stderr)
        .init();
    let mut totals = Totals::default();
    let ran = run(&Options::parse(), &mut totals);
    if let Err(error) = &ran {
        eprintln!("scripts/faults: {error}");
    }
    println!(
        "crash points {}, schedules {}, recogniser faults {}, violations {}",
        totals.crashes, totals.schedules, totals.recogniser, totals.violations
    );
    match ran {
        Ok(()) if totals.violations == 0 => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(_) => ExitCode::from(2),
    }
}

#[derive(Default)]
struct Totals {
    /// Everything, meetings included.
    runs: usize,
    crashes: usize,
    schedules: usize,
    recogniser: usize,
    violations: usize,
}

fn run(options: &Options, totals: &mut Totals) -> Result<(), BenchError> {
    let cluster = match options.ledger {
        Keeper::Sqlite => None,
        Keeper::Postgres => Some(Cluster::start(options.as_spin)?),
    };
    let lab = Lab::open(options.manifest.as_deref(), options.components.as_deref(), cluster)?;
    let extent = Extent { jobs: options.jobs.max(1), every: options.every, fail_fast: options.fail_fast };
    let wanted = |name: &str| name.contains(&options.only);
    if options.only.is_empty() || options.only == "recogniser" {
        let found = told("recogniser faults", "faults", totals, || recogniser::all(&lab))?;
        totals.recogniser += found;
    }
    if options.only.is_empty() || options.only == "storage" {
        told("damaged storage", "damages", totals, || storage::all(&lab))?;
    }
    for pair in pairs::all().iter().filter(|pair| wanted(pair.one.name)) {
        if options.fail_fast && totals.violations > 0 {
            return Ok(());
        }
        told(pair.one.name, "meetings", totals, || interleave::pair(&lab, pair, extent))?;
    }
    for scenario in scenario::all().iter().filter(|scenario| wanted(scenario.name)) {
        if options.fail_fast && totals.violations > 0 {
            return Ok(());
        }
        totals.crashes += told(scenario.name, "crash points", totals, || crash::scenario(&lab, scenario, extent))?;
    }
    if options.fail_fast && totals.violations > 0 {
        return Ok(());
    }
    if options.schedules > 0 {
        totals.schedules += told("random schedules", "schedules", totals, || schedules(&lab, options))?;
    }
    if totals.runs == 0 {
        return Err(BenchError::Nothing(format!("--only {} --schedules {}", options.only, options.schedules)));
    }
    Ok(())
}

fn schedules(lab: &Arc<Lab>, options: &Options) -> Result<Findings, BenchError> {
    let started = Instant::now();
    let progress = |done: u64| {
        if done.is_multiple_of(100) {
            println!("  {done} schedules, {:.0} s", started.elapsed().as_secs_f64());
        }
    };
    let extent = schedule::Extent {
        first: options.seed,
        count: options.schedules,
        jobs: options.jobs.max(1),
        fail_fast: options.fail_fast,
    };
    schedule::all(lab, extent, &Death::ALL, &progress)
}

/// Runs a part, prints what it found and adds its violations.
fn told(
    name: &str,
    unit: &str,
    totals: &mut Totals,
    part: impl FnOnce() -> Result<Findings, BenchError>,
) -> Result<usize, BenchError> {
    let started = Instant::now();
    let found = part()?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{name}: {} {unit}, {} violations, {seconds:.1} s", found.runs, found.violations.len());
    for violation in &found.violations {
        println!("  {violation}");
    }
    if found.runs == 0 {
        return Err(BenchError::Nothing(name.to_owned()));
    }
    totals.runs += found.runs;
    totals.violations += found.violations.len();
    Ok(found.runs)
}
