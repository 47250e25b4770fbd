//! An evaluation from the folder to the score, against a server that reads plates as it is told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a failure here is a failed test"
)]

mod server;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use server::{Asked, Reply, Server};
use tollbooth_client::evaluation::{BoothChoice, EvaluationOptions, Score, Truth, evaluate};
use tollbooth_client::{Api, ApiOptions, ClientError, RetryPolicy, Token};
use tollbooth_pipeline::settings::Settings;

/// What happened to the server.
#[derive(Default)]
struct Ledger {
    booths: HashMap<String, Value>,
    /// Passage to photo and how often it was looked at.
    passages: HashMap<String, (String, u32)>,
    placed: Vec<(String, String)>,
    revoked: u32,
    ticks: u32,
}

/// The photo `accept:ABC123` is accepted as that plate, `review:XYZ` only suggested; both after three looks.
/// `refuse:` is no photo and `hang:` is never read.
fn installation(ledger: &'static Mutex<Ledger>) -> Server {
    Server::start(move |asked: &Asked| {
        let mut ledger = ledger.lock().unwrap();
        match (asked.method.as_str(), asked.segments().as_slice()) {
            ("PUT", ["v1", "booths", id]) => {
                ledger.booths.insert((*id).to_owned(), serde_json::from_slice(&asked.body).unwrap());
                Reply::json(201, &json!({"id": id}))
            }
            ("POST", ["v1", "tokens"]) => {
                let body: Value = serde_json::from_slice(&asked.body).unwrap();
                Reply::json(
                    201,
                    &json!({"id": "tok_c", "token": format!("camera-{}", body["booth"].as_str().unwrap())}),
                )
            }
            ("DELETE", ["v1", "tokens", "tok_c"]) => {
                ledger.revoked += 1;
                Reply::json(200, &json!({"id": "tok_c"}))
            }
            ("PUT", ["v1", "booths", booth, "passages", key]) => {
                assert_eq!(asked.header("authorization"), Some(format!("Bearer camera-{booth}").as_str()));
                let photo = String::from_utf8(asked.body.clone()).unwrap();
                if photo.starts_with("refuse:") {
                    return Reply::problem(415, "not-a-photo", "No.");
                }
                let passage = format!("psg_{booth}_{key}");
                ledger.placed.push(((*booth).to_owned(), asked.parameter("captured_at").unwrap()));
                ledger.passages.insert(passage.clone(), (photo, 0));
                Reply::json(202, &json!({"passage": passage, "state": "waiting"}))
            }
            ("GET", ["v1", "passages", passage]) => {
                let (photo, looks) = ledger.passages.get_mut(*passage).unwrap();
                *looks += 1;
                Reply::json(200, &view(passage, photo, *looks))
            }
            ("POST", ["v1", "ticks", "reading"]) => {
                ledger.ticks += 1;
                Reply::json(202, &json!({"accepted": true}))
            }
            other => panic!("unexpected request {other:?}"),
        }
    })
}

fn view(passage: &str, photo: &str, looks: u32) -> Value {
    let (what, text) = photo.split_once(':').unwrap();
    let text = text.trim_end_matches('!');
    if what == "hang" || looks < 3 {
        return json!({"passage": passage, "state": "waiting", "readings": []});
    }
    let accepted = what == "accept";
    let reading = json!({"recognizer": "r", "model": "m", "duration_ms": 400, "cost_micros": 0,
        "sightings": [{"bounds": {"x": 1.0, "y": 1.0, "width": 90.0, "height": 30.0}, "jurisdiction": null,
            "candidates": [{"text": text, "confidence": 0.9, "characters": []}], "touches_border": false,
            "plausibility": 1.0, "doubts": []}]});
    json!({"passage": passage, "state": if accepted { "accepted" } else { "in-review" },
        "reason": if accepted { Value::Null } else { json!("low-confidence") },
        "plate": if accepted { json!(text) } else { Value::Null }, "jurisdiction": "us-tx",
        "readings": [{"attempt": 1, "outcome": "outage", "duration_ms": 9, "reading": null},
            {"attempt": 2, "outcome": "read", "duration_ms": 400, "reading": reading}]})
}

fn folder(table: &str, photos: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("truth.csv"), table).unwrap();
    photos.iter().for_each(|(name, content)| std::fs::write(folder.path().join(name), content).unwrap());
    folder
}

fn score(server: &Server, folder: &Path, patience: Duration) -> Result<Score, ClientError> {
    score_at(server, folder, patience, None)
}

fn score_at(
    server: &Server,
    folder: &Path,
    patience: Duration,
    everywhere: Option<&str>,
) -> Result<Score, ClientError> {
    let retry = RetryPolicy { attempts: 2, first_wait: Duration::from_millis(2), ..RetryPolicy::default() };
    let options = ApiOptions { retry, ..ApiOptions::default() };
    let api = Api::new(&server.url, Some(Token::new("operator").unwrap()), options).unwrap();
    let booths = BoothChoice { everywhere, otherwise: "us-ca" };
    let options = EvaluationOptions { booths, jobs: 2, patience, quiet: true, settings: Settings::default() };
    evaluate(&api, &Truth::read(folder)?, &options)
}

