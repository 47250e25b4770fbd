//! The audit finds what somebody changed behind the application's back, and nothing else.

use serde_json::{Value, json};
use tollbooth_tests::{Host, Kept, Ledger, Options, Script, scripted};

/// Three passages: billed, accepted and in review.
fn busy() -> Host {
    busy_with(Options::default())
}

fn busy_with(options: Options) -> Host {
    let host = Host::start_with(options);
    let camera = host.camera("north");
    let settings =
        json!({ "intake.captured_at_max_age_hours": 87_600, "intake.captured_at_max_ahead_seconds": 86_400 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    let send = |seed: u64, script: &Script| {
        let sent = camera.send_photo("north", &format!("key-{seed}"), &now(), "1", &scripted(seed, script));
        assert_eq!(sent.status, 202, "{sent:?}");
    };
    send(1, &Script::plate("AAA1111"));
    host.drain();
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    send(2, &Script::plate("BBB2222"));
    send(3, &Script::empty());
    host.drain();
    host
}

fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap())
}

fn audit(host: &Host) -> (i32, Value) {
    let (code, found, errors) = host.tool(&["audit", "--json"]);
    (code, serde_json::from_str(&found).unwrap_or_else(|e| panic!("{e}: {found}{errors}")))
}

#[test]
fn a_sound_installation_passes_while_it_is_running() {
    let host = busy();
    let (code, found) = audit(&host);
    assert_eq!((code, &found["well"]), (0, &json!(true)), "{found:#}");
    assert_eq!((&found["passages"], &found["photos"], &found["exports"]), (&json!(3), &json!(3), &json!(1)));
    let (code, text, _) = host.tool(&["audit"]);
    assert_eq!(code, 0);
    assert!(text.ends_with("all is well\n"), "{text}");
}

