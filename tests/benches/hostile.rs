//! A good camera beside attacks on the front door: 50 photos of 100 KB a second, each due at its moment.
//!
//! Times count from when a photo was due, not from when it was sent, so a stall shows in every photo behind it. The
//! camera must be refused nothing and wait less than a second, health must answer, and memory must stay within a bound
//! above what an idle host takes. Run with `scripts/bench hostile`; an attack takes half a minute, and however badly the host
//! answers it is given up after two.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use image::ImageFormat;
use serde_json::json;
use tollbooth_tests::{Api, Host, Options, Raw, Recognizer, photo};

const A_SECOND: u64 = 50;
const SECONDS: u64 = 15;
/// Photos that are due longer ago than this are not sent any more, and count as refused: the host does not answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Connections of the good camera: enough for each photo to be sent when it is due while others are late.
const CONNECTIONS: usize = 24;
const PHOTO_BYTES: usize = 100_000;
const LARGE_BYTES: usize = 10 << 20;
const LATEST: Duration = Duration::from_secs(1);
/// Bytes of memory above those of the idle host.
const MEMORY: u64 = 1 << 30;

/// What an attack needs to know.
struct Scene<'a> {
    host: &'a Host,
    camera: Api,
    reviewer: Api,
    large_photo: String,
    over: AtomicBool,
    serial: AtomicU64,
}

impl Scene<'_> {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn key(&self) -> String {
        format!("attack-{}", self.serial.fetch_add(1, Ordering::Relaxed))
    }

    fn upload(&self, sender: &Api, bytes: usize) -> Raw {
        Raw::upload(&self.host.address(), sender, "north", &self.key(), &now(), bytes)
    }
}

fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - 1_000)
}

/// A valid photo of this size: what stands behind the end of a JPEG does not matter to a decoder.
fn body(seed: u64, bytes: usize) -> Vec<u8> {
    let mut body = photo(seed, ImageFormat::Jpeg);
    body.resize(bytes, 7);
    body
}

fn pause(milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

fn nobody(_: &Scene) {}

/// So many connections open at a time, each for 1.9 s, all of them renewed for ever.
fn cycle(scene: &Scene, many: u64, open: impl Fn() -> Raw) {
    let mut open_now = std::collections::VecDeque::new();
    while scene.goes_on() {
        open_now.push_back((Instant::now(), open()));
        while open_now.front().is_some_and(|(since, _)| since.elapsed() > Duration::from_millis(1_900)) {
            open_now.pop_front();
        }
        std::thread::sleep(Duration::from_micros(1_900_000 / many));
    }
}

fn bodies_of_strangers_never_come(scene: &Scene) {
    let nobody = scene.host.anonymous();
    cycle(scene, 600, || scene.upload(&nobody, LARGE_BYTES));
}

fn bodies_with_invented_tokens_never_come(scene: &Scene) {
    cycle(scene, 600, || {
        let invented = scene.host.with_token(&format!("tbo_{:040}", scene.serial.fetch_add(1, Ordering::Relaxed)));
        scene.upload(&invented, LARGE_BYTES)
    });
}

fn one_token_sends_a_byte_every_eight_seconds(scene: &Scene) {
    let mut uploads: Vec<_> = (0..256).map(|_| scene.upload(&scene.camera, 100_000)).collect();
    while scene.goes_on() {
        for upload in &mut uploads {
            if upload.early_status().is_some() || upload.is_closed() {
                *upload = scene.upload(&scene.camera, 100_000);
            }
            upload.write(&[0xff]);
        }
        for _ in 0..80 {
            if scene.goes_on() {
                pause(100);
            }
        }
    }
}

fn one_token_declares_a_hundred_megabytes_and_sends_nothing(scene: &Scene) {
    let mut uploads: Vec<_> = (0..200).map(|_| scene.upload(&scene.camera, 100 << 20)).collect();
    while scene.goes_on() {
        for upload in &mut uploads {
            if upload.early_status().is_some() || upload.is_closed() {
                *upload = scene.upload(&scene.camera, 100 << 20);
            }
        }
        pause(200);
    }
}

fn one_token_sends_256_photos_of_10_megabytes(scene: &Scene) {
    let photo = body(1, LARGE_BYTES);
    std::thread::scope(|scope| {
        for _ in 0..256 {
            let (camera, photo) = (scene.camera.reconnected(), &photo);
            scope.spawn(move || {
                let key = scene.key();
                let captured = now();
                while scene.goes_on() {
                    let path = format!("/v1/booths/north/passages/{key}?captured_at={captured}&lane=1&camera=front");
                    match camera.try_put(&path, photo) {
                        Some(reply) if reply.status < 300 => return,
                        _ => pause(1_000),
                    }
                }
            });
        }
    });
}

fn three_hundred_readers_of_9_megabytes_take_a_byte_every_eight_seconds(scene: &Scene) {
    let path = format!("/v1/passages/{}/photo", scene.large_photo);
    let read = || Raw::get(&scene.host.address(), &scene.reviewer, &path);
    let mut readers: Vec<_> = (0..300).map(|_| read()).collect();
    while scene.goes_on() {
        for reader in &mut readers {
            if reader.is_closed() || reader.early_status() == Some(503) {
                *reader = read();
            }
        }
        for _ in 0..80 {
            if scene.goes_on() {
                pause(100);
            }
        }
        for reader in &mut readers {
            reader.take_a_byte();
        }
    }
}

/// Sixteen bodies at a time, each in chunks of one byte for as long as somebody reads them.
fn bodies_in_single_bytes(scene: &Scene) {
    let crumbs = "1\r\n7\r\n".repeat(8_000);
    let start = || {
        let mut upload = Raw::connect(&scene.host.address());
        let head = format!(
            "PUT /v1/booths/north/passages/{}?captured_at={}&lane=1&camera=front HTTP/1.1\r\nhost: {}\r\n{}\
             content-type: image/jpeg\r\ntransfer-encoding: chunked\r\n\r\n",
            scene.key(),
            now(),
            scene.host.address(),
            scene.camera.authorization()
        );
        upload.write(head.as_bytes());
        upload
    };
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut upload = start();
                while scene.goes_on() {
                    upload.write(crumbs.as_bytes());
                    if upload.early_status().is_some() || upload.is_closed() {
                        upload = start();
                    }
                }
            });
        }
    });
}

