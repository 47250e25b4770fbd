//! Recognisers behind HTTP, as built: every documented and odd reply of a service through the real component.

use std::net::TcpListener;

use image::ImageFormat;
use serde_json::json;
use tollbooth_recognizer_contract::{Class, Failure};
use tollbooth_tests::services::{Found, KEY, ServiceServer, Step, Vendor, with_steps};
use tollbooth_tests::{Adapter, Host, Options, photo, wait};

/// More than any reply that is taken.
const HUGE: usize = 50 << 20;

/// A service and the component that asks it.
struct Pair {
    service: ServiceServer,
    adapter: Adapter,
}

const VENDORS: [Vendor; 2] = [Vendor::AzureVision, Vendor::PlateRecognizer];

fn component(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::AzureVision => "recognizer-azure-vision",
        Vendor::PlateRecognizer => "recognizer-plate-recognizer",
    }
}

/// Names of the variables with address and key.
fn variables(vendor: Vendor) -> (&'static str, &'static str) {
    match vendor {
        Vendor::AzureVision => ("azure_vision_endpoint", "azure_vision_key"),
        Vendor::PlateRecognizer => ("plate_recognizer_url", "plate_recognizer_token"),
    }
}

fn adapter(vendor: Vendor, origin: &str, key: &str) -> Adapter {
    let (address, secret) = variables(vendor);
    Adapter::start(component(vendor), &[(address, origin), (secret, key)])
}

impl Pair {
    fn start(vendor: Vendor) -> Self {
        let service = ServiceServer::start(vendor);
        let adapter = adapter(vendor, &service.origin(), KEY);
        Self { service, adapter }
    }

    /// What the adapter makes of a service that does this.
    fn outcome(&self, seed: u64, step: Step) -> Result<Option<String>, Failure> {
        let bytes = with_steps(&photo(seed, ImageFormat::Jpeg), &[step]);
        let reading = self.adapter.read_within(&bytes, 10_000)?;
        Ok(reading.sightings.first().map(|plate| plate.candidates[0].text.clone()))
    }

    /// The failure; none when something was read.
    fn failure(&self, seed: u64, step: Step) -> Option<Failure> {
        self.outcome(seed, step).err()
    }
}

fn found(text: &str) -> Vec<Found> {
    vec![Found { text: text.to_owned(), confidence: 0.97 }]
}

fn reply(status: u16, retry_after: Option<&str>, body: &str) -> Step {
    Step::Reply { status, retry_after: retry_after.map(ToOwned::to_owned), body: body.to_owned() }
}

#[test]
fn a_plate_comes_back_and_an_empty_road_is_no_failure() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        assert_eq!(pair.outcome(1, Step::Read(found("abc 1234"))).unwrap().as_deref(), Some("ABC1234"));
        assert_eq!(pair.outcome(2, Step::Read(vec![])).unwrap(), None);
        let description = pair.adapter.describe();
        assert_eq!(description.name, component(vendor));
        assert!(description.price_micros > 0);
        let seen = pair.service.seen();
        assert_eq!(seen.len(), 2);
        assert!(seen[0].photo.starts_with(&photo(1, ImageFormat::Jpeg)), "the photo is sent byte for byte");
    }
}

