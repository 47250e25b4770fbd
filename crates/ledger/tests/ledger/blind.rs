//! Reviews that are read without a suggestion: nobody can tell a sample, nobody's answer is lost, and nothing is billed
//! that is open or disputed.

use tollbooth_ledger::blind::Known;
use tollbooth_ledger::log::Wanted;
use tollbooth_ledger::passages::{Event, Passage, Sought};
use tollbooth_ledger::reading::Decision;
use tollbooth_ledger::review::{Filter, Item, Refusal, Verdict};
use tollbooth_ledger::{Actor, Failure};
use tollbooth_pipeline::blind::Standing;
use tollbooth_pipeline::export::{Disposition, Question};
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::said::By;
use tollbooth_pipeline::state::State;
use tollbooth_trace::Stage;

use crate::booth::*;

fn sampling() -> World {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100"), ("review.unprompted_percent", "100")]);
    world
}

fn supervisor() -> Actor {
    actor(Role::Supervisor, "tok_s")
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure<Refusal>>) -> Refusal {
    match answer.unwrap_err() {
        Failure::Refused(refusal) => refusal,
        Failure::Ledger(error) => panic!("{error}"),
    }
}

/// A passage that the judge accepted with this plate of Texas, drawn or not.
fn read_as(world: &World, key: &str, plate: &str) -> String {
    let id = world.record(&passage(key)).passage;
    let lease = world.lease(NOW);
    assert_eq!(lease.passage, id);
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.99), acceptance(plate)).unwrap();
    id
}

/// A passage that the judge sent to people.
fn doubted(world: &World, key: &str, plate: &str) -> String {
    doubted_before(world, key, plate, 0)
}

/// The same, taken so many minutes before.
fn doubted_before(world: &World, key: &str, plate: &str, minutes: i64) -> String {
    let taken = NOW - 5 * SECOND - minutes * MINUTE;
    let id = world.record(&passage_with(key, &format!("photo {key}"), taken)).passage;
    let lease = world.lease(NOW);
    let decision = Decision::Review(referral(ReviewReason::LowConfidence, Some(plate)));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.7), decision).unwrap();
    id
}

fn claim(world: &World, who: &Actor, id: &str) -> Item {
    world.ledger.claim_next(NOW, who, Some(id), &Filter::default()).unwrap().unwrap()
}

fn answer(world: &World, who: &Actor, id: &str, verdict: &Verdict) -> (State, u32) {
    let item = claim(world, who, id);
    world.ledger.submit(NOW, who, id, item.version, verdict).unwrap()
}

fn seen(world: &World, who: &Actor, id: &str) -> Passage {
    world.ledger.passage_for(who, id).unwrap().unwrap()
}

fn history(world: &World, who: &Actor, id: &str) -> Vec<Event> {
    world.ledger.history_for(who, id, 0, 1_000).unwrap()
}

fn text(world: &World, sql: &str) -> String {
    format!("{:?}", world.sql(sql).unwrap())
}

/// The trace without what is derived from the passage's id.
fn told_of_its_way(world: &World, who: &Actor, id: &str) -> String {
    let spans = world.ledger.trace_for(who, id).unwrap().unwrap().spans.into_iter();
    let told =
        spans.map(|span| (span.stage, span.number, span.started_at, span.wait_ms, span.run_ms, span.outcome, span.by));
    format!("{:?}", told.collect::<Vec<_>>())
}

