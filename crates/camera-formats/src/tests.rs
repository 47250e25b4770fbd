//! Requests in the shapes that the makers' documents show, with pictures of our own.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::json;

use super::*;

/// Something that begins as a JPEG and can be told from another by its length.
fn picture(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
    bytes.extend((4..length).map(|n| u8::try_from(n % 251).unwrap()));
    bytes
}

fn passage(message: Result<Message<'_>, Unreadable>) -> Passage<'_> {
    match message {
        Ok(Message::Passage(passage)) => passage,
        other => panic!("{other:?}"),
    }
}

/// A form as Hikvision's cameras write it: a length for each part.
fn form(boundary: &str, parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, kind, content) in parts {
        body.extend_from_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\
                 Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                content.len()
            )
            .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

const ALERT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.0.2.64</ipAddress><portNo>80</portNo><protocol>HTTP</protocol><channelID>1</channelID>
<dateTime>2026-11-20T10:15:30-06:00</dateTime><activePostCount>1</activePostCount>
<eventType>ANPR</eventType><eventState>active</eventState><eventDescription>ANPR</eventDescription>
<ANPR><country>2</country><licensePlate>KBR4651</licensePlate><line>2</line><direction>forward</direction>
<confidenceLevel>97</confidenceLevel><plateType>unknown</plateType><vehicleInfo><index>7</index><line>9</line></vehicleInfo>
<pictureInfoList><pictureInfo><fileName>licensePlatePicture.jpg</fileName></pictureInfo></pictureInfoList></ANPR>
<UUID>0b86cecf</UUID><picNum>2</picNum></EventNotificationAlert>"#;

#[test]
fn hikvision_sends_a_form_with_anpr_xml_and_the_whole_scene_is_what_is_read() {
    let (crop, scene) = (picture(9_000), picture(4_000));
    let body = form(
        "boundary",
        &[
            ("anpr.xml", "application/xml", ALERT.as_bytes()),
            ("licensePlatePicture.jpg", "image/pjpeg", &crop),
            ("detectionPicture.jpg", "image/pjpeg", &scene),
        ],
    );
    let found = passage(read(Some("multipart/form-data; boundary=boundary"), &body));
    assert_eq!(found.photo, scene, "a cut-out is not read, however large");
    assert_eq!(found.taken, Some(Taken::At("2026-11-20T10:15:30-06:00".to_owned())));
    assert_eq!(found.lane.as_deref(), Some("2"), "of the event, not of what is nested deeper");
    assert_eq!(found.vehicle, None);
}

#[test]
fn a_form_is_read_as_cameras_misspell_it() {
    let scene = picture(4_000);
    let whole = form("--b", &[("anpr.xml", "text/xml", ALERT.as_bytes()), ("vehiclePicture.jpg", "", &scene)]);
    assert_eq!(passage(read(Some("multipart/form-data; boundary=\"--b\""), &whole)).photo, scene, "hyphens of its own");
    assert_eq!(passage(read(None, &whole)).photo, scene, "no Content-Type");
    let cut = &whole[..whole.len() - "\r\n----b--\r\n".len()];
    assert_eq!(passage(read(Some("Multipart/Form-Data;boundary=--b"), cut)).photo, scene, "no last boundary");
    let bare = b"--x\nContent-Disposition: form-data; name=\"f\"; filename=\"a.jpg\"\n\n\xFF\xD8\xFFabc\n--x--\n";
    assert_eq!(passage(read(Some("multipart/form-data; boundary=x"), bare)).photo, &b"\xFF\xD8\xFFabc"[..]);
    // The boundary's bytes inside a picture whose length is declared.
    let tricky = [&picture(300)[..], b"\r\n--b\r\n", &picture(300)].concat();
    let body = form("b", &[("detectionPicture.jpg", "image/jpeg", &tricky)]);
    assert_eq!(passage(read(Some("multipart/form-data; boundary=b"), &body)).photo, tricky);
}

#[test]
fn what_is_no_event_of_a_vehicle_is_a_notice_and_one_without_picture_is_told() {
    for kind in ["heartBeat", "VMD", "videoloss"] {
        let other = ALERT.replace("<eventType>ANPR", &format!("<eventType>{kind}"));
        assert_eq!(read(Some("application/xml"), other.as_bytes()), Ok(Message::Notice), "{kind}");
    }
    assert_eq!(read(Some("application/xml"), ALERT.as_bytes()), Err(Unreadable::NoPicture));
    let empty =
        form("b", &[("anpr.xml", "text/xml", ALERT.as_bytes()), ("licensePlatePicture.jpg", "image/pjpeg", b"")]);
    assert_eq!(read(Some("multipart/form-data; boundary=b"), &empty), Err(Unreadable::NoPicture));
    for alive in [&b""[..], b" \r\n", br#"{"Active": "keepAlive", "DeviceID": "7K0"}"#] {
        assert_eq!(read(Some("application/json"), alive), Ok(Message::Notice));
    }
}

#[test]
fn a_recorder_that_passes_an_alert_on_adds_a_prefix() {
    let prefixed = ALERT.replace("</", "</ns1:").replace("<ANPR", "<ns1:ANPR").replace("<line", "<ns1:line");
    let prefixed = prefixed.replace("<EventN", "<ns1:EventN").replace("<dateTime", "<ns1:dateTime");
    let scene = picture(500);
    let body =
        form("b", &[("anpr.xml", "text/xml", prefixed.as_bytes()), ("detectionPicture.jpg", "image/jpeg", &scene)]);
    let found = passage(read(Some("multipart/form-data; boundary=b"), &body));
    assert_eq!((found.lane.as_deref(), found.taken.is_some()), (Some("2"), true));
}

#[test]
fn xml_that_brings_entities_of_its_own_is_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x><dateTime>&a;</dateTime></x>";
    assert!(matches!(read(None, bomb.as_bytes()), Err(Unreadable::Xml(_))));
}

