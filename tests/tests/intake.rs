//! What cameras send, and what they get for it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use image::ImageFormat;
use serde_json::json;
use tollbooth_pipeline::ident::sha256_hex;
use tollbooth_tests::{Host, Options, Recognizer, Script, photo, repository, scripted, wait};

/// A capture time within the bounds, whenever the tests run.
fn captured(seconds_ago: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - seconds_ago * 1000)
}

#[test]
fn a_new_photo_is_accepted_with_its_location_and_a_resend_gets_the_same_id() {
    let host = Host::start();
    let camera = host.camera("north");
    let (at, bytes) = (captured(5), photo(1, ImageFormat::Jpeg));
    let first = camera.send_photo("north", "k-1", &at, "1", &bytes);
    assert_eq!(first.status, 202, "{first:?}");
    assert_eq!(first.header("location"), Some(format!("/v1/passages/{}", first.text("passage")).as_str()));
    let again = camera.send_photo("north", "k-1", &at, "1", &bytes);
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(again.text("passage"), first.text("passage"));
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 1, "resends are not received: {balance}");
    assert_eq!(balance["closes"], true, "{balance}");
}

#[test]
fn the_same_key_with_another_photo_or_parameter_is_a_conflict_and_changes_nothing() {
    let host = Host::start();
    let camera = host.camera("north");
    let (at, bytes) = (captured(5), photo(1, ImageFormat::Jpeg));
    let first = camera.send_photo("north", "k-1", &at, "1", &bytes);
    assert_eq!(first.status, 202);
    let other_photo = camera.send_photo("north", "k-1", &at, "1", &photo(2, ImageFormat::Jpeg));
    let other_time = camera.send_photo("north", "k-1", &captured(9), "1", &bytes);
    let other_lane = camera.send_photo("north", "k-1", &at, "2", &bytes);
    for (reply, differs) in [(other_photo, "photo"), (other_time, "captured_at"), (other_lane, "lane")] {
        assert_eq!((reply.status, reply.problem().as_str()), (409, "key-reused"), "{reply:?}");
        assert_eq!(reply.json()["differs"], serde_json::json!([differs]), "{reply:?}");
        assert_eq!(reply.text("passage"), first.text("passage"));
    }
    let shown = host.token("reviewer", None).get(&format!("/v1/passages/{}/photo", first.text("passage")));
    assert_eq!(shown.body, bytes);
}

#[test]
fn a_camera_that_sends_local_time_as_utc_is_named_in_the_status() {
    let host = Host::start();
    let camera = host.camera("north");
    let booth = json!({"name": "North", "jurisdiction": "us-tx", "time_zone": "Etc/GMT+6"});
    assert_eq!(host.operator.put_json("/v1/booths/north", &booth).status, 200);
    for number in 0..5_u32 {
        // What a clock six hours behind UTC shows, with a Z.
        let local = captured(6 * 3_600 + i64::from(number));
        let late = camera.send_photo_of(
            "late",
            "north",
            &format!("l-{number}"),
            &local,
            "1",
            &photo(number.into(), ImageFormat::Jpeg),
        );
        let right = captured(i64::from(number) + 70);
        let good = camera.send_photo_of(
            "good",
            "north",
            &format!("g-{number}"),
            &right,
            "2",
            &photo((10 + number).into(), ImageFormat::Jpeg),
        );
        assert_eq!((late.status, good.status), (202, 202), "{late:?} {good:?}");
    }
    let status = host.operator.get("/v1/status").json();
    let doubtful = status["doubtful_clocks"].as_array().unwrap();
    assert_eq!(doubtful.len(), 1, "{status:#}");
    assert_eq!(
        (doubtful[0]["camera"].as_str(), doubtful[0]["passages"].as_u64()),
        (Some("late"), Some(5)),
        "{status:#}"
    );
    assert!(doubtful[0]["detail"].as_str().unwrap().contains("Etc/GMT+6"), "{status:#}");
}

