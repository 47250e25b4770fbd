//! A standby takes the database's place, and the database loses power: nothing that was acknowledged is lost where the
//! server is set up as docs/operations.md says, and where it is not the loss is found and nothing is billed twice.

use std::time::Duration;

use serde_json::{Value, json};
use tollbooth_tests::link::{Link, Trouble};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::runbook::{billed, each_once};
use tollbooth_tests::{Api, Host, Ledger, Options, Script, scripted, wait};

const STANDBY: &str = "standby_1";

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap()
}

/// The address and the photo of a passage far enough from the others; the same whenever it is sent.
fn passage(began: i64, number: u64) -> (String, Vec<u8>) {
    let captured = tollbooth_pipeline::capture::rfc3339(began - i64::try_from(number).unwrap() * 700_000);
    let path = format!("/v1/booths/north/passages/key-{number}?captured_at={captured}&lane=1&camera=front");
    (path, scripted(number, &Script::plate(&format!("ABC{number:04}"))))
}

/// Sends until it is taken: whether it was known.
fn send(camera: &Api, began: i64, number: u64) -> bool {
    let (path, photo) = passage(began, number);
    wait::until("a photo to be taken", 120, || {
        let reply = camera.try_put(&path, &photo)?;
        assert!(matches!(reply.status, 200 | 202 | 503), "{reply:?}");
        (reply.status < 300).then_some(reply.status == 200)
    })
}

fn send_all(camera: &Api, began: i64, numbers: std::ops::Range<u64>) {
    for number in numbers {
        send(camera, began, number);
    }
}

fn received(host: &Host) -> Value {
    let balance =
        wait::until("the balance", 120, || host.operator.try_get("/v1/balance").filter(|reply| reply.status == 200));
    let balance = balance.json();
    assert_eq!(balance["closes"], true, "{balance:#}");
    balance["totals"]["from_state"]["received"].clone()
}

/// What the audit finds, as it says it to programs.
fn audited(host: &Host) -> (i32, Value) {
    let (code, text, errors) = host.tool(&["audit", "--json"]);
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}")))
}

/// An application over a link to a database with a standby, over a link as well.
struct Site {
    host: Host,
    database: Database,
    standby: tollbooth_postgres_server::Server,
    to_database: Link,
    replication: Link,
}

impl Site {
    fn new(what: &str) -> Option<Self> {
        let (database, bucket) = Database::alone(what).zip(Bucket::new(what))?;
        let port = database.server().port();
        let (to_database, replication) = (Link::to(port), Link::to(port));
        let standby = database.server().standby(STANDBY, replication.port()).unwrap();
        let ledger = Ledger::Postgres(database.over(to_database.port()), bucket);
        let host = Host::start_with(Options { ledger, ..Options::default() });
        Some(Self { host, database, standby, to_database, replication })
    }

    /// The database dies, and the standby takes its place with what it has.
    fn fail_over(self) -> (Host, Database, Link) {
        // What was on the way dies with it.
        self.replication.set(Trouble::Cut);
        self.database.server().kill().unwrap();
        self.standby.promote().unwrap();
        self.to_database.lead_to(self.standby.port());
        (self.host, self.database.on(self.standby), self.to_database)
    }
}

#[test]
fn commits_that_wait_for_the_standby_acknowledge_nothing_that_a_failover_loses() {
    let Some(site) = Site::new("a failover to a standby in step") else { return };
    site.database.server().wait_for_standby(STANDBY).unwrap();
    let (camera, began) = (site.host.camera("north"), now());
    send_all(&camera, began, 0..3);
    site.replication.set(Trouble::STALLED);
    let (path, photo) = passage(began, 3);
    let answered = camera.patient_for(Duration::from_secs(5)).try_put(&path, &photo).map(|reply| reply.status);
    assert!(matches!(answered, None | Some(503)), "acknowledged, and nobody else has it: {answered:?}");
    // A limit on the time of a statement does not end the wait with a success, as the role of components has one.
    let limited = "timeout 4 psql -qd postgres -c \"SET statement_timeout = '1s'\" -c 'CREATE TABLE limited ()'";
    let said = site.database.server().shell(limited, &[]);
    assert!(said.is_err(), "a commit was acknowledged that the standby has not: {said:?}");
    let (host, database, _link) = site.fail_over();
    wait::until("health", 120, || {
        host.operator.try_get("/v1/health").is_some_and(|reply| reply.status == 200).then_some(())
    });
    assert_eq!(received(&host), 3, "what was acknowledged, and nothing else");
    assert!(!send(&camera, began, 3), "it was not acknowledged, so it is new");
    assert!((0..4).all(|number| send(&camera, began, number)), "what was acknowledged is known");
    host.drain();
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    database.check("(SELECT count(*) FROM bill_line) = 4").unwrap();
    assert_eq!(audited(&host).0, 0);
}

