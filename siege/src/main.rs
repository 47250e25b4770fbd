//! `scripts/siege`: runs it and prints what it found. The last line is for machines.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use serde_json::json;
use tollbooth_object_store_server::Kind as Store;
use tollbooth_siege::cluster::{Cluster, Plan, now};
use tollbooth_siege::promises::{self, Limits};
use tollbooth_siege::record::{Leaves, Record};
use tollbooth_siege::traffic::{self, PATIENCE, Traffic};
use tollbooth_siege::trouble::{self, Dice};
use tollbooth_siege::vehicle::{MOST, Vehicles};
use tollbooth_tests::{Api, Behaviour, Service};

/// Readings at once, over all replicas.
const AT_ONCE: u64 = 4;
/// Calls of the service that a day's budget allows, over all replicas.
const CALLS: u64 = 200;
/// Cameras that send at once.
const SENDERS: u64 = 8;
/// Where Debian's package `libfaketime` puts it, by machine.
const CLOCKS: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];

/// Besieges three replicas on one PostgreSQL and one object store, and checks every promise afterwards.
#[derive(Debug, Parser)]
#[command(name = "scripts/siege", version)]
struct Options {
    /// Photos to send, of as many vehicles.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..=MOST))]
    passages: u64,
    /// Over how many minutes they are spread; a slower machine takes longer.
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// How long each trouble lasts, in seconds.
    #[arg(long, default_value_t = 8.0)]
    hold: f64,
    /// Takes it as it comes when the photos were sent before every kind of trouble was tried, or when one met nobody: for a
    /// short run. Otherwise both are violations.
    #[arg(long)]
    part: bool,
    /// The order of troubles.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only troubles whose name contains this text, as they are printed: `FailOver`, `Store`, `Link(Database`.
    #[arg(long, default_value = "")]
    only: String,
    /// How far the second replica's clock is ahead and the third's behind, in seconds. Apart by more than ten they take each
    /// other's leases for those of a clock that was set back.
    #[arg(long, default_value_t = 4, allow_negative_numbers = true)]
    skew: i64,
    /// The object store. One in this process fails in more ways than by dying: after it wrote, with other bytes, cut off.
    #[arg(long, value_enum, default_value = "s3")]
    store: Kept,
    /// Commits do not wait for the standby, as docs/operations.md forbids: photos that were acknowledged are lost when it takes
    /// over, and this run must say so.
    #[arg(long)]
    asynchronous: bool,
}

/// Where photos are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kept {
    /// SeaweedFS.
    S3,
    /// Azurite.
    Azure,
    /// One that speaks S3, in this process.
    FailingS3,
    /// One that speaks Azure Blob Storage, in this process.
    FailingAzure,
}

impl Kept {
    const fn kind(self) -> Store {
        match self {
            Self::S3 | Self::FailingS3 => Store::S3,
            Self::Azure | Self::FailingAzure => Store::Azure,
        }
    }

