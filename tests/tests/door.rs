//! The front door under attack: whoever sends nothing, little, much, or takes nothing, a camera beside it is served.
//!
//! No test here measures time. An attack is held until the camera was served: were its places, its memory or its
//! connections taken from the camera, the camera would be refused for as long as that.

use image::ImageFormat;
use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Options, Raw, Reply, Script, photo, scripted, wait};

/// A capture time within the bounds, whenever the tests run.
fn captured() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - 5_000)
}

/// A valid photo of this size: what stands behind the end of a JPEG does not matter to a decoder.
fn big_photo(seed: u64, bytes: usize) -> Vec<u8> {
    let mut photo = photo(seed, ImageFormat::Jpeg);
    photo.resize(bytes, 7);
    photo
}

fn start(arguments: &[&'static str]) -> Host {
    Host::start_with(Options { arguments: arguments.to_vec(), ..Options::default() })
}

/// Whether only `tollbooth up` has the limits that a test is about.
fn under_spin() -> bool {
    let spin = std::env::var_os("TOLLBOOTH_TEST_SPIN").is_some();
    if spin {
        eprintln!("skipped: Spin has no such limit");
    }
    spin
}

/// Ten photos, each answered with 202, and a healthy service.
fn assert_served(host: &Host, camera: &Api, booth: &str, name: &str) {
    for number in 0..10 {
        let sent =
            camera.send_photo(booth, &format!("{name}-{number}"), &captured(), "1", &photo(number, ImageFormat::Jpeg));
        assert_eq!(sent.status, 202, "{name} {number}: {sent:?}");
    }
    let health = host.anonymous().get("/v1/health");
    assert_eq!(health.status, 200, "{name}: {health:?}");
}

/// What whoever is refused for now must be told.
fn assert_come_back(answer: &str) {
    assert!(answer.starts_with("http/1.1 503"), "{answer}");
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: application/problem+json\r\n"), "{answer}");
    let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["type"], "urn:tollbooth:problem:unavailable", "{body}");
    assert!(body["request_id"].as_str().is_some_and(|id| id.len() > 4), "{body}");
}

#[test]
fn strangers_whose_bodies_never_come_take_no_place() {
    let host = start(&["--max-concurrent", "8"]);
    let camera = host.camera("north");
    let nobody = host.anonymous();
    let mut strangers: Vec<_> = (0..200)
        .map(|number| Raw::upload(&host.address(), &nobody, "north", &format!("s-{number}"), &captured(), 10_000_000))
        .collect();
    assert_served(&host, &camera, "north", "beside");
    let statuses: Vec<_> = strangers.iter_mut().map(Raw::status).collect();
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&401), "{statuses:?}");
    assert_served(&host, &camera, "north", "after");
}

#[test]
fn a_sign_in_whose_code_does_not_come_is_given_up_at_once() {
    let host = Host::start();
    let head = format!(
        "POST /v1/sessions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer invented\r\nsec-fetch-site: same-origin\r\n\
         tollbooth-console: 1\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n",
        host.address()
    );
    let mut waiting = Raw::connect(&host.address());
    waiting.write(head.as_bytes());
    let answer = waiting.answer();
    assert!(answer.starts_with("http/1.1 408") && answer.contains("within a second"), "{answer}");
}

#[test]
fn a_body_in_single_bytes_is_refused_before_it_costs_seconds() {
    let host = Host::start();
    let camera = host.camera("north");
    let head = format!(
        "PUT /v1/booths/north/passages/crumbs?captured_at={}&lane=1&camera=front HTTP/1.1\r\nhost: {}\r\n{}\
         content-type: image/jpeg\r\ntransfer-encoding: chunked\r\n\r\n",
        captured(),
        host.address(),
        camera.authorization()
    );
    let mut crumbs = Raw::connect(&host.address());
    crumbs.write(head.as_bytes());
    crumbs.write("1\r\n7\r\n".repeat(6_000).as_bytes());
    let answer = crumbs.answer();
    assert!(answer.starts_with("http/1.1 400") && answer.contains("less than 32 bytes"), "{answer}");
    assert_served(&host, &camera, "north", "after");
}

