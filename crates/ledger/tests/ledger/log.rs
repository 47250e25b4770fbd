//! What people did and looked at, as supervisors read it.

use tollbooth_ledger::Actor;
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::review::Filter;
use tollbooth_pipeline::export::Part;
use tollbooth_pipeline::role::Role;

use crate::booth::*;

const DAY: i64 = 86_400_000;

const ALL: Wanted<'static> = Wanted { who: None, passage: None, since: None, until: None };

fn supervisor() -> Actor {
    actor(Role::Supervisor, "tok_s")
}

fn of(who: &str) -> Wanted<'_> {
    Wanted { who: Some(who), ..ALL }
}

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
    let all = world.ledger.looks(&supervisor(), &ALL, None, 50).unwrap();
    let seen: Vec<_> = all.iter().map(|look| (look.token.as_str(), look.at)).collect();
    assert_eq!(seen, [("tok_ann", NOW + DAY), ("tok_bob", NOW), ("tok_ann", NOW)]);
    assert_eq!(world.ledger.looks(&supervisor(), &of("tok_bob"), None, 50).unwrap().len(), 1);
    assert_eq!(
        world.ledger.looks(&supervisor(), &Wanted { passage: Some(&id), ..ALL }, Some(all[1].number), 50).unwrap(),
        [all[2].clone()]
    );
    let day = Wanted { since: Some(NOW + 1), until: Some(NOW + DAY + 1), ..ALL };
    assert_eq!(world.ledger.looks(&supervisor(), &day, None, 50).unwrap(), [all[0].clone()], "by time");
    assert_eq!(world.ledger.looks(&supervisor(), &Wanted { until: Some(NOW), ..ALL }, None, 50).unwrap(), []);
    assert_eq!(world.ledger.looks(&supervisor(), &Wanted { passage: Some("psg_none"), ..ALL }, None, 50).unwrap(), []);
}

#[test]
fn a_download_is_written_once_a_day_for_each_reader_and_file_and_goes_when_it_is_old() {
    let world = world();
    world.accepted("key-1", "ABC1234");
    let export = world.export(NOW).sequence;
    for (token, secret) in [("tok_ann", 3), ("tok_bot", 4)] {
        world.ledger.create_token(NOW, &operator(), &camera_token(token), &[secret; 32]).unwrap();
    }
    let note = |at, who: &str, profile: Option<&str>, part| {
        world.ledger.note_download(at, who, export, profile, part).unwrap()
    };
    for at in [NOW, NOW + 1, NOW + 2] {
        note(at, "tok_bot", None, Part::File);
    }
    note(NOW, "tok_ann", None, Part::Manifest);
    note(NOW, "tok_ann", Some("records"), Part::File);
    note(NOW + DAY, "tok_bot", None, Part::File);
    world.ledger.note_download(NOW, "tok_ann", 99, None, Part::File).unwrap();
    let found = |wanted: Wanted<'_>| {
        let found = world.ledger.downloads(&wanted, None, 50).unwrap().into_iter();
        found.map(|one| (one.token, one.profile, one.part, one.at)).collect::<Vec<_>>()
    };
    let one = |who: &str, profile: &str, part: &str, at| (who.to_owned(), profile.to_owned(), part.to_owned(), at);
    let all = [
        one("tok_bot", "billing", "file", NOW + DAY),
        one("tok_ann", "records", "file", NOW),
        one("tok_ann", "billing", "manifest", NOW),
        one("tok_bot", "billing", "file", NOW),
    ];
    assert_eq!(found(ALL), all);
    assert_eq!(found(of("tok_ann")), all[1..3]);
    assert_eq!(found(Wanted { since: Some(NOW + 1), ..ALL }), all[..1]);
    assert_eq!(found(Wanted { until: Some(NOW + DAY), ..ALL }), all[1..]);
    let page = world.ledger.downloads(&ALL, None, 1).unwrap();
    assert_eq!(world.ledger.downloads(&ALL, Some(page[0].number), 50).unwrap().len(), 3);
    // 400 days are kept.
    note(NOW + 402 * DAY, "tok_bot", None, Part::File);
    assert_eq!(
        world.number("SELECT count(*) FROM export_download"),
        1,
        "three of the first day and that of the second are gone"
    );
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
    let all = world.ledger.deeds(&operator(), &ALL, &[], None, 200).unwrap();
    assert!(!all.is_empty() && all.iter().all(|deed| deed.actor_role == "operator"), "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].sequence > pair[1].sequence));
    let first = all.last().unwrap();
    assert_eq!(world.ledger.deeds(&operator(), &ALL, &[], Some(first.sequence), 200).unwrap(), []);
    assert_eq!(world.ledger.deeds(&operator(), &of("tok_nobody"), &[], None, 200).unwrap(), []);
    assert_eq!(world.ledger.deeds(&operator(), &of(&first.actor_id), &[], None, 1).unwrap().len(), 1);
}

