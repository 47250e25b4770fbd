//! Rules that staff define: they live as the built-in ones do, every version is kept, and one full address holds nobody back.

use serde_json::{Value, json};
use tollbooth_alerts::RuleState;
use tollbooth_alerts::staff::{Definition, Draft, MAX_RULES};
use tollbooth_ledger::Failure as Refused;
use tollbooth_ledger::alerts::{DefinedRule, RuleRefusal};
use tollbooth_ledger::intake::NewPassage;
use tollbooth_ledger::messages::Message;
use tollbooth_ledger::reading::NextStep;
use tollbooth_messages::{Channel, Class, Failure, Outcome};
use tollbooth_pipeline::Instant;

use crate::booth::*;
use crate::messages::HANDED_OVER;

fn definition(more: &Value) -> Definition {
    let mut whole = json!({
        "name": "Too few photos", "metric": "received", "of": "all", "comparison": "below", "threshold": 1,
        "window_minutes": 10,
    });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value::<Draft>(whole).unwrap().check().unwrap()
}

/// A world in which nothing but rules of staff tells anybody anything by mail.
fn quiet_world() -> World {
    let world = world();
    world.set(&[("reading.concurrency", "0"), ("alerts.all_is_well_at", "\"\""), ("export.interval_minutes", "1440")]);
    world
}

fn define(world: &World, more: &Value) -> DefinedRule {
    world.ledger.define_rule(NOW, &operator(), &definition(more)).unwrap()
}

/// The clock goes from `from` to before `to`; a photo comes at the booth in each minute that `photo` names. Adds up, looks at
/// the rules and delivers, as a host's cron triggers do.
fn run(
    world: &World,
    from: Instant,
    to: Instant,
    booths: &[&str],
    photo: impl Fn(Instant, &str) -> bool,
) -> Vec<Message> {
    let mut told = Vec::new();
    let mut now = from;
    while now < to {
        for booth in booths.iter().filter(|booth| photo(now, booth)) {
            let key = format!("{now}");
            world.ledger.record_passage(now, &passage_at(booth, &key, &format!("{booth} {key}"), now)).unwrap();
        }
        world.ledger.fold_telemetry(now + 1, 100_000).unwrap();
        world.ledger.evaluate_alerts(now + 2).unwrap();
        for lease in world.ledger.lease_messages(now + 3, "messenger", 50, Channel::ALL).unwrap() {
            assert!(world.ledger.settle_message(now + 3, &lease.token, &HANDED_OVER).unwrap());
            told.push(lease.message);
        }
        now += MINUTE;
    }
    told
}

fn mails<'a>(told: &'a [Message], rule: &str) -> Vec<(&'a str, &'a str)> {
    let of_rule = told.iter().filter(|m| m.channel == "mail" && m.kind == rule);
    of_rule.map(|m| (m.addressee.as_str(), m.subject.as_str())).collect()
}

#[test]
fn a_rule_fires_and_recovers_and_sends_one_mail_each() {
    let world = quiet_world();
    let rule = define(
        &world,
        &json!({ "mail_to": "road@x.org", "usual": false, "for_minutes": 5, "advice": "Call the road." }),
    );
    let gap = |now: Instant| (NOW + 30 * MINUTE..NOW + 60 * MINUTE).contains(&now);
    let told = run(&world, NOW, NOW + 90 * MINUTE, &[BOOTH], |now, _| !gap(now));
    let found = mails(&told, &rule.id);
    assert_eq!(
        found,
        [("road@x.org", "[TollBooth] Too few photos"), ("road@x.org", "[TollBooth] Recovered: Too few photos")]
    );
    let first = told.iter().find(|m| m.channel == "mail").unwrap();
    assert!(
        first.body.starts_with("Photos received: 0 photos in the last 10 min (rule: below 1 photos)."),
        "{}",
        first.body
    );
    assert!(first.body.contains("What to do: Call the road."), "{}", first.body);
    // The last photo is of minute 29: minutes 30 to 39 are the first ten without one, and it must last for five more.
    assert_eq!((first.created_at - NOW) / MINUTE, 45, "{first:?}");
    let history = world.ledger.alerts(None, 10).unwrap();
    let alert = history.iter().find(|alert| alert.rule == rule.id).unwrap();
    assert_eq!((alert.state.as_str(), alert.title.as_str()), ("resolved", "Too few photos"));
    assert_eq!((alert.resolved_at.unwrap() - NOW) / MINUTE, 61, "with the first whole minute that has a photo");
    let life = world.ledger.messages_about(&alert.id, 10).unwrap();
    assert_eq!(life.iter().map(|m| m.channel.as_str()).collect::<Vec<_>>(), ["log", "mail", "log", "mail"]);
}