fn leaked() -> &'static Mutex<Ledger> {
    Box::leak(Box::default())
}

#[test]
fn photos_are_sent_from_their_jurisdiction_and_scored_by_what_was_recorded() {
    let ledger = leaked();
    let server = installation(ledger);
    let folder = folder(
        "file,plate,jurisdiction\na.jpg,ABC123,us-tx\nb.jpg,B0B,us-ok\nc.jpg,CCC,\nd.jpg,,\ne.jpg,EEE,us-tx\nf.jpg,FFF,us-tx\n",
        &[
            ("a.jpg", "accept:ABC123"),
            ("b.jpg", "review:BOB"),
            ("c.jpg", "accept:XYZ"),
            ("d.jpg", "review:HELLO"),
            ("e.jpg", "refuse:"),
            ("f.jpg", "accept:FFF"),
        ],
    );
    let score = score(&server, folder.path(), Duration::from_secs(30)).unwrap();
    assert_eq!(score.photos, 6);
    assert!((score.exact - 0.5).abs() < 1e-9, "{score:?}");
    assert!((score.folded - 4.0 / 6.0).abs() < 1e-9, "{score:?}");
    assert!((score.accepted - 0.5).abs() < 1e-9, "{score:?}");
    assert!((score.wrong_accepted - 1.0 / 3.0).abs() < 1e-9, "{score:?}");
    assert_eq!(score.seconds_per_photo, Some(0.4));
    assert_eq!(score.identity.wrong_identities, Some(1), "of the plate without an issuer the text is wrong");
    assert_eq!(
        score.identity.issuer_right,
        Some(0.75),
        "the likeliest counts where nobody was billed, and one was refused"
    );
    let misses: Vec<_> = score.misses.iter().map(|m| (m.file.as_str(), m.read.as_str(), m.state.as_str())).collect();
    assert_eq!(misses, [("b.jpg", "BOB", "in-review"), ("c.jpg", "XYZ", "accepted"), ("e.jpg", "", "refused")]);
    assert!(score.misses[2].reason.as_deref().unwrap().contains("not-a-photo"));

    let ledger = ledger.lock().unwrap();
    let mut jurisdictions: Vec<_> = ledger.booths.values().map(|b| b["jurisdiction"].as_str().unwrap()).collect();
    jurisdictions.sort_unstable();
    assert_eq!(jurisdictions, ["us-ca", "us-ok", "us-tx"]);
    assert_eq!(ledger.revoked, 3, "every camera's token ends with the run");
}

#[test]
fn everything_can_be_sent_to_one_states_booth_and_who_is_billed_wrongly_shows() {
    let ledger = leaked();
    let server = installation(ledger);
    let folder = folder(
        "file,plate,jurisdiction\na.jpg,ABC123,us-tx\nb.jpg,BBB456,us-ok\nc.jpg,CCC789,us-gov\n",
        &[("a.jpg", "accept:ABC123"), ("b.jpg", "accept:BBB456"), ("c.jpg", "review:CCC789")],
    );
    let score = score_at(&server, folder.path(), Duration::from_secs(30), Some("us-tx")).unwrap();
    assert_eq!(score.identity.wrong_identity_accepted, Some(0.5), "{:?}", score.identity);
    let persons: Vec<_> = score.identity.wrong_persons.iter().map(|person| person.file.as_str()).collect();
    assert_eq!(persons, ["b.jpg"]);
    let ledger = ledger.lock().unwrap();
    let jurisdictions: Vec<_> = ledger.booths.values().map(|b| b["jurisdiction"].as_str().unwrap()).collect();
    assert_eq!(jurisdictions, ["us-tx"]);
}

#[test]
fn byte_identical_photos_meet_at_no_booth_and_others_are_hours_apart() {
    let ledger = leaked();
    let server = installation(ledger);
    let folder = folder(
        "file,plate\na.jpg,AAA\nb.jpg,AAA\nc.jpg,AAA\n",
        &[("a.jpg", "accept:AAA"), ("b.jpg", "accept:AAA"), ("c.jpg", "accept:AAA!")],
    );
    let score = score(&server, folder.path(), Duration::from_secs(30)).unwrap();
    assert_eq!((score.exact, score.accepted), (1.0, 1.0), "{score:?}");
    let ledger = ledger.lock().unwrap();
    assert_eq!(ledger.booths.len(), 2);
    let mut placed = ledger.placed.clone();
    placed.sort();
    placed.dedup();
    assert_eq!(placed.len(), 3, "no two photos share booth and capture time: {placed:?}");
}

#[test]
fn reading_that_does_not_go_on_is_given_up_with_exit_code_three() {
    let ledger = leaked();
    let server = installation(ledger);
    let folder = folder("file,plate\na.jpg,AAA\n", &[("a.jpg", "hang:")]);
    let error = score(&server, folder.path(), Duration::from_secs(6)).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("1 photos wait to be read"), "{error}");
    assert!(ledger.lock().unwrap().ticks >= 1, "the reading stage was asked to look for work");
}
