//! Booths, tokens and settings.

use tollbooth_ledger::Failure;
use tollbooth_ledger::admin::{Booth, Changed, Push, Refusal, Token};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::settings::Settings;

use crate::booth::*;

fn violations<T: std::fmt::Debug>(answer: Result<T, Failure<Refusal>>) -> Vec<String> {
    match answer.unwrap_err() {
        Failure::Refused(Refusal::Invalid(violations)) => violations,
        other => panic!("{other:?}"),
    }
}

fn events(world: &World, kind: &str) -> i64 {
    world.number(&format!("SELECT count(*) FROM event WHERE kind = '{kind}'"))
}

#[test]
fn a_booth_is_registered_once_and_changed_when_it_differs() {
    let world = world();
    assert_eq!(events(&world, "booth-registered"), 1);
    assert!(!world.ledger.put_booth(NOW + HOUR, &operator(), &booth(BOOTH)).unwrap());
    assert_eq!(events(&world, "booth-changed"), 0, "the same booth again is no change");
    let moved = Booth { jurisdiction: "us-ok".into(), lanes: vec![], ..booth(BOOTH) };
    assert!(!world.ledger.put_booth(NOW + HOUR, &operator(), &moved).unwrap());
    assert_eq!(events(&world, "booth-changed"), 1);
    assert_eq!(world.ledger.list_booths(None, 100).unwrap(), [Booth { updated_at: NOW + HOUR, ..moved }]);
    assert!(world.ledger.put_booth(NOW, &operator(), &booth("a-booth")).unwrap());
    let ids: Vec<_> = world.ledger.list_booths(None, 100).unwrap().into_iter().map(|b| b.id).collect();
    assert_eq!(ids, ["a-booth", BOOTH]);
}

#[test]
fn every_mistake_in_a_booth_is_named() {
    let world = world();
    let bad = Booth {
        id: "North 1".into(),
        name: " ".into(),
        jurisdiction: "Texas".into(),
        lanes: vec!["1".into(), "1".into(), "a,b".into()],
        time_zone: "Central time".into(),
        updated_at: 0,
    };
    let found = violations(world.ledger.put_booth(NOW, &operator(), &bad));
    for field in ["booth", "name", "jurisdiction", "lane:", "lanes:", "time_zone"] {
        assert!(found.iter().any(|v| v.starts_with(field)), "{field}: {found:?}");
    }
    for zone in ["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
        let good = Booth { time_zone: zone.into(), ..booth("zone") };
        assert!(world.ledger.put_booth(NOW, &operator(), &good).is_ok(), "{zone}");
    }
}

#[test]
fn a_token_is_created_once() {
    let world = world();
    let token = camera_token("tok_1");
    world.ledger.create_token(NOW, &operator(), &token, &[1; 32]).unwrap();
    world.ledger.create_token(NOW + HOUR, &operator(), &token, &[1; 32]).unwrap();
    assert_eq!(events(&world, "token-created"), 1);
    let taken = world.ledger.create_token(NOW, &operator(), &token, &[2; 32]);
    assert_eq!(taken, Err(Failure::Refused(Refusal::Conflict)));
    let stored = world.ledger.list_tokens(None, 100).unwrap();
    assert_eq!(stored, [Token { created_at: NOW, created_by: "tok_operator".into(), ..token }]);
}

#[test]
fn a_cameras_token_needs_a_registered_booth_and_nobody_else_has_one() {
    let world = world();
    let create = |token: Token| world.ledger.create_token(NOW, &operator(), &token, &[1; 32]);
    let bad = [
        Token { booth: None, ..camera_token("tok_1") },
        Token { booth: Some("nowhere".into()), ..camera_token("tok_1") },
        Token { role: Role::Billing, ..camera_token("tok_1") },
        camera_token("tok_first"),
        camera_token("tok_"),
        camera_token("1"),
        camera_token("tok_A"),
        Token { name: String::new(), ..camera_token("tok_1") },
    ];
    for token in bad {
        assert_eq!(violations(create(token.clone())).len(), 1, "{token:?}");
    }
    let short = world.ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 31]);
    assert_eq!(violations(short).len(), 1);
    assert!(world.ledger.list_tokens(None, 100).unwrap().is_empty());
}

