//! What billing gets: files in sequence, chained, each line once; and the notice when there is nothing.

use serde_json::{Value, json};
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_tests::{Host, Kept, Script, scripted};

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

fn accept(host: &Host, camera: &tollbooth_tests::Api, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let photo = scripted(n, &Script::plate(&format!("ABC{n:04}")));
        let age = i64::try_from(n * 100).unwrap();
        assert_eq!(camera.send_photo("north", &format!("k-{n}"), &captured(age), "1", &photo).status, 202);
    }
    host.drain();
}

#[test]
fn exports_are_chained_and_their_files_match_their_manifests() {
    let host = Host::start();
    let camera = host.camera("north");
    let billing = host.token("billing", None);
    let mut previous = tollbooth_pipeline::export::GENESIS_SHA256.to_owned();
    for n in 0..3 {
        accept(&host, &camera, n * 2..n * 2 + 2);
        let published = host.operator.post("/v1/exports", &json!({}));
        assert_eq!((published.status, published.text("outcome")), (201, "published".into()), "{published:?}");
        let sequence = n + 1;
        let manifest = billing.get(&format!("/v1/exports/{sequence}/manifest"));
        let file = billing.get(&format!("/v1/exports/{sequence}/file"));
        let said: Value = manifest.json();
        assert_eq!(said["sequence"], sequence);
        assert_eq!(said["rows"], 2);
        assert_eq!(said["sha256"], sha256_hex(&file.body));
        assert_eq!(said["previous_manifest_sha256"], previous);
        previous = sha256_hex(&manifest.body);
    }
    let names: Vec<_> = billing.get("/v1/exports").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["file_name"].as_str().unwrap().to_owned())
        .collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), 3, "a taken name gets the sequence appended: {names:?}");
}

#[test]
fn whoever_fetches_a_file_is_on_record_once_a_day_and_whoever_asks_in_vain_is_not() {
    let host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..1);
    host.operator.post("/v1/exports", &json!({}));
    let (billing, sue) = (host.token("billing", None), host.token("supervisor", None));
    let downloads = || {
        let page = sue.get("/v1/log/downloads").json();
        let told = page["items"].as_array().unwrap().iter();
        told.map(|item| (item["token"].clone(), item["export"].clone(), item["part"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(billing.get("/v1/exports/2/file").status, 404);
    // Programs compare manifests and ask for what they have by its tag.
    let manifest: Value = billing.get("/v1/exports/1/manifest").json();
    let beyond = billing.and_headers(&[("range", "bytes=1000000-")]).get("/v1/exports/1/file");
    assert_eq!(beyond.status, 416, "{beyond:?}");
    // HEAD is told of the file, and gets nothing of it.
    let told = billing.head("/v1/exports/1/file");
    assert_eq!((told.status, told.body.len()), (200, 0), "{told:?}");
    assert_eq!(told.header("etag"), Some(format!("\"{}\"", manifest["sha256"].as_str().unwrap()).as_str()));
    assert_eq!(host.operator.head("/v1/exports/1/lines").status, 200);
    assert!(downloads().is_empty());
    for _ in 0..3 {
        assert_eq!(billing.get("/v1/exports/1/file").status, 200);
    }
    let who = billing.get("/v1/me").json()["token"].clone();
    assert_eq!(downloads(), [(who.clone(), json!(1), json!("file"))]);
    // Who reads the lines has read the file.
    assert_eq!(host.operator.get("/v1/exports/1/lines").status, 200);
    let operator = host.operator.get("/v1/me").json()["token"].clone();
    assert_eq!(downloads(), [(operator, json!(1), json!("file")), (who, json!(1), json!("file"))]);
    assert_eq!(manifest["sequence"], 1);
}

#[test]
fn the_type_that_a_reviewer_saw_is_on_the_bill_where_billing_reads_it() {
    let host = Host::start();
    let camera = host.camera("north");
    let photo = scripted(1, &Script::default().then_plate("BKD0101", 0.6));
    assert_eq!(camera.send_photo("north", "k-1", &captured(100), "1", &photo).status, 202);
    host.drain();
    let ann = host.token("reviewer", None);
    let claimed = ann.post("/v1/reviews/claim", &json!({})).json();
    let passage = claimed["passage"].as_str().unwrap();
    let verdict = |issuer: &str, of: &str| {
        let body =
            json!({ "version": claimed["version"], "plate": "BKD0101", "jurisdiction": issuer, "plate_type": of });
        ann.post(&format!("/v1/reviews/{passage}/verdict"), &body)
    };
    for (issuer, of) in [("us-tx", "lorry"), ("us-gov", "trailer")] {
        let refused = verdict(issuer, of);
        assert_eq!((refused.status, refused.problem()), (422, "invalid".to_owned()), "{issuer} {of}: {refused:?}");
    }
    assert_eq!(verdict("us-tx", "trailer").status, 200);
    assert_eq!(ann.get(&format!("/v1/passages/{passage}")).json()["plate_type"], "trailer");
    for (of, found) in [("trailer", 1), ("dealer", 0)] {
        let page = ann.get(&format!("/v1/passages?plate_type={of}")).json();
        assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{of}");
    }
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.profile": "full" })).status, 200);
    host.operator.post("/v1/exports", &json!({}));
    let file = String::from_utf8(host.token("billing", None).get("/v1/exports/1/file").body).unwrap();
    assert!(file.lines().next().unwrap().ends_with(",LookupKey,PlateType"), "{file}");
    assert!(file.ends_with(",BKD0101,trailer\r\n"), "{file}");
    // Opened again it comes with what it was billed with: whoever confirms the plate takes nothing back.
    let sue = host.token("supervisor", None);
    let version = sue.get(&format!("/v1/passages/{passage}")).json()["version"].clone();
    let body = json!({ "version": version, "remark": "is it this one?" });
    assert_eq!(sue.post(&format!("/v1/passages/{passage}/reopen"), &body).status, 200);
    let again = sue.post("/v1/reviews/claim", &json!({ "passage": passage })).json();
    assert_eq!((&again["suggestion"], &again["plate_type"]), (&json!("BKD0101"), &json!("trailer")), "{again}");
}

#[test]
fn the_file_name_on_a_bill_line_leads_billing_to_the_very_photo() {
    let host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..1);
    host.operator.post("/v1/exports", &json!({}));
    let billing = host.token("billing", None);
    let file = billing.get("/v1/exports/1/file");
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut reader = csv::Reader::from_reader(file.body.as_slice());
    let row = reader.records().next().unwrap().unwrap();
    let photo = billing.get(&format!("/v1/photos/{}", &row[0]));
    assert_eq!(photo.body, scripted(0, &Script::plate("ABC0000")));
}

#[test]
fn nothing_to_export_is_an_outcome_of_its_own() {
    let host = Host::start();
    let empty = host.operator.post("/v1/exports", &json!({}));
    assert_eq!((empty.status, empty.text("outcome")), (200, "nothing-to-export".into()), "{empty:?}");
    assert_eq!(host.token("billing", None).get("/v1/exports").json()["items"], json!([]));
}

#[test]
fn a_scheduled_export_waits_for_its_interval_and_a_request_does_not() {
    let host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..1);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    accept(&host, &camera, 1..2);
    let early = host.operator.post("/v1/ticks/export", &json!({}));
    assert_eq!((early.status, early.text("outcome")), (200, "not-due".into()), "{early:?}");
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.interval_minutes": 5 })).status, 200);
    let status = host.operator.get("/v1/status").json();
    assert!(status["next_export_due"].is_string(), "{status}");
}

#[test]
fn overlapping_exports_bind_each_line_once() {
    let host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..30);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.max_rows": 7 })).status, 200);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let status = host.operator.post("/v1/exports", &json!({})).status;
                assert!(status == 200 || status == 201, "{status}");
            });
        }
    });
    let billing = host.token("billing", None);
    let mut plates = Vec::new();
    for export in billing.get("/v1/exports").json()["items"].as_array().unwrap() {
        let file = billing.get(export["file_url"].as_str().unwrap());
        let mut reader = csv::Reader::from_reader(file.body.as_slice());
        plates.extend(reader.records().map(|r| r.unwrap()[1].to_owned()));
    }
    plates.sort();
    let expected: Vec<_> = (0..30).map(|n| format!("ABC{n:04}")).collect();
    assert_eq!(plates, expected);
}

