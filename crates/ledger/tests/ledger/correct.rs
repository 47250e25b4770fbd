//! What changes after it was published: corrections, each of one line that exists, and no line ever rewritten.

use tollbooth_ledger::Failure;
use tollbooth_ledger::export::correct::Bound;
use tollbooth_ledger::export::{Begun, Cause, Export};
use tollbooth_ledger::passages::Passage;
use tollbooth_ledger::review::{Refusal, Verdict};
use tollbooth_pipeline::balance::Counts;
use tollbooth_pipeline::export::{Action, Cause as Why, Kind, Question};
use tollbooth_pipeline::state::State;

use crate::booth::*;

/// A passage that was billed, opened again and decided otherwise; the correction is published.
pub fn corrected(world: &World, key: &str, before: &str, after: &str) -> Export {
    let billed = world.accepted(key, before);
    world.export(NOW);
    decide_again(world, &billed.id, &plate(after));
    world.export(NOW)
}

pub fn reopen(world: &World, id: &str, cause: Why) {
    world.ledger.reopen(NOW, &reviewer("tok_s"), id, world.get(id).version, "look again", cause).unwrap();
}

pub fn decide_again(world: &World, id: &str, verdict: &Verdict) -> Passage {
    if world.get(id).state != State::InReview {
        reopen(world, id, Why::Dispute);
    }
    let item = world.claim(NOW, "tok_a", id);
    world.ledger.submit(NOW, &reviewer("tok_a"), id, item.version, verdict).unwrap();
    world.get(id)
}

fn counts(world: &World) -> Counts {
    world.assert_balanced();
    assert_eq!(world.ledger.inspect(0, 1_000).unwrap().contradictions, []);
    world.ledger.balance(None, None).unwrap().remove(0).from_state
}

fn rows(world: &World, export: &Export) -> Vec<Bound> {
    assert_eq!(export.kind, Kind::Corrections);
    world.ledger.correction_rows(export.sequence, 0, 100).unwrap()
}

fn bind(world: &World) -> Export {
    match world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap() {
        Begun::Proceed(bound) => *bound,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_plate_after_the_export_is_a_correction_of_that_line_and_the_line_stays() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    reopen(&world, &billed.id, Why::Dispute);
    assert_eq!((counts(&world).in_question, counts(&world).billed), (1, 0));
    decide_again(&world, &billed.id, &plate("XYZ9876"));
    assert_eq!((counts(&world).awaiting_correction, counts(&world).accepted), (1, 1));
    let bound = bind(&world);
    assert_eq!(bound.file_name, "2026-11-20T10:00:00-corrections.csv");
    assert_eq!(counts(&world).awaiting_correction, 1, "bound is not published");
    publish(&world.ledger, NOW, &bound);
    let found = rows(&world, &bound);
    assert_eq!(found.len(), 1);
    let line = &found[0];
    assert_eq!((line.corrects_export, line.revision, line.action), (1, 2, Action::Replace));
    assert_eq!((line.cause, line.passage.as_str()), (Why::Dispute, billed.id.as_str()));
    assert_eq!((line.plate.as_deref(), line.jurisdiction.as_deref()), (Some("XYZ9876"), Some("us-ok")));
    assert_eq!(line.decided_by, "tok_a");
    assert_eq!(world.ledger.export_rows(1, 0, 10).unwrap()[0].1.plate, "ABC1234", "what was published stays");
    let now = world.get(&billed.id);
    assert_eq!((now.export_sequence, now.correction), (Some(2), None));
    assert_eq!((counts(&world).billed, counts(&world).bill_lines), (1, 1));
    assert_eq!(export(&world.ledger, NOW), None, "a correction is sent once");
}

#[test]
fn a_rejection_after_the_export_withdraws_the_line_and_a_plate_after_that_bills_again() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    decide_again(&world, &billed.id, &reject());
    assert_eq!((counts(&world).awaiting_withdrawal, counts(&world).rejected), (1, 1));
    let withdrawal = world.export(NOW);
    let line = &rows(&world, &withdrawal)[0];
    assert_eq!(
        (line.action, line.plate.as_deref(), line.reject_code.as_deref()),
        (Action::Withdraw, None, Some("no-plate"))
    );
    assert_eq!(world.get(&billed.id).correction, Some(Question::Withdrawn));
    assert_eq!((counts(&world).withdrawn, counts(&world).billed), (1, 0));

    decide_again(&world, &billed.id, &plate("XYZ9876"));
    let again = world.export(NOW);
    let line = &rows(&world, &again)[0];
    assert_eq!((line.corrects_export, line.revision, line.action), (withdrawal.sequence, 3, Action::Replace));
    assert_eq!((counts(&world).billed, counts(&world).withdrawn), (1, 0));
}

