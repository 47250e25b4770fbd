//! Rules of alerts that staff define, end to end on the built components, with the clock in the test's hand.

mod in_hand;

use serde_json::{Value, json};
use tollbooth_smtp_server::{Options as Mails, Server, installed};
use tollbooth_tests::Host;

use crate::in_hand::{Installation, Relay};

fn rule(more: &Value) -> Value {
    let mut whole = json!({
        "name": "Too few photos", "metric": "received", "of": "each-booth", "comparison": "below", "threshold": 1,
        "window_minutes": 5, "usual": false, "mail_to": "road@example.org",
    });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

/// An installation in which nothing else tells anybody by mail, with booths and a camera each.
fn road(relay: &Relay, booths: u64) -> (Installation, Vec<(String, String)>) {
    let tolls = Installation::start(&relay.variables());
    tolls.set(json!({ "alerts.all_is_well_at": "", "reading.concurrency": 0, "export.interval_minutes": 1_440 }));
    let booths = (0..booths).map(|n| format!("booth-{n:02}"));
    let cameras = booths.map(|booth| (tolls.camera(&booth), booth)).collect();
    (tolls, cameras)
}

fn subjects(mails: &[Value]) -> Vec<&str> {
    mails.iter().map(|mail| mail["subject"].as_str().unwrap()).collect()
}

#[test]
fn a_rule_that_staff_define_fires_and_recovers_and_sends_one_mail_each() {
    if !installed("a rule that staff define") {
        return;
    }
    let server = Server::start(&Mails::default());
    let relay = Relay::start(&server);
    let (tolls, cameras) = road(&relay, 1);
    let (camera, booth) = &cameras[0];
    let made = tolls.ask("POST", "/v1/alerts/rules", &rule(&json!({ "for_minutes": 3, "advice": "Call the road." })));
    for minute in 0..10 {
        tolls.send(camera, booth, minute);
        tolls.minute();
    }
    assert_eq!(server.messages(), [] as [Value; 0], "photos come");
    tolls.minutes(30);
    let fired = server.await_messages(1);
    assert_eq!(subjects(&fired), ["[TollBooth] Too few photos"]);
    let body = fired[0]["body"].as_str().unwrap();
    assert!(body.contains("booth-00: Photos received: 0 photos in the last 5 min (rule: below 1 photos)."), "{body}");
    assert!(body.contains("Call the road."), "{body}");
    let standing = tolls.get("/v1/alerts");
    let own = standing["rules"].as_array().unwrap().iter().find(|one| one["rule"] == made["id"]).unwrap();
    assert_eq!((&own["state"], &own["defined"]), (&json!("firing"), &json!(true)));
    let alert = own["alert"]["id"].as_str().unwrap().to_owned();
    tolls.ask("POST", &format!("/v1/alerts/{alert}/acknowledge"), &json!({ "remark": "on it" }));
    // What the rule did is what its preview says that it would have done.
    let tried = tolls.ask("POST", "/v1/alerts/rules/preview", &rule(&json!({ "for_minutes": 3 })));
    assert_eq!((&tried["fired"], &tried["alerts"][0]["resolved_at"]), (&json!(1), &Value::Null), "{tried}");
    let minute = |time: &Value| time.as_str().unwrap()[..16].to_owned();
    assert_eq!(minute(&tried["alerts"][0]["fired_at"]), minute(&own["alert"]["fired_at"]), "{tried} {own}");

    tolls.send(camera, booth, 100);
    tolls.minutes(3);
    let both = server.await_messages(2);
    assert_eq!(subjects(&both), ["[TollBooth] Too few photos", "[TollBooth] Recovered: Too few photos"]);
    assert_eq!(both[0]["references"], both[1]["references"], "mail clients keep them together");
    let life = tolls.get(&format!("/v1/alerts/{alert}"));
    assert_eq!((&life["alert"]["state"], &life["alert"]["title"]), (&json!("resolved"), &json!("Too few photos")));
    let mails: Vec<_> = life["messages"].as_array().unwrap().iter().filter(|m| m["channel"] == "mail").collect();
    assert!(mails.len() == 2 && mails.iter().all(|m| m["state"] == "handed-over"), "{life}");
}

#[test]
fn twelve_booths_that_break_a_rule_at_once_send_one_mail() {
    if !installed("twelve booths that break a rule") {
        return;
    }
    let server = Server::start(&Mails::default());
    let relay = Relay::start(&server);
    let (tolls, cameras) = road(&relay, 12);
    tolls.ask("POST", "/v1/alerts/rules", &rule(&json!({ "name": "Silent" })));
    for (n, (camera, booth)) in cameras.iter().enumerate() {
        tolls.send(camera, booth, n as u64);
    }
    tolls.minutes(20);
    let mails = server.await_messages(1);
    assert_eq!(subjects(&mails), ["[TollBooth] Silent"]);
    assert!(mails[0]["body"].as_str().unwrap().contains("Silent: 12 of 12 booths: booth-00, "), "{mails:?}");
    tolls.minutes(30);
    assert_eq!(server.messages().len(), 1, "once");
}

#[test]
fn whoever_hears_of_three_rules_at_once_gets_one_mail_that_stands_on_the_page_of_each_alert() {
    if !installed("three rules at once") {
        return;
    }
    let server = Server::start(&Mails::default());
    let relay = Relay::start(&server);
    let (tolls, cameras) = road(&relay, 1);
    for name in ["Rule A", "Rule B", "Rule C"] {
        tolls.ask("POST", "/v1/alerts/rules", &rule(&json!({ "name": name })));
    }
    tolls.send(&cameras[0].0, &cameras[0].1, 1);
    tolls.minutes(15);
    let fired = server.await_messages(1);
    assert!(fired[0]["subject"].as_str().unwrap().ends_with(", and 2 more"), "{fired:?}");
    let body = fired[0]["body"].as_str().unwrap();
    for name in ["Rule A", "Rule B", "Rule C"] {
        assert!(body.contains(&format!("*** {name} ***")), "{body}");
    }
    let history = tolls.get("/v1/alerts/history");
    // The empty export is told to nobody but the log.
    let own = |alert: &&Value| alert["rule"].as_str().unwrap().starts_with("rul_");
    let alerts: Vec<_> = history["items"].as_array().unwrap().iter().filter(own).collect();
    assert_eq!(alerts.len(), 3, "{history}");
    for alert in alerts {
        let life = tolls.get(&format!("/v1/alerts/{}", alert["id"].as_str().unwrap()));
        let kinds: Vec<_> =
            life["messages"].as_array().unwrap().iter().map(|message| message["kind"].clone()).collect();
        assert_eq!(kinds, [alert["rule"].clone(), json!("digest")], "the log's own line, and the mail: {life}");
    }
    assert_eq!(server.messages().len(), 1);
}

#[test]
fn a_rule_is_changed_by_whoever_saw_its_present_version_and_put_back_with_who_did_what() {
    let host = Host::start();
    let supervisor = host.token("supervisor", None);
    let _north = host.camera("north");
    let wrong = host
        .operator
        .post("/v1/alerts/rules", &rule(&json!({ "metric": "plates", "threshold": -1, "window_minutes": 0 })));
    assert_eq!((wrong.status, wrong.problem()), (422, "invalid".into()), "{wrong:?}");
    let named: Vec<_> = wrong.json()["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(named, ["metric", "window_minutes", "threshold"]);
    let elsewhere = host.operator.post("/v1/alerts/rules", &rule(&json!({ "of": "booth:nowhere" })));
    assert_eq!((elsewhere.status, elsewhere.problem()), (422, "invalid".into()), "{elsewhere:?}");
    let nobody =
        host.operator.post("/v1/alerts/rules", &rule(&json!({ "of": "camera:north/x", "window_minutes": 60 })));
    assert_eq!((nobody.status, nobody.problem()), (422, "invalid".into()), "{nobody:?}");
    let of_none = host.operator.post("/v1/alerts/rules", &rule(&json!({ "of": "each-recognizer" })));
    assert_eq!((of_none.status, of_none.problem()), (422, "invalid".into()), "{of_none:?}");
    let calls = rule(&json!({ "metric": "calls_failed_percent", "of": "recognizer:custom", "threshold": 20 }));
    let tried = host.operator.post("/v1/alerts/rules/preview", &calls);
    assert_eq!((tried.status, &tried.json()["now"][0]["of"]), (200, &json!("custom")), "{tried:?}");
    let cameras = rule(&json!({ "of": "each-camera", "window_minutes": 120 }));
    assert_eq!(host.operator.post("/v1/alerts/rules/preview", &cameras).status, 200);
    let misspelt = host.operator.post("/v1/alerts/rules", &rule(&json!({ "windows": 1 })));
    assert_eq!((misspelt.status, misspelt.problem()), (400, "invalid-request".into()), "{misspelt:?}");

    let made = host.operator.post("/v1/alerts/rules", &rule(&json!({ "of": "booth:north" })));
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.text("id");
    assert_eq!(made.header("location"), Some(format!("/v1/alerts/rules/{id}").as_str()));
    let path = format!("/v1/alerts/rules/{id}");
    let changed = host.operator.put_json(&path, &json!({ "version": 1, "rule": rule(&json!({ "threshold": 5 })) }));
    assert_eq!((changed.status, &changed.json()["version"]), (200, &json!(2)), "{changed:?}");
    let late = host.operator.put_json(&path, &json!({ "version": 1, "rule": rule(&json!({ "threshold": 9 })) }));
    assert_eq!((late.status, late.problem()), (409, "version-conflict".into()), "{late:?}");
    let undone = host.operator.post(&format!("{path}/undo"), &json!({ "version": 2 }));
    assert_eq!((undone.status, &undone.json()["rule"]["threshold"]), (200, &json!(1.0)), "{undone:?}");
    assert_eq!(host.operator.delete(&format!("{path}?version=3")).status, 204);
    assert_eq!(host.operator.delete(&format!("{path}?version=4")).status, 404);
    assert_eq!(supervisor.get("/v1/alerts/rules").json()["items"], json!([]));
    let seen = supervisor.get(&path).json();
    let changes: Vec<_> = seen["versions"].as_array().unwrap().iter().map(|v| v["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["deleted", "undone", "changed", "created"]);
    assert_eq!(seen["versions"][0]["by"]["role"], "operator");
    let log = supervisor.get("/v1/log").json();
    assert!(log["items"].as_array().unwrap().iter().any(|deed| deed["kind"] == "alert-rule-changed"), "{log}");
    assert_eq!(supervisor.post("/v1/alerts/rules", &rule(&json!({}))).status, 403);
    let back = host.operator.post(&format!("{path}/undo"), &json!({ "version": 4, "to": 2 }));
    assert_eq!((back.status, &back.json()["rule"]["threshold"]), (200, &json!(5.0)), "{back:?}");
    let test = host.operator.post(&format!("{path}/test"), &json!({}));
    assert_eq!((test.status, test.json()["messages"].as_array().unwrap().len()), (202, 2), "{test:?}");
}
