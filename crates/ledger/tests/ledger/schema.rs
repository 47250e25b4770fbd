//! The schema: the golden copy, and what the database itself refuses.

use std::collections::BTreeSet;
use std::path::Path;

use tollbooth_ledger::db::{Db, Row, Value};
use tollbooth_ledger::native::NativeDb;
use tollbooth_ledger::{EventKind, Ledger};
use tollbooth_pipeline::export::Disposition;
use tollbooth_pipeline::state::{Move, State};

use crate::booth::*;

/// Every table, index and trigger as SQL text, in a fixed order.
pub fn dump(db: &impl Db) -> String {
    let rows = db
        .execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL
             ORDER BY tbl_name, CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name",
            &[],
        )
        .unwrap();
    rows.iter()
        .map(|Row(values)| match values.as_slice() {
            [Value::Text(sql)] => format!("{sql};\n\n"),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// `UPDATE_GOLDEN=1 cargo test -p tollbooth-ledger golden` writes the file anew after a migration was added.
#[test]
fn a_fresh_ledger_has_the_golden_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema.sql");
    let fresh = dump(file_world().ledger.db());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(fresh, golden, "schema.sql differs; see the comment at this test");
}

/// One passage in each state, by any legal way.
fn one_in_each_state(world: &World) -> Vec<(State, i64)> {
    world.record(&passage_with("original", "same", NOW));
    let duplicate = world.record(&passage_with("copy", "same", NOW)).passage;
    let reading = world.lease(NOW).passage;
    world.set(&[("reading.concurrency", "100")]);
    let accepted = world.accepted("accepted", "ABC1234").id;
    let review = world.in_review("in-review").id;
    let rejected = world.in_review("rejected");
    world.claim(NOW, "tok_a", &rejected.id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &rejected.id, rejected.version, &reject()).unwrap();
    let waiting = world.record(&passage("waiting")).passage;
    [waiting, reading, review, accepted, rejected.id, duplicate]
        .iter()
        .map(|id| world.get(id))
        .map(|passage| (passage.state, passage.sequence))
        .collect()
}

#[test]
fn the_database_allows_exactly_the_moves_of_the_domain() {
    let world = file_world();
    let legal: BTreeSet<(State, State)> =
        Move::ALL.into_iter().flat_map(|step| step.from().iter().map(move |from| (*from, step.to()))).collect();
    let passages = one_in_each_state(&world);
    assert_eq!(passages.iter().map(|(state, _)| *state).collect::<Vec<_>>(), State::ALL);
    for (from, sequence) in passages {
        for to in State::ALL {
            for growth in [0, 1, 2] {
                // The trigger speaks before the CHECKs on the other columns do, so its answer can be told apart.
                let answer = world.sql(&format!(
                    "UPDATE passage SET state = '{to}', version = version + {growth} WHERE sequence = {sequence}"
                ));
                let refused_move = answer.as_ref().is_err_and(|text| text.contains("no such move"));
                let expected = if from == to { growth == 0 } else { growth == 1 && legal.contains(&(from, to)) };
                assert_eq!(!refused_move, expected, "{from} -> {to} (+{growth}): {answer:?}");
            }
        }
    }
}

#[test]
fn a_state_without_what_belongs_to_it_is_refused() {
    let world = file_world();
    let sequence = world.accepted("1", "ABC1234").sequence;
    let bare = world
        .sql(&format!("UPDATE passage SET state = 'in-review', version = version + 1 WHERE sequence = {sequence}"));
    assert!(bare.unwrap_err().contains("CHECK"), "a review needs a reason");
}

#[test]
fn nobody_rewrites_history() {
    let world = file_world();
    world.accepted("1", "ABC1234");
    let item = world.in_review("2");
    world.claim(NOW, "tok_a", &item.id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, item.version, &reject()).unwrap();
    world.export(NOW);
    crate::correct::corrected(&world, "3", "OLD1234", "NEW1234");
    crate::acknowledge::answer(&world, 3, "3", Disposition::Billed, None).unwrap();
    world.sql("INSERT INTO adopted_line (passage_id, export_sequence, plate) VALUES ('psg_1', 1, 'ABC1234')").unwrap();
    for statement in [
        "UPDATE event SET actor_id = 'somebody else'",
        "DELETE FROM event",
        "DELETE FROM passage",
        "UPDATE passage SET captured_at_ms = 0",
        "UPDATE passage SET photo_sha256 = hex(zeroblob(32))",
        "UPDATE passage SET received_hour = '2026-11-20T11'",
        "UPDATE passage SET export_sequence = NULL",
        "UPDATE verdict SET plate = 'XYZ9876'",
        "DELETE FROM verdict",
        "UPDATE reading_attempt SET reading = '{}'",
        "DELETE FROM reading_attempt",
        "UPDATE bill_line SET plate = 'XYZ9876'",
        "DELETE FROM bill_line",
        "UPDATE export SET sha256 = ''",
        "UPDATE adopted_line SET plate = 'XYZ9876'",
        "UPDATE adopted_line SET jurisdiction = 'us-ok'",
        "DELETE FROM adopted_line",
        "UPDATE correction SET plate = 'XYZ9876'",
        "DELETE FROM correction",
        "INSERT INTO correction (export_sequence, passage_sequence, revision, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour) SELECT export_sequence, passage_sequence, revision + 2, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour FROM correction",
        "INSERT INTO correction (export_sequence, passage_sequence, revision, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour) SELECT export_sequence, passage_sequence, revision, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour FROM correction",
        "UPDATE recall SET cause = 'dispute'",
        "DELETE FROM recall",
        "UPDATE disposition SET outcome = 'owner-not-found'",
        "DELETE FROM disposition",
        "DELETE FROM export",
    ] {
        let refused = world.sql(statement).expect_err(statement).to_string();
        assert!(!refused.contains("values were supplied"), "refused for another reason than what it does: {refused}");
    }
    world.assert_balanced();
}

#[test]
fn a_second_bill_line_for_a_passage_is_impossible() {
    let world = file_world();
    let accepted = world.accepted("1", "ABC1234").sequence;
    let open = world.in_review("2").sequence;
    world.export(NOW);
    let line = |passage: i64, revision: u32| {
        world.sql(&format!(
            "INSERT INTO bill_line (export_sequence, passage_sequence, revision, booth_id, received_hour, plate,
                 jurisdiction, jurisdiction_source, decided_by)
             VALUES (1, {passage}, {revision}, 'b', 'h', 'P', 'us-tx', 'read', 'judge')"
        ))
    };
    assert!(line(accepted, 1).unwrap_err().contains("UNIQUE"));
    assert!(line(open, 1).unwrap_err().contains("not accepted"));
}

