//! What was measured, what people's answers were worth, and a threshold that is applied because of it.

use tollbooth_ledger::Failure;
use tollbooth_ledger::admin::Refusal;
use tollbooth_ledger::quality::Outcome;
use tollbooth_ledger::review::Filter;
use tollbooth_pipeline::blind::AnswerError;
use tollbooth_pipeline::reading::{IssuerRead, Reading};
use tollbooth_pipeline::role::Role;

use crate::booth::*;

/// A reading of a plate with the name of its issuer.
fn named(plate: &str) -> Reading {
    let mut reading = reading_of(plate, 0.98);
    reading.model = "m7".to_owned();
    reading.sightings[0].issuers =
        vec![IssuerRead { code: "us-tx".into(), weight: 6.0, on_plate: true, evidence: "TEXAS".into() }];
    reading
}

#[test]
fn the_sample_has_what_the_judge_went_by_and_what_came_of_it() {
    let world = world();
    world.set(&[("judge.quality_sample_percent", "100")]);
    let (ann, sue) = (reviewer("tok_ann"), actor(Role::Supervisor, "tok_sue"));
    let answers = [Some("AAA1111"), Some("BBB2229"), Some("CCC3339"), None];
    for (n, (plate, answer)) in ["AAA1111", "BBB2222", "CCC3333", "DDD4444"].into_iter().zip(answers).enumerate() {
        let n = i64::try_from(n).unwrap();
        let id = world.record(&passage_with(&format!("k{n}"), &format!("photo {n}"), NOW - n * HOUR)).passage;
        let lease = world.lease(NOW);
        world.ledger.settle(NOW + n, &lease.attempt_token, named(plate), acceptance(plate)).unwrap();
        let claim = |who| world.ledger.claim_next(NOW, who, Some(&id), &Filter::default()).unwrap().unwrap().version;
        let Some(answer) = answer else { continue };
        world.ledger.submit(NOW, &ann, &id, claim(&ann), &texan(answer)).unwrap();
        if answer == "BBB2229" {
            world.ledger.submit(NOW, &sue, &id, claim(&sue), &texan(answer)).unwrap();
        }
    }
    let found = world.ledger.quality_sample(NOW, NOW + HOUR, 10).unwrap();
    let outcomes: Vec<_> = found.passages.iter().map(|passage| passage.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Unread, Outcome::Disputed, Outcome::Wrong(AnswerError::Plate), Outcome::Right],
        "newest first"
    );
    assert_eq!((found.more, found.others), (false, 0));
    let last = found.passages.last().unwrap();
    assert_eq!((last.booth.as_str(), last.recognizer.as_str(), last.issuer.as_str()), (BOOTH, "in-process", "us-tx"));
    assert_eq!((last.model.as_deref(), last.share_percent), (Some("m7"), 100.0));
    // Of the text, by the reading: not the acceptance's, which is that of text and issuer together.
    assert!((0.97..0.981).contains(&last.confidence) && (0.0..1.0).contains(&last.lot), "{last:?}");
    assert!(last.wrong_person_percent.is_some_and(|doubt| doubt < 3.0), "{last:?}");
    let newest = world.ledger.quality_sample(NOW, NOW + HOUR, 2).unwrap();
    assert!(newest.more && newest.passages == found.passages[..2]);
    assert!(world.ledger.quality_sample(NOW + HOUR, NOW + 2 * HOUR, 10).unwrap().passages.is_empty());
    // A reviewer sent it back to the recogniser, which read something else: the first reading counts for nothing.
    let id = &world.ledger.search(None, None, None, 1).unwrap().0[0].id.clone();
    let version = world.ledger.claim_next(NOW, &ann, Some(id), &Filter::default()).unwrap().unwrap().version;
    world.ledger.reprocess(NOW, &ann, id, version).unwrap();
    world.set(&[("judge.quality_sample_percent", "0")]);
    let lease = world.lease(NOW);
    world.ledger.settle(NOW, &lease.attempt_token, named("DDD4444"), acceptance("DDD4444")).unwrap();
    assert_eq!(world.ledger.quality_sample(NOW, NOW + HOUR, 10).unwrap().passages.len(), 3);
    world.assert_balanced();
}