/// Everything that a reviewer can ask about a passage, with what names the passage itself replaced.
fn everything(world: &World, who: &Actor, id: &str, key: &str) -> String {
    let listed = |reason: Option<&str>| {
        let filter = Filter { reason: reason.map(ToOwned::to_owned), ..Filter::default() };
        let page = world.ledger.list_open(NOW, who, &filter, None, 100).unwrap();
        let mine: Vec<_> = page.items.into_iter().filter(|item| item.passage == id).collect();
        format!("{mine:?}")
    };
    let found = |state: Option<State>| {
        let (found, _) = world.ledger.search_for(who, &Sought { state, ..Sought::default() }, None, 100).unwrap();
        let mine: Vec<_> = found.into_iter().filter(|passage| passage.id == id).collect();
        format!("{mine:?}")
    };
    let all = [
        format!("{:?}", seen(world, who, id)),
        format!("{:?}", world.ledger.attempts_for(who, id).unwrap()),
        format!("{:?}", world.ledger.related_for(who, id).unwrap()),
        format!("{:?}", world.ledger.answers(who, id).unwrap()),
        format!("{:?}", history(world, who, id)),
        told_of_its_way(world, who, id),
        listed(None),
        listed(Some("unprompted")),
        listed(Some("low-confidence")),
        listed(Some("quality-sample")),
        listed(Some("disputed")),
        found(None),
        found(Some(State::InReview)),
        found(Some(State::Accepted)),
        found(Some(State::Rejected)),
    ]
    .join("\n");
    let photo = tollbooth_pipeline::ident::sha256_hex(format!("photo {key}").as_bytes());
    let named = all.replace(id, "PASSAGE").replace(&photo, "PHOTO").replace(&format!("\"{key}\""), "KEY");
    // Positions in the order of receipt and of events: they count passages, not what they are.
    let mut text = String::new();
    for part in named.split("sequence: ") {
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}

#[test]
fn a_sample_and_an_ordinary_review_without_a_suggestion_are_the_same_in_everything_a_reviewer_can_ask() {
    let world = sampling();
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let (sample, ordinary) = (read_as(&world, "sample", "SMP1234"), doubted(&world, "ordin", "RDN5678"));
    assert_eq!(world.get(&sample).reason.as_deref(), Some("quality-sample"));
    assert_eq!(world.get(&ordinary).reason.as_deref(), Some("low-confidence"));
    let same = |what: &str| {
        for who in [&ann, &bob] {
            let one = everything(&world, who, &sample, "sample");
            assert_eq!(one, everything(&world, who, &ordinary, "ordin"), "{what}, {}", who.id);
            for told in ["quality", "sample", "SMP1234", "RDN5678", "low-conf", "0.99", "\"leased", "referred"] {
                assert!(!one.contains(told), "{what}: {} is told {told}:\n{one}", who.id);
            }
        }
    };
    same("open");
    let both = |deed: &dyn Fn(&str) -> String| {
        let (one, other) = (deed(&sample).replace(&sample, "PASSAGE"), deed(&ordinary).replace(&ordinary, "PASSAGE"));
        let positions = |text: &str| {
            text.split("sequence: ")
                .map(|p| p.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned())
                .collect::<String>()
        };
        assert_eq!(positions(&one), positions(&other));
    };
    both(&|id| format!("{:?}", claim(&world, &ann, id)));
    same("claimed");
    both(&|id| format!("{:?}", world.ledger.claim_next(NOW, &bob, Some(id), &Filter::default())));
    both(&|id| format!("{:?}", world.ledger.release(NOW, &ann, id, 3).unwrap()));
    same("released");
    // Sent back to the recogniser, and drawn again.
    for id in [&sample, &ordinary] {
        let item = claim(&world, &ann, id);
        world.ledger.reprocess(NOW, &ann, id, item.version).unwrap();
    }
    same("sent back");
    for _ in 0..2 {
        let lease = world.lease(NOW);
        let decision = if lease.passage == sample {
            acceptance("SMP1234")
        } else {
            Decision::Review(referral(ReviewReason::LowConfidence, Some("RDN5678")))
        };
        let plate = if lease.passage == sample { "SMP1234" } else { "RDN5678" };
        world.ledger.settle(NOW, &lease.attempt_token, reading_of(plate, 0.99), decision).unwrap();
    }
    same("read again");
    world.assert_balanced();
}

#[test]
fn whoever_disagrees_with_the_judge_is_told_the_same_as_whoever_agrees() {
    let world = sampling();
    let ann = reviewer("tok_ann");
    let (agreed, differs) = (read_as(&world, "one", "AGR1234"), read_as(&world, "two", "D1F5678"));
    let mut told = Vec::new();
    for (id, plates) in [(&agreed, ["AGR1234", "AGR1234"]), (&differs, ["DIF5678", "DLF5678"])] {
        let mut all = Vec::new();
        for plate in plates {
            let item = claim(&world, &ann, id);
            let (state, version) = world.ledger.submit(NOW, &ann, id, item.version, &texan(plate)).unwrap();
            let passage = seen(&world, &ann, id);
            assert_eq!((passage.state, passage.plate.as_deref()), (State::Accepted, Some(plate)));
            assert_eq!(passage.version, version, "the version that was told is the one that is shown");
            let of = |state| Sought { state: Some(state), ..Sought::default() };
            let (accepted, _) = world.ledger.search_for(&ann, &of(State::Accepted), None, 10).unwrap();
            let (open, _) = world.ledger.search_for(&ann, &of(State::InReview), None, 10).unwrap();
            let in_list = |list: &[Passage]| list.iter().any(|passage| passage.id == *id);
            assert!(in_list(&accepted) && !in_list(&open), "searched by state");
            for (who, found) in [(&ann.id, true), (&"judge".to_owned(), false)] {
                let by = Sought { decided_by: Some(who), ..Sought::default() };
                let (decided, _) = world.ledger.search_for(&ann, &by, None, 10).unwrap();
                assert_eq!(in_list(&decided), found, "searched by who decided it: {who}");
            }
            let cut = |state| world.ledger.search_for(&ann, &of(state), None, 1).unwrap();
            for (page, next) in [State::Accepted, State::InReview, State::Rejected].map(cut) {
                assert!(next.is_none() || page.len() == 1, "a page that is shorter than it may be is the last one");
            }
            let again = world.ledger.claim_next(NOW, &ann, Some(id), &Filter::default());
            let kinds: Vec<_> =
                history(&world, &ann, id).into_iter().map(|e| (e.kind, e.from_state, e.to_state)).collect();
            let undone = world.ledger.undo(NOW, &ann, id, version).unwrap();
            assert_eq!(undone.suggestion.as_deref(), Some(plate), "what was typed comes back");
            all.push(format!(
                "{item:?} {state:?} {version} {again:?} {kinds:?} {undone:?} {:?}",
                seen(&world, &ann, id)
            ));
        }
        let photo = world.get(id).photo_sha256;
        let mut text = all.join("\n").replace(id, "PASSAGE").replace(&photo, "PHOTO");
        for (plate, name) in
            [("AGR1234", "PLATE"), ("DIF5678", "PLATE"), ("DLF5678", "PLATE"), ("\"one\"", "KEY"), ("\"two\"", "KEY")]
        {
            text = text.replace(plate, name);
        }
        told.push(
            text.split("sequence: ").map(|p| p.trim_start_matches(|c: char| c.is_ascii_digit())).collect::<String>(),
        );
    }
    assert_eq!(told[0], told[1]);
    world.assert_balanced();
}

#[test]
fn a_sample_that_is_read_alike_is_billed_and_counts_as_right() {
    let world = sampling();
    let ann = reviewer("tok_ann");
    let id = read_as(&world, "1", "ABC1234");
    assert_eq!(export(&world.ledger, NOW), None, "nothing is billed before it is read");
    answer(&world, &ann, &id, &texan("ABC1234"));
    let passage = world.get(&id);
    assert_eq!((passage.state, passage.decided_by.as_deref()), (State::Accepted, Some("tok_ann")));
    let row = text(&world, "SELECT standing, machine_error, right_plate, share_percent FROM blind_review");
    assert!(row.contains("settled") && row.contains("Null") && row.contains("ABC1234") && row.contains("100"), "{row}");
    assert!(seen(&world, &ann, &id).kept_back, "as long as it can be changed");
    world.export(NOW);
    assert!(!seen(&world, &ann, &id).kept_back, "billed");
    assert_eq!(world.ledger.attempts_for(&ann, &id).unwrap().len(), 1);
    world.assert_balanced();
}

#[test]
fn a_disagreement_goes_to_a_supervisor_who_sees_the_answers_and_nobody_else_does() {
    let world = sampling();
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = read_as(&world, "1", "A8C1234");
    let (state, _) = answer(&world, &ann, &id, &texan("ABC1234"));
    assert_eq!(state, State::Accepted, "as ever, to whoever answered");
    assert_eq!(world.get(&id).state, State::InReview);
    assert_eq!(export(&world.ledger, NOW), None, "nothing is billed that is disputed");
    for who in [&ann, &bob] {
        assert_eq!(world.ledger.list_open(NOW, who, &Filter::default(), None, 10).unwrap().total, 0);
        assert_eq!(world.ledger.claim_next(NOW, who, None, &Filter::default()).unwrap(), None);
        assert_eq!(world.ledger.answers(who, &id).unwrap(), []);
        assert!(world.ledger.attempts_for(who, &id).unwrap().is_empty());
        assert!(
            history(&world, who, &id).iter().all(|event| event.kind != "disputed" && event.kind != "opinion-given")
        );
    }
    assert_eq!(refused(world.ledger.claim_next(NOW, &bob, Some(&id), &Filter::default())), Refusal::ForSupervisor);
    let listed = world.ledger.list_open(NOW, &supervisor(), &Filter::default(), None, 10).unwrap();
    assert_eq!(listed.items[0].reason, "disputed");
    let answers = world.ledger.answers(&supervisor(), &id).unwrap();
    let of = |by: By| answers.iter().find(|answer| answer.by == by).unwrap().plate.clone().unwrap().0;
    assert_eq!((of(By::Machine), of(By::Person)), ("A8C1234".to_owned(), "ABC1234".to_owned()));
    let named = || history(&world, &supervisor(), &id).iter().any(|event| event.actor_id == ann.id);
    let logged = || {
        world
            .ledger
            .deeds(&supervisor(), &Wanted { who: Some(&ann.id), ..Wanted::default() }, &[], None, 50)
            .unwrap()
            .len()
    };
    assert!(history(&world, &supervisor(), &id).iter().any(|event| event.kind == "disputed"));
    assert!(!named() && logged() == 0, "who settles it is told whose answer it is");
    answer(&world, &supervisor(), &id, &texan("ABC1234"));
    assert_eq!(world.get(&id).decided_by.as_deref(), Some("tok_s"));
    assert!(named() && logged() == 2, "afterwards everything is told");
    let row = text(&world, "SELECT standing, machine_error, right_plate FROM blind_review");
    assert!(row.contains("settled") && row.contains("\"plate\"") && row.contains("ABC1234"), "{row}");
    assert_eq!(world.number("SELECT is_right FROM opinion WHERE actor_id = 'tok_ann'"), 1);
    world.export(NOW);
    world.assert_balanced();
}

#[test]
fn a_supervisor_who_takes_the_decision_back_has_the_dispute_again() {
    let world = sampling();
    let id = read_as(&world, "1", "A8C1234");
    answer(&world, &reviewer("tok_ann"), &id, &texan("ABC1234"));
    let (_, version) = answer(&world, &supervisor(), &id, &texan("A8C1234"));
    world.ledger.undo(NOW, &supervisor(), &id, version).unwrap();
    assert_eq!(world.ledger.answers(&supervisor(), &id).unwrap().len(), 2);
    assert_eq!(world.ledger.list_open(NOW, &reviewer("tok_bob"), &Filter::default(), None, 10).unwrap().total, 0);
    let (_, version) = answer(&world, &supervisor(), &id, &texan("ABC1234"));
    assert_eq!(world.number("SELECT is_right FROM opinion WHERE actor_id = 'tok_ann'"), 1);
    // Opened again later: whoever decides then says what is right.
    world
        .ledger
        .reopen(NOW, &supervisor(), &id, version, "the customer called", tollbooth_pipeline::export::Cause::Dispute)
        .unwrap();
    assert_eq!(text(&world, "SELECT standing FROM blind_review"), "[Row([Text(\"reopened\")])]");
    let bob = reviewer("tok_bob");
    let (_, version) = answer(&world, &bob, &id, &reject());
    assert_eq!(text(&world, "SELECT machine_error FROM blind_review"), "[Row([Text(\"unbillable\")])]");
    assert_eq!(world.number("SELECT is_right FROM opinion WHERE actor_id = 'tok_ann'"), 0);
    // Who takes that back has the passage as it was opened, and not the dispute of long ago.
    let undone = world.ledger.undo(NOW, &bob, &id, version).unwrap();
    assert_eq!((undone.reason.as_str(), undone.kept_back), ("reopened", false));
    assert_eq!(text(&world, "SELECT standing FROM blind_review"), "[Row([Text(\"reopened\")])]");
    world.ledger.submit(NOW, &bob, &id, undone.version, &reject()).unwrap();
    assert_eq!(world.get(&id).state, State::Rejected);
    world.assert_balanced();
}

#[test]
fn whoever_takes_an_answer_back_is_not_told_that_the_others_differ() {
    let world = sampling();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = read_as(&world, "1", "A8C1234");
    let (_, version) = answer(&world, &ann, &id, &texan("A8C1234"));
    answer(&world, &bob, &id, &texan("ABC1234"));
    let undone = world.ledger.undo(NOW, &ann, &id, version).unwrap();
    assert_eq!((undone.reason.as_str(), undone.suggestion.as_deref()), ("unprompted", Some("A8C1234")));
    assert_eq!(export(&world.ledger, NOW), None, "nothing is billed that others answered otherwise");
    let (state, _) = world.ledger.submit(NOW, &ann, &id, undone.version, &texan("ABC1234")).unwrap();
    assert_eq!((state, world.get(&id).state), (State::Accepted, State::InReview), "a dispute again");
    assert_eq!(world.ledger.answers(&supervisor(), &id).unwrap().len(), 3);
    answer(&world, &supervisor(), &id, &texan("ABC1234"));
    assert_eq!(world.get(&id).state, State::Accepted);
    world.assert_balanced();
}

#[test]
fn a_sample_that_billing_refuses_comes_back_with_the_reason_and_is_not_measured_until_it_is_decided() {
    let world = sampling();
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = read_as(&world, "1", "A8C1234");
    answer(&world, &ann, &id, &texan("ABC1234"));
    answer(&world, &supervisor(), &id, &texan("ABC1234"));
    assert_eq!(world.number("SELECT count(*) FROM confusion WHERE withdrawn_at_ms IS NULL"), 1);
    let billed = world.export(NOW);
    let refused = Some("plate format");
    crate::acknowledge::answer(&world, billed.sequence, "1", Disposition::Refused, refused).unwrap();
    assert_eq!(text(&world, "SELECT standing FROM blind_review"), "[Row([Text(\"reopened\")])]");
    assert_eq!(world.number("SELECT count(*) FROM confusion WHERE withdrawn_at_ms IS NULL"), 0, "doubted again");
    let item = claim(&world, &bob, &id);
    assert_eq!((item.reason.as_str(), item.detail.as_str()), ("refused-by-billing", "plate format"));
    assert_eq!((item.suggestion.as_deref(), item.kept_back), (Some("ABC1234"), false));
    world.ledger.submit(NOW, &bob, &id, item.version, &texan("ABC1234")).unwrap();
    assert_eq!(world.get(&id).correction, Some(Question::Due), "sent once more");
    assert_eq!(text(&world, "SELECT machine_error FROM blind_review"), "[Row([Text(\"plate\")])]");
    assert_eq!(world.number("SELECT count(*) FROM confusion WHERE withdrawn_at_ms IS NULL"), 1);
    world.export(NOW);
    world.assert_balanced();
    assert_eq!(world.ledger.inspect(0, 100).unwrap().contradictions, []);
}

#[test]
fn a_second_person_reads_without_knowing_the_first_answer() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    for (key, second, standing) in [("1", "BCD1234", "settled"), ("2", "BCO1234", "disputed")] {
        let id = doubted_before(&world, key, "8CD1234", if key == "1" { 0 } else { 20 });
        let before = claim(&world, &ann, &id);
        assert_eq!((before.reason.as_str(), before.kept_back), ("low-confidence", false), "the first sees everything");
        world.ledger.submit(NOW, &ann, &id, before.version, &texan("BCD1234")).unwrap();
        assert!(!seen(&world, &ann, &id).kept_back, "and goes on seeing it");
        let item = claim(&world, &bob, &id);
        assert_eq!((item.reason.as_str(), item.suggestion, item.version), ("unprompted", None, before.version));
        assert_eq!(history(&world, &bob, &id).len(), 2, "received, and claimed by oneself");
        world.ledger.submit(NOW, &bob, &id, item.version, &texan(second)).unwrap();
        let found = text(&world, "SELECT standing FROM blind_review ORDER BY passage_sequence DESC LIMIT 1");
        assert!(found.contains(standing), "{found}");
    }
    world.assert_balanced();
}