#[test]
fn the_full_profile_is_a_setting() {
    let host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..1);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.profile": "full" })).status, 200);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let file = host.token("billing", None).get("/v1/exports/1/file");
    let mut reader = csv::Reader::from_reader(file.body.as_slice());
    let headers = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let cell = |name: &str| row[headers.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!(cell("Booth"), "north");
    assert_eq!(cell("Jurisdiction"), "us-tx");
    assert_eq!(cell("JurisdictionSource"), "read");
    assert!(cell("PassageId").starts_with("psg_"));
}

#[test]
fn a_get_never_changes_anything() {
    let host = Host::start();
    assert_eq!(host.operator.get("/v1/exports").status, 200);
    assert_eq!(host.operator.get("/v1/ticks/export").status, 405);
    assert_eq!(host.operator.get("/v1/ticks/reading").status, 405);
}

#[test]
fn a_file_of_several_pieces_is_served_whole_and_in_ranges_and_a_known_one_not_again() {
    let host = Host::start();
    let camera = host.camera("north");
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.step_rows": 2 })).status, 200);
    accept(&host, &camera, 0..7);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let billing = host.token("billing", None);
    let manifest = billing.get("/v1/exports/1/manifest").json();
    let whole = billing.get("/v1/exports/1/file");
    let size = whole.body.len();
    assert_eq!((&manifest["rows"], &manifest["bytes"]), (&json!(7), &json!(size)));
    assert_eq!(manifest["sha256"], sha256_hex(&whole.body));
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let lines = csv::Reader::from_reader(whole.body.as_slice()).records().map(Result::unwrap).count();
    assert_eq!(lines, 7);
    let etag = whole.header("etag").unwrap().to_owned();
    assert_eq!(etag, format!("\"{}\"", sha256_hex(&whole.body)));
    let ask = |headers: &[(&'static str, &str)]| billing.and_headers(headers).get("/v1/exports/1/file");
    // Within a piece, over several, up to the end, from the end, and beyond it.
    let last = size - 1;
    for (range, from, to) in [
        ("bytes=0-9".to_owned(), 0, 9),
        (format!("bytes=100-{}", last - 50), 100, last - 50),
        ("bytes=200-".to_owned(), 200, last),
        ("bytes=-5".to_owned(), size - 5, last),
        ("bytes=300-999999".to_owned(), 300, last),
    ] {
        let part = ask(&[("range", &range)]);
        let expected = format!("bytes {from}-{to}/{size}");
        assert_eq!((part.status, part.header("content-range")), (206, Some(expected.as_str())), "{range}");
        assert_eq!(part.body, whole.body[from..=to], "{range}");
    }
    let beyond = ask(&[("range", "bytes=99999999-")]);
    assert_eq!((beyond.status, beyond.problem()), (416, "range-not-satisfiable".to_owned()), "{beyond:?}");
    assert_eq!(ask(&[("range", "bytes=0-9"), ("if-range", &etag)]).status, 206);
    assert_eq!(ask(&[("range", "bytes=0-9"), ("if-range", "\"another\"")]).status, 200);
    let known = ask(&[("if-none-match", &etag)]);
    assert_eq!((known.status, known.body.len()), (304, 0), "{known:?}");
    // Whoever fetches, verifies and audits knows nothing of pieces.
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap().to_owned();
    let (code, said, errors) = host.tool(&["export", "--into", &into]);
    assert_eq!(code, 0, "{said}{errors}");
    assert_eq!(std::fs::read(folder.path().join(manifest["file_name"].as_str().unwrap())).unwrap(), whole.body);
    let (code, said, errors) = host.tool(&["verify", &into]);
    assert_eq!(code, 0, "{said}{errors}");
    let (code, found, errors) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{found}{errors}");
}

#[test]
fn pieces_that_are_gone_are_stored_again_under_the_index_that_is_there_though_the_setting_was_changed() {
    let mut host = Host::start();
    let camera = host.camera("north");
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.step_rows": 2 })).status, 200);
    accept(&host, &camera, 0..7);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let file = |host: &Host| host.operator.get("/v1/exports/1/file");
    let whole = file(&host);
    assert_eq!(whole.status, 200);

    host.kill();
    assert_eq!(Kept::of(&host).delete_all("exports/1/", ".piece"), 4);
    host.restart();
    assert_ne!(file(&host).status, 200);
    let begun = host.operator.and_headers(&[("range", "bytes=0-9")]).get("/v1/exports/1/file");
    assert_eq!(begun.problem(), "stored-damaged", "{begun:?}");
    let (code, found, errors) = host.tool(&["audit"]);
    assert!(code == 1 && found.contains("export 1:"), "it is a finding, and no outage: {code}: {found}{errors}");
    // A copy in the same columns is the same file, and is rendered anew.
    let changed = json!({ "export.step_rows": 3, "export.copies": [{ "name": "auditor", "columns": "lab" }] });
    assert_eq!(host.operator.patch("/v1/settings", &changed).status, 200);
    let run = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(
        (&run["copies"][0]["failed"], &run["copies"][0]["exports"][0]["rows"]),
        (&json!(false), &json!(7)),
        "{run}"
    );
    let again = file(&host);
    assert_eq!((again.status, again.body), (200, whole.body));
}

#[test]
fn a_file_that_is_gone_is_there_again_when_a_copy_in_its_columns_is_named() {
    let mut host = Host::start();
    let camera = host.camera("north");
    accept(&host, &camera, 0..2);
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    let file = |host: &Host| host.operator.get("/v1/exports/1/file");
    let whole = file(&host);
    assert_eq!(whole.status, 200);

    host.kill();
    assert_eq!(Kept::of(&host).delete_all("exports/1/", ".csv"), 1);
    host.restart();
    assert_eq!(file(&host).problem(), "stored-damaged");
    let copies = json!({ "export.copies": [{ "name": "again", "columns": "lab" }] });
    assert_eq!(host.operator.patch("/v1/settings", &copies).status, 200);
    let run = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(run["copies"][0]["failed"], json!(false), "{run}");
    let again = file(&host);
    assert_eq!((again.status, again.body), (200, whole.body));
}

#[test]
fn batches_hold_as_many_lines_as_was_set_and_what_comes_late_is_in_the_next_file() {
    let host = Host::start();
    let camera = host.camera("north");
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.max_rows": 3 })).status, 200);
    accept(&host, &camera, 0..7);
    let published = host.operator.post("/v1/exports", &json!({})).json();
    let rows = |published: &Value| -> Vec<u64> {
        published["exports"].as_array().unwrap().iter().map(|export| export["rows"].as_u64().unwrap()).collect()
    };
    assert_eq!(rows(&published), [3, 3, 1], "{published}");
    // Captured before what was exported already.
    accept(&host, &camera, 20..22);
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "export.max_rows": 1_000_000 })).status, 200);
    let late = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(rows(&late), [2], "{late}");
}