#[test]
fn what_the_machine_reads_anew_corrects_no_bill_before_a_person_says_so() {
    for read in ["XYZ9876", "ABC1234"] {
        let world = world();
        let billed = world.accepted("1", "ABC1234");
        world.export(NOW);
        reopen(&world, &billed.id, Why::Dispute);
        let item = world.claim(NOW, "tok_a", &billed.id);
        world.ledger.reprocess(NOW, &reviewer("tok_a"), &billed.id, item.version).unwrap();
        let lease = world.lease(NOW);
        world.ledger.settle(NOW, &lease.attempt_token, reading_of(read, 0.99), acceptance(read)).unwrap();
        let open = world.get(&billed.id);
        assert_eq!((open.state, open.correction), (State::InReview, Some(Question::Open)));
        assert_eq!((open.plate.as_deref(), open.reason.as_deref()), (Some(read), Some("reopened")));
        assert_eq!(export(&world.ledger, NOW), None, "billing is told nothing by a machine");
        let decided = decide_again(&world, &billed.id, &plate("ABC1234"));
        assert_eq!(decided.decided_by.as_deref(), Some("tok_a"));
        counts(&world);
    }
}

#[test]
fn decided_as_it_was_billed_nothing_is_sent() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    let same = texan("ABC1234");
    let confirmed = decide_again(&world, &billed.id, &same);
    assert_eq!((confirmed.export_sequence, confirmed.correction), (Some(1), None));
    assert_eq!(counts(&world).billed, 1);
    assert_eq!(export(&world.ledger, NOW), None);
    // Another issuer bills somebody else.
    decide_again(&world, &billed.id, &plate("ABC1234"));
    assert_eq!(rows(&world, &world.export(NOW))[0].jurisdiction.as_deref(), Some("us-ok"));
    // And withdrawn twice is withdrawn once.
    decide_again(&world, &billed.id, &reject());
    world.export(NOW);
    decide_again(&world, &billed.id, &reject());
    assert_eq!((export(&world.ledger, NOW), counts(&world).withdrawn), (None, 1));
}

#[test]
fn a_decision_that_changes_before_it_is_published_is_corrected_once_with_the_last_word() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    decide_again(&world, &billed.id, &plate("FIRST12"));
    decide_again(&world, &billed.id, &reject());
    decide_again(&world, &billed.id, &plate("LAST567"));
    assert_eq!(counts(&world).awaiting_correction, 1);
    let found = rows(&world, &world.export(NOW));
    assert_eq!((found.len(), found[0].revision, found[0].plate.as_deref()), (1, 2, Some("LAST567")));
    counts(&world);
}

#[test]
fn a_correction_that_is_on_its_way_is_published_before_its_passage_is_opened_again() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    decide_again(&world, &billed.id, &plate("XYZ9876"));
    let bound = bind(&world);
    let again = |why: &str| {
        let version = world.get(&billed.id).version;
        world.ledger.reopen(NOW, &reviewer("tok_s"), &billed.id, version, why, Why::Error)
    };
    assert_eq!(again("at once"), Err(Failure::Refused(Refusal::BoundToExport(2))));
    let version = world.get(&billed.id).version;
    let undone = world.ledger.undo(NOW, &reviewer("tok_a"), &billed.id, version);
    assert_eq!(undone, Err(Failure::Refused(Refusal::BoundToExport(2))));
    publish(&world.ledger, NOW, &bound);
    let undone = world.ledger.undo(NOW, &reviewer("tok_a"), &billed.id, version);
    assert_eq!(undone, Err(Failure::Refused(Refusal::BoundToExport(2))), "published is not taken back by its reviewer");
    again("now").unwrap();
    counts(&world);
}

