//! Alerts with the clock in hand: what fires, what is told to whom, and that it is told once.

use tollbooth_alerts::Rule;
use tollbooth_ledger::alerts::{Alert, Refusal};
use tollbooth_ledger::export::{Begun, Cause};
use tollbooth_ledger::messages::Message;
use tollbooth_ledger::{Failure as Refused, Ledger};
use tollbooth_messages::Channel;
use tollbooth_pipeline::Instant;

use crate::booth::*;
use crate::messages::HANDED_OVER;

const DAY: Instant = 24 * HOUR;

/// A world in which customer service wants to hear of empty exports.
fn watched() -> World {
    let world = world();
    world.set(&[("alerts.export_empty_mail_to", "\"service@x.org\"")]);
    world
}

/// Runs the clock from `from` to before `to`, minute by minute, as a host's cron triggers do; exports, looks at the rules
/// and delivers what is due by every channel.
fn run(world: &World, from: Instant, to: Instant) -> Vec<Message> {
    let mut delivered = Vec::new();
    let mut now = from;
    while now < to {
        minute(&world.ledger, now, &mut delivered);
        now += MINUTE;
    }
    delivered
}

fn minute(ledger: &TestLedger, now: Instant, delivered: &mut Vec<Message>) {
    while let Begun::Proceed(bound) = ledger.begin_export(now, &exporter(), Cause::Scheduled).unwrap() {
        publish(ledger, now, &bound);
    }
    ledger.evaluate_alerts(now).unwrap();
    for lease in ledger.lease_messages(now, "messenger", 50, Channel::ALL).unwrap() {
        assert!(ledger.settle_message(now, &lease.token, &HANDED_OVER).unwrap());
        delivered.push(lease.message);
    }
}

fn mails(messages: &[Message]) -> Vec<(&str, &str)> {
    messages.iter().filter(|m| m.channel == "mail").map(|m| (m.addressee.as_str(), m.subject.as_str())).collect()
}

fn accept(world: &World, key: &str, plate: &str, at: Instant) {
    world.ledger.record_passage(at, &passage_with(key, &format!("photo {key}"), at - SECOND)).unwrap();
    let lease = world.lease(at);
    world.ledger.settle(at, &lease.attempt_token, reading(), acceptance(plate)).unwrap();
}

fn firing(world: &World, now: Instant) -> Vec<Rule> {
    let (_, rules) = world.ledger.alert_rules(now).unwrap();
    rules
        .into_iter()
        .filter(|standing| standing.alert.is_some())
        .map(|standing| standing.rule.parse().unwrap())
        .collect()
}

fn alert_of(world: &World, rule: Rule) -> Alert {
    let all = world.ledger.alerts(None, 100).unwrap();
    all.into_iter().find(|alert| alert.rule == rule.as_str()).expect("no such alert")
}

const EMPTY: (&str, &str) = ("service@x.org", "[TollBooth] No license plates to export");
const RECOVERED: (&str, &str) = ("service@x.org", "[TollBooth] Recovered: No license plates to export");

#[test]
fn an_hour_with_a_gap_is_told_twice_empty_and_recovered() {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    let calm = run(&world, NOW, NOW + HOUR);
    assert_eq!(mails(&calm), []);
    let gap = run(&world, NOW + HOUR, NOW + 2 * HOUR - MINUTE);
    assert_eq!(mails(&gap), [EMPTY], "an hour without a passage");
    let said = &gap.iter().find(|m| m.channel == "mail").unwrap().body;
    assert!(said.contains("No photos came: the last photo came at 2026-11-20 10:00 UTC"), "{said}");
    accept(&world, "2", "XYZ9876", NOW + 2 * HOUR - MINUTE);
    let after = run(&world, NOW + 2 * HOUR - MINUTE, NOW + 3 * HOUR - MINUTE);
    assert_eq!(mails(&after), [RECOVERED]);
}