#[test]
fn a_token_is_revoked_for_good_and_stays_listed() {
    let world = world();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]).unwrap();
    let revoked = world.ledger.revoke_token(NOW + HOUR, &operator(), "tok_1").unwrap();
    assert_eq!(revoked.revoked_at, Some(NOW + HOUR));
    assert_eq!(world.ledger.revoke_token(NOW + 2 * HOUR, &operator(), "tok_1").unwrap(), revoked);
    assert_eq!(events(&world, "token-revoked"), 1);
    assert_eq!(world.ledger.list_tokens(None, 100).unwrap(), [revoked]);
    let again = world.ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]);
    assert_eq!(again, Err(Failure::Refused(Refusal::Conflict)));
    let missing = world.ledger.revoke_token(NOW, &operator(), "tok_2");
    assert_eq!(missing, Err(Failure::Refused(Refusal::NotFound)));
}

#[test]
fn settings_are_changed_all_or_none() {
    let world = world();
    let put = |changes: &[(&str, Option<&str>)]| {
        let changes: Vec<_> = changes.iter().map(|(n, v)| ((*n).to_owned(), v.map(ToOwned::to_owned))).collect();
        world.ledger.put_settings(NOW, &operator(), &changes)
    };
    let changed = || world.ledger.changed_settings().unwrap();
    put(&[("reading.lease_seconds", Some("20")), ("reading.call_seconds", Some(" 10 "))]).unwrap();
    assert_eq!(
        changed(),
        [("reading.call_seconds".into(), "10".into()), ("reading.lease_seconds".into(), "20".into())]
    );
    // A call may not outlive its lease: refused because of what is in force already.
    let found = violations(put(&[("reading.call_seconds", None), ("export.interval_minutes", Some("5"))]));
    assert!(found[0].contains("reading.call_seconds"), "{found:?}");
    assert_eq!(changed().len(), 2);
    let found = violations(put(&[("no.such", Some("1")), ("no.other", None), ("export.interval_minutes", Some("0"))]));
    assert_eq!(found.len(), 3, "{found:?}");
    let default = Settings::default().reading_call_seconds.to_string();
    put(&[("reading.lease_seconds", None), ("reading.call_seconds", Some(&default))]).unwrap();
    assert!(changed().is_empty(), "a value equal to the default is the default");
    assert_eq!(events(&world, "settings-changed"), 2);
    put(&[("reading.call_seconds", Some(&default))]).unwrap();
    assert_eq!(events(&world, "settings-changed"), 2, "no change, no event");
}

#[test]
fn who_changed_what_is_in_the_history() {
    let world = world();
    world.set(&[("export.profile", "\"full\"")]);
    assert_eq!(
        world.number(
            "SELECT count(*) FROM event WHERE kind = 'settings-changed' AND actor_role = 'operator'
             AND actor_id = 'tok_operator' AND detail LIKE '%\"export.profile\":{%\"to\":\"full\"%'"
        ),
        1
    );
}

fn push(token: &str) -> Push {
    Push { token: token.into(), lane: Some("1".into()), camera: "front".into(), time_zone: None, updated_at: 0 }
}

#[test]
fn a_camera_is_set_up_for_pushes_once_and_changed_when_it_differs() {
    let world = world();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]).unwrap();
    assert_eq!(world.ledger.pushing_camera("tok_1").unwrap(), None, "not set up");
    assert!(world.ledger.put_push(NOW, &operator(), &push("tok_1")).unwrap());
    assert!(!world.ledger.put_push(NOW + HOUR, &operator(), &push("tok_1")).unwrap());
    assert_eq!(events(&world, "push-set-up"), 1, "the same again is no change");
    let found = world.ledger.pushing_camera("tok_1").unwrap().unwrap();
    assert_eq!(
        (found.booth.as_str(), found.camera.as_str(), found.time_zone.as_str()),
        (BOOTH, "front", "America/Chicago")
    );
    let own = Push { lane: None, time_zone: Some("America/New_York".into()), ..push("tok_1") };
    assert!(!world.ledger.put_push(NOW + HOUR, &operator(), &own).unwrap());
    let found = world.ledger.pushing_camera("tok_1").unwrap().unwrap();
    assert_eq!((found.lane, found.time_zone.as_str()), (None, "America/New_York"));
    assert_eq!(world.ledger.push("tok_1").unwrap(), Some(Push { updated_at: NOW + HOUR, ..own }));
}

