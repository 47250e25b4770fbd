//! As in `faults.rs`, for what people do beside deciding, for alerts and messages, and for copies and what is taken over after a
//! restore: a crash at every statement leaves everything as it was.

use std::sync::OnceLock;

use serde_json::json;
use tollbooth_alerts::staff::{Definition, Draft};
use tollbooth_ledger::admin::Token;
use tollbooth_ledger::db::{Row, Value};
use tollbooth_ledger::export::Artefact;
use tollbooth_ledger::failed_readings;
use tollbooth_ledger::person::{Arrival, EndedThere};
use tollbooth_ledger::reading::NextStep;
use tollbooth_ledger::review::Filter;
use tollbooth_ledger::session::Secret;
use tollbooth_ledger::{Actor, Ledger, LedgerError};
use tollbooth_messages::{Channel, Class, Failure, Outcome};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::export::Content;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::token::NewToken;

use crate::booth::*;
use crate::copies::{copied, task};
use crate::faults::{Failing, answered, contents};
use crate::site::connection;

/// No export came for so long that an alert says so.
const LATE: Instant = NOW + 3 * HOUR;

type Call = fn(&Ledger<&Failing<'_>>, &World) -> Result<(), LedgerError>;

fn supervisor() -> Actor {
    actor(Role::Supervisor, "tok_s")
}

fn id(key: &str) -> String {
    passage(key).passage
}

fn secret(purpose: Purpose, seed: u8) -> NewToken {
    purpose.secret(&[seed; 16], &[seed; 32])
}

fn stored(made: &NewToken) -> Secret<'_> {
    Secret { id: &made.id, digest: &made.digest }
}

const ISSUER: &str = "https://id.example";

/// Somebody whom a provider vouches for: whom, in which role, in which attempt to sign in.
fn arrival<'a>(subject: &'a str, role: Role, attempt: &'a [u8; 32], token: &'a NewToken) -> Arrival<'a> {
    Arrival {
        issuer: ISSUER,
        subject,
        name: "Cora",
        role,
        booths: None,
        provider_session: Some("session-1"),
        attempt,
        token: stored(token),
    }
}

fn token_of_a_person(seed: u8) -> NewToken {
    tollbooth_pipeline::token::new(&[seed; 16], &[seed; 32])
}

fn rule(name: &str) -> Definition {
    let draft = json!({ "name": name, "metric": "received", "of": "all", "comparison": "below", "threshold": 1,
        "window_minutes": 10 });
    serde_json::from_value::<Draft>(draft).unwrap().check().unwrap()
}

/// The one text that a statement finds.
fn text(world: &World, sql: &str) -> String {
    match world.sql(sql).unwrap().remove(0).0.remove(0) {
        Value::Text(text) => text,
        other => panic!("{sql}: {other:?}"),
    }
}

/// Somebody signed in, something decided, failed and published, an alert that fires, mail that waits and a message under way.
fn world_of_staff() -> World {
    let world = world();
    world.set(&[
        ("alerts.mail_to", "\"it@x.org\""),
        ("alerts.all_is_well_at", "\"\""),
        ("export.copies", r#"[{"name":"records","columns":"full"}]"#),
    ]);
    for (token, role, seed) in [("tok_a", Role::Reviewer, 1), ("tok_s", Role::Supervisor, 2)] {
        let person = Token { role, booth: None, ..camera_token(token) };
        world.ledger.create_token(NOW, &operator(), &person, &[seed; 32]).unwrap();
    }
    world.accepted("billed", "BILLED1");
    world.export(NOW - HOUR);
    let decided = world.in_review("decided");
    world.claim(NOW, "tok_a", &decided.id);
    world.ledger.submit(NOW, &reviewer("tok_a"), &decided.id, decided.version, &plate("XYZ9876")).unwrap();
    let known = world.in_review("known");
    world.ledger.claim_next(NOW, &supervisor(), Some(&known.id), &Filter::default()).unwrap().unwrap();
    world.record(&passage("failed"));
    let lease = world.lease(NOW);
    world.fail(NOW, &lease, NextStep::Review(referral(ReviewReason::RecognizerExhausted, None)));
    let link = secret(Purpose::Link, 1);
    world.ledger.create_link(NOW, "tok_a", "tok_a", stored(&link)).unwrap();
    world.ledger.open_session(NOW, &link.text, stored(&secret(Purpose::Session, 2)), None).unwrap();
    world.ledger.create_link(NOW, "tok_a", "tok_a", stored(&secret(Purpose::Link, 3))).unwrap();
    let cora = token_of_a_person(6);
    let arrived = arrival("cora", Role::Reviewer, &[6; 32], &cora);
    world.ledger.arrive(NOW, &arrived, stored(&secret(Purpose::Session, 6)), None).unwrap();
    world.ledger.define_rule(NOW, &operator(), &rule("Too few photos")).unwrap();
    world.ledger.evaluate_alerts(LATE).unwrap().unwrap();
    assert!(!world.ledger.lease_messages(LATE, "a", 1, &[Channel::Log]).unwrap().is_empty());
    world
}

/// What the same world published next, and another one takes over.
fn published_since() -> &'static (Artefact, Content) {
    static PUBLISHED: OnceLock<(Artefact, Content)> = OnceLock::new();
    PUBLISHED.get_or_init(|| {
        let newer = world_of_staff();
        let export = newer.export(NOW);
        let file = content(&newer.ledger, &export);
        (artefact(&newer.ledger, &export), Content::read(export.kind, &file).unwrap())
    })
}

