//! Messages and alerts end to end, on the built components, with the clock in the test's hand where time matters.

mod in_hand;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tollbooth_smtp_server::{Options as Mails, Server, installed};
use tollbooth_tests::graph::{Graph, Mood, header};
use tollbooth_tests::{Host, Options};

use crate::in_hand::{Installation, Relay};

fn subjects(mails: &[Value]) -> Vec<&str> {
    mails.iter().map(|mail| mail["subject"].as_str().unwrap()).collect()
}

#[test]
fn an_hour_with_a_gap_sends_exactly_two_e_mails_through_a_real_mail_server() {
    if !installed("an hour with a gap") {
        return;
    }
    let server = Server::start(&Mails::default());
    let relay = Relay::start(&server);
    let tolls = Installation::start(&relay.variables());
    tolls.set(json!({ "alerts.export_empty_mail_to": "service@example.org" }));
    let camera = tolls.camera("north");
    tolls.photo(&camera, "north", 1, "ABC1234");
    tolls.minutes(60);
    assert_eq!(server.messages(), [] as [Value; 0], "an hour in which all is well");
    tolls.minutes(61);
    let empty = server.await_messages(1);
    assert_eq!(subjects(&empty), ["[TollBooth] No license plates to export"]);
    assert_eq!(empty[0]["to"], json!(["service@example.org"]));
    assert!(empty[0]["body"].as_str().unwrap().contains("No photos came: the last photo came at 2026-11-20 10:00 UTC"));
    tolls.photo(&camera, "north", 2, "XYZ9876");
    tolls.minutes(60);
    let both = server.await_messages(2);
    assert_eq!(
        subjects(&both),
        ["[TollBooth] No license plates to export", "[TollBooth] Recovered: No license plates to export"]
    );
    assert_eq!(both[0]["references"], both[1]["references"], "mail clients keep them together");
    let history = tolls.get("/v1/alerts/history");
    assert_eq!(
        (&history["items"][0]["rule"], &history["items"][0]["state"]),
        (&json!("export-empty"), &json!("resolved"))
    );
}

