//! Every passage against its own records, and photos without one.

use tollbooth_pipeline::ident::{photo_key, sha256_hex};

use crate::booth::*;

/// Passages in every state, one of them billed.
fn busy_world() -> World {
    let world = world();
    world.accepted("billed", "ABC1234");
    world.export(NOW);
    world.accepted("accepted", "XYZ9876");
    let review = world.in_review("rejected");
    world.claim(NOW, "tok_a", &review.id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &review.id, review.version, &reject()).unwrap();
    world.in_review("in-review");
    world.record(&passage("reading"));
    world.lease(NOW);
    world.record(&passage("waiting"));
    world.record(&passage_with("duplicate", "photo waiting", NOW - 5 * SECOND));
    world
}

#[test]
fn sound_records_contradict_nothing_and_come_page_by_page() {
    let world = busy_world();
    let (mut after, mut photos) = (0, Vec::new());
    loop {
        let page = world.ledger.inspect(after, 3).unwrap();
        assert_eq!(page.contradictions, []);
        photos.extend(page.photos);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(photos.len(), 7);
    let first = &photos[0];
    assert_eq!(first.photo_key, photo_key(BOOTH, "billed", &first.photo_sha256));
    assert_eq!((first.photo_sha256.as_str(), first.photo_bytes), (sha256_hex(b"photo billed").as_str(), 100_000));
}

#[test]
fn whatever_is_changed_behind_the_ledgers_back_shows() {
    let drop_guards = [
        "DROP TRIGGER passage_moves",
        "DROP TRIGGER passage_stays_bound",
        "DROP TRIGGER event_stays",
        "DROP TRIGGER event_stays_there",
        "DROP TRIGGER bill_line_stays",
        "DROP TRIGGER bill_line_stays_there",
        "DROP TRIGGER bill_line_of_accepted",
        "DROP TRIGGER bill_line_binds",
        "PRAGMA foreign_keys = OFF",
    ];
    let contradictions = |damage: &str| {
        let world = busy_world();
        for statement in drop_guards.iter().copied().chain([damage]) {
            world.sql(statement).unwrap();
        }
        world.ledger.inspect(0, 1_000).unwrap().contradictions.len()
    };
    for damage in [
        "UPDATE passage SET version = version + 1 WHERE state = 'accepted'",
        "DELETE FROM event WHERE kind = 'accepted'",
        "DELETE FROM event WHERE kind = 'billed'",
        "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, from_state, to_state, detail) SELECT at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, from_state, to_state, detail FROM event WHERE kind = 'billed'",
        "UPDATE event SET to_state = 'rejected' WHERE kind = 'accepted'",
        "DELETE FROM bill_line",
        "UPDATE bill_line SET plate = 'ABC1235'",
        "UPDATE bill_line SET jurisdiction = 'us-ca'",
        "UPDATE bill_line SET plate_type = 'trailer'",
        "UPDATE bill_line SET export_sequence = 2",
        "UPDATE passage SET plate = 'ABC1235' WHERE export_sequence IS NOT NULL",
        "UPDATE passage SET export_sequence = NULL",
        "INSERT INTO bill_line (export_sequence, passage_sequence, revision, booth_id, received_hour, plate, jurisdiction, jurisdiction_source, decided_by) SELECT export_sequence, passage_sequence, 2, booth_id, received_hour, plate, jurisdiction, jurisdiction_source, decided_by FROM bill_line",
        "UPDATE export SET state = 'bound', published_at_ms = NULL, sha256 = NULL, bytes = NULL, manifest = NULL, manifest_sha256 = NULL",
    ] {
        let guard = "DROP TRIGGER export_published_stays";
        let found = if damage.starts_with("UPDATE export ") {
            let world = busy_world();
            world.sql(guard).unwrap();
            world.sql(damage).unwrap();
            world.ledger.inspect(0, 1_000).unwrap().contradictions.len()
        } else {
            contradictions(damage)
        };
        assert!(found > 0, "{damage}");
    }
    assert_eq!(contradictions("SELECT 1"), 0, "the guards themselves are not what is found");
}

#[test]
fn a_photo_that_no_passage_names_is_found_whatever_its_key_looks_like() {
    let world = world();
    let known = world.get(&world.record(&passage("1")).passage).photo_key;
    let other_photo = photo_key(BOOTH, "1", &sha256_hex(b"another photo"));
    let never_recorded = photo_key(BOOTH, "2", &sha256_hex(b"photo 2"));
    let keys = [known, other_photo.clone(), never_recorded.clone(), "photos/strange".to_owned()];
    assert_eq!(world.ledger.unreferenced(&keys).unwrap(), [&other_photo, &never_recorded, "photos/strange"]);
    assert_eq!(world.ledger.outdone(&keys).unwrap(), [&other_photo], "its passage has another photo");
}
