//! People's decisions.

use tollbooth_ledger::Failure;
use tollbooth_ledger::reading::Decision;
use tollbooth_ledger::review::{Filter, Refusal, Verdict};
use tollbooth_pipeline::export::Cause as Why;
use tollbooth_pipeline::reason::{RejectCode, ReviewReason};
use tollbooth_pipeline::state::State;

use crate::booth::*;

const CLAIM: i64 = 300 * SECOND;

fn refused<T: std::fmt::Debug>(answer: Result<T, Failure<Refusal>>) -> Refusal {
    match answer.unwrap_err() {
        Failure::Refused(refusal) => refusal,
        Failure::Ledger(error) => panic!("{error}"),
    }
}

#[test]
fn open_reviews_are_listed_oldest_first_in_pages_with_a_total() {
    let world = world();
    let ids: Vec<_> = (0..5).map(|n| world.in_review(&n.to_string()).id).collect();
    let first = world.ledger.list_open(NOW, &reviewer("tok_a"), &Filter::default(), None, 2).unwrap();
    let second = world.ledger.list_open(NOW, &reviewer("tok_a"), &Filter::default(), first.next, 2).unwrap();
    let third = world.ledger.list_open(NOW, &reviewer("tok_a"), &Filter::default(), second.next, 2).unwrap();
    let listed: Vec<_> = [&first, &second, &third].iter().flat_map(|p| p.items.iter().map(|i| &i.passage)).collect();
    assert_eq!(listed, ids.iter().collect::<Vec<_>>());
    assert_eq!((first.total, third.total, third.next), (5, 5, None));
    assert_eq!(first.items[0].suggestion.as_deref(), Some("ABC1234"));
    assert_eq!(first.items[0].reason, "low-confidence");
}

#[test]
fn the_list_is_filtered_by_booth_reason_and_claim() {
    let world = world();
    world.ledger.put_booth(NOW, &operator(), &booth("south-1")).unwrap();
    let held = world.in_review("1").id;
    let damaged =
        world.record(&tollbooth_ledger::intake::NewPassage { damaged: true, ..passage_at("south-1", "2", "x", NOW) });
    world.claim(NOW, "tok_a", &held);
    let list = |filter: Filter| {
        let page = world.ledger.list_open(NOW, &reviewer("tok_a"), &filter, None, 10).unwrap();
        assert_eq!(page.total as usize, page.items.len());
        page.items.into_iter().map(|item| item.passage).collect::<Vec<_>>()
    };
    let none = Filter::default();
    assert_eq!(list(Filter { booth: Some("south-1".into()), ..none.clone() }), std::slice::from_ref(&damaged.passage));
    assert_eq!(list(Filter { reason: Some("low-confidence".into()), ..none.clone() }), std::slice::from_ref(&held));
    assert_eq!(list(Filter { unclaimed: true, ..none.clone() }), [damaged.passage]);
    assert_eq!(
        list(Filter {
            booth: Some(BOOTH.into()),
            reason: Some("image-damaged".into()),
            unclaimed: true,
            ..Filter::default()
        }),
        [""; 0]
    );
    let page = world.ledger.list_open(NOW, &reviewer("tok_a"), &none, None, 1).unwrap();
    assert_eq!(page.items[0].claimed_by.as_deref(), Some("tok_a"));
    assert_eq!(page.items[0].claimed_until, Some(NOW + CLAIM));
}

#[test]
fn claiming_takes_the_oldest_that_nobody_holds() {
    let world = world();
    let ids: Vec<_> = (0..2).map(|n| world.in_review(&n.to_string()).id).collect();
    let claim = |who: &str| world.ledger.claim_next(NOW, &reviewer(who), None, &Filter::default()).unwrap();
    assert_eq!(claim("tok_a").unwrap().passage, ids[0]);
    assert_eq!(claim("tok_b").unwrap().passage, ids[1]);
    assert_eq!(claim("tok_c"), None);
    assert_eq!(world.kinds(&ids[0]).last().unwrap(), "claimed");
    world.assert_balanced();
}

