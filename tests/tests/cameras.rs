//! Cameras that push: each request in the shape that its maker's documents show, sent by a client that is none of ours
//! (Python's, which answers challenges by itself), with photos of vehicles.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::ImageFormat;
use serde_json::{Value, json};
use tollbooth_tests::{Api, Host, Reply, photo, repository};

/// A client with credentials that shows none before it is asked: prints the status and then the body.
const CLIENT: &str = r#"
import sys, urllib.error, urllib.request as http
url, how, user, password, kind, path = sys.argv[1:]
keys = http.HTTPPasswordMgrWithDefaultRealm()
keys.add_password(None, url, user, password)
handlers = {"digest": [http.HTTPDigestAuthHandler(keys)], "basic": [http.HTTPBasicAuthHandler(keys)], "none": []}[how]
request = http.Request(url, data=open(path, "rb").read(), headers={"Content-Type": kind}, method="POST")
try:
    answer = http.build_opener(*handlers).open(request)
except urllib.error.HTTPError as refusal:
    answer = refusal
sys.stdout.write(f"{answer.status if hasattr(answer, 'status') else answer.code}\n")
sys.stdout.write(answer.read().decode())
"#;

/// A camera that is set up for pushes.
struct Camera<'a> {
    host: &'a Host,
    token: String,
    user: String,
    password: String,
    path_with_password: String,
}

impl<'a> Camera<'a> {
    fn new(host: &'a Host, lane: Option<&str>) -> Self {
        let _ = host.camera("north");
        let made =
            host.operator.post("/v1/tokens", &json!({"role": "camera", "booth": "north", "name": "pushes"})).json();
        let token = made["id"].as_str().unwrap().to_owned();
        let set_up = json!({"lane": lane, "camera": "front"});
        let reply = host.operator.put_json(&format!("/v1/tokens/{token}/push"), &set_up);
        assert_eq!(reply.status, 201, "{reply:?}");
        let again = host.operator.put_json(&format!("/v1/tokens/{token}/push"), &set_up);
        assert_eq!((again.status, again.text("password")), (200, reply.text("password")));
        let text = |name: &str| reply.text(name);
        Self {
            host,
            token,
            user: text("user"),
            password: text("password"),
            path_with_password: text("path_with_password"),
        }
    }

    fn push(&self, how: &str, path: &str, kind: &str, body: &[u8]) -> (u16, Value) {
        self.push_as(how, &self.password, path, kind, body)
    }

    fn push_as(&self, how: &str, password: &str, path: &str, kind: &str, body: &[u8]) -> (u16, Value) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), body).unwrap();
        let url = format!("http://{}{path}", self.host.address());
        let arguments = ["-c", CLIENT, &url, how, &self.user, password, kind];
        let output = Command::new("python3").args(arguments).arg(file.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (status, body) =
            text.split_once('\n').unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Pushes by the secret URL and holds the answer to the API's document.
    fn push_plainly(&self, photo: &[u8]) -> Reply {
        self.host.anonymous().post_bytes(&self.path_with_password, "image/jpeg", photo)
    }
}

fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, kind, content) in parts {
        let head = format!(
            "--boundary\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend_from_slice(b"--boundary--\r\n");
    body
}

const FORM: &str = "multipart/form-data; boundary=boundary";

/// Milliseconds so long ago, on the second.
fn ago(seconds: i64) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    (i64::try_from(now).unwrap() - seconds) * 1_000
}

fn rfc3339(instant: i64) -> String {
    tollbooth_pipeline::capture::rfc3339(instant)
}

/// What a clock in UTC shows, as cameras write it that tell no offset.
fn local(instant: i64) -> String {
    rfc3339(instant).replace('T', " ").trim_end_matches('Z').to_owned()
}

fn hikvision(instant: i64, lane: &str, crop: &[u8], scene: &[u8]) -> Vec<u8> {
    let time = rfc3339(instant).replace(".000Z", "+00:00");
    let alert = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EventNotificationAlert version=\"2.0\" \
         xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n<ipAddress>192.0.2.64</ipAddress><portNo>80</portNo>\
         <protocol>HTTP</protocol><macAddress>00:00:5e:00:53:01</macAddress><channelID>1</channelID>\
         <dateTime>{time}</dateTime><activePostCount>1</activePostCount><eventType>ANPR</eventType>\
         <eventState>active</eventState><eventDescription>ANPR</eventDescription><ANPR><country>2</country>\
         <licensePlate>UNKNOWN</licensePlate><line>{lane}</line><direction>forward</direction>\
         <confidenceLevel>0</confidenceLevel></ANPR><picNum>2</picNum></EventNotificationAlert>"
    );
    form(&[
        ("anpr.xml", "application/xml", alert.as_bytes()),
        ("licensePlatePicture.jpg", "image/pjpeg", crop),
        ("detectionPicture.jpg", "image/pjpeg", scene),
    ])
}

