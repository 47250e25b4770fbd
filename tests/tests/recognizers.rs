//! One recogniser or several: policies, limits, budgets and circuits, through the built components.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollbooth_tests::{Api, Behaviour, Host, Options, Script, Service, scripted, wait};

const NAME: &str = "plate-recognizer";

/// An application with one service, its camera, and these settings.
struct Lane {
    host: Host,
    camera: Api,
    reviewer: Api,
    sent: std::cell::Cell<u64>,
}

impl Lane {
    fn new(service: &Service, settings: &Value) -> Self {
        let host = Host::start_with(Options { services: vec![service.address()], ..Options::default() });
        let camera = host.camera("north");
        let reviewer = host.token("reviewer", None);
        // As fast as a test wants it; each test narrows what it is about.
        let quick = json!({
            "plate-recognizer.calls_per_second": 1000.0, "plate-recognizer.money_per_day_micros": 1_000_000_000,
            "plate-recognizer.calls_per_day": 100_000, "reading.backoff_seconds": 1, "services.circuit_failures": 1000,
        });
        let lane = Self { host, camera, reviewer, sent: std::cell::Cell::new(0) };
        lane.set(&quick);
        lane.set(settings);
        lane
    }

    fn set(&self, settings: &Value) {
        let changed = self.host.operator.patch("/v1/settings", settings);
        assert_eq!(changed.status, 200, "{changed:?}");
    }

    /// Sends a photo with a script for the recogniser in process; returns the passage.
    fn send(&self, script: &Script) -> String {
        let index = self.sent.replace(self.sent.get() + 1);
        let sent =
            self.camera.send_photo("north", &format!("k-{index}"), &captured(index), "1", &scripted(index, script));
        assert_eq!(sent.status, 202, "{sent:?}");
        sent.text("passage")
    }

    fn passage(&self, id: &str) -> Value {
        self.reviewer.get(&format!("/v1/passages/{id}")).json()
    }

    fn tick_services(&self) -> Value {
        let report = self.host.operator.post("/v1/ticks/services?wait=true", &json!({}));
        assert_eq!(report.status, 200, "{report:?}");
        report.json()
    }

    /// Ticks until the passage is in this state.
    fn await_state(&self, id: &str, state: &str) -> Value {
        wait::until(state, 60, || {
            self.host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
            self.tick_services();
            let passage = self.passage(id);
            (passage["state"] == state).then_some(passage)
        })
    }

    fn assert_closes(&self) {
        let balance = self.host.operator.get("/v1/balance").json();
        assert_eq!(balance["closes"], true, "{balance:#}");
    }
}

/// Capture times two minutes apart, so that no plate crosses twice within the recross time.
fn captured(index: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - i64::try_from(index).unwrap() * 120_000)
}

fn service(behaviour: Behaviour) -> Service {
    Service::start(NAME, 1_500, behaviour)
}

fn first() -> Value {
    json!({ "reading.recognizer": NAME, "reading.second_recognizer": "in-process" })
}

#[test]
fn a_service_reads_what_the_settings_give_it_and_nothing_else_calls_it() {
    let service = service(Behaviour::plate("ABC1234"));
    let lane = Lane::new(&service, &json!({}));
    let ours = lane.send(&Script::plate("DHN4123"));
    assert_eq!(lane.tick_services()["attempts"], 0, "not asked for");
    assert_eq!(lane.await_state(&ours, "accepted")["plate"], "DHN4123");
    assert!(service.calls().is_empty());
    lane.set(&first());
    let theirs = lane.send(&Script::plate("DHN4456"));
    let accepted = lane.await_state(&theirs, "accepted");
    assert_eq!(accepted["plate"], "ABC1234", "{accepted:#}");
    let reading = &accepted["readings"][0];
    assert_eq!(
        (&reading["recognizer"], &reading["cost_micros"]),
        (&json!("recognizer-plate-recognizer"), &json!(1500))
    );
    let calls = service.calls();
    assert_eq!((calls.len(), calls[0].passage.as_str()), (1, theirs.as_str()));
    assert!(calls[0].bytes > 1_000, "{calls:?}");
    lane.assert_closes();
}

