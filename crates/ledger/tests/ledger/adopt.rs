//! A ledger that was restored from a backup takes over what was published after it, and bills nothing twice.

use tollbooth_ledger::db::Db;
use tollbooth_ledger::export::adopt::{Adopted, Refusal};
use tollbooth_ledger::export::{Artefact, Begun, Cause, Export};
use tollbooth_ledger::messages::Filter;
use tollbooth_ledger::native_postgres::PostgresDb;
use tollbooth_ledger::reading::Decision;
use tollbooth_ledger::review::Verdict;
use tollbooth_ledger::{Failure, Ledger};
use tollbooth_pipeline::export::{Cause as Why, Content, Question};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::state::State;
use tollbooth_postgres_server::{Commits, SUPERUSER, Server, programs_or_skip};

use crate::booth::*;

/// What lies in billing's folder of one export.
struct File {
    artefact: Artefact,
    lines: Content,
}

fn file<D: Db>(ledger: &Ledger<D>, export: &Export) -> File {
    let lines = Content::read(export.kind, &content(ledger, export)).unwrap();
    File { artefact: artefact(ledger, export), lines }
}

fn adopt<D: Db>(ledger: &Ledger<D>, file: &File) -> Result<Adopted, Failure<Refusal>> {
    ledger.adopt_export(NOW + HOUR, &operator(), &file.artefact, &file.lines)
}

/// Accepts, or sends to review, whatever this passage is read as.
fn take<D: Db>(ledger: &Ledger<D>, key: &str, plate: &str, accepted: bool) -> String {
    let id = ledger.record_passage(NOW, &passage(key)).map(|_| passage(key).passage).unwrap();
    let lease = ledger.lease_work(NOW, "a", 1, OURS).unwrap().leases.remove(0);
    let review = Decision::Review(referral(ReviewReason::LowConfidence, Some(plate)));
    let decision = if accepted { acceptance(plate) } else { review };
    ledger.settle(NOW, &lease.attempt_token, reading(), decision).unwrap();
    id
}

fn decide<D: Db>(ledger: &Ledger<D>, passage: &str, text: &str) {
    let who = reviewer("tok_r");
    let item = ledger.claim_next(NOW, &who, Some(passage), &Default::default()).unwrap().unwrap();
    ledger.submit(NOW, &who, passage, item.version, &plate(text)).unwrap();
}

fn billed<D: Db>(ledger: &Ledger<D>) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for export in ledger.published_exports(0, 100).unwrap() {
        for (_, line) in ledger.export_rows(export.sequence, 0, 100).unwrap() {
            found.push((line.passage, export.sequence));
        }
    }
    found
}

/// What both databases must do: `newer` went on after the backup that `older` is.
fn nothing_twice<D: Db, E: Db>(newer: &Ledger<D>, older: &Ledger<E>) {
    for ledger in [&newer as &dyn Takes, &older] {
        ledger.before_the_backup();
    }
    // After the backup: one that waited for a person is decided, one is new, and both are billed.
    let reviewed = passage("reviewed").passage;
    decide(newer, &reviewed, "REV9012");
    let late = take(newer, "late", "LAT3456", true);
    let second = export_of(newer, NOW + MINUTE);
    let third_passage = take(newer, "third", "THI7890", true);
    let third = export_of(newer, NOW + 2 * MINUTE);

    let gap = adopt(older, &third).unwrap_err();
    assert_eq!(gap, Failure::Refused(Refusal::Gap { sequence: 3, expected: 2 }));
    let adopted = adopt(older, &second).unwrap();
    // `known` was accepted before the backup and is bound at once; the other two are not there, or not decided.
    assert_eq!(adopted, Adopted { sequence: 2, new: true, lines: 3, open: 2 });
    assert_eq!(adopt(older, &third).unwrap().open, 1);
    assert!(!adopt(older, &second).unwrap().new, "idempotent");
    assert_eq!(older.open_adopted_lines().unwrap(), 3);
    let nothing = older.begin_export(NOW + HOUR, &exporter(), Cause::Requested).unwrap();
    assert_eq!(nothing, Begun::NothingToExport);

    // The cameras resend, a person decides again, and something new arrives.
    decide(older, &reviewed, "REV9012");
    assert_eq!(take(older, "late", "LAT3456", true), late);
    assert_eq!(take(older, "third", "THI7890", true), third_passage);
    let new = take(older, "new", "NEW2468", true);
    let next = export_of(older, NOW + 2 * HOUR);
    assert_eq!(next.lines.passages(), [new.as_str()]);
    assert_eq!(older.open_adopted_lines().unwrap(), 0);
    let lines = billed(older);
    assert_eq!(lines.len(), 6, "{lines:?}");
    for (passage, sequence) in billed(newer) {
        assert!(lines.contains(&(passage, sequence)), "each is on the export that billed it");
    }
    assert_eq!(older.inspect(0, 100).unwrap().contradictions, []);
    for row in older.balance(None, None).unwrap() {
        let violations = tollbooth_pipeline::balance::violations(&row.from_events, &row.from_state);
        assert!(violations.is_empty(), "{violations:?}");
    }
}

