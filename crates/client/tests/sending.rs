//! Sending photos: resuming, refusals, and a server that goes away.
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

use serde_json::json;
use server::{Asked, Reply, Server};
use tollbooth_client::progress::Progress;
use tollbooth_client::send::{Job, Journal, Outgoing, SendOptions, Summary, passage_key, send};
use tollbooth_client::{Api, ApiOptions, PhotoParameters, RetryPolicy, Token};

/// An intake that keeps what it was sent: 202, 200 for the same again, 409 for something else.
fn intake() -> impl Fn(&Asked) -> Reply + Send + Sync {
    let stored: Mutex<HashMap<String, (Vec<u8>, String)>> = Mutex::new(HashMap::new());
    move |asked| {
        let sent = (asked.body.clone(), asked.query.clone());
        let mut stored = stored.lock().unwrap();
        let known = stored.get(&asked.path).cloned();
        let body = json!({"passage": format!("psg_{}", asked.segments()[4]), "state": "waiting"});
        match known {
            Some(known) if known == sent => Reply::json(200, &body),
            Some((photo, query)) => {
                // As the server: the key is in the path, so what else differs is in body or query.
                let parameter = |query: &str, name: &str| {
                    query.split('&').find_map(|pair| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
                };
                let mut differs: Vec<&str> = ["captured_at", "lane", "camera"]
                    .into_iter()
                    .filter(|name| parameter(&query, name) != parameter(&asked.query, name))
                    .collect();
                differs.extend((photo != asked.body).then_some("photo"));
                Reply::problem_with(409, "key-reused", "Use a new key.", &json!({ "differs": differs }))
            }
            None => {
                stored.insert(asked.path.clone(), sent);
                Reply::json(202, &body)
            }
        }
    }
}

fn api(url: &str) -> Api {
    let retry = RetryPolicy { attempts: 2, first_wait: Duration::from_millis(2), ..RetryPolicy::default() };
    Api::new(url, Some(Token::new("t").unwrap()), ApiOptions { retry, ..ApiOptions::default() }).unwrap()
}

fn jobs(api: &Api, photos: &[(&str, &str, &str)]) -> Vec<Job> {
    photos
        .iter()
        .map(|(name, content, captured_at)| {
            let photo = content.as_bytes().to_vec();
            let about = PhotoParameters {
                booth: "north-1".into(),
                key: passage_key(name, &photo),
                captured_at: (*captured_at).into(),
                lane: "1".into(),
                camera: "c".into(),
            };
            let prepare = Box::new(move || Ok(Outgoing { about, photo, time_may_change: false }));
            Job { name: (*name).to_owned(), api: api.clone(), prepare }
        })
        .collect()
}

fn run(jobs: Vec<Job>, threads: usize, journal: Option<&Journal>) -> Summary {
    let progress = Progress::silent();
    send(jobs.into_iter(), &SendOptions { jobs: threads, journal, progress: &progress, acknowledged: &|_, _| {} })
}

const AT: &str = "2026-11-20T10:00:00Z";

#[test]
fn a_second_run_resends_and_doubles_nothing() {
    let server = Server::start(intake());
    let names: Vec<String> = (0..50).map(|n| format!("p{n}.jpg")).collect();
    let photos: Vec<_> = names.iter().map(|name| (name.as_str(), name.as_str(), AT)).collect();
    let api = api(&server.url);
    let summary = run(jobs(&api, &photos), 4, None);
    assert_eq!((summary.new, summary.resent, summary.exit_code()), (50, 0, 0), "{summary}");
    let summary = run(jobs(&api, &photos), 4, None);
    assert_eq!((summary.new, summary.resent, summary.exit_code()), (0, 50, 0), "{summary}");
}

#[test]
fn a_journal_saves_the_resend_of_what_was_acknowledged_and_of_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path: &Path = &directory.path().join("journal");
    let server = Server::start(intake());
    let api = api(&server.url);
    let journal = Journal::open(path, api.base()).unwrap();
    run(jobs(&api, &[("a.jpg", "a", AT), ("b.jpg", "b", AT)]), 2, Some(&journal));
    let before = server.asked().len();

    let journal = Journal::open(path, api.base()).unwrap();
    let again = [("a.jpg", "a", AT), ("b.jpg", "b", AT), ("b.jpg", "other content", AT)];
    let summary = run(jobs(&api, &again), 2, Some(&journal));
    assert_eq!((summary.skipped, summary.new, summary.exit_code()), (2, 1, 0), "{summary}");
    assert_eq!(server.asked().len() - before, 1);
}

