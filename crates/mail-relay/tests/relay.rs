//! The relay against a real mail server, in each of the moods that real ones have.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

use std::net::SocketAddr;

use tollbooth_mail_relay::{Relay, Smtp, Token};
use tollbooth_messages::contract::{Delivery, understand};
use tollbooth_messages::{Class, Outcome};
use tollbooth_smtp_server::{Options, Server, installed};

const TOKEN: &str = "a-token-of-the-tests-0123456789";

fn delivery(id: &str) -> Delivery {
    Delivery {
        id: id.into(),
        kind: "export-empty".into(),
        to: "service@example.org".into(),
        subject: "[TollBooth] No license plates to export — 0 rows".into(),
        body: "No photos came.\n.\nSince 10:00 UTC – look at the cameras.\n".into(),
        thread: "alr_1".into(),
        created_at: "2026-11-20T10:00:00.000Z".into(),
        attempt: 1,
        repetition: false,
    }
}

/// A relay to this server, on a thread of its own; ends with the process.
fn relay(smtp: Smtp) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let relay = Relay::listen("127.0.0.1:0".parse().unwrap(), Token::new(TOKEN).unwrap(), smtp).await.unwrap();
            tell.send(relay.address().unwrap()).unwrap();
            relay.serve().await;
        });
    });
    told.recv().unwrap()
}

fn post(at: SocketAddr, token: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let mut answer = agent
        .post(format!("http://{at}/deliver"))
        .header("authorization", &format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(body)
        .unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap())
}

fn send(at: SocketAddr, delivery: &Delivery) -> Outcome {
    let (status, body) = post(at, TOKEN, &delivery.to_json());
    understand(status, &body)
}

fn class(outcome: &Outcome) -> Class {
    match outcome {
        Outcome::Failed(failure) => failure.class,
        Outcome::HandedOver { .. } => panic!("it was handed over"),
    }
}

fn plain(server: &Server) -> Smtp {
    Smtp::new(&format!("smtp+plain://127.0.0.1:{}", server.port()), None, "tolls@example.org", None).unwrap()
}

#[test]
fn an_e_mail_arrives_whole_with_an_id_and_a_thread_and_asks_for_no_answer() {
    if !installed("the relay and a mail server") {
        return;
    }
    let server = Server::start(&Options::default());
    let at = relay(plain(&server));
    let handed = send(at, &delivery("msg_1"));
    assert!(
        matches!(&handed, Outcome::HandedOver { reference: Some(text) } if text.contains("queued as 4711")),
        "{handed:?}"
    );
    let mail = server.await_messages(1).remove(0);
    assert_eq!((&mail["from"], &mail["to"][0]), (&"tolls@example.org".into(), &"service@example.org".into()));
    assert_eq!(mail["subject"], delivery("").subject);
    // An e-mail ends with a line break, and SMTP with another.
    assert_eq!(mail["body"].as_str().unwrap().replace("\r\n", "\n").trim_end(), delivery("").body.trim_end());
    assert_eq!(
        (&mail["message_id"], &mail["references"]),
        (&"<msg_1@example.org>".into(), &"<alr_1@example.org>".into())
    );
    assert_eq!((&mail["id"], &mail["auto_submitted"]), (&"msg_1".into(), &"auto-generated".into()));
    assert!(mail["repetition"].is_null());
}

#[test]
fn a_repetition_says_so_and_one_that_was_handed_over_is_not_made_again() {
    if !installed("repetitions") {
        return;
    }
    let server = Server::start(&Options::default());
    let at = relay(plain(&server));
    assert!(matches!(send(at, &delivery("msg_1")), Outcome::HandedOver { .. }));
    let again = Delivery { attempt: 2, repetition: true, ..delivery("msg_1") };
    assert!(matches!(send(at, &again), Outcome::HandedOver { reference: Some(_) }), "its answer was lost on the way");
    assert_eq!(server.messages().len(), 1);
    // Another relay knows nothing of it, and the reader is told.
    let at = relay(plain(&server));
    assert!(matches!(send(at, &again), Outcome::HandedOver { .. }));
    let mail = server.await_messages(2).remove(1);
    assert_eq!((&mail["id"], &mail["repetition"]), (&"msg_1".into(), &"2".into()));
    assert!(mail["subject"].as_str().unwrap().ends_with("(repeated)"));
}

