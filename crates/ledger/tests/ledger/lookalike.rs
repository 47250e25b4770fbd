//! The near-neighbour guard, and what it remembers.

use tollbooth_ledger::passages::Passage;
use tollbooth_ledger::reading::{Acceptance, Decision};
use tollbooth_ledger::review::Filter;
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;

const DAY: i64 = 24 * HOUR;

/// A passage that the judge found safe with this plate, so many days ago.
fn passes(world: &World, key: &str, plate: &str, days_ago: i64) -> Passage {
    passes_read_as(world, key, plate, plate, days_ago)
}

/// The same, where the issuer's series chose the plate and the recogniser read another text first.
fn passes_read_as(world: &World, key: &str, read: &str, plate: &str, days_ago: i64) -> Passage {
    let taken = NOW - days_ago * DAY;
    let id = world.record(&passage_with(key, &format!("photo {key}"), taken)).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(read, 0.99), acceptance(plate)).unwrap();
    world.get(&id)
}

fn says(world: &World, id: &str, plate: &str) {
    let who = reviewer("tok_ann");
    let item = world.ledger.claim_next(NOW, &who, Some(id), &Filter::default()).unwrap().unwrap();
    let verdict = texan(plate);
    world.ledger.submit(NOW, &who, id, item.version, &verdict).unwrap();
}

#[test]
fn a_plate_one_character_from_a_commuters_goes_to_a_person_once_with_both_shown() {
    let world = world();
    for n in 0..5 {
        assert_eq!(passes(&world, &format!("c{n}"), "KBR4657", n + 11).state, State::Accepted);
    }
    let doubted = passes(&world, "odd", "KBR4651", 0);
    assert_eq!((doubted.state, doubted.reason.as_deref()), (State::InReview, Some("look-alike")));
    let detail = doubted.detail.unwrap();
    assert!(detail.contains("KBR4651") && detail.contains("KBR4657") && detail.contains("5 times"), "{detail}");
    let beside = world.ledger.related_to(&doubted.id).unwrap();
    let shown: Vec<_> = beside.iter().map(|other| (other.relation.as_str(), other.plate.as_deref())).collect();
    assert_eq!(shown, [("look-alike", Some("KBR4657")); 2], "the latest two");
    // A vehicle of its own, says the person: from now on the machine bills it here.
    says(&world, &doubted.id, "KBR4651");
    assert_eq!(passes(&world, "again", "KBR4651", 2).state, State::Accepted);
    // A fleet's next plate is another plate, and far away nobody knows the commuter.
    assert_eq!(passes(&world, "fleet", "KBR4658", 3).state, State::Accepted);
    world.assert_balanced();
}

#[test]
fn few_and_old_sightings_and_a_guard_that_is_off_hold_nothing_back() {
    let world = world();
    for n in 0..4 {
        passes(&world, &format!("few{n}"), "KBR4657", n + 1);
        passes(&world, &format!("old{n}"), "XYZ9B87", 100 + n);
    }
    passes(&world, "old4", "XYZ9B87", 120);
    assert_eq!(passes(&world, "a", "KBR4651", 0).state, State::Accepted, "four times is not often");
    assert_eq!(passes(&world, "b", "XYZ9887", 0).state, State::Accepted, "a hundred days ago");
    passes(&world, "few4", "KBR4657", 9);
    world.set(&[("judge.look_alike_sightings", "0")]);
    assert_eq!(passes(&world, "c", "KBR4651", 30).state, State::Accepted);
    world.set(&[("judge.look_alike_sightings", "5")]);
    assert_eq!(passes(&world, "d", "KBR4653", 0).state, State::Accepted);
    assert_eq!(passes(&world, "e", "K8R4657", 0).state, State::InReview);
}

#[test]
fn a_correction_that_was_upheld_is_never_billed_by_the_machine_again() {
    let world = world();
    let wrong = passes(&world, "1", "ABC0MU1", 1);
    assert_eq!(wrong.state, State::Accepted);
    let sue = actor(Role::Supervisor, "tok_sue");
    world
        .ledger
        .reopen(NOW, &sue, &wrong.id, wrong.version, "the owner called", tollbooth_pipeline::export::Cause::Dispute)
        .unwrap();
    says(&world, &wrong.id, "ABC0WU1");
    let again = passes(&world, "2", "ABC0MU1", 0);
    assert_eq!((again.state, again.reason.as_deref()), (State::InReview, Some("look-alike")));
    assert!(again.detail.unwrap().contains("ABC0WU1"));
    let beside = world.ledger.related_to(&again.id).unwrap();
    assert!(beside.iter().any(|other| other.plate.as_deref() == Some("ABC0WU1")), "{beside:?}");
    // Even when a person says that this time it is right.
    says(&world, &again.id, "ABC0MU1");
    assert_eq!(passes(&world, "3", "ABC0MU1", 5).state, State::InReview);
    // The correction itself is doubted: then it is no ground any more.
    let corrected = world.get(&wrong.id);
    world
        .ledger
        .reopen(NOW, &sue, &wrong.id, corrected.version, "looked again", tollbooth_pipeline::export::Cause::Error)
        .unwrap();
    says(&world, &wrong.id, "ABC0MU1");
    assert_eq!(passes(&world, "4", "ABC0MU1", 7).state, State::Accepted);
    world.assert_balanced();
}

