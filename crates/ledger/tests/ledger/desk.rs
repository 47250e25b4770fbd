//! The supervisor's desk: what only a supervisor decides, what is kept for somebody, and what is not there for whoever is
//! limited to other booths.

use tollbooth_ledger::admin::Token;
use tollbooth_ledger::blind::Known;
use tollbooth_ledger::desk::What;
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::passages::Sought;
use tollbooth_ledger::reading::Decision;
use tollbooth_ledger::review::{Filter, Item, Page, Refusal, Verdict};
use tollbooth_ledger::{Actor, Failure};
use tollbooth_pipeline::desk::{Matter, Queue};
use tollbooth_pipeline::keying::MAX_PAIRS;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::state::State;

use crate::booth::*;

fn supervisor(id: &str) -> Actor {
    actor(Role::Supervisor, id)
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure<Refusal>>) -> Refusal {
    match answer.unwrap_err() {
        Failure::Refused(refusal) => refusal,
        Failure::Ledger(error) => panic!("{error}"),
    }
}

/// Somebody who works here, limited to these booths, or to none.
fn person(world: &World, role: Role, id: &str, booths: Option<&[&str]>) -> Actor {
    let booths = booths.map(|booths| booths.iter().map(|booth| (*booth).to_owned()).collect());
    let token = Token { role, booth: None, booths, ..camera_token(id) };
    let digest = tollbooth_pipeline::ident::sha256_hex(id.as_bytes());
    world.ledger.create_token(NOW, &operator(), &token, &digest.as_bytes()[..32]).unwrap();
    actor(role, id)
}

/// A passage of the default booth that the judge sent to people with this suggestion, some minutes before.
fn doubted(world: &World, key: &str, plate: &str, minutes: i64) -> String {
    doubted_at(world, &passage_with(key, &format!("photo {key}"), NOW - minutes * MINUTE), plate)
}

fn doubted_at(world: &World, passage: &NewPassage, plate: &str) -> String {
    let id = world.record(passage).passage;
    let lease = world.lease(NOW);
    let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some(plate)));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.7), decision).unwrap();
    id
}

/// A passage that the judge accepted, drawn or not.
fn safe(world: &World, key: &str, plate: &str, minutes: i64) -> String {
    let taken = NOW - minutes * MINUTE;
    let id = world.record(&passage_with(key, &format!("photo {key}"), taken)).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.99), acceptance(plate)).unwrap();
    id
}

fn claim_at(world: &World, now: i64, who: &Actor, id: &str) -> Item {
    world.ledger.claim_next(now, who, Some(id), &Filter::default()).unwrap().unwrap()
}

fn claim(world: &World, who: &Actor, id: &str) -> Item {
    claim_at(world, NOW, who, id)
}

fn answer(world: &World, who: &Actor, id: &str, verdict: &Verdict) -> (State, u32) {
    let item = claim(world, who, id);
    world.ledger.submit(NOW, who, id, item.version, verdict).unwrap()
}

fn flag(world: &World, who: &Actor, id: &str, note: &str) -> Item {
    let item = claim(world, who, id);
    world.ledger.flag(NOW, who, id, item.version, note).unwrap()
}

fn listed(world: &World, who: &Actor, filter: &Filter) -> Vec<String> {
    let Page { items, total, .. } = world.ledger.list_open(NOW, who, filter, None, 100).unwrap();
    assert_eq!(total as usize, items.len(), "the total tells no more than the list");
    items.into_iter().map(|item| item.passage).collect()
}

fn of_queue(queue: Queue) -> Filter {
    Filter { queue: Some(queue), ..Filter::default() }
}

fn next(world: &World, who: &Actor) -> Option<String> {
    let item = world.ledger.claim_next(NOW, who, None, &Filter::default()).unwrap()?;
    world.ledger.release(NOW, who, &item.passage, item.version).unwrap();
    Some(item.passage)
}

