//! Azure AI Vision: what is sent, and what every documented and odd reply means.

mod common;

use common::{hints, photo, understand, understand_json};
use serde_json::{Value, json};
use tollbooth_recognizer_contract::Class;
use tollbooth_services::azure_vision::AzureVision;
use tollbooth_services::{Origin, Secret, Service};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn service() -> AzureVision {
    AzureVision {
        endpoint: Origin::parse("https://tolls.cognitiveservices.azure.com/"),
        key: Secret::new(KEY),
        price_micros: 1_000,
    }
}

fn line(text: &str, words: &[(&str, f64)], x: u32, y: u32, width: u32, height: u32) -> Value {
    let words: Vec<Value> =
        words.iter().map(|(text, confidence)| json!({ "text": text, "confidence": confidence })).collect();
    json!({
        "text": text,
        "boundingPolygon": [{ "x": x, "y": y }, { "x": x + width, "y": y }, { "x": x + width, "y": y + height },
                            { "x": x, "y": y + height }],
        "words": words
    })
}

fn analysis(lines: &[Value]) -> Value {
    json!({
        "modelVersion": "2023-10-01", "metadata": { "width": 1000, "height": 500 },
        "readResult": { "blocks": [{ "lines": lines }] }
    })
}

fn plate() -> Value {
    analysis(&[
        line("TEXAS", &[("TEXAS", 0.99)], 430, 170, 80, 20),
        line("abc·1234", &[("abc·1234", 0.98)], 400, 200, 200, 40),
    ])
}

#[test]
fn the_request_is_the_documented_one_and_its_key_is_not_printed() {
    let call = service().call(&photo(), &hints()).unwrap();
    assert_eq!(
        call.url,
        "https://tolls.cognitiveservices.azure.com/computervision/imageanalysis:analyze?api-version=2024-02-01&features=read"
    );
    assert!(call.headers.contains(&("ocp-apim-subscription-key", KEY.to_owned())));
    assert!(call.headers.contains(&("content-type", "application/octet-stream".to_owned())));
    assert_eq!(call.body, *photo().bytes);
    assert!(!format!("{call:?} {:?}", service()).contains(KEY));
}

#[test]
fn without_settings_nobody_is_called_and_the_variable_is_named() {
    for (service, variable) in [
        (AzureVision { key: Secret::new(""), ..service() }, "azure_vision_key"),
        (AzureVision { key: Secret::new("two words"), ..service() }, "azure_vision_key"),
        (AzureVision { endpoint: Origin::parse(""), ..service() }, "azure_vision_endpoint"),
        (AzureVision { endpoint: Origin::parse("https://host/path"), ..service() }, "azure_vision_endpoint"),
    ] {
        let failure = service.call(&photo(), &hints()).unwrap_err();
        assert_eq!(failure.class, Class::Unauthorized);
        assert!(failure.detail.contains(variable), "{}", failure.detail);
    }
}

#[test]
fn the_plate_is_picked_among_lines_in_pixels_of_the_original() {
    let reading = understand_json(&service(), 200, &plate()).unwrap();
    let best = &reading.sightings[0];
    assert_eq!(best.candidates[0].text, "ABC1234");
    assert_eq!(best.jurisdiction.as_ref().unwrap().code, "us-tx");
    assert_eq!((best.bounds.x, best.bounds.y, best.bounds.width, best.bounds.height), (800.0, 400.0, 400.0, 80.0));
    assert!(best.candidates[0].characters.is_empty());
    assert_eq!(reading.model, "image-analysis-2024-02-01/2023-10-01");
    assert_eq!((reading.cost_micros, reading.duration_ms), (1_000, 321));
    assert_eq!(serde_json::from_str::<Value>(&reading.raw).unwrap(), plate());
}

#[test]
fn a_line_is_as_sure_as_its_least_sure_word() {
    let confidence = |words: &[(&str, f64)]| {
        let body = analysis(&[line("ABC 1234", words, 400, 200, 200, 40)]);
        understand_json(&service(), 200, &body).unwrap().sightings[0].candidates[0].confidence
    };
    let sure = confidence(&[("ABC", 0.99), ("1234", 0.99)]);
    assert!(confidence(&[("ABC", 0.99), ("1234", 0.4)]) < sure);
    assert!((confidence(&[("ABC", 0.99), ("·", 0.1), ("1234", 0.99)]) - sure).abs() < 1e-6);
    assert!(confidence(&[]) < sure, "no words, no confidence");
}

#[test]
fn a_photo_without_text_is_an_empty_road() {
    for body in [analysis(&[]), json!({ "readResult": { "blocks": [] } })] {
        assert!(understand_json(&service(), 200, &body).unwrap().sightings.is_empty());
    }
}

