//! Signed exports: what billing can check without us, and what it finds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tollbooth_tests::{Host, Options, Script, repository, scripted};

const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const OTHER_SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const OTHER_PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";

fn signing(current: &str, previous: &str) -> Host {
    let variables = vec![("signing_key", current.to_owned()), ("signing_key_previous", previous.to_owned())];
    Host::start_with(Options { variables, ..Options::default() })
}

/// Delivers this many exports of two lines each.
fn deliver(host: &Host, folder: &Path, exports: u64) {
    let camera = host.camera("north");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    for export in 0..exports {
        for number in [export * 2, export * 2 + 1] {
            let photo = scripted(number, &Script::plate(&format!("ABC{number:04}")));
            // Far enough apart that no two are one crossing.
            let captured = tollbooth_pipeline::capture::rfc3339(now - i64::try_from(number).unwrap() * 100_000);
            assert_eq!(camera.send_photo("north", &format!("k-{number}"), &captured, "1", &photo).status, 202);
        }
        host.drain();
        let (code, _, errors) = host.tool(&["export", "--into", folder.to_str().unwrap(), "--now"]);
        assert_eq!(code, 0, "{errors}");
    }
}

fn verify(host: &Host, folder: &Path, key: &str) -> (i32, String) {
    let (code, said, errors) = host.tool(&["verify", folder.to_str().unwrap(), "--key", key]);
    (code, said + &errors)
}

/// The script of the documents, as somebody who has nothing else of ours runs it; who trusts several keys gives them after each
/// other.
fn verify_in_python(folder: &Path, keys: &str) -> (bool, String) {
    let tools = repository().join("target/billing-tools");
    let installed = Command::new(repository().join("scripts/billing-tools")).status().unwrap();
    assert!(installed.success(), "scripts/billing-tools");
    let output = Command::new("python3")
        .arg(repository().join("docs/verify_exports.py"))
        .arg(folder)
        .args(keys.split(' '))
        .env("PYTHONPATH", tools)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("manifests")).unwrap();
    for folder in [PathBuf::new(), "manifests".into()] {
        for entry in fs::read_dir(from.join(&folder)).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            fs::copy(entry.path(), to.join(&folder).join(entry.file_name())).unwrap();
        }
    }
}

/// The names of the CSV files in sequence.
fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<(u64, String)> = fs::read_dir(folder.join("manifests"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().strip_suffix(".manifest.json")?.to_owned();
            let manifest: serde_json::Value = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
            Some((manifest["sequence"].as_u64().unwrap(), name))
        })
        .collect();
    names.sort();
    names.into_iter().map(|(_, name)| name).collect()
}

fn edit(path: &Path, change: impl Fn(String) -> String) {
    let before = fs::read_to_string(path).unwrap();
    let after = change(before.clone());
    assert_ne!(after, before, "nothing was changed in {}", path.display());
    fs::write(path, after).unwrap();
}

fn manifest(folder: &Path, name: &str) -> PathBuf {
    folder.join("manifests").join(format!("{name}.manifest.json"))
}

type Damage = (&'static str, fn(&Path, &[String]), &'static str);

/// What somebody may do to the folder, and what must be said of it.
const DAMAGES: &[Damage] = &[
    ("a missing file", |at, files| fs::remove_file(at.join(&files[1])).unwrap(), "the file is missing"),
    (
        "a missing manifest",
        |at, files| fs::remove_file(manifest(at, &files[1])).unwrap(),
        "export 2: its manifest is missing",
    ),
    (
        "a swapped row",
        |at, files| {
            edit(&at.join(&files[1]), |text| {
                let mut lines: Vec<&str> = text.split("\r\n").collect();
                lines.swap(1, 2);
                lines.join("\r\n")
            });
        },
        "does not match its manifest",
    ),
    (
        "a changed digit",
        |at, files| edit(&at.join(&files[1]), |text| text.replace("ABC0003", "ABC0008")),
        "does not match its manifest",
    ),
    (
        "a changed digit, with a manifest to match",
        |at, files| {
            edit(&at.join(&files[2]), |text| text.replace("ABC0005", "ABC0008"));
            let digest = tollbooth_pipeline::ident::sha256_hex(&fs::read(at.join(&files[2])).unwrap());
            edit(&manifest(at, &files[2]), |text| {
                let said: serde_json::Value = serde_json::from_str(&text).unwrap();
                text.replace(said["sha256"].as_str().unwrap(), &digest)
            });
        },
        "was changed after it was signed",
    ),
    (
        "a replayed file",
        |at, files| {
            fs::copy(at.join(&files[1]), at.join("2026-11-21T09.csv")).unwrap();
        },
        "no manifest describes this file",
    ),
    (
        "a replayed export",
        |at, files| {
            let again = "2026-11-21T09.csv";
            fs::copy(at.join(&files[2]), at.join(again)).unwrap();
            fs::copy(manifest(at, &files[2]), manifest(at, again)).unwrap();
            edit(&manifest(at, again), |text| text.replace("\"sequence\": 3", "\"sequence\": 4"));
        },
        "billed twice",
    ),
    (
        "a forked chain",
        |at, files| {
            fs::copy(at.join(&files[2]), at.join("fork.csv")).unwrap();
            fs::copy(manifest(at, &files[2]), manifest(at, "fork.csv")).unwrap();
            edit(&manifest(at, "fork.csv"), |text| text.replace("\"profile\": \"lab\"", "\"profile\": \"full\""));
        },
        "the chain forks",
    ),
    (
        "a missing signature",
        |at, files| fs::remove_file(at.join("manifests").join(format!("{}.signature.json", files[0]))).unwrap(),
        "its signature is missing",
    ),
];

