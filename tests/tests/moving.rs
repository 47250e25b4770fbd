//! Moving house: an installation on one machine, with everything that ever happened to it, goes on in PostgreSQL and object
//! storage, while cameras go on sending.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Api, Host, Ledger, Options, Script, repository, scripted, wait};

/// Minutes apart, so that no two are one crossing.
fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

/// What a camera keeps until it is acknowledged: the same photo at the same address.
struct Shot {
    path: String,
    photo: Vec<u8>,
    plate: String,
}

fn shot(index: u64, script: impl Fn(&str) -> Script) -> Shot {
    // Two characters differ between neighbours, so that none is taken for another's misreading.
    let plate = format!("BK{}{:04}", char::from(b'A' + u8::try_from(index % 7).unwrap()), index * 11 % 10_000);
    let path = format!("/v1/booths/north/passages/k-{index}?captured_at={}&lane=1&camera=front", captured(index));
    Shot { path, photo: scripted(index, &script(&plate)), plate }
}

fn token(host: &Host, role: &str, booth: Option<&str>) -> String {
    let mut body = json!({ "role": role, "name": format!("moving {role}") });
    if let Some(booth) = booth {
        body["booth"] = booth.into();
    }
    let made = host.operator.post("/v1/tokens", &body);
    assert_eq!(made.status, 201, "{made:?}");
    made.text("token")
}

