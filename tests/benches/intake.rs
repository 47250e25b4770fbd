//! How fast photos of 100 KB are taken in, as a ratio to the least that any durable intake must do.
//!
//! The baseline is a rusqlite loop in this process that makes the same two commits in two files, photo and row, with
//! `synchronous=FULL` on both; it does no HTTP, checks nothing and counts nothing. The application does all of that, on
//! 16 connections, and again while recognition keeps every core busy; and in turns with what happens being added up for
//! those who watch, and without. Photos of a tenth of that tell what of a photo's cost goes with its bytes, to be hashed,
//! copied and kept. Run with `scripts/bench`; with the argument `telemetry` only that.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use image::ImageFormat;
use rusqlite::Connection;
use tollbooth_simulator::{Scene, SceneOptions};
use tollbooth_tests::{Api, Host, Options, Recognizer, photo, processor_time};

const CONNECTIONS: u64 = 16;
const PHOTO_BYTES: usize = 100_000;
const SMALL_BYTES: usize = 10_000;
const SECONDS: u64 = 10;
/// Photos of vehicles that keep the recogniser busy for longer than the measurement lasts.
const BACKLOG: u64 = 120;

/// Photos sent in this run.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A valid JPEG of so many bytes, or as many as it needs: what stands behind its end does not matter to a decoder.
fn body(seed: u64, least: usize) -> Vec<u8> {
    let mut bytes = photo(seed, ImageFormat::Jpeg);
    let length = least.max(bytes.len());
    let mut state = seed | 1;
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Makes it another picture, in its first table of quantisation, where every value from 1 on will do. The same picture with
/// other bytes behind its end would be a repeated frame, which nobody reads.
fn show(jpeg: &mut [u8], number: u64) {
    let table = jpeg.windows(2).position(|marker| marker == [0xff, 0xdb]).unwrap() + 5;
    for (digit, value) in jpeg[table..table + 4].iter_mut().enumerate() {
        *value = ((number >> (7 * digit)) & 0x7f) as u8 + 1;
    }
}

fn open(path: &Path, schema: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch(schema).unwrap();
    connection
}

/// Commits per second of photo and row by one thread with nothing else to do.
fn baseline(when: &str) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let photos = open(&directory.path().join("photos.db"), "CREATE TABLE photo (key TEXT PRIMARY KEY, bytes BLOB)");
    let ledger = open(
        &directory.path().join("ledger.db"),
        "CREATE TABLE passage (id INTEGER PRIMARY KEY, key TEXT UNIQUE, sha256 TEXT, at INTEGER)",
    );
    let bodies: Vec<_> = (0..64).map(|seed| body(seed, PHOTO_BYTES)).collect();
    let (start, used, mut count) = (Instant::now(), processor_time(), 0_u64);
    while start.elapsed() < Duration::from_secs(SECONDS) {
        let key = format!("photos/north/{count:026}");
        let bytes = &bodies[(count % 64) as usize];
        photos.prepare_cached("INSERT INTO photo VALUES (?, ?)").unwrap().execute((&key, bytes)).unwrap();
        ledger
            .prepare_cached("INSERT INTO passage (key, sha256, at) VALUES (?, ?, ?)")
            .unwrap()
            .execute((&key, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", count as i64))
            .unwrap();
        count += 1;
    }
    let per_second = count as f64 / start.elapsed().as_secs_f64();
    let cpu_ms = (processor_time() - used).as_secs_f64() * 1000.0 / count as f64;
    println!("{:<32} {per_second:>7.0} photos/s  CPU {cpu_ms:.2} ms a photo  ({when})", "rusqlite loop");
    per_second
}

struct Measured {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    refused: u64,
    /// Time on a core that the host took for each; none where the system does not say. Of everything it does meanwhile.
    cpu_ms: Option<f64>,
}

fn measure(host: &Host, camera: &Api, prefix: &str, least: usize) -> Measured {
    let before = host.processor_time();
    let (latencies, refused) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let camera = camera.reconnected();
            let (latencies, refused) = (&latencies, &refused);
            scope.spawn(move || {
                let mut bytes = body(connection, least);
                let mut mine = Vec::new();
                while start.elapsed() < Duration::from_secs(SECONDS) {
                    let number = SERIAL.fetch_add(1, Ordering::Relaxed);
                    show(&mut bytes, number);
                    let began = Instant::now();
                    let reply = camera.send_photo("north", &format!("{prefix}-{number}"), &now(), "1", &bytes);
                    match reply.status {
                        202 => mine.push(began.elapsed()),
                        _ => drop(refused.fetch_add(1, Ordering::Relaxed)),
                    }
                }
                latencies.lock().unwrap().extend(mine);
            });
        }
    });
    let elapsed = start.elapsed().as_secs_f64();
    let used = host.processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
    let mut latencies = latencies.into_inner().unwrap();
    latencies.sort();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    Measured {
        per_second: latencies.len() as f64 / elapsed,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        max_ms: at(1.0),
        refused: refused.into_inner(),
        cpu_ms: used.map(|used| used.as_secs_f64() * 1000.0 / latencies.len().max(1) as f64),
    }
}

fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap())
}

fn report(name: &str, measured: &Measured, baseline: f64) {
    let cpu = measured.cpu_ms.map_or_else(|| "unknown".to_owned(), |ms| format!("{ms:.2} ms"));
    println!(
        "{name:<32} {:>7.0} photos/s  ratio {:.2}  p50 {:>6.1} ms  p99 {:>6.1} ms  max {:>6.1} ms  CPU {cpu} a photo  not \
         acknowledged {}",
        measured.per_second,
        measured.per_second / baseline,
        measured.p50_ms,
        measured.p99_ms,
        measured.max_ms,
        measured.refused
    );
}

/// Booths beside the one that sends: how each stands is written down with every tick.
const QUIET_BOOTHS: usize = 49;

/// Intake with telemetry's ticks and without, in turns on one ledger. A tick a second: five times as many as there are.
fn watched_and_unwatched(baseline: f64) {
    let host = Host::start();
    let camera = host.camera("north");
    for n in 0..QUIET_BOOTHS {
        let _ = host.camera(&format!("quiet-{n}"));
    }
    let mut sums = [0.0, 0.0];
    // A ledger that grows gets slower: both have the early and the late turns alike.
    for (turn, watched) in [false, true, true, false].into_iter().enumerate() {
        // What the turn before left is no part of this one.
        while host.operator.post("/v1/ticks/telemetry", &serde_json::json!({})).json()["events"] != 0 {}
        let over = std::sync::atomic::AtomicBool::new(!watched);
        let (ticks, events, busy) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let measured = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let ticked = host.operator.post("/v1/ticks/telemetry", &serde_json::json!({}));
                    // Cameras come first: a tick that does not get at the ledger in time is made up for by the next one.
                    let counter = match ticked.status {
                        200 => &ticks,
                        503 => &busy,
                        _ => panic!("{ticked:?}"),
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                    events.fetch_add(ticked.json()["events"].as_u64().unwrap_or(0), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_secs(1));
                }
            });
            let measured = measure(&host, &camera, &format!("watched-{turn}"), PHOTO_BYTES);
            over.store(true, Ordering::Relaxed);
            measured
        });
        report(if watched { "with telemetry" } else { "without telemetry" }, &measured, baseline);
        if watched {
            let [ticks, events, busy] = [ticks, events, busy].map(AtomicU64::into_inner);
            println!("{:<32} {events} events added up in {ticks} ticks; {busy} ticks found the ledger busy", "");
            assert!(events > 0, "nothing was added up, so nothing was measured");
        }
        sums[usize::from(watched)] += measured.per_second;
    }
    println!("telemetry costs {:.1} % of intake; 5 % at most are wanted", (1.0 - sums[1] / sums[0]) * 100.0);
}

fn main() {
    println!("intake of {PHOTO_BYTES} byte photos, {SECONDS} s each, {CONNECTIONS} connections");
    let before = baseline("two files, synchronous=FULL");
    if std::env::args().any(|argument| argument == "telemetry") {
        return watched_and_unwatched(before);
    }

    let host = Host::start();
    let quiet = measure(&host, &host.camera("north"), "quiet", PHOTO_BYTES);
    drop(host);
    report("application", &quiet, before);
    let host = Host::start();
    let small = measure(&host, &host.camera("north"), "small", SMALL_BYTES);
    drop(host);
    report(&format!("application, {} bytes", body(0, SMALL_BYTES).len()), &small, before);

    watched_and_unwatched(before);

    let host = Host::start_with(Options { recognizer: Recognizer::Onnx, cron: true, ..Options::default() });
    let camera = host.camera("north");
    for seed in 0..BACKLOG {
        let drawn = Scene::draw(seed, &SceneOptions::clear_day());
        let drawn = drawn.expect("a drawn photo");
        let sent = camera.send_photo("north", &format!("backlog-{seed}"), &now(), "1", &drawn.jpeg);
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    tollbooth_tests::wait::until("recognition to be busy", 60, || {
        (host.operator.get("/v1/status").json()["live_leases"].as_u64() >= Some(2)).then_some(())
    });
    let busy = measure(&host, &camera, "busy", PHOTO_BYTES);
    report("while recognition is busy", &busy, before);
    baseline("again, to show how steady this machine is");
}
