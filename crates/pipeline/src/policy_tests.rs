//! Tests of the policies: every policy against every turn and kind of answer.

use super::*;
use crate::reading::{Bounds, Candidate, JurisdictionRead, Sighting};

const SERVICE: Recognizer = Recognizer::PlateRecognizer;

fn with(policy: Policy) -> Settings {
    Settings { reading_policy: policy, ..Settings::default() }
}

fn situation(turn: Turn) -> Situation<'static> {
    let recognizer = if turn == Turn::First { Recognizer::InProcess } else { SERVICE };
    Situation { recognizer, turn, attempt: 1, earlier: None, jurisdiction: "us-tx", learned: None }
}

fn read(text: &str, confidence: f32) -> Reading {
    let sighting = Sighting {
        bounds: Bounds { x: 0.0, y: 0.0, width: 9.0, height: 9.0 },
        candidates: vec![Candidate { text: text.into(), confidence, characters: vec![] }],
        jurisdiction: Some(JurisdictionRead { code: "us-tx".into(), confidence: 1.0, evidence: "TEXAS".into() }),
        issuers: vec![],
        touches_border: false,
        plausibility: 1.0,
        doubts: vec![],
    };
    Reading {
        recognizer: "r".into(),
        model: "1".into(),
        sightings: if text.is_empty() { vec![] } else { vec![sighting] },
        vehicle: None,
        duration_ms: 1,
        cost_micros: 0,
        raw: String::new(),
    }
}

