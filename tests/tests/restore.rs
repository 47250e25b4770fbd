//! Last night's backup comes back, and nothing is delivered twice: the runbook of docs/operations.md word by word, under
//! load, and the kinds of loss.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use tollbooth_tests::runbook::{billed, commands, each_once};
use tollbooth_tests::{Api, Host, Kept, Script, scripted, wait};

/// Capture times far enough apart that no two passages are one crossing; the same at a resend, whoever asks.
fn times() -> Vec<String> {
    static NOW: LazyLock<i64> = LazyLock::new(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        i64::try_from(now).unwrap()
    });
    (0..400).map(|number| tollbooth_pipeline::capture::rfc3339(*NOW - number * 100_000)).collect()
}

fn send(camera: &Api, number: u64, times: &[String]) {
    let captured_at = &times[usize::try_from(number).unwrap()];
    let photo = scripted(number, &Script::plate(&format!("ABC{number:04}")));
    let sent = camera.send_photo("north", &format!("key-{number}"), captured_at, "1", &photo);
    assert!(sent.status == 202 || sent.status == 200, "{sent:?}");
}

/// Runs a command of the manual; the service manager is the test.
fn run(host: &mut Host, command: &str, places: &[(&str, &Path)]) -> String {
    match command {
        "systemctl stop tollbooth" => host.kill(),
        "systemctl start tollbooth" => host.restart(),
        _ => {
            let (code, out, errors) = host.shell(command, places);
            assert_eq!(code, 0, "{command}: {out}{errors}");
            return out;
        }
    }
    String::new()
}

#[test]
fn the_runbook_brings_an_installation_back_word_by_word_and_nothing_is_billed_twice() {
    let mut host = Host::start();
    let camera = host.camera("north");
    let root = tempfile::tempdir().unwrap();
    let (backups, billing) = (root.path().join("backups"), root.path().join("billing"));
    let state = host.state_dir();
    let places: &[(&str, &Path)] = &[("STATE", &state), ("BACKUPS", &backups), ("BILLING", &billing)];
    let times = times();
    let into = billing.to_str().unwrap().to_owned();
    (0..3).for_each(|number| send(&camera, number, &times));
    host.drain();
    assert_eq!(host.tool(&["export", "--into", &into, "--now"]).0, 0);

    // The backup is made while cameras send.
    let (sent, done) = (AtomicU64::new(3), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) && sent.load(Ordering::Relaxed) < 390 {
                let number = sent.load(Ordering::Relaxed);
                send(&camera, number, &times);
                sent.store(number + 1, Ordering::Relaxed);
            }
        });
        let before = sent.load(Ordering::Relaxed);
        wait::until("photos to flow", 30, || (sent.load(Ordering::Relaxed) > before + 5).then_some(()));
        for command in commands("### Every night") {
            let (code, out, errors) = host.shell(&command, places);
            assert_eq!(code, 0, "{command}: {out}{errors}");
        }
        done.store(true, Ordering::Relaxed);
    });
    let total = sent.load(Ordering::Relaxed);
    host.drain();
    assert_eq!(host.tool(&["export", "--into", &into, "--now"]).0, 0);
    assert_eq!(billed(&billing), each_once(0..total));

    for command in commands("### After a loss") {
        run(&mut host, &command, places);
    }
    assert_eq!(billed(&billing), each_once(0..total), "nothing twice");
    // The cameras resend everything; what the backup did not have comes in again, and is billed already.
    (0..=total).for_each(|number| send(&camera, number, &times));
    host.drain();
    assert_eq!(host.tool(&["export", "--into", &into, "--now"]).0, 0);
    assert_eq!(billed(&billing), each_once(0..=total), "only the new one was added");
    let (code, found, errors) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{found}{errors}");
}

/// An installation with one export before the backup and one after it, and billing's folder with both.
fn two_exports(root: &Path) -> (Host, String, String) {
    let host = Host::start();
    let camera = host.camera("north");
    let times = times();
    let (backups, into) = (root.join("backups"), root.join("billing").to_str().unwrap().to_owned());
    send(&camera, 0, &times);
    host.drain();
    assert_eq!(host.tool(&["export", "--into", &into, "--now"]).0, 0);
    let state = host.state_dir().to_str().unwrap().to_owned();
    let (code, made, errors) = host.tool(&["backup", backups.to_str().unwrap(), "--state-dir", &state]);
    assert_eq!(code, 0, "{errors}");
    send(&camera, 1, &times);
    host.drain();
    assert_eq!(host.tool(&["export", "--into", &into, "--now"]).0, 0);
    (host, made.trim().to_owned(), into)
}

