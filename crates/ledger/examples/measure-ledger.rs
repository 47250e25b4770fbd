//! Measures the ledger on this machine: passages recorded per second, and the balance at scale.
//!
//! `cargo run --release -p tollbooth-ledger --features native --example measure-ledger -- [PASSAGES] [BALANCE_PASSAGES]`
//!
//! Prints; asserts nothing about time. The file lies in a temporary folder: set `TMPDIR` to measure another disk.

mod measured;

use std::path::Path;
use std::time::{Duration, Instant as Clock};

use tollbooth_ledger::Ledger;
use tollbooth_ledger::db::{Db, DbError};
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::native::NativeDb;
use tollbooth_pipeline::recognizer::Recognizer;

use measured::NOW;

const BOOTHS: u64 = 3;

type Measured = Result<(), Box<dyn std::error::Error>>;

fn main() -> Measured {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let passages = arguments.next().transpose()?.unwrap_or(10_000);
    let at_scale = arguments.next().transpose()?.unwrap_or(200_000);
    plain_inserts(passages / 10)?;
    for threads in [1, 16] {
        record_from(threads, passages)?;
    }
    a_connection_per_passage(passages / 10)?;
    balance_of(at_scale)
}

fn open(path: &Path) -> Result<Ledger<NativeDb>, Box<dyn std::error::Error>> {
    Ok(Ledger::open(NativeDb::open(path).map_err(refused)?, Some(NOW))?)
}

/// A new ledger with the booths that send.
fn create(path: &Path) -> Result<Ledger<NativeDb>, Box<dyn std::error::Error>> {
    let ledger = open(path)?;
    for booth in 0..BOOTHS {
        measured::put_booth(&ledger, &format!("booth-{booth}"))?;
    }
    Ok(ledger)
}

fn refused(error: DbError) -> String {
    error.text
}

fn passage(number: u64) -> NewPassage {
    measured::passage(&format!("booth-{}", number % BOOTHS), number)
}

/// Time until the passage is recorded.
fn record(ledger: &Ledger<NativeDb>, number: u64) -> Result<Duration, String> {
    let start = Clock::now();
    measured::record(ledger, &passage(number))?;
    Ok(start.elapsed())
}

/// What one synced commit costs on this disk at all, to compare the rest with.
fn plain_inserts(count: u64) -> Measured {
    let folder = tempfile::tempdir()?;
    let db = NativeDb::open(&folder.path().join("plain.sqlite")).map_err(refused)?;
    let run = |sql: &str| db.execute(sql, &[]).map_err(refused);
    run("PRAGMA journal_mode = WAL")?;
    run("PRAGMA synchronous = FULL")?;
    run("CREATE TABLE plain (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")?;
    let start = Clock::now();
    for _ in 0..count {
        run("INSERT INTO plain (text) VALUES ('a row without anything around it')")?;
    }
    println!("plain insert, synced,  1 connection:  {:>6.0}/s", count as f64 / start.elapsed().as_secs_f64());
    Ok(())
}

/// Each thread has a connection of its own, as each instance of the component has.
fn record_from(threads: u64, passages: u64) -> Measured {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.sqlite");
    create(&path)?;
    let start = Clock::now();
    let each = passages / threads;
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let path = &path;
                scope.spawn(move || -> Result<Vec<Duration>, String> {
                    let ledger = open(path).map_err(|e| e.to_string())?;
                    (0..each).map(|n| record(&ledger, thread * each + n)).collect()
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().map_err(|_| "a thread died".to_owned())?)
            .collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    let seconds = start.elapsed().as_secs_f64();
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
    println!(
        "record-passage, {threads:>2} connections: {:>6.0}/s   median {:.2?}   p99 {:.2?}   longest {:.2?}",
        times.len() as f64 / seconds,
        at(500),
        at(990),
        times.last().copied().unwrap_or_default()
    );
    Ok(())
}

/// What a host does that opens a connection per request: alone, and beside one that stays open.
fn a_connection_per_passage(passages: u64) -> Measured {
    for kept_open in [false, true] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("ledger.sqlite");
        let first = create(&path)?;
        let kept = kept_open.then_some(first);
        let start = Clock::now();
        for number in 0..passages {
            record(&open(&path)?, number)?;
        }
        let beside = if kept.is_some() { "beside one kept open" } else { "alone" };
        println!("opened for each passage, {beside}: {:.0}/s", passages as f64 / start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The balance over so many passages, each with the events of a whole life, spread over 24 hours.
fn balance_of(passages: u64) -> Measured {
    let folder = tempfile::tempdir()?;
    let ledger = create(&folder.path().join("ledger.sqlite"))?;
    let run = |sql: &str| ledger.db().execute(sql, &[]).map_err(refused);
    run("PRAGMA synchronous = OFF")?;
    run("BEGIN")?;
    for number in 0..passages {
        let hour = i64::try_from(number % 24)?;
        ledger.record_passage(NOW + hour * 3_600_000, &passage(number)).map_err(|e| format!("{e:?}"))?;
    }
    for (from, to, set) in [
        ("waiting", "reading", "waiting_since_ms = NULL, lease_token = id, leased_at_ms = 0, lease_expires_at_ms = 0"),
        (
            "reading",
            "accepted",
            "lease_token = NULL, leased_at_ms = NULL, lease_expires_at_ms = NULL, plate = 'P' || sequence,
             jurisdiction = 'us-tx', jurisdiction_source = 'read', decided_by = 'judge', decided_at_ms = 0",
        ),
    ] {
        run(&format!("UPDATE passage SET state = '{to}', version = version + 1, {set} WHERE state = '{from}'"))?;
        run(&format!(
            "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, from_state,
                 to_state, detail)
             SELECT 0, 'measured', 'system', 'measure', sequence, booth_id, received_hour, '{from}', '{to}', '{{}}'
             FROM passage"
        ))?;
    }
    run("COMMIT")?;
    let start = Clock::now();
    let rows = ledger.balance(None, None)?;
    println!("balance of {passages} passages, {} rows: {:.2?}", rows.len(), start.elapsed());
    let start = Clock::now();
    let work = ledger.lease_work(NOW, "measure", 1, &[Recognizer::InProcess])?;
    println!("a tick with nothing to do beside them: {:.2?} ({} leases)", start.elapsed(), work.leases.len());
    Ok(())
}
