//! Messages as they travel: what is taken, and what is refused and as what.

use serde_json::{Value, json};
use tollbooth_recognizer_contract::{
    Class, Description, Failure, Hints, MAX_ANSWER_BYTES, MAX_RAW_BYTES, parse_answer, parse_description,
    render_answer, render_description,
};
use tollbooth_trace::TraceId;

fn reading() -> Value {
    json!({ "reading": {
        "recognizer": "recognizer-example", "model": "v1", "duration_ms": 280, "cost_micros": 1500, "raw": "{}",
        "sightings": [{
            "bounds": { "x": 10.5, "y": 20.0, "width": 120.0, "height": 40.0 },
            "candidates": [{ "text": "ABC1234", "confidence": 0.98, "characters": [] }],
            "jurisdiction": { "code": "us-tx", "confidence": 0.7, "evidence": "TEXAS" },
            "touches_border": false, "plausibility": 1.0, "doubts": []
        }]
    } })
}

fn parse(value: &Value) -> Result<tollbooth_recognizer_contract::Reading, Failure> {
    parse_answer(200, value.to_string().as_bytes())
}

/// The class of the failure that a message is taken for; none for a reading.
fn class(value: &Value) -> Option<Class> {
    parse(value).err().map(|failure| failure.class)
}

#[test]
fn a_reading_survives_the_way_there_and_back() {
    let there = parse(&reading()).unwrap();
    assert_eq!(there.sightings[0].candidates[0].text, "ABC1234");
    let body = render_answer(Ok(there.clone()));
    assert_eq!(parse_answer(200, &body).unwrap(), there);
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["reading"]["sightings"][0]["bounds"]["x"], 10.5);
}

#[test]
fn whether_there_is_a_vehicle_may_be_told_or_left_out() {
    assert_eq!(parse(&reading()).unwrap().vehicle, None);
    for told in [true, false] {
        let mut message = reading();
        message["reading"]["vehicle"] = json!(told);
        let there = parse(&message).unwrap();
        assert_eq!(parse_answer(200, &render_answer(Ok(there))).unwrap().vehicle, Some(told));
    }
}