#[test]
fn a_long_gap_is_told_once_and_reminded_of_once_a_day() {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    let mut told = Vec::new();
    for minutes in 0..=(50 * 60) {
        minute(&world.ledger, NOW + minutes * MINUTE, &mut told);
    }
    let still = ("service@x.org", "[TollBooth] Still: No license plates to export");
    assert_eq!(mails(&told), [EMPTY, still, still], "50 empty exports: a message, and one for each full day");
    let id = alert_of(&world, Rule::ExportEmpty).id;
    world.ledger.acknowledge_alert(NOW + 51 * HOUR, &operator(), &id, Some("on it")).unwrap();
    assert_eq!(mails(&run(&world, NOW + 51 * HOUR, NOW + 80 * HOUR)), [], "somebody takes care of it");
    accept(&world, "2", "XYZ9876", NOW + 80 * HOUR);
    assert_eq!(mails(&run(&world, NOW + 80 * HOUR, NOW + 81 * HOUR)), [RECOVERED], "the end is told all the same");
}

#[test]
fn what_is_sent_to_the_recogniser_again_hides_nothing_that_waits_for_longer() {
    let world = watched();
    let old = world.in_review("old");
    world.record(&passage("waits"));
    let later = NOW + 20 * MINUTE;
    let item = world.claim(later, "tok_a", &old.id);
    world.ledger.reprocess(later, &reviewer("tok_a"), &old.id, item.version).unwrap();
    for minutes in [1, 6] {
        world.ledger.evaluate_alerts(later + minutes * MINUTE).unwrap();
    }
    let summary = alert_of(&world, Rule::OldestWaiting).summary;
    assert!(summary.contains("since 2026-11-20 10:00 UTC, for 26 min"), "{summary}");
}