#[test]
fn a_flagged_review_leaves_the_ordinary_queue_and_a_supervisor_decides_it_with_the_note() {
    let world = world();
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), supervisor("tok_sue"));
    let id = doubted(&world, "1", "ABC1234", 10);
    let told = flag(&world, &ann, &id, "  two plates,\r\none behind the other  ");
    assert_eq!(told.flag.unwrap().note, "two plates,\none behind the other");
    for who in [&ann, &bob] {
        assert_eq!(listed(&world, who, &Filter::default()), [""; 0]);
        assert_eq!(next(&world, who), None);
        assert_eq!(listed(&world, who, &of_queue(Queue::Supervisor)), [""; 0]);
        let named = world.ledger.claim_next(NOW, who, Some(&id), &Filter::default());
        assert_eq!(refused(named), Refusal::ForSupervisor);
    }
    assert_eq!(listed(&world, &sue, &of_queue(Queue::Ordinary)), [""; 0]);
    let page = world.ledger.list_open(NOW, &sue, &of_queue(Queue::Supervisor), None, 10).unwrap();
    let item = &page.items[0];
    assert_eq!((item.matter, item.reason.as_str()), (Some(Matter::Flagged), "low-confidence"));
    let asked = item.flag.clone().unwrap();
    assert_eq!((asked.by.as_str(), asked.at, item.suggestion.as_deref()), ("tok_ann", NOW, Some("ABC1234")));
    let (state, _) = answer(&world, &sue, &id, &texan("ABC1235"));
    assert_eq!((state, world.get(&id).decided_by.as_deref()), (State::Accepted, Some("tok_sue")));
    let history = world.ledger.history_for(&sue, &id, 0, 100).unwrap();
    let kinds: Vec<_> = history.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds[kinds.len() - 4..], ["claimed", "flagged", "claimed", "accepted"]);
    assert!(history.last().unwrap().detail.contains("\"adjudicates\":\"flagged\""), "{history:?}");
    world.export(NOW);
    world.assert_balanced();
}

#[test]
fn whoever_flagged_it_never_decides_it_and_may_take_the_flag_back() {
    let world = world();
    let (sue, tom) = (supervisor("tok_sue"), supervisor("tok_tom"));
    let id = doubted(&world, "1", "ABC1234", 10);
    let item = flag(&world, &sue, &id, "somebody else, please");
    assert_eq!(listed(&world, &sue, &Filter::default()), [""; 0], "not offered to herself");
    assert_eq!(refused(world.ledger.claim_next(NOW, &sue, Some(&id), &Filter::default())), Refusal::OwnMatter);
    assert_eq!(listed(&world, &tom, &Filter::default()), std::slice::from_ref(&id));
    let unflag = |who: &Actor| world.ledger.unflag(NOW, who, &id, item.version);
    assert_eq!(refused(unflag(&reviewer("tok_ann"))), Refusal::ForSupervisor, "somebody else's");
    assert_eq!(unflag(&sue).unwrap().flag, None);
    assert_eq!(refused(unflag(&sue)), Refusal::NotFlagged);
    assert_eq!(next(&world, &reviewer("tok_ann")), Some(id.clone()), "in the ordinary queue again");
    // A supervisor gives back what somebody else flagged, unless another one looks at it.
    flag(&world, &reviewer("tok_ann"), &id, "sure?");
    claim(&world, &tom, &id);
    assert!(matches!(refused(unflag(&sue)), Refusal::ClaimedByOther(_)));
    unflag(&tom).unwrap();
    assert_eq!(next(&world, &reviewer("tok_ann")), Some(id));
}

#[test]
fn a_note_is_a_text_for_people_and_the_same_flag_again_changes_nothing() {
    let world = world();
    let ann = reviewer("tok_ann");
    let id = doubted(&world, "1", "ABC1234", 10);
    let item = claim(&world, &ann, &id);
    let long = "x".repeat(1_001);
    for bad in ["", "  ", "a\u{202e}b", "a\u{1b}[31m", "a\0", long.as_str()] {
        let answer = world.ledger.flag(NOW, &ann, &id, item.version, bad);
        assert!(matches!(refused(answer), Refusal::Invalid(_)), "{bad:?}");
    }
    let script = "<img src=x onerror=alert(1)>";
    world.ledger.flag(NOW, &ann, &id, item.version, script).unwrap();
    let again = world.ledger.flag(NOW, &ann, &id, item.version, script).unwrap();
    assert_eq!(again.flag.unwrap().note, script, "as it was written: whoever shows it escapes it");
    assert_eq!(world.kinds(&id).iter().filter(|kind| *kind == "flagged").count(), 1);
    assert_eq!(refused(world.ledger.flag(NOW, &ann, &id, item.version, "other")), Refusal::ForSupervisor);
    assert!(world.sql("DELETE FROM flag").is_err() && world.sql("UPDATE flag SET note = 'x'").is_err());
    let sue = supervisor("tok_sue");
    claim(&world, &sue, &id);
    let asked_on = world.ledger.flag(NOW, &sue, &id, item.version, "somebody else");
    assert_eq!(refused(asked_on), Refusal::ForSupervisor, "one flag stands at a time");
    let free = doubted(&world, "2", "XYZ9876", 30);
    assert_eq!(refused(world.ledger.flag(NOW, &ann, &free, world.get(&free).version, "x")), Refusal::NotClaimed);
}

