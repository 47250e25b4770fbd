//! Signing in by a one-time link, and everything that ends a session.

use tollbooth_ledger::Failure;
use tollbooth_ledger::admin::Token;
use tollbooth_ledger::session::{Refusal, Secret};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::{LINK_MS, MAX_OPEN_LINKS, OpenedBy, Purpose};
use tollbooth_pipeline::token::{self, NewToken};

use crate::booth::*;

const UNKNOWN: Failure<Refusal> = Failure::Refused(Refusal::Unknown);

fn secret(purpose: Purpose, seed: u8) -> NewToken {
    purpose.secret(&[seed; 16], &[seed; 32])
}

fn stored(made: &NewToken) -> Secret<'_> {
    Secret { id: &made.id, digest: &made.digest }
}

/// A reviewer's token, and the text of a session opened with it at [`NOW`].
fn signed_in(world: &World) -> (String, String) {
    let issued = token::new(&[7; 16], &[7; 32]);
    let token = Token { id: issued.id.clone(), role: Role::Reviewer, booth: None, ..camera_token("") };
    world.ledger.create_token(NOW, &operator(), &token, &issued.digest).unwrap();
    let (link, session) = (secret(Purpose::Link, 1), secret(Purpose::Session, 2));
    world.ledger.create_link(NOW, &issued.id, &issued.id, stored(&link)).unwrap();
    world.ledger.open_session(NOW, &link.text, stored(&session), None).unwrap();
    (issued.id, session.text)
}

#[test]
fn a_link_opens_one_session_of_its_token_and_is_spent() {
    let world = world();
    let (token, text) = signed_in(&world);
    let session = world.ledger.session(NOW, &text).unwrap();
    assert_eq!((session.identity.token, session.identity.role), (token, Role::Reviewer));
    let again =
        world.ledger.open_session(NOW, &secret(Purpose::Link, 1).text, stored(&secret(Purpose::Session, 3)), None);
    assert_eq!(again, Err(UNKNOWN));
    assert_eq!(world.number("SELECT count(*) FROM session"), 1);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'signed-in'"), 1);
}

#[test]
fn an_expired_or_forged_link_opens_nothing() {
    let world = world();
    let (token, _) = signed_in(&world);
    let link = secret(Purpose::Link, 4);
    world.ledger.create_link(NOW, &token, &token, stored(&link)).unwrap();
    let forged = format!("{}0", &link.text[..link.text.len() - 1]);
    for (now, text) in [(NOW + LINK_MS, link.text.as_str()), (NOW, &forged), (NOW, ""), (NOW, "tbl_x")] {
        let opened = world.ledger.open_session(now, text, stored(&secret(Purpose::Session, 5)), None);
        assert_eq!(opened, Err(UNKNOWN), "{text:.20}");
    }
    let opened = world.ledger.open_session(NOW + LINK_MS - 1, &link.text, stored(&secret(Purpose::Session, 5)), None);
    assert!(opened.is_ok(), "a wrong try does not spend it");
}

#[test]
fn a_revoked_token_ends_its_sessions_and_links_at_once() {
    let world = world();
    let (token, text) = signed_in(&world);
    let link = secret(Purpose::Link, 4);
    world.ledger.create_link(NOW, &token, &token, stored(&link)).unwrap();
    world.ledger.revoke_token(NOW, &operator(), &token).unwrap();
    assert_eq!(world.ledger.session(NOW, &text), Err(UNKNOWN));
    assert_eq!(world.ledger.open_session(NOW, &link.text, stored(&secret(Purpose::Session, 5)), None), Err(UNKNOWN));
    let refused = world.ledger.create_link(NOW, &token, &token, stored(&secret(Purpose::Link, 6)));
    assert_eq!(refused, Err(Failure::Refused(Refusal::NotForPeople)));
}

#[test]
fn a_replaced_first_operator_ends_the_sessions_of_the_old_one() {
    let world = world();
    world.ledger.ensure_first_operator(NOW, &token::digest("first secret")).unwrap();
    let (link, session) = (secret(Purpose::Link, 1), secret(Purpose::Session, 2));
    let first = token::FIRST_OPERATOR;
    world.ledger.create_link(NOW, first, first, stored(&link)).unwrap();
    world.ledger.open_session(NOW, &link.text, stored(&session), None).unwrap();
    assert!(world.ledger.session(NOW, &session.text).is_ok());
    world.ledger.ensure_first_operator(NOW, &token::digest("second secret")).unwrap();
    assert_eq!(world.ledger.session(NOW, &session.text), Err(UNKNOWN));
}

#[test]
fn an_idle_session_ends_and_a_used_one_lasts_until_it_is_old() {
    let world = world();
    let (_, text) = signed_in(&world);
    assert_eq!(world.ledger.session(NOW + 30 * MINUTE, &text), Err(UNKNOWN));
    let mut now = NOW;
    while now + 20 * MINUTE < NOW + 12 * HOUR {
        now += 20 * MINUTE;
        assert!(world.ledger.session(now, &text).is_ok(), "{} minutes", (now - NOW) / MINUTE);
    }
    assert_eq!(world.ledger.session(NOW + 12 * HOUR, &text), Err(UNKNOWN));
}