#[test]
fn a_second_export_under_way_is_impossible() {
    let world = file_world();
    let insert = |sequence: u32| {
        world.sql(&format!(
            "INSERT INTO export (sequence, state, cause, profile, file_name, row_count, more_waiting, window_to_ms,
                 bound_at_ms) VALUES ({sequence}, 'bound', 'requested', 'lab', '{sequence}.csv', 1, 0, 0, 0)"
        ))
    };
    assert!(insert(1).is_ok());
    assert!(insert(2).unwrap_err().contains("UNIQUE"));
}

#[test]
fn foreign_keys_are_on_and_commits_are_synced() {
    let world = file_world();
    let opened = Ledger::open(NativeDb::open(&world.path).unwrap(), None).unwrap();
    let run = |sql: &str| opened.db().execute(sql, &[]).map_err(|e| e.text);
    let one = |value: Value| Ok(vec![Row(vec![value])]);
    assert_eq!(run("PRAGMA foreign_keys"), one(Value::Integer(1)));
    assert_eq!(run("PRAGMA synchronous"), one(Value::Integer(2)), "2 is FULL");
    assert_eq!(run("PRAGMA busy_timeout"), one(Value::Integer(5_000)));
    assert_eq!(run("PRAGMA journal_mode"), one(Value::Text("wal".into())));
    let orphan = "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, detail)
        VALUES (0, 'x', 'y', 'z', 99, '{}')";
    assert!(run(orphan).unwrap_err().contains("FOREIGN KEY"));
}

#[test]
fn every_kind_of_event_has_a_name_of_its_own() {
    let names: BTreeSet<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), EventKind::ALL.len());
}