#[test]
fn a_supervisor_who_takes_the_decision_back_has_the_flag_again_and_after_another_move_it_is_gone() {
    let world = world();
    let (ann, sue) = (reviewer("tok_ann"), supervisor("tok_sue"));
    let id = doubted(&world, "1", "ABC1234", 10);
    flag(&world, &ann, &id, "which one?");
    let (_, version) = answer(&world, &sue, &id, &texan("ABC1235"));
    let undone = world.ledger.undo(NOW, &sue, &id, version).unwrap();
    assert_eq!((undone.matter, undone.flag.unwrap().note.as_str()), (Some(Matter::Flagged), "which one?"));
    assert_eq!(next(&world, &ann), None, "still a supervisor's");
    let (_, version) = world.ledger.submit(NOW, &sue, &id, undone.version, &reject()).unwrap();
    world.ledger.reopen(NOW, &sue, &id, version, "again", tollbooth_pipeline::export::Cause::Error).unwrap();
    assert_eq!(next(&world, &ann), Some(id.clone()), "what is opened again is anybody's");
    flag(&world, &ann, &id, "no");
    let item = claim(&world, &sue, &id);
    world.ledger.reprocess(NOW, &sue, &id, item.version).unwrap();
    let lease = world.lease(NOW);
    let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some("ABC1234")));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.7), decision).unwrap();
    assert_eq!(next(&world, &ann), Some(id), "read anew");
    world.assert_balanced();
}

#[test]
fn what_is_flagged_is_decided_by_the_supervisors_word_alone_whatever_is_drawn() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), supervisor("tok_sue"));
    let id = doubted(&world, "1", "8CD1234", 10);
    answer(&world, &ann, &id, &texan("BCD1234"));
    assert_eq!(world.get(&id).state, State::InReview, "another person reads it");
    flag(&world, &bob, &id, "B or 8?");
    let item = claim(&world, &sue, &id);
    assert_eq!((item.reason.as_str(), item.suggestion, item.matter), ("unprompted", None, Some(Matter::Flagged)));
    assert!(world.ledger.answers(&sue, &id).unwrap().is_empty(), "she reads it as if nobody had");
    world.ledger.submit(NOW, &sue, &id, item.version, &texan("8CD1234")).unwrap();
    assert_eq!(world.get(&id).plate.as_deref(), Some("8CD1234"));
    assert_eq!(world.number("SELECT is_right FROM opinion WHERE actor_id = 'tok_ann'"), 0);
    let told = world.ledger.history_for(&ann, &id, 0, 100).unwrap();
    assert!(told.iter().all(|event| !event.detail.contains("adjudicates")), "{told:?}");
    world.assert_balanced();
}

#[test]
fn an_answer_taken_back_beside_a_flag_is_taken_back_as_any_other() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = doubted(&world, "1", "8CD1234", 10);
    let (_, version) = answer(&world, &ann, &id, &texan("BCD1234"));
    flag(&world, &bob, &id, "B or 8?");
    let undone = world.ledger.undo(NOW, &ann, &id, version).unwrap();
    assert_eq!((undone.reason.as_str(), undone.suggestion.as_deref()), ("reopened", Some("BCD1234")));
    assert_eq!((undone.flag, undone.matter), (None, None));
    world.assert_balanced();
}

#[test]
fn a_supervisor_who_gave_one_of_the_answers_does_not_settle_the_dispute() {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100"), ("review.unprompted_percent", "100")]);
    let (sue, tom) = (supervisor("tok_sue"), supervisor("tok_tom"));
    let id = safe(&world, "1", "A8C1234", 10);
    let (state, version) = answer(&world, &sue, &id, &texan("ABC1234"));
    assert_eq!(state, State::Accepted, "to herself it is decided");
    assert_eq!(listed(&world, &sue, &Filter::default()), [""; 0]);
    let again = world.ledger.claim_next(NOW, &sue, Some(&id), &Filter::default());
    assert_eq!(refused(again), Refusal::WrongState(State::Accepted));
    assert!(world.ledger.answers(&sue, &id).unwrap().is_empty());
    assert!(world.ledger.attempts_for(&sue, &id).unwrap().is_empty(), "she may take it back, so she is not told more");
    assert_eq!(listed(&world, &tom, &of_queue(Queue::Supervisor)), std::slice::from_ref(&id));
    assert_eq!(world.ledger.answers(&tom, &id).unwrap().len(), 2);
    let undone = world.ledger.undo(NOW, &sue, &id, version).unwrap();
    world.ledger.submit(NOW, &sue, &id, undone.version, &texan("ABC1234")).unwrap();
    answer(&world, &tom, &id, &texan("ABC1234"));
    assert_eq!(world.get(&id).decided_by.as_deref(), Some("tok_tom"));
    world.assert_balanced();
}