#[test]
fn what_a_rule_did_is_what_its_preview_says_it_would_have_done() {
    let world = quiet_world();
    let more = json!({ "for_minutes": 3 });
    let rule = define(&world, &more);
    let gaps = [(30, 60), (100, 104), (150, 170), (200, 230)];
    let silent = |now: Instant| gaps.iter().any(|(from, to)| (NOW + from * MINUTE..NOW + to * MINUTE).contains(&now));
    run(&world, NOW, NOW + 220 * MINUTE, &[BOOTH], |now, _| !silent(now));
    let alerts: Vec<_> =
        world.ledger.alerts(None, 50).unwrap().into_iter().filter(|a| a.rule == rule.id).rev().collect();
    assert_eq!(alerts.len(), 3, "a gap of four minutes is none");
    let found = world.ledger.preview_rule(NOW + 220 * MINUTE, &definition(&more)).unwrap();
    let minute = |at: Instant| (at - NOW).div_euclid(MINUTE);
    let did: Vec<_> = alerts.iter().map(|a| (minute(a.fired_at), a.resolved_at.map(minute))).collect();
    let said: Vec<_> = found.alerts.iter().map(|a| (minute(a.fired_at), a.resolved_at.map(minute))).collect();
    assert_eq!((found.fired, said), (3, did), "{found:?}");
    assert_eq!(found.now, [(String::new(), Some(0.0))]);
    assert_eq!(world.number("SELECT count(*) FROM alert_rule"), 1, "a preview stores nothing");
}

#[test]
fn twelve_booths_that_break_a_rule_are_one_message() {
    let world = quiet_world();
    let booths: Vec<_> = (0..12).map(|n| format!("booth-{n:02}")).collect();
    for id in &booths {
        world.ledger.put_booth(NOW, &operator(), &booth(id)).unwrap();
    }
    let booths: Vec<&str> = booths.iter().map(String::as_str).collect();
    let rule = define(&world, &json!({ "of": "each-booth", "mail_to": "it@x.org", "usual": false }));
    let told = run(&world, NOW, NOW + 60 * MINUTE, &booths, |now, _| now < NOW + 20 * MINUTE);
    assert_eq!(mails(&told, &rule.id), [("it@x.org", "[TollBooth] Too few photos")]);
    let body = &told.iter().find(|m| m.channel == "mail").unwrap().body;
    assert!(body.starts_with("Too few photos: 12 of 13 booths: booth-00, "), "{body}");
    assert!(body.contains("- booth-11: Photos received: 0 photos"), "{body}");
}

#[test]
fn where_telemetry_stops_a_rule_keeps_what_it_found_and_says_nothing_new() {
    let world = quiet_world();
    let keeps = define(&world, &json!({ "name": "Keeps", "mail_to": "a@x.org", "usual": false }));
    let alarms = define(&world, &json!({ "name": "Alarms", "mail_to": "b@x.org", "usual": false, "no_data": "alert" }));
    run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |_, _| true);
    let mut told = Vec::new();
    for minute in 30..60 {
        let now = NOW + minute * MINUTE;
        world.ledger.evaluate_alerts(now).unwrap();
        for lease in world.ledger.lease_messages(now, "messenger", 50, Channel::ALL).unwrap() {
            world.ledger.settle_message(now, &lease.token, &HANDED_OVER).unwrap();
            told.push(lease.message);
        }
    }
    assert_eq!(mails(&told, &keeps.id), []);
    assert_eq!(mails(&told, &alarms.id), [("b@x.org", "[TollBooth] Alarms")]);
}

#[test]
fn a_rule_that_is_deleted_while_it_fires_ends_its_alert_and_tells_so_and_can_be_put_back() {
    let world = quiet_world();
    let rule = define(&world, &json!({ "mail_to": "it@x.org", "usual": false }));
    let told = run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |now, _| now == NOW);
    assert_eq!(mails(&told, &rule.id).len(), 1);
    let later = NOW + 30 * MINUTE;
    world.ledger.delete_rule(later, &operator(), &rule.id, 1).unwrap();
    let told = run(&world, later, later + 5 * MINUTE, &[BOOTH], |_, _| false);
    assert_eq!(mails(&told, &rule.id), [("it@x.org", "[TollBooth] Recovered: Too few photos")]);
    let end = told.iter().find(|m| m.kind == rule.id).unwrap();
    assert!(end.body.contains("the rule was deleted or switched off"), "{}", end.body);
    assert_eq!(world.ledger.defined_rules().unwrap(), []);
    let back = world.ledger.undo_rule(later, &reviewer("tok_b"), &rule.id, 2, None).unwrap();
    assert_eq!((back.version, back.deleted, &back.definition), (3, false, &rule.definition));
    let told = run(&world, later + 5 * MINUTE, later + 10 * MINUTE, &[BOOTH], |_, _| false);
    assert_eq!(mails(&told, &rule.id), [("it@x.org", "[TollBooth] Too few photos")], "it is looked at again");
    let (_, versions) = world.ledger.defined_rule(&rule.id).unwrap().unwrap();
    let changes: Vec<_> = versions.iter().map(|v| (v.change.as_str(), v.actor.id.as_str())).collect();
    assert_eq!(changes, [("undone", "tok_b"), ("deleted", "tok_operator"), ("created", "tok_operator")]);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'alert-rule-changed'"), 3);
    assert!(world.sql("UPDATE alert_rule_version SET change = 'changed'").is_err(), "what was is never changed");
}