#[test]
fn a_photo_that_vanished_or_changed_is_found() {
    let host = busy();
    let kept = Kept::of(&host);
    let photos = kept.keys("photos/");
    kept.delete(&photos[0]);
    kept.put(&photos[1], &[&kept.get(&photos[1])[..], b"\0"].concat());
    let (code, found) = audit(&host);
    assert_eq!(code, 1, "{found:#}");
    let mut kinds: Vec<_> = found["passage_findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["finding"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["photo-changed", "photo-missing"], "{found:#}");
}

#[test]
fn a_photo_without_a_passage_is_listed_and_its_resend_adopts_it() {
    let host = busy();
    let photo = scripted(9, &Script::plate("CCC3333"));
    let digest = tollbooth_pipeline::ident::sha256_hex(&photo);
    let key = tollbooth_pipeline::ident::photo_key("north", "key-9", &digest);
    Kept::of(&host).put(&key, &photo);
    let (code, found) = audit(&host);
    assert_eq!((code, &found["unreferenced_photos"]), (1, &json!([key])), "{found:#}");
    let (code, _, _) = host.tool(&["audit", "--allow-unreferenced"]);
    assert_eq!(code, 0);
    let sent = host.camera("north").send_photo("north", "key-9", &now(), "1", &photo);
    assert_eq!(sent.status, 202, "{sent:?}");
    assert_eq!(audit(&host).0, 0);
}

#[test]
fn a_photo_that_another_outdid_under_one_key_is_listed_and_is_no_finding() {
    let host = busy();
    let photo = scripted(9, &Script::plate("CCC3333"));
    let sent = host.camera("north").send_photo("north", "key-9", &now(), "1", &photo);
    assert_eq!(sent.status, 202, "{sent:?}");
    // What the loser of a race leaves: stored before the ledger refused it.
    let key =
        tollbooth_pipeline::ident::photo_key("north", "key-9", &tollbooth_pipeline::ident::sha256_hex(b"another"));
    Kept::of(&host).put(&key, b"\0");
    let (code, found) = audit(&host);
    assert_eq!(
        (code, &found["outdone_photos"], &found["unreferenced_photos"]),
        (0, &json!([key]), &json!([])),
        "{found:#}"
    );
}

#[test]
fn a_published_file_that_changed_or_vanished_is_found() {
    for is_changed in [true, false] {
        let host = busy();
        let kept = Kept::of(&host);
        let file = kept.keys("exports/").into_iter().find(|key| key.ends_with(".csv")).unwrap();
        if is_changed {
            let text = String::from_utf8(kept.get(&file)).unwrap();
            assert!(text.contains("AAA1111"), "{text}");
            kept.put(&file, text.replace("AAA1111", "AAA1112").as_bytes());
        } else {
            kept.delete(&file);
        }
        let (code, found) = audit(&host);
        assert_eq!(code, 1, "changed: {is_changed}: {found:#}");
        assert_eq!(found["export_findings"].as_array().map(Vec::len), Some(1), "changed: {is_changed}: {found:#}");
    }
}

/// What a camera, an operator and billing do to get one more export of one line.
fn bill_one_more(host: &Host, seed: u64, plate: &str) {
    let photo = scripted(seed, &Script::plate(plate));
    let sent = host.camera("north").send_photo("north", &format!("key-{seed}"), &now(), "1", &photo);
    assert_eq!(sent.status, 202, "{sent:?}");
    host.drain();
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
}

#[test]
fn a_ledger_from_last_night_exports_nothing_and_the_audit_says_why() {
    // Its files are put back as they were: a file, whatever the others run on.
    let mut host = busy_with(Options { ledger: Ledger::Sqlite, ..Options::default() });
    let billing = tempfile::tempdir().unwrap();
    let into = billing.path().to_str().unwrap().to_owned();
    host.kill();
    let backup = tempfile::tempdir().unwrap();
    let state = host.state_dir();
    let ledger_files = || {
        let files = std::fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("sqlite_db.db")).collect::<Vec<_>>()
    };
    for file in ledger_files() {
        std::fs::copy(&file, backup.path().join(file.file_name().unwrap())).unwrap();
    }
    host.restart();
    bill_one_more(&host, 4, "DDD4444");
    assert_eq!(host.tool(&["export", "--into", &into]).0, 0);
    host.kill();
    for file in ledger_files() {
        std::fs::remove_file(file).unwrap();
    }
    for file in std::fs::read_dir(backup.path()).unwrap().map(|entry| entry.unwrap().path()) {
        std::fs::copy(&file, state.join(file.file_name().unwrap())).unwrap();
    }
    host.restart();
    let files = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
    let before = files(billing.path());
    for route in ["/v1/exports", "/v1/ticks/export"] {
        let refused = host.operator.post(route, &json!({}));
        assert_eq!((refused.status, refused.problem()), (409, "ledger-older".to_owned()), "{refused:?}");
        assert!(refused.text("detail").contains("nothing is billed twice"), "{refused:?}");
    }
    for arguments in [&["export", "--into", &into][..], &["export", "--into", &into, "--now"]] {
        let (code, _, errors) = host.tool(arguments);
        assert!(code == 1 && errors.contains("older than the folder"), "{arguments:?}: {code} {errors}");
    }
    assert_eq!(files(billing.path()), before, "nothing was written");
    let (code, found) = audit(&host);
    let unknown = found["unknown_exports"].as_array().unwrap();
    assert!(code == 1 && unknown.len() == 2, "a file and its manifest: {found:#}");
    assert!(unknown.iter().all(|key| key.as_str().unwrap().starts_with("exports/2/")), "{found:#}");
    assert_eq!(host.operator.get("/v1/balance").json()["totals"]["from_state"]["billed"], 1, "nothing was bound");
}

#[test]
fn a_server_that_is_out_of_reach_is_no_finding() {
    let mut host = busy();
    host.kill();
    let (code, found, errors) = host.tool(&["audit", "--json", "--attempts", "1"]);
    assert_eq!((code, found.as_str()), (3, ""), "{errors}");
}

#[test]
fn refused_uploads_are_counted_by_reason_outside_the_balance() {
    let host = busy();
    let camera = host.camera("north");
    let _ = host.camera("south");
    for (booth, body) in [("north", b"no photo".as_slice()), ("north", b"neither"), ("south", b"another booth's")] {
        let refused = camera.send_photo(booth, "bad", &now(), "1", body);
        assert!((400..500).contains(&refused.status), "{refused:?}");
    }
    assert_eq!(host.anonymous().send_photo("north", "x", &now(), "1", b"x").status, 401);
    let wanted = json!([
        { "booth": "north", "reason": "forbidden", "uploads": 1 },
        { "booth": "north", "reason": "not-a-photo", "uploads": 2 },
        { "booth": "north", "reason": "unauthorized", "uploads": 1 },
    ]);
    // Counted after the answer was sent.
    let balance = tollbooth_tests::wait::until("the refusals to be counted", 20, || {
        let balance = host.operator.get("/v1/balance").json();
        (balance["refused"] == wanted).then_some(balance)
    });
    assert_eq!((&balance["closes"], &balance["totals"]["from_state"]["received"]), (&json!(true), &json!(3)));
    assert_eq!(host.operator.get("/v1/balance?booth=south").json()["refused"], json!([]));
}

#[test]
fn failed_readings_are_listed_by_cause_and_sent_through_again() {
    let host = Host::start();
    let camera = host.camera("north");
    let settings = json!({ "reading.max_attempts": 1 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    for seed in 0..5 {
        let script = if seed < 3 { Script::fail("outage") } else { Script::fail("unauthorized") };
        let photo = scripted(seed, &script.then_plate(&format!("DHN400{seed}"), 0.99));
        assert_eq!(camera.send_photo("north", &format!("k{seed}"), &now(), "1", &photo).status, 202);
    }
    host.drain();
    let listed = host.operator.get("/v1/failed-readings?limit=2").json();
    let causes = json!([
        { "reason": "recognizer-exhausted", "class": "outage", "passages": 3 },
        { "reason": "recognizer-unauthorized", "class": "unauthorized", "passages": 2 },
    ]);
    assert_eq!(listed["causes"], causes, "{listed:#}");
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
    let everything = host.operator.post("/v1/failed-readings/reprocess", &json!({}));
    assert_eq!((everything.status, everything.problem()), (400, "invalid-request".to_owned()), "{everything:?}");
    let (code, text, _) = host.tool(&["reprocess"]);
    assert!(code == 0 && text.contains("recognizer-unauthorized"), "{text}");
    let (code, text, errors) = host.tool(&["reprocess", "--reason", "recognizer-exhausted"]);
    assert_eq!((code, text.as_str()), (0, "3 sent to the recogniser again\n"), "{errors}");
    // Attempts count from one again, so the script's outage comes again; this time a second attempt is allowed.
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "reading.max_attempts": 2 })).status, 200);
    tollbooth_tests::wait::until("the passages to be accepted", 60, || {
        host.drain();
        let balance = host.operator.get("/v1/balance").json();
        assert_eq!(balance["closes"], json!(true), "{balance:#}");
        (balance["totals"]["from_state"]["accepted"] == 3).then_some(())
    });
    assert_eq!(host.operator.get("/v1/failed-readings").json()["causes"], json!([causes[1]]));
}
