//! What must hold when it is over: everything acknowledged is there, nothing is billed twice, no limit was exceeded, and
//! the books close.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_tests::Api;

use crate::cluster::Cluster;
use crate::guard::guarded;
use crate::record::Record;
use crate::vehicle::{Vehicles, plate};

/// What is left becomes less within this time, or never: leases, claims and pauses between two tries end long before.
const STANDSTILL: Duration = Duration::from_secs(180);
/// Within this time what happened is added up.
const ADDED_UP: Duration = Duration::from_secs(120);

/// What the settings say, over all replicas together.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Readings at once.
    pub at_once: u64,
    /// Calls of the service a day.
    pub calls_per_day: u64,
    /// Calls that the service saw.
    pub calls: u64,
}

/// Waits until nothing is left to do, for as long as it becomes less.
pub fn rest(operator: &Api, record: &Record, longest: Duration) {
    let (began, mut least, mut progress) = (Instant::now(), u64::MAX, Instant::now());
    loop {
        let balance = operator.try_get("/v1/balance").filter(|reply| reply.status == 200);
        let left = balance.map(|reply| {
            let totals = reply.json()["totals"]["from_state"].clone();
            let of = |name: &str| totals[name].as_u64().unwrap_or(u64::MAX);
            ["waiting", "reading", "in_review", "awaiting_export"].into_iter().map(of).fold(0, u64::saturating_add)
        });
        match left {
            Some(0) => return,
            Some(left) if left < least => (least, progress) = (left, Instant::now()),
            _ => {}
        }
        if progress.elapsed() > STANDSTILL || began.elapsed() > longest {
            let time = began.elapsed();
            record.violation(format!("after {time:.0?} without trouble there is still work: {left:?} passages"));
            return;
        }
        // It counts everything there is, and who has work to do needs the machine.
        thread::sleep(Duration::from_secs(2));
    }
}

/// Looks at everything that was promised.
pub fn check(cluster: &Cluster, billing: &[Api], vehicles: &Vehicles, record: &Record, limits: Limits) {
    // Each by itself: what the first finds nobody to ask about is no reason not to look at the others.
    guarded(record, "the look at the balance", || balance(cluster, vehicles, record));
    guarded(record, "the look at bill lines", || bills(billing, vehicles, record));
    guarded(record, "the look at the ledger", || books(cluster, record, limits));
    guarded(record, "the look at telemetry", || telemetry(cluster, vehicles, record));
    guarded(record, "the audit", || audit(cluster, record));
}

fn balance(cluster: &Cluster, vehicles: &Vehicles, record: &Record) {
    for (number, replica) in cluster.replicas.iter().enumerate() {
        let balance = replica.operator.get("/v1/balance").json();
        if balance["closes"] != true || balance["totals"]["from_events"] != balance["totals"]["from_state"] {
            record.violation(format!("replica {number}: the balance does not close: {balance}"));
        }
        for count in ["received", "accepted", "billed", "bill_lines"] {
            if balance["totals"]["from_state"][count] != vehicles.count {
                let (told, sent) = (&balance["totals"]["from_state"][count], vehicles.count);
                record
                    .violation(format!("replica {number}: of {sent} photos that were acknowledged {told} are {count}"));
            }
        }
    }
}

/// Every vehicle is on one line of all files, with its plate and its photo; all replicas publish the same.
fn bills(billing: &[Api], vehicles: &Vehicles, record: &Record) {
    let published: Vec<Vec<(u64, String, String)>> = billing.iter().map(|replica| exports(replica, record)).collect();
    let Some(first) = published.first() else { return };
    if published.iter().any(|other| other != first) {
        record.violation("replicas publish different exports".to_owned());
    }
    if first.last().map_or(0, |(sequence, ..)| *sequence) < record.last_published() {
        record.violation("an export that was published is gone".to_owned());
    }
    let mut lines: BTreeMap<u64, u64> = BTreeMap::new();
    for (turn, (sequence, sha256, url)) in first.iter().enumerate() {
        record.published(*sequence, sha256);
        let Some(replica) = billing.get(turn % billing.len().max(1)) else { return };
        let file = replica.get(url);
        if tollbooth_pipeline::ident::sha256_hex(&file.body) != *sha256 {
            record.violation(format!("the file of export {sequence} is not that of its manifest"));
        }
        let mut rows = csv::Reader::from_reader(file.body.as_slice());
        for row in rows.records() {
            let told = row.ok().and_then(|row| {
                let number = vehicles.of(row.get(0)?.strip_suffix(".jpg")?)?;
                (row.get(1)? == plate(number)).then_some(number)
            });
            match told {
                Some(number) => *lines.entry(number).or_default() += 1,
                None => record.violation(format!("export {sequence} bills somebody who did not pass")),
            }
        }
    }
    let unbilled = (0..vehicles.count).filter(|number| !lines.contains_key(number)).count();
    let twice = lines.values().filter(|lines| **lines > 1).count();
    if unbilled + twice > 0 {
        record.violation(format!("{unbilled} vehicles are on no line, {twice} on more than one"));
    }
}