#[test]
fn the_ledger_alone_comes_back_and_takes_over_what_the_store_has() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, into) = two_exports(root.path());
    let state = host.state_dir().to_str().unwrap().to_owned();
    let (code, _, errors) = host.tool(&["restore", &backup, "--state-dir", &state, "--replace", "--ledger-only"]);
    assert!(code == 1 && errors.contains("in use"), "while the server runs: {errors}");
    host.kill();
    let (code, _, errors) = host.tool(&["restore", &backup, "--state-dir", &state]);
    assert!(code == 1 && errors.contains("--replace"), "nothing is replaced unasked: {errors}");
    let (code, said, errors) = host.tool(&["restore", &backup, "--state-dir", &state, "--replace", "--ledger-only"]);
    assert!(code == 0 && said.contains("adopted   1 exports, 1 bill lines"), "{said}{errors}");
    // Byte 18 of a database says how it is written: 2 is the write-ahead log, in which readers never wait for writers.
    assert_eq!(std::fs::read(Path::new(&state).join("sqlite_db.db")).unwrap()[18], 2);
    host.restart();
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(billed(Path::new(&into)), each_once(0..2));
}

#[test]
fn a_restore_that_broke_off_is_repeated_with_what_it_had_moved_aside() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, into) = two_exports(root.path());
    let state = host.state_dir().to_str().unwrap().to_owned();
    host.kill();
    let nowhere = root.path().join("nowhere").to_str().unwrap().to_owned();
    let (code, said, errors) =
        host.tool(&["restore", &backup, "--state-dir", &state, "--replace", "--published", &nowhere]);
    assert_eq!(code, 1, "{said}{errors}");
    // The newest store lies in a folder beside now, and only it has the second export's file.
    let (code, said, errors) = host.tool(&["restore", "--state-dir", &state]);
    assert!(code == 0 && said.contains("known up to 2"), "{code}: {said}{errors}");
    host.restart();
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(billed(Path::new(&into)), each_once(0..2));
}

#[test]
fn a_restore_that_lacks_a_published_file_says_so_and_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, into) = two_exports(root.path());
    let state = host.state_dir();
    host.kill();
    // The disk is gone, and billing has taken the second file away: only its manifest is left.
    std::fs::remove_dir_all(&state).unwrap();
    let billing = Path::new(&into);
    let mut files: Vec<_> = std::fs::read_dir(billing).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "csv"));
    // Of two files of one second the later has the longer name.
    files.sort_by_key(|path| (path.as_os_str().len(), path.clone()));
    let taken = files.pop().unwrap();
    let elsewhere = root.path().join("archive");
    std::fs::create_dir(&elsewhere).unwrap();
    let kept = elsewhere.join(taken.file_name().unwrap());
    std::fs::rename(&taken, &kept).unwrap();
    let state = state.to_str().unwrap().to_owned();
    let (code, said, errors) = host.tool(&["restore", &backup, "--state-dir", &state, "--published", &into]);
    assert!(
        code == 1 && errors.contains("the file of export 2") && errors.contains("Do not start"),
        "{code}: {said}{errors}"
    );
    std::fs::rename(&kept, &taken).unwrap();
    let (code, said, errors) = host.tool(&["restore", "--state-dir", &state, "--published", &into]);
    assert!(code == 0 && said.contains("known up to 2"), "{said}{errors}");
    host.restart();
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert_eq!(code, 0, "{errors}");
    assert_eq!(billed(billing), each_once(0..2));
}

#[test]
fn two_that_billed_apart_are_not_brought_together() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, into) = two_exports(root.path());
    let state = host.state_dir().to_str().unwrap().to_owned();
    host.kill();
    std::fs::remove_dir_all(&state).unwrap();
    // Without billing's folder nothing says that there was a second export; the server goes on and bills another one.
    let (code, said, errors) = host.tool(&["restore", &backup, "--state-dir", &state]);
    assert!(code == 0 && said.contains("known up to 1"), "{said}{errors}");
    host.restart();
    send(&host.camera("north"), 7, &times());
    host.drain();
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert!(code == 1 && errors.contains("older than the folder"), "{errors}");
    assert_eq!(host.operator.post("/v1/exports", &json!({})).status, 201);
    host.kill();
    let (code, _, errors) = host.tool(&["restore", "--state-dir", &state, "--published", &into]);
    assert!(code == 1 && errors.contains("another export 2"), "{errors}");
    assert_eq!(billed(Path::new(&into)), each_once(0..2), "nothing was written to billing");
}

