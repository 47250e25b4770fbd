//! The plate of a passage, cut out by the server: where it was read, for whom, and what is said where it cannot be done.

use image::{Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Reply, Script, scripted};

fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

/// A grey road with a red plate where the scripted recogniser sees one: 100 by 50 pixels at the upper left.
fn road(script: &Script) -> Vec<u8> {
    let road = RgbImage::from_fn(480, 320, |x, y| if x < 100 && y < 50 { Rgb([220, 20, 20]) } else { Rgb([90; 3]) });
    let mut photo = Vec::new();
    JpegEncoder::new_with_quality(&mut photo, 92).encode_image(&road).unwrap();
    script.behind(photo)
}

fn send(host: &Host, booth: &str, key: &str, seconds_ago: i64, photo: &[u8]) -> String {
    let sent = host.camera(booth).send_photo(booth, key, &captured(seconds_ago), "1", photo);
    assert_eq!(sent.status, 202, "{sent:?}");
    host.drain();
    sent.text("passage")
}

/// The review of this passage, in hand.
fn claim(who: &Api, passage: &str) -> Value {
    let claimed = who.post("/v1/reviews/claim", &json!({ "passage": passage }));
    assert_eq!(claimed.status, 200, "{claimed:?}");
    claimed.json()
}

/// What was refused, and why.
fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, reply.problem())
}

fn looks(host: &Host) -> usize {
    let looks = host.token("supervisor", None).get("/v1/log/photos").json();
    looks["items"].as_array().unwrap().len()
}

#[test]
fn the_plate_is_cut_out_where_it_was_read_and_the_look_is_on_record_once() {
    let host = Host::start();
    let id = send(&host, "north", "k", 60, &road(&Script::default().then_plate("BKD0101", 0.6)));
    let ann = host.token("reviewer", None);
    let candidate = claim(&ann, &id)["candidates"][0].clone();
    assert_eq!(looks(&host), 0, "nobody has seen anything of it");
    let path = candidate["crop_url"].as_str().unwrap();
    let cut = ann.get(path);
    assert_eq!((cut.status, cut.header("content-type")), (200, Some("image/jpeg")), "{path}");
    for (name, part) in [
        ("content-security-policy", "sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-disposition", "inline"),
    ] {
        assert!(cut.header(name).is_some_and(|value| value.contains(part)), "{name}: {:?}", cut.header(name));
    }
    let picture = image::load_from_memory(&cut.body).unwrap().into_rgb8();
    assert!(picture.width() <= 696 && picture.height() <= 300, "{} x {}", picture.width(), picture.height());
    // The plate, enlarged, and the road beside it.
    let Rgb([red, green, _]) = *picture.get_pixel(picture.width() / 4, picture.height() / 2);
    assert!(red > 180 && green < 70, "{red} {green}");
    let Rgb([red, green, _]) = *picture.get_pixel(picture.width() - 8, picture.height() / 2);
    assert!(red.abs_diff(90) < 20 && green.abs_diff(90) < 20, "{red} {green}");

    // The plate that counts is the same one here; who has it is not sent it again.
    let tag = cut.header("etag").unwrap();
    let counts = ann.get(&format!("/v1/crops/{id}"));
    assert_eq!((counts.status, counts.header("etag")), (200, Some(tag)));
    let known = ann.and_headers(&[("if-none-match", tag)]).get(path);
    assert_eq!((known.status, known.header("etag"), known.body.len()), (304, Some(tag), 0));
    assert_eq!(looks(&host), 1, "once a day, however it was looked at");
}

#[test]
fn a_crop_is_for_whom_the_photo_is() {
    let host = Host::start();
    let id = send(&host, "north", "k", 60, &road(&Script::default().then_plate("BKD0101", 0.6)));
    let path = format!("/v1/crops/{id}");
    let _south = host.camera("south");
    let limited = host.operator.post("/v1/tokens", &json!({ "role": "reviewer", "name": "Sam", "booths": ["south"] }));
    let elsewhere = host.with_token(&limited.text("token"));
    assert_eq!(refused(&elsewhere.get(&path)), (404, "not-found".into()), "another booth's photo, by its id");
    let billing = host.token("billing", None);
    for (who, api) in [("operator", &host.operator), ("camera", &host.camera("north")), ("billing", &billing)] {
        assert_eq!(refused(&api.get(&path)), (403, "forbidden".into()), "{who}");
    }
    assert_eq!(refused(&host.anonymous().get(&path)), (401, "unauthorized".into()));
    assert_eq!(looks(&host), 0, "nothing was shown to anybody");
    let ann = host.token("reviewer", None);
    let item = claim(&ann, &id);
    let verdict = json!({ "version": item["version"], "plate": "BKD0101", "jurisdiction": "us-tx" });
    assert_eq!(ann.post(&format!("/v1/reviews/{id}/verdict"), &verdict).status, 200);
    assert_eq!(billing.get(&path).status, 200, "it is on a bill now");
}