fn dahua(instant: i64, crop: &[u8], scene: &[u8]) -> Vec<u8> {
    json!({"Picture": {
        "CutoutPic": {"Content": BASE64_STANDARD.encode(crop), "PicName": "cutout.jpg"},
        "NormalPic": {"Content": BASE64_STANDARD.encode(scene), "PicName": "normal.jpg"},
        "Plate": {"BoundingBox": [0, 0, 10, 10], "Confidence": 10, "IsExist": false, "PlateColor": "", "PlateNumber": ""},
        "SnapInfo": {"AccurateTime": local(instant), "DeviceID": "7K0", "Direction": "Obverse", "LanNo": 2,
            "SnapTime": local(instant), "TriggerSource": "Video"},
        "Vehicle": {"VehicleColor": "", "VehicleSeries": "", "VehicleSign": "", "VehicleType": ""},
    }})
    .to_string()
    .into_bytes()
}

fn axis(instant: i64, car: u32, state: &str, scene: &[u8]) -> Vec<u8> {
    let event = json!({"packetCounter": "1", "datetime": "20261120 101530135", "plateUTF8": "", "plateText": "",
        "plateConfidence": "0.1", "carState": state, "roiID": "1", "carMoveDirection": "in", "carID": car.to_string(),
        "capture_timestamp": instant.to_string()});
    form(&[("event", "application/json", event.to_string().as_bytes()), ("roi.jpg", "image/jpeg", scene)])
}

fn milesight(instant: i64, crop: &[u8], scene: &[u8]) -> Vec<u8> {
    let milliseconds = local(instant);
    let seconds = milliseconds.split('.').next().unwrap();
    json!({"event": "LPR", "device": "Network Camera", "time": seconds, "time_msec": milliseconds, "plate": "", "type": "Visitor",
        "direction": "Approach", "detection_region": 1, "plate_image": BASE64_STANDARD.encode(crop),
        "full_image": BASE64_STANDARD.encode(scene)})
    .to_string()
    .into_bytes()
}

/// The nine photos of vehicles where they are at hand; else as many drawn ones, and a word about it.
fn nine_photos() -> Vec<Vec<u8>> {
    let folder: PathBuf = repository().join("../shared/data/lab-photos");
    let Ok(entries) = fs::read_dir(&folder) else {
        eprintln!("SKIPPED with photos of vehicles: there is no {}; drawn ones are pushed", folder.display());
        return (0..9).map(|seed| photo(seed, ImageFormat::Jpeg)).collect();
    };
    let mut paths: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some("jpg".as_ref())).collect();
    paths.sort();
    assert_eq!(paths.len(), 9, "{paths:?}");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn nine_photos_pushed_as_each_maker_does_become_nine_passages() {
    let host = Host::start();
    let camera = Camera::new(&host, Some("1"));
    // The clocks of these cameras stand in UTC, and say so or not.
    let zoned = json!({"lane": "1", "camera": "front", "time_zone": "UTC"});
    assert_eq!(host.operator.put_json(&format!("/v1/tokens/{}/push", camera.token), &zoned).status, 200);
    let reviewer = host.token("reviewer", None);
    let crop = photo(77, ImageFormat::Jpeg);
    for (number, scene) in nine_photos().iter().enumerate() {
        let taken = ago(600 - i64::try_from(number).unwrap() * 60);
        let (how, path, kind, body) = match number % 5 {
            0 => ("digest", "/v1/push", FORM, hikvision(taken, "1", &crop, scene)),
            1 => (
                "digest",
                "/v1/push/NotificationInfo/TollgateInfo",
                "application/json;charset=UTF-8",
                dahua(taken, &crop, scene),
            ),
            2 => ("basic", "/v1/push", FORM, axis(taken, 900 + u32::try_from(number).unwrap(), "new", scene)),
            3 => ("basic", "/v1/push", "application/json", milesight(taken, &crop, scene)),
            _ => ("none", camera.path_with_password.as_str(), "image/jpeg", scene.clone()),
        };
        let (status, first) = camera.push(how, path, kind, &body);
        assert_eq!((status, &first["Result"]), (200, &json!(true)), "{number}: {first}");
        let (status, again) = camera.push(how, path, kind, &body);
        assert_eq!((status, &again["passage"]), (200, &first["passage"]), "{number}: sent again until it is heard");
        let passage = first["passage"].as_str().unwrap();
        let stored = reviewer.get(&format!("/v1/passages/{passage}/photo"));
        assert_eq!(stored.body, *scene, "{number}: the scene, byte for byte");
        let about = reviewer.get(&format!("/v1/passages/{passage}")).json();
        assert_eq!(
            (&about["booth"], &about["lane"], &about["camera"]),
            (&json!("north"), &json!("1"), &json!("front"))
        );
        if number % 5 != 4 {
            let captured = tollbooth_pipeline::capture::instant(about["captured_at"].as_str().unwrap());
            assert_eq!(captured, Some(taken), "{number}: {about}");
        }
    }
    let balance = host.operator.get("/v1/balance").json();
    assert_eq!(balance["totals"]["from_state"]["received"], 9, "{balance}");
    assert_eq!(balance["closes"], true, "{balance}");
}

