//! What passages teach about a booth and its cameras, and what is never learned.

use tollbooth_ledger::export::{Begun, Cause};
use tollbooth_ledger::learning::{AgainFilter, Refusal};
use tollbooth_ledger::reading::{Acceptance, Decision, Seen};
use tollbooth_ledger::{Actor, Failure};
use tollbooth_pipeline::judge::JurisdictionSource;
use tollbooth_pipeline::learned::Learned;
use tollbooth_pipeline::reading::{Bounds, IssuerRead, Reading};
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;

const DAY: i64 = 24 * HOUR;

/// A reading of a plate that names its issuer.
fn named(text: &str, code: &str) -> Reading {
    let mut reading = reading_of(text, 0.99);
    let name = IssuerRead { code: code.to_owned(), weight: 9.0, on_plate: true, evidence: code.to_uppercase() };
    reading.sightings[0].issuers = vec![name];
    reading
}

fn accepted(plate: &str, issuer: &str) -> Decision {
    Decision::Accept(Acceptance {
        plate: plate.to_owned(),
        jurisdiction: issuer.to_owned(),
        source: JurisdictionSource::Read,
        confidence: 0.99,
    })
}

/// A plate of its own for each number, in a series that many states issue, far from any other by any likeness.
fn plate_number(n: usize) -> String {
    const LETTERS: [char; 10] = ['A', 'C', 'E', 'F', 'H', 'J', 'K', 'N', 'P', 'X'];
    let letter = |place: u32| LETTERS[n / 10_usize.pow(place) % 10];
    format!("{}{}{}{:04}", letter(2), letter(1), letter(0), (n * 1_117) % 10_000)
}

/// Reads and decides one passage; where it ended.
fn pass(world: &World, at: i64, key: &str, reading: Reading, decision: Decision) -> State {
    world.record(&passage_with(key, &format!("photo {key}"), at - SECOND));
    let lease = world.lease(at);
    world.ledger.settle(at, &lease.attempt_token, reading, decision).unwrap().state
}

/// What a judge would be told at a time.
fn told(world: &World, at: i64, key: &str) -> Option<Learned> {
    world.record(&passage_with(key, &format!("photo {key}"), at - SECOND));
    let lease = world.lease(at);
    let nothing = Decision::Review(referral(ReviewReason::NoPlateFound, None));
    world.ledger.settle(at, &lease.attempt_token, reading(), nothing).unwrap();
    lease.learned
}

#[test]
fn who_passes_is_learned_from_plates_that_name_their_issuer_once_enough_passed() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "12"), ("judge.look_alike_sightings", "0")]);
    for n in 0..15 {
        let (text, at) = (plate_number(n), NOW + n as i64 * MINUTE);
        assert_eq!(pass(&world, at, &n.to_string(), named(&text, "us-tx"), accepted(&text, "us-tx")), State::Accepted);
    }
    assert_eq!(told(&world, NOW + 20 * MINUTE, "soon"), None, "it is looked at once an hour");
    let learned = told(&world, NOW + 2 * HOUR, "later").unwrap().traffic.unwrap();
    assert!((learned.observed.known() - 15.0).abs() < 0.1, "{learned:?}");
    let found = world.ledger.booth_traffic(BOOTH).unwrap().unwrap();
    assert!(found.is_in_force && found.version == Some(learned.version), "{found:?}");
    world.set(&[("judge.traffic_learned_from", "20")]);
    assert_eq!(told(&world, NOW + 3 * HOUR, "more wanted"), None);
    world.set(&[("judge.traffic_learned_from", "0")]);
    assert!(!world.ledger.booth_traffic(BOOTH).unwrap().unwrap().is_in_force);
    assert_eq!(world.ledger.booth_traffic("no-such").unwrap(), None);
    world.assert_balanced();
}

#[test]
fn what_was_learned_comes_into_force_with_the_vehicle_that_was_missing() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "12"), ("judge.look_alike_sightings", "0")]);
    let passes = |n: usize, at: i64| {
        let text = plate_number(n);
        pass(&world, at + n as i64 * MINUTE, &n.to_string(), named(&text, "us-tx"), accepted(&text, "us-tx"));
    };
    (0..10).for_each(|n| passes(n, NOW));
    assert_eq!(told(&world, NOW + 2 * HOUR, "too few"), None);
    // Too few more to change a share.
    (10..14).for_each(|n| passes(n, NOW + 2 * HOUR));
    assert!(told(&world, NOW + 4 * HOUR, "enough").is_some_and(|learned| learned.traffic.is_some()));
    world.assert_balanced();
}