#[test]
fn the_first_of_two_takes_an_answer_back_as_if_it_had_decided() {
    let world = world();
    let ordinary = doubted(&world, "0", "8CD1234");
    let ann = reviewer("tok_ann");
    let tell = |id: &str| {
        let (state, version) = answer(&world, &ann, id, &texan("BCD1234"));
        let undone = world.ledger.undo(NOW, &ann, id, version).unwrap();
        format!("{state:?} {version} {} {} {:?} {}", undone.version, undone.reason, undone.suggestion, undone.detail)
    };
    let plain = tell(&ordinary);
    world.set(&[("review.second_reading_percent", "100")]);
    let read_twice = doubted(&world, "1", "8CD1234");
    assert_eq!(tell(&read_twice), plain);
    assert_eq!(world.get(&read_twice).state, State::InReview);
    answer(&world, &ann, &read_twice, &texan("BCD1234"));
    assert_eq!(world.get(&read_twice).state, State::InReview, "somebody else reads it all the same");
    answer(&world, &reviewer("tok_bob"), &read_twice, &texan("BCD1234"));
    assert_eq!(world.get(&read_twice).state, State::Accepted);
    world.assert_balanced();
}

#[test]
fn whoever_is_often_wrong_is_read_after() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    for n in 0..20 {
        let id = doubted_before(&world, &format!("n{n}"), "8CD1234", 20 + 20 * n);
        let typed = if n < 4 { format!("BAD{n:04}") } else { format!("GUD{n:04}") };
        answer(&world, &ann, &id, &texan(&typed));
        let right = format!("GUD{n:04}");
        answer(&world, &bob, &id, &texan(&right));
        if n < 4 {
            answer(&world, &supervisor(), &id, &texan(&right));
        }
    }
    world.set(&[("review.second_reading_percent", "0"), ("review.min_agreement_percent", "90")]);
    for (who, key, state) in [(&ann, "a", State::InReview), (&bob, "b", State::Accepted)] {
        let id = doubted(&world, key, "8CD1234");
        answer(&world, who, &id, &texan(&format!("LST{key}123").to_uppercase()));
        assert_eq!(world.get(&id).state, state, "{}", who.id);
    }
    world.assert_balanced();
}