#[test]
fn a_backup_that_changed_is_not_brought_back() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, _) = two_exports(root.path());
    let state = host.state_dir().to_str().unwrap().to_owned();
    host.kill();
    let file = Path::new(&backup).join("sqlite_db.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (code, _, errors) = host.tool(&["restore", &backup, "--state-dir", &state, "--replace"]);
    assert!(code == 1 && errors.contains("changed since it was made"), "{errors}");
    host.restart();
    assert_eq!(host.operator.get("/v1/exports").json()["items"].as_array().map(Vec::len), Some(2), "nothing was moved");
}

/// The server, a configuration for `tollbooth deliver` with a folder as destination, and what it delivered.
fn delivered(root: &Path, host: &Host) -> (std::path::PathBuf, std::path::PathBuf) {
    let (config, bills) = (root.join("deliver.toml"), root.join("bills"));
    std::fs::create_dir(&bills).unwrap();
    let text = format!(
        "url = \"{}\"\nstate_dir = \"progress\"\n[[destination]]\nname = \"billing\"\nkind = \"folder\"\npath = \"bills\"\n",
        host.address()
    );
    std::fs::write(&config, text).unwrap();
    let (code, out, errors) = host.tool(&["deliver", "--config", config.to_str().unwrap(), "--once"]);
    assert_eq!(code, 0, "{out}{errors}");
    (config, bills)
}

#[test]
fn what_was_delivered_stops_an_older_ledger_and_is_taken_over_from_the_destination() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, _) = two_exports(root.path());
    let (config, bills) = delivered(root.path(), &host);
    assert_eq!(billed(&bills), each_once(0..2));
    let config_text = config.to_str().unwrap().to_owned();
    let deliver = |host: &Host, more: &str| host.tool(&["deliver", "--config", &config_text, more]);
    let state = host.state_dir();
    // Ledger and photos of last night: neither knows the second export.
    host.kill();
    for entry in std::fs::read_dir(&state).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("sqlite_") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    for name in ["sqlite_db.db", "sqlite_key_value.db"] {
        std::fs::copy(Path::new(&backup).join(name), state.join(name)).unwrap();
    }
    host.restart();
    let (code, out, errors) = deliver(&host, "--check");
    assert!(code == 1 && out.contains("ledger-older"), "{code} {out}{errors}");
    let (code, _, errors) = deliver(&host, "--once");
    assert!(code == 1 && errors.contains("older than what was delivered"), "{code} {errors}");
    assert_eq!(billed(&bills), each_once(0..2), "nothing was delivered");
    host.kill();
    let published = root.path().join("published");
    let places: &[(&str, &Path)] = &[("STATE", &state), ("CONFIG", &config), ("PUBLISHED", &published)];
    for command in commands("#### After a restore") {
        run(&mut host, &command, places);
    }
    host.restart();
    // The camera resends what the backup did not have, and something new passes.
    let (camera, times) = (host.camera("north"), times());
    (1..3).for_each(|number| send(&camera, number, &times));
    host.drain();
    let (code, _, errors) = host.tool(&["export", "--into", root.path().join("billing").to_str().unwrap(), "--now"]);
    assert_eq!(code, 0, "{errors}");
    let (code, out, errors) = deliver(&host, "--once");
    assert_eq!(code, 0, "{out}{errors}");
    assert_eq!(billed(&bills), each_once(0..3), "once each");
    let (code, found, errors) = host.tool(&["verify", bills.to_str().unwrap()]);
    assert_eq!(code, 0, "{found}{errors}");
}