#[test]
fn nobody_takes_the_whole_queue() {
    let world = world();
    let open: Vec<String> = (0..102).map(|n| world.in_review(&n.to_string()).id).collect();
    let claim = |who: &str, id: Option<&str>, at| world.ledger.claim_next(at, &reviewer(who), id, &Filter::default());
    for _ in 0..100 {
        claim("tok_a", None, NOW).unwrap().unwrap();
    }
    for id in [None, Some(open[101].as_str())] {
        assert_eq!(refused(claim("tok_a", id, NOW)), Refusal::TooManyClaims(100));
    }
    claim("tok_a", Some(open[0].as_str()), NOW).unwrap().unwrap();
    assert_eq!(claim("tok_b", None, NOW).unwrap().unwrap().passage, open[100], "others find what is left");
    let held = world.get(&open[0]);
    world.ledger.release(NOW, &reviewer("tok_a"), &open[0], held.version).unwrap();
    claim("tok_a", None, NOW).unwrap().unwrap();
    claim("tok_a", None, NOW + CLAIM).unwrap().unwrap();
}

#[test]
fn a_reviewers_plate_is_accepted_with_their_name_and_jurisdiction() {
    let world = world();
    let id = world.in_review("1").id;
    let item = world.claim(NOW, "tok_a", &id);
    let (state, version) =
        world.ledger.submit(NOW + SECOND, &reviewer("tok_a"), &id, item.version, &plate("XYZ9876")).unwrap();
    assert_eq!((state, version), (State::Accepted, item.version + 1));
    let passage = world.get(&id);
    assert_eq!(passage.plate.as_deref(), Some("XYZ9876"));
    assert_eq!(passage.jurisdiction.as_deref(), Some("us-ok"));
    assert_eq!(passage.jurisdiction_source.as_deref(), Some("reviewer"));
    assert_eq!(passage.decided_by.as_deref(), Some("tok_a"));
    assert_eq!((passage.decided_at, passage.confidence), (Some(NOW + SECOND), None));
    assert_eq!(world.number("SELECT count(*) FROM verdict WHERE plate = 'XYZ9876' AND actor_id = 'tok_a'"), 1);
    // The old system never billed a plate that a person had read.
    assert_eq!(world.export(NOW + MINUTE).rows, 1);
    world.assert_balanced();
}

#[test]
fn a_rejection_is_final_unless_reopened_and_is_never_billed() {
    let world = world();
    let id = world.in_review("1").id;
    let item = world.claim(NOW, "tok_a", &id);
    let (state, _) = world.ledger.submit(NOW, &reviewer("tok_a"), &id, item.version, &reject()).unwrap();
    assert_eq!(state, State::Rejected);
    assert_eq!(world.get(&id).reason.as_deref(), Some("no-plate"));
    assert_eq!(export(&world.ledger, NOW), None);
    world.assert_balanced();
}

#[test]
fn without_a_live_claim_nothing_is_decided() {
    let world = world();
    let passage = world.in_review("1");
    let submit = |who: &str, now| world.ledger.submit(now, &reviewer(who), &passage.id, passage.version, &reject());
    assert_eq!(refused(submit("tok_a", NOW)), Refusal::NotClaimed);
    world.claim(NOW, "tok_a", &passage.id);
    assert_eq!(refused(submit("tok_b", NOW)), Refusal::ClaimedByOther(NOW + CLAIM));
    assert_eq!(refused(submit("tok_a", NOW + CLAIM)), Refusal::NotClaimed);
    assert_eq!(world.get(&passage.id).version, passage.version);
}

#[test]
fn claiming_again_renews_and_an_expired_claim_can_be_taken() {
    let world = world();
    let id = world.in_review("1").id;
    world.claim(NOW, "tok_a", &id);
    assert_eq!(world.claim(NOW + MINUTE, "tok_a", &id).claimed_until, Some(NOW + MINUTE + CLAIM));
    let other = |now| world.ledger.claim_next(now, &reviewer("tok_b"), Some(&id), &Filter::default());
    assert_eq!(refused(other(NOW + CLAIM)), Refusal::ClaimedByOther(NOW + MINUTE + CLAIM));
    assert_eq!(other(NOW + MINUTE + CLAIM).unwrap().unwrap().claimed_by.as_deref(), Some("tok_b"));
    assert_eq!(world.kinds(&id).iter().filter(|kind| *kind == "claimed").count(), 2, "a renewal is no news");
}

#[test]
fn a_supervisor_frees_what_somebody_else_claimed_and_a_reviewer_does_not() {
    let world = world();
    let id = world.in_review("1").id;
    let item = world.claim(NOW, "tok_a", &id);
    let release = |who: &tollbooth_ledger::Actor| world.ledger.release(NOW, who, &id, item.version);
    assert_eq!(refused(release(&reviewer("tok_b"))), Refusal::ClaimedByOther(NOW + CLAIM));
    let supervisor = actor("supervisor".parse().unwrap(), "tok_s");
    assert_eq!(release(&supervisor).unwrap().claimed_by, None);
    assert_eq!(refused(release(&supervisor)), Refusal::NotClaimed);
    world.claim(NOW, "tok_b", &id);
}