#[test]
fn the_same_frame_is_a_duplicate_only_with_the_same_time_and_lane() {
    let host = Host::start();
    let camera = host.camera("north");
    let (at, bytes) = (captured(5), photo(1, ImageFormat::Jpeg));
    assert_eq!(camera.send_photo("north", "k-1", &at, "1", &bytes).text("state"), "waiting");
    assert_eq!(camera.send_photo("north", "k-2", &at, "1", &bytes).text("state"), "duplicate");
    for (key, at, lane) in [("k-3", captured(90), "1"), ("k-4", at.clone(), "2")] {
        let frame = camera.send_photo("north", key, &at, lane, &bytes);
        assert_eq!(
            (frame.status, frame.text("state"), frame.text("reason")),
            (202, "in-review".into(), "repeated-frame".into())
        );
    }
    let elsewhere = host.camera("south").send_photo("south", "k-1", &at, "1", &bytes);
    assert_eq!(elsewhere.text("state"), "waiting", "another booth's photo is another passage");
}

#[test]
fn a_photo_has_one_digest_whoever_computes_it() {
    let computed_by = |components_compute| {
        let host = Host::start_with(Options { components_compute, ..Options::default() });
        let camera = host.camera("north");
        // Each number of bytes behind the last whole word.
        (0..8).for_each(|rest| {
            let mut bytes = photo(rest, ImageFormat::Jpeg);
            while bytes.len() % 8 != rest as usize {
                bytes.push(7);
            }
            let sent = camera.send_photo("north", &format!("k-{rest}"), &captured(5), "1", &bytes);
            assert_eq!(sent.status, 202, "{sent:?}");
            assert_eq!(sent.text("photo_sha256"), sha256_hex(&bytes), "{rest} bytes behind the last word");
        });
    };
    computed_by(false);
    computed_by(true);
}

/// Under Spin it would not start either.
#[test]
fn a_digest_that_the_manifest_has_nobody_compute_is_refused_at_the_start() {
    let manifest = std::fs::read_to_string(repository().join("spin.toml")).unwrap();
    let built = format!("\"{}/target/", repository().canonicalize().unwrap().display());
    let without: String =
        manifest.lines().filter(|line| !line.contains("tollbooth:digest")).map(|line| format!("{line}\n")).collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("spin.toml");
    std::fs::write(&path, without.replace("\"target/", &built)).unwrap();
    // Were it not refused, it would serve for ever.
    let mut command = std::process::Command::new("timeout");
    command
        .arg("60")
        .arg(repository().join("target/release/tollbooth"))
        .args(["up", "--listen", "127.0.0.1:0", "-c", "image-intake", "--manifest"])
        .arg(&path);
    let refused = command.arg("--state-dir").arg(directory.path().join("state")).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("imports `tollbooth:digest/sha256@0.1.0`"), "{said}");
}

/// A camera that started again sends its buffer once more: another comment, another key, the present time.
#[test]
fn the_same_picture_with_other_metadata_is_a_repeated_frame() {
    let host = Host::start();
    let camera = host.camera("north");
    let first = photo(1, ImageFormat::Jpeg);
    let comment = b"sent 10:17:45";
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    let again = [&first[..2], &[0xFF, 0xFE], &length, comment, &first[2..]].concat();
    let with_tail = [&first[..], b"dhav...."].concat();
    let sent = camera.send_photo("north", "k-1", &captured(135), "1", &first);
    assert_eq!(sent.text("state"), "waiting");
    for (key, bytes) in [("k-2", &again), ("k-3", &with_tail)] {
        let frame = camera.send_photo("north", key, &captured(1), "1", bytes);
        let outcome = (frame.status, frame.text("state"), frame.text("reason"));
        assert_eq!(outcome, (202, "in-review".into(), "repeated-frame".into()));
        assert_ne!(frame.text("photo_sha256"), sent.text("photo_sha256"));
    }
    let shown = host.token("reviewer", None).get(&format!("/v1/passages/{}", sent.text("passage"))).json();
    assert_eq!(shown["related"].as_array().unwrap().len(), 2, "{shown:#}");
    assert_eq!(shown["related"][0]["relation"], "same-picture");
    let other = camera.send_photo("north", "k-4", &captured(1), "1", &photo(2, ImageFormat::Jpeg));
    assert_eq!(other.text("state"), "waiting", "another picture of the same camera");
}