#[test]
fn a_change_on_an_older_version_is_refused_and_so_is_what_does_not_fit_the_installation() {
    let world = quiet_world();
    let refused = |result: Result<DefinedRule, Refused<RuleRefusal>>| match result {
        Err(Refused::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let rule = define(&world, &json!({}));
    let changed = definition(&json!({ "threshold": 5 }));
    let second = world.ledger.change_rule(NOW, &operator(), &rule.id, 1, &changed).unwrap();
    assert_eq!((second.version, second.definition.draft().threshold), (2, 5.0));
    let same = world.ledger.change_rule(NOW, &operator(), &rule.id, 2, &changed).unwrap();
    assert_eq!(same.version, 2, "nothing was different");
    let late = world.ledger.change_rule(NOW, &operator(), &rule.id, 1, &changed);
    assert_eq!(refused(late), RuleRefusal::Changed);
    assert_eq!(refused(world.ledger.undo_rule(NOW, &operator(), &rule.id, 1, None)), RuleRefusal::Changed);
    let nothing_before = world.ledger.undo_rule(NOW, &operator(), &rule.id, 2, Some(9));
    assert!(matches!(refused(nothing_before), RuleRefusal::Invalid(_)));
    let undone = world.ledger.undo_rule(NOW, &operator(), &rule.id, 2, None).unwrap();
    assert_eq!((undone.version, undone.definition.draft().threshold), (3, 1.0));
    let unknown = world.ledger.change_rule(NOW, &operator(), "rul_none", 1, &changed);
    assert_eq!(refused(unknown), RuleRefusal::NotFound);
    for (more, field) in [
        (json!({}), "name: another rule has it"),
        (json!({ "name": "b", "of": "booth:nowhere" }), "of: booth `nowhere` is not registered"),
        (json!({ "name": "c", "chat": true }), "chat: the chat is switched off"),
    ] {
        match refused(world.ledger.define_rule(NOW, &operator(), &definition(&more))) {
            RuleRefusal::Invalid(found) => assert!(found.len() == 1 && found[0].starts_with(field), "{found:?}"),
            other => panic!("{other:?}"),
        }
    }
    for n in 1..MAX_RULES {
        define(&world, &json!({ "name": format!("rule {n}") }));
    }
    let one_more = world.ledger.define_rule(NOW, &operator(), &definition(&json!({ "name": "one more" })));
    assert_eq!(refused(one_more), RuleRefusal::TooMany);
}

#[test]
fn a_rule_of_staff_is_snoozed_and_tested_like_any() {
    let world = quiet_world();
    let rule = define(&world, &json!({ "mail_to": "it@x.org", "usual": false, "quiet": "none" }));
    let ids = world.ledger.test_alert(NOW, &operator(), &rule.id).unwrap();
    assert_eq!(ids.len(), 2, "the log and its own address");
    let subject = world.ledger.message(&ids[1]).unwrap().unwrap().subject;
    assert_eq!(subject, "[TollBooth] Test: Too few photos");
    world.ledger.snooze_alerts(NOW, &operator(), &rule.id, Some(NOW + HOUR), "works").unwrap();
    let told = run(&world, NOW, NOW + HOUR, &[BOOTH], |now, _| now == NOW);
    assert_eq!(mails(&told, &rule.id), []);
    let (_, rules) = world.ledger.alert_rules(NOW + HOUR - MINUTE).unwrap();
    let standing = rules.iter().find(|standing| standing.rule == rule.id).unwrap();
    assert_eq!((standing.state, standing.defined, standing.snoozed.is_some()), (RuleState::Firing, true, true));
    let told = run(&world, NOW + HOUR, NOW + HOUR + 5 * MINUTE, &[BOOTH], |_, _| false);
    assert_eq!(mails(&told, &rule.id).len(), 1, "what still goes on is told when the snooze ends");
    for result in [
        world.ledger.snooze_alerts(NOW, &operator(), "rul_none", Some(NOW + HOUR), "x").map(|()| Vec::new()),
        world.ledger.test_alert(NOW, &operator(), "rul_none"),
    ] {
        assert_eq!(result, Err(Refused::Refused(tollbooth_ledger::alerts::Refusal::NotFound)));
    }
}

#[test]
fn what_becomes_a_page_while_it_is_snoozed_is_told_when_the_snooze_ends() {
    let world = quiet_world();
    let whom = json!({ "mail_to": "it@x.org", "usual": false, "quiet": "none" });
    let rule = define(&world, &whom);
    let told = run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |now, _| now == NOW);
    assert_eq!(mails(&told, &rule.id).len(), 1);
    let later = NOW + 30 * MINUTE;
    world.ledger.snooze_alerts(later, &operator(), &rule.id, Some(NOW + HOUR), "works").unwrap();
    let page = json!({ "mail_to": "it@x.org", "usual": false, "quiet": "none", "severity": "page" });
    world.ledger.change_rule(later, &operator(), &rule.id, 1, &definition(&page)).unwrap();
    let told = run(&world, later, NOW + HOUR, &[BOOTH], |_, _| false);
    assert_eq!(mails(&told, &rule.id), []);
    let told = run(&world, NOW + HOUR, NOW + HOUR + 10 * MINUTE, &[BOOTH], |_, _| false);
    assert_eq!(mails(&told, &rule.id).len(), 1, "and not with the next reminder: {told:?}");
}

#[test]
fn an_address_that_is_full_holds_nobody_else_back_and_is_told_as_soon_as_there_is_room() {
    let world = quiet_world();
    let full = define(
        &world,
        &json!({ "name": "Fills", "metric": "refused", "comparison": "above", "mail_to": "full@x.org", "usual": false }),
    );
    for minute in 0..10 {
        world.ledger.test_alert(NOW + minute * MINUTE, &operator(), &full.id).unwrap();
    }
    let rule = define(&world, &json!({ "mail_to": "full@x.org, free@x.org", "usual": false }));
    let told = run(&world, NOW + 10 * MINUTE, NOW + 50 * MINUTE, &[BOOTH], |now, _| now == NOW + 10 * MINUTE);
    assert_eq!(
        mails(&told, &rule.id),
        [("free@x.org", "[TollBooth] Too few photos")],
        "one is full, the other is told"
    );
    let told = run(&world, NOW + 50 * MINUTE, NOW + 80 * MINUTE, &[BOOTH], |_, _| false);
    assert_eq!(
        mails(&told, &rule.id),
        [("full@x.org", "[TollBooth] Too few photos")],
        "told once there is room, and once"
    );
    let told = run(&world, NOW + 80 * MINUTE, NOW + 85 * MINUTE, &[BOOTH], |_, _| true);
    let ends: Vec<_> = mails(&told, &rule.id).into_iter().map(|(whom, _)| whom).collect();
    assert_eq!(ends, ["free@x.org", "full@x.org"], "both were told of the beginning");
}

#[test]
fn whoever_hears_of_ten_rules_at_once_gets_one_mail_and_the_log_has_ten() {
    let world = quiet_world();
    let rules: Vec<_> = (0..10)
        .map(|n| {
            define(&world, &json!({ "name": format!("Rule {n}"), "mail_to": "it@x.org, boss@x.org", "usual": false }))
        })
        .collect();
    let one = define(&world, &json!({ "name": "Alone", "mail_to": "road@x.org", "usual": false }));
    let gap = |now: Instant| (NOW + 20 * MINUTE..NOW + 40 * MINUTE).contains(&now);
    let told = run(&world, NOW, NOW + 60 * MINUTE, &[BOOTH], |now, _| !gap(now));
    let mails_to = |whom: &str| -> Vec<&Message> {
        told.iter().filter(|message| message.channel == "mail" && message.addressee == whom).collect()
    };
    for whom in ["it@x.org", "boss@x.org"] {
        let mails = mails_to(whom);
        assert_eq!(mails.len(), 2, "the beginning of all and the end of all: {mails:#?}");
        assert!(mails.iter().all(|mail| mail.kind == "digest" && mail.subject.ends_with(", and 9 more")), "{mails:#?}");
        assert!(mails[1].subject.starts_with("[TollBooth] Recovered: Rule "), "{}", mails[1].subject);
        for rule in &rules {
            assert!(mails[0].body.contains(&format!("*** {} ***", rule.definition.name())), "{}", mails[0].body);
        }
    }
    let alone: Vec<_> = mails_to("road@x.org").into_iter().map(|mail| mail.kind.as_str()).collect();
    assert_eq!(alone, [one.id.as_str(), one.id.as_str()], "whoever hears of one rule hears of it as before");
    let logged = told.iter().filter(|message| message.channel == "log" && message.kind.starts_with("rul_")).count();
    assert_eq!(logged, 22, "eleven beginnings and eleven ends");
    // The page of each alert has the digests among its messages.
    let alert = world.ledger.alerts(None, 50).unwrap().into_iter().find(|alert| alert.rule == rules[3].id).unwrap();
    let life = world.ledger.messages_about(&alert.id, 50).unwrap();
    let channels: Vec<_> = life.iter().map(|m| m.channel.as_str()).collect();
    assert_eq!(channels, ["log", "mail", "mail", "log", "mail", "mail"], "{life:#?}");
}

#[test]
fn those_who_had_their_share_of_an_hour_hear_of_all_that_waited_in_one_mail() {
    let world = quiet_world();
    let full = define(
        &world,
        &json!({ "name": "Fills", "metric": "refused", "comparison": "above", "mail_to": "it@x.org", "usual": false }),
    );
    for minute in 0..10 {
        world.ledger.test_alert(NOW + minute * MINUTE, &operator(), &full.id).unwrap();
    }
    for name in ["One", "Two", "Three"] {
        define(&world, &json!({ "name": name, "mail_to": "it@x.org", "usual": false }));
    }
    let told = run(&world, NOW + 10 * MINUTE, NOW + 80 * MINUTE, &[BOOTH], |now, _| now == NOW + 10 * MINUTE);
    let later: Vec<_> = told.iter().filter(|m| m.channel == "mail" && m.kind != "test").collect();
    assert_eq!(later.len(), 1, "{later:#?}");
    assert!(later[0].subject.ends_with(", and 2 more") && later[0].created_at > NOW + 55 * MINUTE, "{later:#?}");
}

#[test]
fn the_end_of_an_alert_does_not_overtake_the_digest_that_told_of_its_beginning() {
    let world = quiet_world();
    for name in ["One", "Two"] {
        define(&world, &json!({ "name": name, "mail_to": "it@x.org", "usual": false }));
    }
    // Telemetry and rules go on; nobody delivers mail until all is over.
    for minute in 0..60 {
        let now = NOW + minute * MINUTE;
        if !(10..40).contains(&minute) {
            let key = format!("{now}");
            world.ledger.record_passage(now, &passage_at(BOOTH, &key, &key, now)).unwrap();
        }
        world.ledger.fold_telemetry(now + 1, 100_000).unwrap();
        world.ledger.evaluate_alerts(now + 2).unwrap();
    }
    let now = NOW + HOUR;
    let first = world.ledger.lease_messages(now, "a", 50, &[Channel::Mail]).unwrap();
    assert_eq!(first.len(), 1, "{first:#?}");
    assert!(!first[0].message.subject.contains("Recovered"), "{first:#?}");
    assert_eq!(world.ledger.lease_messages(now + 1, "b", 50, &[Channel::Mail]).unwrap(), []);
    assert!(world.ledger.settle_message(now + 2, &first[0].token, &HANDED_OVER).unwrap());
    let second = world.ledger.lease_messages(now + 3, "a", 50, &[Channel::Mail]).unwrap();
    assert_eq!(second.len(), 1);
    assert!(second[0].message.subject.contains("Recovered"), "{second:#?}");
}

#[test]
fn a_digest_that_its_receiver_defers_holds_nothing_back_that_tells_of_other_alerts() {
    let world = quiet_world();
    for (name, minutes) in [("One", 10), ("Two", 10), ("Three", 20)] {
        define(&world, &json!({ "name": name, "window_minutes": minutes, "mail_to": "it@x.org", "usual": false }));
    }
    world.ledger.record_passage(NOW, &passage_at(BOOTH, "only", "only", NOW)).unwrap();
    let (mut told, mut deferred) = (Vec::new(), 0);
    for minute in 0..50 {
        let now = NOW + minute * MINUTE;
        world.ledger.fold_telemetry(now + 1, 100_000).unwrap();
        world.ledger.evaluate_alerts(now + 2).unwrap();
        for lease in world.ledger.lease_messages(now + 3, "messenger", 50, &[Channel::Mail]).unwrap() {
            let is_digest = lease.message.kind == "digest";
            let defers = Outcome::Failed(Failure::new(Class::Deferred, "try later"));
            let outcome = if is_digest { defers } else { HANDED_OVER };
            assert!(world.ledger.settle_message(now + 3, &lease.token, &outcome).unwrap());
            if is_digest {
                deferred += 1;
            } else {
                told.push(lease.message.subject);
            }
        }
    }
    assert!(deferred > 1, "it is tried again: {deferred}");
    assert_eq!(told, ["[TollBooth] Three"]);
}

#[test]
fn a_rule_of_each_camera_says_how_many_it_leaves_out_when_more_are_added_than_it_looks_at() {
    let world = quiet_world();
    let each = define(&world, &json!({ "of": "each-camera", "window_minutes": 60, "mail_to": "road@x.org" }));
    define(&world, &json!({ "name": "All", "mail_to": "road@x.org" }));
    let day = NOW - NOW.rem_euclid(24 * HOUR);
    let add = |from: u32, to: u32| {
        for n in from..to {
            let subject = format!("camera:{BOOTH}/{n:03}");
            world.sql(&format!("INSERT INTO telemetry_subject (subject) VALUES ('{subject}')")).unwrap();
            let row = format!("('{subject}', 'day', {day}, '{{\"received\":1}}')");
            world.sql(&format!("INSERT INTO telemetry (subject, step, start_ms, facts) VALUES {row}")).unwrap();
        }
    };
    let left_out = || {
        let (_, rules) = world.ledger.alert_rules(NOW).unwrap();
        let of_each = rules.iter().find(|standing| standing.rule == each.id).unwrap().left_out;
        let others: u32 =
            rules.iter().filter(|standing| standing.rule != each.id).map(|standing| standing.left_out).sum();
        (of_each, others)
    };
    add(0, 500);
    assert_eq!(left_out(), (0, 0));
    add(500, 503);
    assert_eq!(left_out(), (3, 0), "every one but those three is looked at, and nobody thinks otherwise");
    let tried = world.ledger.preview_rule(NOW, &each.definition).unwrap();
    assert_eq!(tried.now.len(), 500);
}

#[test]
fn a_camera_is_judged_by_its_whole_hours_and_one_that_nobody_knows_is_refused() {
    let world = quiet_world();
    let unknown = definition(&json!({ "of": format!("camera:{BOOTH}/nobody"), "window_minutes": 60 }));
    match world.ledger.define_rule(NOW, &operator(), &unknown) {
        Err(Refused::Refused(RuleRefusal::Invalid(found))) => {
            assert!(found[0].starts_with("of: no photo of camera `nobody`"), "{found:?}");
        }
        other => panic!("{other:?}"),
    }
    let of_each =
        json!({ "of": "each-camera", "window_minutes": 60, "threshold": 30, "mail_to": "road@x.org", "usual": false });
    let rule = define(&world, &of_each);
    let mut told = Vec::new();
    for minute in 0..190 {
        let now = NOW + minute * MINUTE;
        for camera in ["front", "rear"].iter().filter(|camera| **camera == "front" || minute < 60) {
            let key = format!("{camera}-{minute}");
            let photo = NewPassage { camera: (*camera).to_owned(), ..passage_at(BOOTH, &key, &key, now) };
            world.ledger.record_passage(now, &photo).unwrap();
        }
        world.ledger.fold_telemetry(now + 1, 100_000).unwrap();
        world.ledger.evaluate_alerts(now + 2).unwrap();
        for lease in world.ledger.lease_messages(now + 3, "messenger", 50, Channel::ALL).unwrap() {
            world.ledger.settle_message(now + 3, &lease.token, &HANDED_OVER).unwrap();
            told.push(lease.message);
        }
    }
    assert_eq!(mails(&told, &rule.id), [("road@x.org", "[TollBooth] Too few photos")]);
    let mail = told.iter().find(|message| message.channel == "mail").unwrap();
    let text = format!("{BOOTH}/rear: Photos received: 0 photos in the last 1 h (rule: below 30 photos).");
    assert!(mail.body.starts_with(&text), "{}", mail.body);
    assert_eq!((mail.created_at - NOW) / MINUTE, 120, "with the end of the first hour without a photo of it");
    let tried = world.ledger.preview_rule(NOW + 190 * MINUTE, &definition(&of_each)).unwrap();
    assert_eq!((tried.fired, (tried.alerts[0].fired_at - NOW) / MINUTE), (1, 120), "{tried:?}");
    let now: Vec<_> = tried.now.iter().map(|(camera, value)| (camera.as_str(), *value)).collect();
    let (front, rear) = (format!("{BOOTH}/front"), format!("{BOOTH}/rear"));
    assert_eq!(now, [(front.as_str(), Some(60.0)), (rear.as_str(), Some(0.0))]);
    let of_one = json!({ "name": "Rear", "of": format!("camera:{rear}"), "window_minutes": 60 });
    assert!(world.ledger.define_rule(NOW, &operator(), &definition(&of_one)).is_ok());
    // A week later nobody misses it any more; whoever named it does.
    let later = NOW + 9 * 24 * HOUR;
    world.ledger.record_passage(later, &passage_at(BOOTH, "later", "later", later)).unwrap();
    world.ledger.fold_telemetry(later, 100_000).unwrap();
    let tried = world.ledger.preview_rule(later, &definition(&of_each)).unwrap();
    assert_eq!(tried.now.len(), 1, "{tried:?}");
}

#[test]
fn a_recogniser_is_judged_by_the_calls_that_failed() {
    let world = world();
    world.set(&[("alerts.all_is_well_at", "\"\""), ("export.interval_minutes", "1440")]);
    let failing = json!({
        "name": "Calls fail", "metric": "calls_failed", "of": "each-recognizer", "comparison": "at-least", "window_minutes": 5,
        "mail_to": "it@x.org", "usual": false,
    });
    let rule = define(&world, &failing);
    let timed_out = define(
        &world,
        &json!({
            "name": "Never mind", "metric": "calls_timed_out", "of": "recognizer:azure-vision", "comparison": "at-least",
        }),
    );
    world.ledger.record_passage(NOW, &passage("1")).unwrap();
    let lease = world.lease(NOW);
    world.fail(NOW + SECOND, &lease, NextStep::RetryAt(NOW + HOUR));
    let told = run(&world, NOW + MINUTE, NOW + 10 * MINUTE, &[], |_, _| false);
    let subjects = ["[TollBooth] Calls fail", "[TollBooth] Recovered: Calls fail"];
    assert_eq!(mails(&told, &rule.id), subjects.map(|subject| ("it@x.org", subject)));
    let mail = told.iter().find(|message| message.channel == "mail").unwrap();
    assert!(mail.body.starts_with("in-process: Calls failed: 1 calls in the last 5 min"), "{}", mail.body);
    assert!(told.iter().all(|message| message.kind != timed_out.id), "it was not the other one");
    let tried = world.ledger.preview_rule(NOW + 10 * MINUTE, &definition(&failing)).unwrap();
    assert_eq!(tried.now, [("in-process".to_owned(), Some(0.0))]);
}

#[test]
fn what_lies_in_the_outbox_for_a_chat_that_is_switched_off_is_taken_back() {
    let world = quiet_world();
    world.set(&[("alerts.chat", "true")]);
    world.ledger.test_alert(NOW, &operator(), "export-empty").unwrap();
    let lease = world.ledger.lease_messages(NOW, "messenger", 50, &[Channel::Chat]).unwrap().remove(0);
    let outage = Outcome::Failed(Failure::new(Class::NotSetUp, "chat_webhook_origin is not set"));
    world.ledger.settle_message(NOW, &lease.token, &outage).unwrap();
    world.ledger.evaluate_alerts(NOW + MINUTE).unwrap();
    assert_eq!(world.ledger.message(&lease.message.id).unwrap().unwrap().state, "due", "the chat is on");
    world.set(&[("alerts.chat", "false")]);
    world.ledger.evaluate_alerts(NOW + 2 * MINUTE).unwrap();
    assert_eq!(world.ledger.message(&lease.message.id).unwrap().unwrap().state, "withdrawn");
    assert_eq!(
        world.number("SELECT count(*) FROM event WHERE kind = 'message-withdrawn' AND actor_role = 'system'"),
        1
    );
    world.ledger.evaluate_alerts(NOW + HOUR).unwrap();
    let (_, rules) = world.ledger.alert_rules(NOW + HOUR).unwrap();
    assert!(rules.iter().all(|rule| rule.rule != "delivery-dead" || rule.state == RuleState::Well), "{rules:?}");
}

#[test]
fn the_end_of_an_alert_does_not_go_to_a_chat_that_was_switched_off() {
    let world = quiet_world();
    world.set(&[("alerts.chat", "true")]);
    let rule = define(&world, &json!({}));
    let told = run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |now, _| now == NOW);
    assert!(told.iter().any(|m| m.channel == "chat" && m.kind == rule.id), "{told:?}");
    world.set(&[("alerts.chat", "false")]);
    let told = run(&world, NOW + 30 * MINUTE, NOW + 40 * MINUTE, &[BOOTH], |_, _| true);
    assert!(told.iter().any(|m| m.channel == "log" && m.subject.contains("Recovered")), "it is over: {told:?}");
    assert!(told.iter().all(|m| m.channel != "chat"), "{told:?}");
}