#[test]
fn unfinished_uploads_of_one_token_leave_places_to_others() {
    if under_spin() {
        return;
    }
    let host = start(&["--max-concurrent", "8"]);
    let (slow, good) = (host.camera("north"), host.camera("south"));
    let mut uploads: Vec<_> = (0..40)
        .map(|number| {
            let mut upload = Raw::upload(&host.address(), &slow, "north", &format!("u-{number}"), &captured(), 100_000);
            upload.write(&[0xff; 1_000]);
            upload
        })
        .collect();
    // Held as long as they like: most are refused at once, some are waited for.
    wait::until("the rest to be refused", 30, || {
        let refused = uploads.iter().filter(|upload| upload.early_status() == Some(503)).count();
        (refused >= 30).then_some(())
    });
    assert!(uploads.iter().any(|upload| upload.early_status().is_none()), "some are in work");
    assert_served(&host, &good, "south", "beside");
    let refused = uploads.iter_mut().find(|upload| upload.early_status() == Some(503)).unwrap();
    assert_come_back(&refused.answer());
    let said = host.log().lines().filter(|line| line.contains("were refused with 503")).count();
    assert!(said < 30, "one line a second tells them all, not one each: {said}");
    drop(uploads);
    wait::until("the places to be free again", 60, || {
        let sent = slow.send_photo("north", "later", &captured(), "1", &photo(1, ImageFormat::Jpeg));
        (sent.status < 300).then_some(())
    });
}

#[test]
fn when_cameras_want_every_place_they_come_back_and_people_and_their_work_go_on() {
    if under_spin() {
        return;
    }
    let host = start(&["--max-concurrent", "64"]);
    let late = host.camera("late");
    let (reviewer, billing) = (host.token("reviewer", None), host.token("billing", None));
    // Twelve booths, none of which wants more than its share.
    let booths: Vec<String> = (0..12).map(|number| format!("booth-{number}")).collect();
    let cameras: Vec<Api> = booths.iter().map(|booth| host.camera(booth)).collect();
    let mut uploads = Vec::new();
    for (booth, camera) in booths.iter().zip(&cameras) {
        for key in 0..6 {
            let mut upload = Raw::upload(&host.address(), camera, booth, &format!("u-{key}"), &captured(), 100_000);
            upload.write(&[0xff; 1_000]);
            uploads.push(upload);
        }
    }
    let waiting = |uploads: &[Raw]| uploads.iter().filter(|upload| upload.early_status().is_none()).count();
    wait::until("the rest to be refused", 15, || (waiting(&uploads) <= 60).then_some(()));
    let refused = late.send_photo("late", "1", &captured(), "1", &photo(1, ImageFormat::Jpeg));
    assert_eq!((refused.status, refused.problem()), (503, "unavailable".to_owned()), "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"), "{refused:?}");
    let asks: [&dyn Fn() -> Reply; 7] = [
        &|| reviewer.get("/v1/reviews"),
        &|| reviewer.post("/v1/reviews/claim", &json!({})),
        &|| billing.get("/v1/exports?after=0&limit=10"),
        &|| host.operator.get("/v1/balance"),
        &|| host.operator.post("/v1/ticks/reading?wait=true", &json!({})),
        &|| host.operator.post("/v1/exports", &json!({})),
        &|| host.anonymous().get("/v1/health"),
    ];
    for ask in asks {
        // Whoever says nothing for twenty seconds, or less than 4 KiB a second from then on, is ended.
        for upload in uploads.iter_mut().filter(|upload| upload.early_status().is_none()) {
            upload.write(&[0xff; 8_000]);
        }
        let answer = ask();
        assert!(answer.status < 300, "{answer:?}");
    }
    assert!(waiting(&uploads) >= 57, "the places were free again: this shows nothing");
    drop(uploads);
    wait::until("the camera to be taken", 60, || {
        let sent = late.send_photo("late", "1", &captured_once(), "1", &photo(1, ImageFormat::Jpeg));
        (sent.status == 202).then_some(())
    });
}