fn reviewed(next: AfterFailure) -> ReviewReason {
    match next {
        AfterFailure::Decide(Decision::Review { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_policy_gives_each_recogniser_its_passages() {
    let (first, second, other) = (Recognizer::InProcess, SERVICE, Recognizer::Custom);
    for policy in [Policy::One, Policy::Shadow] {
        assert_eq!(takes(first, false, &with(policy)), Taking::Everything);
        assert_eq!(takes(second, true, &with(policy)), Taking::Nothing);
    }
    for policy in [Policy::Fallback, Policy::SecondOpinion] {
        assert_eq!(takes(first, false, &with(policy)), Taking::Only(Turn::First));
        assert_eq!(takes(second, false, &with(policy)), Taking::Only(Turn::Second));
        assert_eq!(takes(other, true, &with(policy)), Taking::Nothing);
    }
    assert_eq!(takes(second, true, &with(Policy::Fallback)), Taking::Everything);
    assert_eq!(takes(second, true, &with(Policy::SecondOpinion)), Taking::Only(Turn::Second));
}

#[test]
fn a_passage_left_at_the_second_turn_goes_back_to_the_first_when_the_policy_has_no_second() {
    assert_eq!(awaited(Turn::Second, &with(Policy::Fallback)), SERVICE);
    assert_eq!(awaited(Turn::Second, &with(Policy::One)), Recognizer::InProcess);
    assert_eq!(takes(Recognizer::InProcess, false, &with(Policy::One)), Taking::Everything);
}

#[test]
fn a_sure_reading_is_accepted_without_asking_anybody_else() {
    for policy in Policy::ALL {
        let step = after_reading(&situation(Turn::First), &read("ABC1234", 0.99), &with(*policy));
        assert!(matches!(step, Step::Decide(Decision::Accept { .. })), "{policy}: {step:?}");
    }
}

#[test]
fn an_unsure_reading_is_worth_a_second_opinion_only_where_the_policy_says_so() {
    for policy in Policy::ALL {
        let step = after_reading(&situation(Turn::First), &read("ABC1234", 0.7), &with(*policy));
        let asked = step == Step::AskSecond(ReviewReason::LowConfidence);
        assert_eq!(asked, *policy == Policy::SecondOpinion, "{policy}: {step:?}");
    }
    let opinion = with(Policy::SecondOpinion);
    let empty = after_reading(&situation(Turn::First), &read("", 0.0), &opinion);
    assert!(matches!(empty, Step::Decide(Decision::Review { reason: ReviewReason::NoPlateFound, .. })));
    let no_plate = after_reading(&situation(Turn::First), &read("NOTAPLATEATALL", 0.4), &opinion);
    assert!(matches!(no_plate, Step::Decide(Decision::Review { suggestion: None, .. })), "nothing to agree on");
}

#[test]
fn two_opinions_are_combined_and_a_second_without_a_first_stands_alone() {
    let first = read("ABC1234", 0.7);
    let second = Situation { earlier: Some(&first), ..situation(Turn::Second) };
    let opinion = with(Policy::SecondOpinion);
    let agreed = after_reading(&second, &read("ABC1234", 0.8), &opinion);
    assert!(matches!(agreed, Step::Decide(Decision::Accept { .. })), "{agreed:?}");
    let sure_but_other = after_reading(&second, &read("ABC1Z34", 0.99), &opinion);
    assert!(matches!(sure_but_other, Step::Decide(Decision::Review { reason: ReviewReason::OpinionsDiffer, .. })));
    let alone = after_reading(&situation(Turn::Second), &read("ABC1Z34", 0.99), &opinion);
    assert!(matches!(alone, Step::Decide(Decision::Accept { .. })));
    let never_again = after_reading(&situation(Turn::Second), &read("ABC1Z34", 0.7), &opinion);
    assert!(matches!(never_again, Step::Decide(Decision::Review { .. })), "the second is not asked twice");
}

#[test]
fn the_first_is_tried_to_its_last_attempt_before_the_second_takes_over() {
    let settings = with(Policy::Fallback);
    let failure = Failure::Outage("down".into());
    let at = |attempt| after_failure(&Situation { attempt, ..situation(Turn::First) }, &failure, 0, 0, &settings);
    assert!(matches!(at(settings.reading_max_attempts - 1), AfterFailure::RetryAt(_)));
    assert_eq!(at(settings.reading_max_attempts), AfterFailure::AskSecond);
    let second = Situation { attempt: settings.reading_max_attempts, ..situation(Turn::Second) };
    assert_eq!(reviewed(after_failure(&second, &failure, 0, 0, &settings)), ReviewReason::RecognizerExhausted);
}

#[test]
fn a_photo_that_the_first_cannot_read_is_worth_a_try_of_the_second_but_a_missing_one_is_not() {
    let settings = with(Policy::Fallback);
    let next = |failure| after_failure(&situation(Turn::First), &failure, 0, 0, &settings);
    assert_eq!(next(Failure::BadImage("too large".into())), AfterFailure::AskSecond);
    assert_eq!(reviewed(next(Failure::PhotoMissing)), ReviewReason::PhotoMissing);
    assert_eq!(reviewed(next(Failure::EmptyFrame("black".into()))), ReviewReason::FrameEmpty);
    let one = after_failure(&situation(Turn::First), &Failure::BadImage("cut".into()), 0, 0, &with(Policy::One));
    assert_eq!(reviewed(one), ReviewReason::ImageDamaged);
}

#[test]
fn a_service_that_throttles_or_refuses_costs_the_passage_no_attempt() {
    let at_a_service = Situation { recognizer: SERVICE, attempt: 5, ..situation(Turn::First) };
    for policy in Policy::ALL {
        for failure in [Failure::Throttled(None), Failure::Unauthorized, Failure::QuotaExhausted] {
            let next = after_failure(&at_a_service, &failure, 0, 0, &with(*policy));
            assert_eq!(next, AfterFailure::Wait, "{policy} {failure:?}");
        }
    }
    let impatient = Settings { reading_when_budget_spent: WhenSpent::Review, ..with(Policy::One) };
    let next = after_failure(&at_a_service, &Failure::QuotaExhausted, 0, 0, &impatient);
    assert_eq!(reviewed(next), ReviewReason::BudgetSpent);
}

#[test]
fn in_process_there_is_no_service_to_wait_for() {
    let next = after_failure(&situation(Turn::First), &Failure::Unauthorized, 0, 0, &with(Policy::One));
    assert_eq!(reviewed(next), ReviewReason::RecognizerUnauthorized);
}

#[test]
fn without_a_second_opinion_the_first_ones_doubt_goes_to_a_person() {
    let first = read("ABC1234", 0.7);
    let second = Situation { earlier: Some(&first), attempt: 5, ..situation(Turn::Second) };
    let settings = with(Policy::SecondOpinion);
    let next = after_failure(&second, &Failure::TimedOut, 0, 0, &settings);
    let AfterFailure::Decide(Decision::Review { reason, suggestion, detail }) = next else { panic!("{next:?}") };
    assert_eq!((reason, suggestion.as_deref()), (ReviewReason::LowConfidence, Some("ABC1234")));
    assert!(detail.contains("timed-out"), "{detail}");
}

#[test]
fn a_spent_budget_goes_to_people_only_when_told_and_when_nobody_else_is_there() {
    for policy in Policy::ALL {
        assert!(!spent_goes_to_people(Turn::First, &with(*policy)));
        let told = Settings { reading_when_budget_spent: WhenSpent::Review, ..with(*policy) };
        assert_eq!(spent_goes_to_people(Turn::First, &told), *policy != Policy::Fallback);
        assert!(spent_goes_to_people(Turn::Second, &told));
    }
}

#[test]
fn the_shadow_takes_its_share_of_the_firsts_readings_under_its_policy_alone() {
    let settings = Settings { reading_shadow_percent: 25.0, ..with(Policy::Shadow) };
    let drawn = |n: u32| is_shadowed(&format!("psg_{n}"), Recognizer::InProcess, &settings);
    let share = (0..10_000).filter(|n| drawn(*n)).count();
    assert!((2_350..2_650).contains(&share), "{share}");
    assert_eq!(drawn(17), drawn(17));
    assert!((0..100).all(|n| !is_shadowed(&format!("psg_{n}"), SERVICE, &settings)));
    let off = Settings { reading_policy: Policy::One, ..settings };
    assert!((0..100).all(|n| !is_shadowed(&format!("psg_{n}"), Recognizer::InProcess, &off)));
}
