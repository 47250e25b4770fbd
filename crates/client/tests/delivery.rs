//! Billing's folder: whole files, a checked chain, nothing replaced and nothing delivered twice.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure here is a failed test"
)]

mod server;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use server::{Asked, Reply, Server};
use tollbooth_client::delivery::{Delivery, DeliveryOptions, Names, deliver};
use tollbooth_client::progress::Progress;
use tollbooth_client::{Api, ApiOptions, RetryPolicy, Token};
use tollbooth_pipeline::export::{GENESIS_SHA256, Manifest};
use tollbooth_pipeline::ident::sha256_hex;

#[derive(Clone)]
struct Published {
    name: String,
    file: Vec<u8>,
    manifest: Vec<u8>,
}

/// Exports by sequence; tests tamper with them.
type Exports = Arc<Mutex<BTreeMap<u64, Published>>>;

fn publish(exports: &Exports, count: u64) {
    let mut exports = exports.lock().unwrap();
    for _ in 0..count {
        let sequence = exports.last_key_value().map_or(0, |(last, _)| *last) + 1;
        let previous = exports.get(&(sequence - 1)).map_or(GENESIS_SHA256.to_owned(), |p| sha256_hex(&p.manifest));
        let name = format!("2026-11-20T10:00:{sequence:02}.csv");
        let file = format!("FileName,LicensePlateText,TimeStamp,LicensePlateFound\nrow {sequence}\n").into_bytes();
        let manifest = Manifest {
            sequence,
            kind: Default::default(),
            file_name: name.clone(),
            profile: "lab".into(),
            keying_rules: None,
            rows: 1,
            bytes: file.len() as u64,
            sha256: sha256_hex(&file),
            window_from: None,
            window_to: "2026-11-20T10:00:00.000Z".into(),
            previous_manifest_sha256: previous,
            copy: None,
        };
        let manifest = manifest.to_json().unwrap().into_bytes();
        exports.insert(sequence, Published { name, file, manifest });
    }
}

/// Lists at most two exports a page.
fn server(exports: &Exports) -> Server {
    let exports = Arc::clone(exports);
    Server::start(move |asked: &Asked| {
        let exports = exports.lock().unwrap();
        match asked.segments().as_slice() {
            ["v1", "exports"] => {
                let after: u64 = asked.parameter("after").unwrap().parse().unwrap();
                let page: Vec<_> = exports.range(after + 1..).take(2).collect();
                let next = (page.len() == 2).then(|| *page[1].0);
                let items: Vec<_> = page
                    .iter()
                    .map(|(sequence, p)| {
                        json!({"sequence": sequence, "file_name": p.name, "manifest_sha256": sha256_hex(&p.manifest)})
                    })
                    .collect();
                Reply::json(200, &json!({"items": items, "next": next}))
            }
            ["v1", "signing-keys"] => Reply::json(200, &json!({"keys": []})),
            ["v1", "exports", sequence, what] => {
                let export = &exports[&sequence.parse::<u64>().unwrap()];
                Reply::bytes(if *what == "file" { export.file.clone() } else { export.manifest.clone() })
            }
            other => panic!("unexpected request {other:?}"),
        }
    })
}

fn deliver_to(server: &Server, folder: &Path, restore: bool) -> Delivery {
    deliver_as(server, folder, restore, Names::Contract)
}

fn deliver_as(server: &Server, folder: &Path, restore: bool, names: Names) -> Delivery {
    let retry = RetryPolicy { attempts: 2, first_wait: Duration::from_millis(2), ..RetryPolicy::default() };
    let options = ApiOptions { retry, ..ApiOptions::default() };
    let api = Api::new(&server.url, Some(Token::new("t").unwrap()), options).unwrap();
    let options = DeliveryOptions { now: false, restore, names, progress: &Progress::silent() };
    deliver(&api, folder, &options).unwrap()
}

fn csv_files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "manifests")
        .collect();
    names.sort();
    names
}