#[test]
fn nothing_is_drawn_beside_a_sample_of_nothing() {
    let world = world();
    world.set(&[("review.unprompted_percent", "100")]);
    let id = doubted(&world, "1", "ABC1234");
    assert_eq!(claim(&world, &reviewer("tok_ann"), &id).suggestion.as_deref(), Some("ABC1234"));
    assert_eq!(world.accepted("2", "XYZ9876").state, State::Accepted);
    assert_eq!(world.number("SELECT count(*) FROM blind_review"), 0);
}

#[test]
fn a_known_answer_is_compared_with_what_others_say_and_counts_for_them() {
    let world = world();
    let (sue, ann, bob) = (supervisor(), reviewer("tok_ann"), reviewer("tok_bob"));
    for (key, who, typed, state) in [("1", &ann, "BCD1234", State::Accepted), ("2", &bob, "BCO1234", State::InReview)] {
        let id = doubted_before(&world, key, "8CD1234", if key == "1" { 0 } else { 20 });
        let item = claim(&world, &sue, &id);
        let told = world.ledger.seed(NOW, &sue, &id, item.version, &texan("BCD1234")).unwrap();
        assert_eq!(told, (State::Accepted, item.version + 1));
        assert_eq!(world.get(&id).state, State::InReview, "nothing is billed by it alone");
        let blind = claim(&world, who, &id);
        assert_eq!((blind.reason.as_str(), blind.suggestion), ("unprompted", None));
        world.ledger.submit(NOW, who, &id, blind.version, &texan(typed)).unwrap();
        assert_eq!(world.get(&id).state, state);
        let again = world.ledger.seed(NOW, &sue, &id, item.version, &texan("BCD1234"));
        assert!(again.is_err(), "{again:?}");
    }
    assert_eq!(world.number("SELECT is_right FROM opinion WHERE actor_id = 'tok_ann'"), 1);
    let double = world.record(&passage("3")).passage;
    let lease = world.lease(NOW);
    let decision = Decision::Review(referral(ReviewReason::PossibleTow, Some("TRL1234")));
    world.ledger.settle(NOW, &lease.attempt_token, reading_of("TRL1234", 0.9), decision).unwrap();
    let item = claim(&world, &sue, &double);
    let refusal = refused(world.ledger.seed(NOW, &sue, &double, item.version, &texan("TRL1234")));
    assert!(matches!(refusal, Refusal::Invalid(_)), "what belongs together cannot be read blind");
    world.assert_balanced();
}