#[test]
fn a_rule_that_cannot_be_read_keeps_no_other_alert_back() {
    let world = quiet_world();
    let rule = define(&world, &json!({ "mail_to": "it@x.org", "usual": false }));
    for sql in [
        format!(
            "INSERT INTO alert_rule_version (rule_id, version, change, definition, deleted, at_ms, actor_role, actor_id)
             VALUES ('rul_of_tomorrow', 1, 'created', '{{}}', 0, {NOW}, 'operator', 'tok_operator')"
        ),
        format!("INSERT INTO alert_rule (id, version, deleted, created_at_ms) VALUES ('rul_of_tomorrow', 1, 0, {NOW})"),
    ] {
        world.sql(&sql).unwrap();
    }
    assert_eq!(world.ledger.defined_rules().unwrap().len(), 2, "whoever lists them sees it");
    let told = run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |now, _| now == NOW);
    assert_eq!(mails(&told, &rule.id), [("it@x.org", "[TollBooth] Too few photos")]);
    assert!(world.ledger.alert_rules(NOW + 30 * MINUTE).is_ok(), "what fires is shown");
    let (id, tester) = ("rul_of_tomorrow", operator());
    let tested = world.ledger.test_alert(NOW, &tester, id);
    assert!(matches!(tested, Err(Refused::Refused(tollbooth_ledger::alerts::Refusal::Invalid(_)))), "{tested:?}");
    assert_eq!(world.ledger.snooze_alerts(NOW, &tester, id, Some(NOW + HOUR), "known"), Ok(()));
}

