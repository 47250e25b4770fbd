//! The application as several processes on one PostgreSQL and one object store: replicas of all of it, and its two halves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::json;
use tempfile::TempDir;
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{
    Api, Behaviour, Host, Ledger, Options, Recognizer, Script, Service, cluster_manifest, repository, scripted, wait,
};

/// Calls of the service that a day's budget allows, over all replicas.
const CALLS: u64 = 12;
/// Readings at once, over all replicas.
const AT_ONCE: u64 = 2;

fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

fn plate(index: u64) -> String {
    format!("BK{}{:04}", char::from(b'A' + u8::try_from(index % 7).unwrap()), index * 11 % 10_000)
}

fn path(index: u64) -> String {
    format!("/v1/booths/north/passages/k-{index}?captured_at={}&lane=1&camera=front", captured(index))
}

/// Sends until some replica takes it: to the next one after each that is dead or busy.
fn send_until_taken(cameras: &[Api], index: u64) {
    let photo = scripted(index, &Script::plate(&plate(index)));
    // The same request every time, as a camera has it: the address holds the time of capture.
    let path = path(index);
    let mut turn = usize::try_from(index).unwrap();
    wait::until("a photo to be taken", 120, || {
        turn += 1;
        let reply = cameras[turn % cameras.len()].try_put(&path, &photo)?;
        assert!(matches!(reply.status, 200 | 202 | 503), "{reply:?}");
        (reply.status < 300).then_some(())
    });
}

/// Everything that comes by itself elsewhere, by this replica, until it is told to stop or is dead.
fn work(operator: &Api, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        for tick in ["reading?wait=true", "services?wait=true", "export", "messages?wait=true", "telemetry"] {
            let Some(ticked) = operator.try_post(&format!("/v1/ticks/{tick}"), &json!({})) else { return };
            assert!(ticked.status < 300 || ticked.status == 503, "{tick}: {ticked:?}");
        }
        if operator.try_post("/v1/exports", &json!({})).is_none_or(|exported| exported.status == 500) {
            return;
        }
    }
}