#[test]
fn whoever_is_revoked_holds_no_review_any_more() {
    let world = world();
    world.set(&[("review.claim_seconds", "86400")]);
    let gone = tollbooth_ledger::admin::Token {
        role: tollbooth_pipeline::role::Role::Reviewer,
        booth: None,
        ..camera_token("tok_gone")
    };
    world.ledger.create_token(NOW, &operator(), &gone, &[7; 32]).unwrap();
    let (id, other) = (world.in_review("1").id, world.in_review("2").id);
    world.claim(NOW, "tok_gone", &id);
    world.claim(NOW, "tok_a", &other);
    let take = |id: &str| world.ledger.claim_next(NOW, &reviewer("tok_b"), Some(id), &Filter::default());
    assert!(matches!(refused(take(&id)), Refusal::ClaimedByOther(_)));
    world.ledger.revoke_token(NOW, &operator(), "tok_gone").unwrap();
    assert_eq!(take(&id).unwrap().unwrap().passage, id);
    assert!(matches!(refused(take(&other)), Refusal::ClaimedByOther(_)), "of nobody else");
}

#[test]
fn a_claim_given_by_a_clock_that_jumped_ahead_is_void() {
    let world = world();
    let id = world.in_review("1").id;
    world.claim(NOW + 365 * 24 * HOUR, "tok_a", &id);
    assert_eq!(world.claim(NOW, "tok_b", &id).claimed_by.as_deref(), Some("tok_b"));
}

#[test]
fn a_second_verdict_on_the_old_version_overwrites_nothing() {
    let world = world();
    let id = world.in_review("1").id;
    let item = world.claim(NOW, "tok_a", &id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &id, item.version, &plate("XYZ9876")).unwrap();
    let again = world.ledger.submit(NOW, &reviewer("tok_a"), &id, item.version, &plate("ABC1234"));
    assert_eq!(refused(again), Refusal::WrongState(State::Accepted));
    world.ledger.reopen(NOW, &reviewer("tok_s"), &id, item.version + 1, "customer called", Why::Error).unwrap();
    world.claim(NOW, "tok_a", &id);
    let stale = world.ledger.submit(NOW, &reviewer("tok_a"), &id, item.version, &plate("ABC1234"));
    assert_eq!(refused(stale), Refusal::VersionConflict(item.version + 2));
    assert_eq!(
        refused(world.ledger.release(NOW, &reviewer("tok_a"), &id, 1)),
        Refusal::VersionConflict(item.version + 2)
    );
    assert_eq!(
        refused(world.ledger.reprocess(NOW, &reviewer("tok_a"), &id, 1)),
        Refusal::VersionConflict(item.version + 2)
    );
}

#[test]
fn a_released_review_is_free_for_the_next_one() {
    let world = world();
    let id = world.in_review("1").id;
    let item = world.claim(NOW, "tok_a", &id);
    assert_eq!(
        refused(world.ledger.release(NOW, &reviewer("tok_b"), &id, item.version)),
        Refusal::ClaimedByOther(NOW + CLAIM)
    );
    let released = world.ledger.release(NOW, &reviewer("tok_a"), &id, item.version).unwrap();
    assert_eq!((released.claimed_by, released.version), (None, item.version));
    assert_eq!(refused(world.ledger.release(NOW, &reviewer("tok_a"), &id, item.version)), Refusal::NotClaimed);
    assert_eq!(world.claim(NOW, "tok_b", &id).version, item.version);
}

#[test]
fn a_decided_passage_is_reopened_with_its_plate_as_the_suggestion() {
    let world = world();
    let passage = world.accepted("1", "ABC1234");
    let version =
        world.ledger.reopen(NOW, &reviewer("tok_s"), &passage.id, passage.version, "looks wrong", Why::Error).unwrap();
    assert_eq!(version, passage.version + 1);
    let open = world.get(&passage.id);
    assert_eq!((open.state, open.reason.as_deref()), (State::InReview, Some("reopened")));
    assert_eq!((open.plate.as_deref(), open.detail.as_deref()), (Some("ABC1234"), Some("looks wrong")));
    assert_eq!((open.decided_by, open.decided_at, open.confidence), (None, None, None));
    assert_eq!(export(&world.ledger, NOW), None, "what is open again is not billed");
    world.assert_balanced();
}