#[test]
fn only_a_cameras_good_token_pushes() {
    let world = world();
    world.ledger.create_token(NOW, &operator(), &camera_token("tok_1"), &[1; 32]).unwrap();
    world.ledger.put_push(NOW, &operator(), &push("tok_1")).unwrap();
    assert!(!world.ledger.pushing_camera("tok_1").unwrap().unwrap().revoked);
    let billing = Token { role: Role::Billing, booth: None, ..camera_token("tok_2") };
    world.ledger.create_token(NOW, &operator(), &billing, &[2; 32]).unwrap();
    assert!(violations(world.ledger.put_push(NOW, &operator(), &push("tok_2")))[0].starts_with("token:"));
    let bad = Push {
        lane: Some("a,b".into()),
        camera: String::new(),
        time_zone: Some("Central time".into()),
        ..push("tok_1")
    };
    assert_eq!(violations(world.ledger.put_push(NOW, &operator(), &bad)).len(), 3);
    world.ledger.revoke_token(NOW, &operator(), "tok_1").unwrap();
    assert!(world.ledger.pushing_camera("tok_1").unwrap().unwrap().revoked, "whose attempts are counted");
    for gone in ["tok_1", "tok_none"] {
        let refused = world.ledger.put_push(NOW, &operator(), &push(gone));
        assert_eq!(refused, Err(Failure::Refused(Refusal::NotFound)), "{gone}");
    }
}

#[test]
fn booths_and_tokens_come_in_pages_that_miss_and_repeat_nothing() {
    let world = world();
    for number in 0..7 {
        world.ledger.put_booth(NOW, &operator(), &booth(&format!("booth-{number}"))).unwrap();
        // Three were made in one moment.
        let at = NOW + i64::from(number / 3);
        world.ledger.create_token(at, &operator(), &camera_token(&format!("tok_{number}")), &[number; 32]).unwrap();
    }
    let (mut booths, mut tokens) = (Vec::<String>::new(), Vec::<String>::new());
    for _ in 0..5 {
        let page = world.ledger.list_booths(booths.last().map(String::as_str), 2).unwrap();
        booths.extend(page.into_iter().map(|booth| booth.id));
        let page = world.ledger.list_tokens(tokens.last().map(String::as_str), 2).unwrap();
        tokens.extend(page.into_iter().map(|token| token.id));
    }
    let all: Vec<_> = world.ledger.list_booths(None, 100).unwrap().into_iter().map(|booth| booth.id).collect();
    assert_eq!((booths.len(), booths), (8, all));
    assert_eq!(tokens, (0..7).map(|number| format!("tok_{number}")).collect::<Vec<_>>());
    assert!(world.ledger.list_tokens(Some("tok_none"), 2).unwrap().is_empty());
}

#[test]
fn changes_are_found_by_what_was_changed_with_who_and_from_what_to_what() {
    let world = world();
    world.set(&[("alerts.reminder_hours", "12")]);
    world.set(&[("alerts.reminder_hours", "24")]);
    let changed = Booth { name: "Another name".to_owned(), ..booth(BOOTH) };
    world.ledger.put_booth(NOW, &actor(Role::Operator, "tok_b"), &changed).unwrap();
    world.record(&passage("1"));
    let settings = world.ledger.changes(Changed::Settings, None, 10).unwrap();
    let details: Vec<_> = settings.iter().map(|change| change.detail.as_str()).collect();
    assert_eq!(
        details,
        [r#"{"alerts.reminder_hours":{"from":12,"to":null}}"#, r#"{"alerts.reminder_hours":{"from":null,"to":12}}"#]
    );
    assert_eq!(world.ledger.changes(Changed::Settings, Some(settings[0].sequence), 10).unwrap(), settings[1..]);
    let booths = world.ledger.changes(Changed::Booths, None, 1).unwrap();
    assert_eq!((booths[0].kind.as_str(), booths[0].actor_id.as_str()), ("booth-changed", "tok_b"));
    assert_eq!(booths[0].booth.as_deref(), Some(BOOTH));
    assert!(booths[0].detail.contains("Another name"), "{booths:?}");
}
