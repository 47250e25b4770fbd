//! Photos and export files in object storage, through the whole application: what was acknowledged is in the store, an
//! outage of the store is told to cameras and loses nothing, and the audit finds what somebody changed there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tollbooth_object_store::azure::AzureBlob;
use tollbooth_object_store::s3::S3;
use tollbooth_object_store::{Address, Dialect};
use tollbooth_object_store_server::{Agent, Key, Kind};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::runbook::billed;
use tollbooth_tests::{Api, Host, Ledger, Options, Script, repository, scripted, wait};

const KINDS: [Kind; 2] = [Kind::S3, Kind::Azure];

fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

fn passage(index: u64) -> String {
    format!("/v1/booths/north/passages/k-{index}?captured_at={}&lane=1&camera=front", captured(index))
}

/// A plate of its own, in a Texan series, two characters away from every other.
fn photo(index: u64) -> Vec<u8> {
    scripted(index, &Script::plate(&format!("BKD{index:02}{index:02}")))
}

fn started(kind: Kind) -> Option<(Host, Bucket)> {
    let what = "an object store";
    let (database, bucket) = Database::new(what).zip(Bucket::alone(kind, what))?;
    let ledger = Ledger::Postgres(database, bucket.clone());
    Some((Host::start_with(Options { ledger, ..Options::default() }), bucket))
}

/// The names in the store, asked of it alone.
fn names(bucket: &Bucket, prefix: &str) -> Vec<String> {
    fn of(dialect: &impl Dialect, prefix: &str) -> Vec<String> {
        let reply = Agent::new().send(&dialect.list(prefix, None, 1000).unwrap(), None).unwrap();
        dialect.listed(&reply.body).unwrap().keys
    }
    let address: &Address = bucket.address();
    match bucket.component() {
        "photos_s3.wasm" => of(&S3::new(address).unwrap(), prefix),
        _ => of(&AzureBlob::new(address).unwrap(), prefix),
    }
}

/// Puts an object into the store behind the application's back.
fn smuggle(bucket: &Bucket, key: &str, content: &[u8]) {
    let address = bucket.address();
    let call = match bucket.component() {
        "photos_s3.wasm" => S3::new(address).unwrap().put(key, content),
        _ => AzureBlob::new(address).unwrap().put(key, content),
    };
    assert!(Agent::new().send(&call.unwrap(), Some(content)).unwrap().status < 300);
}

fn fetched(bucket: &Bucket, key: &str) -> Vec<u8> {
    let address = bucket.address();
    let call = match bucket.component() {
        "photos_s3.wasm" => S3::new(address).unwrap().get(key),
        _ => AzureBlob::new(address).unwrap().get(key),
    };
    let reply = Agent::new().send(&call.unwrap(), None).unwrap();
    assert_eq!(reply.status, 200, "{key}");
    reply.body
}

/// Plates in billing's folder, once each.
fn each_once(indices: std::ops::Range<u64>) -> BTreeMap<String, usize> {
    indices.map(|index| (format!("BKD{index:02}{index:02}"), 1)).collect()
}