#[test]
fn a_graph_outage_of_an_hour_loses_none_and_doubles_none_without_saying_so() {
    let graph = Graph::start();
    let tolls = Installation::start(&graph.variables());
    let addresses: Vec<_> = (0..10).map(|n| format!("a{n}@example.org")).collect();
    tolls
        .set(json!({ "alerts.mail_via": "graph", "alerts.mail_to": addresses.join(","), "alerts.all_is_well_at": "" }));
    // Down, then breaking down before and after the message went out, then throttled.
    let phases = [
        (Mood::Down(30), 20),
        (Mood::GivesUpAfterSending, 8),
        (Mood::Broken, 12),
        (Mood::Throttles(120), 10),
        (Mood::Down(600), 10),
    ];
    for (mood, minutes) in phases {
        graph.feel(mood);
        tolls.ask("POST", "/v1/alerts/rules/export-empty/test", &json!({}));
        tolls.minutes(minutes);
    }
    let outage_calls = graph.calls();
    assert!(outage_calls < 120, "{outage_calls} calls in an hour in which none helped");
    graph.feel(Mood::Well);
    tolls.minutes(60);
    let sent = graph.sent();
    let mut seen = BTreeSet::new();
    let mut doubled = 0;
    for mail in &sent {
        let id = header(mail, "x-tollbooth-message").unwrap();
        if !seen.insert(id.to_owned()) {
            doubled += 1;
            let subject = mail["message"]["subject"].as_str().unwrap();
            assert!(header(mail, "x-tollbooth-repetition").is_some() && subject.ends_with("(repeated)"), "{mail}");
        }
    }
    let told = tolls.get("/v1/messages?channel=mail&limit=200")["items"].as_array().unwrap().clone();
    let handed: BTreeSet<_> = told
        .iter()
        .filter(|message| message["state"] == "handed-over")
        .map(|message| message["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!((seen, handed.len()), (handed.clone(), told.len()), "none was lost");
    assert!(told.len() >= 50, "{}", told.len());
    assert!(doubled > 0, "the gateway gave up after some went out");
    assert!(graph.most_at_once() <= 4, "{} at once", graph.most_at_once());
    let left = tolls.get("/v1/messages?state=due");
    assert_eq!(left["items"], json!([]));
    // Of that, people were told by the log alone, for mail was what failed.
    let dead = tolls.get("/v1/alerts/history")["items"].clone();
    let dead: Vec<_> = dead.as_array().unwrap().iter().filter(|alert| alert["rule"] == "delivery-dead").collect();
    assert_eq!((dead.len(), &dead[0]["state"]), (1, &json!("resolved")), "{dead:#?}");
}

#[test]
fn an_expired_secret_is_told_as_such_and_a_renewed_one_delivers() {
    let graph = Graph::start();
    let tolls = Installation::start(&graph.variables());
    tolls.set(json!({ "alerts.mail_via": "graph", "alerts.mail_to": "it@example.org", "alerts.all_is_well_at": "" }));
    graph.expire_secret(true);
    tolls.ask("POST", "/v1/alerts/rules/export-empty/test", &json!({}));
    tolls.minutes(2);
    let channels = tolls.get("/v1/message-channels");
    let mail = channels["items"].as_array().unwrap().iter().find(|one| one["channel"] == "mail").unwrap();
    assert_eq!(mail["reason"], "credentials", "{mail}");
    assert!(mail["detail"].as_str().unwrap().contains("AADSTS7000222"), "{mail}");
    assert_eq!(graph.calls(), 0, "no message went near Graph");
    graph.expire_secret(false);
    let due = tolls.get("/v1/messages?state=due&channel=mail")["items"][0]["id"].as_str().unwrap().to_owned();
    tolls.ask("POST", &format!("/v1/messages/{due}/retry"), &json!({}));
    tolls.minute();
    assert_eq!(header(&graph.sent()[0], "x-tollbooth-message"), Some(due.as_str()));
    let whole = tolls.get(&format!("/v1/messages/{due}"));
    assert_eq!((&whole["message"]["state"], &whole["message"]["doubtful"]), (&json!("handed-over"), &json!(false)));
    assert!(whole["deliveries"].as_array().unwrap().len() >= 2, "{whole}");
}

#[test]
fn a_relay_that_knows_another_token_is_told_as_such_and_nothing_is_lost() {
    if !installed("a relay that knows another token") {
        return;
    }
    let server = Server::start(&Mails::default());
    let relay = Relay::start(&server);
    let another = "another-token-of-the-tests-0123".to_owned();
    let tolls = Installation::start(&[("mail_relay_origin", relay.origin.clone()), ("mail_relay_token", another)]);
    tolls.set(json!({ "alerts.mail_to": "it@example.org", "alerts.all_is_well_at": "" }));
    tolls.ask("POST", "/v1/alerts/rules/export-empty/test", &json!({}));
    tolls.minute();
    let channels = tolls.get("/v1/message-channels");
    let mail = channels["items"].as_array().unwrap().iter().find(|one| one["channel"] == "mail").unwrap();
    assert_eq!(mail["reason"], "credentials", "{mail}");
    let detail = mail["detail"].as_str().unwrap();
    assert!(detail.contains("mail_relay_token") && !detail.contains("another-token"), "{mail}");
    assert!(!tolls.get("/v1/messages?state=due&channel=mail")["items"].as_array().unwrap().is_empty());
    assert_eq!(server.messages(), [] as [Value; 0]);
}

#[test]
fn what_was_not_set_up_is_said_and_an_alert_is_handled_by_people() {
    let host = Host::start();
    let supervisor = host.token("supervisor", None);
    let heard = || supervisor.get("/v1/alerts").json()["heard"].clone();
    assert_eq!(heard(), json!(false), "nobody was named so far");
    let patched = host
        .operator
        .patch("/v1/settings", &json!({ "alerts.mail_to": "it@example.org", "alerts.all_is_well_at": "" }));
    assert_eq!(patched.status, 200, "{patched:?}");
    assert_eq!(heard(), json!(true));
    let bad = host.operator.patch("/v1/settings", &json!({ "alerts.mail_to": "it at example" }));
    assert_eq!((bad.status, bad.problem()), (422, "invalid".into()), "{bad:?}");
    let test = supervisor.post("/v1/alerts/rules/export-empty/test", &json!({}));
    assert_eq!((test.status, test.json()["messages"].as_array().unwrap().len()), (202, 2), "{test:?}");
    let report = host.operator.post("/v1/ticks/messages?wait=true", &json!({}));
    assert_eq!((&report.json()["handed_over"], &report.json()["failed"]), (&json!(1), &json!(1)), "{report:?}");
    assert!(host.log().contains("level=notice id=msg_"), "the log is a channel of its own");
    let channels = host.operator.get("/v1/message-channels").json();
    let mail = channels["items"].as_array().unwrap().iter().find(|one| one["channel"] == "mail").unwrap().clone();
    assert_eq!(mail["reason"], "not-set-up");
    assert!(mail["detail"].as_str().unwrap().contains("mail_relay_origin"), "{mail}");
    let id = host.operator.get("/v1/messages?state=due").json()["items"][0]["id"].as_str().unwrap().to_owned();
    let back = host.operator.post(&format!("/v1/messages/{id}/withdraw"), &json!({}));
    assert_eq!((back.status, back.text("state")), (200, "withdrawn".into()), "{back:?}");
    let late = host.operator.post(&format!("/v1/messages/{id}/retry"), &json!({}));
    assert_eq!((late.status, late.problem()), (409, "conflict".into()), "{late:?}");

    let snoozed =
        supervisor.put_json("/v1/alerts/rules/silent-booth/snooze", &json!({ "hours": 2, "reason": "works" }));
    assert_eq!(snoozed.status, 200, "{snoozed:?}");
    let rules = supervisor.get("/v1/alerts").json();
    let silent = rules["rules"].as_array().unwrap().iter().find(|one| one["rule"] == "silent-booth").unwrap().clone();
    assert_eq!(silent["snoozed"]["reason"], "works");
    assert!(rules["looked_at"].is_string());
    assert_eq!(supervisor.delete("/v1/alerts/rules/silent-booth/snooze").status, 204);
    for wrong in [json!({ "hours": 169, "reason": "x" }), json!({ "hours": 1.5, "reason": "x" })] {
        assert_eq!(supervisor.put_json("/v1/alerts/rules/silent-booth/snooze", &wrong).status, 400);
    }
    assert_eq!(supervisor.post("/v1/alerts/alr_none/acknowledge", &json!({})).status, 404);
    assert_eq!(supervisor.post("/v1/alerts/rules/no-such/test", &json!({})).status, 404);
}

#[test]
fn cron_tells_people_by_itself() {
    let host = Host::start_with(Options { cron: true, ..Options::default() });
    if std::env::var("TOLLBOOTH_TEST_LEDGER").is_ok_and(|ledger| ledger == "postgres") {
        return;
    }
    host.operator.post("/v1/alerts/rules/export-empty/test", &json!({}));
    tollbooth_tests::wait::until("the test message in the log", 60, || host.log().contains("kind=test").then_some(()));
}
