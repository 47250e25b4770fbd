//! Quality, over HTTP: what was measured, what is advised and applied, and who may know it.

use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Script, scripted};

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

/// A host that has people read everything the judge accepts, with these plates accepted.
fn sampled(plates: &[String]) -> Host {
    let host = Host::start();
    let settings =
        json!({ "judge.quality_sample_percent": 100, "quality.target_percent": 50, "judge.recross_seconds": 0 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    let camera = host.camera("north");
    for (n, plate) in plates.iter().enumerate() {
        // Every third is less sure than the rest.
        let confidence = if n % 3 == 0 { 0.955 } else { 0.999 };
        let photo = scripted(n as u64, &Script::default().then_plate(plate, confidence));
        let sent = camera.send_photo("north", &format!("k-{n}"), &captured(100 + 100 * n as i64), "1", &photo);
        assert_eq!(sent.status, 202, "{sent:?}");
    }
    host.drain();
    host
}

fn answer(who: &Api, plate: impl Fn(&str) -> String, plates: &[(String, String)]) {
    loop {
        let claimed = who.post("/v1/reviews/claim", &json!({}));
        if claimed.status == 204 {
            return;
        }
        let item = claimed.json();
        let id = item["passage"].as_str().unwrap();
        let machine = &plates.iter().find(|(passage, _)| passage == id).unwrap().1;
        let body = json!({ "version": item["version"], "plate": plate(machine), "jurisdiction": "us-tx" });
        let decided = who.post(&format!("/v1/reviews/{id}/verdict"), &body);
        assert_eq!(decided.status, 200, "{decided:?}");
    }
}

/// What the judge would have billed, by passage.
fn machine(host: &Host) -> Vec<(String, String)> {
    let found = host.operator.get("/v1/passages?limit=200").json();
    let of = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    found["items"].as_array().unwrap().iter().map(|item| (of(item, "passage"), of(item, "plate"))).collect()
}

#[test]
fn what_was_measured_leads_to_a_threshold_that_an_operator_applies_in_one_action() {
    let letters: Vec<char> = "BCDFGHJKLMNPRSTVWXYZ".chars().collect();
    let plates: Vec<String> =
        (0..24).map(|n| format!("K{}B{:02}{}7", letters[n % letters.len()], n * 4 % 97, n % 7)).collect();
    let host = sampled(&plates);
    let (ann, sue) = (host.token("reviewer", None), host.token("supervisor", None));
    let before = sue.get("/v1/quality").json();
    assert_eq!((before["all"]["read"].clone(), before["all"]["unread"].clone()), (json!(0), json!(24)), "{before:#}");
    assert_eq!((before["advice"].clone(), before["row"].clone()), (json!("too-few"), Value::Null));
    assert!(before["missing"].as_u64().unwrap() > 0);

    // What is read with less certainty was read wrongly: the people and the supervisor say so.
    let machine = machine(&host);
    let unsure: Vec<String> = plates.iter().step_by(3).cloned().collect();
    let right =
        |read: &str| if unsure.iter().any(|p| p == read) { format!("{}9", &read[..6]) } else { read.to_owned() };
    answer(&ann, right, &machine);
    answer(&sue, right, &machine);
    let found = sue.get("/v1/quality?days=1").json();
    assert_eq!(found["all"]["read"], 24, "{found:#}");
    assert_eq!(found["all"]["errors"]["plate"], 8, "{found:#}");
    assert!((found["all"]["error_percent"].as_f64().unwrap() - 100.0 / 3.0).abs() < 1e-9, "{found:#}");
    assert!(found["all"]["at_most_percent"].as_f64().unwrap() > 50.0, "{found:#}");
    assert_eq!(found["by_booth"][0]["name"], "north");
    assert_eq!(
        (found["by_issuer"].as_array().unwrap().len(), found["sample_among_unprompted_percent"].clone()),
        (1, json!(100.0))
    );
    assert_eq!(found["advice"], "tighten", "{found:#}");
    let row = &found["tried"][usize::try_from(found["row"].as_u64().unwrap()).unwrap()];
    assert_eq!(
        (row["setting"].clone(), row["value"].clone(), row["errors"].clone()),
        (json!("judge.min_confidence"), json!(0.96), json!(0))
    );

    let apply = |who: &Api, value: f64| {
        who.post("/v1/quality/threshold", &json!({ "setting": "judge.min_confidence", "value": value, "days": 1 }))
    };
    assert_eq!(apply(&sue, 0.96).status, 403, "settings are an operator's");
    let other = apply(&host.operator, 0.97);
    assert_eq!((other.status, other.problem()), (409, "conflict".into()), "only what is advised: {other:?}");
    let applied = apply(&host.operator, 0.96);
    assert_eq!((applied.status, applied.json()["because"]["errors"].clone()), (200, json!(0)), "{applied:?}");
    let settings = host.operator.get("/v1/settings").json();
    let of =
        |name: &str| settings["items"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap()["value"].clone();
    assert_eq!(of("judge.min_confidence"), 0.96);
    let after = sue.get("/v1/quality?days=1").json();
    assert_eq!(after["advice"], "keep", "{after:#}");
    assert_eq!(apply(&host.operator, 0.96).status, 409, "it is in force");

    let people = sue.get("/v1/quality/people?days=1").json();
    let of_ann = people["items"].as_array().unwrap().iter().find(|p| p["answers"] == 24).unwrap();
    assert_eq!((of_ann["checked"].clone(), of_ann["right"].clone()), (json!(24), json!(24)), "{people:#}");
    assert_eq!(ann.get("/v1/quality/people").status, 403);
    assert_eq!(host.operator.get("/v1/quality/people").status, 403);
    assert_eq!(ann.get("/v1/quality").status, 403);
    assert_eq!(sue.get("/v1/quality?days=0").status, 400);
}
