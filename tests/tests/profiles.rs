//! Several profiles at once: what is billed from, and copies of it for other readers, each delivered in sequence to a place of
//! its own, whatever becomes of the others; and nothing twice, also after a restore.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tollbooth_pipeline::export::Manifest;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_tests::{Api, Host, Kept, Script, scripted, wait};

fn captured(seconds_ago: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(seconds_ago).unwrap() * 1000)
}

/// Passages that the machine reads, far enough apart that no two are one crossing.
fn accept(host: &Host, camera: &Api, numbers: std::ops::Range<u64>) -> Vec<String> {
    let ids = numbers
        .map(|number| {
            let photo = scripted(number, &Script::plate(&format!("BKD{number:04}")));
            let sent = camera.send_photo("north", &format!("k-{number}"), &captured(number * 1_000), "1", &photo);
            assert_eq!(sent.status, 202, "{sent:?}");
            sent.text("passage")
        })
        .collect();
    host.drain();
    ids
}

fn export(host: &Host) -> Value {
    let done = host.operator.post("/v1/exports", &json!({}));
    assert!(done.status == 200 || done.status == 201, "{done:?}");
    done.json()
}

fn name(host: &Host, copies: &Value) {
    let changed = host.operator.patch("/v1/settings", &json!({ "export.copies": copies }));
    assert_eq!(changed.status, 200, "{changed:?}");
}

/// Plates in a file of an export.
fn plates(file: &[u8]) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(file);
    reader.records().map(|row| row.unwrap()[1].to_owned()).collect()
}

/// Plates of every bill line in a folder, in order.
fn delivered(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let mut found: Vec<String> = files.flat_map(|path| plates(&fs::read(path).unwrap())).collect();
    found.sort();
    found
}

fn numbered(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(|number| format!("BKD{number:04}")).collect()
}

/// A configuration with billing's destination and one of the copy `records`.
fn two_destinations(root: &Path, host: &Host) -> String {
    let config = root.join("deliver.toml");
    let mut text = format!("url = \"http://{}\"\nstate_dir = \"progress\"\n", host.address());
    for (name, profile) in [("billing", "billing"), ("warehouse", "records")] {
        text += &format!(
            "[[destination]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{name}\"\nprofile = \"{profile}\"\n"
        );
    }
    fs::write(&config, text).unwrap();
    config.to_str().unwrap().to_owned()
}

fn destination(host: &Host, name: &str) -> Value {
    let all = host.operator.get("/v1/destinations").json();
    all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_else(|| panic!("{all}"))
}

#[test]
fn a_copy_has_billings_lines_in_other_columns_and_a_chain_of_its_own() {
    let host = Host::start();
    let camera = host.camera("north");
    let billing = host.token("billing", None);
    accept(&host, &camera, 0..2);
    export(&host);
    // Named after the first export, it begins with that all the same.
    name(
        &host,
        &json!([{ "name": "records", "columns": "full" }, { "name": "later", "columns": "lab", "interval_minutes": 10_080 }]),
    );
    accept(&host, &camera, 2..4);
    let run = host.operator.post("/v1/ticks/export", &json!({})).json();
    assert_eq!(run["outcome"], "not-due", "{run}");
    assert_eq!(
        run["copies"][0]["exports"].as_array().map(Vec::len),
        Some(1),
        "billing's is not due, the copy is: {run}"
    );
    assert_eq!(run["copies"][1]["exports"], json!([]), "a week is not over: {run}");
    let run = export(&host);
    assert_eq!(
        (&run["copies"][0]["failed"], run["copies"][1]["exports"].as_array().map(Vec::len)),
        (&json!(false), Some(2))
    );

    let mut previous = "0".repeat(64);
    for sequence in 1..=2 {
        let of =
            |what: &str, profile: &str| billing.get(&format!("/v1/exports/{sequence}/{what}?profile={profile}")).body;
        let (manifest, file) = (of("manifest", "records"), of("file", "records"));
        let said: Manifest = serde_json::from_slice(&manifest).unwrap();
        assert_eq!((said.profile.as_str(), said.sha256), ("full", sha256_hex(&file)));
        let mark = said.copy.unwrap();
        assert_eq!(
            (mark.profile.as_str(), mark.of_manifest_sha256),
            ("records", sha256_hex(&of("manifest", "billing")))
        );
        assert_eq!(said.previous_manifest_sha256, previous);
        previous = sha256_hex(&manifest);
        assert_eq!(plates(&file), plates(&of("file", "billing")));
        let columns = String::from_utf8(file).unwrap().lines().next().unwrap().split(',').count();
        assert_eq!(columns, 15);
    }
    let listed = billing.get("/v1/exports?profile=records").json();
    assert_eq!(listed["items"][1]["copy"], "records", "{listed}");
    assert_eq!(billing.get(listed["items"][1]["file_url"].as_str().unwrap()).status, 200);
    assert_eq!(billing.get("/v1/exports?profile=recrods").problem(), "not-found");
    assert_eq!(billing.get("/v1/exports/1/file?profile=recrods").problem(), "not-found");
    assert_eq!(billing.get("/v1/exports?profile=../1").problem(), "invalid-request");
    let profiles = billing.get("/v1/export-profiles").json();
    assert_eq!(
        (&profiles["items"][0]["billing"], &profiles["items"][1]["published_through"]),
        (&json!(true), &json!(2))
    );
    // Answers are to billing's export; a copy takes none.
    let answer = json!({ "dispositions": [{ "row": "psg_x", "disposition": "billed" }] });
    assert_eq!(billing.post("/v1/exports/1/dispositions?profile=records", &answer).problem(), "invalid-request");
    let refused =
        host.operator.patch("/v1/settings", &json!({ "export.copies": [{ "name": "billing", "columns": "lab" }] }));
    assert_eq!((refused.status, refused.problem()), (422, "invalid".to_owned()), "{refused:?}");
    let (code, found, errors) = host.tool(&["audit"]);
    assert!(code == 0 && found.contains("copies    4 checked against their exports, 0 findings"), "{found}{errors}");
}