#[test]
fn jpeg_png_and_webp_are_told_by_content_and_come_back_byte_for_byte() {
    let host = Host::start();
    let camera = host.camera("north");
    let reviewer = host.token("reviewer", None);
    for (seed, format, media_type) in
        [(1, ImageFormat::Jpeg, "image/jpeg"), (2, ImageFormat::Png, "image/png"), (3, ImageFormat::WebP, "image/webp")]
    {
        let bytes = photo(seed, format);
        let sent = camera.send_photo("north", &format!("k-{seed}"), &captured(5), "1", &bytes);
        assert_eq!(sent.status, 202, "{sent:?}");
        let shown = reviewer.get(&format!("/v1/passages/{}/photo", sent.text("passage")));
        assert_eq!(shown.header("content-type"), Some(media_type));
        assert_eq!(shown.body, bytes);
    }
}

#[test]
fn a_photo_of_which_nothing_is_left_is_stored_and_goes_to_a_person() {
    let host = Host::start();
    let camera = host.camera("north");
    let whole = photo(1, ImageFormat::Jpeg);
    let cut_png = &photo(2, ImageFormat::Png)[..2_000];
    for (key, bytes) in [("header-only", &whole[..24]), ("cut-png", cut_png)] {
        let sent = camera.send_photo("north", key, &captured(5), "1", bytes);
        assert_eq!(sent.status, 202, "{sent:?}");
        assert_eq!((sent.text("state"), sent.text("reason")), ("in-review".into(), "image-damaged".into()));
        let shown = host.token("reviewer", None).get(&format!("/v1/passages/{}/photo", sent.text("passage")));
        assert_eq!(shown.body, bytes);
    }
}

/// What cameras and transfers do to files, and what becomes of it when the recogniser is certain of a plate.
#[test]
fn half_a_picture_is_read_and_never_trusted_and_a_whole_one_is_whatever_its_file_looks_like() {
    let host = Host::start_with(Options { recognizer: Recognizer::Scripted, ..Options::default() });
    let camera = host.camera("north");
    let script = br#"tollbooth-script:{"attempts":[{"plate":"ABC1234","confidence":0.99,"jurisdiction":"us-tx"}]}"#;
    let whole = |seed| photo(seed, ImageFormat::Jpeg);
    let end = |seed| whole(seed).len() - 2;
    let cut = |seed| whole(seed)[..end(seed) / 2].to_vec();
    // Seven bytes that belong to nothing, between the first two segments.
    let stray = |seed| {
        let file = whole(seed);
        let at = 4 + usize::from(u16::from_be_bytes([file[4], file[5]]));
        [&file[..at], &[0; 7], &file[at..]].concat()
    };
    for (key, bytes, state) in [
        ("whole", whole(1), "accepted"),
        ("no-end-marker", whole(2)[..end(2)].to_vec(), "accepted"),
        ("stray-bytes", stray(3), "accepted"),
        ("no-tables", without_tables(&whole(4)), "accepted"),
        ("cut", cut(5), "in-review"),
        ("cut-with-an-end", [cut(6), vec![0xFF, 0xD9]].concat(), "in-review"),
        ("zeros-for-an-end", [cut(7), vec![0; 2_000]].concat(), "in-review"),
    ] {
        let sent = camera.send_photo("north", key, &captured(5), key, &[&bytes[..], script].concat());
        assert_eq!((sent.status, sent.text("state")), (202, "waiting".into()), "{key}: {sent:?}");
        let reviewer = host.token("reviewer", None);
        let path = format!("/v1/passages/{}", sent.text("passage"));
        let passage = wait::until("it is read", 60, || {
            let _ = host.operator.post("/v1/ticks/reading?wait=true", &json!({}));
            let passage = reviewer.get(&path).json();
            (passage["state"] != "waiting" && passage["state"] != "reading").then_some(passage)
        });
        assert_eq!(passage["photo"]["width"], 96, "{key}: {passage}");
        if state == "accepted" {
            // The same plate at the same booth: the first is billed, the others are held against it.
            assert!(passage["state"] == "accepted" || passage["reason"] == "possible-double", "{key}: {passage}");
        } else {
            assert_eq!(
                (&passage["state"], &passage["reason"]),
                (&json!("in-review"), &json!("image-damaged")),
                "{key}"
            );
            assert_eq!(passage["plate"], "ABC1234", "{key}: a suggestion from what is there: {passage}");
            assert!(passage["detail"].as_str().unwrap().contains("% of the picture"), "{key}: {passage}");
        }
    }
}