#[test]
fn the_recogniser_in_process_takes_over_when_the_service_is_out() {
    let service = service(Behaviour::Broken(503, "down"));
    let lane = Lane::new(&service, &first());
    lane.set(
        &json!({ "reading.policy": "fallback", "services.circuit_failures": 2, "services.circuit_seconds": 3600 }),
    );
    let passages: Vec<_> = (0..6).map(|n| lane.send(&Script::plate(&format!("DHN400{n}")))).collect();
    for (n, id) in passages.iter().enumerate() {
        assert_eq!(lane.await_state(id, "accepted")["plate"], format!("DHN400{n}"));
    }
    assert!((2..=5).contains(&service.calls().len()), "the open circuit stopped the calls: {}", service.calls().len());
    lane.assert_closes();
}

#[test]
fn the_second_takes_over_after_the_last_attempt_of_the_first() {
    let service = service(Behaviour::plate("ABC1234"));
    let lane = Lane::new(&service, &json!({ "reading.policy": "fallback", "reading.max_attempts": 2 }));
    let id = lane.send(&Script::fail("outage"));
    let accepted = lane.await_state(&id, "accepted");
    assert_eq!(accepted["plate"], "ABC1234");
    let outcomes: Vec<_> = accepted["readings"].as_array().unwrap().iter().map(|r| r["outcome"].clone()).collect();
    assert_eq!(outcomes, ["outage", "outage", "read"]);
    lane.assert_closes();
}

#[test]
fn two_recognisers_that_agree_are_accepted_and_two_that_differ_go_to_a_person() {
    let service = service(Behaviour::Plate("ABC1234".into(), 0.8));
    let lane = Lane::new(&service, &json!({ "reading.policy": "second-opinion" }));
    let sure = lane.send(&Script::plate("DHN4123"));
    let agrees = lane.send(&Script::default().then_plate("ABC1234", 0.7));
    let differs = lane.send(&Script::default().then_plate("A8C1234", 0.7));
    let empty = lane.send(&Script::empty());
    assert_eq!(lane.await_state(&sure, "accepted")["plate"], "DHN4123");
    let agreed = lane.await_state(&agrees, "accepted");
    assert_eq!((agreed["plate"].as_str(), agreed["readings"].as_array().unwrap().len()), (Some("ABC1234"), 2));
    assert!((agreed["confidence"].as_f64().unwrap() - 0.8).abs() < 1e-6, "{agreed:#}");
    let open = lane.await_state(&differs, "in-review");
    assert_eq!(open["reason"], "opinions-differ", "{open:#}");
    let detail = open["detail"].as_str().unwrap();
    assert!(detail.contains("A8C1234") && detail.contains("ABC1234"), "{detail}");
    assert_eq!(lane.await_state(&empty, "in-review")["reason"], "no-plate-found");
    assert_eq!(service.calls().len(), 2, "only doubts about the text are worth a call");
    lane.assert_closes();
}

#[test]
fn a_shadow_never_changes_what_becomes_of_a_passage() {
    let service = service(Behaviour::Fail("outage", None));
    service.then([Behaviour::plate("XYZ9876"), Behaviour::plate("DHN4001")]);
    let lane = Lane::new(&service, &json!({ "reading.policy": "shadow", "reading.shadow_percent": 100.0 }));
    let ids: Vec<_> = (0..4).map(|n| lane.send(&Script::plate(&format!("DHN400{n}")))).collect();
    lane.host.drain();
    let before: Vec<_> = ids.iter().map(|id| lane.passage(id)).collect();
    for (n, passage) in before.iter().enumerate() {
        assert_eq!((&passage["state"], &passage["plate"]), (&json!("accepted"), &json!(format!("DHN400{n}"))));
    }
    lane.host.drain_services();
    assert_eq!(service.calls().len(), 4);
    let after: Vec<_> = ids.iter().map(|id| lane.passage(id)).collect();
    assert_eq!(before, after, "version, readings, everything");
    let history = lane.reviewer.get(&format!("/v1/passages/{}/history", ids[0])).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 3, "received, leased, accepted: {history:#}");
    lane.assert_closes();
}

