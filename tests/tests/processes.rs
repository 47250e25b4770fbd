//! What real processes suffer: `kill -9` under load, a full disk, databases that cannot be written, damaged compiled
//! code, and a second process on one state directory.
//!
//! The fault bench strikes at every call of the components; here the operating system strikes at the whole binary.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use serde_json::{Value, json};
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_tests::{Api, Place, Reply, Script, SmallDisk, scripted, wait};

/// Registers the booth `north`; the text of its camera's token. Leases of the killed end soon.
fn camera(place: &Place) -> String {
    let booth = json!({ "name": "north", "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
    assert!(place.operator.put_json("/v1/booths/north", &booth).status < 300);
    let short = json!({ "reading.lease_seconds": 4, "reading.call_seconds": 2 });
    assert_eq!(place.operator.patch("/v1/settings", &short).status, 200);
    token(place, "camera", Some("north"))
}

fn token(place: &Place, role: &str, booth: Option<&str>) -> String {
    let body = booth.map_or_else(
        || json!({ "role": role, "name": role }),
        |booth| json!({ "role": role, "name": role, "booth": booth }),
    );
    let made = place.operator.post("/v1/tokens", &body);
    assert_eq!(made.status, 201, "{made:?}");
    made.text("token")
}

fn state(operator: &Api) -> Value {
    operator.get("/v1/balance").json()["totals"]["from_state"].clone()
}

/// Reads and exports what there is; then every passage is final, billed where accepted, and the balance closes.
fn assert_all_is_billed(operator: &Api, accepted: usize) {
    wait::until("every passage to be read", 120, || {
        let _ = operator.post("/v1/ticks/reading?wait=true", &json!({}));
        let state = state(operator);
        (state["waiting"] == 0 && state["reading"] == 0).then_some(())
    });
    wait::until("the last export", 60, || {
        let answer = operator.post("/v1/exports", &json!({}));
        (answer.text("outcome") == "nothing-to-export").then_some(())
    });
    let balance = operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance}");
    assert_eq!(balance["totals"]["from_events"], balance["totals"]["from_state"]);
    let one = || operator.get("/v1/passages?limit=1").json();
    assert_eq!(balance["totals"]["from_state"]["accepted"], accepted, "{balance} {}", one());
    assert_eq!(balance["totals"]["from_state"]["billed"], accepted, "{balance}");
}

/// Every passage's photo, asked for over HTTP, by its SHA-256.
fn photos_of(place: &Place, supervisor: &Api) -> BTreeSet<String> {
    let ledger = Connection::open(place.state().join("sqlite_db.db")).unwrap();
    let mut query = ledger.prepare("SELECT id, photo_sha256 FROM passage").unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>().unwrap();
    let count = rows.len();
    let photos: BTreeSet<String> = rows
        .into_iter()
        .map(|(id, sha256)| {
            let photo = supervisor.get(&format!("/v1/passages/{id}/photo"));
            assert_eq!((photo.status, sha256_hex(&photo.body)), (200, sha256.clone()), "{id}");
            sha256
        })
        .collect();
    assert_eq!(photos.len(), count, "one passage a photo");
    photos
}

/// Plates of which no two are only one character apart: of one lane moments apart they would wait for a person. Nor is one a word that
/// fleets write with its number (TRK0056), up to 400.
fn plate(letters: &[u8; 10], number: u64) -> String {
    let letter = |place: u64| char::from(letters[usize::try_from(number / place % 10).unwrap()]);
    format!("{}{}{}{number:04}", letter(1), letter(10), letter(100))
}

/// Photos on disk that are all read with certainty, each another plate; their SHA-256.
fn photos_on_disk(folder: &Path, count: u64) -> BTreeSet<String> {
    fs::create_dir(folder).unwrap();
    (0..count)
        .map(|number| {
            // Not the pictures of `big_photo`: one picture is one frame, whatever else is in the file.
            let photo = scripted(number + 10_000, &Script::plate(&plate(b"KLMNPRSVWX", number)));
            fs::write(folder.join(format!("{number:04}.jpg")), &photo).unwrap();
            sha256_hex(&photo)
        })
        .collect()
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed_again_and_again_under_load() {
    const PHOTOS: u64 = 300;
    const KILLS: u64 = 8;
    let place = Place::default();
    let first = place.up(&[]);
    let camera = camera(&place);
    let supervisor = place.with_token(&token(&place, "supervisor", None));
    let folder = place.path().join("photos");
    let sent = photos_on_disk(&folder, PHOTOS);
    let journal = place.path().join("journal");
    let done = AtomicBool::new(false);
    let (kills, host) = std::thread::scope(|scope| {
        scope.spawn(|| {
            // As often as it takes; a camera never gives up. 3: some photos were not acknowledged.
            loop {
                let ran = place.send(&folder, &camera).arg("--journal").arg(&journal).output().unwrap();
                match ran.status.code() {
                    Some(0) => break,
                    Some(3) => {}
                    other => panic!("tollbooth send ended with {other:?}: {}", String::from_utf8_lossy(&ran.stderr)),
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let (mut kills, mut host) = (0, first);
        while kills < KILLS && !done.load(Ordering::Relaxed) {
            let before = state(&place.operator)["received"].as_u64().unwrap();
            let more = before + 3 + kills * 11 % 17;
            wait::until("some photos to arrive", 120, || {
                let enough = state(&place.operator)["received"].as_u64()? >= more;
                (enough || done.load(Ordering::Relaxed)).then_some(())
            });
            host.kill();
            host = place.up(&[]);
            kills += 1;
        }
        (kills, host)
    });
    assert!(kills >= 4, "the sender was done after {kills} kills: there was no load to speak of");
    // Everything once more, as if nothing had been acknowledged: nothing may double.
    let again = place.send(&folder, &camera).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
    // A photo that was being read at two of the kills is a person's: it might have been the cause. An operator knows better.
    let died = json!({ "reason": "recognizer-exhausted" });
    wait::until("every passage to be read or given up", 120, || {
        let _ = place.operator.post("/v1/ticks/reading?wait=true", &json!({}));
        let state = state(&place.operator);
        (state["waiting"] == 0 && state["reading"] == 0).then_some(())
    });
    assert_eq!(place.operator.post("/v1/failed-readings/reprocess", &died).status, 200);
    assert_all_is_billed(&place.operator, sent.len());
    assert_eq!(photos_of(&place, &supervisor), sent);
    let acknowledged = fs::read_to_string(&journal).unwrap();
    for line in acknowledged.lines() {
        let passage = serde_json::from_str::<Value>(line).unwrap()["passage"].as_str().unwrap().to_owned();
        assert_eq!(supervisor.get(&format!("/v1/passages/{passage}")).status, 200, "{line}");
    }
    host.kill();
}

/// A photo of some hundred kilobytes; the script stays at its end.
fn big_photo(number: u64) -> Vec<u8> {
    let small = scripted(number, &Script::plate(&plate(b"XWVSRPNMLK", number)));
    let marker = b"tollbooth-script:";
    let at = small.windows(marker.len()).position(|window| window == marker).unwrap();
    [&small[..at], &vec![0; 200_000][..], &small[at..]].concat()
}

fn shoot(camera: &Api, number: u64) -> Reply {
    camera.send_photo("north", &format!("k{number}"), "2026-11-01T05:30:00Z", "1", &big_photo(number))
}

/// What became of photos sent to a store that fills up.
struct Filled {
    acknowledged: Vec<u64>,
    /// All that were sent, by number from 0.
    sent: u64,
}

/// Sends photos until they are refused for good: one that is refused while the next one fits shows only that the log
/// was just written back. One of the refusals is such a one: the log of photos may have been written back and have room for
/// some when the ledger's has none.
fn fill(camera: &Api, such: fn(&Reply) -> bool) -> Filled {
    const FOR_GOOD: usize = 30;
    let (mut acknowledged, mut refusals) = (Vec::new(), Vec::new());
    let mut in_a_row = 0;
    for number in 0..400 {
        let answer = shoot(camera, number);
        if answer.status == 202 {
            acknowledged.push(number);
            in_a_row = 0;
            continue;
        }
        assert_clear_refusal(&answer);
        refusals.push(answer);
        in_a_row += 1;
        if in_a_row >= FOR_GOOD && refusals.iter().any(such) {
            assert!(acknowledged.len() > 3, "{acknowledged:?}");
            return Filled { acknowledged, sent: number + 1 };
        }
    }
    panic!("the store never filled up");
}

/// Sends everything once more: what was acknowledged is known, the rest is taken now.
fn resend(camera: &Api, filled: &Filled) {
    for number in 0..filled.sent {
        let expected = if filled.acknowledged.contains(&number) { 200 } else { 202 };
        assert_eq!(shoot(camera, number).status, expected, "photo {number}");
    }
}

fn assert_clear_refusal(answer: &Reply) {
    assert!(matches!(answer.status, 503 | 507), "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert!(!answer.text("detail").is_empty(), "{answer:?}");
}

/// What was acknowledged can be seen, byte for byte.
fn assert_kept(place: &Place, supervisor: &Api, acknowledged: &[u64]) {
    let store = |number: &u64| tollbooth_pipeline::ident::passage_id("north", &format!("k{number}"));
    for number in acknowledged {
        let photo = supervisor.get(&format!("/v1/passages/{}/photo", store(number)));
        assert_eq!((photo.status, photo.body == big_photo(*number)), (200, true), "photo {number}\n{}", place.log());
    }
}

/// Who looks is written down first, so on a full disk nobody does; what is there is not denied.
fn assert_kept_from_eyes(supervisor: &Api, acknowledged: &[u64]) {
    for number in acknowledged {
        let id = tollbooth_pipeline::ident::passage_id("north", &format!("k{number}"));
        let photo = supervisor.get(&format!("/v1/passages/{id}/photo"));
        let shown = photo.status == 200 && photo.body == big_photo(*number);
        assert!(shown || matches!(photo.status, 503 | 507), "photo {number}: {}", photo.status);
    }
}

#[test]
fn a_full_disk_refuses_cameras_clearly_loses_nothing_acknowledged_and_recovers() {
    let place = Place::default();
    let Some(disk) = SmallDisk::at(&place.state(), 64) else {
        println!("SKIPPED: this system lets no user mount a tmpfs in a namespace, so no disk can be filled");
        return;
    };
    let holder = disk.holder();
    let behind = ["nsenter", "-t", holder.as_str(), "-U", "-m", "--preserve-credentials"];
    let host = place.up(&behind);
    let text = camera(&place);
    let camera = place.with_token(&text);
    let supervisor = place.with_token(&token(&place, "supervisor", None));
    let ballast = disk.seen_from_outside(&place.state().join("ballast"));
    fs::write(&ballast, vec![0; 44 << 20]).unwrap();

    let filled = fill(&camera, |answer| answer.status == 507);
    let folder = place.path().join("photos");
    photos_on_disk(&folder, 3);
    fs::write(folder.join("big.jpg"), big_photo(900)).unwrap();
    let sent = place.send(&folder, &text).output().unwrap();
    assert_eq!(sent.status.code(), Some(3), "{sent:?}");
    assert_kept_from_eyes(&supervisor, &filled.acknowledged);

    // Killed on the full disk, with half-written logs.
    host.kill();
    fs::remove_file(&ballast).unwrap();
    let host = place.up(&behind);
    assert_kept(&place, &supervisor, &filled.acknowledged);
    resend(&camera, &filled);
    assert_eq!(place.send(&folder, &text).output().unwrap().status.code(), Some(0));
    assert_all_is_billed(&place.operator, usize::try_from(filled.sent).unwrap() + 4);
    host.kill();
}

#[test]
fn files_that_may_not_grow_refuse_cameras_clearly_and_lose_nothing_acknowledged() {
    let place = Place::default();
    // 4 MB a file, in blocks of 512 bytes; the signal is ignored, so that writing fails instead.
    let behind = ["sh", "-c", "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\""];
    let host = place.up(&behind);
    let camera = place.with_token(&camera(&place));
    let supervisor = place.with_token(&token(&place, "supervisor", None));
    let filled = fill(&camera, |_| true);
    assert_kept(&place, &supervisor, &filled.acknowledged);
    host.kill();
    let host = place.up(&[]);
    assert_kept(&place, &supervisor, &filled.acknowledged);
    resend(&camera, &filled);
    assert_all_is_billed(&place.operator, usize::try_from(filled.sent).unwrap());
    host.kill();
}

#[test]
fn databases_that_cannot_be_written_are_refused_at_the_start_and_lose_nothing() {
    let place = Place::default();
    let host = place.up(&[]);
    let camera = place.with_token(&camera(&place));
    let supervisor = place.with_token(&token(&place, "supervisor", None));
    assert_eq!(shoot(&camera, 1).status, 202);
    host.kill();
    // Root may write anything unless it gives that up.
    let behind: &[&str] = if File::options().write(true).open("/proc/sys/kernel/core_pattern").is_ok()
        || fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
    {
        &["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    } else {
        &[]
    };
    if let Some(first) = behind.first()
        && Command::new(first).args(&behind[1..]).arg("true").status().is_ok_and(|status| !status.success())
    {
        println!("SKIPPED: root cannot give up its right to write any file here");
        return;
    }
    for name in ["sqlite_db.db", "sqlite_key_value.db"] {
        let path = place.state().join(name);
        let permissions = fs::metadata(&path).unwrap().permissions();
        let mut locked = permissions.clone();
        locked.set_readonly(true);
        fs::set_permissions(&path, locked).unwrap();
        let (code, said) = place.refused(behind);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(name) && said.contains("cannot be written"), "{said}");
        fs::set_permissions(&path, permissions).unwrap();
    }
    let host = place.up(behind);
    assert_kept(&place, &supervisor, &[1]);
    assert_eq!(shoot(&camera, 2).status, 202);
    assert_all_is_billed(&place.operator, 2);
    host.kill();
}

#[test]
fn damaged_compiled_code_is_compiled_again() {
    let mut place = Place::default();
    let shared = place.cache_dir.clone();
    // The shared code exists from now on.
    place.up(&[]).kill();
    let own = place.path().join("compiled");
    fs::create_dir(&own).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3_600);
    for entry in fs::read_dir(&shared).unwrap() {
        let entry = entry.unwrap();
        let copy = own.join(entry.file_name());
        fs::copy(entry.path(), &copy).unwrap();
        File::options().append(true).open(&copy).unwrap().set_modified(long_ago).unwrap();
    }
    place.cache_dir = own.clone();
    place.up(&[]).kill();
    // Entries of this build were marked as used; the smallest are the quickest to compile again.
    let mut used: Vec<(u64, PathBuf)> = fs::read_dir(&own)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "cwasm"))
        .map(|path| (fs::metadata(&path).unwrap(), path))
        .filter(|(metadata, _)| metadata.modified().unwrap() > long_ago + Duration::from_secs(60))
        .map(|(metadata, path)| (metadata.len(), path))
        .collect();
    used.sort();
    let [(_, flipped), (_, cut), (_, unsigned), ..] = used.as_slice() else { panic!("too few components: {used:?}") };
    let mut code = fs::read(flipped).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    fs::write(flipped, code).unwrap();
    File::options().write(true).open(cut).unwrap().set_len(1_000).unwrap();
    fs::remove_file(unsigned.with_extension("sha256")).unwrap();

    let before = place.log().matches("compiling ").count();
    let host = place.up(&[]);
    assert_eq!(place.log().matches("compiling ").count() - before, 3, "each damaged entry, and no other");
    let camera = place.with_token(&camera(&place));
    assert_eq!(shoot(&camera, 1).status, 202);
    assert_all_is_billed(&place.operator, 1);
    host.kill();
    let before = place.log().matches("compiling ").count();
    place.up(&[]).kill();
    assert_eq!(place.log().matches("compiling ").count(), before, "repaired");
}

#[test]
fn a_second_process_on_a_state_directory_is_refused_and_the_first_goes_on() {
    let place = Place::default();
    let mut host = place.up(&[]);
    let camera = place.with_token(&camera(&place));
    assert_eq!(shoot(&camera, 1).status, 202);
    let (code, said) = place.refused(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is in use by another process"), "{said}");
    assert!(host.runs());
    assert_eq!(shoot(&camera, 2).status, 202);
    assert_all_is_billed(&place.operator, 2);
    // The lock ends with the process, however it ended.
    host.kill();
    let host = place.up(&[]);
    assert_eq!(shoot(&camera, 3).status, 202);
    host.kill();
}
