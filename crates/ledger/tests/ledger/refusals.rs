//! Refused uploads.

use crate::booth::*;

#[test]
fn refused_uploads_are_counted_by_booth_and_reason_within_the_hours_asked_for() {
    let world = world();
    for (hour, reason) in [(0, "image-size"), (0, "image-size"), (1, "image-size"), (1, "not-a-photo")] {
        world.ledger.count_refusal(NOW + hour * HOUR, BOOTH, reason).unwrap();
    }
    let counted = |from, to| {
        let found = world.ledger.refusals(from, to).unwrap();
        found.into_iter().map(|r| (r.booth, r.reason, r.uploads)).collect::<Vec<_>>()
    };
    let row = |reason: &str, uploads| (BOOTH.to_owned(), reason.to_owned(), uploads);
    assert_eq!(counted(None, None), [row("image-size", 3), row("not-a-photo", 1)]);
    assert_eq!(counted(None, Some("2026-11-20T11")), [row("image-size", 2)]);
    assert_eq!(counted(Some("2026-11-20T11"), None), [row("image-size", 1), row("not-a-photo", 1)]);
    world.assert_balanced();
}

#[test]
fn strangers_are_counted_once_a_second_however_many_they_are() {
    let world = world();
    for millisecond in 0..3_000 {
        world.ledger.count_stranger(NOW + millisecond, BOOTH, "unauthorized").unwrap();
    }
    world.ledger.count_stranger(NOW, "no-such-booth", "unauthorized").unwrap();
    let found = world.ledger.refusals(None, None).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].reason.as_str(), found[0].uploads), ("unauthorized", 3));
    // A clock that was set back silences nobody for longer than a second.
    world.ledger.count_stranger(NOW - HOUR + 500, BOOTH, "unauthorized").unwrap();
    assert_eq!(world.ledger.refusals(None, None).unwrap()[0].uploads, 4);
}

#[test]
fn a_full_disk_is_told_for_a_minute_after_the_last_photo_that_had_no_room() {
    let world = world();
    let full = |at| world.ledger.look(at).unwrap().storage_full;
    assert!(!full(NOW));
    for second in 0..100 {
        world.ledger.note_storage_full(NOW + second * SECOND).unwrap();
        assert!(full(NOW + second * SECOND));
    }
    assert_eq!(world.number("SELECT noted_at_ms FROM storage_full"), NOW + 90 * SECOND, "every ten seconds at most");
    assert!(full(NOW + 149 * SECOND) && !full(NOW + 150 * SECOND), "room was made");
    // A clock that was set back.
    world.ledger.note_storage_full(NOW - HOUR).unwrap();
    assert!(full(NOW - HOUR) && !full(NOW));
}

#[test]
fn counts_of_refused_uploads_go_with_the_figures_they_were_added_into() {
    let world = world();
    let day = 24 * HOUR;
    let fold = |at| world.ledger.fold_telemetry(at, 1_000_000).unwrap();
    fold(NOW);
    world.ledger.count_refusal(NOW + MINUTE, BOOTH, "image-size").unwrap();
    world.ledger.count_stranger(NOW + MINUTE, BOOTH, "unauthorized").unwrap();
    fold(NOW + 2 * MINUTE);
    fold(NOW + 730 * day);
    world.ledger.count_refusal(NOW + 730 * day, BOOTH, "image-size").unwrap();
    let uploads = || world.ledger.refusals(None, None).unwrap().iter().map(|r| r.uploads).sum::<u64>();
    assert_eq!(uploads(), 3);
    fold(NOW + 733 * day);
    assert_eq!(uploads(), 1, "those of two years ago are gone, and no others");
}

#[test]
fn the_table_grows_with_hours_and_not_with_attempts() {
    let world = world();
    for _ in 0..100 {
        world.ledger.count_refusal(NOW, BOOTH, "not-a-photo").unwrap();
    }
    world.ledger.count_refusal(NOW, "no-such-booth", "not-a-photo").unwrap();
    assert_eq!(world.number("SELECT count(*) FROM refusal"), 1);
}