#[test]
fn an_answer_that_nobody_confirms_in_time_goes_to_a_supervisor_and_is_billed_by_nobody_before() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100"), ("review.second_reading_hours", "4")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), supervisor("tok_sue"));
    let id = doubted(&world, "1", "8CD1234", 10);
    answer(&world, &ann, &id, &texan("BCD1234"));
    let list = |now: i64, who: &Actor, filter: &Filter| {
        let page = world.ledger.list_open(now, who, filter, None, 10).unwrap();
        page.items.into_iter().map(|item| (item.passage, item.matter)).collect::<Vec<_>>()
    };
    let before = NOW + 4 * HOUR - 1;
    assert_eq!(list(before, &bob, &Filter::default()), [(id.clone(), None)]);
    assert_eq!(list(before, &sue, &of_queue(Queue::Supervisor)), []);
    let late = NOW + 4 * HOUR;
    assert_eq!(list(late, &bob, &Filter::default()), []);
    assert_eq!(list(late, &sue, &of_queue(Queue::Supervisor)), [(id.clone(), Some(Matter::Overdue))]);
    assert_eq!(export(&world.ledger, late), None, "nothing is billed by waiting");
    assert_eq!(refused(world.ledger.claim_next(late, &bob, Some(&id), &Filter::default())), Refusal::ForSupervisor);
    let item = claim_at(&world, late, &sue, &id);
    assert_eq!(
        (item.reason.as_str(), item.suggestion),
        ("unprompted", None),
        "she reads it as the second person would have"
    );
    let (state, _) = world.ledger.submit(late, &sue, &id, item.version, &texan("BCO1234")).unwrap();
    assert_eq!((state, world.get(&id).state), (State::Accepted, State::Accepted), "her word counts");
    assert!(world.ledger.history(&id, 0, 100).unwrap().last().unwrap().detail.contains("overdue"), "visibly");
    world.export(late);
    world.assert_balanced();
}

#[test]
fn whoever_began_to_read_in_time_finishes_and_whoever_answered_first_does_not_decide() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100"), ("review.second_reading_hours", "1")]);
    let (sue, bob) = (supervisor("tok_sue"), reviewer("tok_bob"));
    let id = doubted(&world, "1", "8CD1234", 10);
    answer(&world, &sue, &id, &texan("BCD1234"));
    let item = claim_at(&world, NOW + HOUR - SECOND, &bob, &id);
    let late = NOW + HOUR + MINUTE;
    assert_eq!(world.ledger.list_open(late, &sue, &Filter::default(), None, 10).unwrap().total, 0, "her own answer");
    let (state, _) = world.ledger.submit(late, &bob, &id, item.version, &texan("BCD1234")).unwrap();
    assert_eq!((state, world.get(&id).state), (State::Accepted, State::Accepted));
    world.assert_balanced();
}

#[test]
fn whoever_decided_takes_it_back_also_when_the_answer_of_another_is_overdue_by_then() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100"), ("review.second_reading_hours", "1")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = doubted(&world, "1", "8CD1234", 10);
    answer(&world, &ann, &id, &texan("BCD1234"));
    let (state, version) = answer(&world, &bob, &id, &texan("BCD1234"));
    assert_eq!(state, State::Accepted);
    let late = NOW + HOUR + MINUTE;
    let item = world.ledger.undo(late, &bob, &id, version).unwrap();
    assert_eq!((item.matter, item.suggestion.as_deref()), (None, Some("BCD1234")), "as at any other hour");
    let (state, _) = world.ledger.submit(late, &bob, &id, item.version, &texan("BCD1234")).unwrap();
    assert_eq!((state, world.get(&id).state), (State::Accepted, State::Accepted));
    world.assert_balanced();
}

#[test]
fn what_is_given_to_somebody_is_offered_first_and_kept_from_others_until_it_runs_out() {
    let world = world();
    world.set(&[("review.assignment_hours", "2")]);
    let (ann, bob) = (person(&world, Role::Reviewer, "tok_ann", None), reviewer("tok_bob"));
    let sue = supervisor("tok_sue");
    let old = doubted(&world, "1", "ABC1234", 30);
    let young = doubted(&world, "2", "XYZ9876", 10);
    let given = world.ledger.assign(NOW, &sue, &ann.id, &What::These(vec![young.clone(), young.clone()])).unwrap();
    assert_eq!((given.passages.as_slice(), given.until), (std::slice::from_ref(&young), NOW + 2 * HOUR));
    assert_eq!(next(&world, &ann), Some(young.clone()), "before what is older");
    assert_eq!(next(&world, &bob), Some(old.clone()));
    assert_eq!(listed(&world, &bob, &Filter::default()), std::slice::from_ref(&old));
    let named = world.ledger.claim_next(NOW, &bob, Some(&young), &Filter::default());
    assert_eq!(refused(named), Refusal::AssignedToOther(NOW + 2 * HOUR));
    let named = world.ledger.claim_next(NOW, &sue, Some(&young), &Filter::default());
    assert_eq!(refused(named), Refusal::AssignedToOther(NOW + 2 * HOUR), "supervisors included");
    let page = world.ledger.list_open(NOW, &sue, &Filter::default(), None, 10).unwrap();
    let seen: Vec<_> = page.items.iter().map(|item| item.assigned.clone().map(|(to, _)| to)).collect();
    assert_eq!(seen, [None, Some("tok_ann".to_owned())], "visible in the queue");
    let late = NOW + 2 * HOUR;
    assert!(world.ledger.claim_next(late, &bob, Some(&young), &Filter::default()).unwrap().is_some(), "it ran out");
    world.assert_balanced();
}

