//! From photos to bill lines: the balance closes at every moment, and every accepted passage is billed once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Options, Recognizer, Script, scripted, wait};

const BOOTHS: [&str; 3] = ["north", "south", "bridge"];

/// Capture times two minutes apart, so that no plate crosses twice within the recross time.
fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

fn plate(index: u64) -> String {
    format!("DHN{index:04}")
}

/// What passage `index` is to go through.
fn script(index: u64) -> Script {
    match index % 20 {
        0 => Script::empty(),
        1 => Script::default().then_plate(&plate(index), 0.5),
        2 => Script::fail("outage").then_plate(&plate(index), 0.99),
        3 => Script::fail("unauthorized"),
        _ => Script::plate(&plate(index)),
    }
}

fn assert_closes(balance: &Value) {
    assert_eq!(balance["closes"], true, "{balance:#}");
    assert_eq!(balance["totals"]["from_events"], balance["totals"]["from_state"], "{balance:#}");
}

fn total(balance: &Value, member: &str) -> u64 {
    balance["totals"]["from_state"][member].as_u64().unwrap()
}

/// All rows of all published exports, by plate.
fn billed(billing: &Api) -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = billing.get(&format!("/v1/exports?after={after}&limit=10")).json();
        let exports = page["items"].as_array().unwrap().clone();
        for export in &exports {
            after = export["sequence"].as_u64().unwrap();
            let file = billing.get(export["file_url"].as_str().unwrap());
            assert_eq!(file.status, 200);
            assert_eq!(tollbooth_pipeline::ident::sha256_hex(&file.body), export["sha256"].as_str().unwrap());
            let mut reader = csv::Reader::from_reader(file.body.as_slice());
            assert_eq!(
                reader.headers().unwrap(),
                vec!["FileName", "LicensePlateText", "TimeStamp", "LicensePlateFound"]
            );
            for record in reader.records() {
                let record = record.unwrap();
                assert_eq!(&record[3], "True");
                rows.entry(record[1].to_owned()).or_default().push(record[0].to_owned());
            }
        }
        if page["next"].is_null() {
            return rows;
        }
    }
}

/// Tells the exporter to stop, whatever happens.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_thousand_passages_balance_at_every_moment_and_each_accepted_one_is_billed_once() {
    let host = Host::start_with(Options { recognizer: Recognizer::Scripted, cron: true, ..Options::default() });
    host.operator.patch("/v1/settings", &json!({ "reading.concurrency": 4, "reading.backoff_seconds": 1 }));
    let cameras: Vec<_> = BOOTHS.iter().map(|booth| (*booth, host.camera(booth))).collect();
    let (next, done) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let senders: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= 1000 {
                            return;
                        }
                        let (booth, camera) = &cameras[(index % 3) as usize];
                        let (at, bytes) = (captured(index), scripted(index, &script(index)));
                        let send = |key: &str| camera.send_photo(booth, key, &at, "1", &bytes).status;
                        assert_eq!(send(&format!("k-{index}")), 202);
                        if index % 10 == 5 {
                            assert_eq!(send(&format!("k-{index}")), 200, "a resend");
                            assert_eq!(send(&format!("again-{index}")), 202, "a duplicate");
                        }
                    }
                })
            })
            .collect();
        // Also when an assertion below fails: the scope waits for the exporter.
        let _stop = Stop(&done);
        let exporter = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let status = host.operator.post("/v1/exports", &json!({})).status;
                assert!(status == 200 || status == 201, "{status}");
                thread::park_timeout(Duration::from_millis(100));
            }
        });
        for sender in senders {
            while !sender.is_finished() {
                assert_closes(&host.operator.get("/v1/balance").json());
            }
            sender.join().unwrap();
        }
        wait::until("everything to be read", 300, || {
            let balance = host.operator.get("/v1/balance").json();
            assert_closes(&balance);
            (total(&balance, "waiting") + total(&balance, "reading") == 0).then_some(())
        });
        done.store(true, Ordering::Relaxed);
        exporter.join().unwrap();
    });
    host.operator.post("/v1/exports", &json!({}));

    let balance = host.operator.get("/v1/balance").json();
    assert_closes(&balance);
    assert_eq!(total(&balance, "received"), 1100);
    assert_eq!(total(&balance, "duplicate"), 100);
    assert_eq!(total(&balance, "in_review"), 150);
    assert_eq!(total(&balance, "accepted"), 850);
    assert_eq!(total(&balance, "billed"), 850);

    let rows = billed(&host.token("billing", None));
    let expected: Vec<_> = (0..1000).filter(|i| ![0, 1, 3].contains(&(i % 20))).map(plate).collect();
    assert_eq!(rows.keys().cloned().collect::<Vec<_>>(), expected);
    assert!(rows.values().all(|files| files.len() == 1), "a plate on two lines");
}