#[test]
fn whoever_gave_a_known_answer_sees_what_came_of_it_and_nobody_else_does() {
    let world = world();
    let (sue, ann, bob) = (supervisor(), reviewer("tok_ann"), reviewer("tok_bob"));
    let seed = |key: &str, minutes: i64| {
        let id = doubted_before(&world, key, "8CD1234", minutes);
        let item = claim(&world, &sue, &id);
        let told = if key == "3" { plate_of("us-tx", "BCD1234", Some(PlateType::Trailer)) } else { texan("BCD1234") };
        world.ledger.seed(NOW, &sue, &id, item.version, &told).unwrap();
        id
    };
    let (right, wrong, open, back) = (seed("1", 0), seed("2", 20), seed("3", 40), seed("4", 60));
    answer(&world, &ann, &right, &texan("BCD1234"));
    answer(&world, &bob, &wrong, &texan("BCO1234"));
    let known = world.ledger.seeds(&sue, None, 50).unwrap();
    let standings: Vec<_> = known.iter().map(|seed| (seed.passage.as_str(), seed.standing, seed.right)).collect();
    assert_eq!(
        standings,
        [
            (back.as_str(), Standing::Open, None),
            (open.as_str(), Standing::Open, None),
            (wrong.as_str(), Standing::Disputed, None),
            (right.as_str(), Standing::Settled, Some(true)),
        ]
    );
    let compared: Vec<_> =
        known.iter().flat_map(|seed| &seed.compared).map(|one| (one.token.as_str(), one.right)).collect();
    assert_eq!(compared, [("tok_ann", true)], "who answered a dispute is not named before it is settled");
    assert_eq!(known[0].plate, Some(("BCD1234".to_owned(), "us-tx".to_owned())));
    assert_eq!((known[0].plate_type, known[1].plate_type), (None, Some(PlateType::Trailer)));
    // Another supervisor may be the next to read them.
    assert_eq!(world.ledger.seeds(&actor(Role::Supervisor, "tok_other"), None, 50).unwrap(), []);
    // What is listed is enough to take it back; then it is an ordinary review again.
    world.ledger.undo(NOW, &sue, &back, known[0].version).unwrap();
    let left: Vec<_> = world.ledger.seeds(&sue, None, 50).unwrap().into_iter().map(|seed| seed.passage).collect();
    assert_eq!(left, [open.clone(), wrong, right]);
    assert_eq!(world.ledger.seeds(&sue, Some(known[1].number), 50).unwrap().len(), 2, "pages");
    assert_eq!(seen(&world, &ann, &back).reason.as_deref(), Some("reopened"));
    assert_eq!(seen(&world, &ann, &open).reason.as_deref(), Some("unprompted"));
}

