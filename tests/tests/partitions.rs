//! The links that partitions are made with do what they say, and a replica behind one that fails refuses instead of
//! guessing. What fails when, for longer and with everybody, is `scripts/siege`.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tollbooth_tests::link::{Link, Trouble, Way};
use tollbooth_tests::objects::Bucket;
use tollbooth_tests::postgres::Database;
use tollbooth_tests::{Api, Host, Ledger, Options, Script, scripted, wait};

/// Long enough for what is let through to have come.
const MOMENT: Duration = Duration::from_millis(300);

/// A party that sends back what it gets, and how much it has got.
fn echo() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let got = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&got);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, counted) = (stream.unwrap(), Arc::clone(&counted));
            thread::spawn(move || {
                let mut piece = [0; 1024];
                while let Ok(length @ 1..) = stream.read(&mut piece) {
                    counted.fetch_add(length, Ordering::Relaxed);
                    if stream.write_all(&piece[..length]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (port, got)
}

fn connected(link: &Link) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", link.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// What comes within a moment; none when nothing does.
fn within_a_moment(stream: &mut TcpStream) -> Option<usize> {
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    let read = stream.read(&mut [0; 64]);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    read.ok()
}

#[test]
fn a_link_holds_either_direction_by_itself_and_lets_go_of_what_it_held() {
    let (port, got) = echo();
    let link = Link::to(port);
    let mut caller = connected(&link);
    let mut answer = [0; 5];
    caller.write_all(b"first").unwrap();
    caller.read_exact(&mut answer).unwrap();
    assert_eq!(link.met(), 0, "no trouble, and somebody met it");

    link.set(Trouble::NO_REQUESTS);
    caller.write_all(b"other").unwrap();
    assert_eq!(within_a_moment(&mut caller), None);
    assert_eq!(got.load(Ordering::Relaxed), 5, "it arrived all the same");
    link.set(Trouble::None);
    caller.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"other", "what was held arrives");

    link.set(Trouble::NO_ANSWERS);
    caller.write_all(b"third").unwrap();
    wait::until("the request to arrive", 10, || (got.load(Ordering::Relaxed) == 15).then_some(()));
    assert_eq!(within_a_moment(&mut caller), None, "an answer came");
    link.set(Trouble::None);
    caller.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"third");
    assert_eq!(link.met(), 2);
}

#[test]
fn a_link_that_is_cut_resets_who_is_there_and_who_comes_and_leads_elsewhere_when_told() {
    let (port, got) = echo();
    let link = Link::to(port);
    let mut caller = connected(&link);
    caller.write_all(b"first").unwrap();
    caller.read_exact(&mut [0; 5]).unwrap();
    link.set(Trouble::Cut);
    assert!(caller.read(&mut [0; 5]).is_err(), "an end, where there should be a reset");
    let mut other = connected(&link);
    // Written before the reset has come, or refused: in neither case is anything answered.
    let _ = other.write_all(b"other");
    assert!(!matches!(other.read(&mut [0; 5]), Ok(1..)));
    assert_eq!(got.load(Ordering::Relaxed), 5);

    let (elsewhere, got_elsewhere) = echo();
    link.lead_to(elsewhere);
    link.set(Trouble::None);
    let mut caller = connected(&link);
    caller.write_all(b"third").unwrap();
    caller.read_exact(&mut [0; 5]).unwrap();
    assert_eq!((got.load(Ordering::Relaxed), got_elsewhere.load(Ordering::Relaxed)), (5, 5));
    link.reset();
    assert!(caller.read(&mut [0; 5]).is_err(), "a connection that a firewall forgot lives on");
}

#[test]
fn a_link_can_be_slow_or_answer_in_the_place_of_the_one_who_is_called() {
    let (port, got) = echo();
    let link = Link::to(port);
    let mut caller = connected(&link);
    let slow = Duration::from_millis(200);
    link.set(Trouble::Ways(Way::Slow(slow), Way::Slow(slow)));
    let begun = Instant::now();
    caller.write_all(b"first").unwrap();
    caller.read_exact(&mut [0; 5]).unwrap();
    assert!(begun.elapsed() >= slow * 2, "{:?}", begun.elapsed());

    link.set(Trouble::Answered("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n".into()));
    assert!(!matches!(caller.read(&mut [0; 5]), Ok(1..)), "a connection leads past the one who answers");
    let mut other = connected(&link);
    other.write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!(got.load(Ordering::Relaxed), 5);
}

fn path(number: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let before = i64::try_from(number).unwrap() * 120_000;
    let captured = tollbooth_pipeline::capture::rfc3339(i64::try_from(now).unwrap() - before);
    format!("/v1/booths/north/passages/k-{number}?captured_at={captured}&lane=1&camera=front")
}

fn photo(number: u64) -> Vec<u8> {
    scripted(number, &Script::plate(&format!("BKD{number:02}{number:02}")))
}

/// Sends until it is taken. The request is the same every time.
fn send_until_taken(camera: &Api, path: &str, photo: &[u8]) -> u16 {
    wait::until("a photo to be taken", 120, || {
        let reply = camera.try_put(path, photo)?;
        assert!(matches!(reply.status, 200 | 202 | 503), "{reply:?}");
        (reply.status < 300).then_some(reply.status)
    })
}

#[test]
fn what_a_replica_wrote_without_hearing_that_it_is_written_is_not_acknowledged_and_counts_once() {
    let what = "a replica that hears no answers of its database";
    let Some((database, bucket)) = Database::alone(what).zip(Bucket::new(what)) else { return };
    let link = Link::to(database.server().port());
    let ledger = Ledger::Postgres(database.over(link.port()), bucket.clone());
    let cut_off = Host::start_with(Options { ledger, ..Options::default() });
    let ledger = Ledger::Postgres(database.clone(), bucket.clone());
    let other = Host::start_with(Options { ledger, ..Options::default() });
    let camera = cut_off.camera("north");
    assert_eq!(camera.put(&path(0), &photo(0)).status, 202);
    let (path, photo) = (path(1), photo(1));
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let impatient = camera.patient_for(Duration::from_secs(5));
        let (path, photo) = (&path, &photo);
        link.set(Trouble::NO_ANSWERS);
        scope.spawn(move || tell.send(impatient.try_put(path, photo).map(|reply| reply.status)).unwrap());
        // The camera goes to another replica, which knows nothing of this one's fate.
        let elsewhere = other.with_token_of(&camera);
        send_until_taken(&elsewhere, path, photo);
        let answered = told.recv().unwrap();
        assert!(matches!(answered, None | Some(503)), "{answered:?}");
    });
    assert!(link.met() > 0, "nobody was held: this shows nothing");
    link.set(Trouble::None);
    assert_eq!(send_until_taken(&camera, &path, &photo), 200, "known, by whoever took it");
    let balance = other.operator.get("/v1/balance").json();
    assert_eq!(
        (&balance["totals"]["from_state"]["received"], &balance["closes"]),
        (&json!(2), &json!(true)),
        "{balance}"
    );
}