#[test]
fn large_uploads_wait_for_memory_or_come_back_and_small_ones_pass() {
    if under_spin() {
        return;
    }
    let host = start(&["--memory", "256M"]);
    let (big, good) = (host.camera("north"), host.camera("south"));
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..16)
            .map(|number| {
                let (big, address) = (big.reconnected(), host.address());
                scope.spawn(move || {
                    let photo = big_photo(number, 10 << 20);
                    wait::until("a large photo to be taken", 120, || {
                        let sent = big.send_photo("north", &format!("b-{number}"), &captured_once(), "1", &photo);
                        match sent.status {
                            202 | 200 => Some(()),
                            503 => {
                                assert_eq!(sent.problem(), "unavailable", "{sent:?}");
                                assert!(sent.header("retry-after").is_some(), "{sent:?}");
                                None
                            }
                            _ => panic!("{address}: {sent:?}"),
                        }
                    });
                })
            })
            .collect();
        assert_served(&host, &good, "south", "beside");
        for sender in senders {
            sender.join().unwrap();
        }
    });
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 26, "{balance}");
}

/// The same for all of a test's resends.
fn captured_once() -> String {
    static ONCE: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    ONCE.get_or_init(captured).clone()
}

#[test]
fn readers_of_large_photos_that_take_nothing_hold_no_camera_up() {
    if under_spin() {
        return;
    }
    let host = start(&["--memory", "256M", "--max-concurrent", "64"]);
    let camera = host.camera("north");
    let sent = camera.send_photo("north", "large", &captured(), "1", &big_photo(1, 9 << 20));
    assert_eq!(sent.status, 202, "{sent:?}");
    let reviewer = host.token("reviewer", None);
    let path = format!("/v1/passages/{}/photo", sent.text("passage"));
    let mut readers: Vec<_> = (0..100).map(|_| Raw::get(&host.address(), &reviewer, &path)).collect();
    wait::until("every reader to be answered or refused", 60, || {
        readers.iter().all(|reader| reader.early_status().is_some()).then_some(())
    });
    assert_served(&host, &camera, "north", "beside");
    let refused = readers.iter_mut().find(|reader| reader.early_status() == Some(503));
    assert_come_back(&refused.expect("there is no memory for all of them").answer());
    drop(readers);
    wait::until("photos to be shown again", 60, || (reviewer.get(&path).status == 200).then_some(()));
}

#[test]
fn a_flood_of_connections_displaces_itself() {
    if under_spin() {
        return;
    }
    let host = start(&["--max-connections", "40"]);
    let camera = host.camera("north");
    let flood: Vec<_> = (0..200).map(|_| Raw::connect(&host.address())).collect();
    assert_served(&host, &camera.reconnected(), "north", "beside");
    wait::until("the oldest of the flood to be closed", 30, || {
        let closed = flood.iter().filter(|connection| connection.is_closed()).count();
        (closed >= 150).then_some(())
    });
}

#[test]
fn a_token_that_is_revoked_during_the_body_stores_nothing() {
    let host = Host::start();
    let good = host.camera("north");
    let created = host.operator.post("/v1/tokens", &json!({ "role": "camera", "booth": "north", "name": "gone" }));
    let camera = host.with_token(&created.text("token"));
    let photo = photo(1, ImageFormat::Jpeg);
    let mut upload = Raw::upload(&host.address(), &camera, "north", "k-1", &captured(), photo.len());
    upload.write(&photo[..100]);
    // A request that came later and is answered: the upload before it was recognised, or will not be.
    assert_eq!(camera.put("/v1/booths/north/passages/k-2", b"").status, 400);
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", created.text("id"))).status, 200);
    upload.write(&photo[100..]);
    assert_eq!(upload.status(), 401);
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 0, "{balance}");
    assert_eq!(good.send_photo("north", "k-1", &captured(), "1", &photo).status, 202);
}