/// The same on two kinds of database.
trait Takes {
    fn before_the_backup(&self);
}

impl<D: Db> Takes for &Ledger<D> {
    fn before_the_backup(&self) {
        self.put_booth(NOW, &operator(), &booth(BOOTH)).unwrap();
        take(self, "billed", "BIL1234", true);
        export_of(self, NOW);
        take(self, "known", "KNO5678", true);
        take(self, "reviewed", "REV9012", false);
    }
}

fn export_of<D: Db>(ledger: &Ledger<D>, now: i64) -> File {
    let Begun::Proceed(bound) = ledger.begin_export(now, &exporter(), Cause::Requested).unwrap() else {
        panic!("nothing to export")
    };
    let file = file(ledger, &bound);
    ledger.publish_export(now, &exporter(), bound.sequence, &file.artefact).unwrap();
    file
}

#[test]
fn what_was_published_after_the_backup_is_never_billed_again() {
    let (newer, older) = (folder(), folder());
    nothing_twice(&open(&newer.1), &open(&older.1));
}

#[test]
fn what_was_published_after_the_backup_is_never_billed_again_on_postgresql() {
    let Some(programs) = programs_or_skip("a restore on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let ledger = Ledger::migrate(PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap(), Some(NOW)).unwrap();
    let (_folder, path) = folder();
    nothing_twice(&open(&path), &ledger);
}

/// What both databases must do: the correction was published after the backup that `older` is.
fn corrections_are_asked_again<D: Db, E: Db>(newer: &Ledger<D>, older: &Ledger<E>) {
    for ledger in [&newer as &dyn Takes, &older] {
        ledger.before_the_backup();
    }
    let known = passage("billed").passage;
    let late = take(newer, "late", "LAT3456", true);
    let second = export_of(newer, NOW + MINUTE);
    for (id, text) in [(&known, "COR1234"), (&late, "COR3456")] {
        let version = newer.passage(id).unwrap().unwrap().version;
        newer.reopen(NOW, &reviewer("tok_s"), id, version, "misread", Why::Dispute).unwrap();
        decide(newer, id, text);
    }
    let corrections = export_of(newer, NOW + 2 * MINUTE);
    adopt(older, &second).unwrap();
    let adopted = adopt(older, &corrections).unwrap();
    // The line of `late` is not bound here, so its correction waits for it.
    assert_eq!(adopted, Adopted { sequence: 3, new: true, lines: 2, open: 1 });
    let asked = older.passage(&known).unwrap().unwrap();
    assert_eq!((asked.state, asked.plate.as_deref()), (State::InReview, Some("COR1234")));
    assert_eq!(asked.correction, Some(Question::Open));
    decide(older, &known, "COR1234");
    assert_eq!(older.passage(&known).unwrap().unwrap().export_sequence, Some(3), "billing has it: nothing is sent");
    assert_eq!(take(older, "late", "LAT3456", true), late);
    assert_eq!(begun(older, NOW + HOUR), Begun::NothingToExport);
    let asked = older.passage(&late).unwrap().unwrap();
    assert_eq!((asked.state, asked.plate.as_deref()), (State::InReview, Some("COR3456")));
    decide(older, &late, "LAT3456");
    let Begun::Proceed(bound) = begun(older, NOW + HOUR) else { panic!("decided otherwise than billing has it") };
    let rows = older.correction_rows(bound.sequence, 0, 10).unwrap();
    assert_eq!((rows.len(), rows[0].revision, rows[0].corrects_export), (1, 3, 3));
    assert_eq!((rows[0].cause, rows[0].plate.as_deref()), (Why::Restored, Some("LAT3456")));
    assert_eq!(older.inspect(0, 100).unwrap().contradictions, []);
    balanced(older);
}

/// Opens a billed passage again and decides it otherwise.
fn decide_otherwise<D: Db>(ledger: &Ledger<D>, passage: &str, text: &str) {
    let version = ledger.passage(passage).unwrap().unwrap().version;
    ledger.reopen(NOW, &reviewer("tok_s"), passage, version, "misread", Why::Dispute).unwrap();
    decide(ledger, passage, text);
}

#[test]
fn a_correction_that_was_due_in_the_backup_is_not_sent_twice_and_the_last_one_is_asked_of() {
    let (newer, older) = (folder(), folder());
    let (newer, older) = (&open(&newer.1), &open(&older.1));
    let known = passage("billed").passage;
    for ledger in [newer, older] {
        ledger.before_the_backup();
        decide_otherwise(ledger, &known, "COR1234");
    }
    let second = export_of(newer, NOW + MINUTE);
    let due = export_of(newer, NOW + 2 * MINUTE);
    adopt(older, &second).unwrap();
    adopt(older, &due).unwrap();
    let settled = older.passage(&known).unwrap().unwrap();
    assert_eq!((settled.state, settled.correction, settled.export_sequence), (State::Accepted, None, Some(3)));
    assert_eq!(begun(older, NOW + HOUR), Begun::NothingToExport, "billing has it");
    balanced(older);
    for (n, text) in [(3, "COR5678"), (4, "COR9012")] {
        decide_otherwise(newer, &known, text);
        adopt(older, &export_of(newer, NOW + n * MINUTE)).unwrap();
        let asked = older.passage(&known).unwrap().unwrap();
        assert_eq!((asked.state, asked.plate.as_deref()), (State::InReview, Some(text)));
        assert_eq!(asked.correction, Some(Question::Open));
    }
    decide(older, &known, "COR9012");
    assert_eq!(older.passage(&known).unwrap().unwrap().export_sequence, Some(5), "nothing is sent");
    assert_eq!(older.inspect(0, 100).unwrap().contradictions, []);
    balanced(older);
}

#[test]
fn a_correction_that_was_due_with_another_type_of_plate_is_sent_after_the_one_that_was_published() {
    let (newer, older) = (folder(), folder());
    let (newer, older) = (&open(&newer.1), &open(&older.1));
    let known = passage("billed").passage;
    for (ledger, of) in [(newer, PlateType::Dealer), (older, PlateType::Trailer)] {
        ledger.before_the_backup();
        let version = ledger.passage(&known).unwrap().unwrap().version;
        ledger.reopen(NOW, &reviewer("tok_s"), &known, version, "misread", Why::Dispute).unwrap();
        let who = reviewer("tok_r");
        let item = ledger.claim_next(NOW, &who, Some(&known), &Default::default()).unwrap().unwrap();
        let Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, .. } = plate("COR1234") else {
            panic!("no plate")
        };
        let plate_type = Some(of);
        let verdict = Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type };
        ledger.submit(NOW, &who, &known, item.version, &verdict).unwrap();
    }
    let second = export_of(newer, NOW + MINUTE);
    let published = export_of(newer, NOW + 2 * MINUTE);
    adopt(older, &second).unwrap();
    adopt(older, &published).unwrap();
    assert_eq!(older.passage(&known).unwrap().unwrap().correction, Some(Question::Due), "billing has another one");
    let Begun::Proceed(bound) = begun(older, NOW + HOUR) else { panic!("somebody else would be billed") };
    let rows = older.correction_rows(bound.sequence, 0, 10).unwrap();
    assert_eq!((rows.len(), rows[0].revision, rows[0].corrects_export), (1, 3, 3));
    assert_eq!(rows[0].plate_type, Some(PlateType::Trailer));
    assert_eq!(older.inspect(0, 100).unwrap().contradictions, []);
    balanced(older);

    // Where nothing was decided, whoever decides it again is told of the type as well.
    let (_folder, path) = folder();
    let undecided = &open(&path);
    undecided.before_the_backup();
    adopt(undecided, &second).unwrap();
    adopt(undecided, &published).unwrap();
    let asked = undecided.passage(&known).unwrap().unwrap().detail.unwrap();
    assert!(asked.contains("COR1234, us-ok, dealer"), "{asked}");
}