#[test]
fn a_spent_budget_keeps_passages_waiting_and_says_so() {
    let service = service(Behaviour::plate("ABC1234"));
    let lane = Lane::new(&service, &first());
    lane.set(&json!({ "plate-recognizer.money_per_day_micros": 3_500 }));
    let ids: Vec<_> = (0..4).map(|_| lane.send(&Script::empty())).collect();
    lane.host.drain_services();
    assert_eq!(service.calls().len(), 2, "the third call cannot be paid whole");
    let waiting = lane.passage(&ids[3]);
    assert_eq!(waiting["state"], "waiting", "{waiting:#}");
    assert_eq!(waiting["waiting_for"]["reason"], "budget-spent", "{waiting:#}");
    assert_eq!(waiting["waiting_for"]["recognizer"], NAME);
    assert!(waiting["waiting_for"]["until"].as_str().unwrap().ends_with("T00:00:00.000Z"), "{waiting:#}");
    assert_eq!(waiting["attempts"], 0);
    lane.set(&json!({ "plate-recognizer.money_per_day_micros": 1_000_000 }));
    lane.host.drain_services();
    assert_eq!(service.calls().len(), 4, "more money, and they go on");
    lane.assert_closes();
}

#[test]
fn a_spent_budget_sends_passages_to_people_when_told_to() {
    let service = service(Behaviour::plate("ABC1234"));
    let lane = Lane::new(&service, &first());
    lane.set(&json!({ "plate-recognizer.calls_per_day": 1, "reading.when_budget_spent": "review" }));
    let ids: Vec<_> = (0..3).map(|_| lane.send(&Script::empty())).collect();
    assert_eq!(lane.await_state(&ids[0], "accepted")["plate"], "ABC1234");
    for id in &ids[1..] {
        let open = lane.await_state(id, "in-review");
        assert_eq!(open["reason"], "budget-spent", "{open:#}");
    }
    assert_eq!(service.calls().len(), 1);
    lane.assert_closes();
}

#[test]
fn calls_are_spaced_by_the_rate_however_many_lanes_there_are() {
    let service = service(Behaviour::Empty);
    let lane = Lane::new(&service, &first());
    lane.set(&json!({ "plate-recognizer.calls_per_second": 5.0 }));
    let ids: Vec<_> = (0..6).map(|_| lane.send(&Script::empty())).collect();
    let before = Instant::now();
    lane.tick_services();
    let calls = service.calls();
    assert_eq!(calls.len(), ids.len(), "one tick waits for the rate instead of leaving work behind");
    // They begin 200 ms apart and arrive some time later, however long that takes on a busy machine.
    for (arrived, wanted) in
        calls.iter().map(|call| call.at - before).zip((0..).map(|n| Duration::from_millis(n * 199)))
    {
        assert!(arrived >= wanted, "{calls:?}");
    }
}

#[test]
fn an_open_circuit_costs_no_attempts_and_closes_by_itself() {
    let service = service(Behaviour::Broken(500, "broken"));
    let lane = Lane::new(&service, &first());
    lane.set(&json!({
        "services.circuit_failures": 3, "services.circuit_seconds": 1, "plate-recognizer.concurrency": 1,
        "reading.max_attempts": 3,
    }));
    let ids: Vec<_> = (0..5).map(|_| lane.send(&Script::empty())).collect();
    wait::until("the circuit to open", 60, || {
        lane.tick_services();
        (service.calls().len() >= 3).then_some(())
    });
    let waiting = lane.passage(&ids[4]);
    assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("waiting"), &json!(0)), "{waiting:#}");
    service.from_now_on(Behaviour::plate("ABC1234"));
    for id in &ids {
        assert_eq!(lane.await_state(id, "accepted")["plate"], "ABC1234");
    }
    lane.assert_closes();
}