#[test]
fn the_log_tells_nobody_more_of_an_open_blind_review_than_its_history_does() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    let id = doubted(&world, "1", "8CD1234");
    answer(&world, &ann, &id, &texan("BCD1234"));
    let log = |who: &Actor| {
        let all = world.ledger.deeds(who, &Wanted::default(), &[], None, 200).unwrap();
        all.into_iter().filter(|deed| deed.passage.as_deref() == Some(id.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(log(&supervisor()), [], "she may be the next to answer");
    let own: Vec<_> = log(&ann).into_iter().map(|deed| deed.kind).collect();
    assert_eq!(own, ["accepted", "claimed"], "what is held is the decision that its author takes it for");
    answer(&world, &bob, &id, &texan("BCD1234"));
    let settled = log(&supervisor());
    assert!(settled.iter().any(|deed| deed.kind == "opinion-given" && deed.actor_id == "tok_ann"), "{settled:?}");
    // A page is full although what is kept back lies between.
    let open = doubted_before(&world, "2", "8CE1234", 20);
    answer(&world, &ann, &open, &texan("BCE1234"));
    assert_eq!(world.ledger.deeds(&supervisor(), &Wanted::default(), &[], None, 3).unwrap().len(), 3);
}

#[test]
fn a_passage_is_found_by_its_plate_or_key_as_far_as_somebody_may_know_it() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, sue) = (reviewer("tok_ann"), supervisor());
    let billed = read_as(&world, "1", "BKD0101");
    let find = |who: &Actor, known: Known<'_>, among: Sought<'_>| {
        let (found, next) = world.ledger.find_for(who, known, &among, None, 10).unwrap();
        assert_eq!(next, None);
        found.into_iter().map(|passage| passage.id).collect::<Vec<_>>()
    };
    let any = Sought::default();
    for known in [Known::Plate("BKD0101"), Known::Plate("BKDOIOI"), Known::Key("1")] {
        assert_eq!(find(&sue, known, any), [billed.as_str()], "{known:?}");
        assert_eq!(find(&sue, known, Sought { state: Some(State::InReview), ..any }), [""; 0]);
        assert_eq!(find(&sue, known, Sought { booth: Some("elsewhere"), ..any }), [""; 0]);
    }
    for known in [Known::Plate("BKD0102"), Known::Key("BKD0101")] {
        assert_eq!(find(&sue, known, any), [""; 0], "{known:?}");
    }
    // Read blind by others, and to whoever answered it decided: found by their answer, and by them alone.
    let id = doubted_before(&world, "2", "8CD1234", 300);
    assert_eq!(find(&sue, Known::Plate("8CD1234"), any), [id.as_str()], "the suggestion");
    answer(&world, &ann, &id, &texan("BCD1234"));
    let plates = |who: &Actor| ["8CD1234", "BCD1234"].map(|plate| find(who, Known::Plate(plate), any).len());
    assert_eq!((plates(&ann), plates(&sue)), ([0, 1], [0, 0]));
    let decided = Sought { state: Some(State::Accepted), ..any };
    assert_eq!(find(&ann, Known::Plate("BCD1234"), decided), [id.as_str()]);
    assert_eq!(find(&sue, Known::Key("2"), any), [id.as_str()], "a key says nothing of what was read");
    // Pages.
    let again = doubted_before(&world, "3", "BKD0101", 600);
    let page = |before| world.ledger.find_for(&sue, Known::Plate("BKD0101"), &any, before, 1).unwrap();
    let (first, next) = page(None);
    assert_eq!((first[0].id.as_str(), page(next).0[0].id.as_str()), (again.as_str(), billed.as_str()));
    assert_eq!(page(page(next).1).0, []);
}