#[test]
fn what_was_given_is_given_back_taken_away_or_given_to_somebody_else() {
    let world = world();
    let (ann, bob) = (person(&world, Role::Reviewer, "tok_ann", None), person(&world, Role::Reviewer, "tok_bob", None));
    let sue = supervisor("tok_sue");
    let id = doubted(&world, "1", "ABC1234", 10);
    let give = |to: &Actor| world.ledger.assign(NOW, &sue, &to.id, &What::These(vec![id.clone()])).unwrap();
    give(&ann);
    assert_eq!(refused(world.ledger.unassign(NOW, &bob, &id)), Refusal::NotAssigned, "not his to give back");
    assert_eq!(world.ledger.unassign(NOW, &ann, &id).unwrap().assigned, None);
    assert_eq!(next(&world, &bob), Some(id.clone()));
    give(&ann);
    give(&bob);
    assert_eq!((next(&world, &ann), next(&world, &bob)), (None, Some(id.clone())));
    world.ledger.unassign(NOW, &sue, &id).unwrap();
    assert_eq!(next(&world, &ann), Some(id.clone()));
    // Who left keeps nothing from anybody.
    give(&bob);
    world.ledger.revoke_token(NOW, &operator(), &bob.id).unwrap();
    assert_eq!(next(&world, &ann), Some(id.clone()));
    // Nor does who reviews no more.
    let cara = person(&world, Role::Reviewer, "tok_cara", None);
    give(&cara);
    assert_eq!(next(&world, &ann), None);
    world.sql("UPDATE token SET role = 'billing' WHERE id = 'tok_cara'").unwrap();
    assert_eq!(next(&world, &ann), Some(id.clone()));
    // Decided: nothing is left behind when it is opened again.
    give(&ann);
    let (_, version) = answer(&world, &ann, &id, &texan("ABC1234"));
    world.ledger.reopen(NOW, &sue, &id, version, "again", tollbooth_pipeline::export::Cause::Error).unwrap();
    assert_eq!(next(&world, &reviewer("tok_carl")), Some(id));
}

#[test]
fn a_review_is_given_only_to_somebody_who_can_decide_it_all_of_them_or_none() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    let ann = person(&world, Role::Reviewer, "tok_ann", Some(&["south-1"]));
    let bob = person(&world, Role::Reviewer, "tok_bob", None);
    let sue = person(&world, Role::Supervisor, "tok_sue", None);
    let (id, flagged) = (doubted(&world, "1", "ABC1234", 30), doubted(&world, "2", "XYZ9876", 10));
    flag(&world, &bob, &flagged, "which?");
    let assign = |to: &str, ids: &[&String]| {
        let ids = ids.iter().map(|id| (*id).clone()).collect();
        world.ledger.assign(NOW, &sue, to, &What::These(ids))
    };
    for (to, ids) in [
        ("tok_nobody", vec![&id]),
        ("tok_camera", vec![&id]),
        (ann.id.as_str(), vec![&id]),
        (bob.id.as_str(), vec![&flagged]),
        (bob.id.as_str(), vec![&id, &flagged]),
        (bob.id.as_str(), vec![]),
    ] {
        assert!(matches!(refused(assign(to, &ids)), Refusal::Invalid(_)), "{to} {ids:?}");
    }
    assert_eq!(refused(assign(&bob.id, &[&id, &"psg_none".to_owned()])), Refusal::NotFound);
    assert_eq!(world.number("SELECT count(*) FROM assignment"), 0, "nothing of what was refused");
    assert_eq!(assign(&sue.id, &[&flagged]).unwrap().passages.len(), 1, "a supervisor's work to a supervisor");
    let oldest = |to: &str, count| world.ledger.assign(NOW, &sue, to, &What::Oldest(Filter::default(), count));
    assert!(matches!(refused(oldest(&bob.id, 0)), Refusal::Invalid(_)));
    assert!(matches!(refused(oldest(&bob.id, 101)), Refusal::Invalid(_)));
    assert_eq!(oldest(&ann.id, 10).unwrap().passages, [""; 0], "nothing of her booth");
    assert_eq!(oldest(&bob.id, 10).unwrap().passages, [id], "what a supervisor decides is not his");
}