#[test]
fn tls_and_passwords_work_and_their_failures_are_told_apart() {
    if !installed("TLS and passwords") {
        return;
    }
    for (tls, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let server = Server::start(&Options { tls, credentials: Some(("tolls", "s3cret-word")), mood: "" });
        let pem = std::fs::read(server.certificate().unwrap()).unwrap();
        let address = format!("{scheme}://localhost:{}", server.port());
        let with = |password: &str, pem: Option<&[u8]>| {
            let credentials = Some(("tolls".to_owned(), password.to_owned()));
            relay(Smtp::new(&address, credentials, "tolls@example.org", pem).unwrap())
        };
        let handed = send(with("s3cret-word", Some(&pem)), &delivery("msg_1"));
        assert!(matches!(handed, Outcome::HandedOver { .. }), "{tls}: {handed:?}");
        let mail = server.await_messages(1).remove(0);
        assert_eq!((&mail["tls"], &mail["user"]), (&true.into(), &"tolls".into()), "{tls}");
        let refused = send(with("wrong-word", Some(&pem)), &delivery("msg_2"));
        assert_eq!(class(&refused), Class::Credentials, "{tls}: {refused:?}");
        assert!(!format!("{refused:?}").contains("wrong-word"));
        let untrusted = send(with("s3cret-word", None), &delivery("msg_3"));
        assert_eq!(class(&untrusted), Class::Outage, "{tls}: {untrusted:?}");
        assert_eq!(server.messages().len(), 1, "nothing goes to a server that nobody vouches for");
    }
    let bare = Server::start(&Options::default());
    let demanded = Smtp::new(&format!("smtp://localhost:{}", bare.port()), None, "tolls@example.org", None).unwrap();
    let unprotected = send(relay(demanded), &delivery("msg_4"));
    assert_eq!(class(&unprotected), Class::NotSetUp, "{unprotected:?}");
    assert!(bare.messages().is_empty(), "STARTTLS was demanded and not offered");
}

#[test]
fn each_mood_of_a_server_has_its_class() {
    if !installed("moods of mail servers") {
        return;
    }
    for (mood, expected) in [
        ("refuse", Class::Refused),
        ("relay-denied", Class::Permission),
        ("greylist", Class::Deferred),
        ("full", Class::Deferred),
        ("closing", Class::Outage),
        ("die", Class::Unclear),
    ] {
        let server = Server::start(&Options { mood, ..Options::default() });
        let at = relay(plain(&server));
        let first = send(at, &delivery("msg_1"));
        assert_eq!(class(&first), expected, "{mood}: {first:?}");
        assert!(!format!("{first:?}").contains("service@example.org"), "{mood}: failures are in logs: {first:?}");
        if mood == "greylist" {
            assert!(matches!(send(at, &delivery("msg_1")), Outcome::HandedOver { .. }), "it comes again and is let in");
        }
    }
    let gone = Server::start(&Options::default());
    let smtp = plain(&gone);
    drop(gone);
    assert_eq!(class(&send(relay(smtp), &delivery("msg_1"))), Class::Outage);
}

#[test]
fn a_server_that_died_with_the_message_may_have_it_and_the_reader_is_told_of_the_second() {
    if !installed("a mail server that dies") {
        return;
    }
    let server = Server::start(&Options { mood: "die", ..Options::default() });
    let at = relay(plain(&server));
    assert_eq!(class(&send(at, &delivery("msg_1"))), Class::Unclear);
    let again = Delivery { attempt: 2, repetition: true, ..delivery("msg_1") };
    assert!(matches!(send(at, &again), Outcome::HandedOver { .. }));
    let mails = server.await_messages(2);
    assert_eq!((&mails[0]["id"], &mails[1]["id"]), (&"msg_1".into(), &"msg_1".into()));
    assert_eq!((mails[0]["repetition"].is_null(), &mails[1]["repetition"]), (true, &"2".into()));
}

#[test]
fn the_door_opens_to_the_token_alone_and_takes_what_is_small_and_well_formed() {
    let smtp = Smtp::new("smtp+plain://127.0.0.1:9", None, "tolls@example.org", None).unwrap();
    let at = relay(smtp);
    let body = delivery("msg_1").to_json();
    for token in
        ["", "a-token-of-the-tests-0123456788", "a-token-of-the-tests-01234567890", "A-TOKEN-OF-THE-TESTS-0123456789"]
    {
        assert_eq!(post(at, token, &body).0, 401, "{token}");
    }
    assert_eq!(post(at, TOKEN, b"{}").0, 400);
    assert_eq!(post(at, TOKEN, &Delivery { subject: "a\r\nBcc: x@y.z".into(), ..delivery("msg_1") }.to_json()).0, 400);
    assert_eq!(post(at, TOKEN, &vec![b' '; 200_000]).0, 413);
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    assert_eq!(agent.get(format!("http://{at}/deliver")).call().unwrap().status().as_u16(), 405);
    assert_eq!(agent.get(format!("http://{at}/")).call().unwrap().status().as_u16(), 404);
    assert!(Token::new("short").is_err());
}

#[test]
fn more_than_sixty_a_minute_are_asked_to_wait() {
    let smtp = Smtp::new("smtp+plain://127.0.0.1:9", None, "tolls@example.org", None).unwrap();
    let at = relay(smtp);
    let statuses: Vec<_> = (0..62).map(|n| post(at, TOKEN, &delivery(&format!("msg_{n}")).to_json()).0).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 60);
    assert_eq!(statuses[60..], [429, 429]);
}
