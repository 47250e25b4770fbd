//! `tollbooth-faults`: runs the bench and prints what it found. The last line is for machines.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tollbooth_faults::calls::Death;
use tollbooth_faults::crash::{self, Findings};
use tollbooth_faults::error::BenchError;
use tollbooth_faults::lab::Lab;
use tollbooth_faults::scenario;

/// Crashes the built components at every call they make on the host and checks every promise afterwards.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Random schedules to run.
    #[arg(long, default_value_t = 2000)]
    schedules: u64,
    /// Runs at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only scenarios whose name contains this text.
    #[arg(long, default_value = "")]
    only: String,
    /// The folder with the built components; default: that of the repository.
    #[arg(long)]
    components: Option<PathBuf>,
    /// Says what was found and goes on; without it at most 50 violations are printed.
    #[arg(long)]
    verbose: bool,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("FAULTS_LOG").unwrap_or_else(|_| "off".into()))
        .with_writer(std::io::stderr)
        .init();
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("tollbooth-faults: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, BenchError> {
    let lab = Lab::open(options.components.as_deref())?;
    let mut crashes = Findings::default();
    for scenario in scenario::all() {
        if !scenario.name.contains(&options.only) {
            continue;
        }
        let started = Instant::now();
        let found = crash::scenario(&lab, &scenario, &[Death::Instance, Death::Process], options.jobs)?;
        println!(
            "{}: {} crash points, {} violations, {:.1} s",
            scenario.name, found.runs, found.violations.len(), started.elapsed().as_secs_f64()
        );
        for violation in &found.violations {
            println!("  {violation}");
        }
        crashes.add(found);
    }
    println!("crash points {}, schedules 0, recogniser faults 0, violations {}", crashes.runs, crashes.violations.len());
    Ok(crashes.violations.is_empty())
}