#[test]
fn what_the_series_chose_wrongly_is_remembered_not_what_was_read_first() {
    let world = world();
    let wrong = passes_read_as(&world, "1", "GTO48B", "GT048B", 1);
    assert_eq!(wrong.plate.as_deref(), Some("GT048B"));
    let sue = actor(Role::Supervisor, "tok_sue");
    world
        .ledger
        .reopen(NOW, &sue, &wrong.id, wrong.version, "the owner called", tollbooth_pipeline::export::Cause::Dispute)
        .unwrap();
    says(&world, &wrong.id, "GT0488");
    let again = passes_read_as(&world, "2", "GTO48B", "GT048B", 0);
    assert_eq!((again.state, again.reason.as_deref()), (State::InReview, Some("look-alike")));
}

#[test]
fn the_error_of_a_sample_is_remembered_as_well() {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100")]);
    let drawn = passes(&world, "1", "A8C1234", 1);
    says(&world, &drawn.id, "ABC1234");
    let sue = actor(Role::Supervisor, "tok_sue");
    let item = world.ledger.claim_next(NOW, &sue, Some(&drawn.id), &Filter::default()).unwrap().unwrap();
    let right = texan("ABC1234");
    world.ledger.submit(NOW, &sue, &drawn.id, item.version, &right).unwrap();
    world.set(&[("judge.quality_sample_percent", "0")]);
    assert_eq!(passes(&world, "2", "A8C1234", 0).reason.as_deref(), Some("look-alike"));
    assert_eq!(passes(&world, "3", "ABC1234", 4).state, State::Accepted, "what is right is billed");
}

/// A passage that the judge found safe for an issuer whose register does not tell O from 0.
fn passes_in_florida(world: &World, key: &str, plate: &str, days_ago: i64) -> Passage {
    passes_in_florida_at(world, key, plate, NOW - days_ago * DAY)
}

fn passes_in_florida_at(world: &World, key: &str, plate: &str, taken: i64) -> Passage {
    let id = world.record(&passage_with(key, &format!("photo {key}"), taken)).passage;
    let lease = world.lease(NOW);
    let accepted = Decision::Accept(Acceptance {
        plate: plate.to_owned(),
        jurisdiction: "us-fl".to_owned(),
        source: JurisdictionSource::Read,
        confidence: 0.99,
    });
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.99), accepted).unwrap();
    world.get(&id)
}

fn says_florida(world: &World, id: &str, plate: &str) {
    let who = reviewer("tok_ann");
    let item = world.ledger.claim_next(NOW, &who, Some(id), &Filter::default()).unwrap().unwrap();
    let verdict = plate_of("us-fl", plate, None);
    world.ledger.submit(NOW, &who, id, item.version, &verdict).unwrap();
}

#[test]
fn the_spellings_of_a_commuters_plate_count_together_and_what_was_confirmed_in_one_is_confirmed_in_the_other() {
    let world = world();
    for (n, plate) in ["KBO4657", "KB04657", "KBO4657", "KB04657", "KBO4657"].into_iter().enumerate() {
        assert_eq!(passes_in_florida(&world, &format!("c{n}"), plate, n as i64 + 11).state, State::Accepted);
    }
    let doubted = passes_in_florida(&world, "odd", "KBO4651", 0);
    assert_eq!(doubted.reason.as_deref(), Some("look-alike"), "seen five times, in two spellings");
    let beside = world.ledger.related_to(&doubted.id).unwrap();
    assert!(beside.iter().any(|other| other.relation.as_str() == "look-alike"), "{beside:?}");
    says_florida(&world, &doubted.id, "KBO4651");
    assert_eq!(passes_in_florida(&world, "again", "KB04651", 2).state, State::Accepted, "one owner");
    world.assert_balanced();
}