#[test]
fn what_somebody_looked_at_does_not_tell_their_answer_before_others_have_given_theirs() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_ann"), &[3; 32]).unwrap();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_bob"), &[4; 32]).unwrap();
    let same = read_as(&world, "1", "BCD1234");
    let tried = doubted_before(&world, "2", "KTW0598", 200);
    let unrelated = doubted_before(&world, "3", "MHR7305", 400);
    let id = doubted_before(&world, "4", "8CD1234", 600);
    let told = |who: &Actor| {
        let all = world.ledger.looks(who, &Wanted::default(), None, 50).unwrap();
        all.into_iter().map(|look| (look.token, look.passage)).collect::<Vec<_>>()
    };
    let look = |who: &str, id: &str| (who.to_owned(), id.to_owned());
    world.ledger.note_look(NOW - HOUR, "tok_ann", &unrelated).unwrap();
    let item = claim(&world, &ann, &id);
    for seen in [&id, &tried, &same] {
        world.ledger.note_look(NOW, "tok_ann", seen).unwrap();
    }
    world.ledger.submit(NOW, &ann, &id, item.version, &texan("BCD1234")).unwrap();
    assert_eq!(told(&supervisor()), [look("tok_ann", &unrelated)], "she may be the next to answer");
    assert_eq!(told(&ann).len(), 4, "what one did oneself is no secret");
    // Whoever holds no answer tells none by a look at the same photos; a page is full although others lie between.
    world.ledger.note_look(NOW, "tok_bob", &same).unwrap();
    assert_eq!(told(&supervisor()), [look("tok_bob", &same), look("tok_ann", &unrelated)]);
    assert_eq!(world.ledger.looks(&supervisor(), &Wanted::default(), None, 2).unwrap().len(), 2);
    answer(&world, &bob, &id, &texan("BCD1234"));
    assert_eq!(told(&supervisor()).len(), 5, "afterwards everything is told");
}

