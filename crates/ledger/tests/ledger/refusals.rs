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
fn the_table_grows_with_hours_and_not_with_attempts() {
    let world = world();
    for _ in 0..100 {
        world.ledger.count_refusal(NOW, BOOTH, "not-a-photo").unwrap();
    }
    world.ledger.count_refusal(NOW, "no-such-booth", "not-a-photo").unwrap();
    assert_eq!(world.number("SELECT count(*) FROM refusal"), 1);
}