#[test]
fn what_the_traffic_decided_teaches_nothing_about_the_traffic() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "5"), ("judge.look_alike_sightings", "0")]);
    for n in 0..10 {
        // Nothing on the plate says Texas; the judge went by what passes here.
        let (text, at) = (plate_number(n), NOW + n as i64 * MINUTE);
        pass(&world, at, &n.to_string(), reading_of(&text, 0.99), accepted(&text, "us-tx"));
    }
    assert_eq!(told(&world, NOW + 2 * HOUR, "later"), None);
    let found = world.ledger.booth_traffic(BOOTH).unwrap().unwrap();
    assert_eq!(found.observed.known(), 0.0);
    assert!(found.observed.unknown > 9.0, "{found:?}");
}

/// Somebody decides a plate of Oklahoma on which nothing says so.
fn decide(world: &World, key: &str, text: &str, who: &Actor) -> (String, u32) {
    let review = Decision::Review(referral(ReviewReason::IssuerUnclear, Some(text)));
    pass(world, NOW, key, reading_of(text, 0.99), review);
    let id = tollbooth_pipeline::ident::passage_id(BOOTH, key);
    let any = tollbooth_ledger::review::Filter::default();
    let item = world.ledger.claim_next(NOW, who, Some(&id), &any).unwrap().unwrap();
    let (_, version) = world.ledger.submit(NOW, who, &id, item.version, &plate(text)).unwrap();
    (id, version)
}

#[test]
fn what_people_decide_teaches_and_what_is_opened_again_does_not() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "1"), ("judge.look_alike_sightings", "0")]);
    let people = [reviewer("tok_a"), reviewer("tok_b")];
    let decided = [decide(&world, "1", "BKD0101", &people[0]), decide(&world, "2", "CXF7722", &people[1])];
    let learned = told(&world, NOW + 2 * HOUR, "a").unwrap().traffic.unwrap();
    assert!(learned.observed.issuers.contains_key("us-ok"), "{learned:?}");
    for (passage, version) in decided {
        let cause = tollbooth_pipeline::export::Cause::Error;
        world.ledger.reopen(NOW + 3 * HOUR, &people[0], &passage, version, "doubt", cause).unwrap();
    }
    told(&world, NOW + 4 * HOUR, "b");
    assert_eq!(told(&world, NOW + 5 * HOUR, "c").and_then(|learned| learned.traffic), None, "a version without it");
}

#[test]
fn what_one_person_alone_says_teaches_no_more_than_others_say_too() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "1"), ("judge.look_alike_sightings", "0")]);
    let observed = || world.ledger.booth_traffic(BOOTH).unwrap().unwrap().observed;
    for n in 0..6 {
        decide(&world, &format!("a{n}"), &plate_number(n + 30), &reviewer("tok_a"));
    }
    told(&world, NOW + 2 * HOUR, "a");
    assert_eq!(observed().known(), 0.0, "nobody else has seen a vehicle of theirs");
    assert!(observed().unknown > 5.0, "{:?}", observed());
    decide(&world, "b1", &plate_number(20), &reviewer("tok_b"));
    pass(&world, NOW, "named", named("JXF772", "us-ok"), accepted("JXF772", "us-ok"));
    told(&world, NOW + 4 * HOUR, "b");
    let seen = observed().issuers["us-ok"].vehicles;
    assert!((3.5..4.1).contains(&seen), "one of another person, one that names itself, two of hers: {seen}");
    world.assert_balanced();
}

#[test]
fn a_look_that_finds_nothing_new_makes_no_new_version_and_old_passages_are_forgotten() {
    let world = world();
    world.set(&[("judge.traffic_learned_from", "1"), ("judge.look_alike_sightings", "0")]);
    pass(&world, NOW, "1", named("BKD0101", "us-ok"), accepted("BKD0101", "us-ok"));
    for hour in 2..32 {
        told(&world, NOW + hour * HOUR, &format!("h{hour}"));
    }
    let versions = world.number("SELECT count(*) FROM booth_traffic");
    assert!(versions <= 12, "only as the number of vehicles grows by half: {versions}");
    told(&world, NOW + 91 * DAY, "much later");
    told(&world, NOW + 92 * DAY, "and again");
    assert_eq!(world.ledger.booth_traffic(BOOTH).unwrap().unwrap().observed.known(), 0.0);
}

