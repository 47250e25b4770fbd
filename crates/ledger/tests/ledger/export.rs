//! Exports: bind, render, publish, and what happens when somebody dies in between.

use tollbooth_ledger::export::{Artefact, Begun, Cause, Export, Refusal};
use tollbooth_ledger::{Failure, LedgerError};
use tollbooth_pipeline::export::GENESIS_SHA256;
use tollbooth_pipeline::export::Manifest;

use crate::booth::*;

fn begin(ledger: &TestLedger, now: i64, cause: Cause) -> Begun {
    ledger.begin_export(now, &exporter(), cause).unwrap()
}

fn bind(world: &World, now: i64) -> Export {
    match begin(&world.ledger, now, Cause::Requested) {
        Begun::Proceed(bound) => *bound,
        other => panic!("{other:?}"),
    }
}

/// Accepted passages with plates of their own.
fn accept_many(world: &World, from: usize, count: usize) {
    for n in from..from + count {
        world.accepted(&format!("p{n}"), &format!("PLATE{n}"));
    }
}

#[test]
fn every_accepted_passage_is_in_exactly_one_export() {
    let world = world();
    accept_many(&world, 0, 3);
    let first = world.export(NOW);
    accept_many(&world, 3, 2);
    let second = world.export(NOW + MINUTE);
    assert_eq!(((first.sequence, first.rows), (second.sequence, second.rows)), ((1, 3), (2, 2)));
    assert_eq!(export(&world.ledger, NOW + 2 * MINUTE), None);
    assert_eq!(world.number("SELECT count(*) FROM bill_line"), 5);
    assert_eq!(world.number("SELECT count(DISTINCT passage_sequence) FROM bill_line"), 5);
    world.assert_balanced();
}

/// Windows are of UTC: where daylight saving begins or ends a day has one less or one more, and no moment is in none of them or in
/// two.
#[test]
fn a_day_of_23_or_25_hours_has_as_many_windows_one_after_the_other() {
    // 2027-03-14 and 2027-11-07 in Chicago, from midnight to midnight.
    for (begins, hours) in [(1_805_004_000_000, 23_u8), (1_825_563_600_000, 25)] {
        let world = world();
        world.accepted("before", "ZZZZ00");
        let mut windows = vec![world.export(begins)];
        for hour in 1..=hours {
            let letter = char::from(b'A' + hour - 1).to_string().repeat(4);
            world.accepted(&format!("p{hour}"), &format!("{letter}{hour:02}"));
            let now = begins + i64::from(hour) * HOUR;
            assert_eq!(begin(&world.ledger, now - 1, Cause::Scheduled), Begun::NotDue(now));
            let Begun::Proceed(bound) = begin(&world.ledger, now, Cause::Scheduled) else { panic!("hour {hour}") };
            windows.push(publish(&world.ledger, now, &bound));
        }
        for pair in windows.windows(2) {
            assert_eq!((pair[1].window_from, pair[1].rows), (Some(pair[0].window_to), 1));
        }
        assert_eq!(windows.last().unwrap().window_to, begins + i64::from(hours) * HOUR);
        let names: std::collections::BTreeSet<_> = windows.iter().map(|export| export.file_name.as_str()).collect();
        assert_eq!(names.len(), usize::from(hours) + 1, "no name of the repeated hour overwrites another");
        world.assert_balanced();
    }
}

#[test]
fn a_bill_line_says_all_that_a_bill_needs() {
    let world = world();
    let passage = world.accepted("1", "ABC1234");
    let bound = bind(&world, NOW);
    let rows = world.ledger.export_rows(bound.sequence, 0, 10).unwrap();
    let (_, line) = &rows[0];
    assert_eq!(line.passage, passage.id);
    assert_eq!((line.booth.as_str(), line.lane.as_str()), (BOOTH, "1"));
    assert_eq!((line.plate.as_str(), line.jurisdiction.as_str()), ("ABC1234", "us-tx"));
    assert_eq!(line.jurisdiction_source, "assumed-from-booth");
    // The capture time, not the time of the last change, which the old system billed by.
    assert_eq!((line.captured_at.as_str(), line.captured_at_instant), (passage.captured_at.as_str(), NOW - 5 * SECOND));
    assert_eq!((line.decided_by.as_str(), line.confidence), ("judge", Some(0.99)));
    assert_eq!(line.photo_name, format!("{}.jpg", passage.id));
    assert_eq!(world.get(&passage.id).export_sequence, Some(1));
}