/// The photo without its Huffman tables, as Motion-JPEG cameras send it.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut bare = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xDA {
        let next = at + 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xC4 {
            bare.extend_from_slice(&jpeg[at..next]);
        }
        at = next;
    }
    [bare, jpeg[at..].to_vec()].concat()
}

#[test]
fn bad_input_is_refused_with_a_clear_problem_and_nothing_is_stored() {
    let host = Host::start();
    let camera = host.camera("north");
    let good = photo(1, ImageFormat::Jpeg);
    let at = captured(5);
    let path = |key: &str, query: &str| format!("/v1/booths/north/passages/{key}?{query}");
    let query = format!("captured_at={at}&lane=1&camera=front");
    let cases: Vec<(&str, String, Vec<u8>, u16, &str)> = vec![
        ("empty body", path("k", &query), vec![], 400, "invalid-request"),
        ("text", path("k", &query), b"this is a text file named photo.jpg, truly".to_vec(), 415, "not-a-photo"),
        ("1x1", path("k", &query), tiny(), 422, "image-size"),
        ("40000x40000", path("k", &query), huge(), 422, "image-size"),
        ("over the limit", path("k", &query), vec![0xff; 10_485_761], 413, "body-too-large"),
        ("dots", path("..%2f..%2fetc", &query), good.clone(), 400, "invalid-request"),
        ("long key", path(&"x".repeat(10_240), &query), good.clone(), 414, "path-too-long"),
        ("long valid path", path(&"x".repeat(300), &query), good.clone(), 400, "invalid-request"),
        ("invalid UTF-8", path("%ff%fe", &query), good.clone(), 400, "invalid-request"),
        ("no time", path("k", "lane=1&camera=front"), good.clone(), 400, "invalid-request"),
        ("no lane", path("k", &format!("captured_at={at}&camera=front")), good.clone(), 400, "invalid-request"),
        ("1970", path("k", "captured_at=1970-01-01T00:00:00Z&lane=1&camera=f"), good.clone(), 422, "capture-time"),
        ("2999", path("k", "captured_at=2999-01-01T00:00:00Z&lane=1&camera=f"), good.clone(), 422, "capture-time"),
        ("no offset", path("k", "captured_at=2026-01-01T00:00:00&lane=1&camera=f"), good.clone(), 422, "capture-time"),
        ("unknown parameter", path("k", &format!("{query}&speed=70")), good.clone(), 400, "invalid-request"),
    ];
    for (name, path, body, status, problem) in cases {
        let reply = camera.put(&path, &body);
        assert_eq!((reply.status, reply.problem().as_str()), (status, problem), "{name}: {reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{name}");
        assert!(!reply.text("detail").is_empty() && !reply.text("request_id").is_empty(), "{name}: {reply:?}");
    }
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 0, "{balance}");
}

#[test]
fn only_a_camera_of_this_booth_may_send() {
    let host = Host::start();
    let camera = host.camera("north");
    let south = host.camera("south");
    let bytes = photo(1, ImageFormat::Jpeg);
    let send = |api: &tollbooth_tests::Api| api.send_photo("north", "k", &captured(5), "1", &bytes);
    assert_eq!((send(&host.anonymous()).status, send(&host.anonymous()).problem()), (401, "unauthorized".into()));
    assert_eq!(send(&host.with_token("tbt_nobody_00")).status, 401);
    assert_eq!((send(&south).status, send(&south).problem()), (403, "forbidden".into()));
    assert_eq!(send(&host.operator).status, 403, "an operator is no camera");
    let tokens = host.operator.get("/v1/tokens").json();
    let id = tokens["items"].as_array().unwrap().iter().find(|t| t["booth"] == "north").unwrap()["id"].clone();
    assert_eq!(send(&camera).status, 202);
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", id.as_str().unwrap())).status, 200);
    assert_eq!(send(&camera).status, 401, "a revoked token is no token");
}