#[test]
fn one_destination_that_is_down_delays_its_own_files_and_nothing_comes_twice_or_out_of_sequence() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::start();
    let camera = host.camera("north");
    name(&host, &json!([{ "name": "records", "columns": "full" }]));
    let config = two_destinations(root.path(), &host);
    let (bills, warehouse) = (root.path().join("billing"), root.path().join("warehouse"));
    fs::create_dir(&bills).unwrap();
    let deliver = || host.tool(&["deliver", "--config", &config, "--once"]);
    for round in 0..2 {
        accept(&host, &camera, round * 2..round * 2 + 2);
        export(&host);
        // A share that is not mounted: people must look. Billing gets its files.
        let (code, out, errors) = deliver();
        assert!(
            code == 1 && errors.contains("warehouse: ") && errors.contains("does not exist"),
            "{code}: {out}{errors}"
        );
        assert_eq!(delivered(&bills), numbered(0..round * 2 + 2));
    }
    let (well, down) = (destination(&host, "billing"), destination(&host, "warehouse"));
    assert_eq!((&well["state"], &well["delivered_through"], &well["pending"]), (&json!("well"), &json!(2), &json!(0)));
    assert_eq!((&down["state"], &down["trouble"]), (&json!("refused"), &json!("folder-missing")), "{down}");
    assert_eq!((&down["profile"], &down["delivered_through"]), (&json!("records"), &json!(0)), "{down}");
    assert!(!down.to_string().contains(root.path().to_str().unwrap()), "no path of the other machine: {down}");
    // The rules are looked at a few times a minute.
    wait::until("the alert", 120, || {
        host.operator.post("/v1/ticks/messages", &json!({}));
        let firing = host.operator.get("/v1/alerts").json().to_string();
        (firing.contains("destination-down") && firing.contains("its folder is not there")).then_some(())
    });

    fs::create_dir(&warehouse).unwrap();
    let (code, out, errors) = deliver();
    assert_eq!(code, 0, "{out}{errors}");
    assert_eq!(delivered(&warehouse), numbered(0..4));
    let (code, out, errors) = deliver();
    assert!(code == 0 && out.is_empty(), "nothing twice: {out}{errors}");
    let back = destination(&host, "warehouse");
    assert_eq!((&back["state"], &back["delivered_through"]), (&json!("well"), &json!(2)), "{back}");
    assert_eq!(back["last_trouble"], "folder-missing", "{back}");
    let (code, found, errors) = host.tool(&["verify", warehouse.to_str().unwrap()]);
    assert!(code == 0 && found.contains("these are copies for `records`"), "{found}{errors}");
    // One profile's files do not go where the other's lie.
    let (code, _, errors) = host.tool(&["export", "--into", bills.to_str().unwrap(), "--profile", "records"]);
    assert!(code == 1 && errors.contains("another profile's"), "{errors}");
    // Whole numbers may be written with a point, as by any program that reports by itself.
    let mut report = json!({ "kind": "sftp", "profile": "billing", "failing_seconds": 0, "failures": 2.0, "delivered_through": 3.0,
        "pending": 0, "next_report_seconds": 60.0 });
    assert_eq!(host.operator.put_json("/v1/destinations/by-hand", &report).status, 204);
    assert_eq!(destination(&host, "by-hand")["failures"], 2);
    report["failures"] = json!(2.5);
    assert_eq!(host.operator.put_json("/v1/destinations/by-hand", &report).status, 400);
    assert_eq!(host.operator.delete("/v1/destinations/warehouse").status, 204);
    assert_eq!(host.operator.delete("/v1/destinations/warehouse").status, 404);
}