fn begun<D: Db>(ledger: &Ledger<D>, now: i64) -> Begun {
    ledger.begin_export(now, &exporter(), Cause::Requested).unwrap()
}

#[test]
fn a_correction_that_was_published_after_the_backup_is_asked_again() {
    let (newer, older) = (folder(), folder());
    corrections_are_asked_again(&open(&newer.1), &open(&older.1));
}

#[test]
fn a_correction_that_was_published_after_the_backup_is_asked_again_on_postgresql() {
    let Some(programs) = programs_or_skip("corrections after a restore on PostgreSQL") else { return };
    let server = Server::start(&programs, Commits::Unsynced).unwrap();
    let ledger = Ledger::migrate(PostgresDb::open(&server.url(SUPERUSER, "postgres")).unwrap(), Some(NOW)).unwrap();
    let (_folder, path) = folder();
    corrections_are_asked_again(&open(&path), &ledger);
}

#[test]
fn an_export_that_was_bound_when_the_backup_was_made_is_published_as_it_was() {
    let world = world();
    world.accepted("1", "ABC1234");
    let Begun::Proceed(bound) = world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() else {
        panic!()
    };
    let mut published = file(&world.ledger, &bound);
    let billed_as = |plate: &str, content: &mut Content| match content {
        Content::Lines(lines) => lines[0].plate = plate.into(),
        Content::Corrections(_) => panic!("no bill lines"),
    };
    billed_as("XYZ9876", &mut published.lines);
    let other = adopt(&world.ledger, &published).unwrap_err();
    assert_eq!(other, Failure::Refused(Refusal::OtherLines { sequence: 1 }));
    billed_as("ABC1234", &mut published.lines);
    assert_eq!(adopt(&world.ledger, &published).unwrap(), Adopted { sequence: 1, new: true, lines: 1, open: 0 });
    assert!(world.ledger.export(1).unwrap().unwrap().published);
    world.assert_balanced();
}