fn migrate(arguments: &[String]) -> (i32, String) {
    let output =
        Command::new(repository().join("target/release/tollbooth")).arg("migrate").args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// Every plate that any published file bills, with how often; files of corrections are counted apart.
fn billed(billing: &Api) -> (BTreeMap<String, u64>, usize) {
    let (mut plates, mut corrections) = (BTreeMap::new(), 0);
    let page = billing.get("/v1/exports?after=0&limit=200").json();
    for export in page["items"].as_array().unwrap() {
        let file = billing.get(export["file_url"].as_str().unwrap());
        assert_eq!(file.status, 200, "{export}");
        if export["kind"] == "corrections" {
            corrections += 1;
            continue;
        }
        let mut rows = csv::Reader::from_reader(file.body.as_slice());
        for row in rows.records() {
            *plates.entry(row.unwrap()[1].to_owned()).or_insert(0) += 1;
        }
    }
    (plates, corrections)
}

fn published(host: &Host) -> Vec<Value> {
    let exported = host.operator.post("/v1/exports", &json!({}));
    assert!(exported.status < 300, "{exported:?}");
    host.token("billing", None).get("/v1/exports?after=0&limit=200").json()["items"].as_array().unwrap().clone()
}

/// A ledger as weeks of work leave it behind: accepted, doubtful, rejected and repeated photos, an export, a passage that was
/// opened again and corrected, alerts and messages, added-up telemetry, people who looked at photos.
fn live_for_a_while(host: &Host, camera: &Api) -> Vec<Shot> {
    let mut shots: Vec<Shot> = (0..12).map(|n| shot(n, Script::plate)).collect();
    shots.extend((12..16).map(|n| shot(n, |plate| Script::fail("timed-out").then_plate(plate, 0.99))));
    shots.extend((16..20).map(|n| shot(n, |_| Script::empty())));
    let mut ids = Vec::new();
    for shot in &shots {
        let taken = camera.put(&shot.path, &shot.photo);
        assert_eq!(taken.status, 202, "{taken:?}");
        ids.push(taken.text("passage"));
    }
    // The same frame under another key.
    let again = shots[0].path.replace("/k-0?", "/k-0-again?");
    assert_eq!(camera.put(&again, &shots[0].photo).status, 202);
    host.drain();
    assert_eq!(published(host).len(), 1);
    let (supervisor, reviewer) = (host.token("supervisor", None), host.token("reviewer", None));
    assert_eq!(reviewer.get(&format!("/v1/passages/{}/photo", ids[16])).status, 200);
    let version = supervisor.get(&format!("/v1/passages/{}", ids[1])).json()["version"].clone();
    let reopened = supervisor.post(
        &format!("/v1/passages/{}/reopen", ids[1]),
        &json!({ "version": version, "remark": "the owner says no", "cause": "dispute" }),
    );
    assert_eq!(reopened.status, 200, "{reopened:?}");
    for (id, verdict) in [
        (&ids[1], json!({ "plate": "XYZ9876", "jurisdiction": "us-ok" })),
        (&ids[16], json!({ "reject": "no-plate" })),
        (&ids[17], json!({ "plate": "KLM4567", "jurisdiction": "us-ok" })),
    ] {
        let claimed = reviewer.post("/v1/reviews/claim", &json!({ "passage": id }));
        assert_eq!(claimed.status, 200, "{claimed:?}");
        let mut verdict = verdict.clone();
        verdict["version"] = claimed.json()["version"].clone();
        let decided = reviewer.post(&format!("/v1/reviews/{id}/verdict"), &verdict);
        assert_eq!(decided.status, 200, "{decided:?}");
    }
    for tick in ["messages?wait=true", "telemetry"] {
        let ticked = host.operator.post(&format!("/v1/ticks/{tick}"), &json!({}));
        assert!(ticked.status < 300, "{tick}: {ticked:?}");
    }
    wait::until("a correction to be published", 60, || {
        published(host).iter().any(|export| export["kind"] == "corrections").then_some(())
    });
    shots
}

#[test]
fn an_installation_moves_to_postgresql_and_object_storage_under_traffic_and_nothing_is_lost_or_doubled() {
    let what = "moving house";
    let Some((database, bucket)) = Database::unmigrated(what).zip(Bucket::new(what)) else { return };
    let old = Host::start_with(Options { ledger: Ledger::Sqlite, ..Options::default() });
    let _ = old.camera("north");
    let (camera_token, billing_token) = (token(&old, "camera", Some("north")), token(&old, "billing", None));
    let camera = old.with_token(&camera_token);
    let shots = Mutex::new(live_for_a_while(&old, &camera));
    let before = old.with_token(&billing_token).get("/v1/exports?after=0&limit=200").json()["items"].clone();

    let state = old.state_dir();
    let from = format!("sqlite://{}", state.join("sqlite_db.db").display());
    let mut arguments = vec!["--from".to_owned(), from, "--to".to_owned(), database.migrator_address()];
    for (name, value) in bucket.variables() {
        arguments.extend([format!("--{}", name.replace('_', "-")), value]);
    }
    arguments.extend(["--photos-to".to_owned(), "s3".to_owned()]);
    let ahead: Vec<String> = arguments.iter().cloned().chain(["--ahead".to_owned()]).collect();

    let (next, stop) = (AtomicU64::new(20), AtomicBool::new(false));
    let (acknowledged, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            let camera = camera.reconnected();
            let (next, stop, shots, acknowledged, refused) = (&next, &stop, &shots, &acknowledged, &refused);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let shot = shot(next.fetch_add(1, Ordering::Relaxed), Script::plate);
                    let taken = camera.put(&shot.path, &shot.photo);
                    match taken.status {
                        202 => acknowledged.fetch_add(1, Ordering::Relaxed),
                        500.. => refused.fetch_add(1, Ordering::Relaxed),
                        _ => panic!("{taken:?}"),
                    };
                    // Acknowledged or not: what a camera holds.
                    shots.lock().unwrap().push(shot);
                    // Fast enough to meet every moment of the move, slow enough to be read afterwards.
                    thread::sleep(std::time::Duration::from_millis(75));
                }
            });
        }
        // Broken off in the middle of it.
        let mut first = Command::new(repository().join("target/release/tollbooth"))
            .arg("migrate")
            .args(&ahead)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait::until("the move to begin", 60, || database.check("to_regclass('moving_house') IS NOT NULL").ok());
        first.kill().unwrap();
        first.wait().unwrap();
        let (code, text) = migrate(&["--postgres".to_owned(), database.migrator_address()]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains("a ledger is being moved into this database"), "{text}");
        database.check("NOT has_table_privilege('tollbooth_application', 'passage', 'SELECT')").unwrap();
        let (code, text) = migrate(&ahead);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("copied ahead"), "{text}");
        let seen = acknowledged.load(Ordering::Relaxed);
        wait::until("the old place to go on", 60, || (acknowledged.load(Ordering::Relaxed) > seen + 3).then_some(()));
        let (code, text) = migrate(&arguments);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("the same on both sides") && text.contains("is closed for good"), "{text}");
        let met = refused.load(Ordering::Relaxed);
        wait::until("the old place to refuse", 60, || (refused.load(Ordering::Relaxed) > met).then_some(()));
        stop.store(true, Ordering::Relaxed);
    });
    assert!(old.log().contains("was moved to PostgreSQL"), "{}", old.log());
    let (code, text) = migrate(&arguments);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("moved already"), "{text}");
    drop(old);

    let new = Host::start_with(Options { ledger: Ledger::Postgres(database.clone(), bucket), ..Options::default() });
    let (camera, billing) = (new.with_token(&camera_token), new.with_token(&billing_token));
    let after = billing.get("/v1/exports?after=0&limit=200").json()["items"].clone();
    assert_eq!(after, before, "what was published before the move is what is published after it");
    let shots = shots.into_inner().unwrap();
    let mut there = 0;
    for shot in &shots {
        let resent = camera.put(&shot.path, &shot.photo);
        assert!(matches!(resent.status, 200 | 202), "{resent:?}");
        there += u64::from(resent.status == 200);
    }
    assert_eq!(there, 20 + acknowledged.load(Ordering::Relaxed), "what was acknowledged is there, and nothing else");
    wait::until("everything to be read", 120, || {
        new.drain();
        let totals = new.operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["waiting"] == 0 && totals["reading"] == 0).then_some(())
    });
    let exported = wait::until("everything to be exported", 60, || {
        let exported = published(&new);
        (new.operator.get("/v1/balance").json()["totals"]["from_state"]["awaiting_export"] == 0).then_some(exported)
    });
    let numbers: Vec<u64> = exported.iter().map(|export| export["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let balance = new.operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance:#}");
    // And the frame that was sent under two keys.
    assert_eq!(balance["totals"]["from_state"]["received"], shots.len() as u64 + 1, "{balance:#}");
    let (plates, corrections) = billed(&billing);
    assert_eq!(corrections, 1);
    assert!(plates.values().all(|bills| *bills == 1), "billed twice: {plates:?}");
    for shot in shots.iter().filter(|shot| !(16..20).any(|n| shot.path.contains(&format!("/k-{n}?")))) {
        assert!(plates.contains_key(&shot.plate), "{} was never billed: {plates:?}", shot.plate);
    }
    for tick in ["messages?wait=true", "telemetry"] {
        let ticked = new.operator.post(&format!("/v1/ticks/{tick}"), &json!({}));
        assert!(ticked.status < 300, "{tick}: {ticked:?}");
    }
    let (code, text, errors) = new.tool(&["audit", "--allow-unreferenced"]);
    assert_eq!(code, 0, "{text}{errors}");
}