#[test]
fn dahua_sends_json_with_local_time_and_pictures_in_base64() {
    let (crop, scene) = (picture(9_000), picture(4_000));
    let event = json!({"Picture": {
        "CutoutPic": {"Content": BASE64_STANDARD.encode(&crop), "PicName": "cut.jpg"},
        "NormalPic": {"Content": BASE64_STANDARD.encode(&scene), "PicName": "20261120101530.jpg"},
        "Plate": {"BoundingBox": [1, 2, 3, 4], "Confidence": 243, "IsExist": true, "PlateColor": "White", "PlateNumber": "KBR4651"},
        "SnapInfo": {"AccurateTime": "2026-11-20 10:15:30.123", "DeviceID": "7K0", "Direction": "Obverse", "LanNo": 3,
            "SnapTime": "2026-11-20 10:15:30", "TriggerSource": "Video"},
        "Vehicle": {"VehicleColor": "Black", "VehicleType": "SaloonCar"},
    }});
    let found = event.to_string();
    let found = passage(read(Some("application/json;charset=UTF-8"), found.as_bytes()));
    assert_eq!(found.photo, scene);
    assert_eq!(found.taken, Some(Taken::Local("2026-11-20T10:15:30.123".parse().unwrap())));
    assert_eq!(found.lane.as_deref(), Some("3"));
}

fn axis(state: &str, milliseconds: &str) -> serde_json::Value {
    json!({"packetCounter": "1", "datetime": "20261120 101530135", "plateText": "KBR4651", "plateUTF8": "KBR4651",
        "plateCountry": "USA", "plateConfidence": "0.839598", "carState": state, "roiID": "1", "carMoveDirection": "in",
        "carID": "907", "sensorProviderID": "defaultID", "capture_timestamp": milliseconds})
}

#[test]
fn axis_sends_a_form_or_an_array_of_images_and_all_events_of_a_car_are_one_vehicle() {
    let (crop, scene) = (picture(9_000), picture(4_000));
    let new = axis("new", "1763633730250").to_string();
    let body = form(
        "b",
        &[
            ("event", "application/json", new.as_bytes()),
            ("KBR4651_lpup.jpg", "image/jpeg", &crop),
            ("KBR4651_roi.jpg", "image/jpeg", &scene),
        ],
    );
    let first = passage(read(Some("multipart/form-data; boundary=b"), &body));
    assert_eq!(first.photo, scene);
    assert_eq!(first.taken, Some(Taken::At("2025-11-20T10:15:30.250Z".to_owned())));
    let mut lost = axis("lost", "1763633741000");
    lost["ImageArray"] = json!([
        {"ImageType": "plate", "ImageFormat": "jpg", "BinaryImage": BASE64_STANDARD.encode(&crop)},
        {"ImageType": "vehicle", "ImageFormat": "jpg", "BinaryImage": BASE64_STANDARD.encode(&scene)},
    ]);
    let lost = lost.to_string();
    let last = passage(read(Some("application/json"), lost.as_bytes()));
    assert_eq!(last.photo, scene);
    assert!(first.vehicle.is_some());
    assert_eq!(first.vehicle, last.vehicle);
}