/// All exports as a replica tells them: number, digest and where the file is.
fn exports(billing: &Api, record: &Record) -> Vec<(u64, String, String)> {
    let (mut all, mut after) = (Vec::new(), 0_u64);
    loop {
        let page = billing.get(&format!("/v1/exports?after={after}&limit=100")).json();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        if items.is_empty() {
            return all;
        }
        for export in items {
            let text = |name: &str| export[name].as_str().unwrap_or_default().to_owned();
            if export["sequence"] != after + 1 {
                record.violation(format!("after export {after} comes {}", export["sequence"]));
                return all;
            }
            after += 1;
            all.push((after, text("sha256"), text("file_url")));
        }
    }
}

/// What only the ledger's own tables say.
fn books(cluster: &Cluster, record: &Record, limits: Limits) {
    let Limits { at_once, calls_per_day, calls } = limits;
    for (what, condition) in [
        (
            // In the order in which the ledger wrote it down. What a dead one had leased keeps its place until it is taken back.
            format!("more than {at_once} readings were under way at once"),
            format!(
                "(SELECT max(n) FROM (SELECT sum(CASE WHEN to_state = 'reading' THEN 1 ELSE -1 END) OVER (ORDER BY sequence) AS n
                  FROM event WHERE to_state = 'reading' OR from_state = 'reading') AS running) <= {at_once}"
            ),
        ),
        (
            "a day's budget of the service was exceeded".to_owned(),
            format!("(SELECT coalesce(max(calls), 0) FROM recognizer_day) <= {calls_per_day}"),
        ),
        (
            format!("{calls} calls of the service were made, and fewer paid for"),
            format!("(SELECT coalesce(sum(calls), 0) FROM recognizer_day) >= {calls}"),
        ),
        (
            "a vehicle has two bill lines".to_owned(),
            "NOT EXISTS (SELECT 1 FROM bill_line GROUP BY passage_sequence HAVING count(*) > 1)".to_owned(),
        ),
    ] {
        if let Err(words) = cluster.database.check(&condition) {
            record.violation(format!("{what} ({})", words.trim()));
        }
    }
}

/// What is watched is what happened: it is added up a little later, by whoever is ticked.
fn telemetry(cluster: &Cluster, vehicles: &Vehicles, record: &Record) {
    let Some(replica) = cluster.replicas.first() else { return };
    let sent = vehicles.count;
    let condition = format!(
        "(SELECT CAST(facts AS json) ->> 'received' FROM telemetry WHERE subject = 'all' AND step = 'total') = '{sent}'"
    );
    let deadline = Instant::now() + ADDED_UP;
    while let Err(words) = cluster.database.check(&condition) {
        if Instant::now() > deadline {
            record.violation(format!("an event was added up twice or not at all ({})", words.trim()));
            return;
        }
        let ticked = replica.operator.post("/v1/ticks/telemetry", &json!({}));
        if ticked.status >= 300 {
            record.violation(format!("a tick of telemetry was answered with {ticked:?}"));
            return;
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// The application's own: every photo in the store byte for byte, history, chain of exports.
fn audit(cluster: &Cluster, record: &Record) {
    let Some(replica) = cluster.replicas.first() else { return };
    // A photo whose camera got no answer may lie there without a passage, never the other way round.
    let (code, text, errors) = replica.tool(&["audit", "--allow-unreferenced"]);
    if code != 0 {
        record.violation(format!("tollbooth audit ended with {code}: {text}{errors}"));
    }
}
