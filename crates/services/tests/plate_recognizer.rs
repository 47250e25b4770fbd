//! Plate Recognizer: what is sent, and what every documented and odd reply means.

mod common;

use common::{hints, photo, understand, understand_json};
use serde_json::{Value, json};
use tollbooth_recognizer_contract::Class;
use tollbooth_services::plate_recognizer::PlateRecognizer;
use tollbooth_services::{Origin, Secret, Service};

const TOKEN: &str = "fedcba9876543210fedcba9876543210fedcba98";

fn service() -> PlateRecognizer {
    PlateRecognizer {
        url: Origin::parse("https://api.platerecognizer.com"),
        token: Secret::new(TOKEN),
        price_micros: 1_500,
    }
}

fn result(plate: &str, score: f64) -> Value {
    json!({
        "box": { "xmin": 400, "ymin": 200, "xmax": 600, "ymax": 300 }, "plate": plate,
        "region": { "code": "us-tx", "score": 0.747 }, "score": score, "dscore": 0.99,
        "candidates": [{ "score": score, "plate": plate }, { "score": 0.41, "plate": "nhk55z" }],
        "vehicle": { "score": 0.798, "type": "Sedan", "box": { "xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4 } },
        "model_make": [{ "make": "", "model": "", "score": 0 }]
    })
}

fn answer(results: &[Value]) -> Value {
    json!({
        "processing_time": 288.8, "filename": "x.jpg", "version": 1, "camera_id": "psg_01",
        "timestamp": "2020-10-12T16:17:27.574008Z", "results": results
    })
}

#[test]
fn the_request_is_the_documented_form_and_its_token_is_not_printed() {
    let call = service().call(&photo(), &hints()).unwrap();
    assert_eq!(call.url, "https://api.platerecognizer.com/v1/plate-reader/");
    assert!(call.headers.contains(&("authorization", format!("Token {TOKEN}"))));
    let body = String::from_utf8_lossy(&call.body).into_owned();
    let boundary = call.headers[0].1.split_once("boundary=").unwrap().1.to_owned();
    assert_eq!(body.matches(&format!("--{boundary}")).count(), 4);
    assert!(body.ends_with(&format!("\r\n--{boundary}--\r\n")));
    assert!(body.contains("name=\"regions\"\r\n\r\nus-tx\r\n"));
    assert!(body.contains("name=\"camera_id\"\r\n\r\npsg_01\r\n"));
    assert!(body.contains("name=\"upload\"; filename=\"photo.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"));
    assert!(!format!("{call:?} {:?}", service()).contains(TOKEN));
}

#[test]
fn the_cloud_needs_a_token_and_a_server_of_ones_own_does_not() {
    let none = PlateRecognizer { token: Secret::new(""), ..service() };
    let failure = none.call(&photo(), &hints()).unwrap_err();
    assert_eq!(failure.class, Class::Unauthorized);
    assert!(failure.detail.contains("plate_recognizer_token"), "{}", failure.detail);
    let own = PlateRecognizer { url: Origin::parse("http://10.0.0.5:8080"), ..none };
    let call = own.call(&photo(), &hints()).unwrap();
    assert!(call.headers.iter().all(|(name, _)| *name != "authorization"));
    let broken = PlateRecognizer { url: Origin::parse("api"), ..service() };
    assert!(broken.call(&photo(), &hints()).unwrap_err().detail.contains("plate_recognizer_url"));
}

#[test]
fn plates_in_lower_case_become_capitals_in_pixels_of_the_original() {
    for status in [200, 201] {
        let reading = understand_json(&service(), status, &answer(&[result("nhk-552", 0.904)])).unwrap();
        let best = &reading.sightings[0];
        let texts: Vec<&str> = best.candidates.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["NHK552", "NHK55Z"]);
        assert!((best.candidates[0].confidence - 0.904).abs() < 1e-6);
        assert_eq!((best.bounds.x, best.bounds.y, best.bounds.width, best.bounds.height), (800.0, 400.0, 400.0, 200.0));
        assert_eq!(best.jurisdiction.as_ref().unwrap().code, "us-tx");
        assert!(!best.touches_border);
        assert!((best.plausibility - 1.0).abs() < 1e-6);
        assert_eq!((reading.duration_ms, reading.cost_micros), (289, 1_500));
    }
}

#[test]
fn detection_mode_vehicle_is_understood_with_and_without_a_plate() {
    let with = json!({
        "plate": { "type": "Plate", "score": 0.9, "box": { "xmin": 400, "ymin": 200, "xmax": 600, "ymax": 300 },
            "props": { "plate": [{ "value": "nhk552", "score": 0.904 }, { "value": "nhk55z", "score": 0.3 }],
                       "region": [{ "value": "us-ok", "score": 0.9 }] } },
        "vehicle": { "type": "Sedan", "score": 0.8, "box": { "xmin": 0, "ymin": 0, "xmax": 900, "ymax": 450 }, "props": {} }
    });
    let without = json!({ "plate": null, "vehicle": { "type": "Sedan", "score": 0.8 } });
    let reading = understand_json(&service(), 200, &answer(&[without.clone(), with])).unwrap();
    assert_eq!(reading.sightings.len(), 1);
    assert_eq!(reading.sightings[0].candidates[0].text, "NHK552");
    assert_eq!(reading.sightings[0].jurisdiction.as_ref().unwrap().code, "us-ok");
    let alone = understand_json(&service(), 200, &answer(&[without])).unwrap();
    assert!(alone.sightings.is_empty());
    assert_eq!(alone.vehicle, Some(true));
}

#[test]
fn a_plate_at_the_edge_is_marked_and_two_plates_are_weighed() {
    let mut edge = result("nhk552", 0.9);
    edge["box"] = json!({ "xmin": 0, "ymin": 200, "xmax": 200, "ymax": 300 });
    let mut small = result("abc123", 0.9);
    small["box"] = json!({ "xmin": 700, "ymin": 100, "xmax": 740, "ymax": 120 });
    let reading = understand_json(&service(), 200, &answer(&[small, edge])).unwrap();
    assert_eq!(reading.sightings[0].candidates[0].text, "NHK552");
    assert!(reading.sightings[0].touches_border);
    assert!(reading.sightings[0].plausibility > 0.9 && reading.sightings[1].plausibility < 0.1);
}

#[test]
fn a_region_that_names_only_a_country_is_no_jurisdiction() {
    for code in ["us", "gb", "", "unknown"] {
        let mut found = result("nhk552", 0.9);
        found["region"]["code"] = json!(code);
        let reading = understand_json(&service(), 200, &answer(&[found])).unwrap();
        assert_eq!(reading.sightings[0].jurisdiction, None, "{code}");
    }
}

#[test]
fn a_photo_without_plates_is_an_empty_road() {
    let nothing = understand_json(&service(), 201, &answer(&[])).unwrap();
    assert!(nothing.sightings.is_empty());
    assert_eq!(nothing.vehicle, None, "nobody looked for vehicles");
    assert!(understand_json(&service(), 201, &answer(&[result("·", 0.9)])).unwrap().sightings.len() <= 1);
}

#[test]
fn every_error_has_its_class() {
    let detail = |text: &str| json!({ "detail": text });
    for (status, body, class) in [
        (
            429,
            json!({ "detail": "Request was throttled. Expected available in 1 second.", "status_code": 429 }),
            Class::Throttled,
        ),
        (403, detail("Invalid token."), Class::Unauthorized),
        (401, detail("Authentication credentials were not provided."), Class::Unauthorized),
        (403, detail("No more credits available. Upgrade your plan."), Class::QuotaExhausted),
        (402, detail("Payment required"), Class::QuotaExhausted),
        (402, Value::Null, Class::QuotaExhausted),
        (413, detail("Request entity too large"), Class::BadImage),
        (400, json!({ "upload": ["The submitted file is empty."] }), Class::BadImage),
        (400, detail("Could not read the image."), Class::BadImage),
        (400, detail("Unknown parameter."), Class::Outage),
        (302, Value::Null, Class::Outage),
        (404, Value::Null, Class::Outage),
        (500, Value::Null, Class::Outage),
        (502, detail("image worker is down"), Class::Outage),
        (202, answer(&[]), Class::Outage),
        (200, json!({ "detail": "Request was throttled.", "status_code": 429 }), Class::Throttled),
        (200, json!({ "detail": "Invalid token.", "status_code": 403 }), Class::Unauthorized),
        (200, json!({ "error": "No more credits" }), Class::QuotaExhausted),
        (200, json!({ "error": "Something broke", "results": [] }), Class::Outage),
        (200, json!({ "results": [], "status_code": 500 }), Class::Outage),
        (200, json!({}), Class::InvalidAnswer),
        (200, json!("throttled"), Class::InvalidAnswer),
    ] {
        let failure = understand_json(&service(), status, &body).unwrap_err();
        assert_eq!(failure.class, class, "{status} {body} {}", failure.detail);
    }
}

#[test]
fn a_throttle_names_its_wait_in_the_header_or_the_text() {
    let body = br#"{"detail":"Request was throttled. Expected available in 1 second.","status_code":429}"#;
    assert_eq!(understand(&service(), 429, None, body).unwrap_err().retry_after_ms, Some(1_000));
    assert_eq!(understand(&service(), 429, Some("3"), body).unwrap_err().retry_after_ms, Some(3_000));
    assert_eq!(understand(&service(), 429, None, b"{}").unwrap_err().retry_after_ms, None);
}

#[test]
fn replies_that_cannot_be_right_are_invalid_and_never_an_empty_road() {
    let ok = answer(&[result("nhk552", 0.904)]).to_string();
    let mut latin1 = ok.clone().into_bytes();
    latin1[ok.find("nhk552").unwrap()] = 0xE9;
    for body in [
        ok.as_bytes()[..ok.len() / 2].to_vec(),
        latin1,
        ok.replace("psg_01", "psg_02").into_bytes(),
        ok.replace("0.904", "90.4").into_bytes(),
        ok.replace("0.904", "-1").into_bytes(),
        ok.replace("\"dscore\":0.99", "\"dscore\":99").into_bytes(),
        ok.replace("\"xmax\":600", "\"xmax\":100").into_bytes(),
        ok.replace("\"xmax\":600", "\"xmax\":1e30").into_bytes(),
        ok.replace("nhk552", &"a".repeat(4_000)).into_bytes(),
        answer(&vec![result("nhk552", 0.9); 51]).to_string().into_bytes(),
        answer(&[json!({ "plate": "nhk552", "score": 0.9 })]).to_string().into_bytes(),
        answer(&[json!({ "plate": 552 })]).to_string().into_bytes(),
        Vec::new(),
    ] {
        let failure = understand(&service(), 200, None, &body).unwrap_err();
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(failure.class, Class::InvalidAnswer, "{shown}: {}", failure.detail);
        assert!(!failure.detail.to_lowercase().contains("nhk"), "{}", failure.detail);
    }
}