#[test]
fn all_events_of_one_vehicle_are_one_passage() {
    let host = Host::start();
    let camera = Camera::new(&host, Some("1"));
    let push = |at: i64, car: u32, state: &str, seed: u64| {
        let (status, body) =
            camera.push("digest", "/v1/push", FORM, &axis(at, car, state, &photo(seed, ImageFormat::Jpeg)));
        assert_eq!(status, 200, "{body}");
        body["passage"].as_str().unwrap().to_owned()
    };
    let first = push(ago(100), 907, "new", 1);
    assert_eq!(push(ago(98), 907, "update", 2), first);
    assert_eq!(push(ago(88), 907, "lost", 3), first);
    assert_ne!(push(ago(60), 908, "new", 4), first);
    // A camera that started again counts from the beginning.
    assert_ne!(push(ago(1_900), 907, "new", 5), first);
}

/// Two lanes, each with a camera that somebody called `front`, and both have started lately.
#[test]
fn cameras_of_one_name_that_count_alike_lose_no_vehicle() {
    let host = Host::start();
    let (one, other) = (Camera::new(&host, Some("1")), Camera::new(&host, Some("2")));
    let push = |camera: &Camera<'_>, seed: u64| {
        let event = axis(ago(60), 7, "new", &photo(seed, ImageFormat::Jpeg));
        let (status, body) = camera.push("digest", "/v1/push", FORM, &event);
        assert_eq!(status, 200, "{body}");
        body["passage"].as_str().unwrap().to_owned()
    };
    assert_ne!(push(&one, 1), push(&other, 2));
}

#[test]
fn a_camera_without_a_lane_of_its_own_takes_that_of_its_events() {
    let host = Host::start();
    let camera = Camera::new(&host, None);
    let reviewer = host.token("reviewer", None);
    let (crop, scene) = (photo(1, ImageFormat::Jpeg), photo(2, ImageFormat::Jpeg));
    let (status, body) = camera.push("digest", "/v1/push", FORM, &hikvision(ago(9), "3", &crop, &scene));
    assert_eq!(status, 200, "{body}");
    let about = reviewer.get(&format!("/v1/passages/{}", body["passage"].as_str().unwrap())).json();
    assert_eq!(about["lane"], "3");
    let refused = camera.push_plainly(&photo(3, ImageFormat::Jpeg));
    assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid"), "{refused:?}");
}