/// A stamp at this place, and what the judge made of it.
fn stamp(world: &World, n: i64, text: &str, x: f32) -> State {
    stamp_at(world, NOW + n * 20 * MINUTE, n, text, x)
}

fn stamp_at(world: &World, at: i64, n: i64, text: &str, x: f32) -> State {
    let key = format!("stamp {n}");
    world.record(&passage_with(&key, &format!("photo {key}"), at - SECOND));
    let lease = world.lease(at);
    let mut reading = reading_of(text, 0.99);
    reading.sightings[0].bounds = Bounds { x, y: 48.0, width: 140.0, height: 34.0 };
    let print = (0..64).map(|cell| u8::try_from((cell * 37 + n * 91 + cell * n * 13) % 256).unwrap()).collect();
    let seen = Seen { reading, print: Some(print) };
    world.ledger.settle(at, &lease.attempt_token, seen, accepted(text, "us-tx")).unwrap().state
}

/// A vehicle passes in between.
fn vehicle(world: &World, n: i64) {
    let text = plate_number(usize::try_from(n).unwrap() + 100);
    let at = NOW + n * 20 * MINUTE + 10 * MINUTE;
    pass(world, at, &format!("vehicle {n}"), named(&text, "us-tx"), accepted(&text, "us-tx"));
}

#[test]
fn a_text_at_one_place_on_photo_after_photo_is_learned_and_withheld_from_then_on() {
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    let mut states = Vec::new();
    for n in 0..6 {
        states.push(stamp(&world, n, "KBR4651", 56.0 + (n % 3) as f32));
        vehicle(&world, n);
    }
    assert_eq!(states[..4], [State::Accepted; 4], "nobody can know yet");
    assert_eq!(states[4..], [State::InReview; 2]);
    let found = world.ledger.camera_texts(Some(BOOTH), None, 10).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].text.as_str(), found[0].camera.as_str()), ("KBR4651", "north-1-a"));
    let learned = told(&world, NOW + 5 * HOUR, "after").unwrap();
    assert_eq!(learned.texts[0].text, "KBR4651");
    assert!(world.ledger.camera_texts(Some("elsewhere"), None, 10).unwrap().is_empty());
    world.assert_balanced();
}

#[test]
fn whoever_may_read_the_passage_of_a_text_blind_is_not_told_which_it_is() {
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..5 {
        stamp(&world, n, "KBR4651", 56.0);
        vehicle(&world, n);
    }
    let seen = |viewer: &Actor| world.ledger.camera_texts_for(viewer, None, None, 10).unwrap().remove(0).passage;
    let supervisor = actor(Role::Supervisor, "tok_sue");
    let learned_from = seen(&operator()).unwrap();
    assert_eq!(seen(&supervisor).as_ref(), Some(&learned_from), "nobody reads it blind");
    let sequence = world.get(&learned_from).sequence;
    let blind = format!(
        "INSERT INTO blind_review (passage_sequence, origin, standing, people, booth_id, drawn_at_ms, lot, share_percent)
         VALUES ({sequence}, 'unprompted', 'open', 1, '{BOOTH}', {NOW}, 0.1, 20.0)"
    );
    world.sql(&blind).unwrap();
    assert_eq!(seen(&supervisor), None);
    assert_eq!(seen(&operator()), Some(learned_from), "operators decide nothing");
}

#[test]
fn a_text_that_is_read_every_minute_is_learned_once_it_has_been_there_long_enough() {
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..41 {
        let at = NOW + n * MINUTE;
        assert!(world.ledger.camera_texts(None, None, 10).unwrap().is_empty(), "{n}");
        stamp_at(&world, at, n, "KBR4651", 56.0);
        let text = plate_number(usize::try_from(n).unwrap() + 100);
        pass(&world, at + 30 * SECOND, &format!("vehicle {n}"), named(&text, "us-tx"), accepted(&text, "us-tx"));
    }
    assert_eq!(world.ledger.camera_texts(None, None, 10).unwrap().len(), 1, "five photos, ten minutes apart");
    world.assert_balanced();
}

