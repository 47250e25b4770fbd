//! Copies of exports: export for export, in a chain of their own, and nothing that billing has not.

use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::copies::{Next, Task};
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export, Refusal};
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::{Failure, Ledger};
use tollbooth_pipeline::export::{CopyMark, GENESIS_SHA256, Manifest};
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

const NAMED: &str = r#"[{"name":"records","columns":"full","interval_minutes":60},{"name":"auditor","columns":"lab"}]"#;

pub fn name_copies<D: Db>(ledger: &Ledger<D>, value: &str) {
    ledger.put_settings(NOW, &operator(), &[("export.copies".into(), Some(value.into()))]).unwrap();
}

fn next<D: Db>(ledger: &Ledger<D>, profile: &str, cause: Cause) -> Next {
    ledger.next_copy(NOW, profile, cause).unwrap()
}

pub fn task<D: Db>(ledger: &Ledger<D>, profile: &str) -> Task {
    match next(ledger, profile, Cause::Requested) {
        Next::Proceed(task) => *task,
        other => panic!("{profile}: {other:?}"),
    }
}

/// Renders a copy as the exporter does.
pub fn copied<D: Db>(ledger: &Ledger<D>, task: &Task) -> Artefact {
    let plain = artefact(ledger, &task.export);
    let manifest: Manifest = serde_json::from_str(&plain.manifest).unwrap();
    let mark =
        CopyMark { profile: task.export.copy.clone().unwrap(), of_manifest_sha256: task.of_manifest_sha256.clone() };
    let text = Manifest { copy: Some(mark), ..manifest }.to_json().unwrap();
    Artefact { manifest_sha256: Manifest::sha256_of(&text), manifest: text, ..plain }
}

pub fn make<D: Db>(ledger: &Ledger<D>, profile: &str) -> Export {
    let task = task(ledger, profile);
    let artefact = copied(ledger, &task);
    ledger.publish_copy(NOW, &exporter(), profile, task.export.sequence, &artefact).unwrap()
}

