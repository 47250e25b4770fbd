//! Requests against a real server: what is repeated, when, and how a refusal reads.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure here is a failed test"
)]

mod server;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use server::{Reply, Server};
use tollbooth_client::{Api, ApiOptions, ClientError, PhotoParameters, RetryPolicy, Token};

const PHOTO: &[u8] = b"\xff\xd8 a photo";

fn api(server: &Server) -> Api {
    let retry = RetryPolicy { attempts: 4, first_wait: Duration::from_millis(5), ..RetryPolicy::default() };
    let options = ApiOptions { retry, ..ApiOptions::default() };
    Api::new(&server.url, Some(Token::new("tbt_camera").unwrap()), options).unwrap()
}

fn about() -> PhotoParameters {
    PhotoParameters {
        booth: "north-1".into(),
        key: "IMG_1-00ff".into(),
        captured_at: "2026-11-20T10:15:30+01:00".into(),
        lane: "lane 2".into(),
        camera: "cam/1".into(),
    }
}

fn received() -> Reply {
    Reply::json(202, &json!({"passage": "psg_1", "state": "waiting", "photo_sha256": "00"}))
}

/// Answers the first requests with the replies given, every later one with `received`.
fn first(replies: Vec<Reply>) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| replies.get(count.fetch_add(1, Ordering::SeqCst)).cloned().unwrap_or_else(received))
}

#[test]
fn a_photo_arrives_with_its_parameters_and_token() {
    let server = first(vec![]);
    let receipt = api(&server).put_photo(&about(), PHOTO).unwrap();
    assert_eq!((receipt.passage.as_str(), receipt.state.as_str(), receipt.new), ("psg_1", "waiting", true));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("PUT", "/v1/booths/north-1/passages/IMG_1-00ff"));
    assert_eq!(asked[0].parameter("captured_at").as_deref(), Some("2026-11-20T10:15:30+01:00"));
    assert_eq!(asked[0].parameter("lane").as_deref(), Some("lane 2"));
    assert_eq!(asked[0].parameter("camera").as_deref(), Some("cam/1"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer tbt_camera"));
    assert_eq!(asked[0].body, PHOTO);
}

#[test]
fn a_resend_is_told_from_a_new_passage() {
    let server = Server::start(|_| Reply::json(200, &json!({"passage": "psg_1", "state": "accepted"})));
    assert!(!api(&server).put_photo(&about(), PHOTO).unwrap().new);
}

#[test]
fn a_busy_server_is_asked_again_no_earlier_than_it_said() {
    let busy = Reply::problem(503, "unavailable", "Busy.").with("retry-after", "1");
    let server = first(vec![busy]);
    api(&server).put_photo(&about(), PHOTO).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    let waited = asked[1].at - asked[0].at;
    assert!(waited >= Duration::from_secs(1), "asked again after {waited:?}");
}

#[test]
fn dropped_connections_and_broken_answers_are_repeated_with_the_same_photo() {
    let server = first(vec![Reply::Drop, Reply::BreakOff, Reply::problem(502, "x", "proxy")]);
    api(&server).put_photo(&about(), PHOTO).unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|asked| asked.body == PHOTO));
    assert_eq!(asked[0].header("expect"), None);
    assert_eq!(asked[1].header("expect"), Some("100-continue"));
}

#[test]
fn a_refusal_is_final_and_reads_as_the_server_said() {
    let server = first(vec![Reply::problem(409, "key-reused", "Use a new key.")]);
    let error = api(&server).put_photo(&about(), PHOTO).unwrap_err();
    assert_eq!(server.asked().len(), 1);
    assert_eq!(error.exit_code(), 1);
    let text = error.to_string();
    assert!(text.contains("409 key-reused: Use a new key. [req_test]"), "{text}");
    assert!(!text.contains("tbt_camera"), "{text}");
}

#[test]
fn a_refusal_before_the_body_was_read_is_not_lost_behind_a_broken_pipe() {
    let server = Server::start_refusing(|asked| (asked.method == "PUT").then_some(413), |_| Reply::Drop);
    let photo = vec![0xff; 8_000_000];
    let error = api(&server).put_photo(&about(), &photo).unwrap_err();
    assert!(matches!(&error, ClientError::Refused { problem, .. } if problem.status == 413), "{error}");
}

#[test]
fn a_server_that_stays_away_is_given_up_after_the_last_attempt() {
    let server = Server::start(|_| Reply::Drop);
    let error = api(&server).put_photo(&about(), PHOTO).unwrap_err();
    assert_eq!(server.asked().len(), 4);
    assert!(matches!(error, ClientError::Unreachable { attempts: 4, .. }), "{error}");
    assert_eq!(error.exit_code(), 3);

    let gone = server.url.clone();
    drop(server);
    let options = ApiOptions { retry: RetryPolicy::once(), ..ApiOptions::default() };
    let error = Api::new(&gone, None, options).unwrap().health().unwrap_err();
    assert_eq!(error.exit_code(), 3, "{error}");
}

#[test]
fn making_a_token_is_not_repeated_when_nobody_knows_what_was_done() {
    for (reply, expected) in [(Reply::Drop, 1), (Reply::problem(500, "internal", ""), 1)] {
        let server = first(vec![reply]);
        assert!(api(&server).create_camera_token("north-1", "t").is_err());
        assert_eq!(server.asked().len(), expected);
    }
    let made = json!({"id": "tok_1", "token": "tbt_1_x", "role": "camera"});
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::problem(503, "unavailable", "Nothing was stored."),
        _ => Reply::json(201, &made),
    });
    assert_eq!(api(&server).create_camera_token("north-1", "t").unwrap().id, "tok_1");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_redirect_is_named_instead_of_followed_without_a_token() {
    let answer = Reply::json(301, &json!({})).with("location", "https://tolls.example/");
    let server = first(vec![answer]);
    let error = api(&server).put_photo(&about(), PHOTO).unwrap_err().to_string();
    assert!(error.contains("https://tolls.example/"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn an_answer_that_is_not_ours_is_said_to_be_so() {
    let server = Server::start(|_| Reply::bytes(b"<html>hello</html>".to_vec()));
    let error = api(&server).put_photo(&about(), PHOTO).unwrap_err();
    assert!(matches!(error, ClientError::UnexpectedAnswer { .. }), "{error}");
}