#[test]
fn a_copy_that_is_late_explains_no_empty_export() {
    let world = watched();
    world.set(&[
        ("alerts.mail_to", "\"it@x.org\""),
        ("alerts.all_is_well_at", "\"\""),
        ("export.copies", r#"[{"name":"auditor","columns":"lab"}]"#),
    ]);
    accept(&world, "1", "ABC1234", NOW);
    let told = run(&world, NOW, NOW + 2 * HOUR - MINUTE);
    let to_staff: Vec<_> = mails(&told).into_iter().filter(|(whom, _)| *whom == "it@x.org").collect();
    let late = ("it@x.org", "[TollBooth] An export is late");
    assert_eq!(to_staff, [late, ("it@x.org", EMPTY.1)], "nobody copies, and that is not why billing gets nothing");
}

#[test]
fn a_copy_that_is_named_long_after_the_first_export_is_not_late_while_it_catches_up() {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    run(&world, NOW, NOW + MINUTE);
    let later = NOW + 2 * DAY;
    let named = ("export.copies".to_owned(), Some(r#"[{"name":"auditor","columns":"lab"}]"#.to_owned()));
    world.ledger.put_settings(later, &operator(), &[named]).unwrap();
    let late = |now| {
        world.ledger.evaluate_alerts(now).unwrap();
        let alerts = world.ledger.alerts(None, 100).unwrap();
        alerts.iter().any(|alert| alert.rule == Rule::ExportLate.as_str() && alert.lines.contains("auditor"))
    };
    assert!(!late(later + 9 * MINUTE), "it was named nine minutes ago");
    assert!(late(later + 10 * MINUTE), "nobody copies");
}

/// What the e-mail says of a gap, after something was prepared.
fn why(prepare: impl Fn(&World)) -> String {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    run(&world, NOW, NOW + MINUTE);
    prepare(&world);
    let told = run(&world, NOW + MINUTE, NOW + HOUR + 11 * MINUTE);
    told.into_iter().find(|m| m.channel == "mail").unwrap().body
}

#[test]
fn the_mail_says_whether_photos_wait_or_people_or_the_export_failed() {
    let at = NOW + 2 * MINUTE;
    let waiting = why(|world| {
        world.ledger.record_passage(at, &passage("w")).unwrap();
    });
    assert!(waiting.contains("All wait to be read: 1 photos"), "{waiting}");
    let review = why(|world| {
        world.in_review("r");
    });
    assert!(review.contains("All are in review: 1 wait for people"), "{review}");
    let older = why(|world| world.ledger.note_older_ledger(at, 9).unwrap());
    assert!(older.contains("The export failed: the ledger is older"), "{older}");
}

#[test]
fn an_export_that_does_not_end_is_told_as_failed_and_not_as_no_data() {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    let Begun::Proceed(bound) = world.ledger.begin_export(NOW, &exporter(), Cause::Scheduled).unwrap() else {
        panic!()
    };
    let mut told = Vec::new();
    for minutes in 0..30 {
        let now = NOW + minutes * MINUTE;
        world.ledger.evaluate_alerts(now).unwrap();
        for lease in world.ledger.lease_messages(now, "messenger", 50, Channel::ALL).unwrap() {
            world.ledger.settle_message(now, &lease.token, &HANDED_OVER).unwrap();
            told.push(lease.message);
        }
    }
    assert_eq!(mails(&told), [EMPTY]);
    let body = &told.iter().find(|m| m.channel == "mail").unwrap().body;
    assert!(body.contains("The export failed: the one bound at 2026-11-20 10:00 UTC is not published"), "{body}");
    publish(&world.ledger, NOW + 30 * MINUTE, &bound);
    assert_eq!(mails(&run(&world, NOW + 30 * MINUTE, NOW + 40 * MINUTE)), [RECOVERED]);
}

#[test]
fn an_export_that_somebody_asked_for_and_that_was_empty_is_no_alert() {
    let world = watched();
    accept(&world, "1", "ABC1234", NOW);
    run(&world, NOW, NOW + MINUTE);
    let asked = world.ledger.begin_export(NOW + 2 * MINUTE, &exporter(), Cause::Requested).unwrap();
    assert_eq!(asked, Begun::NothingToExport);
    assert_eq!(mails(&run(&world, NOW + 2 * MINUTE, NOW + 30 * MINUTE)), []);
}

#[test]
fn twelve_booths_that_fall_silent_at_once_are_one_message() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    world.set(&[("reading.concurrency", "0")]);
    let booths: Vec<_> = (0..12).map(|n| format!("booth-{n:02}")).collect();
    for id in &booths {
        world.ledger.put_booth(NOW, &operator(), &booth(id)).unwrap();
    }
    let send = |day: i64, minutes: i64, id: &str| {
        let at = NOW + day * DAY + minutes * MINUTE + i64::from(id.as_bytes()[7]) * SECOND;
        world
            .ledger
            .record_passage(at, &passage_at(id, &format!("{day}-{minutes}"), &format!("{id}{day}{minutes}"), at))
            .unwrap();
    };
    for minutes in (0..120).step_by(4) {
        booths.iter().for_each(|id| send(-1, minutes, id));
    }
    for minutes in (0..60).step_by(4) {
        booths.iter().for_each(|id| send(0, minutes, id));
    }
    // The power fails at 11:00; the booths' last photos are some seconds apart.
    let silence = run(&world, NOW, NOW + 100 * MINUTE);
    let silent: Vec<_> = silence.iter().filter(|m| m.channel == "mail" && m.kind == "silent-booth").collect();
    assert_eq!(silent.len(), 1, "{silent:#?}");
    assert!(silent[0].body.starts_with("12 of 13 booths send no photos"), "{}", silent[0].body);
    assert!(silent[0].body.contains("- booth-11 has sent no photo since"), "{}", silent[0].body);
    for id in &booths {
        send(0, 100, id);
    }
    let back = run(&world, NOW + 101 * MINUTE, NOW + 103 * MINUTE);
    assert_eq!(back.iter().filter(|m| m.channel == "mail" && m.subject.contains("Recovered: Booths")).count(), 1);
}

#[test]
fn many_who_look_at_once_begin_one_alert_and_queue_one_message() {
    let world = watched();
    let now = NOW + HOUR;
    assert_eq!(world.ledger.begin_export(now, &exporter(), Cause::Scheduled).unwrap(), Begun::NothingToExport);
    let path = &world.path;
    let looked: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(move || open(path).evaluate_alerts(now).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(looked.iter().flatten().count(), 1);
    assert_eq!(world.number("SELECT count(*) FROM alert"), 1);
    assert_eq!(world.number("SELECT count(*) FROM message WHERE channel = 'mail'"), 1);
}

#[test]
fn a_mail_server_that_is_down_is_told_by_another_channel() {
    let world = watched();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.chat", "true"), ("alerts.all_is_well_at", "\"\"")]);
    accept(&world, "1", "ABC1234", NOW);
    run(&world, NOW, NOW + MINUTE);
    let outage = tollbooth_messages::Outcome::Failed(tollbooth_messages::Failure::new(
        tollbooth_messages::Class::Credentials,
        "535 authentication failed",
    ));
    let mut told = Vec::new();
    for minutes in 1..100 {
        let now = NOW + minutes * MINUTE;
        assert!(!matches!(world.ledger.begin_export(now, &exporter(), Cause::Scheduled).unwrap(), Begun::Proceed(_)));
        world.ledger.evaluate_alerts(now).unwrap();
        for lease in world.ledger.lease_messages(now, "messenger", 50, Channel::ALL).unwrap() {
            let outcome = if lease.message.channel == "mail" { &outage } else { &HANDED_OVER };
            world.ledger.settle_message(now, &lease.token, outcome).unwrap();
            told.push(lease.message);
        }
    }
    let dead: Vec<_> = told.iter().filter(|m| m.kind == "delivery-dead").collect();
    let channels: Vec<_> = dead.iter().map(|m| m.channel.as_str()).collect();
    assert_eq!(channels, ["log", "chat"], "{dead:#?}");
    assert!(dead[0].body.contains("535 authentication failed"), "{}", dead[0].body);
    assert_eq!(
        world.number("SELECT count(*) FROM message WHERE channel = 'mail' AND state <> 'due'"),
        0,
        "none is lost"
    );
}

