//! What changes after billing has it: a file of corrections, never a rewrite; and what billing answers to its lines.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tollbooth_pipeline::export::{Manifest, read_corrections, render_corrections};
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_signature::SigningKeys;
use tollbooth_tests::{Api, Host, Options, Script, repository, scripted};

const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

/// Passages that the machine reads and billing gets, far enough apart that no two are one crossing.
fn bill(host: &Host, folder: &Path, plates: &[&str]) -> Vec<String> {
    let camera = host.camera("north");
    let ids = plates
        .iter()
        .zip(1..)
        .map(|(plate, n)| {
            let photo = scripted(u64::try_from(n).unwrap(), &Script::plate(plate));
            let answer = camera.send_photo("north", &format!("k-{n}"), &captured(n * 1_000), "1", &photo);
            assert_eq!(answer.status, 202, "{answer:?}");
            answer.text("passage")
        })
        .collect();
    host.drain();
    export(host, folder);
    ids
}

fn export(host: &Host, folder: &Path) {
    let (code, said, errors) = host.tool(&["export", "--into", folder.to_str().unwrap(), "--now"]);
    assert_eq!(code, 0, "{said}{errors}");
}

fn reopen(host: &Host, passage: &str, cause: &str) {
    let supervisor = host.token("supervisor", None);
    let version = supervisor.get(&format!("/v1/passages/{passage}")).json()["version"].clone();
    let body = json!({ "version": version, "remark": "look again", "cause": cause });
    let answer = supervisor.post(&format!("/v1/passages/{passage}/reopen"), &body);
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn decide(host: &Host, passage: &str, verdict: &Value) {
    let reviewer = host.token("reviewer", None);
    let claimed = reviewer.post("/v1/reviews/claim", &json!({ "passage": passage }));
    assert_eq!(claimed.status, 200, "{claimed:?}");
    let mut verdict = verdict.clone();
    verdict["version"] = claimed.json()["version"].clone();
    let decided = reviewer.post(&format!("/v1/reviews/{passage}/verdict"), &verdict);
    assert_eq!(decided.status, 200, "{decided:?}");
}

fn verify(host: &Host, folder: &Path) -> (i32, String) {
    let (code, said, errors) = host.tool(&["verify", folder.to_str().unwrap(), "--key", PUBLIC]);
    (code, said + &errors)
}

fn verify_in_python(folder: &Path) -> (bool, String) {
    assert!(Command::new(repository().join("scripts/billing-tools")).status().unwrap().success());
    let output = Command::new("python3")
        .arg(repository().join("docs/verify_exports.py"))
        .args([folder.to_str().unwrap(), PUBLIC])
        .env("PYTHONPATH", repository().join("target/billing-tools"))
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn only(folder: &Path, ending: &str) -> PathBuf {
    let found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn balance(host: &Host) -> Value {
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance}");
    balance["totals"]["from_state"].clone()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), target).map(drop).unwrap()
        }
    }
}

/// The last file of corrections, changed by somebody who has the house's key.
fn resign(folder: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let file = only(&folder.join("corrections"), ".csv");
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let changed = change(fs::read(&file).unwrap());
    let path = folder.join("manifests").join(format!("{name}.manifest.json"));
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    (manifest.sha256, manifest.bytes) = (sha256_hex(&changed), changed.len() as u64);
    let text = manifest.to_json().unwrap();
    let signatures = SigningKeys::parse(SECRET, "").unwrap().sign(text.as_bytes());
    fs::write(&file, changed).unwrap();
    fs::write(&path, text).unwrap();
    let signature = folder.join("manifests").join(format!("{name}.signature.json"));
    fs::write(signature, serde_json::to_vec(&signatures).unwrap()).unwrap();
}