#[test]
fn whoever_is_revoked_while_a_body_comes_does_nothing_with_it() {
    let host = Host::start();
    let created = host.operator.post("/v1/tokens", &json!({ "role": "operator", "name": "gone" }));
    let gone = host.with_token(&created.text("token"));
    let body = json!({ "role": "operator", "name": "successor" }).to_string();
    let mut late = Raw::connect(&host.address());
    let head = format!(
        "POST /v1/tokens HTTP/1.1\r\nhost: {}\r\n{}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        host.address(),
        gone.authorization(),
        body.len()
    );
    late.write(head.as_bytes());
    late.write(&body.as_bytes()[..5]);
    // A request that came later and is answered: the one before it was recognised, or will not be.
    assert_eq!(gone.get("/v1/me").status, 200);
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", created.text("id"))).status, 200);
    late.write(&body.as_bytes()[5..]);
    assert_eq!(late.status(), 401);
    let tokens = host.operator.get("/v1/tokens?limit=200").json();
    assert!(tokens["items"].as_array().unwrap().iter().all(|token| token["name"] != "successor"), "{tokens}");
}

#[test]
fn requests_that_two_readers_could_take_differently_are_refused() {
    let host = Host::start();
    let operator = host.operator.authorization();
    let address = host.address();
    let ask = |head: String| {
        let mut connection = Raw::connect(&address);
        connection.write(head.as_bytes());
        connection.status()
    };
    let plain = format!("GET /v1/tokens HTTP/1.1\r\nhost: {address}\r\n{operator}");
    assert_eq!(ask(format!("{plain}\r\n")), 200);
    assert_eq!(ask(format!("{plain}authorization: Bearer other\r\n\r\n")), 400, "two tokens");
    for alias in ["//v1/tokens", "/v1/tok%65ns", "/v1/tokens/", "/v1//tokens"] {
        let status = ask(format!("GET {alias} HTTP/1.1\r\nhost: {address}\r\n{operator}\r\n"));
        assert!([400, 404].contains(&status), "{alias}: {status}");
    }
    if under_spin() {
        return;
    }
    assert_eq!(ask(format!("{plain}host: other\r\n\r\n")), 400, "two hosts");
    assert_eq!(ask("GET /v1/health HTTP/1.0\r\n\r\n".to_owned()), 200, "a load balancer's health check");
    assert_eq!(ask("GET /v1/health HTTP/1.1\r\n\r\n".to_owned()), 400, "HTTP/1.1 names its host");
    let mut connection = Raw::connect(&address);
    connection.write(format!("{plain}x-name: \u{e9}").as_bytes());
    connection.write(b"\xff\r\n\r\n");
    assert_eq!(connection.status(), 400, "a header that is no text");
}

#[test]
fn a_photo_that_ends_its_readers_goes_to_a_person_at_the_second_time_and_nobody_waits_for_its_lease() {
    if under_spin() {
        return;
    }
    let host = start(&[]);
    let camera = host.camera("north");
    // One place for readings: whoever holds it keeps everybody else waiting. The lease would last for an hour.
    let one = json!({ "reading.concurrency": 1, "reading.lease_seconds": 3_600, "reading.call_seconds": 60 });
    assert_eq!(host.operator.patch("/v1/settings", &one).status, 200);
    let send = |key: &str, script: Script| {
        let sent = camera.send_photo("north", key, &captured(), "1", &scripted(key.len() as u64, &script));
        assert_eq!(sent.status, 202, "{sent:?}");
        sent.text("passage")
    };
    let deadly = send("1", Script::default().then_trap().then_trap().then_plate("AAA1111", 0.99));
    let good = send("22", Script::plate("BBB2222"));
    wait::until("the good photo to be read", 60, || {
        host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
        (host.operator.get(&format!("/v1/passages/{good}")).json()["state"] == "accepted").then_some(())
    });
    let shown = host.operator.get(&format!("/v1/passages/{deadly}")).json();
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("in-review"), &json!("recognizer-exhausted")), "{shown}");
    let outcomes: Vec<_> = shown["readings"].as_array().unwrap().iter().map(|reading| &reading["outcome"]).collect();
    assert_eq!(outcomes, ["worker-died", "worker-died"], "{shown}");
}