#[test]
fn whoever_has_the_public_key_finds_every_damage_and_so_does_the_script_of_the_documents() {
    let host = signing(SECRET, "");
    let root = tempfile::tempdir().unwrap();
    let sound = root.path().join("sound");
    deliver(&host, &sound, 3);
    let (code, said) = verify(&host, &sound, PUBLIC);
    assert!(
        code == 0
            && said.contains("3 exports, 6 bill lines, 0 corrections, signed")
            && said.contains("all is as published"),
        "{said}"
    );
    let (fine, said) = verify_in_python(&sound, PUBLIC);
    assert!(fine && said.contains("3 exports, 6 lines: all is as published"), "{said}");
    let (code, said) = verify(&host, &sound, OTHER_PUBLIC);
    assert!(code == 1 && said.contains("signed with none of the keys"), "{said}");
    assert!(!verify_in_python(&sound, OTHER_PUBLIC).0, "another key is not trusted");
    let (fine, said) = verify_in_python(&sound, &format!("{OTHER_PUBLIC} {PUBLIC}"));
    assert!(fine, "files from before the keys were changed are signed by the old one alone: {said}");

    for (what, damage, expected) in DAMAGES {
        let damaged = root.path().join(what);
        copy(&sound, &damaged);
        damage(&damaged, &files(&sound));
        let (code, said) = verify(&host, &damaged, PUBLIC);
        assert!(code == 1 && said.contains(expected), "{what}: {said}");
        let (fine, said) = verify_in_python(&damaged, PUBLIC);
        assert!(!fine, "{what}: {said}");
    }
}

#[test]
fn while_keys_are_changed_those_who_trust_either_are_served() {
    let host = signing(OTHER_SECRET, SECRET);
    let root = tempfile::tempdir().unwrap();
    deliver(&host, root.path(), 1);
    let served = host.anonymous().get("/v1/signing-keys").json();
    let keys: Vec<_> = served["keys"].as_array().unwrap().iter().map(|k| k["public_key"].as_str().unwrap()).collect();
    assert_eq!(keys, [OTHER_PUBLIC, PUBLIC], "the one in force first, and no token needed");
    for key in keys {
        let (code, said) = verify(&host, root.path(), key);
        assert_eq!(code, 0, "{said}");
        assert!(verify_in_python(root.path(), key).0);
    }
    assert_eq!(host.anonymous().get("/v1/exports/1/signature").status, 401);
}

#[test]
fn without_a_key_nothing_is_signed_and_a_bad_one_signs_nothing() {
    let host = Host::start();
    let root = tempfile::tempdir().unwrap();
    deliver(&host, root.path(), 1);
    assert_eq!(host.operator.get("/v1/exports/1/signature").status, 404);
    let (code, said, _) = host.tool(&["verify", root.path().to_str().unwrap()]);
    assert!(code == 0 && said.contains("signatures not checked"), "{said}");
    let (code, said) = verify(&host, root.path(), PUBLIC);
    assert!(code == 1 && said.contains("its signature is missing"), "{said}");
    let bad = signing("not a key", "");
    assert_eq!(bad.anonymous().get("/v1/signing-keys").status, 500);
    assert!(bad.log().contains("signing_key must be 64 hexadecimal digits") && !bad.log().contains("not a key"));
}
