//! Everybody who uses the cluster: cameras that send until they are told that a photo was taken, people who decide, billing
//! that reads, and the ticks by which replicas work.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_tests::{Api, Reply};

use crate::record::Record;
use crate::vehicle::{Vehicles, photo, plate};

/// How long a camera waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(12);
/// After so long a photo that nobody took is a violation: no trouble lasts that long.
const LONGEST: Duration = Duration::from_secs(600);
/// Pause before the next try.
const PAUSE: Duration = Duration::from_millis(100);
/// One photo of so many is sent again later.
const RESENT: u64 = 25;

/// Photos, as they come.
#[derive(Debug)]
pub struct Traffic<'a> {
    /// Who passes.
    pub vehicles: &'a Vehicles,
    /// What was seen.
    pub record: &'a Record,
    /// The next to be sent.
    pub next: AtomicU64,
    /// Those whose photo was acknowledged.
    pub acknowledged: Vec<AtomicBool>,
    /// When it began.
    pub began: Instant,
    /// Time between two photos.
    pub every: Duration,
    /// From then on no photo is sent that was not sent before, whatever is left: a slow machine ends, too.
    pub until: Instant,
}

impl Traffic<'_> {
    /// A camera's house: sends one photo after the other, each to the next replica after one that did not take it.
    pub fn send(&self, replicas: &[Api], booths: &[Api]) {
        while Instant::now() < self.until && !self.record.is_over() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.vehicles.count {
                return;
            }
            std::thread::sleep(self.due(number).saturating_duration_since(Instant::now()));
            // Whoever waited so long in vain for one would do so for each of thousands.
            let Some(reply) = self.send_until_taken(number, replicas, booths) else { return };
            if let Some(acknowledged) = self.acknowledged(number) {
                acknowledged.store(true, Ordering::Relaxed);
            }
            self.record.taken.fetch_add(1, Ordering::Relaxed);
            self.check_passage(number, &reply);
            if number % RESENT == RESENT - 1 {
                // One that was acknowledged a while ago, by whoever's turn it was.
                self.send_again(number / 2, replicas, booths);
            }
        }
    }

    /// When this one passes.
    fn due(&self, number: u64) -> Instant {
        self.began + self.every.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Whether photos wait for a camera that has time for them.
    pub fn is_behind(&self) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        next < self.vehicles.count && self.due(next) < Instant::now()
    }

    /// How many were sent, or are being sent: all up to this number.
    pub fn sent(&self) -> u64 {
        self.next.load(Ordering::Relaxed).min(self.vehicles.count)
    }

    fn send_until_taken(&self, number: u64, replicas: &[Api], booths: &[Api]) -> Option<Reply> {
        let (path, photo) = (self.vehicles.path(number), photo(number));
        let deadline = Instant::now() + LONGEST;
        let mut turn = number;
        while Instant::now() < deadline {
            if self.record.is_over() {
                return None;
            }
            turn += 1;
            let Some(camera) = caller(turn, number, self.vehicles, replicas, booths) else { break };
            match camera.try_put(&path, &photo) {
                None => self.record.unanswered.fetch_add(1, Ordering::Relaxed),
                Some(reply) if matches!(reply.status, 200 | 202) => return Some(reply),
                Some(reply) => {
                    self.check_refusal(number, &reply);
                    self.record.refused.fetch_add(1, Ordering::Relaxed)
                }
            };
            std::thread::sleep(PAUSE);
        }
        self.record.violation(format!("nobody took photo {number} for {LONGEST:?}"));
        None
    }

    /// A camera that has lost its memory. What was acknowledged is known, whoever acknowledged it.
    fn send_again(&self, number: u64, replicas: &[Api], booths: &[Api]) {
        // Otherwise another thread is still sending it for the first time.
        if !self.acknowledged(number).is_some_and(|acknowledged| acknowledged.load(Ordering::Relaxed)) {
            return;
        }
        let Some(camera) = caller(number + 1, number, self.vehicles, replicas, booths) else { return };
        match camera.try_put(&self.vehicles.path(number), &photo(number)) {
            Some(reply) if reply.status == 202 => {
                self.record.violation(format!("photo {number} was acknowledged, and is new when it is sent again"));
            }
            Some(reply) if reply.status == 200 => {
                self.record.resent.fetch_add(1, Ordering::Relaxed);
                self.check_passage(number, &reply);
            }
            Some(reply) => self.check_refusal(number, &reply),
            None => {}
        }
    }

    fn acknowledged(&self, number: u64) -> Option<&AtomicBool> {
        self.acknowledged.get(usize::try_from(number).ok()?)
    }

    fn check_passage(&self, number: u64, reply: &Reply) {
        let (wanted, told) = (self.vehicles.passage(number), reply.text("passage"));
        if wanted != told {
            self.record.violation(format!("photo {number} is passage {wanted} and was acknowledged as {told}"));
        }
    }

    /// A camera may be told to come back, and nothing else.
    fn check_refusal(&self, number: u64, reply: &Reply) {
        let may_be = match reply.status {
            503 => reply.header("retry-after").is_some(),
            // What it sent was held on the way for too long.
            408 => true,
            _ => false,
        };
        if !may_be {
            self.record.violation(format!("photo {number} was answered with {reply:?}"));
        }
    }
}