#[test]
fn the_log_is_narrowed_to_a_person_a_passage_a_time_and_kinds_of_deeds() {
    let world = world();
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_ann"), &[3; 32]).unwrap();
    let (first, second) = (world.in_review("1").id, world.in_review("2").id);
    for (who, id, at, text) in [(&ann, &first, NOW + DAY, "XYZ9876"), (&bob, &second, NOW + 2 * DAY, "BKD0101")] {
        let item = world.ledger.claim_next(at, who, Some(id), &Filter::default()).unwrap().unwrap();
        world.ledger.submit(at, who, id, item.version, &plate(text)).unwrap();
    }
    let kinds = |wanted: Wanted<'_>, kinds: &[&str]| {
        let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        let found = world.ledger.deeds(&supervisor(), &wanted, &kinds, None, 200).unwrap();
        found.into_iter().map(|deed| (deed.kind, deed.actor_id)).collect::<Vec<_>>()
    };
    let done = |kind: &str, who: &str| (kind.to_owned(), who.to_owned());
    assert_eq!(kinds(of("tok_ann"), &[]), [done("accepted", "tok_ann"), done("claimed", "tok_ann")]);
    assert_eq!(
        kinds(Wanted { passage: Some(&second), ..ALL }, &[]),
        [done("accepted", "tok_bob"), done("claimed", "tok_bob")]
    );
    assert_eq!(kinds(ALL, &["accepted"]), [done("accepted", "tok_bob"), done("accepted", "tok_ann")]);
    assert_eq!(kinds(ALL, &["no-such-kind"]), []);
    let day = Wanted { since: Some(NOW + DAY), until: Some(NOW + 2 * DAY), ..ALL };
    assert_eq!(kinds(day, &[]), [done("accepted", "tok_ann"), done("claimed", "tok_ann")]);
    assert_eq!(kinds(Wanted { since: Some(NOW + 2 * DAY + 1), ..ALL }, &[]), []);
    assert_eq!(kinds(Wanted { passage: Some("psg_none"), ..ALL }, &[]), []);
    let named = world.ledger.deeds(&supervisor(), &of("tok_ann"), &[], None, 1).unwrap();
    assert_eq!(named[0].actor_name, Some(camera_token("tok_ann").name));
}

#[test]
fn a_kind_is_what_the_viewer_is_told_it_is() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, id) = (reviewer("tok_ann"), world.in_review("1").id);
    let item = world.ledger.claim_next(NOW, &ann, Some(&id), &Filter::default()).unwrap().unwrap();
    world.ledger.submit(NOW, &ann, &id, item.version, &plate("XYZ9876")).unwrap();
    let found = |kind: &str| world.ledger.deeds(&ann, &of("tok_ann"), &[kind.to_owned()], None, 200).unwrap().len();
    assert_eq!(
        (found("accepted"), found("opinion-given")),
        (1, 0),
        "an answer that is held is a decision to its author"
    );
}

#[test]
fn everybody_whom_the_log_may_name_is_listed_and_no_camera() {
    let world = world();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_cam"), &[3; 32]).unwrap();
    world.ledger.ensure_first_operator(NOW, &[7; 32]).unwrap();
    let all = world.ledger.named(None, 200).unwrap();
    assert_eq!(all.iter().map(|person| person.role.as_str()).collect::<Vec<_>>(), ["operator"]);
    assert_eq!(world.ledger.named(Some(&all[0].token), 200).unwrap(), []);
}