#[test]
fn what_another_alert_explains_is_told_to_those_only_who_asked_for_it() {
    let world = watched();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    accept(&world, "1", "ABC1234", NOW);
    run(&world, NOW, NOW + MINUTE);
    world.ledger.record_passage(NOW + MINUTE, &passage("waits")).unwrap();
    let told = run(&world, NOW + MINUTE, NOW + 2 * HOUR);
    let found = mails(&told);
    assert_eq!(found, [("it@x.org", "[TollBooth] No photo is read"), EMPTY], "reading stalled explains the rest to IT");
    assert!(firing(&world, NOW + 2 * HOUR).contains(&Rule::OldestWaiting), "it fires all the same, and is shown");
}

#[test]
fn the_daily_mail_comes_once_a_day_at_its_time() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\"")]);
    let mut days = Vec::new();
    for hour in 0..72 {
        let now = NOW + hour * HOUR;
        world.ledger.evaluate_alerts(now).unwrap();
        let mut told = Vec::new();
        for lease in world.ledger.lease_messages(now, "messenger", 50, Channel::ALL).unwrap() {
            world.ledger.settle_message(now, &lease.token, &HANDED_OVER).unwrap();
            told.push(lease.message);
        }
        days.extend(told.iter().filter(|m| m.kind == "all-is-well").map(|m| (m.created_at - NOW) / HOUR));
    }
    // NOW is 10:00, and 07:00 is over: it begins at once, for the address is new.
    assert_eq!(days, [0, 21, 45, 69]);
}

#[test]
fn a_snoozed_rule_fires_and_is_not_told_and_quiet_hours_hold_back_until_their_end() {
    let world = watched();
    world
        .ledger
        .snooze_alerts(NOW, &operator(), Rule::ExportEmpty.as_str(), Some(NOW + 3 * HOUR), "works on the road")
        .unwrap();
    let mut told = run(&world, NOW, NOW + 3 * HOUR);
    assert_eq!((firing(&world, NOW + 3 * HOUR), mails(&told)), (vec![Rule::ExportEmpty], vec![]));
    told.extend(run(&world, NOW + 3 * HOUR, NOW + 4 * HOUR));
    assert_eq!(mails(&told), [EMPTY], "what still goes on is told when the snooze ends");

    let world = watched();
    world.set(&[("alerts.quiet_from", "\"10:00\""), ("alerts.quiet_until", "\"14:00\"")]);
    assert_eq!(mails(&run(&world, NOW, NOW + 4 * HOUR)), []);
    assert_eq!(mails(&run(&world, NOW + 4 * HOUR, NOW + 5 * HOUR)), [EMPTY]);
}