#[test]
fn what_services_refuse_has_its_class() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        let cases = [
            (reply(429, Some("7"), "{}"), Class::Throttled, Some(7_000)),
            (reply(429, None, "{}"), Class::Throttled, None),
            (reply(402, None, "{}"), Class::QuotaExhausted, None),
            (
                reply(
                    403,
                    None,
                    r#"{"error":{"code":"403","message":"Out of call volume quota"},"detail":"Quota used up"}"#,
                ),
                Class::QuotaExhausted,
                None,
            ),
            (reply(401, None, "{}"), Class::Unauthorized, None),
            (reply(403, None, "{}"), Class::Unauthorized, None),
            (reply(413, None, ""), Class::BadImage, None),
            (reply(500, None, "oops"), Class::Outage, None),
            (reply(502, None, "<html>Bad Gateway</html>"), Class::Outage, None),
            (reply(503, Some("2"), ""), Class::Throttled, Some(2_000)),
            (
                reply(200, None, r#"{"error":{"code":"InternalServerError","message":"x"},"detail":"x"}"#),
                Class::Outage,
                None,
            ),
            (Step::TruncatedJson, Class::InvalidAnswer, None),
            (Step::Latin1, Class::InvalidAnswer, None),
            (Step::OtherImage, Class::InvalidAnswer, None),
            (Step::Huge(HUGE), Class::InvalidAnswer, None),
            (Step::Read(found(&"A".repeat(4_000))), Class::InvalidAnswer, None),
            (Step::Reset, Class::Outage, None),
        ];
        for (seed, (step, class, wait)) in cases.into_iter().enumerate() {
            let named = format!("{vendor:?} {step:?}").chars().take(120).collect::<String>();
            let failure = pair.failure(seed as u64, step).unwrap_or_else(|| panic!("{named}: it was read"));
            assert_eq!((failure.class, failure.retry_after_ms), (class, wait), "{named}: {}", failure.detail);
        }
        // And it still works.
        assert_eq!(pair.outcome(99, Step::Read(found("xyz987"))).unwrap().as_deref(), Some("XYZ987"));
    }
}

#[test]
fn a_silent_service_is_given_up_before_the_deadline() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        let bytes = with_steps(&photo(1, ImageFormat::Jpeg), &[Step::Silence]);
        // The caller waits twice as long as it says, the service is silent for much longer.
        let failure = pair.adapter.read_within(&bytes, 3_000).unwrap_err();
        assert_eq!(failure.class, Class::TimedOut, "{}", failure.detail);
    }
}

#[test]
fn a_service_that_is_not_there_is_an_outage() {
    for vendor in VENDORS {
        // A port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let adapter = adapter(vendor, &format!("http://127.0.0.1:{port}"), KEY);
        let failure = adapter.read(&photo(1, ImageFormat::Jpeg)).unwrap_err();
        assert_eq!(failure.class, Class::Outage, "{}", failure.detail);
    }
}

#[test]
fn without_a_key_nobody_is_called_and_the_variable_is_named() {
    let azure = adapter(Vendor::AzureVision, "", "");
    let failure = azure.read(&photo(1, ImageFormat::Jpeg)).unwrap_err();
    assert_eq!(failure.class, Class::Unauthorized);
    assert!(failure.detail.contains("azure_vision_endpoint"), "{}", failure.detail);

    let service = ServiceServer::start(Vendor::AzureVision);
    let azure = adapter(Vendor::AzureVision, &service.origin(), "");
    let failure = azure.read(&photo(1, ImageFormat::Jpeg)).unwrap_err();
    assert_eq!(failure.class, Class::Unauthorized);
    assert!(failure.detail.contains("azure_vision_key"), "{}", failure.detail);
    assert!(service.seen().is_empty());

    let cloud = Adapter::start("recognizer-plate-recognizer", &[]);
    let failure = cloud.read(&photo(1, ImageFormat::Jpeg)).unwrap_err();
    assert_eq!(failure.class, Class::Unauthorized);
    assert!(failure.detail.contains("plate_recognizer_token"), "{}", failure.detail);
}

#[test]
fn a_redirect_is_not_followed_so_the_key_goes_to_one_host_only() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        let elsewhere = ServiceServer::start(vendor);
        let failure = pair.failure(1, Step::Redirect(format!("{}/v1/plate-reader/", elsewhere.origin()))).unwrap();
        assert_eq!(failure.class, Class::Outage);
        assert!(failure.detail.contains("redirects are not followed"), "{}", failure.detail);
        assert!(elsewhere.seen().is_empty());
    }
}