#[test]
fn every_export_is_delivered_once_with_its_manifest() {
    let exports = Exports::default();
    publish(&exports, 5);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.exit_code()), (5, 0), "{delivery:?}");
    for published in exports.lock().unwrap().values() {
        assert_eq!(fs::read(folder.path().join(&published.name)).unwrap(), published.file);
        let manifest = folder.path().join("manifests").join(format!("{}.manifest.json", published.name));
        assert_eq!(fs::read(manifest).unwrap(), published.manifest);
    }
    let schema = fs::read_to_string(folder.path().join("manifests/lab.schema.json")).unwrap();
    assert!(schema.contains("\"LicensePlateText\"") && schema.contains("\"missingValues\": []"), "{schema}");
    assert_eq!(csv_files(folder.path()).len(), 5, "nothing but whole files lies in billing's folder");

    // An earlier version knew fewer columns than the files that come now have.
    fs::write(folder.path().join("manifests/lab.schema.json"), "{\"fields\": []}").unwrap();
    publish(&exports, 2);
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.present, delivery.exit_code()), (2, 5, 0), "{delivery:?}");
    assert_eq!(fs::read_to_string(folder.path().join("manifests/lab.schema.json")).unwrap(), schema);
}

#[test]
fn a_file_that_billing_took_is_not_delivered_again_unless_asked_for() {
    let exports = Exports::default();
    publish(&exports, 3);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    deliver_to(&server, folder.path(), false);
    let taken = folder.path().join(&exports.lock().unwrap()[&2].name);
    fs::remove_file(&taken).unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.present, delivery.taken), (0, 2, 1), "{delivery:?}");
    assert!(!taken.exists());
    let delivery = deliver_to(&server, folder.path(), true);
    assert_eq!((delivery.written.len(), delivery.taken, delivery.exit_code()), (1, 0, 0), "{delivery:?}");
    assert!(taken.exists());
}

#[test]
fn an_interrupted_delivery_is_completed() {
    let exports = Exports::default();
    publish(&exports, 2);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    // The file was renamed into place and the process died before its manifest was.
    let first = exports.lock().unwrap()[&1].clone();
    fs::write(folder.path().join(&first.name), &first.file).unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.present, delivery.exit_code()), (1, 1, 0), "{delivery:?}");
    assert!(folder.path().join("manifests").join(format!("{}.manifest.json", first.name)).exists());
}

#[test]
fn a_different_file_of_the_same_name_is_never_replaced() {
    let exports = Exports::default();
    publish(&exports, 2);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(&exports.lock().unwrap()[&1].name);
    fs::write(&path, "somebody else's").unwrap();
    for _ in 0..2 {
        let delivery = deliver_to(&server, folder.path(), false);
        assert_eq!(delivery.exit_code(), 1, "{delivery:?}");
        assert!(delivery.faults[0].contains("export 1") && delivery.faults[0].contains("another file"), "{delivery:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    }
    fs::remove_file(&path).unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.present, delivery.exit_code()), (1, 1, 0), "{delivery:?}");
}

#[test]
fn a_file_that_does_not_match_its_manifest_is_not_delivered() {
    let exports = Exports::default();
    publish(&exports, 3);
    for tampered in ["FileName,LicensePlateText,TimeStamp,LicensePlateFound\nrow 9\n", "short"] {
        exports.lock().unwrap().get_mut(&2).unwrap().file = tampered.as_bytes().to_vec();
        let server = server(&exports);
        let folder = tempfile::tempdir().unwrap();
        let delivery = deliver_to(&server, folder.path(), false);
        assert_eq!((delivery.written.len(), delivery.exit_code()), (1, 1), "{delivery:?}");
        assert!(delivery.faults[0].contains("does not match its manifest"), "{delivery:?}");
        assert_eq!(csv_files(folder.path()).len(), 1);
    }
}

#[test]
fn a_broken_chain_stops_the_delivery() {
    let exports = Exports::default();
    publish(&exports, 4);
    {
        let mut exports = exports.lock().unwrap();
        let second = exports.get_mut(&2).unwrap();
        let text = String::from_utf8(second.manifest.clone()).unwrap();
        second.manifest = text.replace("\"rows\": 1", "\"rows\": 2").into_bytes();
    }
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.exit_code()), (2, 1), "{delivery:?}");
    assert!(delivery.faults[0].contains("export 3") && delivery.faults[0].contains("follows another"), "{delivery:?}");
}

#[test]
fn a_missing_sequence_stops_the_delivery() {
    let exports = Exports::default();
    publish(&exports, 3);
    exports.lock().unwrap().remove(&2);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    let delivery = deliver_to(&server, folder.path(), false);
    assert_eq!((delivery.written.len(), delivery.exit_code()), (1, 1), "{delivery:?}");
    assert!(delivery.faults[0].contains("export 2 is missing"), "{delivery:?}");
}

