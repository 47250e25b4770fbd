//! The course of a siege: everybody takes part while one trouble comes after the other, then what was promised is looked at.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_siege::cluster::{Cluster, now};
use tollbooth_siege::guard::{again_and_again, guarded};
use tollbooth_siege::promises::{self, Limits};
use tollbooth_siege::record::{Leaves, Record};
use tollbooth_siege::traffic::{self, PATIENCE, Traffic};
use tollbooth_siege::trouble::{self, Dice};
use tollbooth_siege::vehicle::Vehicles;
use tollbooth_tests::{Api, Service};

use crate::options::Options;

/// Calls of the service that a day's budget allows, over all replicas.
const CALLS: u64 = 200;
/// Cameras that send at once: enough that some go on when those who met a replica that is silent wait for it.
const SENDERS: u64 = 24;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// All photos, where the machine is fast enough.
    all: Duration,
    /// No photo is sent after this.
    at_most: Duration,
    /// A trouble.
    hold: Duration,
    /// Between two troubles, at most.
    calm: Duration,
}

impl Times {
    /// As the command line says.
    pub(crate) fn of(options: &Options) -> Result<Self, String> {
        let seconds =
            |of: f64, name: &str| Duration::try_from_secs_f64(of).map_err(|error| format!("--{name}: {error}"));
        Ok(Self {
            all: seconds(options.minutes * 60.0, "minutes")?,
            at_most: seconds(options.at_most * 60.0, "at-most")?,
            hold: seconds(options.hold, "hold")?,
            calm: seconds(options.calm, "calm")?,
        })
    }
}

/// All of it. Troubles that were made, and of how many kinds.
pub(crate) fn run(
    cluster: &mut Cluster,
    kinds: &[trouble::Kind],
    service: &Service,
    options: &Options,
    times: Times,
    record: &Record,
    say: &dyn Fn(&str),
) -> Result<(usize, usize), String> {
    let first = cluster.replicas.first().ok_or("no replica")?;
    let operator = first.operator.reconnected();
    set_up(&operator, options.at_once)?;
    let mut vehicles = Vehicles::new(options.passages, now());
    let booths: Vec<Api> = (0..vehicles.booths).map(|booth| first.camera(&Vehicles::name(booth))).collect();
    // Everybody outside goes through the links to replicas.
    let everywhere = |caller: &Api| -> Vec<Api> {
        cluster.to_replica.iter().map(|link| caller.moved_to(link.port()).patient_for(PATIENCE)).collect()
    };
    let (reviewers, billing) = (everywhere(&first.token("reviewer", None)), everywhere(&first.token("billing", None)));
    let anybody = everywhere(&operator);
    let ticked: Vec<Api> = cluster.replicas.iter().map(|replica| replica.operator.patient_for(PATIENCE * 3)).collect();
    let began = Instant::now();
    let traffic = Traffic {
        vehicles: &vehicles,
        record,
        next: AtomicU64::new(0),
        acknowledged: (0..vehicles.count).map(|_| AtomicBool::new(false)).collect(),
        began,
        every: times.all.div_f64(vehicles.count as f64),
        until: began + times.at_most,
    };
    record.senders.store(SENDERS, Ordering::Relaxed);
    say(&format!("{} vehicles at {} booths begin to pass", vehicles.count, vehicles.booths));
    let made = thread::scope(|scope| {
        let _over = Leaves::Last(record);
        for _ in 0..SENDERS {
            let (traffic, booths) = (&traffic, &booths);
            let replicas: Vec<Api> = anybody.iter().map(Api::reconnected).collect();
            scope.spawn(move || {
                let _done = Leaves::Sender(record);
                again_and_again(record, "a camera's house", || traffic.send(&replicas, booths));
            });
        }
        for operator in &ticked {
            scope.spawn(move || again_and_again(record, "what works by itself", || traffic::work(operator, record)));
        }
        let (reviewers, billing, vehicles) = (&reviewers, &billing, &vehicles);
        scope.spawn(move || again_and_again(record, "a reviewer", || traffic::decide(reviewers, vehicles, record)));
        scope.spawn(move || again_and_again(record, "billing", || traffic::bill(billing, record)));
        let made = besiege(cluster, kinds, options, times, &traffic, say)?;
        while !record.is_sent() {
            thread::sleep(Duration::from_millis(100));
        }
        say(&format!("{} photos were taken, no more are sent", record.taken.load(Ordering::Relaxed)));
        // A slow machine has work for as long again, and twice.
        let longest = Duration::from_secs(600) + began.elapsed() * 2;
        guarded(record, "the wait for the end", || promises::rest(&operator, record, longest));
        Ok::<_, String>(made)
    })?;
    let sent = traffic.sent();
    if sent < vehicles.count {
        let all = vehicles.count;
        // What was not sent is missing nowhere.
        vehicles.count = sent;
        if !options.part {
            record.violation(format!(
                "{sent} of {all} photos were sent when no more were: --at-most is for slow machines"
            ));
        }
    }
    say("nothing is left to do; looking at what was promised");
    let calls = u64::try_from(service.calls().len()).unwrap_or(u64::MAX);
    if calls == 0 {
        record.violation("nobody asked the service: this run shows nothing about budgets".to_owned());
    }
    let limits = Limits { at_once: options.at_once, calls_per_day: CALLS, calls };
    let billing: Vec<Api> = billing.iter().map(|reader| reader.patient_for(Duration::from_secs(90))).collect();
    promises::check(cluster, &billing, &vehicles, record, limits);
    say("looked");
    Ok(made)
}

/// Makes one trouble after the other until all photos are sent, and each kind at least once.
fn besiege(
    cluster: &mut Cluster,
    kinds: &[trouble::Kind],
    options: &Options,
    times: Times,
    traffic: &Traffic<'_>,
    say: &dyn Fn(&str),
) -> Result<(usize, usize), String> {
    let record = traffic.record;
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
            let met = trouble::make(cluster, kind, times.hold, &mut dice, record)?;
            let all = record.taken.load(Ordering::Relaxed);
            say(&format!(
                "{kind:?}: met {met}, and {} photos were taken until it was over, {all} in all",
                all - before
            ));
            // Replicas and cameras talk all the time; one that meets nobody was none.
            if met == 0 && !record.is_sent() && !options.part {
                record.violation(format!("{kind:?} met nobody: this run shows nothing about it"));
            }
            made += 1;
            tried = kinds.len().min(made);
            // One after the other without a pause, troubles would be all there is: hardly a photo would pass.
            let calm = Instant::now() + times.calm;
            while traffic.is_behind() && !record.is_sent() && Instant::now() < calm {
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

fn set_up(operator: &Api, at_once: u64) -> Result<(), String> {
    let settings = operator.patch(
        "/v1/settings",
        &json!({
            "reading.concurrency": at_once, "reading.lease_seconds": 20, "reading.call_seconds": 10, "reading.policy": "shadow",
            "reading.backoff_seconds": 1, "reading.backoff_max_seconds": 5, "reading.max_attempts": 20,
            "reading.shadow_percent": 100, "plate-recognizer.calls_per_second": 1000.0,
            "plate-recognizer.calls_per_day": CALLS, "export.max_rows": 1000, "review.claim_seconds": 30,
        }),
    );
    if settings.status == 200 { Ok(()) } else { Err(format!("the settings were refused: {settings:?}")) }
}
