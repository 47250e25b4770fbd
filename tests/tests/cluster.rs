//! What only a ledger on a server can meet: the server dies and comes back, a guest dies inside a transaction on a
//! connection that others get next, and a manifest that must not drift from the one for one machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::json;
use tollbooth_host::{
    App, AppOptions, Bench, CallKind, HostCall, HostCalls, Manifest, PostgresPooling, Running, Verdict,
};
use tollbooth_object_store_server::{FailingStore, Fault, Kind, On};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{
    Api, Host, Ledger, Options, Raw, Recognizer, Script, cluster_manifest, repository, scripted, wait,
};

fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

fn on(database: &Database, bucket: &Bucket) -> Host {
    Host::start_with(Options { ledger: Ledger::Postgres(database.clone(), bucket.clone()), ..Options::default() })
}

fn passage(booth: &str, index: u64) -> String {
    format!("/v1/booths/{booth}/passages/k-{index}?captured_at={}&lane=1&camera=front", captured(index))
}

/// Sends until the photo is taken, as a camera does. How often it was told to come back.
fn send_until_taken(camera: &Api, index: u64) -> u64 {
    let photo = scripted(index, &Script::plate(&format!("DHN{index:04}")));
    let path = passage("north", index);
    let mut told = 0;
    wait::until("a photo to be taken", 120, || {
        let reply = camera.try_put(&path, &photo)?;
        if reply.status == 503 {
            assert!(reply.header("retry-after").is_some(), "{reply:?}");
            told += 1;
            return None;
        }
        assert!(matches!(reply.status, 200 | 202), "{reply:?}");
        Some(())
    });
    told
}

#[test]
fn nothing_is_lost_and_nothing_doubled_when_the_database_dies_in_the_middle_of_traffic() {
    let what = "the death of PostgreSQL under traffic";
    let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
    let host = on(&database, &bucket);
    // A photo that was being read when the server died is read again when its lease ends; the two minutes of the default
    // would be most of this test.
    let short = json!({ "reading.lease_seconds": 12, "reading.call_seconds": 6 });
    assert_eq!(host.operator.patch("/v1/settings", &short).status, 200);
    let camera = host.camera("north");
    let next = AtomicU64::new(0);
    let taken = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let (camera, next, stop, taken) = (camera.reconnected(), &next, &stop, &taken);
                scope.spawn(move || {
                    let mut told = 0;
                    while !stop.load(Ordering::Relaxed) {
                        told += send_until_taken(&camera, next.fetch_add(1, Ordering::Relaxed));
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                    told
                })
            })
            .collect();
        let reader = {
            let (operator, stop) = (host.operator.reconnected(), &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // An outage is an answer of 503 here, and the work is found by the next tick.
                    let report = operator.post("/v1/ticks/reading?wait=true", &json!({}));
                    assert!(matches!(report.status, 200 | 503), "{report:?}");
                    let exported = operator.post("/v1/exports", &json!({}));
                    assert!(exported.status < 300 || exported.status == 503, "{exported:?}");
                }
            })
        };
        for deaths in 1..=3 {
            let before = taken.load(Ordering::Relaxed);
            wait::until("traffic to flow", 60, || (taken.load(Ordering::Relaxed) >= before + 20).then_some(()));
            database.server().crash_and_restart().unwrap_or_else(|e| panic!("death {deaths}: {e}"));
        }
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        let told: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
        assert!(told > 0, "no camera met the outage: this test shows nothing");
        next.load(Ordering::Relaxed)
    });
    wait::until("every photo to be read", 120, || {
        host.drain();
        let totals = host.operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["waiting"] == 0 && totals["reading"] == 0).then_some(())
    });
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance:#}");
    assert_eq!(balance["totals"]["from_state"]["received"], sent, "{balance:#}");
    assert_eq!(balance["totals"]["from_state"]["accepted"], sent, "{balance:#}");
    let billing = host.token("billing", None);
    wait::until("everything to be exported", 120, || {
        let exported = host.operator.post("/v1/exports", &json!({}));
        assert!(exported.status < 300, "{exported:?}");
        (host.operator.get("/v1/balance").json()["totals"]["from_state"]["billed"] == sent).then_some(())
    });
    let mut plates: BTreeMap<String, u64> = BTreeMap::new();
    let page = billing.get("/v1/exports?after=0&limit=200").json();
    for export in page["items"].as_array().unwrap() {
        let file = billing.get(export["file_url"].as_str().unwrap());
        let mut rows = csv::Reader::from_reader(file.body.as_slice());
        for row in rows.records() {
            *plates.entry(row.unwrap()[1].to_owned()).or_default() += 1;
        }
    }
    assert_eq!(plates.len() as u64, sent);
    assert!(plates.values().all(|bills| *bills == 1), "billed twice: {plates:?}");
    // A photo whose camera got no answer may lie there without a passage: never the other way round.
    let (code, text, errors) = host.tool(&["audit", "--allow-unreferenced"]);
    assert_eq!(code, 0, "{text}{errors}");
}