#[test]
fn what_people_do_is_recorded_and_what_is_over_cannot_be_acknowledged() {
    let world = watched();
    run(&world, NOW, NOW + 2 * HOUR);
    let id = alert_of(&world, Rule::ExportEmpty).id;
    let first = world.ledger.acknowledge_alert(NOW, &operator(), &id, Some("on it")).unwrap();
    let second = world.ledger.acknowledge_alert(NOW + 1, &reviewer("tok_b"), &id, Some("me too")).unwrap();
    assert_eq!(first, second, "the first to say so stays");
    assert_eq!(first.acknowledged_by.as_deref(), Some("tok_operator"));
    accept(&world, "1", "ABC1234", NOW + 2 * HOUR);
    run(&world, NOW + 2 * HOUR, NOW + 2 * HOUR + 30 * MINUTE);
    assert_eq!(world.ledger.acknowledge_alert(NOW, &operator(), &id, None), Err(Refused::Refused(Refusal::Over)));
    assert_eq!(
        world.ledger.acknowledge_alert(NOW, &operator(), "alr_none", None),
        Err(Refused::Refused(Refusal::NotFound))
    );
    let far = world.ledger.snooze_alerts(NOW, &operator(), Rule::ExportEmpty.as_str(), Some(NOW + 8 * DAY), "long");
    assert!(matches!(far, Err(Refused::Refused(Refusal::Invalid(_)))), "{far:?}");
    for (kind, count) in [("alert-fired", 1), ("alert-resolved", 1), ("alert-acknowledged", 1)] {
        let sql = format!("SELECT count(*) FROM event WHERE kind = '{kind}' AND detail LIKE '%export-empty%'");
        assert_eq!(world.number(&sql), count, "{kind}");
    }
    assert!(world.sql("UPDATE alert SET summary = 'x'").is_err(), "what is over stays");
    assert!(world.sql("DELETE FROM alert").is_err());
}

#[test]
fn fewer_photos_accepted_by_themselves_than_usual_are_told_of_by_booth() {
    let world = world();
    world.set(&[
        ("alerts.mail_to", "\"it@x.org\""),
        ("alerts.all_is_well_at", "\"\""),
        ("export.interval_minutes", "1440"),
    ]);
    let hour = |days: i64, accepted: u32, referred: u32| {
        let (start, subject) = (NOW - HOUR - days * DAY, format!("booth:{BOOTH}"));
        let facts = format!(r#"{{"accepted.judge": {accepted}, "referred.low-confidence": {referred}}}"#);
        for sql in [
            format!("INSERT INTO telemetry_subject (subject) VALUES ('{subject}') ON CONFLICT DO NOTHING"),
            format!(
                "INSERT INTO telemetry (subject, step, start_ms, facts) VALUES ('{subject}', 'hour', {start}, '{facts}')"
            ),
        ] {
            world.sql(&sql).unwrap();
        }
    };
    // One is exported, so that nothing else is to be told.
    accept(&world, "1", "ABC1234", NOW);
    hour(0, 60, 40);
    (1..=7).for_each(|days| hour(days, 90, 10));
    let dropped = |told: &[Message]| -> Vec<String> {
        told.iter().filter(|m| m.channel == "mail" && m.kind == "acceptance-dropped").map(|m| m.body.clone()).collect()
    };
    let told = dropped(&run(&world, NOW + 5 * MINUTE, NOW + 30 * MINUTE));
    assert_eq!(told.len(), 1, "{told:?}");
    let words = format!("{BOOTH}: 60 of 100 photos were accepted by themselves in the hour from 2026-11-20 09:00 UTC");
    assert!(told[0].starts_with(&words), "{}", told[0]);
    let over = dropped(&run(&world, NOW + HOUR, NOW + HOUR + 5 * MINUTE));
    assert!(over.len() == 1 && over[0].contains("or there are too few to tell"), "{over:?}");
}

#[test]
fn photos_that_find_no_room_are_a_page_at_any_hour_until_one_is_stored() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    world.set(&[("alerts.quiet_from", "\"00:00\""), ("alerts.quiet_until", "\"23:59\"")]);
    world.record(&passage("1"));
    world.ledger.note_storage_full(NOW).unwrap();
    assert_eq!(mails(&run(&world, NOW, NOW + MINUTE)), [], "one photo is no full disk");
    let told = run(&world, NOW + MINUTE, NOW + 4 * MINUTE);
    assert_eq!(mails(&told), [("it@x.org", "[TollBooth] URGENT: There is no room for photos")]);
    assert_eq!(world.ledger.telemetry_standing().unwrap().storage_full_at, Some(NOW));
    world.ledger.record_passage(NOW + 4 * MINUTE, &passage("2")).unwrap();
    let over = run(&world, NOW + 4 * MINUTE, NOW + 6 * MINUTE);
    assert_eq!(mails(&over), [("it@x.org", "[TollBooth] Recovered: There is no room for photos")]);
}