#[test]
fn a_correction_in_a_copy_names_the_row_that_its_reader_has() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::start();
    let camera = host.camera("north");
    name(&host, &json!([{ "name": "records", "columns": "full" }]));
    let passage = accept(&host, &camera, 0..2).remove(0);
    export(&host);
    let supervisor = host.token("supervisor", None);
    let version = supervisor.get(&format!("/v1/passages/{passage}")).json()["version"].clone();
    let again = json!({ "version": version, "remark": "look again", "cause": "dispute" });
    assert_eq!(supervisor.post(&format!("/v1/passages/{passage}/reopen"), &again).status, 200);
    let version = supervisor.post("/v1/reviews/claim", &json!({ "passage": passage })).json()["version"].clone();
    let verdict = json!({ "version": version, "plate": "BKD7777", "jurisdiction": "us-tx" });
    assert_eq!(supervisor.post(&format!("/v1/reviews/{passage}/verdict"), &verdict).status, 200);
    assert_eq!(export(&host)["copies"][0]["failed"], false);
    for profile in ["billing", "records"] {
        let folder = root.path().join(profile);
        let (code, _, errors) = host.tool(&["export", "--into", folder.to_str().unwrap(), "--profile", profile]);
        assert_eq!(code, 0, "{errors}");
        let (code, found, errors) = host.tool(&["verify", folder.to_str().unwrap()]);
        assert!(code == 0 && found.contains("2 bill lines, 1 corrections"), "{profile}: {found}{errors}");
    }
    let lines = host.operator.get("/v1/exports/2/lines").json();
    assert_eq!((&lines["items"][0]["plate"], &lines["answers"]["open"]), (&json!("BKD7777"), &json!(1)), "{lines}");
    assert_eq!(lines["items"][0]["correction"]["corrects_export"], 1, "{lines}");
}