#[test]
fn a_manifest_that_changed_after_its_delivery_is_noticed() {
    let exports = Exports::default();
    publish(&exports, 2);
    let folder = tempfile::tempdir().unwrap();
    deliver_to(&server(&exports), folder.path(), false);
    exports.lock().unwrap().clear();
    publish(&exports, 1);
    let name = exports.lock().unwrap()[&1].name.clone();
    exports.lock().unwrap().get_mut(&1).unwrap().manifest.push(b' ');
    let delivery = deliver_to(&server(&exports), folder.path(), false);
    assert_eq!((delivery.exit_code(), delivery.written.len()), (1, 0));
    assert!(delivery.faults[0].contains(&name) && delivery.faults[0].contains("2 exports"), "{delivery:?}");
}

#[test]
fn a_ledger_that_is_older_than_the_folder_delivers_nothing() {
    let exports = Exports::default();
    publish(&exports, 3);
    let folder = tempfile::tempdir().unwrap();
    deliver_to(&server(&exports), folder.path(), false);
    // Last night's backup knew one export; the lines of the other two are exported again, under other names.
    {
        let mut exports = exports.lock().unwrap();
        exports.retain(|sequence, _| *sequence == 1);
    }
    let again = Published { name: "2026-11-21T08:00:00.csv".into(), ..exports.lock().unwrap()[&1].clone() };
    let text = String::from_utf8(again.manifest.clone()).unwrap();
    let manifest = text
        .replace("2026-11-20T10:00:01.csv", &again.name)
        .replace("\"sequence\": 1", "\"sequence\": 2")
        .replace(GENESIS_SHA256, &sha256_hex(&exports.lock().unwrap()[&1].manifest));
    exports.lock().unwrap().insert(2, Published { manifest: manifest.into_bytes(), ..again });
    let before = csv_files(folder.path());
    for restore in [false, true] {
        let delivery = deliver_to(&server(&exports), folder.path(), restore);
        assert_eq!((delivery.written.len(), delivery.exit_code()), (0, 1), "{delivery:?}");
        let said = &delivery.faults[0];
        assert!(
            said.contains("older than the folder") && said.contains("export 2") && said.contains("export 3"),
            "{said}"
        );
        assert!(said.contains("nothing is billed twice"), "{said}");
    }
    assert_eq!(csv_files(folder.path()), before);
}

#[test]
fn portable_names_have_no_colon_and_a_file_is_never_delivered_under_both() {
    let exports = Exports::default();
    publish(&exports, 2);
    let server = server(&exports);
    let folder = tempfile::tempdir().unwrap();
    let delivery = deliver_as(&server, folder.path(), false, Names::Portable);
    assert_eq!(delivery.written, ["2026-11-20T100001Z-000001.csv", "2026-11-20T100002Z-000002.csv"]);
    let manifests = csv_files(&folder.path().join("manifests"));
    assert!(manifests.iter().all(|name| !name.contains(':')), "{manifests:?}");
    let delivery = deliver_as(&server, folder.path(), false, Names::Contract);
    assert_eq!((delivery.written.len(), delivery.present, delivery.exit_code()), (0, 2, 0), "{delivery:?}");
    fs::remove_file(folder.path().join("2026-11-20T100001Z-000001.csv")).unwrap();
    let delivery = deliver_as(&server, folder.path(), true, Names::Contract);
    assert_eq!(delivery.written, ["2026-11-20T100001Z-000001.csv"], "{delivery:?}");
}

#[test]
fn a_file_name_that_leaves_the_folder_is_refused() {
    let exports = Exports::default();
    publish(&exports, 1);
    {
        let mut exports = exports.lock().unwrap();
        let first = exports.get_mut(&1).unwrap();
        let text = String::from_utf8(first.manifest.clone()).unwrap();
        first.manifest = text.replace(&first.name, "../escaped.csv").into_bytes();
        first.name = "../escaped.csv".into();
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("billing");
    fs::create_dir(&folder).unwrap();
    let delivery = deliver_to(&server(&exports), &folder, false);
    assert_eq!((delivery.written.len(), delivery.exit_code()), (0, 1), "{delivery:?}");
    assert!(!parent.path().join("escaped.csv").exists());
}