#[test]
fn what_a_standby_that_lags_loses_is_found_and_nothing_is_billed_twice() {
    let Some(site) = Site::new("a failover to a standby that lags") else { return };
    let (camera, began) = (site.host.camera("north"), now());
    let root = tempfile::tempdir().unwrap();
    let billing = root.path().join("billing");
    let into = billing.to_str().unwrap().to_owned();
    let export = |host: &Host| {
        wait::until("an export", 60, || (host.tool(&["export", "--into", &into, "--now"]).0 == 0).then_some(()));
    };
    send_all(&camera, began, 0..2);
    site.host.drain();
    export(&site.host);
    wait::until("the standby to have it", 60, || {
        let behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()";
        (site.database.asked(behind).unwrap() == "1").then_some(())
    });
    site.replication.set(Trouble::STALLED);
    send_all(&camera, began, 2..4);
    site.host.drain();
    export(&site.host);
    // Acknowledged, and not exported.
    assert!(!send(&camera, began, 4));
    assert_eq!(billed(&billing), each_once(0..4));
    let (mut host, database, _link) = site.fail_over();
    wait::until("health", 120, || {
        host.operator.try_get("/v1/health").is_some_and(|reply| reply.status == 200).then_some(())
    });
    assert_eq!(received(&host), 2, "this is the loss, else the test shows nothing");
    // It is no silence: the photos are there and belong to nobody, an export is there that the ledger does not know, and
    // until that is settled nothing is billed.
    let (code, found) = audited(&host);
    assert_eq!(code, 1, "{found:#}");
    assert_eq!(found["unreferenced_photos"].as_array().unwrap().len(), 3, "{found:#}");
    assert!(!found["unknown_exports"].as_array().unwrap().is_empty(), "{found:#}");
    let refused = host.operator.post("/v1/exports", &json!({}));
    assert_eq!((refused.status, refused.problem()), (409, "ledger-older".to_owned()), "{refused:?}");
    // The runbook of a restore is the way back: what was published is taken over, and cameras send the rest again.
    host.kill();
    let (code, out, errors) = host.tool(&["restore", "--postgres", &database.migrator(), "--published", &into]);
    assert_eq!(code, 0, "{out}{errors}");
    host.restart();
    send_all(&camera, began, 0..5);
    host.drain();
    export(&host);
    assert_eq!(billed(&billing), each_once(0..5), "each once");
    let (code, found) = audited(&host);
    assert_eq!(code, 0, "{found:#}");
}

#[test]
fn what_was_acknowledged_survives_a_power_failure_of_the_database_and_only_with_commits_that_wait_for_the_disk() {
    let what = "a power failure of PostgreSQL";
    for waits in [true, false] {
        let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
        // The second turn is a mutant: without what deploy/postgres/roles.sql sets, an answer comes before the disk has it.
        let commits = if waits { "on" } else { "off" };
        database.run(&format!("ALTER ROLE tollbooth_application SET synchronous_commit = '{commits}'")).unwrap();
        let ledger = Ledger::Postgres(database.clone(), bucket);
        let host = Host::start_with(Options { ledger, ..Options::default() });
        let (camera, began) = (host.camera("north"), now());
        database.server().remember_the_disk().unwrap();
        // Nobody else takes these along to the disk, however long the sending takes.
        database.server().hold_the_log().unwrap();
        send_all(&camera, began, 0..6);
        {
            let mut server = database.server();
            server.lose_power().unwrap();
            server.restart().unwrap();
        }
        let left = received(&host);
        let (code, found) = audited(&host);
        if waits {
            assert_eq!(left, 6);
            assert_eq!(code, 0, "{found:#}");
        } else {
            assert!(left.as_u64().unwrap() < 6, "nothing was lost: this test would not notice");
            assert_eq!(code, 1, "and nobody noticed: {found:#}");
            assert!(!found["unreferenced_photos"].as_array().unwrap().is_empty(), "{found:#}");
        }
        // Either way cameras send what they have, and each photo counts once.
        send_all(&camera, began, 0..6);
        assert_eq!(received(&host), 6);
    }
}