#[test]
fn a_ledger_is_moved_into_a_new_database_only_and_the_command_says_what_is_wrong() {
    let what = "what may not be moved";
    let Some(used) = Database::new(what) else { return };
    let old = Host::start_with(Options { ledger: Ledger::Sqlite, ..Options::default() });
    let _ = old.camera("north");
    used.run("INSERT INTO booth VALUES ('elsewhere', 'E', 'us-tx', '[]', 'America/Chicago', 0)").unwrap();
    let state = old.state_dir();
    let from = |place: &str, more: &[&str]| {
        let mut arguments = vec!["--from".to_owned(), place.to_owned(), "--to".to_owned(), used.migrator_address()];
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        migrate(&arguments)
    };
    let (code, text) = from(&state.to_string_lossy(), &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("the target is not empty: its table booth has 1 rows"), "{text}");
    used.check(
        "to_regclass('moving_house') IS NULL AND has_table_privilege('tollbooth_application', 'booth', 'SELECT')",
    )
    .unwrap();
    let (code, text) = from("sqlite:///nowhere/ledger.db", &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("/nowhere/ledger.db: there is no such file"), "{text}");
    let (code, text) = from(&state.to_string_lossy(), &["--photos-to", "s3"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("--photos-origin"), "{text}");
    // Nothing of this was noticed at the old place.
    assert_eq!(old.operator.get("/v1/health").status, 200);
    assert_eq!(old.operator.get("/v1/booths").json()["items"].as_array().map(Vec::len), Some(1));
}