#[test]
fn every_failure_survives_the_way_there_and_back() {
    for class in Class::ALL {
        let failure = Failure::new(class, "why, and what to do");
        assert_eq!(parse_answer(200, &render_answer(Err(failure.clone()))).unwrap_err(), failure);
    }
    let throttled = Failure::throttled(Some(1500), "");
    let body = render_answer(Err(throttled.clone()));
    assert_eq!(body, br#"{"failure":{"class":"throttled","detail":"","retry_after_ms":1500}}"#);
    assert_eq!(parse_answer(200, &body).unwrap_err(), throttled);
}

#[test]
fn another_status_is_an_outage_whatever_the_body_says() {
    for status in [0, 201, 204, 301, 400, 401, 404, 429, 500, 503] {
        let failure = parse_answer(status, reading().to_string().as_bytes()).unwrap_err();
        assert_eq!(failure.class, Class::Outage, "{status}");
        assert!(failure.detail.contains(&status.to_string()));
    }
}

#[test]
fn a_body_that_is_no_answer_is_invalid_and_never_an_empty_road() {
    let cut = reading().to_string();
    let latin1 = b"{\"failure\":{\"class\":\"outage\",\"detail\":\"d\xe9fectueux\"}}";
    for body in [
        b"".as_slice(),
        b"null",
        b"{}",
        b"[]",
        b"<html>Bad Gateway</html>",
        &cut.as_bytes()[..cut.len() / 2],
        latin1,
        br#"{"failure":{"class":"sunspots"}}"#,
        br#"{"failure":{}}"#,
        br#"{"reading":{},"failure":{"class":"outage"}}"#,
        br#"{"failure":{"class":"outage"},"failure":{"class":"outage"}}"#,
        br#"{"reading":{"sightings":[]}}"#,
        br#"{"reading":null}"#,
    ] {
        let failure = parse_answer(200, body).unwrap_err();
        assert_eq!(failure.class, Class::InvalidAnswer, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn an_answer_longer_than_the_limit_is_not_parsed() {
    let body = vec![b' '; MAX_ANSWER_BYTES + 1];
    assert_eq!(parse_answer(200, &body).unwrap_err().class, Class::InvalidAnswer);
}

#[test]
fn values_that_no_sound_recogniser_gives_are_refused() {
    let plate = "/reading/sightings/0";
    for (at, value) in [
        ("/reading/recognizer", json!("")),
        ("/reading/model", json!("x".repeat(201))),
        ("/reading/raw", json!("x".repeat(MAX_RAW_BYTES + 1))),
        ("/reading/cost_micros", json!(-1)),
        ("/reading/duration_ms", json!(1e12)),
        (&format!("{plate}/candidates"), json!([])),
        (&format!("{plate}/candidates/0/text"), json!("")),
        (&format!("{plate}/candidates/0/text"), json!("abc1234")),
        (&format!("{plate}/candidates/0/text"), json!("ABC 1234")),
        (&format!("{plate}/candidates/0/text"), json!("ÄBC1234")),
        (&format!("{plate}/candidates/0/text"), json!("A".repeat(4_000))),
        (&format!("{plate}/candidates/0/confidence"), json!(1.01)),
        (&format!("{plate}/candidates/0/confidence"), json!(-0.01)),
        (&format!("{plate}/candidates/0/confidence"), json!(null)),
        (&format!("{plate}/candidates/0/confidence"), json!("NaN")),
        (&format!("{plate}/candidates/0/characters"), json!([0.5])),
        (&format!("{plate}/candidates/0/characters"), json!([1, 1, 1, 1, 1, 1, 2])),
        (&format!("{plate}/bounds/x"), json!(1e39)),
        (&format!("{plate}/bounds/width"), json!(-1)),
        (&format!("{plate}/plausibility"), json!(7)),
        (&format!("{plate}/doubts"), json!(vec!["x"; 21])),
        (&format!("{plate}/doubts"), json!(["line\nbreak"])),
        (&format!("{plate}/jurisdiction/code"), json!("Texas")),
        (&format!("{plate}/jurisdiction/confidence"), json!(70)),
        (&format!("{plate}/jurisdiction/evidence"), json!("x".repeat(201))),
    ] {
        let mut broken = reading();
        *broken.pointer_mut(at).unwrap() = value.clone();
        assert_eq!(class(&broken), Some(Class::InvalidAnswer), "{at} {value}");
    }
    let mut crowded = reading();
    let plate = crowded["reading"]["sightings"][0].clone();
    crowded["reading"]["sightings"] = json!(vec![plate; 51]);
    assert_eq!(class(&crowded), Some(Class::InvalidAnswer));
}

#[test]
fn names_of_issuers_beside_a_plate_keep_rules_too() {
    let with = |issuers: Value| {
        let mut message = reading();
        message["reading"]["sightings"][0]["issuers"] = issuers;
        class(&message)
    };
    let name = |code: &str, weight: f64, evidence: &str| json!({ "code": code, "weight": weight, "on_plate": true, "evidence": evidence });
    assert_eq!(with(json!([name("us-ok", 9.5, "OKLAHOMA"), name("us-cherokee-nation", 4.0, "Cherokee")])), None);
    for wrong in [
        json!([name("nowhere", 9.5, "")]),
        json!([name("us-ok", -1.0, "")]),
        json!([name("us-ok", 1e30, "")]),
        json!([name("us-ok", 9.5, &"x".repeat(201))]),
        json!([name("us-ok", 9.5, "AMOH\u{202e}ALKO")]),
        json!(vec![name("us-ok", 9.5, ""); 21]),
    ] {
        assert_eq!(with(wrong.clone()), Some(Class::InvalidAnswer), "{wrong}");
    }
    let mut hidden = reading();
    hidden["reading"]["model"] = json!("v\u{200b}1");
    assert_eq!(class(&hidden), Some(Class::InvalidAnswer), "nor has a name what cannot be seen");
}

#[test]
fn numbers_beyond_a_float_are_refused() {
    for number in ["NaN", "Infinity", "1e400", "-1e400"] {
        let body = reading().to_string().replace("0.98", number);
        assert_eq!(parse_answer(200, body.as_bytes()).unwrap_err().class, Class::InvalidAnswer, "{number}");
    }
}

#[test]
fn what_was_wrong_is_named_without_the_plate() {
    let mut broken = reading();
    broken["reading"]["sightings"][0]["candidates"][0]["text"] = json!("abc1234");
    let failure = parse(&broken).unwrap_err();
    assert!(failure.detail.contains("sightings[0].candidates.text"), "{}", failure.detail);
    broken["reading"]["sightings"][0]["candidates"][0] = json!("ABC1234");
    let failure = parse(&broken).unwrap_err();
    assert!(!failure.detail.to_lowercase().contains("abc1234"), "{}", failure.detail);
}

#[test]
fn a_recogniser_that_breaks_the_contract_says_so_itself() {
    let mut reading = parse(&reading()).unwrap();
    reading.sightings[0].candidates[0].confidence = f32::NAN;
    let failure = parse_answer(200, &render_answer(Ok(reading))).unwrap_err();
    assert_eq!(failure.class, Class::InvalidAnswer);
    assert!(failure.detail.contains("confidence"));
}

#[test]
fn members_of_later_versions_are_ignored() {
    let mut later = reading();
    later["reading"]["weather"] = json!("rain");
    assert!(parse(&later).is_ok());
}

#[test]
fn a_wait_counts_only_where_waiting_helps() {
    let body = br#"{"failure":{"class":"outage","detail":"","retry_after_ms":5}}"#;
    assert_eq!(parse_answer(200, body).unwrap_err().retry_after_ms, None);
    let body = br#"{"failure":{"class":"throttled","detail":"","retry_after_ms":4294967296}}"#;
    assert_eq!(parse_answer(200, body).unwrap_err().class, Class::InvalidAnswer);
}

#[test]
fn a_service_outside_is_told_of_the_camera_s_trace_and_not_of_one_that_is_the_passage_s_id() {
    let passage = tollbooth_pipeline::ident::passage_id("north", "1");
    let own = TraceId::of_passage(&passage);
    let outside = |traceparent: Option<&str>| {
        let hints = Hints {
            jurisdiction: None,
            deadline_ms: 30_000,
            passage: passage.clone(),
            attempt: 1,
            traceparent: traceparent.map(ToOwned::to_owned),
        };
        hints.traceparent_outside()
    };
    let camera = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(outside(Some(camera)).as_deref(), Some(camera));
    let told = outside(Some(&format!("00-{own}-b7ad6b7169203331-01"))).unwrap();
    assert_eq!(told, format!("00-{}-b7ad6b7169203331-01", own.outside()));
    assert!(!told.contains(&own.to_string()), "{told}");
    assert_eq!((outside(Some("none")), outside(None)), (None, None));
}

#[test]
fn hints_survive_as_headers_and_are_checked() {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let hints = Hints {
        jurisdiction: Some("us-tx".into()),
        deadline_ms: 30_000,
        passage: "psg_01".into(),
        attempt: 2,
        traceparent: Some(traceparent.to_owned()),
    };
    let headers = hints.headers();
    let with = |changes: &[(&str, Option<&str>)]| {
        let find = |name: &str| {
            let change = changes.iter().find(|(changed, _)| *changed == name);
            change.map_or_else(
                || headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()),
                |(_, v)| v.map(ToOwned::to_owned),
            )
        };
        let found: Vec<(&str, Option<String>)> =
            tollbooth_recognizer_contract::HEADERS.iter().map(|name| (*name, find(name))).collect();
        Hints::from_headers(|name| found.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.as_deref()))
    };
    assert_eq!(with(&[]).unwrap(), hints);
    assert_eq!(with(&[("tollbooth-jurisdiction", None)]).unwrap().jurisdiction, None);
    for none in [None, Some("00-0-0-0"), Some("")] {
        assert_eq!(with(&[("traceparent", none)]).unwrap().traceparent, None, "a trace that is none refuses nobody");
    }
    for (name, value) in [
        ("tollbooth-jurisdiction", Some("Texas")),
        ("tollbooth-deadline-ms", None),
        ("tollbooth-deadline-ms", Some("0")),
        ("tollbooth-deadline-ms", Some("+5")),
        ("tollbooth-deadline-ms", Some("1e3")),
        ("tollbooth-passage", None),
        ("tollbooth-passage", Some("a b")),
        ("tollbooth-attempt", Some("0")),
    ] {
        let error = with(&[(name, value)]).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn a_description_survives_and_is_checked() {
    let description = Description { name: "recognizer-example".into(), model: "v1".into(), price_micros: 1500 };
    assert_eq!(parse_description(&render_description(&description)).unwrap(), description);
    for body in [r#"{"name":"","model":"v1","price_micros":0}"#, r#"{"name":"x","model":"v1"}"#, "", "[]"] {
        assert!(parse_description(body.as_bytes()).is_err(), "{body}");
    }
}