#[test]
fn open_photos_of_one_plate_are_found_by_its_key_and_what_is_kept_back_never_is() {
    let world = world();
    let florida = tollbooth_ledger::admin::Booth { jurisdiction: "us-fl".to_owned(), ..booth("florida") };
    world.ledger.put_booth(NOW, &operator(), &florida).unwrap();
    let ann = reviewer("tok_ann");
    let (one, two) = (doubted(&world, "1", "KBO4651", 50), doubted(&world, "2", "KBO4651", 40));
    let zero = doubted(&world, "3", "KB04651", 30);
    let group = |plate: &str, booth: &str| {
        let filter = Filter { candidate: Some(plate.to_owned()), booth: Some(booth.to_owned()), ..Filter::default() };
        listed(&world, &ann, &filter)
    };
    assert_eq!(group("KBO4651", BOOTH), [one.clone(), two.clone()], "in Texas an O is no zero");
    assert_eq!(group("KB04651", BOOTH), std::slice::from_ref(&zero));
    let there = |key: &str, plate: &str, minutes: i64| {
        doubted_at(&world, &passage_at("florida", key, &format!("photo {key}"), NOW - minutes * MINUTE), plate)
    };
    let both = [there("4", "AO10XY", 50), there("5", "A010XY", 40)];
    assert_eq!(group("AO10XY", "florida"), both, "in Florida it is");
    assert_eq!(group("A010XY", "florida"), both);
    // As the operator has the register: Florida tells them apart now, and Texas does not.
    world.set(&[("judge.keying_rules", "\"us-fl; us-tx key=O0\"")]);
    assert_eq!(group("AO10XY", "florida"), both[..1]);
    assert_eq!(group("KBO4651", BOOTH), [one, two, zero]);
    // The longest rule that there may be is a text within a text for each of its pairs, and SQL all the same.
    let pairs: Vec<String> = ('A'..='Z').take(MAX_PAIRS).map(|printed| format!("{printed}0")).collect();
    world.set(&[("judge.keying_rules", &format!("\"us-tx key={}\"", pairs.join(",")))]);
    assert_eq!(group("KBO4651", BOOTH).len(), 3);
    world.set(&[("judge.keying_rules", "\"\"")]);
    // A sample and a review without a suggestion of the same plate are in no group, whoever asks.
    world.set(&[("judge.quality_sample_percent", "100"), ("review.unprompted_percent", "100")]);
    safe(&world, "6", "SAM1234", 20);
    doubted(&world, "7", "SAM1234", 15);
    for who in [&ann, &supervisor("tok_sue")] {
        let filter = Filter { candidate: Some("SAM1234".to_owned()), ..Filter::default() };
        assert_eq!(listed(&world, who, &filter), [""; 0], "{}", who.id);
        assert_eq!(world.ledger.claim_next(NOW, who, None, &filter).unwrap(), None);
        let filter = Filter { queue: Some(Queue::Ordinary), ..filter };
        let person = person(&world, Role::Reviewer, &format!("{}x", who.id.replace('_', "_x")), None);
        let given = world.ledger.assign(NOW, &supervisor("tok_sue"), &person.id, &What::Oldest(filter, 10)).unwrap();
        assert_eq!(given.passages, [""; 0]);
    }
}