fn caller(turn: u64, number: u64, vehicles: &Vehicles, replicas: &[Api], booths: &[Api]) -> Option<Api> {
    let replica = replicas.get(usize::try_from(turn).ok()? % replicas.len().max(1))?;
    let booth = booths.get(usize::try_from(vehicles.booth(number)).ok()?)?;
    Some(replica.speaking_as(booth))
}

/// A person who decides what is doubtful, as it stands on the plate, until it is over.
pub fn decide(reviewers: &[Api], vehicles: &Vehicles, record: &Record) {
    for reviewer in reviewers.iter().cycle() {
        if record.is_over() {
            return;
        }
        let claimed = reviewer.try_post("/v1/reviews/claim", &json!({}));
        let Some(claimed) = claimed.filter(|reply| reply.status != 204) else {
            std::thread::sleep(PAUSE);
            continue;
        };
        if claimed.status != 200 {
            unless_out_of_reach(record, "a claim", &claimed);
            std::thread::sleep(PAUSE);
            continue;
        }
        let item = claimed.json();
        let passage = claimed.text("passage");
        let Some(number) = vehicles.of(&passage) else {
            record.violation(format!("nobody sent {passage}, and it is to be decided"));
            continue;
        };
        let verdict = json!({
            "version": item["version"], "plate": plate(number), "jurisdiction": "us-tx", "another_crossing": true,
        });
        match reviewer.try_post(&format!("/v1/reviews/{passage}/verdict"), &verdict) {
            Some(reply) if reply.status == 200 => {
                record.decided.fetch_add(1, Ordering::Relaxed);
            }
            // A verdict whose answer was lost, and somebody else's claim since.
            Some(reply) if reply.status == 409 => {}
            Some(reply) => unless_out_of_reach(record, "a verdict", &reply),
            None => {}
        }
    }
}

/// Everything that comes by itself elsewhere, by one replica, until it is over. While it is dead, nothing.
pub fn work(operator: &Api, record: &Record) {
    while !record.is_over() {
        for tick in ["reading?wait=true", "services?wait=true", "export", "messages?wait=true", "telemetry"] {
            match operator.try_post(&format!("/v1/ticks/{tick}"), &json!({})) {
                Some(reply) => unless_out_of_reach(record, tick, &reply),
                None => std::thread::sleep(PAUSE),
            }
        }
        if let Some(reply) = operator.try_post("/v1/exports", &json!({})) {
            unless_out_of_reach(record, "an export", &reply);
        }
        // Where there is nothing to do, three of them would ask for it with all the machine has.
        std::thread::sleep(PAUSE);
    }
}

/// Billing, which reads what is published and looks again at what it has read, until it is over.
pub fn bill(billing: &[Api], record: &Record) {
    for reader in billing.iter().cycle() {
        if record.is_over() {
            return;
        }
        // From the last but one on: what was seen already must be the same.
        let from = record.last_published().saturating_sub(2);
        if let Some(page) = reader.try_get(&format!("/v1/exports?after={from}&limit=50")) {
            if page.status == 200 {
                // Whoever still talks to a database that was replaced may know less; what it knows must be the same.
                for export in page.json()["items"].as_array().into_iter().flatten() {
                    if let (Some(sequence), Some(sha256)) = (export["sequence"].as_u64(), export["sha256"].as_str()) {
                        record.published(sequence, sha256);
                    }
                }
            } else {
                unless_out_of_reach(record, "a list of exports", &page);
            }
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// An outage may be said, and nothing else that is no success.
fn unless_out_of_reach(record: &Record, what: &str, reply: &Reply) {
    if reply.status >= 300 && reply.status != 503 {
        record.violation(format!("{what} was answered with {reply:?}"));
    }
}