#[test]
fn three_replicas_share_every_limit_and_the_death_of_one_loses_and_doubles_nothing() {
    let what = "three replicas on one PostgreSQL";
    let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
    let service = Service::start("plate-recognizer", 1_500, Behaviour::plate("BKA0001"));
    let start = || {
        Host::start_with(Options {
            ledger: Ledger::Postgres(database.clone(), bucket.clone()),
            services: vec![service.address()],
            ..Options::default()
        })
    };
    let mut replicas = [start(), start(), start()];
    let camera = replicas[0].camera("north");
    let settings = replicas[0].operator.patch(
        "/v1/settings",
        &json!({
            "reading.concurrency": AT_ONCE, "reading.lease_seconds": 12, "reading.call_seconds": 6, "reading.policy": "shadow",
            "reading.shadow_percent": 100, "plate-recognizer.calls_per_second": 1000.0,
            "plate-recognizer.calls_per_day": CALLS, "export.max_rows": 7,
        }),
    );
    assert_eq!(settings.status, 200, "{settings:?}");
    let cameras: Vec<Api> = replicas.iter().map(|replica| replica.with_token_of(&camera)).collect();
    let (next, taken, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for replica in &replicas {
            let (operator, stop) = (replica.operator.reconnected(), &stop);
            scope.spawn(move || work(&operator, stop));
        }
        for _ in 0..3 {
            let cameras: Vec<Api> = cameras.iter().map(Api::reconnected).collect();
            let (next, taken, stop) = (&next, &taken, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    send_until_taken(&cameras, next.fetch_add(1, Ordering::Relaxed));
                    taken.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait::until("traffic to flow", 120, || (taken.load(Ordering::Relaxed) >= 60).then_some(()));
        wait::until("all of them to read", 120, || {
            database.check("(SELECT count(*) FROM reading_attempt WHERE outcome = 'read') >= 20").ok()
        });
        let victim = replicas[1].process();
        assert!(Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap().success());
        let before = taken.load(Ordering::Relaxed);
        wait::until("traffic to flow without it", 120, || (taken.load(Ordering::Relaxed) >= before + 60).then_some(()));
        stop.store(true, Ordering::Relaxed);
    });
    let sent = next.load(Ordering::Relaxed);
    replicas[1].kill();
    let [one, _, other] = &replicas;
    wait::until("every photo to be read", 120, || {
        one.drain();
        other.drain();
        let totals = one.operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["waiting"] == 0 && totals["reading"] == 0).then_some(())
    });
    wait::until("everything to be exported", 120, || {
        let exported = other.operator.post("/v1/exports", &json!({}));
        assert!(exported.status < 300, "{exported:?}");
        let totals = one.operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["billed"] == sent).then_some(())
    });
    let balance = other.operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance:#}");
    for count in ["received", "accepted", "billed", "bill_lines"] {
        assert_eq!(balance["totals"]["from_state"][count], sent, "{count}: {balance:#}");
    }
    assert_eq!(bills(&one.token("billing", None)), (0..sent).map(|n| (plate(n), 1)).collect::<BTreeMap<_, _>>());
    // Never more at once than the setting says, whoever read: in the order in which the ledger wrote it down. The dead one's
    // keep their place until they are taken back.
    database
        .check(&format!(
            "(SELECT max(n) FROM (SELECT sum(CASE WHEN to_state = 'reading' THEN 1 ELSE -1 END) OVER (ORDER BY sequence) AS n
              FROM event WHERE to_state = 'reading' OR from_state = 'reading') AS running) = {AT_ONCE}"
        ))
        .unwrap();
    // The day's budget was spent, by all of them together, and no call was made that was not paid for. One that the dead
    // replica had paid for may never have been made.
    // Around midnight (UTC) it is two days' budgets.
    database.check(&format!("(SELECT max(calls) FROM recognizer_day) = {CALLS}")).unwrap();
    let calls = service.calls().len();
    assert!(calls > 0, "nobody asked the service");
    database.check(&format!("(SELECT sum(calls) FROM recognizer_day) >= {calls}")).unwrap();
    // Each of them worked: else this shows nothing about replicas.
    database.check("(SELECT count(DISTINCT export_sequence) FROM bill_line) > 3").unwrap();
    // Added up once, whoever did it.
    wait::until("telemetry to be added up", 60, || {
        let ticked = one.operator.post("/v1/ticks/telemetry", &json!({}));
        assert!(ticked.status < 300, "{ticked:?}");
        database
            .check(&format!(
                "(SELECT CAST(facts AS json) ->> 'received' FROM telemetry WHERE subject = 'all' AND step = 'total') = '{sent}'"
            ))
            .ok()
    });
    let (code, text, errors) = one.tool(&["audit", "--allow-unreferenced"]);
    assert_eq!(code, 0, "{text}{errors}");
}

/// How often each plate is billed, in all files together.
fn bills(billing: &Api) -> BTreeMap<String, u64> {
    let (mut plates, mut after) = (BTreeMap::new(), 0);
    loop {
        let page = billing.get(&format!("/v1/exports?after={after}&limit=100")).json();
        let items = page["items"].as_array().unwrap();
        for export in items {
            assert_eq!(export["sequence"], after + 1, "a gap: {export}");
            after += 1;
            let file = billing.get(export["file_url"].as_str().unwrap());
            let mut rows = csv::Reader::from_reader(file.body.as_slice());
            for row in rows.records() {
                *plates.entry(row.unwrap()[1].to_owned()).or_default() += 1;
            }
        }
        if items.is_empty() {
            return plates;
        }
    }
}

/// The components that a file of `deploy/cluster` lists.
fn listed(name: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join("deploy/cluster").join(name)).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(ToOwned::to_owned).collect()
}