#[test]
fn refused_access_is_in_the_log_by_number_and_by_token() {
    if under_spin() {
        return;
    }
    let host = start(&[]);
    let camera = host.operator.post("/v1/tokens", &json!({ "role": "billing", "name": "curious" }));
    let curious = host.with_token(&camera.text("token"));
    for _ in 0..20 {
        assert_eq!(host.with_token("tbo_guessed").get("/v1/tokens").status, 401);
        assert_eq!(curious.get("/v1/tokens").status, 403);
    }
    wait::until("the refusals to be told", 30, || {
        let log = host.log();
        let told = ["answered with 401", "answered with 403", &camera.text("id")];
        told.iter().all(|what| log.contains(*what)).then_some(())
    });
    assert!(host.log().lines().filter(|line| line.contains("answered with 401")).count() < 20);
    assert!(!host.log().contains("tbo_guessed"));
}

#[test]
fn line_breaks_and_markup_of_cameras_recognisers_and_people_reach_no_header_and_no_line_of_the_log() {
    let host = Host::start();
    assert_eq!(host.operator.patch("/v1/settings", &json!({ "reading.max_attempts": 1 })).status, 200);
    let camera = host.camera("north");
    let good = photo(1, ImageFormat::Jpeg);
    let query = |lane: &str, name: &str| format!("captured_at={}&lane={lane}&camera={name}", captured());
    for evil in ["1%0d%0aset-cookie:%20forged=1%0d%0a", "%3Cimg%20src=x%20onerror=forged%3E"] {
        for rest in [
            format!("{evil}?{}", query("1", "front")),
            format!("k?{}", query(evil, "front")),
            format!("k?{}", query("1", evil)),
            format!("k?{}&{evil}=1", query("1", "front")),
        ] {
            let refused = camera.put(&format!("/v1/booths/north/passages/{rest}"), &good);
            assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid-request"), "{rest}: {refused:?}");
            assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{rest}");
            assert_eq!(refused.header("set-cookie"), None, "{rest}");
        }
    }
    let named = host.anonymous().with_headers(&[("x-request-id", "forged id=1")]).get("/v1/health");
    assert!(named.header("x-request-id").is_some_and(|id| !id.contains("forged")), "{named:?}");

    // What a recogniser says is text for whoever reviews, and for nobody to bill.
    let markup = Script::default().then_plate("<img src=x onerror=forged>", 0.9);
    let sent = camera.send_photo("north", "read", &captured(), "1", &scripted(3, &markup));
    assert_eq!(sent.status, 202, "{sent:?}");
    host.drain();
    let (ann, id) = (host.token("reviewer", None), sent.text("passage"));
    let seen = ann.get(&format!("/v1/passages/{id}"));
    assert_eq!((seen.text("state"), seen.header("content-type")), ("in-review".into(), Some("application/json")));

    // What people write is theirs; nobody decides without a claim.
    let remark = "first line\n<img src=x onerror=forged>";
    let path = format!("/v1/reviews/{id}/verdict");
    let verdict = |version: &Value| json!({ "version": version, "reject": "other", "remark": remark });
    let refused = ann.post(&path, &verdict(&seen.json()["version"]));
    assert_eq!((refused.status, refused.problem()), (409, "conflict".into()), "{refused:?}");
    let claimed = ann.post("/v1/reviews/claim", &json!({ "passage": id })).json();
    assert_eq!(ann.post(&path, &verdict(&claimed["version"])).status, 200);
    let decided = ann.get(&format!("/v1/passages/{id}"));
    assert_eq!((decided.text("detail"), decided.header("content-type")), (remark.into(), Some("application/json")));
    let log = host.log();
    assert!(!log.contains("forged") && !log.contains("onerror"), "{log}");
}

#[test]
fn a_photo_is_served_so_that_a_browser_runs_nothing_of_it() {
    let host = Host::start();
    let camera = host.camera("north");
    let sent = camera.send_photo("north", "k-1", &captured(), "1", &photo(1, ImageFormat::Jpeg));
    let shown = host.token("reviewer", None).get(&format!("/v1/passages/{}/photo", sent.text("passage")));
    assert_eq!(shown.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    assert_eq!(shown.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
}