#[test]
fn looking_twice_within_a_minute_writes_nothing() {
    let world = world();
    let (_, text) = signed_in(&world);
    world.ledger.session(NOW + MINUTE, &text).unwrap();
    assert_eq!(world.number("SELECT used_at_ms FROM session"), NOW);
    world.ledger.session(NOW + MINUTE + 1, &text).unwrap();
    assert_eq!(world.number("SELECT used_at_ms FROM session"), NOW + MINUTE + 1);
}

#[test]
fn signing_out_ends_one_session_or_all_of_ones_own_and_nobody_elses() {
    let world = world();
    let (token, first) = signed_in(&world);
    let (link, second) = (secret(Purpose::Link, 4), secret(Purpose::Session, 5));
    world.ledger.create_link(NOW, &token, &token, stored(&link)).unwrap();
    let other = world.ledger.open_session(NOW, &link.text, stored(&second), None).unwrap();
    let ended = |who: &str, session: Option<&str>| world.ledger.end_sessions(NOW, &reviewer(who), who, session);
    assert_eq!(ended("tok_somebody", Some(&other.id)), Err(Failure::Refused(Refusal::NotForPeople)));
    assert_eq!(ended(&token, Some("ses_somebody")), Ok(0));
    assert_eq!(ended(&token, Some(&other.id)), Ok(1));
    assert_eq!(world.ledger.session(NOW, &second.text), Err(UNKNOWN));
    assert!(world.ledger.session(NOW, &first).is_ok());
    assert_eq!(ended(&token, None), Ok(1));
    assert_eq!(world.ledger.session(NOW, &first), Err(UNKNOWN));
}

#[test]
fn links_that_wait_have_a_limit_and_cameras_get_none() {
    let world = world();
    let (token, _) = signed_in(&world);
    for seed in 0..u8::try_from(MAX_OPEN_LINKS).unwrap() {
        world.ledger.create_link(NOW, &token, &token, stored(&secret(Purpose::Link, 100 + seed))).unwrap();
    }
    let refused = |now| world.ledger.create_link(now, &token, &token, stored(&secret(Purpose::Link, 200)));
    assert_eq!(refused(NOW), Err(Failure::Refused(Refusal::TooManyLinks)));
    assert!(refused(NOW + LINK_MS).is_ok());
    let camera = camera_token("tok_camera");
    world.ledger.create_token(NOW, &operator(), &camera, &[3; 32]).unwrap();
    let refused = world.ledger.create_link(NOW, "tok_camera", "tok_camera", stored(&secret(Purpose::Link, 201)));
    assert_eq!(refused, Err(Failure::Refused(Refusal::NotForPeople)));
}

#[test]
fn a_session_from_a_clock_that_was_set_back_is_not_believed() {
    let world = world();
    let (_, text) = signed_in(&world);
    assert_eq!(world.ledger.session(NOW - HOUR, &text), Err(UNKNOWN));
}

#[test]
fn no_event_holds_a_session_secret() {
    let world = world();
    let (_, text) = signed_in(&world);
    assert_eq!(world.number(&format!("SELECT count(*) FROM event WHERE detail LIKE '%{text}%'")), 0);
}

#[test]
fn a_new_session_takes_the_place_of_the_one_whose_secret_is_shown_and_of_no_other() {
    let world = world();
    let (token, first) = signed_in(&world);
    let open = |seed: u8, before: Option<Secret<'_>>| {
        let (link, session) = (secret(Purpose::Link, seed), secret(Purpose::Session, seed));
        world.ledger.create_link(NOW, &token, &token, stored(&link)).unwrap();
        world.ledger.open_session(NOW, &link.text, stored(&session), before).unwrap();
        session.text
    };
    let (old, id) = (token::digest(&first), Purpose::Session.claimed_id(&first).unwrap());
    open(10, Some(Secret { id: &id, digest: &[0; 32] }));
    assert!(world.ledger.session(NOW, &first).is_ok(), "a guessed secret ends nothing");
    open(11, Some(Secret { id: "ses_none", digest: &old }));
    assert!(world.ledger.session(NOW, &first).is_ok());
    let new = open(12, Some(Secret { id: &id, digest: &old }));
    assert_eq!(world.ledger.session(NOW, &first), Err(UNKNOWN));
    assert!(world.ledger.session(NOW, &new).is_ok());
    let replaced = "SELECT count(*) FROM event WHERE kind = 'signed-out' AND detail LIKE '%replaced%'";
    assert_eq!(world.number(replaced), 1);
}

#[test]
fn everybody_sees_their_own_sessions_that_can_still_be_used() {
    let world = world();
    let (token, _) = signed_in(&world);
    let shown = world.ledger.sessions_of(NOW + MINUTE, &token).unwrap();
    assert_eq!(shown.iter().map(|s| (s.ages.by, s.ages.opened_at)).collect::<Vec<_>>(), [(OpenedBy::Link, NOW)]);
    assert_eq!(world.ledger.sessions_of(NOW + MINUTE, "tok_other").unwrap(), []);
    assert_eq!(world.ledger.sessions_of(NOW + 30 * MINUTE, &token).unwrap(), [], "idle");
    world.ledger.end_sessions(NOW, &operator(), &token, None).unwrap();
    assert_eq!(world.ledger.sessions_of(NOW + MINUTE, &token).unwrap(), [], "ended");
}