#[test]
fn what_is_bound_to_an_export_is_not_reopened_before_that_is_published() {
    let world = world();
    let passage = world.accepted("1", "ABC1234");
    let bound = world.ledger.begin_export(NOW, &exporter(), tollbooth_ledger::export::Cause::Requested).unwrap();
    assert!(matches!(bound, tollbooth_ledger::export::Begun::Proceed(_)));
    let answer = world.ledger.reopen(NOW, &reviewer("tok_s"), &passage.id, passage.version, "too late", Why::Error);
    assert_eq!(refused(answer), Refusal::BoundToExport(1));
}

#[test]
fn only_decided_passages_are_reopened_and_only_with_a_remark() {
    let world = world();
    let open = world.in_review("1");
    let reopen =
        |id: &str, version, remark: &str| world.ledger.reopen(NOW, &reviewer("tok_s"), id, version, remark, Why::Error);
    assert_eq!(refused(reopen(&open.id, open.version, "why")), Refusal::WrongState(State::InReview));
    assert_eq!(refused(reopen("psg_none", 1, "why")), Refusal::NotFound);
    let decided = world.accepted("2", "XYZ9876");
    assert!(matches!(refused(reopen(&decided.id, decided.version, " ")), Refusal::Invalid(_)));
    assert_eq!(refused(reopen(&decided.id, 1, "why")), Refusal::VersionConflict(decided.version));
}

#[test]
fn a_verdict_that_is_no_plate_or_needs_a_remark_is_refused() {
    let world = world();
    let item = world.in_review("1");
    world.claim(NOW, "tok_a", &item.id);
    let other = |remark: Option<&str>| Verdict::Reject { code: RejectCode::Other, remark: remark.map(Into::into) };
    let jurisdiction = Verdict::Plate {
        plate: "ABC1234".into(),
        jurisdiction: "TX".into(),
        another_crossing: false,
        confirm_placeholder: false,
        plate_type: None,
    };
    for bad in [
        plate(""),
        plate("abc"),
        plate("ABC 123"),
        jurisdiction,
        other(None),
        other(Some(" ")),
        other(Some(&"x".repeat(1_001))),
    ] {
        let answer = world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, item.version, &bad);
        assert!(matches!(refused(answer), Refusal::Invalid(_)), "{bad:?}");
    }
    world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, item.version, &other(Some("fog"))).unwrap();
    assert_eq!(world.get(&item.id).detail.as_deref(), Some("fog"));
}

#[test]
fn every_reject_code_and_review_reason_survives_the_database() {
    let world = world();
    for (n, code) in RejectCode::ALL.iter().enumerate() {
        let item = world.in_review(&format!("code {n}").replace(' ', "-"));
        world.claim(NOW, "tok_a", &item.id);
        let verdict = Verdict::Reject { code: *code, remark: Some("because".into()) };
        world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, item.version, &verdict).unwrap();
        assert_eq!(world.get(&item.id).reason.unwrap().parse(), Ok(*code));
    }
    for (n, reason) in ReviewReason::ALL.iter().enumerate() {
        let id = world.record(&passage(&format!("reason-{n}"))).passage;
        let lease = world.lease(NOW);
        world.ledger.settle(NOW, &lease.attempt_token, reading(), Decision::Review(referral(*reason, None))).unwrap();
        assert_eq!(world.get(&id).reason.unwrap().parse(), Ok(*reason));
    }
    world.assert_balanced();
}

#[test]
fn reprocessing_starts_counting_again_and_keeps_the_old_readings() {
    let world = world();
    world.set(&[("reading.max_attempts", "1")]);
    let id = world.record(&passage("1")).passage;
    let dead = world.lease(NOW);
    assert!(world.ledger.lease_work(NOW + HOUR, "a", 1, OURS).unwrap().leases.is_empty());
    let open = world.get(&id);
    assert_eq!(open.reason.as_deref(), Some("recognizer-exhausted"));
    assert_eq!(refused(world.ledger.reprocess(NOW, &reviewer("tok_a"), &id, open.version)), Refusal::NotClaimed);
    world.claim(NOW, "tok_a", &id);
    let version = world.ledger.reprocess(NOW, &reviewer("tok_a"), &id, open.version).unwrap();
    assert_eq!(version, open.version + 1);
    let lease = world.lease(NOW);
    assert_eq!(lease.attempt, 1);
    assert_ne!(lease.attempt_token, dead.attempt_token, "same passage, same count, same time, same worker");
    world.ledger.settle(NOW, &lease.attempt_token, reading(), acceptance("ABC1234")).unwrap();
    let attempts: Vec<_> = world.ledger.attempts_of(&id).unwrap().into_iter().map(|a| (a.attempt, a.outcome)).collect();
    assert_eq!(attempts, [(1, "expired".to_owned()), (2, "read".to_owned())]);
    world.assert_balanced();
}