    const fn is_in_process(self) -> bool {
        matches!(self, Self::FailingS3 | Self::FailingAzure)
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let record = Record::default();
    let ran = run(&options, &record);
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
    let seconds = |of: f64, name: &str| Duration::try_from_secs_f64(of).map_err(|error| format!("--{name}: {error}"));
    let (hold, all) = (seconds(options.hold, "hold")?, seconds(options.minutes * 60.0, "minutes")?);
    let mut kinds = trouble::kinds(options.store.is_in_process());
    kinds.retain(|kind| format!("{kind:?}").contains(&options.only));
    if kinds.is_empty() {
        return Err(format!("no trouble has '{}' in its name", options.only));
    }
    let clock = CLOCKS.iter().find(|path| std::path::Path::new(path).exists()).map(|path| (*path).to_owned());
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
    let first = cluster.replicas.first().ok_or("no replica")?;
    let operator = first.operator.reconnected();
    set_up(&operator)?;
    let vehicles = Vehicles::new(options.passages, now());
    let booths: Vec<Api> = (0..vehicles.booths).map(|booth| first.camera(&Vehicles::name(booth))).collect();
    // Everybody outside goes through the links to replicas.
    let everywhere = |caller: &Api| -> Vec<Api> {
        cluster.to_replica.iter().map(|link| caller.moved_to(link.port()).patient_for(PATIENCE)).collect()
    };
    let (reviewers, billing) = (everywhere(&first.token("reviewer", None)), everywhere(&first.token("billing", None)));
    let anybody = everywhere(&operator);
    let ticked: Vec<Api> = cluster.replicas.iter().map(|replica| replica.operator.patient_for(PATIENCE * 3)).collect();
    let traffic = Traffic {
        vehicles: &vehicles,
        record,
        next: AtomicU64::new(0),
        acknowledged: (0..vehicles.count).map(|_| AtomicBool::new(false)).collect(),
        began: Instant::now(),
        every: all.div_f64(vehicles.count as f64),
    };
    record.senders.store(SENDERS, Ordering::Relaxed);
    say(&format!("{} vehicles at {} booths begin to pass", vehicles.count, vehicles.booths));
    let (made, tried) = thread::scope(|scope| {
        let _over = Leaves::Last(record);
        for _ in 0..SENDERS {
            let (traffic, booths) = (&traffic, &booths);
            let replicas: Vec<Api> = anybody.iter().map(Api::reconnected).collect();
            scope.spawn(move || {
                let _done = Leaves::Sender(record);
                traffic.send(&replicas, booths);
            });
        }
        for operator in &ticked {
            scope.spawn(move || traffic::work(operator, record));
        }
        scope.spawn(|| traffic::decide(&reviewers, &vehicles, record));
        scope.spawn(|| traffic::bill(&billing, record));
        let made = besiege(&mut cluster, &kinds, options, hold, record, &say)?;
        while !record.is_sent() {
            thread::sleep(Duration::from_millis(100));
        }
        say("every photo was taken");
        // A slow machine has work for as long again.
        promises::rest(&operator, record, Duration::from_secs(300) + began.elapsed());
        Ok::<_, String>(made)
    })?;
    say("nothing is left to do; looking at what was promised");
    let calls = u64::try_from(service.calls().len()).unwrap_or(u64::MAX);
    if calls == 0 {
        record.violation("nobody asked the service: this run shows nothing about budgets".to_owned());
    }
    let limits = Limits { at_once: AT_ONCE, calls_per_day: CALLS, calls };
    let billing: Vec<Api> = billing.iter().map(|reader| reader.patient_for(Duration::from_secs(90))).collect();
    promises::check(&cluster, &billing, &vehicles, record, limits);
    say("looked");
    Ok((made, tried, kinds.len()))
}

/// Makes one trouble after the other until all photos are sent, and each kind at least once.
fn besiege(
    cluster: &mut Cluster,
    kinds: &[trouble::Kind],
    options: &Options,
    hold: Duration,
    record: &Record,
    say: &dyn Fn(&str),
) -> Result<(usize, usize), String> {
    let (mut dice, mut made, mut tried) = (Dice::new(options.seed), 0, 0);
    loop {
        let mut round = kinds.to_vec();
        dice.shuffle(&mut round);
        for kind in &round {
            if record.is_sent() {
                if tried < kinds.len() && !options.part {
                    record.violation(format!(
                        "all photos were sent when {tried} of {} kinds of trouble had been: send more, or --part",
                        kinds.len()
                    ));
                }
                return Ok((made, tried));
            }
            let before = record.taken.load(Ordering::Relaxed);
            let met = trouble::make(cluster, kind, hold, &mut dice, record)?;
            let taken = record.taken.load(Ordering::Relaxed) - before;
            say(&format!("{kind:?}: met {met}, and {taken} photos were taken until it was over"));
            // Replicas and cameras talk all the time; one that meets nobody was none.
            if met == 0 && !record.is_sent() && !options.part {
                record.violation(format!("{kind:?} met nobody: this run shows nothing about it"));
            }
            made += 1;
            tried = kinds.len().min(made);
        }
    }
}

fn set_up(operator: &Api) -> Result<(), String> {
    let settings = operator.patch(
        "/v1/settings",
        &json!({
            "reading.concurrency": AT_ONCE, "reading.lease_seconds": 20, "reading.call_seconds": 10, "reading.policy": "shadow",
            "reading.backoff_seconds": 1, "reading.backoff_max_seconds": 5, "reading.max_attempts": 20,
            "reading.shadow_percent": 100, "plate-recognizer.calls_per_second": 1000.0,
            "plate-recognizer.calls_per_day": CALLS, "export.max_rows": 1000, "review.claim_seconds": 30,
        }),
    );
    if settings.status == 200 { Ok(()) } else { Err(format!("the settings were refused: {settings:?}")) }
}