#[test]
fn after_a_restore_neither_profile_is_delivered_twice() {
    if std::env::var("TOLLBOOTH_TEST_LEDGER").as_deref() == Ok("postgres") {
        eprintln!("skipped: `tollbooth restore` is for the files of one machine");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut host = Host::start();
    let camera = host.camera("north");
    name(&host, &json!([{ "name": "records", "columns": "full" }]));
    let config = two_destinations(root.path(), &host);
    let (bills, warehouse) = (root.path().join("billing"), root.path().join("warehouse"));
    for folder in [&bills, &warehouse] {
        fs::create_dir(folder).unwrap();
    }
    let deliver = |host: &Host| host.tool(&["deliver", "--config", &config, "--once"]);
    accept(&host, &camera, 0..1);
    export(&host);
    assert_eq!(deliver(&host).0, 0);
    let state = host.state_dir().to_str().unwrap().to_owned();
    let backups = root.path().join("backups");
    let (code, made, errors) = host.tool(&["backup", backups.to_str().unwrap(), "--state-dir", &state]);
    assert_eq!(code, 0, "{errors}");
    accept(&host, &camera, 1..2);
    export(&host);
    assert_eq!(deliver(&host).0, 0);
    let manifest = |host: &Host| host.operator.get("/v1/exports/2/manifest?profile=records").body;
    let published = manifest(&host);

    // First the ledger alone is last night's; then the photos and files are, too, and only the destinations know.
    for (round, more) in ["--ledger-only", ""].into_iter().enumerate() {
        host.kill();
        let mut restore = vec!["restore", made.trim(), "--state-dir", &state, "--replace"];
        let folders = [bills.to_str().unwrap(), warehouse.to_str().unwrap()];
        if more.is_empty() {
            // What was moved aside is gone with the disk.
            for aside in fs::read_dir(&state).unwrap().map(Result::unwrap) {
                if aside.file_name().to_string_lossy().starts_with("replaced-") {
                    fs::remove_dir_all(aside.path()).unwrap();
                }
            }
            restore.extend(["--published", folders[0], "--published", folders[1]]);
        } else {
            restore.push(more);
        }
        let (code, said, errors) = host.tool(&restore);
        assert!(code == 0 && said.contains("known up to 2"), "{code}: {said}{errors}");
        host.restart();
        if round == 0 {
            // The passage that the backup did not have comes again; its line is billed already.
            let photo = scripted(1, &Script::plate("BKD0001"));
            let sent = camera.reconnected().send_photo("north", "k-1", &captured(1_000), "1", &photo);
            assert!(sent.status == 202 || sent.status == 200 || sent.status == 409, "{sent:?}");
            host.drain();
        }
        let run = export(&host);
        assert_eq!(run["outcome"], "nothing-to-export", "{run}");
        assert_eq!(
            (&run["copies"][0]["failed"], run["copies"][0]["exports"].as_array().map(Vec::len)),
            (&json!(false), Some(1))
        );
        assert_eq!(manifest(&host), published, "byte for byte");
        let (code, out, errors) = deliver(&host);
        assert!(code == 0 && out.is_empty(), "round {round}: nothing is written: {out}{errors}");
        assert_eq!((delivered(&bills), delivered(&warehouse)), (numbered(0..2), numbered(0..2)));
    }
    accept(&host, &camera.reconnected(), 2..3);
    export(&host);
    let (code, _, errors) = deliver(&host);
    assert_eq!(code, 0, "{errors}");
    assert_eq!((delivered(&bills), delivered(&warehouse)), (numbered(0..3), numbered(0..3)));
}

/// One that two installations send alike: the same photo at the same moment.
fn accept_at(host: &Host, camera: &Api, number: u64, captured_at: &str) {
    let photo = scripted(number, &Script::plate(&format!("BKD{number:04}")));
    assert_eq!(camera.send_photo("north", &format!("k-{number}"), captured_at, "1", &photo).status, 202);
    host.drain();
}

#[test]
fn a_run_of_billing_that_fails_keeps_no_copy_waiting() {
    let times = [captured(2_000), captured(1_000)];
    // The same lines make the same file, so another installation says where the file of export 2 will lie.
    let in_the_way = {
        let other = Host::start();
        let camera = other.camera("north");
        for (number, captured_at) in (0..).zip(&times) {
            accept_at(&other, &camera, number, captured_at);
            export(&other);
        }
        let sha256 = other.operator.get("/v1/exports/2").text("sha256");
        format!("exports/2/{sha256}.csv")
    };
    let mut host = Host::start();
    let camera = host.camera("north");
    accept_at(&host, &camera, 0, &times[0]);
    export(&host);
    name(&host, &json!([{ "name": "records", "columns": "full" }]));
    accept_at(&host, &camera, 1, &times[1]);
    host.kill();
    Kept::of(&host).put(&in_the_way, b"not what is billed");
    host.restart();

    let failed = host.operator.post("/v1/exports", &json!({}));
    assert!(failed.status >= 500, "billing's file cannot be stored, and that is told: {failed:?}");
    let through = |host: &Host| {
        let profiles = host.operator.get("/v1/export-profiles").json();
        (profiles["items"][0]["published_through"].clone(), profiles["items"][1]["published_through"].clone())
    };
    assert_eq!(through(&host), (json!(1), json!(1)), "what is published is copied");

    host.kill();
    Kept::of(&host).delete(&in_the_way);
    host.restart();
    assert_eq!(export(&host)["outcome"], "published");
    assert_eq!(through(&host), (json!(2), json!(2)));
}

#[test]
fn a_copy_of_an_export_that_was_taken_over_waits_for_its_lines_and_says_so() {
    if std::env::var("TOLLBOOTH_TEST_LEDGER").as_deref() == Ok("postgres") {
        eprintln!("skipped: `tollbooth restore` is for the files of one machine");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let mut host = Host::start();
    let camera = host.camera("north");
    name(&host, &json!([{ "name": "records", "columns": "full" }]));
    accept(&host, &camera, 0..1);
    export(&host);
    let state = host.state_dir().to_str().unwrap().to_owned();
    let backups = root.path().join("backups");
    let (code, made, errors) = host.tool(&["backup", backups.to_str().unwrap(), "--state-dir", &state]);
    assert_eq!(code, 0, "{errors}");
    // Export 2 has no copy, and the ledger of the backup has no line of it.
    name(&host, &json!([]));
    accept(&host, &camera, 1..2);
    export(&host);
    host.kill();
    let (code, said, errors) =
        host.tool(&["restore", made.trim(), "--state-dir", &state, "--replace", "--ledger-only"]);
    assert!(code == 0 && said.contains("known up to 2"), "{code}: {said}{errors}");
    host.restart();
    let waits = |host: &Host| host.operator.get("/v1/export-profiles").json()["items"][1]["waits_for"].clone();
    let run = export(&host);
    assert_eq!(run["copies"][0]["failed"], true, "{run}");
    let why = waits(&host);
    assert!(why.as_str().is_some_and(|why| why.starts_with("Export 2 was taken over")), "{why}");
    let photo = scripted(1, &Script::plate("BKD0001"));
    let sent = camera.reconnected().send_photo("north", "k-1", &captured(1_000), "1", &photo);
    assert!(sent.status == 202 || sent.status == 200 || sent.status == 409, "{sent:?}");
    host.drain();
    let run = export(&host);
    assert_eq!(
        (&run["copies"][0]["failed"], run["copies"][0]["exports"].as_array().map(Vec::len)),
        (&json!(false), Some(1)),
        "{run}"
    );
    assert_eq!(waits(&host), Value::Null);
}