#[test]
fn the_two_halves_of_a_cluster_have_every_component_and_route_once_and_neither_needs_the_other_in_its_process() {
    let manifest: toml::Table =
        fs::read_to_string(repository().join("deploy/cluster/spin.toml")).unwrap().parse().unwrap();
    let components = manifest["component"].as_table().unwrap();
    let variables = manifest["variables"].as_table().unwrap();
    let (front, workers) = (listed("front-door"), listed("workers"));
    let mut both: Vec<&String> = front.iter().chain(&workers).collect();
    both.sort();
    let mut all: Vec<&String> = components.keys().collect();
    all.sort();
    assert_eq!(both, all, "every component is in one half, and in one only");
    let routes = |half: &[String]| -> BTreeSet<String> {
        let triggers = manifest["trigger"]["http"].as_array().unwrap();
        let of_half = triggers.iter().filter(|t| half.iter().any(|id| t["component"].as_str() == Some(id)));
        of_half.map(|trigger| format!("{} {}", trigger["component"], trigger["route"])).collect()
    };
    let (cameras, reading) = (routes(&front), routes(&workers));
    assert!(cameras.is_disjoint(&reading));
    assert_eq!(cameras.len() + reading.len(), manifest["trigger"]["http"].as_array().unwrap().len());
    for (half, others) in [(&front, &workers), (&workers, &front)] {
        for id in half {
            let hosts = components[id].get("allowed_outbound_hosts").map(ToString::to_string).unwrap_or_default();
            // What the variables of the manifest make of it.
            let named: Vec<String> = variables
                .iter()
                .filter(|(name, _)| hosts.contains(&format!("{{{{ {name} }}}}")))
                .filter_map(|(_, variable)| variable.get("default").map(ToString::to_string))
                .chain([hosts.clone()])
                .collect();
            for other in others {
                let chained = format!("{other}.spin.internal");
                assert!(
                    !named.iter().any(|host| host.contains(&chained)),
                    "{id} chains to {other}, which is elsewhere"
                );
            }
        }
    }
}

/// One half of the cluster, as its file lists it.
struct Half {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Half {
    fn up(name: &str, database: &Database, bucket: &Bucket, more: &[(&str, String)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(directory.path().join("log")).unwrap();
        let manifest = cluster_manifest(directory.path(), Recognizer::Scripted, bucket.component());
        let mut command = Command::new(repository().join("target/release/tollbooth"));
        command.arg("up").arg("--manifest").arg(manifest).arg("--state-dir").arg(directory.path().join("state"));
        command.arg("--cache-dir").arg(repository().join("target/tests-compiled"));
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        for id in listed(name) {
            command.args(["-c", &id]);
        }
        let token = [("operator_token", TOKEN.to_owned())];
        for (variable, value) in database.variables().into_iter().chain(bucket.variables()).chain(token) {
            command.args(["--variable", &format!("{variable}={value}")]);
        }
        for (variable, value) in more {
            command.args(["--variable", &format!("{variable}={value}")]);
        }
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut half = Self { child, port, directory };
        wait::until("a half to serve", wait::FIRST_START.as_secs(), || {
            assert!(half.child.try_wait().unwrap().is_none(), "{}", half.log());
            half.log().contains("Serving http").then_some(())
        });
        half
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log of a half ---\n{}", self.log());
        }
    }
}

const TOKEN: &str = "operator-token-of-the-tests";

/// What an application says at a path that may not be one of its own, which the API's document does not describe.
fn status(port: u16, method: &str, path: &str) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: half\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: 0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

#[test]
fn the_front_door_and_the_workers_are_two_applications_on_one_ledger_and_wake_each_other() {
    let what = "the two halves of a cluster";
    let Some((database, bucket)) = Database::new(what).zip(Bucket::new(what)) else { return };
    let workers = Half::up("workers", &database, &bucket, &[]);
    let front = Half::up(
        "front-door",
        &database,
        &bucket,
        &[("wake_origin", format!("http://127.0.0.1:{}", workers.port)), ("wake_token", TOKEN.to_owned())],
    );
    let operator = Api::at(front.port, TOKEN);
    let booth = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
    assert!(operator.put_json("/v1/booths/north", &booth).status < 300);
    let made = operator.post("/v1/tokens", &json!({ "role": "camera", "name": "c", "booth": "north" }));
    let camera = Api::at(front.port, &made.text("token"));
    // Nobody ticks: what reads is woken by what takes.
    let passages = Mutex::new(Vec::new());
    for index in 0..4 {
        let taken = camera.put(&path(index), &scripted(index, &Script::plate(&plate(index))));
        assert_eq!(taken.status, 202, "{taken:?}");
        passages.lock().unwrap().push(taken.text("passage"));
    }
    wait::until("the workers to be woken and to read", 60, || {
        let totals = operator.get("/v1/balance").json()["totals"]["from_state"].clone();
        (totals["accepted"] == 4).then_some(())
    });
    // What is not of a half is not there.
    assert_eq!(status(front.port, "POST", "/v1/ticks/reading"), 404);
    assert_eq!(status(workers.port, "GET", "/v1/booths"), 404);
    let exported = operator.post("/v1/exports", &json!({}));
    assert!(exported.status < 300, "{exported:?}");
    assert_eq!(operator.get("/v1/balance").json()["totals"]["from_state"]["billed"], 4);
}
