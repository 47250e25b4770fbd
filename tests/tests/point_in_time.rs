//! The ledger in PostgreSQL comes back as it was at a moment, by the runbook of docs/operations.md word by word, and nothing
//! that was published after that moment is delivered twice.

use std::path::{Path, PathBuf};

use serde_json::json;
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::runbook::{billed, commands, each_once};
use tollbooth_tests::{Api, Host, Ledger, Options, Script, scripted, wait};

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    i64::try_from(now).unwrap()
}

/// Sends a passage far enough from the others that no two are one crossing; again after a loss, it is the same.
fn send(camera: &Api, began: i64, number: u64) {
    let captured_at = tollbooth_pipeline::capture::rfc3339(began - i64::try_from(number).unwrap() * 100_000);
    let photo = scripted(number, &Script::plate(&format!("ABC{number:04}")));
    wait::until("the server to take a photo", 60, || {
        let sent = camera.send_photo("north", &format!("key-{number}"), &captured_at, "1", &photo);
        (sent.status == 202 || sent.status == 200).then_some(())
    });
}

struct Site {
    host: Host,
    database: Database,
    places: Vec<(&'static str, PathBuf)>,
}

impl Site {
    /// Runs a command of the manual; the service manager is the test, and each command is run by whoever may.
    fn run(&mut self, command: &str) {
        let places: Vec<(&str, &Path)> = self.places.iter().map(|(name, path)| (*name, path.as_path())).collect();
        match command {
            "systemctl stop tollbooth" => self.host.kill(),
            "systemctl start tollbooth" => self.host.restart(),
            "systemctl stop postgresql" => self.database.server().stop().unwrap(),
            "systemctl start postgresql" => self.database.server().restart().unwrap(),
            "systemctl restart postgresql" => {
                let mut server = self.database.server();
                server.stop().unwrap();
                server.restart().unwrap();
            }
            _ if command.starts_with("tollbooth ") => {
                let (code, out, errors) = self.host.shell(command, &places);
                assert_eq!(code, 0, "{command}: {out}{errors}");
            }
            _ => drop(self.database.server().shell(command, &places).unwrap()),
        }
    }

    fn export(&self, into: &Path) {
        wait::until("an export", 60, || {
            (self.host.tool(&["export", "--into", into.to_str().unwrap(), "--now"]).0 == 0).then_some(())
        });
    }

    /// What there is of the copy for other readers.
    fn export_copy(&self, into: &Path) -> (i32, String, String) {
        self.host.tool(&["export", "--profile", "records", "--into", into.to_str().unwrap()])
    }
}

#[test]
fn a_ledger_that_goes_back_to_a_moment_takes_over_what_was_published_after_it_and_bills_nothing_twice() {
    let what = "point-in-time recovery";
    let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
    let ledger = Ledger::Postgres(database.clone(), bucket);
    let host = Host::start_with(Options { ledger, ..Options::default() });
    let root = tempfile::tempdir().unwrap();
    let (billing, records) = (root.path().join("billing"), root.path().join("records"));
    // One after the other: the server is locked until the end of a statement.
    let bases = database.server().place("bases");
    let archive = database.server().place("archive");
    let places = vec![
        ("BASES", bases),
        ("ARCHIVE", archive),
        ("BILLING", billing.clone()),
        ("MIGRATOR", PathBuf::from(database.migrator())),
    ];
    let mut site = Site { host, database, places };
    let camera = site.host.camera("north");
    let copies = json!({ "export.copies": [{ "name": "records", "columns": "full" }] });
    assert_eq!(site.host.operator.patch("/v1/settings", &copies).status, 200);
    let began = now();
    let pass = |site: &Site, numbers: std::ops::Range<u64>| {
        numbers.for_each(|number| send(&camera, began, number));
        site.host.drain();
        site.export(&billing);
        let (code, out, errors) = site.export_copy(&records);
        assert_eq!(code, 0, "{out}{errors}");
    };
    let copies = |site: &Site| -> Vec<Vec<u8>> {
        let manifest =
            |sequence: u64| site.host.operator.get(&format!("/v1/exports/{sequence}/manifest?profile=records")).body;
        (1..=3).map(manifest).collect()
    };
    pass(&site, 0..2);
    for command in commands("### A ledger in PostgreSQL, to a point in time") {
        site.run(&command);
    }
    pass(&site, 2..4);
    let moment = tollbooth_pipeline::capture::rfc3339(now()).replace('T', " ").replace('Z', "+00");
    site.places.push(("MOMENT", PathBuf::from(moment)));
    pass(&site, 4..6);
    assert_eq!((billed(&billing), billed(&records)), (each_once(0..6), each_once(0..6)));
    let published = copies(&site);

    for command in commands("#### Back to a moment") {
        if command.starts_with("tollbooth restore") {
            // Whoever forgets this line bills nothing twice either.
            site.host.restart();
            let refused = site.host.operator.post("/v1/exports", &json!({}));
            assert_eq!((refused.status, refused.problem()), (409, "ledger-older".to_owned()), "{refused:?}");
            let (code, _, errors) = site.host.tool(&["export", "--into", billing.to_str().unwrap()]);
            assert!(code == 1 && errors.contains("older"), "{errors}");
            let (code, _, errors) = site.export_copy(&records);
            assert!(code == 1 && errors.contains("older"), "{errors}");
            site.host.kill();
        }
        site.run(&command);
    }
    assert_eq!(billed(&billing), each_once(0..6), "nothing twice");
    // The copies are in the store, and are published as they are: nobody reads a line of them twice either.
    let run = site.host.operator.post("/v1/exports", &json!({})).json();
    assert_eq!((&run["outcome"], &run["copies"][0]["failed"]), (&json!("nothing-to-export"), &json!(false)), "{run}");
    assert_eq!(copies(&site), published, "byte for byte");
    let (code, out, errors) = site.export_copy(&records);
    assert!(code == 0, "{out}{errors}");
    assert_eq!(billed(&records), each_once(0..6), "nothing twice");
    let exports = site.host.operator.get("/v1/exports").json();
    assert_eq!(exports["items"].as_array().unwrap().len(), 3, "{exports}");
    // The cameras resend everything; what the ledger lost comes in again, and is billed already.
    pass(&site, 0..7);
    assert_eq!((billed(&billing), billed(&records)), (each_once(0..7), each_once(0..7)), "only the new one was added");
    let (code, found, errors) = site.host.tool(&["audit"]);
    assert_eq!(code, 0, "{found}{errors}");
}