#[test]
fn every_error_has_its_class() {
    let error = |code: Value, message: &str| json!({ "error": { "code": code, "message": message } });
    let inner = json!({ "error": { "code": "InvalidRequest", "message": "Image is bad",
        "innererror": { "code": "InvalidImageSize", "message": "The image size is not allowed" } } });
    for (status, body, class) in [
        (400, inner.clone(), Class::BadImage),
        (400, error(json!("InvalidImageFormat"), "Image format is not valid."), Class::BadImage),
        (415, error(json!("UnsupportedMediaType"), "Unsupported Media Type"), Class::BadImage),
        (413, Value::Null, Class::BadImage),
        (400, error(json!("InvalidRequest"), "The feature is not supported"), Class::Outage),
        (401, error(json!("401"), "Access denied due to invalid subscription key"), Class::Unauthorized),
        (401, error(json!(401), "Access denied"), Class::Unauthorized),
        (403, error(json!("PermissionDenied"), "Principal does not have access"), Class::Unauthorized),
        (402, Value::Null, Class::QuotaExhausted),
        (403, error(json!("403"), "Out of call volume quota. Retry after 14 days."), Class::QuotaExhausted),
        (429, error(json!("429"), "Requests have exceeded rate limit"), Class::Throttled),
        (429, error(json!("429"), "Out of call volume quota"), Class::QuotaExhausted),
        (404, error(json!("404"), "Resource not found"), Class::Outage),
        (301, Value::Null, Class::Outage),
        (408, Value::Null, Class::Outage),
        (500, error(json!("InternalServerError"), "InvalidImageSize in a stack trace"), Class::Outage),
        (500, inner, Class::Outage),
        (502, Value::Null, Class::Outage),
        (202, plate(), Class::Outage),
        (200, error(json!("429"), "Too many requests"), Class::Throttled),
        (200, error(json!("401"), "Access denied"), Class::Unauthorized),
        (200, error(json!("InvalidImageFormat"), ""), Class::BadImage),
        (200, error(json!("InternalServerError"), "boom"), Class::Outage),
        (200, json!({}), Class::InvalidAnswer),
        (200, json!([]), Class::InvalidAnswer),
        (200, json!({ "readResult": {} }), Class::InvalidAnswer),
    ] {
        let failure = understand_json(&service(), status, &body).unwrap_err();
        assert_eq!(failure.class, class, "{status} {body} {}", failure.detail);
    }
}

#[test]
fn a_wait_is_taken_from_the_header_or_the_text() {
    let busy = br#"{"error":{"code":"429","message":"Exceeded rate limit. Please retry after 26 seconds."}}"#;
    let wait = |status, header: Option<&str>, body: &[u8]| {
        let failure = understand(&service(), status, header, body).unwrap_err();
        assert_eq!(failure.class, Class::Throttled);
        failure.retry_after_ms
    };
    assert_eq!(wait(429, Some("12"), busy), Some(12_000));
    assert_eq!(wait(429, Some("Wed, 21 Oct 2015 07:28:05 GMT"), busy), Some(5_000));
    assert_eq!(wait(429, None, busy), Some(26_000));
    assert_eq!(wait(429, None, b""), None);
    assert_eq!(wait(503, Some("30"), b"<html>"), Some(30_000), "a 503 that names a wait is asked again after it");
}

#[test]
fn replies_that_cannot_be_right_are_invalid_and_never_an_empty_road() {
    let ok = plate().to_string();
    let mut latin1 = ok.clone().into_bytes();
    let at = ok.find("TEXAS").unwrap();
    latin1[at] = 0xE9;
    let other_image = ok.replace("\"width\":1000", "\"width\":999");
    let percent = ok.replace("0.98", "98");
    let negative = ok.replace("0.98", "-0.5");
    let nowhere = analysis(&[json!({ "text": "ABC1234", "boundingPolygon": [], "words": [] })]).to_string();
    let far = ok.replace("400", "1e30");
    let long = analysis(&[line(&"A1".repeat(2_000), &[], 0, 0, 10, 10)]).to_string();
    let many = analysis(&vec![line("A", &[], 0, 0, 10, 10); 501]).to_string();
    for body in [
        &ok.as_bytes()[..ok.len() / 2],
        b"",
        &latin1,
        other_image.as_bytes(),
        percent.as_bytes(),
        negative.as_bytes(),
        nowhere.as_bytes(),
        far.as_bytes(),
        long.as_bytes(),
        many.as_bytes(),
        b"<html>hello</html>",
        b"\"NaN\"",
    ] {
        let failure = understand(&service(), 200, None, body).unwrap_err();
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        assert_eq!(failure.class, Class::InvalidAnswer, "{shown}: {}", failure.detail);
        assert!(!failure.detail.to_lowercase().contains("abc"), "{}", failure.detail);
    }
}

#[test]
fn polygons_with_other_numbers_of_corners_become_boxes() {
    let mut body = plate();
    body["readResult"]["blocks"][0]["lines"][1]["boundingPolygon"] =
        json!([{ "x": 400, "y": 200 }, { "x": 600, "y": 240 }]);
    let reading = understand_json(&service(), 200, &body).unwrap();
    assert_eq!(reading.sightings[0].bounds.width, 400.0);
}