#[test]
fn what_changes_after_the_export_is_corrected_by_a_file_that_names_the_line_and_everybody_can_check_it() {
    let host = Host::start_with(Options { variables: vec![("signing_key", SECRET.to_owned())], ..Options::default() });
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("billing");
    let ids = bill(&host, &folder, &["ABC1234", "DEF5678", "GHK9012"]);
    let published = only(&folder, ".csv");
    let before = fs::read(&published).unwrap();
    reopen(&host, &ids[1], "dispute");
    reopen(&host, &ids[2], "error");
    assert_eq!(balance(&host)["in_question"], 2);
    decide(&host, &ids[1], &json!({ "plate": "XYZ9876", "jurisdiction": "us-ok" }));
    decide(&host, &ids[2], &json!({ "reject": "no-plate" }));
    let passage = host.operator.get(&format!("/v1/passages/{}", ids[1])).json();
    assert_eq!((&passage["correction"], &passage["export_sequence"]), (&json!("due"), &Value::Null));
    assert_eq!(
        (&balance(&host)["awaiting_correction"], &balance(&host)["awaiting_withdrawal"]),
        (&json!(1), &json!(1))
    );
    export(&host, &folder);

    assert_eq!(fs::read(&published).unwrap(), before, "what was published stays");
    let lines = read_corrections(&fs::read(only(&folder.join("corrections"), "-corrections.csv")).unwrap()).unwrap();
    assert_eq!(lines.len(), 2);
    let rows: Vec<&[u8]> = tollbooth_pipeline::export::raw_rows(&before).collect();
    for line in &lines {
        let row = rows[usize::try_from(line.corrects.row).unwrap() - 1];
        assert!(String::from_utf8_lossy(row).starts_with(&line.passage), "the line named is the passage's");
        assert_eq!((line.corrects.export, &line.corrects.sha256), (1, &sha256_hex(row)));
    }
    assert_eq!(
        (lines[0].plate.as_str(), lines[0].jurisdiction.as_str(), lines[0].cause.as_str()),
        ("XYZ9876", "us-ok", "dispute")
    );
    assert_eq!(
        (lines[1].action.as_str(), lines[1].reject_code.as_str(), lines[1].cause.as_str()),
        ("withdraw", "no-plate", "error")
    );
    let listed = host.token("billing", None).get("/v1/exports").json();
    assert_eq!((&listed["items"][0]["kind"], &listed["items"][1]["kind"]), (&json!("lines"), &json!("corrections")));
    let state = balance(&host);
    assert_eq!((&state["billed"], &state["withdrawn"], &state["bill_lines"]), (&json!(2), &json!(1), &json!(3)));
    let (code, said, errors) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{said}{errors}");

    let (code, said) = verify(&host, &folder);
    assert!(code == 0 && said.contains("2 exports, 3 bill lines, 2 corrections, signed"), "{said}");
    let (fine, said) = verify_in_python(&folder);
    assert!(fine && said.contains("2 exports, 5 lines: all is as published"), "{said}");
    for (what, expected) in [
        ("no such row", "no such line"),
        ("another hash", "another one than it names"),
        ("no such passage", "no file before"),
    ] {
        let damaged = root.path().join(what);
        copy(&folder, &damaged);
        resign(&damaged, |file| {
            let mut lines = read_corrections(&file).unwrap();
            match what {
                "no such row" => lines[0].corrects.row = 9,
                "another hash" => lines[0].corrects.sha256 = "ab".repeat(32),
                _ => lines[0].passage = "psg_00000000000000000000000000".to_owned(),
            }
            render_corrections(&lines, "").unwrap()
        });
        let (code, said) = verify(&host, &damaged);
        assert!(code == 1 && said.contains(expected), "{what}: {said}");
        let (fine, said) = verify_in_python(&damaged);
        assert!(!fine && said.contains("corrects no line"), "{what}: {said}");
    }
    let replayed = root.path().join("replayed");
    copy(&folder, &replayed);
    let file = only(&replayed.join("corrections"), ".csv");
    fs::copy(&file, replayed.join("corrections/again-corrections.csv")).unwrap();
    let (code, said) = verify(&host, &replayed);
    assert!(code == 1 && said.contains("no manifest describes this file") && !verify_in_python(&replayed).0, "{said}");
}

fn answers(billing: &Api, sequence: u64, rows: &Value) -> tollbooth_tests::Reply {
    billing.post(&format!("/v1/exports/{sequence}/dispositions"), &json!({ "dispositions": rows }))
}

#[test]
fn billing_answers_each_line_once_and_what_it_refuses_comes_back_to_people_and_goes_out_again() {
    let host = Host::start();
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("billing");
    let ids = bill(&host, &folder, &["ABC1234", "DEF5678"]);
    let billing = host.token("billing", None);
    let file = root.path().join("answers.csv");
    fs::write(
        &file,
        format!("FileName,Disposition,Reason\n{}.jpg,billed,\n{}.jpg,refused,unknown tariff\n", ids[0], ids[1]),
    )
    .unwrap();
    let acknowledge = |token: &str| host.tool(&["acknowledge", "1", file.to_str().unwrap(), "--token", token]);
    let token = host.operator.post("/v1/tokens", &json!({ "role": "billing", "name": "billing" })).text("token");
    for (recorded, known) in [(2, 0), (0, 2)] {
        let (code, said, errors) = acknowledge(&token);
        let expected = format!("{recorded} rows recorded, {known} known before");
        assert!(
            code == 0 && said.contains(&expected) && said.contains("0 rows of the export without an answer"),
            "{said}{errors}"
        );
    }
    let state = balance(&host);
    assert_eq!(
        (&state["acknowledged"], &state["refused_by_billing"], &state["in_question"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let review = host.token("reviewer", None).get("/v1/reviews").json()["items"][0].clone();
    assert_eq!((&review["reason"], &review["detail"]), (&json!("refused-by-billing"), &json!("unknown tariff")));

    let unknown = answers(&billing, 1, &json!([{ "row": "psg_00000000000000000000000000", "disposition": "billed" }]));
    assert_eq!((unknown.status, unknown.problem()), (422, "unknown-rows".to_owned()), "{unknown:?}");
    let otherwise = answers(&billing, 1, &json!([{ "row": ids[0], "disposition": "owner-not-found" }]));
    assert_eq!((otherwise.status, otherwise.problem()), (409, "answered-before".to_owned()), "{otherwise:?}");
    let silent = answers(&billing, 1, &json!([{ "row": ids[0], "disposition": "refused" }]));
    assert_eq!((silent.status, silent.problem()), (422, "invalid".to_owned()), "{silent:?}");
    assert_eq!(answers(&billing, 2, &json!([{ "row": ids[0], "disposition": "billed" }])).status, 404);
    assert_eq!(answers(&host.operator, 1, &json!([{ "row": ids[0], "disposition": "billed" }])).status, 403);

    decide(&host, &ids[1], &json!({ "plate": "DEF5678", "jurisdiction": "us-tx" }));
    export(&host, &folder);
    let lines = read_corrections(&fs::read(only(&folder.join("corrections"), ".csv")).unwrap()).unwrap();
    assert_eq!((lines.len(), lines[0].plate.as_str(), lines[0].cause.as_str()), (1, "DEF5678", "refused"));
    assert_eq!(answers(&billing, 2, &json!([{ "row": ids[1], "disposition": "billed" }])).json()["open"], 0);
    assert_eq!(balance(&host)["acknowledged"], 2);
    let (code, said, errors) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{said}{errors}");
}