#[test]
fn an_export_whose_file_has_no_lookup_keys_is_taken_over_with_the_rules_in_force_for_its_copies() {
    let (newer, older) = (world(), world());
    older.set(&[("judge.keying_rules", "\"us-ca key=O0\"")]);
    newer.accepted("1", "ABC1234");
    adopt(&older.ledger, &export_of(&newer.ledger, NOW)).unwrap();
    assert_eq!(older.ledger.export(1).unwrap().unwrap().keying_rules, "us-ca key=O0");
    newer.set(&[("export.profile", "\"full\"")]);
    newer.accepted("2", "XYZ9876");
    adopt(&older.ledger, &export_of(&newer.ledger, NOW + MINUTE)).unwrap();
    assert_eq!(older.ledger.export(2).unwrap().unwrap().keying_rules, "", "a file with keys says by which");
}

#[test]
fn what_is_decided_for_another_issuer_after_a_restore_does_not_change_who_was_billed_and_shows() {
    for (columns, issuer, findings) in [("full", "us-ok", 1), ("lab", "us-tx", 0)] {
        let (newer, older) = (world(), world());
        newer.set(&[("export.profile", format!("\"{columns}\"").as_str())]);
        let id = take(&newer.ledger, "1", "ABC1234", false);
        decide(&newer.ledger, &id, "ABC1234");
        adopt(&older.ledger, &export_of(&newer.ledger, NOW)).unwrap();
        // The camera sends it again, and the machine takes it for one of this state.
        assert_eq!(take(&older.ledger, "1", "ABC1234", true), id);
        assert_eq!(begun(&older.ledger, NOW + HOUR), Begun::NothingToExport);
        let billed = older.ledger.export_rows(1, 0, 10).unwrap().remove(0).1;
        assert_eq!(billed.jurisdiction, issuer, "{columns}: as the file says, if it does");
        assert_eq!(older.ledger.inspect(0, 10).unwrap().contradictions.len(), findings, "{columns}");
    }
}