#[test]
fn a_balance_that_does_not_close_is_a_page() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    world.set(&[("alerts.quiet_from", "\"00:00\""), ("alerts.quiet_until", "\"23:59\"")]);
    let id = world.record(&passage("1")).passage;
    assert_eq!(mails(&run(&world, NOW, NOW + MINUTE)), []);
    world.sql("DROP TRIGGER passage_facts").unwrap();
    world.sql(&format!("UPDATE passage SET received_hour = '2026-11-20T09' WHERE id = '{id}'")).unwrap();
    let told = run(&world, NOW + 10 * MINUTE, NOW + 11 * MINUTE);
    assert_eq!(mails(&told), [("it@x.org", "[TollBooth] URGENT: The balance does not close")]);
    let _: &Ledger<_> = &world.ledger;
}

#[test]
fn events_that_cannot_be_true_are_a_page_and_end_no_look_at_the_rules() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    world.set(&[("alerts.quiet_from", "\"00:00\""), ("alerts.quiet_until", "\"23:59\"")]);
    let id = world.record(&passage("1")).passage;
    world
        .sql(&format!(
            "INSERT INTO event (at_ms, kind, actor_role, actor_id, passage_sequence, booth_id, received_hour, from_state,
                 to_state, detail)
             SELECT {NOW}, 'leased', 'system', 'x', sequence, booth_id, received_hour, 'in-review', 'reading', '{{}}'
             FROM passage WHERE id = '{id}'"
        ))
        .unwrap();
    assert!(world.ledger.balance(None, None).is_err(), "nothing was ever in review");
    let told = run(&world, NOW, NOW + MINUTE);
    assert_eq!(mails(&told), [("it@x.org", "[TollBooth] URGENT: The balance does not close")]);
}

#[test]
fn what_a_clock_did_that_was_set_back_since_silences_nobody() {
    let world = watched();
    world.set(&[("alerts.mail_to", "\"it@x.org\"")]);
    let ahead = NOW + 365 * DAY;
    for minute in 0..12 {
        world.ledger.test_alert(ahead + minute * MINUTE, &operator(), Rule::ExportEmpty.as_str()).unwrap();
    }
    world.ledger.snooze_alerts(ahead, &operator(), Rule::ExportEmpty.as_str(), Some(ahead + DAY), "works").unwrap();
    world.ledger.evaluate_alerts(ahead).unwrap();
    let told = run(&world, NOW, NOW + HOUR + 30 * MINUTE);
    let kinds: Vec<_> =
        told.iter().filter(|m| m.channel == "mail" && m.created_at < ahead).map(|m| m.kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "all-is-well").count(), 1, "{kinds:?}");
    assert!(kinds.contains(&"export-empty"), "{kinds:?}");
}

#[test]
fn an_address_gets_ten_mails_an_hour_and_the_rest_waits() {
    let world = watched();
    for minute in 0..12 {
        world.ledger.test_alert(NOW + minute * MINUTE, &operator(), Rule::ExportEmpty.as_str()).unwrap();
    }
    world.ledger.begin_export(NOW + HOUR, &exporter(), Cause::Scheduled).unwrap();
    world.ledger.evaluate_alerts(NOW + HOUR).unwrap();
    let count = "SELECT count(*) FROM message WHERE kind = 'export-empty' AND channel = 'mail'";
    assert_eq!(world.number(count), 0, "eleven came within this hour");
    world.ledger.evaluate_alerts(NOW + HOUR + 5 * MINUTE).unwrap();
    assert_eq!(world.number(count), 1);
}