#[test]
fn a_commuter_who_stops_elsewhere_each_time_and_a_vehicle_that_stands_still_are_not_stamps() {
    let commuter = world();
    commuter.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..8 {
        assert_eq!(stamp(&commuter, n, "KBR4651", 56.0 + 31.0 * n as f32), State::Accepted, "{n}");
        vehicle(&commuter, n);
    }
    let standing = world();
    standing.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..8 {
        assert_eq!(stamp(&standing, n, "KBR4651", 56.0), State::Accepted, "{n}: nobody passed in between");
    }
    for world in [commuter, standing] {
        assert!(world.ledger.camera_texts(None, None, 10).unwrap().is_empty());
    }
}

#[test]
fn where_all_plates_stand_at_one_place_none_is_the_camera_s_own() {
    // Of a recogniser that tells no places, or a camera that sends plates cut out.
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    let nowhere = Bounds { x: 0.0, y: 0.0, width: 0.0, height: 0.0 };
    for n in 0..8 {
        let other = plate_number(usize::try_from(n).unwrap() + 100);
        for (text, at) in [("KBR4651", NOW + n * 20 * MINUTE), (&*other, NOW + (n * 20 + 10) * MINUTE)] {
            let key = format!("{text} {n}");
            world.record(&passage_with(&key, &key, at - SECOND));
            let lease = world.lease(at);
            let mut reading = reading_of(text, 0.99);
            reading.sightings[0].bounds = nowhere;
            let print = (0..64).map(|cell| u8::try_from((cell * 37 + n * 91 + cell * n * 13) % 256).unwrap()).collect();
            let seen = Seen { reading, print: Some(print) };
            world.ledger.settle(at, &lease.attempt_token, seen, accepted(text, "us-tx")).unwrap();
        }
    }
    assert!(world.ledger.camera_texts(None, None, 10).unwrap().is_empty());
    world.assert_balanced();
}

#[test]
fn a_text_that_somebody_calls_a_plate_is_never_learned_again() {
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..5 {
        stamp(&world, n, "KBR4651", 56.0);
        vehicle(&world, n);
    }
    let learned = world.ledger.camera_texts(None, None, 10).unwrap().remove(0);
    world.ledger.forget_camera_text(NOW + 2 * HOUR, &operator(), learned.id).unwrap();
    world.ledger.forget_camera_text(NOW + 3 * HOUR, &operator(), learned.id).unwrap();
    let events = "SELECT count(*) FROM event WHERE kind = 'camera-text-forgotten'";
    assert_eq!(world.number(events), 1);
    for n in 5..7 {
        assert_eq!(stamp(&world, n, "KBR4651", 56.0), State::Accepted, "{n}");
        vehicle(&world, n);
    }
    let listed = world.ledger.camera_texts(None, None, 10).unwrap();
    assert_eq!((listed.len(), listed[0].forgotten_at), (1, Some(NOW + 2 * HOUR)));
    let none = world.ledger.forget_camera_text(NOW, &operator(), 77);
    assert_eq!(none, Err(Failure::Refused(Refusal::NotFound)));
}

#[test]
fn a_camera_whose_photos_are_turned_is_one_finding() {
    let world = world();
    let turned = |n: usize| {
        let text = plate_number(n);
        let review = Decision::Review(referral(ReviewReason::PhotoTurned, Some(&text)));
        pass(&world, NOW + n as i64 * MINUTE, &n.to_string(), reading_of(&text, 0.99), review);
    };
    (0..9).for_each(turned);
    assert!(world.ledger.turned_cameras().unwrap().is_empty(), "one in ten plates reads as well in a mirror");
    (9..12).for_each(turned);
    let found = world.ledger.turned_cameras().unwrap();
    assert_eq!((found.len(), found[0].turned, found[0].waiting), (1, 12, 12));
    assert_eq!(found[0].camera, "north-1-a");
    for n in 12..40 {
        let review = Decision::Review(referral(ReviewReason::LowConfidence, None));
        pass(&world, NOW + n * MINUTE, &n.to_string(), reading_of("BKD0101", 0.5), review);
    }
    assert!(world.ledger.turned_cameras().unwrap().is_empty(), "most of its photos are not");
}