fn two_thousand_connections_say_nothing(scene: &Scene) {
    let _held: Vec<_> = (0..2_000).map(|_| Raw::connect(&scene.host.address())).collect();
    while scene.goes_on() {
        pause(100);
    }
}

struct Measured {
    sent: usize,
    refused: Vec<u16>,
    latencies: Vec<Duration>,
    health: u64,
    sick: u64,
    slowest_health: Duration,
}

/// The good camera, and somebody who asks for health ten times a second.
fn good(host: &Host, camera: &Api, name: &str) -> Measured {
    let total = A_SECOND * SECONDS;
    let (next, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let (latencies, refused) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (health, sick, slowest) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(Duration::ZERO));
    let anybody = host.anonymous();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let camera = camera.reconnected();
                let (next, latencies, refused) = (&next, &latencies, &refused);
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= total {
                            return;
                        }
                        let due = start + Duration::from_millis(number * 1_000 / A_SECOND);
                        if due.elapsed() > PATIENCE {
                            refused.lock().unwrap().push(0);
                            continue;
                        }
                        // Another picture each time: the same one again would be a repeated frame, which nobody reads.
                        let bytes = body(1_000 + number, PHOTO_BYTES);
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        let path = format!(
                            "/v1/booths/south/passages/{name}-{number}?captured_at={}&lane=1&camera=front",
                            now()
                        );
                        match camera.try_put(&path, &bytes).map_or(0, |reply| reply.status) {
                            202 => latencies.lock().unwrap().push(due.elapsed()),
                            status => refused.lock().unwrap().push(status),
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let began = Instant::now();
                let well = anybody.reconnected().try_get("/v1/health").is_some_and(|reply| reply.status == 200);
                let mut slowest = slowest.lock().unwrap();
                *slowest = began.elapsed().max(*slowest);
                drop(slowest);
                health.fetch_add(1, Ordering::Relaxed);
                sick.fetch_add(u64::from(!well), Ordering::Relaxed);
                pause(100);
            }
        });
        for sender in senders {
            sender.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    let mut latencies = latencies.into_inner().unwrap();
    latencies.sort();
    Measured {
        sent: usize::try_from(total).unwrap(),
        refused: refused.into_inner().unwrap(),
        latencies,
        health: health.into_inner(),
        sick: sick.into_inner(),
        slowest_health: slowest.into_inner().unwrap(),
    }
}