fn settle(ledger: &Ledger<&Failing<'_>>, world: &World, outcome: &Outcome) -> Result<(), LedgerError> {
    let token = text(world, "SELECT lease_token FROM message WHERE state = 'leased'");
    ledger.settle_message(LATE, &token, outcome).map(|settled| assert!(settled))
}

fn waiting(world: &World) -> String {
    text(world, "SELECT id FROM message WHERE state = 'due' AND channel = 'mail' ORDER BY sequence LIMIT 1")
}

const CALLS: &[(&str, Call)] = &[
    ("take a decision back", |l, w| {
        answered(l.undo(NOW, &reviewer("tok_a"), &id("decided"), w.get(&id("decided")).version))
    }),
    ("give a known answer", |l, w| {
        answered(l.seed(NOW, &supervisor(), &id("known"), w.get(&id("known")).version, &plate("KNO1234")))
    }),
    ("failed readings in bulk", |l, _| {
        l.reprocess_failed(NOW, &operator(), &failed_readings::Filter::default(), 10).map(drop)
    }),
    ("make a link", |l, _| answered(l.create_link(NOW, "tok_a", "tok_a", stored(&secret(Purpose::Link, 4))))),
    ("open a link in place of a session", |l, _| {
        let (link, session, before) =
            (secret(Purpose::Link, 3), secret(Purpose::Session, 5), secret(Purpose::Session, 2));
        answered(l.open_session(NOW, &link.text, stored(&session), Some(stored(&before))))
    }),
    ("sign out everywhere", |l, _| answered(l.end_sessions(NOW, &reviewer("tok_a"), "tok_a", None))),
    ("sign in with a provider for the first time", |l, _| {
        let (token, session) = (token_of_a_person(7), secret(Purpose::Session, 7));
        answered(l.arrive(NOW, &arrival("dave", Role::Reviewer, &[7; 32], &token), stored(&session), None))
    }),
    ("sign in with a provider in another role, in place of who was there", |l, _| {
        let (token, session) = (token_of_a_person(8), secret(Purpose::Session, 8));
        let before = secret(Purpose::Session, 2);
        let arrived = arrival("cora", Role::Supervisor, &[8; 32], &token);
        answered(l.arrive(NOW, &arrived, stored(&session), Some(stored(&before))))
    }),
    ("turn somebody away whom the provider gives no role", |l, _| l.turn_away(NOW, ISSUER, "cora", &[9; 32]).map(drop)),
    ("sign out at the provider", |l, _| {
        let ended = EndedThere { issuer: ISSUER, subject: Some("cora"), session: None, said_at: NOW };
        l.end_by_provider(NOW, &ended).map(drop)
    }),
    ("apply a threshold", |l, _| {
        let change = ("judge.min_confidence".to_owned(), Some("0.97".to_owned()));
        answered(l.apply_threshold(NOW, &operator(), &change, "{}"))
    }),
    ("keep preferences", |l, _| l.put_preferences(NOW, "tok_a", "{}")),
    ("lease mail", |l, _| l.lease_messages(LATE, "b", 10, &[Channel::Mail]).map(drop)),
    ("hand a message over", |l, w| settle(l, w, &Outcome::HandedOver { reference: None })),
    ("give a message up", |l, w| settle(l, w, &Outcome::Failed(Failure::new(Class::Refused, "nobody of that name")))),
    ("try a message again", |l, w| answered(l.retry_message(LATE, &operator(), &waiting(w)))),
    ("take a message back", |l, w| answered(l.withdraw_message(LATE, &operator(), &waiting(w)))),
    ("silence a rule", |l, _| {
        answered(l.snooze_alerts(NOW, &operator(), "export-empty", Some(NOW + HOUR), "works on the road"))
    }),
    ("take care of an alert", |l, w| {
        let alert = text(w, "SELECT id FROM alert WHERE state = 'firing' ORDER BY sequence LIMIT 1");
        answered(l.acknowledge_alert(LATE, &operator(), &alert, Some("on it")))
    }),
    ("send a test", |l, _| answered(l.test_alert(LATE, &operator(), "silent-booth"))),
    ("define a rule", |l, _| answered(l.define_rule(NOW, &operator(), &rule("No photos")))),
    ("change a rule", |l, w| {
        let kept = w.ledger.defined_rules().unwrap().remove(0);
        answered(l.change_rule(NOW, &operator(), &kept.id, kept.version, &rule("Hardly any photos")))
    }),
    ("delete a rule", |l, w| {
        let kept = w.ledger.defined_rules().unwrap().remove(0);
        answered(l.delete_rule(NOW, &operator(), &kept.id, kept.version))
    }),
    ("publish a copy", |l, w| {
        let task = task(&w.ledger, "records");
        let artefact = copied(&w.ledger, &task);
        answered(l.publish_copy(NOW, &exporter(), "records", task.export.sequence, &artefact))
    }),
    ("take an export over", |l, _| {
        let (artefact, content) = published_since();
        answered(l.adopt_export(NOW, &Actor::system("restore"), artefact, content))
    }),
];