/// Everything that somebody can ask about a passage, without what names it and its place in the order of receipt.
fn everything(world: &World, who: &Actor, id: &str, key: &str) -> String {
    let lists = [
        Filter::default(),
        of_queue(Queue::Ordinary),
        of_queue(Queue::Supervisor),
        Filter { reason: Some("unprompted".into()), ..Filter::default() },
        Filter { reason: Some("quality-sample".into()), ..Filter::default() },
        Filter { reason: Some("low-confidence".into()), ..Filter::default() },
        Filter { candidate: Some("SMP1234".into()), ..Filter::default() },
        Filter { candidate: Some("RDN5678".into()), ..Filter::default() },
    ];
    let mut all: Vec<String> = Vec::new();
    for filter in lists {
        let page = world.ledger.list_open(NOW, who, &filter, None, 100).unwrap();
        let mine: Vec<_> = page.items.into_iter().filter(|item| item.passage == id).collect();
        all.push(format!("{mine:?}"));
    }
    all.push(format!("{:?}", world.ledger.passage_for(who, id).unwrap()));
    all.push(format!("{:?}", world.ledger.attempts_for(who, id).unwrap()));
    all.push(format!("{:?}", world.ledger.related_for(who, id).unwrap()));
    all.push(format!("{:?}", world.ledger.answers(who, id).unwrap()));
    all.push(format!("{:?}", world.ledger.history_for(who, id, 0, 1_000).unwrap()));
    all.push(format!(
        "{:?}",
        world
            .ledger
            .deeds(who, &Wanted::default(), &[], None, 100)
            .unwrap()
            .into_iter()
            .filter(|deed| deed.passage.as_deref() == Some(id))
            .collect::<Vec<_>>()
    ));
    all.push(format!(
        "{:?}",
        world.ledger.claim_next(NOW, who, Some(id), &Filter::default()).map(|item| item.map(|item| item.kept_back))
    ));
    if let Ok(Some(item)) = world.ledger.claim_next(NOW, who, Some(id), &Filter::default()) {
        world.ledger.release(NOW, who, id, item.version).unwrap();
    }
    let photo = tollbooth_pipeline::ident::sha256_hex(format!("photo {key}").as_bytes());
    let named = all.join("\n").replace(id, "PASSAGE").replace(&photo, "PHOTO").replace(&format!("\"{key}\""), "KEY");
    let mut text = String::new();
    for part in named.split("sequence: ") {
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

#[test]
fn flagged_or_given_to_somebody_a_sample_and_an_ordinary_review_are_the_same_to_everybody() {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100"), ("review.unprompted_percent", "100")]);
    let (ann, bob) = (person(&world, Role::Reviewer, "tok_ann", None), person(&world, Role::Reviewer, "tok_bob", None));
    let (sue, tom) = (supervisor("tok_sue"), supervisor("tok_tom"));
    let at = NOW - 10 * MINUTE;
    let sample = world.record(&passage_with("sample", "photo sample", at)).passage;
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("SMP1234", 0.99), acceptance("SMP1234")).unwrap();
    let ordinary = doubted_at(&world, &passage_with("ordin", "photo ordin", at), "RDN5678");
    assert_eq!(world.get(&sample).reason.as_deref(), Some("quality-sample"));
    let same = |what: &str| {
        for who in [&ann, &bob, &sue, &tom] {
            let one = everything(&world, who, &sample, "sample");
            assert_eq!(one, everything(&world, who, &ordinary, "ordin"), "{what}, {}", who.id);
            for told in ["quality", "sample", "SMP1234", "RDN5678", "low-conf", "0.99"] {
                assert!(!one.contains(told), "{what}: {} is told {told}:\n{one}", who.id);
            }
        }
    };
    let both = |deed: &dyn Fn(&str) -> String| {
        let told = [&sample, &ordinary].map(|id| {
            let text = deed(id).replace(id.as_str(), "PASSAGE");
            text.split("sequence: ").map(|p| p.trim_start_matches(|c: char| c.is_ascii_digit())).collect::<String>()
        });
        assert_eq!(told[0], told[1]);
    };
    same("open");
    both(&|id| format!("{:?}", world.ledger.assign(NOW, &sue, &ann.id, &What::These(vec![id.to_owned()]))));
    same("given to somebody");
    both(&|id| format!("{:?}", world.ledger.unassign(NOW, &ann, id)));
    same("given back");
    both(&|id| format!("{:?}", flag(&world, &ann, id, "which one?")));
    same("flagged");
    both(&|id| format!("{:?}", world.ledger.unflag(NOW, &ann, id, 3)));
    same("taken back");
    both(&|id| format!("{:?}", flag(&world, &bob, id, "which one?")));
    both(&|id| format!("{:?}", answer(&world, &sue, id, &reject())));
    for who in [&ann, &bob] {
        let (one, other) = (everything(&world, who, &sample, "sample"), everything(&world, who, &ordinary, "ordin"));
        assert_eq!(one, other, "decided, {}", who.id);
    }
    assert_eq!(world.number("SELECT count(*) FROM blind_review WHERE machine_error = 'unbillable'"), 1, "measured");
    world.assert_balanced();
}

#[test]
fn what_happens_at_other_booths_is_not_there_for_whoever_is_limited_to_some() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    let here = doubted(&world, "1", "ABC1234", 10);
    let there = doubted_at(&world, &passage_at("south-1", "2", "photo 2", NOW - 20 * MINUTE), "XYZ9876");
    let ann = person(&world, Role::Reviewer, "tok_ann", Some(&[BOOTH]));
    let sue = person(&world, Role::Supervisor, "tok_sue", Some(&[BOOTH]));
    let all = person(&world, Role::Supervisor, "tok_all", None);
    let both = person(&world, Role::Reviewer, "tok_both", Some(&[BOOTH, "south-1"]));
    for who in [&ann, &sue] {
        assert_eq!(listed(&world, who, &Filter::default()), std::slice::from_ref(&here), "{}", who.id);
        let elsewhere = Filter { booth: Some("south-1".into()), ..Filter::default() };
        assert_eq!(listed(&world, who, &elsewhere), [""; 0]);
        assert_eq!(next(&world, who), Some(here.clone()));
        let claimed = world.ledger.claim_next(NOW, who, Some(&there), &Filter::default());
        assert_eq!(refused(claimed), Refusal::NotFound, "as if it were not there");
        assert_eq!(refused(world.ledger.submit(NOW, who, &there, 3, &texan("XYZ9876"))), Refusal::NotFound);
        assert_eq!(refused(world.ledger.flag(NOW, who, &there, 3, "x")), Refusal::NotFound);
        assert_eq!(refused(world.ledger.unflag(NOW, who, &there, 3)), Refusal::NotFound);
        assert_eq!(refused(world.ledger.release(NOW, who, &there, 3)), Refusal::NotFound);
        assert_eq!(refused(world.ledger.undo(NOW, who, &there, 3)), Refusal::NotFound);
        assert_eq!(refused(world.ledger.reprocess(NOW, who, &there, 3)), Refusal::NotFound);
        assert_eq!(refused(world.ledger.unassign(NOW, who, &there)), Refusal::NotFound);
        let cause = tollbooth_pipeline::export::Cause::Error;
        assert_eq!(refused(world.ledger.reopen(NOW, who, &there, 3, "x", cause)), Refusal::NotFound);
        assert_eq!(
            refused(world.ledger.assign(NOW, who, "tok_both", &What::These(vec![there.clone()]))),
            Refusal::NotFound
        );
        assert_eq!(world.ledger.passage_for(who, &there).unwrap(), None);
        assert!(world.ledger.attempts_for(who, &there).unwrap().is_empty());
        assert!(world.ledger.history_for(who, &there, 0, 10).unwrap().is_empty());
        assert!(world.ledger.related_for(who, &there).unwrap().is_empty());
        let key = world.get(&there).key;
        let (found, _) = world.ledger.find_for(who, Known::Key(&key), &Sought::default(), None, 100).unwrap();
        assert!(found.iter().all(|passage| passage.booth == BOOTH), "{found:?}");
        for (at, hour) in [(None, None), (Some("south-1"), None), (None, Some("2026-11-20T10"))] {
            for state in [None, Some(State::InReview), Some(State::Accepted)] {
                let sought = Sought { booth: at, state, received_hour: hour, ..Sought::default() };
                let (found, _) = world.ledger.search_for(who, &sought, None, 100).unwrap();
                assert!(found.iter().all(|passage| passage.booth == BOOTH), "{at:?} {state:?} {hour:?}");
            }
        }
    }
    for who in [&all, &both] {
        assert_eq!(listed(&world, who, &Filter::default()).len(), 2, "{}", who.id);
        assert!(world.ledger.passage_for(who, &there).unwrap().is_some());
    }
    let names =
        |who: &Actor| world.ledger.colleagues(who).unwrap().into_iter().map(|person| person.token).collect::<Vec<_>>();
    let south = person(&world, Role::Reviewer, "tok_south", Some(&["south-1"]));
    assert!(names(&all).contains(&south.id) && !names(&sue).contains(&south.id));
}

#[test]
fn only_those_who_review_are_limited_and_only_to_booths_that_there_are() {
    let world = world();
    let make = |role, booths: Vec<String>| {
        let token = Token { role, booth: None, booths: Some(booths), ..camera_token("tok_x") };
        world.ledger.create_token(NOW, &operator(), &token, &[1; 32])
    };
    for (role, booths) in [
        (Role::Operator, vec![BOOTH.to_owned()]),
        (Role::Billing, vec![BOOTH.to_owned()]),
        (Role::Reviewer, vec![]),
        (Role::Reviewer, vec!["nowhere".to_owned()]),
        (Role::Supervisor, vec![BOOTH.to_owned(); 101]),
    ] {
        assert!(make(role, booths.clone()).is_err(), "{role} {booths:?}");
    }
    make(Role::Reviewer, vec![BOOTH.to_owned()]).unwrap();
    make(Role::Reviewer, vec![BOOTH.to_owned()]).unwrap();
    assert_eq!(world.ledger.list_tokens(None, 10).unwrap()[0].booths.as_deref(), Some(&[BOOTH.to_owned()][..]));
}