#[test]
fn that_a_rule_cannot_be_read_is_told_once_by_its_name_and_so_is_that_it_was_mended() {
    let world = quiet_world();
    world.set(&[("alerts.mail_to", "\"it@x.org\"")]);
    for (rule, enabled) in [("rul_missed", true), ("rul_off", false)] {
        for sql in [
            format!(
                "INSERT INTO alert_rule_version (rule_id, version, change, definition, deleted, at_ms, actor_role, actor_id)
                 VALUES ('{rule}', 1, 'created', '{{\"name\":\"Of {rule}\",\"enabled\":{enabled},\"colour\":1}}', 0, {NOW},
                    'operator', 'tok_operator')"
            ),
            format!("INSERT INTO alert_rule (id, version, deleted, created_at_ms) VALUES ('{rule}', 1, 0, {NOW})"),
        ] {
            world.sql(&sql).unwrap();
        }
    }
    let told = run(&world, NOW, NOW + 30 * MINUTE, &[BOOTH], |_, _| true);
    assert_eq!(mails(&told, "rule-unreadable"), [("it@x.org", "[TollBooth] A rule of alerts cannot be read")]);
    let mail = told.iter().find(|m| m.channel == "mail" && m.kind == "rule-unreadable").unwrap();
    assert!(mail.body.starts_with("The rule Of rul_missed (rul_missed) cannot be read"), "{}", mail.body);
    assert!(mail.body.contains("unknown field `colour`") && !mail.body.contains("rul_off"), "{}", mail.body);
    let later = NOW + 30 * MINUTE;
    let mended = definition(&json!({ "threshold": 0 }));
    world.ledger.change_rule(later, &operator(), "rul_missed", 1, &mended).unwrap();
    let told = run(&world, later, later + 5 * MINUTE, &[BOOTH], |_, _| true);
    let recovered = "[TollBooth] Recovered: A rule of alerts cannot be read";
    assert_eq!(mails(&told, "rule-unreadable"), [("it@x.org", recovered)]);
}