#[test]
fn another_site_gets_no_crop_with_somebody_s_session() {
    let host = Host::start();
    let id = send(&host, "north", "k", 60, &road(&Script::default().then_plate("BKD0101", 0.6)));
    let code = host.token("reviewer", None).post("/v1/sign-in-links", &json!({})).text("code");
    let ours = [("sec-fetch-site", "same-origin"), ("tollbooth-console", "1")];
    let opened = host.anonymous().with_headers(&ours).post("/v1/sessions", &json!({ "code": code }));
    let cookie = opened.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let of = |site: &str| {
        host.anonymous().with_headers(&[("sec-fetch-site", site), ("cookie", &cookie)]).get(&format!("/v1/crops/{id}"))
    };
    assert_eq!(of("same-origin").status, 200);
    for site in ["cross-site", "same-site"] {
        assert_eq!(refused(&of(site)), (403, "cross-site".into()), "{site}");
    }
}

#[test]
fn a_photo_that_is_read_blind_has_no_crop_whether_it_is_a_sample_or_not() {
    let host = Host::start();
    let settings = json!({ "judge.quality_sample_percent": 100, "review.unprompted_percent": 100 });
    assert_eq!(host.operator.patch("/v1/settings", &settings).status, 200);
    let sample = send(&host, "north", "sample", 600, &road(&Script::plate("SMP1234")));
    let ordinary = send(&host, "north", "ordinary", 60, &scripted(7, &Script::default().then_plate("RDN5678", 0.6)));
    let reason = |id: &str| host.operator.get(&format!("/v1/passages/{id}")).text("reason");
    assert_eq!((reason(&sample), reason(&ordinary)), ("quality-sample".into(), "low-confidence".into()));
    for role in ["reviewer", "supervisor"] {
        let who = host.token(role, None);
        let told = |id: &str| {
            ["", "?attempt=1", "?sighting=0", "?attempt=1&sighting=0", "?attempt=9"].map(|query| {
                let mut problem = who.get(&format!("/v1/crops/{id}{query}")).json();
                problem["request_id"] = json!("…");
                problem
            })
        };
        let (of_sample, of_other) = (told(&sample), told(&ordinary));
        assert_eq!(of_sample, of_other, "{role}");
        assert!(of_sample.iter().all(|problem| problem["status"] == 404), "{role}: {of_sample:?}");
    }
    assert_eq!(looks(&host), 0);
}

#[test]
fn a_place_where_nothing_was_read_and_a_photo_that_cannot_be_decoded_are_told_apart() {
    let host = Host::start();
    let ann = host.token("reviewer", None);
    let empty = send(&host, "north", "empty", 900, &scripted(1, &Script::empty()));
    assert_eq!(refused(&ann.get(&format!("/v1/crops/{empty}"))), (404, "not-found".into()), "no plate was found");
    assert_eq!(ann.get("/v1/crops/psg_none").problem(), "not-found");
    let read = send(&host, "north", "read", 600, &road(&Script::default().then_plate("BKD0101", 0.6)));
    for nowhere in ["?sighting=1", "?attempt=2", "?attempt=4294967295&sighting=4294967295"] {
        assert_eq!(refused(&ann.get(&format!("/v1/crops/{read}{nowhere}"))), (404, "not-found".into()), "{nowhere}");
    }
    for nonsense in ["?attempt=0", "?sighting=-1", "?attempt=one", "?plate=BKD0101", "?attempt=1&attempt=1"] {
        let reply = ann.get(&format!("/v1/crops/{read}{nonsense}"));
        assert_eq!(refused(&reply), (400, "invalid-request".into()), "{nonsense}");
    }
    assert_eq!(ann.post(&format!("/v1/crops/{read}"), &json!({})).status, 405);
    assert_eq!(looks(&host), 0);

    // The header of a coding that other programs may know.
    let mut photo = road(&Script::default().then_plate("KTW0598", 0.6));
    let frame = photo.windows(2).position(|bytes| bytes == [0xFF, 0xC0]).unwrap();
    photo[frame + 1] = 0xC9;
    let odd = send(&host, "north", "odd", 300, &photo);
    let candidate = claim(&ann, &odd)["candidates"][0].clone();
    let reply = ann.get(candidate["crop_url"].as_str().unwrap());
    assert_eq!(refused(&reply), (422, "no-crop".into()), "{reply:?}");
    assert!(reply.text("detail").contains("arithmetic"), "{reply:?}");
    assert_eq!(looks(&host), 0, "nothing of it was shown");
    assert_eq!(ann.get(&format!("/v1/passages/{odd}/photo")).status, 200, "the whole photo is there");
}