#[test]
fn a_throttled_service_is_left_alone_as_long_as_it_asks() {
    let service = service(Behaviour::plate("ABC1234"));
    service.then([Behaviour::Fail("throttled", Some(1_500))]);
    let lane = Lane::new(&service, &first());
    let ids: Vec<_> = (0..3).map(|_| lane.send(&Script::empty())).collect();
    for id in &ids {
        let accepted = lane.await_state(id, "accepted");
        assert_eq!(accepted["attempts"], 1, "being throttled costs no attempt: {accepted:#}");
    }
    let calls = service.calls();
    assert_eq!(calls.len(), 4, "{calls:?}");
    // Calls that were under way when the first was throttled may have arrived beside it.
    let pause = calls.windows(2).map(|pair| pair[1].at - pair[0].at).max().unwrap();
    assert!(pause >= Duration::from_millis(1_400), "{calls:?}");
    lane.assert_closes();
}

#[test]
fn refused_credentials_stop_the_calls_and_keep_the_passages() {
    let service = service(Behaviour::Fail("unauthorized", None));
    let lane = Lane::new(&service, &first());
    lane.set(&json!({ "plate-recognizer.concurrency": 1 }));
    let ids: Vec<_> = (0..3).map(|_| lane.send(&Script::empty())).collect();
    lane.host.drain_services();
    assert_eq!(service.calls().len(), 1);
    let waiting = lane.passage(&ids[0]);
    assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("waiting"), &json!(0)));
    assert_eq!(waiting["waiting_for"]["reason"], "circuit-open", "{waiting:#}");
    lane.assert_closes();
}

#[test]
fn the_overview_shows_what_each_recogniser_did_and_cost() {
    let service = service(Behaviour::plate("ABC1234"));
    service.then([Behaviour::Fail("outage", None), Behaviour::Empty]);
    let lane = Lane::new(&service, &first());
    lane.set(&json!({ "plate-recognizer.concurrency": 1 }));
    let ids: Vec<_> = (0..3).map(|_| lane.send(&Script::empty())).collect();
    lane.await_state(&ids[2], "accepted");
    lane.await_state(&ids[1], "in-review");
    lane.await_state(&ids[0], "accepted");
    let found = lane.host.operator.get("/v1/recognizers").json();
    assert_eq!(found["policy"], "one");
    let item = |name: &str| found["items"].as_array().unwrap().iter().find(|i| i["name"] == name).unwrap().clone();
    let theirs = item(NAME);
    assert_eq!(theirs["used_as"], "first", "{theirs:#}");
    assert_eq!((&theirs["model"], &theirs["price_micros"]), (&json!("fake-1"), &json!(1500)));
    assert_eq!(theirs["circuit"]["state"], "closed");
    assert_eq!(theirs["today"], json!({ "calls": 4, "money_micros": 6000 }));
    assert_eq!(theirs["limits"]["concurrency"], 1);
    let traffic = &theirs["traffic"];
    assert_eq!((&traffic["calls"], &traffic["plates"], &traffic["no_plates"]), (&json!(4), &json!(2), &json!(1)));
    assert_eq!(traffic["failures"], json!({ "outage": 1 }));
    assert_eq!(traffic["read_rate"], 0.5);
    assert_eq!(traffic["agreement"], json!({ "compared": 2, "agreed": 2, "rate": 1.0 }));
    assert_eq!((&traffic["p50_ms"], &traffic["p95_ms"]), (&json!(120), &json!(120)));
    assert_eq!((&traffic["cost_micros"], &traffic["cost_per_accepted_micros"]), (&json!(6000), &json!(3000)));
    assert_eq!(item("custom")["traffic"]["read_rate"], Value::Null, "no traffic is not a rate of zero");
    for (path, status) in [("/v1/recognizers?hours=168", 200), ("/v1/recognizers?hours=169", 400)] {
        assert_eq!(lane.host.operator.get(path).status, status);
    }
    assert_eq!(lane.reviewer.get("/v1/recognizers").status, 403);
}