/// A ledger of the first night, a store of the second, and billing's folder of today.
#[test]
fn a_ledger_and_a_store_of_different_nights_bill_nothing_twice() {
    let what = "backups of different nights";
    let Some(today) = Database::new(what) else { return };
    let (Some(store), Some(second_night)) = (Bucket::new(what), Bucket::new(what)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let billing = folder.path().join("billing");
    let into = billing.to_str().unwrap().to_owned();
    let paths: Vec<String> = (0..5).map(passage).collect();
    let up = |database: &Database, bucket: &Bucket| {
        let ledger = Ledger::Postgres(database.clone(), bucket.clone());
        Host::start_with(Options { ledger, ..Options::default() })
    };
    let pass = |host: &Host, indices: std::ops::Range<u64>| {
        let camera = host.camera("north");
        for index in indices {
            let sent = camera.put(&paths[usize::try_from(index).unwrap()], &photo(index));
            assert!(matches!(sent.status, 200 | 202), "{index}: {sent:?}");
        }
        host.drain();
        let (code, out, errors) = host.tool(&["export", "--into", &into, "--now"]);
        assert_eq!(code, 0, "{out}{errors}");
    };
    let host = up(&today, &store);
    pass(&host, 0..1);
    drop(host);
    let first_night = wait::until("nobody to be connected", 60, || today.copied().ok());
    let host = up(&today, &store);
    pass(&host, 1..2);
    for key in [names(&store, "photos/"), names(&store, "exports/")].concat() {
        smuggle(&second_night, &key, &fetched(&store, &key));
    }
    pass(&host, 2..3);
    assert_eq!(billed(&billing), each_once(0..3));
    drop(host);

    // The store alone is an older one: what it lacks is named, and cameras and exports go on.
    let host = up(&today, &second_night);
    pass(&host, 0..4);
    assert_eq!(billed(&billing), each_once(0..4), "store older");
    let (code, found, errors) = host.tool(&["audit"]);
    assert!(code == 1 && found.contains("export 3:"), "{found}{errors}");
    drop(host);

    // The ledger, too, and of another night.
    let mut host = up(&first_night, &second_night);
    let refused = host.operator.post("/v1/exports", &json!({}));
    assert_eq!((refused.status, refused.problem()), (409, "ledger-older".to_owned()), "{refused:?}");
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert!(code == 1 && errors.contains("older"), "{errors}");
    host.kill();
    let (code, said, errors) = host.tool(&["restore", "--postgres", &first_night.migrator(), "--published", &into]);
    assert!(code == 0 && said.contains("adopted   3 exports, 3 bill lines"), "{code}: {said}{errors}");
    host.restart();
    pass(&host, 0..5);
    assert_eq!(billed(&billing), each_once(0..5), "ledger and store older");
    let (code, found, errors) = host.tool(&["verify", &into]);
    assert_eq!(code, 0, "{found}{errors}");
}

#[test]
fn a_photo_becomes_a_bill_line_with_nothing_but_the_object_store_to_keep_it() {
    for kind in KINDS {
        let Some((host, bucket)) = started(kind) else { return };
        let camera = host.camera("north");
        let paths: Vec<String> = (0..6).map(passage).collect();
        for (index, path) in (0..).zip(&paths) {
            assert_eq!(camera.put(path, &photo(index)).status, 202, "{kind:?}");
        }
        // A resend is the same photo, and is not stored twice.
        assert_eq!(camera.put(&paths[0], &photo(0)).status, 200);
        assert_eq!(names(&bucket, "photos/").len(), 6, "{kind:?}");
        host.drain();
        let exported = host.operator.post("/v1/exports", &json!({}));
        assert!(exported.status < 300, "{exported:?}");
        assert_eq!(names(&bucket, "exports/").len(), 2, "a file and its manifest");
        let billing = host.token("billing", None);
        let page = billing.get("/v1/exports?after=0&limit=10").json();
        let file = billing.get(page["items"][0]["file_url"].as_str().unwrap());
        assert_eq!(file.status, 200);
        let lines = String::from_utf8(file.body).unwrap();
        assert_eq!(lines.lines().count(), 7, "{lines}");

        let (code, out, error) = host.tool(&["audit"]);
        assert_eq!(code, 0, "{out}{error}");
        // What nobody acknowledged is found, and is no passage.
        smuggle(&bucket, "photos/north/psg_nobody/00ff", b"somebody else's");
        let page = host.operator.get("/v1/audit/photos?limit=2").json();
        assert_eq!(page["checked"], 2);
        let mut found = Vec::new();
        let mut after = String::new();
        loop {
            let page = host.operator.get(&format!("/v1/audit/photos?limit=2{after}")).json();
            found.extend(page["unreferenced"].as_array().unwrap().clone());
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={}", encoded(next));
        }
        assert_eq!(found, [json!("photos/north/psg_nobody/00ff")], "{kind:?}");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Sends until the photo is taken, as a camera does. How often it was told to come back.
fn send_until_taken(camera: &Api, index: u64) -> u64 {
    let path = passage(index);
    let mut told = 0;
    wait::until("a photo to be taken", 120, || {
        let reply = camera.try_put(&path, &photo(index))?;
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
fn a_store_that_is_away_delays_cameras_readings_and_exports_and_loses_nothing() {
    let Some((host, bucket)) = started(Kind::S3) else { return };
    let camera = host.camera("north");
    for index in 0..4 {
        send_until_taken(&camera, index);
    }
    bucket.server().kill();
    let refused = camera.put(&passage(4), &photo(4));
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.header("retry-after").is_some());
    // Nothing that was acknowledged is given up for it: an attempt that finds no photo store is no attempt.
    let report = host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
    assert!(matches!(report.status, 200 | 503), "{report:?}");
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 4, "{balance:#}");
    bucket.server().restart().unwrap();
    for index in 4..8 {
        send_until_taken(&camera, index);
    }
    wait::until("everything to be read", 120, || {
        host.drain();
        let exported = host.operator.post("/v1/exports", &json!({}));
        assert!(exported.status < 300 || exported.status == 503, "{exported:?}");
        (host.operator.get("/v1/balance").json()["totals"]["from_state"]["billed"] == 8).then_some(())
    });
    let (code, out, error) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{out}{error}");
}

/// A store that takes every write and never looks at its condition.
fn careless() -> (Arc<tiny_http::Server>, u16) {
    let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
    let port = server.server_addr().to_ip().unwrap().port();
    let answering = Arc::clone(&server);
    std::thread::spawn(move || {
        for mut request in answering.incoming_requests() {
            let mut body = Vec::new();
            request.as_reader().read_to_end(&mut body).unwrap();
            let etag = tiny_http::Header::from_bytes("ETag", "\"1\"").unwrap();
            let _ = request.respond(tiny_http::Response::empty(200).with_header(etag));
        }
    });
    (server, port)
}

/// `tollbooth up --check` with these variables: exit code and what it says.
fn checked(variables: &[(&str, String)]) -> (i32, String) {
    let mut command = std::process::Command::new(repository().join("target/release/tollbooth"));
    command.args(["up", "--check", "--manifest"]).arg(repository().join("deploy/cluster/spin.toml"));
    for (name, value) in variables {
        command.arg("--variable").arg(format!("{name}={value}"));
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn a_store_that_would_overwrite_is_found_out_before_a_photo_is_kept_there() {
    let (server, port) = careless();
    let careless = [
        ("photos_origin", format!("http://127.0.0.1:{port}")),
        ("photos_bucket", "photos".to_owned()),
        ("photos_account", "id".to_owned()),
        ("photos_key", "secret-that-nobody-may-see".to_owned()),
    ];
    let (code, text) = checked(&careless);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("passes over `If-None-Match: *` in silence"), "{text}");
    assert!(!text.contains("secret-that-nobody-may-see"), "{text}");
    assert!(text.contains("asks for the variable ledger_address, and nobody set it"), "{text}");
    server.unblock();
    let what = "a store and a database that can be used";
    let Some((database, bucket)) = Database::new(what).zip(Bucket::new(what)) else { return };
    let given: Vec<_> = database.variables().into_iter().chain(bucket.variables()).collect();
    // Twice: the first try leaves its object behind.
    for _ in 0..2 {
        let (code, text) = checked(&given);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("photos  in http://127.0.0.1") && text.contains("ledger  in PostgreSQL"), "{text}");
    }
    let elsewhere = [("photos_origin", "http://127.0.0.1:1".to_owned())];
    let (code, text) = checked(&[&given[..], &elsewhere].concat());
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("out of reach"), "{text}");
}

/// The parts of an application that have a key of their own each.
const PARTS: [&str; 4] = ["intake", "reading", "export", "audit"];
/// The bucket whose name stands for `BUCKET` in deploy/objects.
const NARROW: &str = "narrow";

/// The rights that a file of deploy/objects gives, in the words of SeaweedFS. What it denies is a write without its condition,
/// for which SeaweedFS has no word.
fn rights(part: &str) -> Vec<String> {
    let file = repository().join(format!("deploy/objects/s3-policy-{part}.json"));
    let policy: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let all = |value: &Value| -> Vec<String> {
        let one = value.as_str().into_iter();
        let many = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).map(ToOwned::to_owned).collect()
    };
    let allowed = policy["Statement"].as_array().unwrap().iter().filter(|statement| statement["Effect"] == "Allow");
    allowed
        .flat_map(|statement| {
            let places = all(&statement["Resource"]);
            all(&statement["Action"]).into_iter().flat_map(move |action| {
                let word = match action.as_str() {
                    "s3:GetObject" => "Read",
                    "s3:PutObject" => "Write",
                    "s3:ListBucket" => "List",
                    other => panic!("{other} is a right that nothing needs"),
                };
                let place = |arn: &String| arn.strip_prefix("arn:aws:s3:::").unwrap().replace("BUCKET", NARROW);
                places.iter().map(|arn| format!("{word}:{}", place(arn))).collect::<Vec<_>>()
            })
        })
        .collect()
}

fn key_of(part: &str) -> Key {
    Key { account: part.to_owned(), secret: format!("secret-of-{part}"), actions: rights(part) }
}

#[test]
fn each_part_does_its_work_with_a_key_of_its_own_that_is_good_for_nothing_else() {
    let what = "a key for each part";
    let keys = PARTS.map(key_of);
    let Some((database, bucket)) = Database::new(what).zip(Bucket::with_keys(NARROW, &keys, what)) else { return };
    // The one that may do everything is given to nobody.
    let mut variables = vec![("photos_account", String::new()), ("photos_key", String::new())];
    let names = [
        ("photos_intake_account", "photos_intake_key"),
        ("photos_reading_account", "photos_reading_key"),
        ("photos_export_account", "photos_export_key"),
        ("photos_audit_account", "photos_audit_key"),
    ];
    for ((account, secret), key) in names.into_iter().zip(&keys) {
        variables.extend([(account, key.account.clone()), (secret, key.secret.clone())]);
    }
    let ledger = Ledger::Postgres(database.clone(), bucket.clone());
    let host = Host::start_with(Options { ledger, variables: variables.clone(), ..Options::default() });
    let camera = host.camera("north");
    let paths: Vec<String> = (0..3).map(passage).collect();
    let doubted = scripted(2, &Script::default().then_plate("BKD0202", 0.5));
    let photos = [photo(0), photo(1), doubted];
    for (path, photo) in paths.iter().zip(&photos) {
        assert_eq!(camera.put(path, photo).status, 202);
    }
    assert_eq!(camera.put(&paths[0], &photos[0]).status, 200, "looks at what is there");
    host.drain();
    let reviewer = host.token("reviewer", None);
    let item = reviewer.post("/v1/reviews/claim", &json!({}));
    assert_eq!(item.status, 200, "{item:?}");
    assert_eq!(reviewer.get(&item.text("photo_url")).status, 200);
    let crop = reviewer.get(item.json()["candidates"][0]["crop_url"].as_str().unwrap());
    assert_eq!((crop.status, crop.header("content-type")), (200, Some("image/jpeg")), "its key is the one that reads");
    let exported = host.operator.post("/v1/exports", &json!({}));
    assert_eq!(exported.status, 201, "{exported:?}");
    let billing = host.token("billing", None);
    let page = billing.get("/v1/exports?after=0&limit=10").json();
    let file = billing.get(page["items"][0]["file_url"].as_str().unwrap());
    assert_eq!(String::from_utf8(file.body).unwrap().lines().count(), 3);
    let (code, out, error) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{out}{error}");

    // What each key is refused, by the store itself.
    let (of_photos, of_exports) = (names_of(&bucket, "photos/"), names_of(&bucket, "exports/"));
    for key in &keys {
        let own =
            Address::new(bucket.address().origin.as_str(), NARROW, "us-east-1", &key.account, &key.secret).unwrap();
        let store = S3::new(&own).unwrap();
        let answered = |call: tollbooth_object_store::Call, body: Option<&[u8]>| {
            let status = Agent::new().send(&call, body).unwrap().status;
            assert!(status == 403 || status < 300, "{status}");
            status < 300
        };
        let part = key.account.as_str();
        let write = |name: &str| answered(store.put(&format!("{name}/new-{part}"), b"new").unwrap(), Some(b"new"));
        let read = |name: &str| answered(store.get(name).unwrap(), None);
        let may = [write("photos"), read(&of_photos), write("exports"), read(&of_exports)];
        let expected = match part {
            "intake" => [true, true, false, false],
            "reading" => [false, true, false, false],
            "export" => [false, false, true, true],
            _ => [false, true, false, true],
        };
        assert_eq!(may, expected, "{part}: writes photos, reads photos, writes exports, reads exports");
        assert_eq!(answered(store.list("photos/", None, 10).unwrap(), None), part != "intake", "{part}: lists");
    }

    let checked_with = |part: &[(&'static str, String)]| {
        let places = database.variables().into_iter().chain(bucket.variables()).chain(part.iter().cloned());
        checked(&places.collect::<Vec<_>>())
    };
    let (nobody, own) = variables.split_at(2);
    let (of_intake, of_reading) = (&own[..2], &own[2..4]);
    let (code, text) = checked_with(&[nobody, of_intake].concat());
    assert!(code == 0 && text.contains("keeps what it has"), "{text}");
    let (code, text) = checked_with(&[nobody, of_reading].concat());
    assert!(code == 0 && text.contains("not tried"), "{text}");
    let (code, text) = checked_with(&[nobody, &own[..1]].concat());
    assert!(code == 1 && text.contains("photos_own_key"), "{text}");
    let (code, text) = checked_with(nobody);
    assert!(code == 1 && text.contains("photos_account"), "{text}");
}

/// The first name there.
fn names_of(bucket: &Bucket, prefix: &str) -> String {
    names(bucket, prefix).into_iter().next().unwrap()
}