#[test]
fn a_rule_that_cannot_be_read_is_replaced_and_deleted_like_any_and_no_other_waits_for_it() {
    let world = quiet_world();
    for rule in ["rul_replaced", "rul_removed"] {
        for sql in [
            format!(
                "INSERT INTO alert_rule_version (rule_id, version, change, definition, deleted, at_ms, actor_role, actor_id)
                 VALUES ('{rule}', 1, 'created', '{{\"name\":\"Of tomorrow\"}}', 0, {NOW}, 'operator', 'tok_operator')"
            ),
            format!("INSERT INTO alert_rule (id, version, deleted, created_at_ms) VALUES ('{rule}', 1, 0, {NOW})"),
        ] {
            world.sql(&sql).unwrap();
        }
    }
    let other = define(&world, &json!({}));
    world.ledger.delete_rule(NOW, &operator(), "rul_removed", 1).unwrap();
    let named = definition(&json!({ "name": "Of today" }));
    let replaced = world.ledger.change_rule(NOW, &operator(), "rul_replaced", 1, &named).unwrap();
    assert_eq!((replaced.version, replaced.definition), (2, named));
    let mut listed: Vec<_> = world.ledger.defined_rules().unwrap().into_iter().map(|rule| rule.id).collect();
    listed.sort();
    let mut left = vec![other.id, "rul_replaced".to_owned()];
    left.sort();
    assert_eq!(listed, left);
    let (removed, versions) = world.ledger.defined_rule("rul_removed").unwrap().unwrap();
    assert_eq!((removed.deleted, versions.len()), (true, 2));
    assert_eq!(removed.definition, versions[1].definition, "nothing of it is lost");
    let back = world.ledger.undo_rule(NOW, &operator(), "rul_replaced", 2, None);
    assert!(matches!(back, Err(Refused::Refused(RuleRefusal::Invalid(_)))), "{back:?}");
}