#[test]
fn another_spelling_that_the_register_looks_up_alike_is_no_misreading_and_elsewhere_it_is() {
    let world = world();
    let cause = tollbooth_pipeline::export::Cause::Dispute;
    let sue = actor(Role::Supervisor, "tok_sue");
    let corrected = |key: &str, read: &str, right: &str, florida: bool, days: i64| {
        let passage =
            if florida { passes_in_florida(&world, key, read, days) } else { passes(&world, key, read, days) };
        world.ledger.reopen(NOW, &sue, &passage.id, passage.version, "the owner called", cause).unwrap();
        if florida { says_florida(&world, &passage.id, right) } else { says(&world, &passage.id, right) }
    };
    corrected("fl", "AO10XYZ", "A010XYZ", true, 1);
    assert_eq!(world.number("SELECT count(*) FROM confusion"), 0, "the same owner");
    assert_eq!(passes_in_florida(&world, "fl again", "AO10XYZ", 3).state, State::Accepted);
    corrected("tx", "BO10XYZ", "B010XYZ", false, 5);
    assert_eq!(passes(&world, "tx again", "BO10XYZ", 7).reason.as_deref(), Some("look-alike"));
    // Misread in one spelling, it is not billed in another that the register looks up alike.
    corrected("fl key", "KBO4651", "KBO4657", true, 9);
    assert_eq!(passes_in_florida(&world, "fl other", "KB04651", 11).reason.as_deref(), Some("look-alike"));
    world.assert_balanced();
}

#[test]
fn by_an_operator_s_rules_another_spelling_is_another_owner() {
    let world = world();
    world.set(&[("judge.keying_rules", "\"us-fl\"")]);
    let wrong = passes_in_florida(&world, "1", "AO10XYZ", 1);
    assert_eq!(wrong.state, State::Accepted);
    let (sue, cause) = (actor(Role::Supervisor, "tok_sue"), tollbooth_pipeline::export::Cause::Dispute);
    world.ledger.reopen(NOW, &sue, &wrong.id, wrong.version, "the owner called", cause).unwrap();
    says_florida(&world, &wrong.id, "A010XYZ");
    assert_eq!(world.number("SELECT count(*) FROM confusion"), 1, "somebody else's plate was read");
    assert_eq!(passes_in_florida(&world, "2", "AO10XYZ", 3).reason.as_deref(), Some("look-alike"));
    world.set(&[("judge.keying_rules", "\"\"")]);
    assert_eq!(passes_in_florida(&world, "3", "AO10XYZ", 5).state, State::Accepted, "one owner again");
    world.assert_balanced();
}

/// By rules under which a register looks up B and 8 as one, a commuter is counted in all spellings, and found by each.
#[test]
fn by_an_operator_s_rules_look_alikes_are_counted_in_every_spelling_that_the_register_looks_up() {
    let world = world();
    world.set(&[("judge.keying_rules", "\"us-fl key=O0,B8\"")]);
    for (n, plate) in ["KBR4657", "K8R4657", "KBR4657", "K8R4657", "K8R4657"].into_iter().enumerate() {
        let passed = passes_in_florida(&world, &format!("c{n}"), plate, n as i64 + 11);
        assert_eq!(passed.state, State::Accepted, "{plate}: another spelling of one plate is no neighbour");
    }
    let doubted = passes_in_florida(&world, "odd", "KBR4651", 0);
    assert_eq!(doubted.reason.as_deref(), Some("look-alike"), "seen five times, in two spellings");
    assert!(doubted.detail.unwrap().contains("5 times"));
    // Confirmed in one spelling, it is confirmed in the other.
    says_florida(&world, &doubted.id, "KBR4651");
    assert_eq!(passes_in_florida(&world, "again", "K8R4651", 2).state, State::Accepted, "one owner");
    world.assert_balanced();
}

/// However often the plate itself passed in another spelling that its register looks up.
#[test]
fn by_an_operator_s_rules_the_many_passages_of_one_plate_hide_no_look_alike() {
    let world = world();
    world.set(&[("judge.keying_rules", "\"us-fl key=O0,B8\""), ("judge.look_alike_sightings", "0")]);
    for n in 0..501 {
        let taken = NOW - 80 * DAY + n * 2 * HOUR;
        assert_eq!(passes_in_florida_at(&world, &format!("own {n}"), "K8R4651", taken).state, State::Accepted, "{n}");
    }
    for n in 0..5 {
        let passed = passes_in_florida(&world, &format!("neighbour {n}"), "RBR4651", n + 11);
        assert_eq!(passed.state, State::Accepted);
    }
    world.set(&[("judge.look_alike_sightings", "5")]);
    let doubted = passes_in_florida(&world, "odd", "KBR4651", 0);
    assert_eq!(doubted.reason.as_deref(), Some("look-alike"));
    assert!(doubted.detail.unwrap().contains("RBR4651"));
}

#[test]
fn what_was_misread_in_one_spelling_is_not_billed_in_any_that_the_register_looks_up() {
    let world = world();
    world.set(&[("judge.keying_rules", "\"us-fl key=O0,B8\"")]);
    let (sue, cause) = (actor(Role::Supervisor, "tok_sue"), tollbooth_pipeline::export::Cause::Dispute);
    let wrong = passes_in_florida(&world, "1", "KBR4651", 1);
    world.ledger.reopen(NOW, &sue, &wrong.id, wrong.version, "the owner called", cause).unwrap();
    says_florida(&world, &wrong.id, "KBR4657");
    assert_eq!(passes_in_florida(&world, "2", "K8R4651", 3).reason.as_deref(), Some("look-alike"));
    world.assert_balanced();
}