#[test]
fn the_key_is_in_no_answer_and_in_no_log_even_when_a_service_echoes_it() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        for (seed, status) in [200, 401, 500].into_iter().enumerate() {
            let failure = pair.failure(seed as u64, Step::EchoKey(status)).unwrap();
            assert!(!failure.detail.contains(KEY), "{}", failure.detail);
        }
        assert!(!pair.adapter.log().contains(KEY));
    }
}

#[test]
fn photos_are_made_to_fit_and_those_that_cannot_be_are_bad_images() {
    let pair = Pair::start(Vendor::AzureVision);
    let small = image::RgbImage::from_pixel(40, 40, image::Rgb([9, 9, 9]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    small.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let failure = pair.adapter.read(&bytes.into_inner()).unwrap_err();
    assert_eq!(failure.class, Class::BadImage, "{}", failure.detail);
    let failure = pair.adapter.read(b"no photo").unwrap_err();
    assert_eq!(failure.class, Class::BadImage, "{}", failure.detail);
    assert!(pair.service.seen().is_empty());

    // Noise as PNG: 1,500 x 1,000 x 3 bytes, above the cloud's 3 MB.
    let pair = Pair::start(Vendor::PlateRecognizer);
    let mut state = 1_u64;
    let noise = image::RgbImage::from_fn(1500, 1000, |_, _| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        image::Rgb([(state >> 33) as u8, (state >> 41) as u8, (state >> 49) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let bytes = bytes.into_inner();
    assert!(bytes.len() > 3_000_000);
    assert!(pair.adapter.read(&bytes).unwrap().sightings.is_empty());
    assert!(pair.service.seen()[0].photo.len() <= 3_000_000);
}

#[test]
fn plate_recognizer_limits_calls_and_knows_vehicles_without_plates() {
    let pair = Pair::start(Vendor::PlateRecognizer);
    assert_eq!(pair.outcome(1, Step::ReadVehicles(found("nhk552"))).unwrap().as_deref(), Some("NHK552"));
    assert_eq!(pair.outcome(2, Step::ReadVehicles(vec![])).unwrap(), None);
    let seen = pair.service.seen();
    assert!(seen[0].fields.contains(&("regions".to_owned(), "us-tx".to_owned())), "{:?}", seen[0].fields);

    pair.service.limit(true);
    // Two calls within a second; the first may itself follow too soon.
    let outcomes = [pair.outcome(3, Step::Read(vec![])), pair.outcome(4, Step::Read(vec![]))];
    let throttled = outcomes.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(!throttled.is_empty());
    assert!(throttled.iter().all(|failure| failure.class == Class::Throttled));
    assert_eq!(throttled[0].retry_after_ms, Some(1_000));
}

#[test]
fn callers_that_break_the_contract_are_told_how() {
    let pair = Pair::start(Vendor::AzureVision);
    let headers = |deadline: &str| {
        vec![
            ("tollbooth-deadline-ms", deadline.to_owned()),
            ("tollbooth-passage", "psg_1".to_owned()),
            ("tollbooth-attempt", "1".to_owned()),
        ]
    };
    let bytes = photo(1, ImageFormat::Jpeg);
    assert_eq!(pair.adapter.post("/read", &headers("5000"), &bytes).0, 200);
    let (status, body) = pair.adapter.post("/read", &headers("soon"), &bytes);
    assert_eq!(status, 400);
    assert!(String::from_utf8_lossy(&body).contains("tollbooth-deadline-ms"));
    assert_eq!(pair.adapter.post("/describe", &[], b"").0, 405);
    assert_eq!(pair.adapter.post("/elsewhere", &[], b"").0, 404);
}

#[test]
fn a_reply_of_fifty_megabytes_costs_no_memory() {
    for vendor in VENDORS {
        let pair = Pair::start(vendor);
        let padded = pair.outcome(1, Step::Huge(1 << 20)).unwrap();
        assert_eq!(padded.as_deref(), Some("ABC1234"), "a long reply below the limit is read");
        let Some(before) = pair.adapter.peak_memory() else { continue };
        assert_eq!(pair.failure(2, Step::Huge(HUGE)).unwrap().class, Class::InvalidAnswer);
        let grown = pair.adapter.peak_memory().unwrap().saturating_sub(before);
        assert!(grown < 24 << 20, "{vendor:?}: the host grew by {grown} bytes");
    }
}

#[test]
fn a_photo_goes_from_the_camera_to_each_service_and_its_plate_comes_back_through_every_stage() {
    let azure = ServiceServer::start(Vendor::AzureVision);
    let plates = ServiceServer::start(Vendor::PlateRecognizer);
    let host = Host::start_with(Options {
        adapters: vec![
            ("azure_vision_endpoint", azure.origin()),
            ("azure_vision_key", KEY.to_owned()),
            ("plate_recognizer_url", plates.origin()),
            ("plate_recognizer_token", KEY.to_owned()),
            // No component of one's own here; a host may refuse to know a route that leads nowhere.
            ("custom_origin", "http://127.0.0.1:9".to_owned()),
        ],
        ..Options::default()
    });
    let (camera, reviewer) = (host.camera("north"), host.token("reviewer", None));
    for (seed, (recognizer, service)) in [("azure-vision", &azure), ("plate-recognizer", &plates)].iter().enumerate() {
        // The photos name no issuer, so the booth's traffic decides.
        let settings = json!({ "reading.recognizer": recognizer, "judge.min_confidence": 0.5,
                               "judge.issuer_evidence": "traffic", "judge.max_wrong_person_percent": 10.0,
                               "reading.backoff_seconds": 1 });
        assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
        // First a throttle, then the plate.
        let busy = reply(429, Some("1"), "{}");
        let text = format!("SVC{seed}234");
        let bytes = with_steps(&photo(seed as u64, ImageFormat::Jpeg), &[busy, Step::Read(found(&text))]);
        let at = tollbooth_pipeline::capture::rfc3339(now_ms());
        let sent = camera.send_photo("north", &format!("key-{seed}"), &at, "1", &bytes);
        assert_eq!(sent.status, 202, "{sent:?}");
        let id = sent.text("passage");
        let passage = wait::until("the passage to be accepted", 60, || {
            host.operator.post("/v1/ticks/services?wait=true", &json!({}));
            let passage = reviewer.get(&format!("/v1/passages/{id}")).json();
            (passage["state"] == "accepted").then_some(passage)
        });
        assert_eq!(passage["plate"], text.as_str(), "{passage:#}");
        let seen = service.seen();
        assert_eq!(seen.len(), 2, "asked again once, after the wait");
        assert_eq!(seen[0].photo, bytes, "the photo that is read is the photo that was sent");

        // Half a photo goes to a person whatever a service would read in it, so none is paid for it.
        let half = &photo(10 + seed as u64, ImageFormat::Jpeg);
        let half = with_steps(&half[..half.len() / 2], &[Step::Read(found("HALF123"))]);
        let sent = camera.send_photo("north", &format!("half-{seed}"), &at, "1", &half);
        assert_eq!((sent.status, sent.text("state")), (202, "waiting".into()), "{sent:?}");
        let id = sent.text("passage");
        let passage = wait::until("the half photo to go to a person", 60, || {
            host.operator.post("/v1/ticks/services?wait=true", &json!({}));
            let passage = reviewer.get(&format!("/v1/passages/{id}")).json();
            (passage["state"] == "in-review").then_some(passage)
        });
        assert_eq!(passage["reason"], "image-damaged", "{passage:#}");
        assert_eq!(service.seen().len(), 2, "half a photo was sent to a service");
    }
    assert!(!host.log().contains(KEY));
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}