#[test]
fn bill_lines_go_first_and_corrections_at_once_after_them() {
    let world = world();
    let billed = world.accepted("1", "ABC1234");
    world.export(NOW);
    decide_again(&world, &billed.id, &plate("XYZ9876"));
    world.accepted("2", "DEF5678");
    let scheduled = |now| world.ledger.begin_export(now, &exporter(), Cause::Scheduled).unwrap();
    assert!(matches!(scheduled(NOW + MINUTE), Begun::NotDue(_)), "corrections wait for their hour as well");
    let mut kinds = Vec::new();
    while let Begun::Proceed(bound) = scheduled(NOW + HOUR) {
        kinds.push((publish(&world.ledger, NOW + HOUR, &bound).kind, bound.rows));
    }
    assert_eq!(kinds, [(Kind::Lines, 1), (Kind::Corrections, 1)]);
}

#[test]
fn files_of_corrections_are_cut_as_bill_files_are() {
    let world = world();
    let ids: Vec<_> = (0..5).map(|n| world.accepted(&format!("{n}"), &format!("OLD{n}777")).id).collect();
    world.export(NOW);
    for (n, id) in ids.iter().enumerate() {
        decide_again(&world, id, &plate(&format!("{n}{n}NEW{n}{n}")));
    }
    world.set(&[("export.max_rows", "2")]);
    let mut sizes = Vec::new();
    while let Some(published) = export(&world.ledger, NOW) {
        sizes.push(rows(&world, &published).len());
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(counts(&world).billed, 5);
}

/// What somebody with a database tool could do, once the guards are gone.
#[test]
fn a_correction_without_its_line_two_of_one_line_and_a_lost_one_show() {
    let guards = [
        "DROP TRIGGER correction_of_a_line",
        "DROP TRIGGER correction_stays",
        "DROP TRIGGER correction_stays_there",
        "DROP TRIGGER bill_line_stays_there",
        "DROP TRIGGER event_stays_there",
        "PRAGMA foreign_keys = OFF",
    ];
    let found = |damage: &str| {
        let world = world();
        corrected(&world, "1", "ABC1234", "XYZ9876");
        let withdrawn = world.accepted("2", "DEF5678");
        world.export(NOW);
        decide_again(&world, &withdrawn.id, &reject());
        world.export(NOW);
        for statement in guards.iter().copied().chain([damage]) {
            world.sql(statement).unwrap();
        }
        let contradictions = world.ledger.inspect(0, 100).unwrap().contradictions.len();
        let balance = world.ledger.balance(None, None).map_or(1, |rows| {
            rows.iter().flat_map(|r| tollbooth_pipeline::balance::violations(&r.from_events, &r.from_state)).count()
        });
        (contradictions, balance)
    };
    assert_eq!(found("SELECT 1"), (0, 0), "the guards themselves are not what is found");
    for damage in [
        "DELETE FROM correction WHERE action = 'replace'",
        "DELETE FROM correction WHERE action = 'withdraw'",
        "UPDATE correction SET corrects_export = 3",
        "UPDATE correction SET revision = 3",
        "UPDATE correction SET plate = 'XYZ9877' WHERE action = 'replace'",
        "UPDATE correction SET jurisdiction = 'us-ca' WHERE action = 'replace'",
        "UPDATE correction SET plate_type = 'trailer' WHERE action = 'replace'",
        "INSERT INTO correction (export_sequence, passage_sequence, revision, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour) SELECT export_sequence, passage_sequence, revision + 1, corrects_export, action, cause, plate, jurisdiction, reject_code, decided_by, booth_id, received_hour FROM correction",
        "DELETE FROM bill_line WHERE line = 1",
    ] {
        assert!(found(damage).0 > 0, "{damage}");
    }
    for damage in ["DELETE FROM event WHERE kind = 'corrected'", "DELETE FROM event WHERE kind = 'recalled'"] {
        assert!(found(damage).1 > 0, "{damage}");
    }
}