type Attack = (&'static str, fn(&Scene));

const ATTACKS: &[Attack] = &[
    ("nobody", nobody),
    ("strangers' bodies never come", bodies_of_strangers_never_come),
    ("invented tokens' bodies never come", bodies_with_invented_tokens_never_come),
    ("2,000 connections say nothing", two_thousand_connections_say_nothing),
    ("one token: 256 × a byte in 8 s", one_token_sends_a_byte_every_eight_seconds),
    ("one token: 200 × 100 MB declared", one_token_declares_a_hundred_megabytes_and_sends_nothing),
    ("one token: bodies in single bytes", bodies_in_single_bytes),
    ("one token: 256 × 10 MB", one_token_sends_256_photos_of_10_megabytes),
    ("one token: 300 slow readers", three_hundred_readers_of_9_megabytes_take_a_byte_every_eight_seconds),
];

/// Tries one attack on a host of its own; false when it does harm.
fn tried((name, attack): &Attack) -> bool {
    let host = Host::start_with(Options { recognizer: Recognizer::Scripted, ..Options::default() });
    let limits = host.operator.patch("/v1/settings", &json!({ "intake.max_photo_bytes": 104_857_600 }));
    assert_eq!(limits.status, 200, "{limits:?}");
    let (camera, south) = (host.camera("north"), host.camera("south"));
    let sent = camera.send_photo("north", "large", &now(), "1", &body(2, 9 << 20));
    assert_eq!(sent.status, 202, "{sent:?}");
    let reviewer = host.token("reviewer", None);
    pause(500);
    let idle = host.memory().unwrap_or_default();
    host.forget_peak_memory();
    let scene = Scene {
        host: &host,
        camera,
        reviewer,
        large_photo: sent.text("passage"),
        over: AtomicBool::new(false),
        serial: AtomicU64::new(0),
    };
    let measured = std::thread::scope(|scope| {
        scope.spawn(|| attack(&scene));
        pause(1_000);
        let measured = good(&host, &south, "good");
        scene.over.store(true, Ordering::Relaxed);
        measured
    });
    let above = host.peak_memory().unwrap_or_default().saturating_sub(idle);
    let at = |share: f64| {
        let last = measured.latencies.len().saturating_sub(1);
        measured.latencies.get((last as f64 * share) as usize).copied().unwrap_or_default()
    };
    let milliseconds = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1_000.0);
    println!(
        "| {name} | {} of {} | {} | {} | {} | {} of {} | {} | {} |",
        measured.refused.len(),
        measured.sent,
        milliseconds(at(0.5)),
        milliseconds(at(0.99)),
        milliseconds(at(1.0)),
        measured.sick,
        measured.health,
        milliseconds(measured.slowest_health),
        above >> 20,
    );
    if !measured.refused.is_empty() {
        let mut statuses = measured.refused.clone();
        statuses.sort_unstable();
        statuses.dedup();
        eprintln!("{name}: refused with {statuses:?}; 0 is no answer in time");
    }
    measured.refused.is_empty() && at(1.0) < LATEST && measured.sick == 0 && above < MEMORY
}

fn main() {
    // Not under `cargo test`, which runs benchmarks to see that they start.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // `scripts/bench hostile readers` tries what has this in its name.
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let wanted = |(name, _): &&Attack| wanted.as_deref().is_none_or(|part| name.contains(part));
    let attacks: Vec<Attack> = ATTACKS.iter().filter(wanted).copied().collect();
    if attacks.is_empty() {
        let names: Vec<_> = ATTACKS.iter().map(|(name, _)| *name).collect();
        eprintln!("no attack has that in its name: {}", names.join("; "));
        std::process::exit(2);
    }
    println!("| attack | refused | p50 ms | p99 ms | slowest ms | health failed | slowest ms | MB above idle |");
    println!("|---|---|---|---|---|---|---|---|");
    let held: Vec<bool> = attacks.iter().map(tried).collect();
    let harmful = attacks.iter().zip(&held).filter(|(_, held)| !**held).map(|((name, _), _)| *name);
    let harmful: Vec<_> = harmful.collect();
    if !harmful.is_empty() {
        eprintln!("the good camera, health or memory suffered from: {}", harmful.join("; "));
        std::process::exit(1);
    }
}