#[test]
fn an_outage_a_refused_key_and_an_empty_road_are_different_reasons() {
    let host = Host::start();
    let camera = host.camera("north");
    host.operator.patch("/v1/settings", &json!({ "reading.max_attempts": 1 }));
    let reviewer = host.token("reviewer", None);
    for (index, (script, reason)) in [
        (Script::empty(), "no-plate-found"),
        (Script::empty_with_vehicle(true), "no-plate-found"),
        (Script::empty_with_vehicle(false), "no-vehicle-found"),
        (Script::default().then_plate("ABC1234", 0.4), "low-confidence"),
        (Script::fail("outage"), "recognizer-exhausted"),
        (Script::fail("timed-out"), "recognizer-exhausted"),
        (Script::fail("unauthorized"), "recognizer-unauthorized"),
        (Script::fail("quota-exhausted"), "budget-spent"),
        (Script::fail("bad-image"), "image-damaged"),
        (Script::fail("nonsense"), "recognizer-exhausted"),
    ]
    .into_iter()
    .enumerate()
    {
        let index = index as u64;
        let sent = camera.send_photo("north", &format!("k-{index}"), &captured(index), "1", &scripted(index, &script));
        assert_eq!(sent.status, 202);
        host.drain();
        let passage = reviewer.get(&format!("/v1/passages/{}", sent.text("passage"))).json();
        assert_eq!(
            (passage["state"].as_str(), passage["reason"].as_str()),
            (Some("in-review"), Some(reason)),
            "{passage}"
        );
    }
}

#[test]
fn a_photo_that_kills_the_recogniser_each_time_ends_with_a_person() {
    let host = Host::start();
    let camera = host.camera("north");
    let settings = json!({ "reading.max_attempts": 2, "reading.lease_seconds": 2, "reading.call_seconds": 1 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    let sent = camera.send_photo("north", "k", &captured(0), "1", &scripted(1, &Script::default().then_trap()));
    let reviewer = host.token("reviewer", None);
    let passage = wait::until("two attempts to die", 60, || {
        let _ = host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
        let passage = reviewer.get(&format!("/v1/passages/{}", sent.text("passage"))).json();
        (passage["state"] == "in-review").then_some(passage)
    });
    assert_eq!(passage["reason"], "recognizer-exhausted", "{passage}");
    assert_eq!(passage["attempts"], 2, "{passage}");
    assert_closes(&host.operator.get("/v1/balance").json());
}

#[test]
fn front_and_rear_photo_of_one_crossing_are_not_billed_twice() {
    let host = Host::start();
    let camera = host.camera("north");
    let at = captured(1);
    for (key, seed) in [("front", 1), ("rear", 2)] {
        assert_eq!(camera.send_photo("north", key, &at, "1", &scripted(seed, &Script::plate("ABC1234"))).status, 202);
    }
    let later = camera.send_photo("north", "later", &captured(0), "1", &scripted(3, &Script::plate("ABC1234")));
    assert_eq!(later.status, 202);
    host.drain();
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!((total(&balance, "accepted"), total(&balance, "in_review")), (2, 1), "{balance}");
    let open = host.token("reviewer", None).get("/v1/reviews?reason=possible-double").json();
    assert_eq!(open["total"], 1, "{open}");
    assert_eq!(open["items"][0]["suggestion"], "ABC1234");
}

#[test]
fn what_was_acknowledged_survives_the_death_of_the_host() {
    let mut host = Host::start();
    let camera = host.camera("north");
    let photos: Vec<_> = (0..20).map(|n| scripted(n, &Script::plate(&plate(n)))).collect();
    let sent: Vec<_> = photos
        .iter()
        .enumerate()
        .map(|(n, photo)| camera.send_photo("north", &format!("k-{n}"), &captured(n as u64), "1", photo))
        .collect();
    host.kill();
    host.restart();
    let reviewer = host.token("reviewer", None);
    for (reply, photo) in sent.iter().zip(&photos) {
        let shown = reviewer.get(&format!("/v1/passages/{}/photo", reply.text("passage")));
        assert_eq!((shown.status, &shown.body), (200, photo));
    }
    host.drain();
    let balance = host.operator.get("/v1/balance").json();
    assert_closes(&balance);
    assert_eq!(total(&balance, "accepted"), 20);
}