#[test]
fn a_passage_that_is_not_open_or_not_there_is_not_claimed() {
    let world = world();
    let decided = world.accepted("1", "ABC1234");
    let claim = |id: &str| world.ledger.claim_next(NOW, &reviewer("tok_a"), Some(id), &Filter::default());
    assert_eq!(refused(claim(&decided.id)), Refusal::WrongState(State::Accepted));
    assert_eq!(refused(claim("psg_none")), Refusal::NotFound);
}

#[test]
fn a_decision_is_taken_back_by_its_decider_until_it_is_bound_to_an_export() {
    let world = world();
    let item = world.in_review("1");
    world.claim(NOW, "tok_a", &item.id);
    let (_, version) = world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, item.version, &plate("XYZ9876")).unwrap();
    let undo = |who: &str, version| world.ledger.undo(NOW, &reviewer(who), &item.id, version);
    assert_eq!(undo("tok_b", version), Err(Failure::Refused(Refusal::DecidedByOther)));
    assert_eq!(undo("tok_a", version - 1), Err(Failure::Refused(Refusal::VersionConflict(version))));
    let open = undo("tok_a", version).unwrap();
    assert_eq!(open.suggestion.as_deref(), Some("XYZ9876"));
    assert_eq!(open.claimed_by.as_deref(), Some("tok_a"), "nobody takes it in between");
    world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, open.version, &plate("XYZ9877")).unwrap();
    world.export(NOW);
    let bound = undo("tok_a", open.version + 1);
    assert!(matches!(bound, Err(Failure::Refused(Refusal::BoundToExport(1)))), "{bound:?}");
    world.assert_balanced();
}

#[test]
fn a_shorter_claim_is_shorter_and_none_is_longer_than_the_setting() {
    let world = world();
    let item = world.in_review("1");
    let claim = |seconds| {
        let who = reviewer("tok_a");
        let claimed = world.ledger.claim_for(NOW, &who, Some(&item.id), &Filter::default(), Some(seconds));
        claimed.unwrap().unwrap().claimed_until.unwrap() - NOW
    };
    assert_eq!(claim(60), 60_000);
    assert_eq!(claim(86_400), 300_000);
}

#[test]
fn a_rejection_says_in_the_history_whether_the_system_or_the_vehicle_is_to_blame() {
    let world = world();
    for (key, code, blame) in [("1", RejectCode::Blurred, "system"), ("2", RejectCode::DamagedPlate, "vehicle")] {
        let item = world.in_review(key);
        let held = world.claim(NOW, "tok_a", &item.id);
        let verdict = Verdict::Reject { code, remark: None };
        world.ledger.submit(NOW, &reviewer("tok_a"), &item.id, held.version, &verdict).unwrap();
        let last = world.ledger.history(&item.id, 0, 1_000).unwrap().pop().unwrap();
        let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
        assert_eq!((&detail["code"], &detail["blame"]), (&code.as_str().into(), &blame.into()), "{detail}");
    }
}

#[test]
fn pages_of_open_reviews_follow_each_other_and_a_cursor_that_names_none_stands_where_it_would() {
    let world = world();
    for key in ["1", "2", "3"] {
        world.in_review(key);
    }
    let page = |after: Option<u64>, limit: u32| {
        let page = world.ledger.list_open(NOW, &reviewer("tok_ann"), &Filter::default(), after, limit).unwrap();
        (page.items.iter().map(|item| item.sequence).collect::<Vec<_>>(), page.next)
    };
    assert_eq!(page(None, 2), (vec![1, 2], Some(2)));
    assert_eq!(page(Some(2), 2), (vec![3], None));
    assert_eq!(page(Some(0), 10), (vec![1, 2, 3], None), "before all");
    assert_eq!(page(Some(4), 10), (vec![], None), "behind the last");
}