#[test]
fn a_lane_the_booth_does_not_have_is_refused() {
    let host = Host::start();
    let camera = host.camera("north");
    let body = json!({ "name": "North", "jurisdiction": "us-tx", "time_zone": "America/Chicago", "lanes": ["1", "2"] });
    assert_eq!(host.operator.put_json("/v1/booths/north", &body).status, 200);
    let bytes = photo(1, ImageFormat::Jpeg);
    let refused = camera.send_photo("north", "k", &captured(5), "3", &bytes);
    assert_eq!((refused.status, refused.problem()), (422, "invalid".into()), "{refused:?}");
    assert_eq!(camera.send_photo("north", "k", &captured(5), "2", &bytes).status, 202);
}

#[test]
fn racing_requests_with_one_key_make_one_passage() {
    let host = Host::start();
    let camera = host.camera("north");
    let at = captured(5);
    for round in 0..5 {
        let key = format!("race-{round}");
        let replies: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let (camera, at, key) = (&camera, &at, &key);
                    // Half of them send another photo.
                    scope.spawn(move || {
                        camera.send_photo("north", key, at, "1", &photo(round * 2 + n % 2, ImageFormat::Jpeg))
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let count = |status| replies.iter().filter(|r| r.status == status).count();
        assert_eq!(count(202), 1, "{replies:?}");
        assert_eq!((count(200), count(409)), (3, 4), "{replies:?}");
    }
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["closes"], true, "{balance}");
}

#[test]
fn a_body_shorter_than_declared_is_not_stored() {
    let host = Host::start();
    let token = token_of(&host);
    let bytes = scripted(1, &Script::plate("ABC1234"));
    let head = format!(
        "PUT /v1/booths/north/passages/short?captured_at={}&lane=1&camera=f HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n",
        captured(5),
        bytes.len() + 100
    );
    let answer = raw(&host, head.as_bytes(), &bytes, Then::Close);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 0, "{balance}");
}

#[test]
fn a_chunked_body_is_taken_and_one_over_the_limit_is_refused_while_it_streams() {
    let host = Host::start();
    let token = token_of(&host);
    let send = |key: &str, body: &[u8]| {
        let head = format!(
            "PUT /v1/booths/north/passages/{key}?captured_at={}&lane=1&camera=f HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            captured(5)
        );
        let mut chunked = Vec::new();
        for chunk in body.chunks(65_536) {
            write!(chunked, "{:x}\r\n", chunk.len()).unwrap();
            chunked.extend_from_slice(chunk);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        raw(&host, head.as_bytes(), &chunked, Then::Wait)
    };
    let taken = send("chunked", &photo(1, ImageFormat::Jpeg));
    assert!(taken.starts_with("HTTP/1.1 202"), "{taken}");
    let refused = send("endless", &vec![0xff; 12_000_000]);
    assert!(refused.starts_with("HTTP/1.1 413"), "{refused:.300}");
}

/// The text of a camera's token for the booth `north`.
fn token_of(host: &Host) -> String {
    let body = json!({ "name": "North", "jurisdiction": "us-tx", "time_zone": "America/Chicago" });
    assert!(host.operator.put_json("/v1/booths/north", &body).status < 300);
    host.operator.post("/v1/tokens", &json!({ "role": "camera", "booth": "north", "name": "raw" })).text("token")
}

/// What a raw client does once it has sent its bytes.
#[derive(PartialEq)]
enum Then {
    /// Closes its sending side: the body ends here, whatever was declared.
    Close,
    /// Waits for the answer.
    Wait,
}

/// Sends bytes as they are and returns what comes back.
fn raw(host: &Host, head: &[u8], body: &[u8], then: Then) -> String {
    let mut stream = TcpStream::connect(host.address()).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    stream.write_all(head).unwrap();
    // The host may answer and close before it has read everything: that is its right.
    let _ = stream.write_all(body);
    if then == Then::Close {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A PNG header that claims this size, with a valid checksum, and nothing behind it but an end.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend_from_slice(&width.to_be_bytes());
    chunk.extend_from_slice(&height.to_be_bytes());
    chunk.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend_from_slice(&13_u32.to_be_bytes());
    let crc = crc32(&chunk);
    bytes.extend_from_slice(&chunk);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
    bytes
}

fn tiny() -> Vec<u8> {
    png_header(1, 1)
}

fn huge() -> Vec<u8> {
    png_header(40_000, 40_000)
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}