#[test]
fn who_settles_a_dispute_is_not_told_by_looks_whose_answers_they_are() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob) = (reviewer("tok_ann"), reviewer("tok_bob"));
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_ann"), &[3; 32]).unwrap();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_bob"), &[4; 32]).unwrap();
    let id = doubted(&world, "1", "8CD1234");
    for (who, plate) in [(&ann, "BCD1234"), (&bob, "8CD1234")] {
        world.ledger.note_look(NOW, &who.id, &id).unwrap();
        answer(&world, who, &id, &texan(plate));
    }
    let told = |who: &Actor| world.ledger.looks(who, &Wanted::default(), None, 50).unwrap().len();
    assert_eq!(seen(&world, &supervisor(), &id).reason.as_deref(), Some("disputed"));
    assert_eq!((told(&supervisor()), told(&ann)), (0, 1));
    answer(&world, &supervisor(), &id, &texan("BCD1234"));
    assert_eq!(told(&supervisor()), 2);
}

#[test]
fn a_collector_of_traces_cannot_tell_a_sample_either() {
    let world = sampling();
    assert_eq!(world.ledger.unsent_spans(SETTLED, 1_000).unwrap().spans, [], "from now on");
    let sample = read_as(&world, "1", "ABC1234");
    let doubtful = doubted(&world, "2", "XYZ9876");
    let told = world.ledger.unsent_spans(SETTLED, 1_000).unwrap();
    let judged = |id: &str| {
        let mut of = told.spans.iter().filter(|unsent| unsent.passage == id && unsent.span.stage == Stage::Judging);
        of.next().unwrap().span.outcome.clone()
    };
    assert_eq!([judged(&sample), judged(&doubtful)], ["in-review", "in-review"]);
    assert!(!format!("{told:?}").contains("quality-sample"), "{told:?}");
}
