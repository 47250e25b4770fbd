//! One file of 10^4, 10^5 and 10^6 bill lines: seconds until billing sees it and has it, and what memory the host takes.
//!
//! The passages are written into the ledger's file, as a million photos would leave them there; everything after that is
//! the application: bound, rendered, hashed, stored, published, and served in ranges. Memory must stay within a bound above
//! that of a host that has exported a small file, and time must grow as the lines do. Run with `scripts/bench export`, or with
//! sizes of one's own: `scripts/bench export 10000 100000`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_pipeline::ident::Digester;
use tollbooth_tests::{Api, Host, accept_many};

const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Bytes of memory above those of the idle host.
const MEMORY: u64 = 64 << 20;
/// How much longer a line of a larger file may take: more would not be linear.
const STEEPEST: f64 = 2.0;
/// Bytes asked for at a time.
const RANGE: u64 = 1 << 20;
const LATEST: Duration = Duration::from_secs(900);
/// How long a run whose client is gone is left alone: a second one beside it would be measured, too.
const PATIENCE_SECONDS: u32 = 300;

/// Has whoever asks for an export give up, also when this fails.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks for an export and waits until billing sees it, whether or not the request is answered in time.
fn publish(host: &Host, sequence: u64) -> Duration {
    let began = Instant::now();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // The client may lose patience before a run has ended, which goes on then; one that failed is asked for again at once.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let seconds = match host.operator.try_post("/v1/exports", &json!({})) {
                    Some(answer) if answer.status < 300 => break,
                    Some(_) => 1,
                    None => PATIENCE_SECONDS,
                };
                for _ in 0..seconds {
                    if !over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_secs(1));
                    }
                }
            }
        });
        let _ending = Ending(&over);
        loop {
            if host
                .operator
                .try_get(&format!("/v1/exports/{sequence}/manifest"))
                .is_some_and(|answer| answer.status == 200)
            {
                return began.elapsed();
            }
            assert!(began.elapsed() < LATEST, "export {sequence} was not published:\n{}", host.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    })
}

/// Fetches a file in ranges; its size. What comes must be what the manifest says.
fn fetch(billing: &Api, sequence: u64) -> (Duration, u64) {
    let manifest = billing.get(&format!("/v1/exports/{sequence}/manifest")).json();
    let bytes = manifest["bytes"].as_u64().unwrap();
    let began = Instant::now();
    let mut digest = Digester::default();
    for first in (0..bytes).step_by(usize::try_from(RANGE).unwrap()) {
        let range = format!("bytes={first}-{}", (first + RANGE).min(bytes) - 1);
        let part = billing.and_headers(&[("range", &range)]).get(&format!("/v1/exports/{sequence}/file"));
        assert_eq!(part.status, 206, "{range}: {part:?}");
        digest.take(&part.body);
    }
    assert_eq!(digest.hex(), manifest["sha256"], "export {sequence}");
    (began.elapsed(), bytes)
}

fn main() {
    let host = Host::start();
    let billing = host.token("billing", None);
    drop(host.camera("north"));
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.max_rows": 1_000_000 })).status, 200);
    accept_many(&host, 0, 10);
    publish(&host, 1);
    fetch(&billing, 1);
    let idle = host.memory().expect("/proc tells the memory of the host");
    println!(
        "{:>9} {:>9} {:>10} {:>10} {:>12} {:>14}",
        "rows", "MB", "seconds", "us a row", "fetched in s", "MB above idle"
    );
    let given: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if given.is_empty() { SIZES.to_vec() } else { given };
    let (mut before, mut broken, mut each) = (10, Vec::new(), None::<f64>);
    for (rows, sequence) in sizes.into_iter().zip(2..) {
        accept_many(&host, before, rows);
        before += rows;
        host.forget_peak_memory();
        let published = publish(&host, sequence);
        let (fetched, bytes) = fetch(&billing, sequence);
        let above = host.peak_memory().expect("/proc tells the peak").saturating_sub(idle);
        println!(
            "{rows:>9} {:>9.1} {:>10.1} {:>10.1} {:>12.1} {:>14.1}",
            bytes as f64 / 1e6,
            published.as_secs_f64(),
            published.as_secs_f64() * 1e6 / rows as f64,
            fetched.as_secs_f64(),
            above as f64 / 1e6,
        );
        let now = published.as_secs_f64() / rows as f64;
        if let Some(before) = each.replace(now).filter(|before| now > before * STEEPEST) {
            broken.push(format!("a line of {rows} takes {:.1} times as long as in the file before", now / before));
        }
        if above > MEMORY {
            broken.push(format!("{rows} rows take {} bytes above the idle host, more than {MEMORY}", above));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