#[test]
fn while_the_database_is_down_cameras_are_told_to_come_back_and_nothing_is_said_to_be_unknown() {
    let what = "PostgreSQL out of reach";
    let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
    let host = on(&database, &bucket);
    let camera = host.camera("north");
    send_until_taken(&camera, 0);
    database.server().crash().unwrap();
    let photo = scripted(1, &Script::plate("DHN0001"));
    for _ in 0..3 {
        let refused = camera.put(&passage("north", 1), &photo);
        assert_eq!((refused.status, refused.problem()), (503, "unavailable".to_owned()), "{refused:?}");
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
        assert!(!refused.text("detail").contains("tollbooth_application"), "{refused:?}");
    }
    for path in ["/v1/health", "/v1/balance", "/v1/booths"] {
        assert_eq!(host.operator.get(path).status, 503, "{path}");
    }
    // A token that is none must not be told apart while nobody can know: an outage is never a 401.
    assert_eq!(host.with_token("tbk_nonsense").get("/v1/balance").status, 503);
    database.server().restart().unwrap();
    wait::until("health", 60, || (host.operator.get("/v1/health").status == 200).then_some(()));
    assert_eq!(camera.put(&passage("north", 1), &photo).status, 202);
}

/// Kills the guest that is about to commit, once.
#[derive(Default)]
struct KillAtCommit(AtomicBool);

impl HostCalls for KillAtCommit {
    fn before(&self, call: HostCall<'_>) -> Verdict {
        let strikes = call.kind == CallKind::Postgres
            && call.operation == "COMMIT"
            && self.0.compare_exchange(true, false, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if strikes { Verdict::Kill } else { Verdict::Proceed }
    }
}

const TOKEN: &str = "operator-token-of-the-tests";

/// The application of the cluster's manifest in this process, with what keeps it running.
fn in_this_process(
    database: &Database,
    bucket: &Bucket,
    variables: &[(&str, String)],
    options: AppOptions,
) -> (tokio::runtime::Runtime, Running, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let manifest =
        Manifest::read(&cluster_manifest(directory.path(), Recognizer::Scripted, bucket.component())).unwrap();
    let mut all: BTreeMap<String, String> = database
        .variables()
        .into_iter()
        .chain(bucket.variables())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    all.insert("operator_token".to_owned(), TOKEN.to_owned());
    let options = AppOptions {
        state_dir: directory.path().join("state"),
        cache_dir: Some(repository().join("target/tests-compiled")),
        variables: all,
        ..options
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let running = runtime.block_on(async {
        let app = App::load(manifest, options).unwrap();
        app.serve(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap()
    });
    (runtime, running, directory)
}

#[test]
fn whoever_wakes_others_after_the_answer_has_given_its_connection_back() {
    let what = "a wake-up that is not answered";
    let Some((database, bucket)) = Database::new(what).zip(Bucket::new(what)) else { return };
    // A stage that takes the wake-up and says nothing, as one does that is busy.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (woken, waking) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Nobody asks any more when the test is over.
            if woken.send(stream.unwrap()).is_err() {
                return;
            }
        }
    });
    let variables = [("wake_origin", origin), ("wake_token", TOKEN.to_owned())];
    let set_up = AppOptions {
        only: vec!["image-intake".to_owned(), "operator-api".to_owned()],
        // The only one: whoever keeps it keeps everybody else waiting, and then out.
        postgres_connections: 1,
        ..AppOptions::default()
    };
    let (runtime, running, _directory) = in_this_process(&database, &bucket, &variables, set_up);
    let operator = Api::at(running.addr().port(), TOKEN);
    let north = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
    assert!(operator.put_json("/v1/booths/north", &north).status < 300);
    let made = operator.post("/v1/tokens", &json!({ "role": "camera", "name": "c", "booth": "north" }));
    let camera = Api::at(running.addr().port(), &made.text("token"));
    assert_eq!(camera.put(&passage("north", 1), &scripted(1, &Script::plate("DHN0001"))).status, 202);
    // The intake that sent it lives as long as its wake-up is open.
    let held = waking.recv_timeout(std::time::Duration::from_secs(60)).expect("nobody was woken");
    assert_eq!(operator.get("/v1/booths").status, 200);
    assert_eq!(camera.put(&passage("north", 2), &scripted(2, &Script::plate("DHN0222"))).status, 202);
    drop(held);
    runtime.block_on(running.shutdown(std::time::Duration::from_secs(5), std::future::pending()));
}

