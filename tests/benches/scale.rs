//! What more machines cost and bring: passages a second through intake, and through the whole pipeline with a recogniser that
//! costs nothing, with the ledger in SQLite, and in PostgreSQL for one, two and three replicas. Figures are ratios to SQLite in
//! the same run; all processes share the cores of one machine, so replicas can only lose here, and the question is how much.
//!
//! In SQLite photos are in a file beside the ledger; with PostgreSQL they are in a store of objects (SeaweedFS), as the manifest
//! of a cluster has it. Commits are on the disk in both. Then the journey of one photo into such a cluster, layer by layer, with
//! nobody else about. `scripts/bench scale` runs it behind what the ledger alone costs beside a long past; by itself:
//! `cargo bench --bench scale -- [PHOTOS]`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_object_store::Dialect as _;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store_server::Agent;
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Api, Host, Ledger, Options, Script, scripted, wait};

const CONNECTIONS: usize = 16;
const PHOTOS: usize = 600;
/// Readings at once, over all replicas: more than are ever under way, so that the limit is not what is measured.
const AT_ONCE: u64 = 64;

/// Lanes of the booth. With vehicles of one lane more than ten minutes apart, so many are as many as fit into the thirty days
/// that a capture time may be old.
const LANES: u64 = 32;
/// Most photos of a run: more would have passed too long ago.
const MOST: usize = 60_000;
/// Photos of the journey that is looked at layer by layer.
const ALONE: u64 = 100;
/// How long everything may take to be read, in seconds.
const LONGEST: u64 = 3_600;

struct Shot {
    path: String,
    photo: Vec<u8>,
}

/// Photos of different vehicles, far enough apart that each is read and billed by itself.
fn shots(numbers: std::ops::Range<u64>) -> Vec<Shot> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    numbers
        .map(|n| {
            let plate = format!("BK{}{:04}", char::from(b'A' + u8::try_from(n % 7).unwrap()), n * 11 % 10_000);
            let captured = i64::try_from(now).unwrap() - i64::try_from(n / LANES).unwrap() * 700_000;
            let (captured, lane) = (tollbooth_pipeline::capture::rfc3339(captured), n % LANES);
            Shot {
                path: format!("/v1/booths/north/passages/k-{n}?captured_at={captured}&lane={lane}&camera=front"),
                photo: scripted(n, &Script::plate(&plate)),
            }
        })
        .collect()
}

/// Reads until nothing is left, for longer than a test would wait.
fn read_all(host: &Host) {
    wait::until("everything to be read", LONGEST, || {
        let report = host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
        // One that is busy is asked again, and that takes the time that it takes.
        assert!(matches!(report.status, 200 | 503), "{report:?}");
        (report.status == 200 && report.json()["attempts"] == 0).then_some(())
    });
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
                    // A busy one tells its camera to come back, and that takes the time that it takes.
                    wait::until("a photo to be taken", 60, || {
                        let taken = camera.put(&shot.path, &shot.photo);
                        assert!(matches!(taken.status, 202 | 503), "{taken:?}");
                        (taken.status == 202).then_some(())
                    });
                }
            });
        }
    });
    let intake = shots.len() as f64 / begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for host in hosts {
            scope.spawn(|| read_all(host));
        }
    });
    let pipeline = shots.len() as f64 / begun.elapsed().as_secs_f64();
    // Only now is it known that the figure is one: everything was read, and nothing waits for people or for another try.
    let accepted = wait::until("everything to be decided", LONGEST, || {
        read_all(&hosts[0]);
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

/// The median time of a call, in milliseconds.
fn median(mut call: impl FnMut(u64), numbers: std::ops::Range<u64>) -> f64 {
    let mut taken: Vec<Duration> = numbers
        .map(|n| {
            let begun = Instant::now();
            call(n);
            begun.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[taken.len() / 2].as_secs_f64() * 1000.0
}

/// A page of the component that reaches nothing, which the API's document does not describe.
fn page(host: &Host) {
    let mut stream = TcpStream::connect(host.address()).unwrap();
    stream.write_all(b"GET /console HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

/// What each layer of a photo's way into a cluster takes, one photo after the other, with nobody else about.
fn layers(host: &Host, bucket: &Bucket, after: u64) {
    let camera = host.camera("north");
    let numbers = after..after + ALONE;
    let shots = shots(numbers.clone());
    let shot = |n: u64| &shots[usize::try_from(n - after).unwrap()];
    let store = S3::new(bucket.address()).unwrap();
    let agent = Agent::new();
    let nothing = median(|_| page(host), numbers.clone());
    let ledger = median(|_| assert_eq!(camera.get("/v1/me").status, 200), numbers.clone());
    let object = median(
        |n| {
            let call = store.put(&format!("photos/bench/{n}"), &shot(n).photo).unwrap();
            assert!(agent.send(&call, Some(&shot(n).photo)).unwrap().status < 300);
        },
        numbers.clone(),
    );
    let whole = median(|n| assert_eq!(camera.put(&shot(n).path, &shot(n).photo).status, 202), numbers.clone());
    let again = median(|n| assert_eq!(camera.put(&shot(n).path, &shot(n).photo).status, 200), numbers);
    println!("the way of one photo into PostgreSQL and S3, one after the other, medians of {ALONE}:");
    for (what, time) in [
        ("a component that reaches nothing, over a new connection", nothing),
        ("a component that asks the ledger who is calling", ledger),
        ("the photo into the object store, by itself", object),
        ("the photo through intake", whole),
        ("the same once more", again),
    ] {
        println!("  {what:<58} {time:>7.2} ms");
    }
}

fn main() {
    let photos = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(PHOTOS);
    assert!((1..=MOST).contains(&photos), "from 1 to {MOST} photos: others would have passed too long ago");
    let shots = shots(0..photos as u64);
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
        if replicas == 1 {
            layers(&hosts[0], &bucket, photos as u64);
        }
    }
    report("SQLite again", &sqlite("SQLite again"), &first, photos);
}