#[test]
fn refused_photos_are_named_and_the_others_arrive() {
    let server = Server::start(intake());
    let api = api(&server.url);
    run(jobs(&api, &[("a.jpg", "a", AT)]), 1, None);
    let mut photos = jobs(&api, &[("a.jpg", "a", "2026-11-20T11:11:11Z"), ("b.jpg", "b", AT)]);
    photos.push(Job { name: "c.jpg".into(), api, prepare: Box::new(|| Err("could not read it".into())) });
    let summary = run(photos, 1, None);
    assert_eq!((summary.new, summary.refused.len(), summary.exit_code()), (1, 2, 1), "{summary}");
    assert_eq!(summary.refused[0].0, "a.jpg");
    assert!(summary.refused[0].1.contains("key-reused"), "{summary}");
    assert_eq!(summary.refused[1], ("c.jpg".to_owned(), "could not read it".to_owned()));
}

/// Photos that are dated by their files.
fn dated_by_files(api: &Api, photos: &[(&str, &str, &str)]) -> Vec<Job> {
    let dated_job = |Job { name, api, prepare }: Job| Job {
        name,
        api,
        prepare: Box::new(move || prepare().map(|outgoing| Outgoing { time_may_change: true, ..outgoing })),
    };
    jobs(api, photos).into_iter().map(dated_job).collect()
}

#[test]
fn a_copy_of_a_folder_is_a_resend_and_says_that_its_times_are_others() {
    let server = Server::start(intake());
    let api = api(&server.url);
    run(dated_by_files(&api, &[("a.jpg", "a", AT), ("b.jpg", "b", AT)]), 1, None);
    let copied = "2026-11-29T09:00:00.000Z";
    let photos = [("a.jpg", "a", copied), ("b.jpg", "b", AT), ("c.jpg", "c", copied)];
    let summary = run(dated_by_files(&api, &photos), 1, None);
    assert_eq!((summary.new, summary.resent, summary.dated_otherwise, summary.exit_code()), (1, 2, 1, 0), "{summary}");
}

#[test]
fn another_lane_is_refused_whoever_dated_the_photo() {
    let server = Server::start(intake());
    let api = api(&server.url);
    run(dated_by_files(&api, &[("a.jpg", "a", AT)]), 1, None);
    let Job { name, api: same, prepare } = dated_by_files(&api, &[("a.jpg", "a", AT)]).remove(0);
    let prepare = Box::new(move || {
        let outgoing = prepare()?;
        Ok(Outgoing { about: PhotoParameters { lane: "2".into(), ..outgoing.about }, ..outgoing })
    });
    let other_lane = Job { name, api: same, prepare };
    let summary = run(vec![other_lane], 1, None);
    assert_eq!((summary.refused.len(), summary.exit_code()), (1, 1), "{summary}");
}

#[test]
fn a_token_that_is_refused_ends_the_run_at_once() {
    let server = Server::start(|_| Reply::problem(401, "unauthorized", "Send a token."));
    let api = api(&server.url);
    let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let photos: Vec<_> = names.iter().map(|name| (name.as_str(), name.as_str(), AT)).collect();
    let summary = run(jobs(&api, &photos), 1, None);
    assert_eq!(server.asked().len(), 1);
    assert_eq!((summary.refused.len(), summary.not_tried, summary.exit_code()), (1, 19, 1), "{summary}");
    assert!(summary.to_string().contains("stopped early: 401 unauthorized"), "{summary}");
}

#[test]
fn a_server_that_goes_away_ends_the_run_after_a_few_photos() {
    let server = Server::start(|asked| match asked.segments()[4].starts_with("p0") {
        true => Reply::json(202, &json!({"passage": "psg_1", "state": "waiting"})),
        false => Reply::Drop,
    });
    let api = api(&server.url);
    let names: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
    let photos: Vec<_> = names.iter().map(|name| (name.as_str(), name.as_str(), AT)).collect();
    let summary = run(jobs(&api, &photos), 1, None);
    assert_eq!((summary.new, summary.failed.len(), summary.not_tried), (1, 3, 36), "{summary}");
    assert_eq!(summary.exit_code(), 3);
}

#[test]
fn every_acknowledgement_is_told_with_its_passage() {
    let server = Server::start(intake());
    let api = api(&server.url);
    let told = Mutex::new(Vec::new());
    let progress = Progress::silent();
    let acknowledged = |about: &PhotoParameters, passage: &str| {
        told.lock().unwrap().push((about.key.clone(), passage.to_owned()));
    };
    let options = SendOptions { jobs: 3, journal: None, progress: &progress, acknowledged: &acknowledged };
    send(jobs(&api, &[("a.jpg", "a", AT), ("b.jpg", "b", AT)]).into_iter(), &options);
    let told = told.into_inner().unwrap();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|(key, passage)| *passage == format!("psg_{key}")), "{told:?}");
}
