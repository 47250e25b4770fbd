//! Earlier photos of a plate, beside the one to decide.

use tollbooth_ledger::review::{Filter, Verdict};
use tollbooth_pipeline::role::Role;

use crate::booth::*;

fn texan_of_another_crossing(plate: &str) -> Verdict {
    Verdict::Plate {
        plate: plate.to_owned(),
        jurisdiction: "us-tx".to_owned(),
        another_crossing: true,
        confirm_placeholder: false,
        plate_type: None,
    }
}

fn decided(world: &World, key: &str, plate: &str, minutes: i64) -> String {
    let id = world.record(&passage_with(key, &format!("photo {key}"), NOW - minutes * MINUTE)).passage;
    let lease = world.lease(NOW);
    let doubt = tollbooth_ledger::reading::Decision::Review(referral(
        tollbooth_pipeline::reason::ReviewReason::LowConfidence,
        Some(plate),
    ));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.7), doubt).unwrap();
    let ann = reviewer("tok_ann");
    let item = world.ledger.claim_next(NOW, &ann, Some(&id), &Filter::default()).unwrap().unwrap();
    world.ledger.submit(NOW, &ann, &id, item.version, &texan_of_another_crossing(plate)).unwrap();
    id
}

#[test]
fn the_latest_photos_of_the_plate_are_shown_those_of_people_first() {
    let world = world();
    let people: Vec<String> = [("1", 500), ("2", 400), ("3", 300)]
        .into_iter()
        .map(|(key, minutes)| decided(&world, key, "BCD1234", minutes))
        .collect();
    let machine = world.accepted("4", "BCD1234").id;
    let other = decided(&world, "5", "XYZ9876", 200);
    let open = world.in_review("6").id;
    let shown = |id: &str, plate: &str| {
        let found = world.ledger.earlier_for(&reviewer("tok_bob"), id, plate).unwrap();
        found.into_iter().map(|one| (one.passage, one.by_person)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&open, "BCD1234"), [(people[2].clone(), true), (people[1].clone(), true)]);
    assert_eq!(shown(&people[2], "BCD1234"), [(people[1].clone(), true), (people[0].clone(), true)], "not itself");
    assert_eq!(shown(&open, "XYZ9876"), [(other, true)]);
    assert_eq!(shown(&open, "NONE"), []);
    assert_eq!(shown("psg_none", "BCD1234"), []);
    let alone = world.accepted("7", "MCH1234").id;
    assert_eq!(shown(&open, "MCH1234"), [(alone, false)]);
    assert_ne!(machine, "");
}

#[test]
fn nothing_is_told_of_a_photo_that_is_read_without_a_suggestion() {
    let world = world();
    let before = decided(&world, "1", "BCD1234", 300);
    world.set(&[("judge.quality_sample_percent", "100"), ("review.unprompted_percent", "100")]);
    let id = world.record(&passage("2")).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("BCD1234", 0.99), acceptance("BCD1234")).unwrap();
    for who in [reviewer("tok_bob"), actor(Role::Supervisor, "tok_sue")] {
        assert_eq!(world.ledger.earlier_for(&who, &id, "BCD1234").unwrap(), [], "{who:?}");
    }
    // Nor is it shown beside others, whatever was answered, until it is billed.
    let ann = reviewer("tok_ann");
    let item = world.ledger.claim_next(NOW, &ann, Some(&id), &Filter::default()).unwrap().unwrap();
    world.ledger.submit(NOW, &ann, &id, item.version, &texan_of_another_crossing("BCD1234")).unwrap();
    world.set(&[("judge.quality_sample_percent", "0")]);
    let open = world.in_review("3").id;
    let shown = world.ledger.earlier_for(&reviewer("tok_bob"), &open, "BCD1234").unwrap();
    assert_eq!(shown.into_iter().map(|one| one.passage).collect::<Vec<_>>(), [before]);
}

#[test]
fn what_somebody_prefers_is_kept_for_them_alone() {
    let world = world();
    for (number, id) in ["tok_ann", "tok_bob"].into_iter().enumerate() {
        let digest = [u8::try_from(number).unwrap() + 1; 32];
        world.ledger.create_token(NOW, &operator(), &camera_token(id), &digest).unwrap();
    }
    assert_eq!(world.ledger.preferences("tok_ann").unwrap(), None);
    for body in [r#"{"theme":"light"}"#, r#"{"theme":"dark"}"#] {
        world.ledger.put_preferences(NOW, "tok_ann", body).unwrap();
        assert_eq!(world.ledger.preferences("tok_ann").unwrap().as_deref(), Some(body));
    }
    assert_eq!(world.ledger.preferences("tok_bob").unwrap(), None);
    world.ledger.put_preferences(NOW, "tok_nobody", "{}").unwrap();
    assert_eq!(world.number("SELECT count(*) FROM preference"), 1);
}