/// Counts what a component asks of the database.
#[derive(Default)]
struct Asked(AtomicU64);

impl HostCalls for Asked {
    fn after(&self, call: HostCall<'_>) -> Verdict {
        if call.component == "image-intake" && call.kind == CallKind::Postgres {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Verdict::Proceed
    }
}

#[test]
fn while_a_body_comes_or_the_store_takes_its_time_others_have_the_connection() {
    let what = "a slow body and a slow store";
    let Some(database) = Database::new(what) else { return };
    let store = FailingStore::start(Kind::S3).unwrap();
    let bucket = Bucket::at(Kind::S3, store.bucket("slow").unwrap());
    let asked = Arc::new(Asked::default());
    let set_up = AppOptions {
        only: vec!["image-intake".to_owned(), "operator-api".to_owned()],
        // The only one: whoever keeps it keeps everybody else waiting, and after five seconds out.
        postgres_connections: 1,
        bench: Bench { calls: Some(Arc::clone(&asked) as _), ..Bench::default() },
        ..AppOptions::default()
    };
    let (runtime, running, _directory) = in_this_process(&database, &bucket, &[], set_up);
    let port = running.addr().port();
    let operator = Api::at(port, TOKEN);
    let north = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
    assert!(operator.put_json("/v1/booths/north", &north).status < 300);
    let made = operator.post("/v1/tokens", &json!({ "role": "camera", "name": "c", "booth": "north" }));
    let camera = Api::at(port, &made.text("token"));

    let address = format!("127.0.0.1:{port}");
    let mut upload = Raw::upload(&address, &camera, "north", "slow", &captured(3), 100_000);
    upload.write(&[0xff; 1_000]);
    // Opened, its two statements, who it is, and what is known of booth and key: then it waits for the rest of the body.
    wait::until("the upload to be admitted", 60, || (asked.0.load(Ordering::Relaxed) >= 5).then_some(()));
    assert_eq!(operator.get("/v1/booths").status, 200, "the connection waits for a body");
    assert_eq!(upload.early_status(), None, "the upload is over: this shows nothing");
    drop(upload);

    store.fail(On::Write, Fault::Late(std::time::Duration::from_secs(7)), 1);
    thread::scope(|scope| {
        let sent = scope.spawn(|| camera.put(&passage("north", 1), &scripted(1, &Script::plate("DHN0001"))).status);
        wait::until("the store to be asked", 60, || (store.failed() == 1).then_some(()));
        assert_eq!(operator.get("/v1/booths").status, 200, "the connection waits for the store");
        assert_eq!(sent.join().unwrap(), 202);
    });
    runtime.block_on(running.shutdown(std::time::Duration::from_secs(5), std::future::pending()));
}

#[test]
fn half_a_transaction_of_a_dead_guest_is_never_committed_by_the_next_one_even_on_spin_s_pool() {
    let what = "a guest that dies inside a transaction";
    let Some((database, bucket)) = Database::new(what).zip(Bucket::new(what)) else { return };
    let kill = Arc::new(KillAtCommit::default());
    let set_up = AppOptions {
        only: vec!["operator-api".to_owned()],
        // One connection, so that the next guest gets the very one.
        postgres_connections: 1,
        postgres_pooling: PostgresPooling::Spin,
        bench: Bench { calls: Some(Arc::clone(&kill) as _), ..Bench::default() },
        ..AppOptions::default()
    };
    let (runtime, running, _directory) = in_this_process(&database, &bucket, &[], set_up);
    let call = |method: &str, path: &str, body: &str| {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "tollbooth.test")
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .body(bytes::Bytes::from(body.to_owned()))
            .unwrap();
        let (head, body) = runtime.block_on(running.request(request)).unwrap().into_parts();
        (head.status.as_u16(), String::from_utf8_lossy(&body).into_owned())
    };
    let booth = |name: &str| format!(r#"{{"name":"{name}","jurisdiction":"us-tx","time_zone":"America/Chicago"}}"#);
    assert_eq!(call("GET", "/v1/health", "").0, 200);
    kill.0.store(true, Ordering::Relaxed);
    let (status, _) = call("PUT", "/v1/booths/dead", &booth("dead"));
    assert!(status >= 500, "{status}");
    assert!(!kill.0.load(Ordering::Relaxed), "nobody committed");
    // This is the danger, else the test shows nothing: the transaction is open, and its connection is in the pool.
    database
        .check("(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction') = 1")
        .unwrap();
    let (status, text) = call("PUT", "/v1/booths/next", &booth("next"));
    assert!(matches!(status, 200 | 201), "{status} {text}");
    let (status, booths) = call("GET", "/v1/booths", "");
    assert_eq!(status, 200);
    assert!(booths.contains("\"next\"") && !booths.contains("\"dead\""), "{booths}");
    runtime.block_on(running.shutdown(std::time::Duration::from_secs(5), std::future::pending()));
}

#[test]
fn a_schema_that_nobody_made_is_said_with_the_command_that_makes_it() {
    let Some(database) = Database::new("a database without a ledger") else { return };
    let address = database.address();
    let migrate = |address: &str| {
        let output = std::process::Command::new(repository().join("target/release/tollbooth"))
            .args(["migrate", "--postgres", address])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // The role of components may not change the schema, not even by asking for nothing new.
    let (code, text) = migrate(&address);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("permission denied"), "{text}");
    let (code, text) = migrate("postgres://nobody:secret@127.0.0.1:1/nothing?sslmode=disable");
    assert_eq!(code, Some(3), "{text}");
    assert!(!text.contains("secret"), "{text}");
    let (code, _) = migrate("postgres://u@h/d?nonsense=1");
    assert_eq!(code, Some(2));
    database
        .check(
            "NOT has_table_privilege('tollbooth_application', 'event', 'UPDATE')
            AND NOT has_table_privilege('tollbooth_application', 'passage', 'DELETE')
            AND NOT has_table_privilege('tollbooth_application', 'schema_migration', 'INSERT')
            AND NOT has_schema_privilege('tollbooth_application', 'public', 'CREATE')",
        )
        .unwrap();
}

fn components(manifest: &Path) -> BTreeMap<String, toml::Table> {
    let table: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let triggers = table["trigger"]["http"].as_array().unwrap().clone();
    table["component"]
        .as_table()
        .unwrap()
        .iter()
        .map(|(id, component)| {
            let mut component = component.as_table().unwrap().clone();
            let routes: Vec<toml::Value> = triggers
                .iter()
                .filter(|trigger| trigger["component"].as_str() == Some(id))
                .map(|trigger| trigger["route"].clone())
                .collect();
            component.insert("routes".to_owned(), routes.into());
            component.remove("build");
            (id.clone(), component)
        })
        .collect()
}

/// What a component of the cluster's manifest would be on one machine.
fn on_one_machine(mut component: toml::Table) -> toml::Table {
    let text = toml::to_string(&component).unwrap();
    if text.contains("plate_writer_postgres.wasm") {
        if let Some(variables) = component.get_mut("variables").and_then(toml::Value::as_table_mut) {
            variables.remove("ledger_address").expect("the ledger's address is passed on");
        }
        if text.contains("photos_s3.wasm") {
            let variables = component.get_mut("variables").and_then(toml::Value::as_table_mut).unwrap();
            for name in ["origin", "bucket", "region", "account", "key", "own_account", "own_key"] {
                variables.remove(&format!("photos_{name}")).expect("the store's address is passed on");
            }
            let hosts = component.get_mut("allowed_outbound_hosts").and_then(toml::Value::as_array_mut).unwrap();
            assert_eq!(hosts.remove(1).as_str(), Some("{{ photos_origin }}"));
            component.insert("key_value_stores".to_owned(), vec!["default"].into());
        }
        if component.get("variables").and_then(toml::Value::as_table).is_some_and(toml::Table::is_empty) {
            component.remove("variables");
        }
        let hosts = component.get_mut("allowed_outbound_hosts").and_then(toml::Value::as_array_mut).unwrap();
        assert_eq!(hosts.remove(0).as_str(), Some("{{ ledger_host }}"));
        if hosts.is_empty() {
            component.remove("allowed_outbound_hosts");
        }
        component.insert("sqlite_databases".to_owned(), vec!["default"].into());
    }
    let text = toml::to_string(&component).unwrap();
    text.replace("../../target/", "target/")
        .replace("plate_writer_postgres.wasm", "plate_writer.wasm")
        .replace("photos_s3.wasm", "photos_key_value.wasm")
        .parse()
        .unwrap()
}

#[test]
fn the_manifest_of_a_cluster_is_that_of_one_machine_with_another_ledger_another_store_and_without_cron() {
    let one = components(&repository().join("spin.toml"));
    let many = components(&repository().join("deploy/cluster/spin.toml"));
    let expected: BTreeSet<&String> =
        one.keys().filter(|id| !id.ends_with("-cron") && id.as_str() != "ocr-call").collect();
    assert_eq!(many.keys().collect::<BTreeSet<_>>(), expected);
    for (id, component) in many {
        assert_eq!(on_one_machine(component), one[&id], "{id}");
    }
    assert!(!std::fs::read_to_string(repository().join("deploy/cluster/spin.toml")).unwrap().contains("trigger.cron"));
}