#[test]
fn milesight_sends_json_with_pictures_as_data_urls() {
    let (crop, scene) = (picture(9_000), picture(4_000));
    let event = json!({"event": "LPR", "device": "Network Camera", "time": "2026-11-20 10:15:30", "time_msec": "2026-11-20 10:15:30.250",
        "plate": "KBR4651", "type": "Visitor", "direction": "Approach", "detection_region": 1, "confidence": "0.98",
        "plate_image": BASE64_STANDARD.encode(&crop),
        "full_image": format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&scene))});
    let text = event.to_string();
    let found = passage(read(Some("application/json"), text.as_bytes()));
    assert_eq!(found.photo, scene);
    assert_eq!(found.taken, Some(Taken::Local("2026-11-20T10:15:30.250".parse().unwrap())));
    assert_eq!(found.lane.as_deref(), Some("1"));
}

#[test]
fn a_photo_alone_or_in_a_form_is_a_passage_without_a_time() {
    let scene = picture(4_000);
    let alone = passage(read(Some("image/jpeg"), &scene));
    assert_eq!((alone.photo.as_ref(), alone.taken), (&scene[..], None));
    let body = form("b", &[("imageFile", "image/jpeg", &scene)]);
    assert_eq!(passage(read(Some("multipart/form-data; boundary=b"), &body)).photo, scene);
}

#[test]
fn json_of_another_maker_is_read_by_its_picture_and_the_usual_names_of_time() {
    let scene = picture(4_000);
    let event = json!({"created_at": "2026-11-20T10:15:30.000000Z", "camera_name": "gate", "base64_img": BASE64_STANDARD.encode(&scene)});
    let text = event.to_string();
    let found = passage(read(None, text.as_bytes()));
    assert_eq!(found.photo, scene);
    assert_eq!(found.taken, Some(Taken::At("2026-11-20T10:15:30.000000Z".to_owned())));
    assert_eq!(read(None, br#"{"event": "door"}"#), Err(Unreadable::NoPicture));
    let nonsense = json!({"time": "yesterday", "image": BASE64_STANDARD.encode(&scene)}).to_string();
    assert_eq!(read(None, nonsense.as_bytes()), Err(Unreadable::Time));
    assert_eq!(read(None, b"hello"), Err(Unreadable::Unknown));
    assert!(matches!(read(None, b"{"), Err(Unreadable::Json(_))));
}

#[test]
fn a_document_with_more_in_it_than_any_camera_sends_is_refused_before_it_is_read() {
    let values = |count: usize| format!("{{\"time\":\"2026-11-20T10:15:30Z\",\"a\":[{}0]}}", "0,".repeat(count));
    assert_eq!(read(None, values(9_000).as_bytes()), Err(Unreadable::NoPicture));
    for many in [values(10_000), "[".repeat(10_001), format!("{{{}", "\"a\":{".repeat(10_001))] {
        let refused = read(Some("application/json"), many.as_bytes());
        assert!(matches!(&refused, Err(Unreadable::Json(why)) if why.contains("10000 values")), "{refused:?}");
    }
    // A picture has as many of these bytes as it likes: they are another's in base64.
    let pictures = vec![BASE64_STANDARD.encode(picture(4_000)); 100];
    let found = json!({ "images": pictures }).to_string();
    assert_eq!(passage(read(None, found.as_bytes())).photo.len(), 4_000);
}

#[test]
fn forms_within_forms_without_a_boundary_or_of_too_many_parts_are_refused() {
    let inner = form("inner", &[("a.jpg", "image/jpeg", &picture(500))]);
    let outer = form("outer", &[("all", "multipart/mixed; boundary=inner", &inner)]);
    let read = |kind: &str, body: &[u8]| read(Some(kind), body).map(drop);
    assert_eq!(read("multipart/form-data; boundary=outer", &outer), Err(Unreadable::NoPicture));
    assert_eq!(read("multipart/form-data; boundary=none", &outer), Err(MalformedForm::NoBoundary.into()));
    let parts: Vec<(&str, &str, &[u8])> = vec![("x", "text/plain", b"1"); 100_000];
    assert_eq!(read("multipart/form-data; boundary=b", &form("b", &parts)), Err(MalformedForm::TooManyParts.into()));
    assert!(read("multipart/form-data", &outer[..200]).is_err(), "guessed, and cut");
}
