//! What people did and looked at, as supervisors read it.

use crate::booth::*;

const DAY: i64 = 86_400_000;

#[test]
fn a_look_is_written_once_a_day_for_each_person_and_photo() {
    let world = world();
    let id = world.record(&passage("key-1")).passage;
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_ann"), &[3; 32]).unwrap();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_bob"), &[4; 32]).unwrap();
    for at in [NOW, NOW + 1, NOW + 2] {
        world.ledger.note_look(at, "tok_ann", &id).unwrap();
    }
    world.ledger.note_look(NOW, "tok_bob", &id).unwrap();
    world.ledger.note_look(NOW + DAY, "tok_ann", &id).unwrap();
    world.ledger.note_look(NOW, "tok_ann", "psg_none").unwrap();
    let all = world.ledger.looks(None, None, None, 50).unwrap();
    let seen: Vec<_> = all.iter().map(|look| (look.token.as_str(), look.at)).collect();
    assert_eq!(seen, [("tok_ann", NOW + DAY), ("tok_bob", NOW), ("tok_ann", NOW)]);
    assert_eq!(world.ledger.looks(Some("tok_bob"), None, None, 50).unwrap().len(), 1);
    assert_eq!(world.ledger.looks(None, Some(&id), Some(all[1].number), 50).unwrap(), [all[2].clone()]);
    assert_eq!(world.ledger.looks(None, Some("psg_none"), None, 50).unwrap(), []);
}

#[test]
fn looks_go_when_they_are_old_and_not_before() {
    let world = world();
    let id = world.record(&passage("key-1")).passage;
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_ann"), &[3; 32]).unwrap();
    world.ledger.note_look(NOW, "tok_ann", &id).unwrap();
    world.ledger.note_look(NOW + 400 * DAY, "tok_ann", &id).unwrap();
    assert_eq!(world.number("SELECT count(*) FROM photo_view"), 2);
    world.ledger.note_look(NOW + 401 * DAY, "tok_ann", &id).unwrap();
    assert_eq!(world.number("SELECT count(*) FROM photo_view"), 2);
}

#[test]
fn the_log_has_what_people_did_and_not_what_machines_did() {
    let world = world();
    world.record(&passage("key-1"));
    let all = world.ledger.deeds(&operator(), None, None, 200).unwrap();
    assert!(!all.is_empty() && all.iter().all(|deed| deed.actor_role == "operator"), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].sequence > pair[1].sequence));
    let first = all.last().unwrap();
    assert_eq!(world.ledger.deeds(&operator(), None, Some(first.sequence), 200).unwrap(), []);
    assert_eq!(world.ledger.deeds(&operator(), Some("tok_nobody"), None, 200).unwrap(), []);
    assert_eq!(world.ledger.deeds(&operator(), Some(&first.actor_id), None, 1).unwrap().len(), 1);
}