#[test]
fn what_peoples_answers_were_worth_is_counted_with_their_pace_at_work() {
    let world = world();
    world.set(&[("review.second_reading_percent", "100")]);
    let (ann, bob, sue) = (reviewer("tok_ann"), reviewer("tok_bob"), actor(Role::Supervisor, "tok_sue"));
    let mut now = NOW;
    let mut answer = |who: &tollbooth_ledger::Actor, id: &str, plate: &str, after: i64| {
        now += after;
        let version = world.ledger.claim_next(now, who, Some(id), &Filter::default()).unwrap().unwrap().version;
        world.ledger.submit(now, who, id, version, &texan(plate)).unwrap();
    };
    let ids: Vec<String> = (0..3)
        .map(|n| {
            let taken = NOW - n * HOUR;
            let id = world.record(&passage_with(&format!("k{n}"), &format!("photo {n}"), taken)).passage;
            let lease = world.lease(NOW);
            let doubt = referral(tollbooth_pipeline::reason::ReviewReason::LowConfidence, Some("ABC1234"));
            let decision = tollbooth_ledger::reading::Decision::Review(doubt);
            world.ledger.settle(NOW, &lease.attempt_token, reading_of("ABC1234", 0.7), decision).unwrap();
            id
        })
        .collect();
    // Ann takes ten seconds each, and a break of an hour.
    answer(&ann, &ids[0], "AAA1111", 0);
    answer(&ann, &ids[1], "BBB2222", 10 * SECOND);
    answer(&ann, &ids[2], "CCC3333", HOUR);
    answer(&bob, &ids[0], "AAA1111", SECOND);
    answer(&bob, &ids[1], "BBB2229", SECOND);
    answer(&sue, &ids[1], "BBB2222", SECOND);
    let people = world.ledger.quality_people(NOW, NOW + 24 * HOUR).unwrap();
    let of = |token: &str| people.iter().find(|person| person.token == token).unwrap();
    let (a, b) = (of("tok_ann"), of("tok_bob"));
    assert_eq!((a.answers, a.checked, a.right), (3, 2, 2), "{a:?}");
    assert_eq!((a.read_by_another, a.alike), (2, 1), "{a:?}");
    assert_eq!((a.paced, a.paced_ms), (1, 10_000), "the break does not count: {a:?}");
    assert_eq!((b.answers, b.checked, b.right, b.read_by_another, b.alike), (2, 2, 1, 2, 1), "{b:?}");
    assert_eq!(of("tok_sue").read_by_another, 0, "who settles is no second reader");
    assert!(world.ledger.quality_people(NOW + 24 * HOUR, NOW + 48 * HOUR).unwrap().is_empty());
}

#[test]
fn a_threshold_is_applied_in_one_event_that_says_why_and_nothing_else_is() {
    let world = world();
    let apply = |setting: &str, value: &str| {
        let change = (setting.to_owned(), Some(value.to_owned()));
        world.ledger.apply_threshold(NOW, &operator(), &change, r#"{"read":1234,"errors":1}"#)
    };
    apply("judge.min_confidence", "0.98").unwrap();
    assert_eq!(world.ledger.changed_settings().unwrap(), [("judge.min_confidence".to_owned(), "0.98".to_owned())]);
    let told = format!(
        "{:?}",
        world
            .sql("SELECT kind, detail FROM event WHERE passage_sequence IS NULL ORDER BY sequence DESC LIMIT 1")
            .unwrap()
    );
    for part in ["threshold-applied", "1234", "0.98", "because"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'settings-changed'"), 0);
    for (setting, value) in [("export.max_rows", "5"), ("judge.min_confidence", "7")] {
        assert!(matches!(apply(setting, value), Err(Failure::Refused(Refusal::Invalid(_)))), "{setting}");
    }
}