/// Photos and files of last night under a ledger of today, and a destination of last night: each forgot the second export.
#[test]
fn photos_and_a_destination_of_different_nights_bill_nothing_twice_and_say_what_they_lack() {
    let root = tempfile::tempdir().unwrap();
    let (mut host, backup, into) = two_exports(root.path());
    let (config, bills) = delivered(root.path(), &host);
    assert_eq!(billed(&bills), each_once(0..2));
    let state = host.state_dir();
    host.kill();
    for entry in std::fs::read_dir(&state).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("sqlite_key_value.db") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let store = "sqlite_key_value.db";
    std::fs::copy(Path::new(&backup).join(store), state.join(store)).unwrap();
    host.restart();
    let second = host.operator.get("/v1/exports/2").json()["file_name"].as_str().unwrap().to_owned();
    for name in [second.clone(), format!("manifests/{second}.manifest.json")] {
        std::fs::remove_file(bills.join(name)).unwrap();
    }
    // Something new passes. The camera resends what was lost: the ledger has it, and it is billed already.
    let (camera, times) = (host.camera("north"), times());
    (1..3).for_each(|number| send(&camera, number, &times));
    host.drain();
    let (code, _, errors) = host.tool(&["export", "--into", &into, "--now"]);
    assert_eq!(code, 0, "{errors}");
    let (code, out, errors) = host.tool(&["deliver", "--config", config.to_str().unwrap(), "--once"]);
    assert_eq!(code, 0, "{out}{errors}");
    assert_eq!(billed(Path::new(&into)), each_once(0..3), "once each");
    assert_eq!(billed(&bills), each_once([0, 2].into_iter()), "what was delivered is not delivered again by itself");
    let audit = |host: &Host| host.tool(&["audit"]);
    let (code, found, errors) = audit(&host);
    assert!(code == 1 && found.contains("export 2:"), "the audit says which file is gone: {found}{errors}");

    host.kill();
    let (code, said, errors) = host.tool(&["restore", "--published", &into, "--state-dir", state.to_str().unwrap()]);
    assert!(code == 0 && said.contains("put back  the files of exports 2"), "{said}{errors}");
    host.restart();
    let (_, found, errors) = audit(&host);
    assert!(!found.contains("export 2:"), "it is there again: {found}{errors}");
    let nothing = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(nothing["outcome"], "nothing-to-export", "{nothing}");
    let (code, found, errors) = host.tool(&["verify", &into]);
    assert_eq!(code, 0, "{found}{errors}");
}

/// An installation with one export, which is in billing's folder, too, and of whose only line a correction is due; its camera,
/// and the passage.
fn correction_due(billing: &Path) -> (Host, Api, String) {
    let host = Host::start();
    let camera = host.camera("north");
    send(&camera, 0, &times());
    host.drain();
    assert_eq!(host.tool(&["export", "--into", billing.to_str().unwrap(), "--now"]).0, 0);
    let passage = host.operator.get("/v1/passages?limit=1").json()["items"][0]["passage"].as_str().unwrap().to_owned();
    let supervisor = host.token("supervisor", None);
    let version = supervisor.get(&format!("/v1/passages/{passage}")).json()["version"].clone();
    let again = json!({ "version": version, "remark": "look again", "cause": "dispute" });
    assert_eq!(supervisor.post(&format!("/v1/passages/{passage}/reopen"), &again).status, 200);
    let claimed = supervisor.post("/v1/reviews/claim", &json!({ "passage": passage })).json();
    let verdict = json!({ "version": claimed["version"], "plate": "BKD0101", "jurisdiction": "us-tx" });
    let decided = supervisor.post(&format!("/v1/reviews/{passage}/verdict"), &verdict);
    assert_eq!(decided.status, 200, "{decided:?}");
    (host, camera, passage)
}

/// A file of the store that nobody has any more: its corrections wait, everything else goes on, and billing's copy mends it.
#[test]
fn corrections_of_a_lost_file_wait_and_are_sent_once_it_is_put_back_from_billings_folder() {
    let root = tempfile::tempdir().unwrap();
    let billing = root.path().join("billing");
    let (mut host, camera, _) = correction_due(&billing);

    host.kill();
    assert_eq!(Kept::of(&host).delete_all("exports/1/", ".csv"), 1);
    host.restart();
    send(&camera, 1, &times());
    host.drain();
    let exported = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(exported["exports"][0]["kind"], "lines", "{exported}");
    assert_eq!(exported["exports"].as_array().unwrap().len(), 1, "{exported}");
    let waits = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(waits["outcome"], "nothing-to-export", "{waits}");

    host.kill();
    let state = host.state_dir().to_str().unwrap().to_owned();
    let put_back = host.tool(&["restore", "--published", billing.to_str().unwrap(), "--state-dir", &state]);
    assert!(put_back.0 == 0 && put_back.1.contains("put back  the files of exports 1"), "{put_back:?}");
    host.restart();
    let corrected = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(
        (&corrected["exports"][0]["kind"], &corrected["exports"][0]["rows"]),
        (&json!("corrections"), &json!(1))
    );
    assert_eq!(host.tool(&["export", "--into", billing.to_str().unwrap()]).0, 0);
    let (code, found, errors) = host.tool(&["verify", billing.to_str().unwrap()]);
    assert_eq!(code, 0, "{found}{errors}");
    let (code, found, errors) = host.tool(&["audit"]);
    assert_eq!(code, 0, "{found}{errors}");
}

