//! What more machines cost and bring: passages a second through intake, and through the whole pipeline with a recogniser that
//! costs nothing, with the ledger in SQLite, and in PostgreSQL for one, two and three replicas. Figures are ratios to SQLite in
//! the same run; all processes share the cores of one machine, so replicas can only lose here, and the question is how much.
//!
//! In SQLite photos are in a file beside the ledger; with PostgreSQL they are in a store of objects (SeaweedFS), as the manifest
//! of a cluster has it. Commits are on the disk in both. Run with `scripts/bench scale [PHOTOS]`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Api, Host, Ledger, Options, Script, scripted, wait};

const CONNECTIONS: usize = 16;
const PHOTOS: usize = 600;
/// Readings at once, over all replicas: more than are ever under way, so that the limit is not what is measured.
const AT_ONCE: u64 = 64;

struct Shot {
    path: String,
    photo: Vec<u8>,
}

/// Photos of different vehicles, minutes apart, so that each is read and billed by itself.
fn shots(count: usize) -> Vec<Shot> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    (0..count as u64)
        .map(|n| {
            let plate = format!("BK{}{:04}", char::from(b'A' + u8::try_from(n % 7).unwrap()), n * 11 % 10_000);
            let captured = i64::try_from(now).unwrap() - i64::try_from(n).unwrap() * 120_000;
            let captured = tollbooth_pipeline::capture::rfc3339(captured);
            Shot {
                path: format!("/v1/booths/north/passages/k-{n}?captured_at={captured}&lane=1&camera=front"),
                photo: scripted(n, &Script::plate(&plate)),
            }
        })
        .collect()
}

/// Passages a second through intake, and from waiting to accepted.
struct Measured {
    intake: f64,
    pipeline: f64,
    bytes: Option<u64>,
}

fn measure(name: &str, hosts: &[Host], shots: &[Shot], bytes: impl Fn() -> Option<u64>) -> Measured {
    let camera = hosts[0].camera("north");
    let set = hosts[0].operator.patch("/v1/settings", &json!({ "reading.concurrency": AT_ONCE }));
    assert_eq!(set.status, 200, "{set:?}");
    let cameras: Vec<Api> = hosts.iter().map(|host| host.with_token_of(&camera)).collect();
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let camera = cameras[connection % cameras.len()].reconnected();
            let next = &next;
            scope.spawn(move || {
                while let Some(shot) = shots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let taken = camera.put(&shot.path, &shot.photo);
                    assert_eq!(taken.status, 202, "{taken:?}");
                }
            });
        }
    });
    let intake = shots.len() as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for host in hosts {
            scope.spawn(|| host.drain());
        }
    });
    let pipeline = shots.len() as f64 / begun.elapsed().as_secs_f64();
    // Only now is it known that the figure is one: everything was read, and nothing waits for people or for another try.
    let accepted = wait::until("everything to be read", 60, || {
        hosts[0].drain();
        let totals = hosts[0].operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["waiting"] == 0 && totals["reading"] == 0).then(|| totals["accepted"].as_u64().unwrap_or_default())
    });
    assert_eq!(accepted, shots.len() as u64, "{name}");
    Measured { intake, pipeline, bytes: bytes() }
}

fn report(name: &str, measured: &Measured, against: &Measured, photos: usize) {
    let bytes = measured.bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{}", bytes / photos as u64));
    println!(
        "{name:<26} intake {:>6.0}/s  ratio {:.2}   pipeline {:>6.0}/s  ratio {:.2}   ledger {bytes:>6} bytes a passage",
        measured.intake,
        measured.intake / against.intake,
        measured.pipeline,
        measured.pipeline / against.pipeline,
    );
}

fn main() {
    let photos = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(PHOTOS);
    let shots = shots(photos);
    println!("{photos} passages, {CONNECTIONS} connections, a recogniser that costs nothing");
    let sqlite = |name: &str| {
        let host = Host::start_with(Options { ledger: Ledger::Sqlite, ..Options::default() });
        let file = host.state_dir().join("sqlite_db.db");
        let hosts = [host];
        let size = || {
            ["", "-wal"]
                .iter()
                .map(|end| std::fs::metadata(format!("{}{end}", file.display())).ok())
                .map(|m| m.map_or(0, |m| m.len()))
                .sum()
        };
        measure(name, &hosts, &shots, || Some(size()))
    };
    let first = sqlite("SQLite");
    report("SQLite, one process", &first, &first, photos);
    for replicas in 1..=3 {
        let what = "replicas on PostgreSQL";
        let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
        let hosts: Vec<Host> = (0..replicas)
            .map(|_| {
                let ledger = Ledger::Postgres(database.clone(), bucket.clone());
                Host::start_with(Options { ledger, ..Options::default() })
            })
            .collect();
        let name = format!("PostgreSQL, {replicas} of them");
        let measured = measure(&name, &hosts, &shots, || database.size().ok());
        report(&name, &measured, &first, photos);
    }
    report("SQLite again", &sqlite("SQLite again"), &first, photos);
}