/// What both databases must do.
fn two_copies_are_made_each_by_itself<D: Db>(ledger: &Ledger<D>) {
    assert_eq!(next(ledger, "records", Cause::Requested), Next::NotNamed);
    name_copies(ledger, NAMED);
    assert_eq!(next(ledger, "records", Cause::Requested), Next::UpToDate, "nothing is published");
    for (key, plate) in [("1", "AAA1111"), ("2", "BBB2222")] {
        ledger.record_passage(NOW, &passage(key)).unwrap();
        let lease = ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.remove(0);
        ledger.settle(NOW, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
        let Begun::Proceed(bound) = ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else { panic!() };
        assert_eq!(next(ledger, "auditor", Cause::Requested) == Next::UpToDate, key == "1", "bound is not published");
        ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact(ledger, &bound)).unwrap();
    }
    // One is due at the full hour, the other with billing's; whoever asks gets both.
    assert_eq!(next(ledger, "records", Cause::Scheduled), Next::NotDue(NOW - NOW.rem_euclid(HOUR) + HOUR));
    assert!(matches!(next(ledger, "auditor", Cause::Scheduled), Next::Proceed(_)));
    let first = make(ledger, "records");
    assert_eq!((first.sequence, first.profile.as_str(), first.copy.as_deref()), (1, "full", Some("records")));
    assert_eq!(first.previous_manifest_sha256.as_deref(), Some(GENESIS_SHA256));
    let second = make(ledger, "records");
    assert_eq!(second.previous_manifest_sha256, first.manifest_sha256, "a chain of its own");
    let billed = ledger.export(2).unwrap().unwrap();
    assert_eq!((second.rows, &second.file_name), (billed.rows, &billed.file_name));
    assert_ne!(second.sha256, billed.sha256, "other columns");
    assert_eq!(next(ledger, "records", Cause::Requested), Next::UpToDate);
    assert_eq!(ledger.published_copies("records", 1, 10).unwrap(), [second]);
    assert_eq!(ledger.published_copies("nobody", 0, 10).unwrap(), []);
    assert_eq!(task(ledger, "auditor").export.sequence, 1, "the other is where it was");
    make(ledger, "auditor");

    let standing = ledger.export_profiles(NOW).unwrap();
    let names: Vec<_> = standing.iter().map(|one| (one.name.as_str(), one.published_through, one.waiting)).collect();
    assert_eq!(names, [("billing", 2, 0), ("records", 2, 0), ("auditor", 1, 1)]);
    assert_eq!((standing[1].due_at, standing[2].due_at), (None, Some(NOW)));
    name_copies(ledger, r#"[{"name":"auditor","columns":"lab"}]"#);
    let standing = ledger.export_profiles(NOW).unwrap();
    let records = standing.iter().find(|one| one.name == "records").unwrap();
    assert_eq!((records.named, records.columns.as_str(), records.published_through), (false, "full", 2));
    balanced(ledger);
}

#[test]
fn two_copies_are_made_each_by_itself_on_sqlite() {
    two_copies_are_made_each_by_itself(&world().ledger);
}

#[test]
fn two_copies_are_made_each_by_itself_on_postgresql() {
    let Some(programs) = programs_or_skip("copies of exports on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let ledger = Ledger::migrate(PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap(), Some(NOW)).unwrap();
    ledger.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
    two_copies_are_made_each_by_itself(&ledger);
}

#[test]
fn a_copy_is_published_once_in_sequence_and_only_of_the_export_that_it_names() {
    let world = world();
    name_copies(&world.ledger, NAMED);
    world.accepted("1", "AAA1111");
    world.export(NOW);
    world.accepted("2", "BBB2222");
    world.export(NOW);
    let publish = |sequence, artefact: &Artefact| {
        world.ledger.publish_copy(NOW, &exporter(), "records", sequence, artefact).map(|export| export.sequence)
    };
    let first = task(&world.ledger, "records");
    let made = copied(&world.ledger, &first);
    // Billing's own manifest is none of a copy, nor is another profile's.
    let refused = publish(1, &artefact(&world.ledger, &world.ledger.export(1).unwrap().unwrap())).unwrap_err();
    assert!(matches!(&refused, Failure::Ledger(error) if error.to_string().contains("it is none")), "{refused:?}");
    let other = copied(&world.ledger, &task(&world.ledger, "auditor"));
    assert!(matches!(publish(1, &other), Err(Failure::Ledger(_))));
    assert!(matches!(publish(2, &made), Err(Failure::Ledger(_))), "it says 1");
    assert_eq!(publish(3, &made), Err(Failure::Refused(Refusal::NotFound)));
    assert_eq!((publish(1, &made), publish(1, &made)), (Ok(1), Ok(1)), "idempotent");
    let changed = Task { of_manifest_sha256: "cd".repeat(32), ..first };
    assert_eq!(publish(1, &copied(&world.ledger, &changed)), Err(Failure::Refused(Refusal::DifferentContent)));
    let mut second = task(&world.ledger, "records");
    second.export.previous_manifest_sha256 = Some("ab".repeat(32));
    assert_eq!(publish(2, &copied(&world.ledger, &second)), Err(Failure::Refused(Refusal::OutOfOrder)));
    // Nor can anybody else write it.
    for statement in [
        "UPDATE export_copy SET sha256 = ''",
        "DELETE FROM export_copy",
        "INSERT INTO export_copy SELECT 'skips', 2, columns, published_at_ms, sha256, bytes, manifest, manifest_sha256 FROM export_copy",
        "INSERT INTO export_copy SELECT profile, 3, columns, published_at_ms, sha256, bytes, manifest, manifest_sha256 FROM export_copy",
    ] {
        assert!(world.sql(statement).is_err(), "{statement}");
    }
    world.assert_balanced();
}

#[test]
fn a_stored_file_of_a_copy_is_known_and_one_of_nobody_is_not() {
    let world = world();
    world.accepted("1", "AAA1111");
    let billed = world.export(NOW);
    let key = |sha256: &str| format!("exports/1/{sha256}.csv");
    let ours = key(billed.sha256.as_deref().unwrap());
    let stray = key(&"ab".repeat(32));
    let manifest = "exports/1/records.copy.json".to_owned();
    let unknown = |keys: &[String]| -> Vec<String> {
        world.ledger.unknown_exports(keys).unwrap().into_iter().map(ToOwned::to_owned).collect()
    };
    assert_eq!(unknown(&[ours.clone(), stray.clone(), manifest.clone()]), std::slice::from_ref(&stray));
    name_copies(&world.ledger, r#"[{"name":"records","columns":"full"}]"#);
    assert_eq!(unknown(std::slice::from_ref(&stray)), [""; 0], "a copy may be under way");
    let copy = make(&world.ledger, "records");
    assert_eq!(unknown(&[ours, key(copy.sha256.as_deref().unwrap()), manifest, stray.clone()]), [stray]);
    assert_eq!(unknown(&["exports/2/records.copy.json".to_owned()]).len(), 1, "of an export that there is not");
}

#[test]
fn lines_show_what_billing_answered_and_what_a_correction_corrects() {
    let world = world();
    crate::correct::corrected(&world, "1", "OLD1234", "NEW1234");
    let lines = |sequence| {
        let kind = world.ledger.export(sequence).unwrap().unwrap().kind;
        world.ledger.export_lines(kind, sequence, 0, 10).unwrap()
    };
    let (billed, correction) = (lines(1).remove(0), lines(2).remove(0));
    assert_eq!((billed.plate.as_deref(), billed.correction, billed.answer), (Some("OLD1234"), None, None));
    let corrects = correction.correction.unwrap();
    assert_eq!((correction.plate.as_deref(), corrects.export), (Some("NEW1234"), 1));
    assert_eq!(world.ledger.export_answers(1, 1).unwrap().open, 1);
}
