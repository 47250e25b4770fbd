//! The balance and the status.

use tollbooth_ledger::audit::Status;
use tollbooth_ledger::export::Cause;
use tollbooth_pipeline::balance::violations;

use crate::booth::*;

#[test]
fn the_balance_is_kept_by_hour_and_booth_and_filtered_by_hour() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    for (hour, booth) in [(0, BOOTH), (0, "south-1"), (1, BOOTH), (2, BOOTH)] {
        let new = passage_at(booth, &format!("{hour}"), &format!("{hour}{booth}"), NOW);
        world.ledger.record_passage(NOW + hour * HOUR, &new).unwrap();
    }
    let rows = |from, to| {
        let rows = world.ledger.balance(from, to).unwrap();
        rows.into_iter().map(|row| (row.hour, row.booth)).collect::<Vec<_>>()
    };
    let row = |hour: &str, booth: &str| (format!("2026-11-20T{hour}"), booth.to_owned());
    let all = [row("10", BOOTH), row("10", "south-1"), row("11", BOOTH), row("12", BOOTH)];
    assert_eq!(rows(None, None), all);
    assert_eq!(rows(Some("2026-11-20T11"), None), all[2..]);
    assert_eq!(rows(None, Some("2026-11-20T11")), all[..2]);
    assert_eq!(rows(Some("2026-11-20T11"), Some("2026-11-20T12")), all[2..3]);
}

#[test]
fn accepted_is_billed_only_when_its_export_is_published() {
    let world = world();
    world.accepted("1", "ABC1234");
    let counts = || {
        let row = world.ledger.balance(None, None).unwrap().remove(0);
        assert_eq!(violations(&row.from_events, &row.from_state), [""; 0]);
        (row.from_state.accepted, row.from_state.awaiting_export, row.from_state.billed)
    };
    assert_eq!(counts(), (1, 1, 0));
    world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    assert_eq!(counts(), (1, 1, 0), "bound is not billed");
    world.export(NOW);
    assert_eq!(counts(), (1, 0, 1));
}

#[test]
fn what_falls_through_the_cracks_shows_in_the_balance() {
    let tampered = |statements: &[&str]| {
        let world = world();
        world.accepted("1", "ABC1234");
        world.accepted("2", "XYZ9876");
        world.export(NOW);
        world.record(&passage("3"));
        world.assert_balanced();
        for statement in statements {
            world.sql(statement).unwrap();
        }
        match world.ledger.balance(None, None) {
            Ok(rows) => rows.iter().flat_map(|row| violations(&row.from_events, &row.from_state)).count(),
            Err(_) => 1,
        }
    };
    let drop_guards = [
        "DROP TRIGGER passage_stays",
        "DROP TRIGGER passage_moves",
        "DROP TRIGGER event_stays_there",
        "DROP TRIGGER bill_line_stays_there",
        "PRAGMA foreign_keys = OFF",
    ];
    for damage in [
        "DELETE FROM passage WHERE state = 'waiting'",
        "DELETE FROM event WHERE kind = 'received' AND sequence = (SELECT max(sequence) FROM event WHERE kind = 'received')",
        "DELETE FROM event WHERE kind = 'billed'",
        "DELETE FROM event WHERE kind = 'accepted'",
        "DELETE FROM bill_line WHERE line = 1",
        "UPDATE passage SET state = 'reading', lease_token = 'x', leased_at_ms = 0, lease_expires_at_ms = 0, waiting_since_ms = NULL WHERE state = 'waiting'",
    ] {
        let statements: Vec<_> = drop_guards.iter().copied().chain([damage]).collect();
        assert!(tampered(&statements) > 0, "{damage}");
    }
    assert_eq!(tampered(&drop_guards), 0, "the guards themselves are not what is counted");
}

#[test]
fn a_cameras_usual_lag_is_told_when_its_passages_agree_on_one() {
    let world = world();
    assert_eq!(world.ledger.camera_clocks().unwrap(), []);
    for (camera, lags) in
        [("late", [6 * HOUR, 6 * HOUR + SECOND, 6 * HOUR + 2 * SECOND]), ("mixed", [SECOND, HOUR, 24 * HOUR])]
    {
        for (index, lag) in lags.into_iter().enumerate() {
            for again in 0..2 {
                let key = format!("{camera}-{index}-{again}");
                let mut photo = passage_with(&key, &key, NOW - lag);
                photo.camera = camera.to_owned();
                world.ledger.record_passage(NOW, &photo).unwrap();
            }
        }
    }
    let clocks = world.ledger.camera_clocks().unwrap();
    let found: Vec<_> =
        clocks.iter().map(|clock| (clock.camera.as_str(), clock.passages, clock.usual_lag_ms)).collect();
    assert_eq!(found, [("late", 6, 6 * HOUR + SECOND)]);
    assert_eq!((clocks[0].booth.as_str(), clocks[0].time_zone.as_str()), (BOOTH, "America/Chicago"));
}

#[test]
fn the_status_says_what_waits_for_whom_and_since_when() {
    let world = world();
    let nothing = world.ledger.look(NOW).unwrap();
    assert_eq!(
        nothing,
        Status {
            schema_version: tollbooth_ledger::schema::SCHEMA_VERSION,
            open_reviews: 0,
            oldest_open_review: None,
            live_leases: 0,
            overdue_leases: 0,
            oldest_waiting: None,
            last_export_run: None,
            // One interval after it was installed.
            next_export_due: Some(NOW + HOUR),
            undelivered_messages: 0,
            storage_full: false,
            first_hour: None,
        }
    );
    world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    world.ledger.test_alert(NOW, &operator(), "export-empty").unwrap();
    world.in_review("1");
    world.record(&passage("2"));
    world.lease(NOW);
    world.ledger.record_passage(NOW + MINUTE, &passage("3")).unwrap();
    let status = world.ledger.look(NOW + MINUTE - SECOND).unwrap();
    assert_eq!((status.open_reviews, status.oldest_open_review), (1, Some(NOW)));
    assert_eq!((status.live_leases, status.oldest_waiting), (1, Some(NOW + MINUTE)));
    assert_eq!((status.last_export_run, status.next_export_due), (Some(NOW), Some(NOW + HOUR)));
    assert_eq!(status.undelivered_messages, 1);
    assert_eq!(status.first_hour.as_deref(), Some("2026-11-20T10"));
    let late = world.ledger.look(NOW + HOUR).unwrap();
    assert_eq!((late.live_leases, late.overdue_leases), (0, 1), "a lease that ran out is not alive, and shows");
    let just_ended = world.ledger.look(NOW + lease_time() + SECOND).unwrap();
    assert_eq!((just_ended.live_leases, just_ended.overdue_leases), (0, 0), "the next tick will take it back");
}