/// Passages of the lines, and of the corrections, of export 1 and 2, in the order in which they are rendered.
fn rendered<D: Db>(ledger: &Ledger<D>) -> [Vec<String>; 2] {
    let lines = ledger.export_rows(1, 0, 10).unwrap().into_iter().map(|(_, line)| line.passage);
    let corrections = ledger.correction_rows(2, 0, 10).unwrap().into_iter().map(|row| row.passage);
    [lines.collect(), corrections.collect()]
}

#[test]
fn lines_that_are_settled_in_another_order_have_the_rows_of_the_file_in_a_copy() {
    let (newer, older) = (world(), world());
    let mut keys = ["1", "2", "3"];
    keys.sort_by_key(|key| std::cmp::Reverse(passage(key).passage));
    let plates = ["ABC1234", "XYZ9876", "KMN4567"];
    let ids: Vec<_> = keys.iter().zip(plates).map(|(key, plate)| take(&newer.ledger, key, plate, true)).collect();
    for (key, plate) in keys.iter().zip(plates).rev().take(2) {
        take(&older.ledger, key, plate, true);
    }
    let lines = export_of(&newer.ledger, NOW);
    for (id, text) in ids.iter().zip(["COR1111", "COR2222", "COR3333"]) {
        decide_otherwise(&newer.ledger, id, text);
    }
    let corrections = export_of(&newer.ledger, NOW + MINUTE);
    adopt(&older.ledger, &lines).unwrap();
    // The first line of the file comes last.
    take(&older.ledger, keys[0], plates[0], true);
    older.ledger.begin_export(NOW + HOUR, &exporter(), Cause::Requested).unwrap();
    assert_eq!(adopt(&older.ledger, &corrections).unwrap().open, 0);
    assert_eq!(rendered(&newer.ledger), [ids.clone(), ids.clone()]);
    assert_eq!(rendered(&older.ledger), [ids.clone(), ids.clone()]);

    crate::copies::name_copies(&older.ledger, r#"[{"name":"auditor","columns":"lab"}]"#);
    let task = crate::copies::task(&older.ledger, "auditor");
    assert_eq!(task.missing, 0);
    assert_eq!(crate::copies::copied(&older.ledger, &task).sha256, lines.artefact.sha256);

    // Taken over before rows were written down: the copy waits until the same file was seen once more.
    older.sql("UPDATE adopted_line SET file_row = NULL").unwrap();
    older.sql("UPDATE adopted_correction SET file_row = NULL").unwrap();
    assert!(older.ledger.lacks_file_rows(1).unwrap() && older.ledger.lacks_file_rows(2).unwrap());
    assert_eq!(crate::copies::task(&older.ledger, "auditor").missing, 3);
    assert_eq!(older.ledger.export_profiles(NOW).unwrap()[1].missing, 3);
    for file in [&lines, &corrections] {
        assert!(!adopt(&older.ledger, file).unwrap().new);
    }
    assert!(!older.ledger.lacks_file_rows(1).unwrap() && !older.ledger.lacks_file_rows(2).unwrap());
    assert_eq!(rendered(&older.ledger), [ids.clone(), ids]);
    assert_eq!(crate::copies::task(&older.ledger, "auditor").missing, 0);
}

#[test]
fn an_export_of_another_chain_is_refused_and_nothing_is_stored() {
    let (world, other) = (world(), world());
    world.accepted("1", "ABC1234");
    world.export(NOW);
    other.accepted("2", "XYZ9876");
    let foreign = export_of(&other.ledger, NOW + MINUTE);
    let forked = adopt(&world.ledger, &foreign).unwrap_err();
    assert_eq!(forked, Failure::Refused(Refusal::Forked { sequence: 1 }));
    other.accepted("3", "QQQ9876");
    let second = export_of(&other.ledger, NOW + 2 * MINUTE);
    let forked = adopt(&world.ledger, &second).unwrap_err();
    assert_eq!(forked, Failure::Refused(Refusal::Forked { sequence: 2 }));
    assert_eq!(world.ledger.latest_export().unwrap(), 1);
    assert_eq!(world.ledger.open_adopted_lines().unwrap(), 0);
}

#[test]
fn a_passage_that_is_rejected_after_it_was_billed_stays_an_open_line() {
    let (newer, older) = (world(), world());
    let review = newer.in_review("1").id;
    older.in_review("1");
    decide(&newer.ledger, &review, "ABC1234");
    let file = export_of(&newer.ledger, NOW);
    adopt(&older.ledger, &file).unwrap();
    let item = older.claim(NOW, "tok_a", &review);
    older.ledger.submit(NOW, &reviewer("tok_a"), &review, item.version, &reject()).unwrap();
    older.ledger.begin_export(NOW + HOUR, &exporter(), Cause::Requested).unwrap();
    assert_eq!(older.ledger.open_adopted_lines().unwrap(), 1, "billed, and rejected here: people must look");
    older.assert_balanced();
}

#[test]
fn stored_exports_that_no_ledger_knows_are_named() {
    let world = world();
    world.accepted("1", "ABC1234");
    let published = world.export(NOW);
    let sha256 = published.sha256.unwrap();
    let known = [format!("exports/1/{sha256}.csv"), "exports/1/manifest.json".to_owned()];
    let other = "ab".repeat(32);
    let unknown =
        [format!("exports/1/{other}.csv"), format!("exports/2/{other}.csv"), "exports/2/manifest.json".to_owned()];
    let all: Vec<String> = known.iter().chain(&unknown).cloned().collect();
    assert_eq!(world.ledger.unknown_exports(&all).unwrap(), unknown.iter().map(String::as_str).collect::<Vec<_>>());
    // While the second is bound, what is stored under its number is its own.
    world.accepted("2", "XYZ9876");
    world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    assert_eq!(world.ledger.unknown_exports(&all).unwrap().len(), 1);
}

#[test]
fn people_are_told_once_that_the_ledger_is_older() {
    let world = world();
    for _ in 0..3 {
        world.ledger.note_older_ledger(NOW, 7).unwrap();
    }
    world.ledger.note_older_ledger(NOW, 8).unwrap();
    world.ledger.evaluate_alerts(NOW).unwrap();
    world.ledger.evaluate_alerts(NOW + MINUTE).unwrap();
    let told = world.ledger.messages(&Filter::default(), None, 10).unwrap();
    let late: Vec<_> = told.iter().filter(|message| message.kind == "export-late").collect();
    assert_eq!(late.len(), 1, "{told:?}");
    assert!(late[0].body.contains("the ledger is older than what was published"), "{told:?}");
}