#[test]
fn bill_lines_are_paged_in_the_order_of_receipt() {
    let world = world();
    accept_many(&world, 0, 5);
    let bound = bind(&world, NOW);
    let mut plates = Vec::new();
    let mut after = 0;
    loop {
        let page = world.ledger.export_rows(bound.sequence, after, 2).unwrap();
        let Some((line, _)) = page.last() else { break };
        after = *line;
        plates.extend(page.into_iter().map(|(_, line)| line.plate));
    }
    assert_eq!(plates, ["PLATE0", "PLATE1", "PLATE2", "PLATE3", "PLATE4"]);
}

#[test]
fn an_export_that_somebody_left_behind_is_finished_first() {
    let world = world();
    accept_many(&world, 0, 2);
    let bound = bind(&world, NOW);
    accept_many(&world, 2, 1);
    for cause in [Cause::Scheduled, Cause::Requested] {
        assert_eq!(begin(&world.another(), NOW + MINUTE, cause), Begun::Proceed(Box::new(bound.clone())));
    }
    assert_eq!(publish(&world.another(), NOW + MINUTE, &bound).published_at, Some(NOW + MINUTE));
    assert_eq!(world.export(NOW + 2 * MINUTE).rows, 1);
    world.assert_balanced();
}

#[test]
fn a_crash_between_any_two_steps_neither_loses_nor_doubles_a_line() {
    let world = world();
    accept_many(&world, 0, 3);
    // Bound, then died: the connection is gone.
    {
        let dying = world.another();
        assert!(matches!(begin(&dying, NOW, Cause::Requested), Begun::Proceed(_)));
    }
    // Rendered and stored, then died; the next one renders the same bytes.
    let Begun::Proceed(bound) = begin(&world.ledger, NOW, Cause::Requested) else { panic!("nothing bound") };
    let rendered = artefact(&world.ledger, &bound);
    let again = artefact(&world.another(), &bound);
    assert_eq!(rendered, again);
    // Published, then died before anybody heard of it: publishing again is the same answer.
    let published = world.ledger.publish_export(NOW, &exporter(), 1, &rendered).unwrap();
    assert_eq!(world.another().publish_export(NOW + HOUR, &exporter(), 1, &again).unwrap(), published);
    assert_eq!(world.number("SELECT count(*) FROM bill_line"), 3);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'billed'"), 3);
    assert_eq!(world.number("SELECT count(*) FROM export_run"), 1);
    world.assert_balanced();
}