/// Calls again and again, one more statement succeeding each time, until nothing fails.
fn at_every_statement(name: &str, world: &World, seen: fn(&World) -> Vec<Vec<Row>>, call: Call) {
    let before = seen(world);
    for left in 0.. {
        let db = connection(&world.path);
        let failing = Failing::for_good(&db, left);
        let ledger = failing.opened();
        let answer = call(&ledger, world);
        drop(db);
        if answer.is_ok() {
            assert!(left > 0, "{name}: not one statement");
            assert_ne!(seen(world), before, "{name}: did nothing");
            break;
        }
        assert!(matches!(answer, Err(LedgerError::Unavailable { .. })), "{name} {left}: {answer:?}");
        assert_eq!(seen(world), before, "{name}: half done after {left} statements");
    }
    world.assert_balanced();
}

#[test]
fn a_crash_at_any_statement_of_what_staff_do_leaves_everything_as_it_was() {
    CALLS.iter().for_each(|(name, call)| at_every_statement(name, &world_of_staff(), contents, *call));
}

#[test]
fn a_look_at_the_rules_that_crashes_at_any_statement_begins_no_alert_and_queues_no_message() {
    let world = world();
    world.set(&[("alerts.mail_to", "\"it@x.org\""), ("alerts.all_is_well_at", "\"\"")]);
    world.accepted("billed", "BILLED1");
    world.export(NOW - HOUR);
    // When the balance was last counted is written down by itself, before.
    let told = |world: &World| {
        ["alert", "alert_condition", "message", "event"]
            .map(|table| world.sql(&format!("SELECT * FROM {table} ORDER BY 1")).unwrap())
            .to_vec()
    };
    at_every_statement("look at the rules", &world, told, |l, _| l.evaluate_alerts(LATE).map(drop));
    assert_eq!(world.number("SELECT count(*) FROM alert WHERE state = 'firing' AND tellings = 1"), 1);
    assert_eq!(
        world.number("SELECT count(*) FROM message WHERE thread IN (SELECT id FROM alert WHERE tellings = 1)"),
        2
    );
}