#[test]
fn passages_are_read_again_by_what_is_known_today_page_by_page() {
    let world = world();
    world.set(&[("judge.look_alike_sightings", "0")]);
    for n in 0..5 {
        let text = plate_number(n);
        pass(&world, NOW + n as i64 * MINUTE, &n.to_string(), named(&text, "us-tx"), accepted(&text, "us-tx"));
    }
    let review = Decision::Review(referral(ReviewReason::LowConfidence, Some("BKD0101")));
    pass(&world, NOW + HOUR, "review", reading_of("BKD0101", 0.5), review);
    world.record(&passage("waits"));
    let all = world.ledger.read_again(&AgainFilter::default(), None, 200).unwrap();
    assert_eq!((all.items.len(), all.next), (6, None));
    assert_eq!(all.items[0].decided_by.as_deref(), Some("judge"));
    assert!(all.items.iter().all(|item| item.reading.raw.is_empty() && item.booth_jurisdiction == "us-tx"));
    let first = world.ledger.read_again(&AgainFilter::default(), None, 4).unwrap();
    let rest = world.ledger.read_again(&AgainFilter::default(), first.next, 4).unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (4, 2, None));
    let wanted = |filter: AgainFilter| world.ledger.read_again(&filter, None, 200).unwrap().items.len();
    let in_review = AgainFilter { state: Some(State::InReview), ..AgainFilter::default() };
    assert_eq!(wanted(in_review.clone()), 1);
    assert_eq!(wanted(AgainFilter { reason: Some("low-confidence".into()), ..in_review.clone() }), 1);
    assert_eq!(wanted(AgainFilter { reason: Some("issuer-unclear".into()), ..in_review }), 0);
    assert_eq!(wanted(AgainFilter { booth: Some(BOOTH.into()), ..AgainFilter::default() }), 6);
    assert_eq!(wanted(AgainFilter { booth: Some("other".into()), ..AgainFilter::default() }), 0);
    assert_eq!(wanted(AgainFilter { since: Some(NOW + i64::MAX / 2), ..AgainFilter::default() }), 0);
    let one = |id: &str| AgainFilter { passage: Some(id.to_owned()), ..AgainFilter::default() };
    let found = world.ledger.read_again(&one(&all.items[2].passage), None, 200).unwrap();
    assert_eq!((found.items.as_slice(), found.next), (&all.items[2..3], None));
    assert_eq!(wanted(one(&passage("waits").passage)), 0, "nothing was read of it");
}

#[test]
fn passages_are_read_again_from_a_time_of_receipt_on() {
    let world = world();
    for (key, at) in [("a", NOW), ("b", NOW + HOUR), ("c", NOW + DAY)] {
        world.ledger.record_passage(at, &passage_with(key, key, at)).unwrap();
        let review = Decision::Review(referral(ReviewReason::LowConfidence, Some("BKD0101")));
        let lease = world.lease(at);
        world.ledger.settle(at, &lease.attempt_token, reading_of("BKD0101", 0.5), review).unwrap();
    }
    for (since, expected) in [(0, 3), (NOW, 3), (NOW + 1, 2), (NOW + HOUR, 2), (NOW + DAY, 1), (NOW + 2 * DAY, 0)] {
        let filter = AgainFilter { since: Some(since), ..AgainFilter::default() };
        let found = world.ledger.read_again(&filter, None, 200).unwrap();
        assert_eq!((found.items.len(), found.next), (expected, None), "{since}");
    }
}

#[test]
fn an_export_keeps_the_keying_rules_it_was_bound_with() {
    let world = world();
    world.set(&[("judge.keying_rules", "\"us-ca key=O0\"")]);
    pass(&world, NOW, "1", named("BKD0101", "us-tx"), accepted("BKD0101", "us-tx"));
    let begun = world.ledger.begin_export(NOW, &exporter(), Cause::Requested).unwrap();
    let Begun::Proceed(bound) = begun else { panic!("{begun:?}") };
    world.set(&[("judge.keying_rules", "\"us-ca\"")]);
    assert_eq!(bound.keying_rules, "us-ca key=O0");
    assert_eq!(world.ledger.export(bound.sequence).unwrap().unwrap().keying_rules, "us-ca key=O0");
}