/// What the balance counts as refused, by reason.
fn refused(host: &Host) -> Value {
    let balance = host.operator.get("/v1/balance").json();
    let rows = balance["refused"].as_array().unwrap().iter();
    rows.map(|row| (row["reason"].as_str().unwrap().to_owned(), row["uploads"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn counted(host: &Host, reason: &str) {
    tollbooth_tests::wait::until(reason, 20, || (refused(host)[reason].as_u64() >= Some(1)).then_some(()));
}

#[test]
fn only_the_right_password_pushes_and_wrong_ones_are_seen() {
    let host = Host::start();
    let camera = Camera::new(&host, Some("1"));
    let bytes = photo(1, ImageFormat::Jpeg);
    for how in ["digest", "basic"] {
        let (status, _) = camera.push_as(how, "wrong", "/v1/push", "image/jpeg", &bytes);
        assert_eq!(status, 401, "{how}");
    }
    counted(&host, "unauthorized");
    let stranger: Api = host.anonymous();
    for path in ["/v1/push", "/v1/push/nobody/nothing", &format!("/v1/push/{}/wrong", camera.user)] {
        let reply = stranger.post_bytes(path, "image/jpeg", &bytes);
        assert_eq!((reply.status, reply.problem().as_str()), (401, "unauthorized"), "{path}: {reply:?}");
    }
    // A bearer token, even the camera's own, is another door's.
    assert_eq!(host.operator.post_bytes("/v1/push", "image/jpeg", &bytes).status, 401);
    assert_eq!(camera.push_plainly(&bytes).status, 200);
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", camera.token)).status, 200);
    assert_eq!(camera.push_plainly(&photo(2, ImageFormat::Jpeg)).status, 401, "revoked");
    for secret in [&camera.password, tollbooth_tests::CAMERA_KEY] {
        assert!(!host.log().contains(secret), "a secret is in the log");
    }
    let shown = host.operator.get(&format!("/v1/tokens/{}/push", camera.token));
    assert!(!String::from_utf8_lossy(&shown.body).contains(&camera.password), "{shown:?}");
}

#[test]
fn a_camera_that_goes_on_pushing_with_a_revoked_token_is_seen() {
    let host = Host::start();
    let camera = Camera::new(&host, Some("1"));
    assert_eq!(host.operator.delete(&format!("/v1/tokens/{}", camera.token)).status, 200);
    assert_eq!(refused(&host), json!({}));
    assert_eq!(camera.push_plainly(&photo(1, ImageFormat::Jpeg)).status, 401);
    counted(&host, "unauthorized");
}

#[test]
fn what_cannot_be_taken_is_said_and_counted_and_a_sign_of_life_is_neither() {
    let host = Host::start();
    let camera = Camera::new(&host, Some("1"));
    let empty = hikvision(ago(5), "1", b"", b"");
    let (status, body) = camera.push("digest", "/v1/push", FORM, &empty);
    assert_eq!((status, body["type"].as_str()), (415, Some("urn:tollbooth:problem:not-a-photo")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("without a picture"), "{body}");
    counted(&host, "not-a-photo");
    let (status, body) = camera.push("basic", "/v1/push", "text/plain", b"hello");
    assert_eq!((status, body["type"].as_str()), (415, Some("urn:tollbooth:problem:unsupported-media-type")), "{body}");
    let old = hikvision(1_000_000_000_000, "1", b"", &photo(1, ImageFormat::Jpeg));
    let (status, body) = camera.push("basic", "/v1/push", FORM, &old);
    assert_eq!((status, body["type"].as_str()), (422, Some("urn:tollbooth:problem:capture-time")), "{body}");
    counted(&host, "capture-time");
    let before = refused(&host);
    for alive in [&b"{\"Active\": \"keepAlive\", \"DeviceID\": \"7K0\"}"[..], b""] {
        let (status, body) = camera.push("digest", "/v1/push/NotificationInfo/KeepAlive", "application/json", alive);
        assert_eq!((status, &body["Result"], body.get("passage")), (200, &json!(true), None), "{body}");
    }
    assert_eq!(refused(&host), before);
    assert_eq!(host.operator.get("/v1/balance").json()["totals"]["from_state"]["received"], 0);
}

/// Field report B16: cameras that knock at the other door are told, and somebody sees it, whoever they are.
#[test]
fn refused_attempts_at_the_front_door_are_seen_whoever_sent_them() {
    let host = Host::start();
    let camera = host.camera("north");
    let path = "/v1/booths/north/passages/k1?captured_at=2026-11-20T10:15:30Z&lane=1&camera=c";
    let bytes = photo(1, ImageFormat::Jpeg);
    assert_eq!(camera.post_bytes(path, FORM, &bytes).status, 405);
    assert_eq!(host.anonymous().post_bytes(path, FORM, &bytes).status, 405);
    counted(&host, "method-not-allowed");
    for _ in 0..10 {
        assert_eq!(host.with_token("tbt_0123456789_0123456789").put(path, &bytes).status, 401);
    }
    counted(&host, "unauthorized");
    let unknown = path.replace("north", "nowhere");
    assert_eq!(host.anonymous().put(&unknown, &bytes).status, 401);
    assert!(refused(&host)["unauthorized"].as_u64().unwrap() <= 10, "at most one a second: {}", refused(&host));
}

/// A child that is stopped whatever becomes of the test.
struct Stopped(std::process::Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Cameras that upload by FTP: what they leave in a folder is sent once it is whole, for as long as somebody watches.
#[test]
fn a_folder_that_is_watched_is_sent_as_it_fills() {
    let host = Host::start();
    let _ = host.camera("north");
    let made =
        host.operator.post("/v1/tokens", &json!({"role": "camera", "booth": "north", "name": "ftp"})).text("token");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(repository().join("target/release/tollbooth"));
    command.arg("send").arg(folder.path()).args(["--watch", "--booth", "north", "--lane", "1"]);
    command.env("TOLLBOOTH_URL", format!("http://{}", host.address())).env("TOLLBOOTH_TOKEN", made);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut watching = Stopped(command.spawn().unwrap());
    let received = || host.operator.get("/v1/balance").json()["totals"]["from_state"]["received"].clone();
    for number in 1..=2_u64 {
        fs::write(folder.path().join(format!("{number}.jpg")), photo(number, ImageFormat::Jpeg)).unwrap();
        tollbooth_tests::wait::until("the photo to arrive", 30, || (received() == number).then_some(()));
    }
    assert!(watching.0.try_wait().unwrap().is_none(), "it goes on");
}
