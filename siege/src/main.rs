//! `scripts/siege`: runs it and prints what it found. The last line is for machines.

mod course;
mod options;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use tollbooth_siege::cluster::{Cluster, Plan};
use tollbooth_siege::evidence;
use tollbooth_siege::guard::guarded;
use tollbooth_siege::record::Record;
use tollbooth_siege::trouble;
use tollbooth_tests::{Behaviour, Service};

use course::Times;
use options::Options;

/// Where Debian's package `libfaketime` puts it, by machine.
const CLOCKS: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];

fn main() -> ExitCode {
    let options = Options::parse();
    let record = Record::default();
    let ended = || Err("it ended before its time".to_owned());
    let ran = guarded(&record, "the siege", || run(&options, &record)).unwrap_or_else(ended);
    if let Err(error) = &ran {
        eprintln!("scripts/siege: {error}");
    }
    let (violations, _) = record.violations();
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let (made, tried, kinds) = ran.clone().unwrap_or_default();
    println!(
        "passages {}, troubles {made}, kinds of trouble {tried} of {kinds}, refused {}, unanswered {}, resent {}, decided by people {}, violations {violations}",
        of(&record.taken),
        of(&record.refused),
        of(&record.unanswered),
        of(&record.resent),
        of(&record.decided)
    );
    match ran {
        Ok(_) if violations == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(_) => ExitCode::from(2),
    }
}

/// Troubles that were made, of how many kinds, and how many kinds there are.
fn run(options: &Options, record: &Record) -> Result<(usize, usize, usize), String> {
    let times = Times::of(options)?;
    let mut kinds = trouble::kinds(options.store.is_in_process());
    kinds.retain(|kind| format!("{kind:?}").contains(&options.only));
    if kinds.is_empty() {
        return Err(format!("no trouble has '{}' in its name", options.only));
    }
    let clock = CLOCKS.iter().find(|path| Path::new(path).exists()).map(|path| (*path).to_owned());
    if clock.is_none() && options.skew != 0 {
        return Err("libfaketime is missing: scripts/siege installs it; --skew 0 does without".to_owned());
    }
    let service = Service::start("plate-recognizer", 1_500, Behaviour::plate("BKA0001"));
    let began = Instant::now();
    let say = |text: &str| println!("[{:5.0} s] {text}", began.elapsed().as_secs_f64());
    let mut cluster = Cluster::start(&Plan {
        replicas: 3,
        synchronous: !options.asynchronous,
        store: options.store.kind(),
        store_in_process: options.store.is_in_process(),
        skew: options.skew,
        clock,
        services: vec![service.address()],
    })?;
    let ran =
        guarded(record, "the siege", || course::run(&mut cluster, &kinds, &service, options, times, record, &say));
    if record.violations().0 > 0 || !matches!(ran, Some(Ok(_))) {
        let folder = options.evidence.display();
        match evidence::keep(&cluster, &options.evidence) {
            Ok(()) => say(&format!("logs and the ledger are in {folder}")),
            Err(error) => say(&format!("not all logs could be put into {folder}: {error}")),
        }
    }
    let (made, tried) = ran.unwrap_or_else(|| Err("it ended before its time".to_owned()))?;
    Ok((made, tried, kinds.len()))
}