#[test]
fn a_transaction_that_died_half_way_binds_nothing() {
    let world = world();
    accept_many(&world, 0, 2);
    {
        let dying = world.another();
        let run = |sql: &str| tollbooth_ledger::db::Db::execute(dying.db(), sql, &[]).unwrap();
        begin_writing(&dying);
        run("INSERT INTO export (sequence, state, cause, profile, file_name, row_count, more_waiting, window_to_ms, bound_at_ms)
             VALUES (1, 'bound', 'requested', 'lab', 'x.csv', 2, 0, 0, 0)");
        run("INSERT INTO bill_line (export_sequence, passage_sequence, revision, booth_id, received_hour, plate,
                 jurisdiction, jurisdiction_source, decided_by)
             SELECT 1, sequence, 1, booth_id, received_hour, plate, jurisdiction, jurisdiction_source, decided_by
             FROM passage WHERE state = 'accepted'");
    }
    assert_eq!(world.number("SELECT count(*) FROM bill_line"), 0);
    assert_eq!(world.export(NOW).rows, 2);
    world.assert_balanced();
}

#[test]
fn nothing_to_export_is_a_recorded_outcome() {
    let world = world();
    assert_eq!(begin(&world.ledger, NOW + HOUR, Cause::Scheduled), Begun::NothingToExport);
    assert_eq!(world.number("SELECT count(*) FROM export_run WHERE outcome = 'nothing-to-export'"), 1);
    assert_eq!(world.number("SELECT count(*) FROM export"), 0);
}

#[test]
fn a_scheduled_export_waits_for_its_interval_and_a_requested_one_does_not() {
    let world = world();
    accept_many(&world, 0, 1);
    assert_eq!(export(&world.ledger, NOW).unwrap().cause, "requested");
    accept_many(&world, 1, 1);
    assert_eq!(begin(&world.ledger, NOW + 59 * MINUTE, Cause::Scheduled), Begun::NotDue(NOW + HOUR));
    assert_eq!(world.number("SELECT count(*) FROM export_run"), 1, "not due is no run");
    world.set(&[("export.interval_minutes", "30")]);
    assert!(matches!(begin(&world.ledger, NOW + 59 * MINUTE, Cause::Scheduled), Begun::Proceed(_)));
}

#[test]
fn the_interval_counts_from_the_start_of_a_run_that_found_nothing_too() {
    let world = world();
    assert_eq!(begin(&world.ledger, NOW + HOUR, Cause::Scheduled), Begun::NothingToExport);
    assert_eq!(begin(&world.ledger, NOW + HOUR + MINUTE, Cause::Scheduled), Begun::NotDue(NOW + 2 * HOUR));
    assert_eq!(world.number("SELECT count(*) FROM export_run"), 1, "one run an hour, not one a tick");
    assert_eq!(begin(&world.ledger, NOW + 2 * HOUR, Cause::Scheduled), Begun::NothingToExport);
}

#[test]
fn a_new_installation_raises_no_alarm_and_exports_what_there_is_at_once() {
    let world = world();
    assert_eq!(begin(&world.ledger, NOW + MINUTE, Cause::Scheduled), Begun::NotDue(NOW + HOUR));
    assert_eq!(world.number("SELECT count(*) FROM export_run"), 0);
    accept_many(&world, 0, 1);
    assert!(matches!(begin(&world.ledger, NOW + MINUTE, Cause::Scheduled), Begun::Proceed(_)));
}

#[test]
fn a_run_timed_by_a_clock_that_jumped_ahead_delays_nothing() {
    let world = world();
    assert_eq!(begin(&world.ledger, NOW + 365 * 24 * HOUR, Cause::Scheduled), Begun::NothingToExport);
    accept_many(&world, 0, 1);
    assert!(matches!(begin(&world.ledger, NOW, Cause::Scheduled), Begun::Proceed(_)));
}

#[test]
fn what_does_not_fit_into_one_file_is_due_at_once() {
    let world = world();
    world.set(&[("export.max_rows", "2")]);
    accept_many(&world, 0, 5);
    let mut rows = Vec::new();
    loop {
        match begin(&world.ledger, NOW, Cause::Scheduled) {
            Begun::Proceed(bound) => rows.push(publish(&world.ledger, NOW, &bound).rows),
            Begun::NotDue(at) => break assert_eq!(at, NOW + HOUR),
            Begun::NothingToExport => panic!("an export that was finished is no empty run"),
        }
    }
    assert_eq!(rows, [2, 2, 1]);
    world.assert_balanced();
}

#[test]
fn leftovers_that_were_reopened_meanwhile_are_no_empty_run() {
    let world = world();
    world.set(&[("export.max_rows", "1")]);
    world.accepted("1", "ABC1234");
    let second = world.accepted("2", "XYZ9876");
    world.export(NOW);
    world
        .ledger
        .reopen(NOW, &reviewer("tok_s"), &second.id, second.version, "doubt", tollbooth_pipeline::export::Cause::Error)
        .unwrap();
    assert_eq!(begin(&world.ledger, NOW + MINUTE, Cause::Scheduled), Begun::NotDue(NOW + HOUR));
    assert_eq!(world.number("SELECT count(*) FROM export_run WHERE outcome = 'nothing-to-export'"), 0);
}

#[test]
fn two_exports_within_one_second_have_names_of_their_own() {
    let world = world();
    accept_many(&world, 0, 1);
    let first = world.export(NOW);
    accept_many(&world, 1, 1);
    let second = world.export(NOW + 999);
    assert_eq!(first.file_name, "2026-11-20T10:00:00.csv");
    assert_eq!(second.file_name, "2026-11-20T10:00:00-2.csv");
}

#[test]
fn windows_join_and_manifests_form_a_chain() {
    let world = world();
    accept_many(&world, 0, 1);
    let first = world.export(NOW);
    accept_many(&world, 1, 1);
    let second = world.export(NOW + HOUR);
    assert_eq!((first.window_from, first.window_to), (None, NOW));
    assert_eq!((second.window_from, second.window_to), (Some(NOW), NOW + HOUR));
    assert_eq!(first.previous_manifest_sha256.as_deref(), Some(GENESIS_SHA256));
    assert_eq!(second.previous_manifest_sha256, first.manifest_sha256);
    let manifest: Manifest = serde_json::from_str(second.manifest.as_deref().unwrap()).unwrap();
    assert_eq!(Some(manifest.previous_manifest_sha256), first.manifest_sha256);
    assert_eq!(world.ledger.published_exports(0, 10).unwrap(), [first, second.clone()]);
    assert_eq!(world.ledger.published_exports(1, 10).unwrap(), [second]);
}

#[test]
fn windows_never_run_backwards_when_the_clock_does() {
    let world = world();
    accept_many(&world, 0, 1);
    world.export(NOW);
    accept_many(&world, 1, 1);
    let second = world.export(NOW - HOUR);
    assert_eq!((second.window_from, second.window_to, second.bound_at), (Some(NOW), NOW, NOW - HOUR));
}

#[test]
fn billing_sees_published_exports_only() {
    let world = world();
    accept_many(&world, 0, 1);
    let bound = bind(&world, NOW);
    assert!(world.ledger.published_exports(0, 10).unwrap().is_empty());
    assert_eq!(world.ledger.export(bound.sequence).unwrap(), Some(bound));
    assert_eq!(world.ledger.export(2).unwrap(), None);
}

fn resigned(artefact: &Artefact, change: impl FnOnce(&mut Manifest)) -> Artefact {
    let mut manifest: Manifest = serde_json::from_str(&artefact.manifest).unwrap();
    change(&mut manifest);
    let text = manifest.to_json().unwrap();
    Artefact { manifest_sha256: Manifest::sha256_of(&text), manifest: text, ..artefact.clone() }
}

#[test]
fn a_manifest_that_does_not_describe_its_export_is_not_published() {
    let world = world();
    accept_many(&world, 0, 1);
    let bound = bind(&world, NOW);
    let good = artefact(&world.ledger, &bound);
    let bad = [
        resigned(&good, |m| m.rows = 2),
        resigned(&good, |m| m.sequence = 2),
        resigned(&good, |m| m.file_name = "other.csv".into()),
        resigned(&good, |m| m.bytes += 1),
        Artefact { sha256: "0".repeat(64), ..good.clone() },
        Artefact { manifest_sha256: "0".repeat(64), ..good.clone() },
    ];
    for artefact in bad {
        let answer = world.ledger.publish_export(NOW, &exporter(), bound.sequence, &artefact);
        assert!(matches!(answer, Err(Failure::Ledger(LedgerError::Damaged(_)))), "{answer:?}");
    }
    let forked = resigned(&good, |m| m.previous_manifest_sha256 = "f".repeat(64));
    let answer = world.ledger.publish_export(NOW, &exporter(), bound.sequence, &forked);
    assert_eq!(answer, Err(Failure::Refused(Refusal::OutOfOrder)));
    let missing = world.ledger.publish_export(NOW, &exporter(), 2, &good);
    assert_eq!(missing, Err(Failure::Refused(Refusal::NotFound)));
    assert!(world.ledger.published_exports(0, 10).unwrap().is_empty());
}

#[test]
fn publishing_other_content_under_a_published_name_is_refused() {
    let world = world();
    accept_many(&world, 0, 1);
    let bound = bind(&world, NOW);
    let good = artefact(&world.ledger, &bound);
    world.ledger.publish_export(NOW, &exporter(), 1, &good).unwrap();
    let other = resigned(&good, |m| m.rows = 2);
    let answer = world.ledger.publish_export(NOW, &exporter(), 1, &other);
    assert_eq!(answer, Err(Failure::Refused(Refusal::DifferentContent)));
}

#[test]
fn the_profile_is_that_of_the_time_of_binding() {
    let world = world();
    accept_many(&world, 0, 1);
    world.set(&[("export.profile", "\"full\"")]);
    let bound = bind(&world, NOW);
    world.set(&[("export.profile", "\"lab\"")]);
    assert_eq!(publish(&world.ledger, NOW, &bound).profile, "full");
}

/// An accepted passage that was captured and received at these moments.
fn accept_at(world: &World, key: &str, plate: &str, captured_at: i64, received_at: i64) {
    world.ledger.record_passage(received_at, &passage_with(key, key, captured_at)).unwrap();
    let lease = world.ledger.lease_work(received_at, "a", 1, OURS).unwrap().leases.remove(0);
    world.ledger.settle(received_at, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
}

/// Windows are hours of UTC, so a day of the booth on which clocks change has one less, or one more, and none twice.
#[test]
fn a_local_day_has_23_windows_when_clocks_go_forward_and_25_when_they_go_back() {
    // In Chicago, from midnight to midnight: 8 March 2026 (CST to CDT) and 1 November 2026 (CDT to CST).
    // 2026-03-08T06:00:00Z and 2026-11-01T05:00:00Z.
    for (midnight, hours) in [(1_772_949_600_000, 23), (1_793_509_200_000, 25)] {
        let world = world();
        accept_at(&world, "before", "BEFORE1", midnight - MINUTE, midnight - MINUTE);
        assert_eq!(scheduled(&world, midnight), Some(1), "the window that ends at midnight");
        for hour in 0..hours {
            let half_past = midnight + hour * HOUR + 30 * MINUTE;
            accept_at(&world, &format!("h{hour}"), &format!("HR{hour:02}X{hour:02}"), half_past, half_past);
            assert_eq!(scheduled(&world, half_past + MINUTE), None, "one window an hour");
            assert_eq!(scheduled(&world, midnight + (hour + 1) * HOUR), Some(1), "hour {hour}");
        }
        let exports = world.ledger.published_exports(1, 100).unwrap();
        assert_eq!(exports.len(), usize::try_from(hours).unwrap());
        assert_eq!(
            (exports[0].window_from, exports.last().unwrap().window_to),
            (Some(midnight), midnight + hours * HOUR)
        );
        let names: std::collections::BTreeSet<_> = exports.iter().map(|export| &export.file_name).collect();
        assert_eq!(names.len(), exports.len(), "the hour that comes twice has two names");
        for pair in exports.windows(2) {
            assert_eq!(pair[1].window_from, Some(pair[0].window_to));
        }
    }
}

/// A scheduled run: the lines of what it published, none when it was not due.
fn scheduled(world: &World, now: i64) -> Option<u32> {
    match begin(&world.ledger, now, Cause::Scheduled) {
        Begun::Proceed(bound) => Some(publish(&world.ledger, now, &bound).rows),
        Begun::NotDue(_) => None,
        Begun::NothingToExport => panic!("nothing to export"),
    }
}

#[test]
fn a_passage_that_comes_late_is_in_the_next_file_and_a_batch_that_is_full_goes_on_at_once() {
    let world = world();
    world.set(&[("export.max_rows", "2")]);
    accept_at(&world, "first", "FST1234", NOW, NOW);
    assert_eq!(scheduled(&world, NOW + HOUR), Some(1));
    // Captured before the window that is exported already.
    accept_at(&world, "late", "LAT5678", NOW - 3 * HOUR, NOW + HOUR + MINUTE);
    for n in 0..2 {
        let at = NOW + HOUR + (2 + n) * MINUTE;
        accept_at(&world, &format!("n{n}"), &format!("NEW{n}{n}{n}{n}"), at, at);
    }
    assert_eq!(scheduled(&world, NOW + 2 * HOUR), Some(2), "a batch");
    assert_eq!(scheduled(&world, NOW + 2 * HOUR), Some(1), "what is left over, without waiting for the next hour");
    assert_eq!(scheduled(&world, NOW + 2 * HOUR), None);
    let second = world.ledger.export_rows(2, 0, 10).unwrap();
    assert!(second.iter().any(|(_, line)| line.plate == "LAT5678"), "{second:?}");
    assert_eq!(world.number("SELECT count(*) - count(DISTINCT passage_sequence) FROM bill_line"), 0);
}