#[test]
fn a_lost_file_that_nobody_has_is_given_up_and_its_corrections_are_sent_without_naming_a_row() {
    let root = tempfile::tempdir().unwrap();
    let (billing, fresh) = (root.path().join("billing"), root.path().join("fresh"));
    let (mut host, _, passage) = correction_due(&billing);
    let why = json!({ "reason": "the disk broke" });
    let there = host.operator.post("/v1/exports/1/release", &why);
    assert_eq!((there.status, there.problem()), (409, "file-not-lost".to_owned()), "{there:?}");
    assert_eq!(host.operator.post("/v1/exports/7/release", &why).status, 404);
    assert_eq!(host.operator.post("/v1/exports/1/release", &json!({ "reason": " " })).status, 422);

    host.kill();
    assert_eq!(Kept::of(&host).delete_all("exports/1/", ".csv"), 1);
    host.restart();
    let waits = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(waits["outcome"], "nothing-to-export", "{waits}");
    assert_eq!(host.operator.get("/v1/exports/1/file").problem(), "stored-damaged");
    let shown_as_gone = |host: &Host| {
        let (one, all) = (host.operator.get("/v1/exports/1").json(), host.operator.get("/v1/exports").json());
        assert_eq!(one["file_released"], all["items"][0]["file_released"], "{one}");
        one["file_released"].as_bool().unwrap()
    };
    assert!(!shown_as_gone(&host), "nobody gave it up");

    for _ in 0..2 {
        let (code, said, errors) = host.tool(&["release", "1", "--reason", "the disk broke"]);
        assert!(code == 0 && said.contains("1 corrections of its lines"), "{code}: {said}{errors}");
    }
    let gone = host.operator.get("/v1/exports/1/file");
    assert_eq!((gone.status, gone.problem()), (410, "file-released".to_owned()), "{gone:?}");
    assert!(shown_as_gone(&host));
    let corrected = host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!(
        (&corrected["exports"][0]["kind"], &corrected["exports"][0]["rows"]),
        (&json!("corrections"), &json!(1)),
        "{corrected}"
    );
    let log = host.token("supervisor", None).get("/v1/log?kind=export-file-released").json();
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "once: {log}");
    assert!(log.to_string().contains("the disk broke"), "{log}");

    // Where the file lies the correction is one of its line; where it does not, what comes after it is there.
    for (folder, code) in [(&billing, 0), (&fresh, 1)] {
        let (exported, said, errors) = host.tool(&["export", "--into", folder.to_str().unwrap()]);
        assert_eq!(exported, 0, "{said}{errors}");
        assert_eq!(errors.contains("export 1: its file is lost and was given up"), code == 1, "{errors}");
        let (verified, found, errors) = host.tool(&["verify", folder.to_str().unwrap()]);
        assert_eq!(verified, code, "{found}{errors}");
        assert_eq!(found.matches("the file is missing").count(), usize::from(code == 1), "{found}");
        assert_eq!(found.lines().filter(|line| line.starts_with("export ")).count(), usize::from(code == 1), "{found}");
    }
    let mut corrections = std::fs::read_dir(fresh.join("corrections")).unwrap();
    let file = std::fs::read_to_string(corrections.next().unwrap().unwrap().path()).unwrap();
    assert!(file.contains(&format!("\r\n1,0,{},replace,dispute,{passage},2,BKD0101,", "0".repeat(64))), "{file}");
    let (code, found, errors) = host.tool(&["audit"]);
    assert!(code == 0 && found.contains("1 files are lost and were given up"), "{code}: {found}{errors}");

    // Found after all, it is put back, and that is said once.
    host.kill();
    let state = host.state_dir().to_str().unwrap().to_owned();
    for missing in [true, false] {
        let (code, said, errors) =
            host.tool(&["restore", "--published", billing.to_str().unwrap(), "--state-dir", &state]);
        assert!(code == 0 && said.contains("put back  the files of exports 1") == missing, "{said}{errors}");
    }
    host.restart();
    assert!(!shown_as_gone(&host));
}
