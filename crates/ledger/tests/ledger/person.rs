//! People whom a provider vouches for: registered once, followed as the provider changes its mind, and never by a link.

use tollbooth_ledger::Failure;
use tollbooth_ledger::person::{Arrival, EndedThere};
use tollbooth_ledger::session::{Refusal, Secret, Session};
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::session::{OpenedBy, Purpose};
use tollbooth_pipeline::token::{self, NewToken};

use crate::booth::*;

const UNKNOWN: Failure<Refusal> = Failure::Refused(Refusal::Unknown);
const ISSUER: &str = "https://id.example";

fn stored(made: &NewToken) -> Secret<'_> {
    Secret { id: &made.id, digest: &made.digest }
}

/// Somebody arrives by the attempt of this number; answers the session, and the text of its cookie.
fn arrive(
    world: &World,
    number: u8,
    (subject, name, role): (&str, &str, Role),
    before: Option<Secret<'_>>,
) -> Result<(Session, String), Failure<Refusal>> {
    let (made, session) =
        (token::new(&[number; 16], &[number; 32]), Purpose::Session.secret(&[number; 16], &[number; 32]));
    // Each at a session of its own there.
    let there = format!("session-{number}");
    let arrival = Arrival {
        issuer: ISSUER,
        subject,
        name,
        role,
        booths: None,
        provider_session: Some(&there),
        attempt: &[number; 32],
        token: stored(&made),
    };
    world.ledger.arrive(NOW, &arrival, stored(&session), before).map(|opened| (opened, session.text))
}

#[test]
fn a_person_is_registered_once_and_keeps_their_name_in_the_history() {
    let world = world();
    let (first, cookie) = arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    assert_eq!(
        (first.by, first.identity.role, first.identity.name.as_str()),
        (OpenedBy::Provider, Role::Reviewer, "Ann")
    );
    let (again, _) = arrive(&world, 2, ("ann", "Ann Lee", Role::Reviewer), None).unwrap();
    assert_eq!((&again.identity.token, again.identity.name.as_str()), (&first.identity.token, "Ann Lee"));
    assert_eq!(world.ledger.session(NOW, &cookie).unwrap().identity.name, "Ann Lee", "another name ends nothing");
    let (other, _) = arrive(&world, 3, ("bob", "Ann", Role::Reviewer), None).unwrap();
    assert_ne!(other.identity.token, first.identity.token);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'signed-in' AND detail LIKE '%provider%'"), 3);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'token-created' AND actor_id = 'sign-in'"), 2);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'token-changed'"), 1);
}

#[test]
fn an_attempt_is_finished_once() {
    let world = world();
    arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    assert_eq!(arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None), Err(UNKNOWN));
    assert_eq!(world.number("SELECT count(*) FROM session"), 1);
}

#[test]
fn another_role_ends_what_was_opened_under_the_old_one() {
    let world = world();
    let (_, lead) = arrive(&world, 1, ("ann", "Ann", Role::Supervisor), None).unwrap();
    let (now, cookie) = arrive(&world, 2, ("ann", "Ann", Role::Reviewer), None).unwrap();
    assert_eq!(now.identity.role, Role::Reviewer);
    assert_eq!(world.ledger.session(NOW, &lead), Err(UNKNOWN));
    assert!(world.ledger.session(NOW, &cookie).is_ok());
}

#[test]
fn who_has_no_role_any_more_is_out_at_once_and_may_come_back_with_one() {
    let world = world();
    let (opened, cookie) = arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    assert_eq!(world.ledger.turn_away(NOW, ISSUER, "ann", &[9; 32]).unwrap(), 1);
    assert_eq!(world.ledger.session(NOW, &cookie), Err(UNKNOWN));
    assert_eq!(world.ledger.turn_away(NOW, ISSUER, "ann", &[8; 32]).unwrap(), 0);
    assert_eq!(world.ledger.turn_away(NOW, ISSUER, "nobody", &[9; 32]).unwrap(), 0);
    assert_eq!(world.ledger.turn_away(NOW, "https://other.example", "ann", &[9; 32]).unwrap(), 0);
    let (again, _) = arrive(&world, 2, ("ann", "Ann", Role::Reviewer), None).unwrap();
    assert_eq!(again.identity.token, opened.identity.token);
}

#[test]
fn who_signed_out_at_the_provider_is_signed_out_here_and_nobody_else() {
    let world = world();
    let alive = |cookie: &str| world.ledger.session(NOW, cookie).is_ok();
    let (opened, first) = arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    let (_, second) = arrive(&world, 2, ("ann", "Ann", Role::Reviewer), None).unwrap();
    let (_, bob) = arrive(&world, 3, ("bob", "Bob", Role::Reviewer), None).unwrap();
    let out = |issuer, subject, session, said_at| {
        world.ledger.end_by_provider(NOW, &EndedThere { issuer, subject, session, said_at }).unwrap()
    };
    assert_eq!(out("https://other.example", Some("ann"), None, NOW), 0, "another provider");
    assert_eq!(out(ISSUER, Some("nobody"), None, NOW), 0);
    assert_eq!(out(ISSUER, Some("bob"), Some("session-1"), NOW), 0, "a session of somebody else");
    assert_eq!(out(ISSUER, None, None, NOW), 0, "nobody");
    assert_eq!(out(ISSUER, Some("ann"), None, NOW - 2 * MINUTE), 0, "said before she signed in: an old message again");
    assert!(alive(&first) && alive(&second) && alive(&bob));
    assert_eq!(out(ISSUER, None, Some("session-1"), NOW), 1, "one session there");
    assert!(!alive(&first) && alive(&second) && alive(&bob));
    let (_, untold) = arrive(&world, 4, ("ann", "Ann", Role::Reviewer), None).unwrap();
    world.sql("UPDATE session SET provider_session = NULL WHERE provider_session = 'session-4'").unwrap();
    assert_eq!(out(ISSUER, None, Some("session-9"), NOW), 0, "of nobody who is named");
    assert_eq!(out(ISSUER, Some("ann"), Some("session-9"), NOW), 1, "what the provider calls it was never told");
    assert!(!alive(&untold) && alive(&second) && alive(&bob));
    assert_eq!(out(ISSUER, Some("ann"), None, NOW), 1, "all of hers");
    assert_eq!(out(ISSUER, Some("ann"), None, NOW), 0, "again");
    assert!(!alive(&second) && alive(&bob));
    let told =
        format!("SELECT count(*) FROM event WHERE kind = 'signed-out' AND detail LIKE '%{}%'", opened.identity.token);
    assert_eq!(world.number(&told), 3);
    // A link is no session of the provider's.
    let link = world.number("SELECT count(*) FROM session WHERE ended_at_ms IS NULL");
    assert_eq!(link, 1);
}

#[test]
fn whom_an_operator_revoked_stays_out_whatever_the_provider_says() {
    let world = world();
    let (opened, cookie) = arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    world.ledger.revoke_token(NOW, &operator(), &opened.identity.token).unwrap();
    assert_eq!(world.ledger.session(NOW, &cookie), Err(UNKNOWN));
    for (number, role) in [(2, Role::Reviewer), (3, Role::Operator)] {
        assert_eq!(arrive(&world, number, ("ann", "Ann", role), None), Err(Failure::Refused(Refusal::Revoked)));
    }
    assert_eq!(world.number("SELECT count(*) FROM session"), 1);
}

#[test]
fn nobody_gets_around_the_provider_by_a_link_and_nobody_has_the_persons_token() {
    let world = world();
    let (opened, _) = arrive(&world, 1, ("ann", "Ann", Role::Operator), None).unwrap();
    let link = Purpose::Link.secret(&[7; 16], &[7; 32]);
    let refused = world.ledger.create_link(NOW, "tok_first", &opened.identity.token, stored(&link));
    assert_eq!(refused, Err(Failure::Refused(Refusal::NotForPeople)));
    world.ledger.ensure_first_operator(NOW, &token::digest("first secret of theirs")).unwrap();
    let last = world.ledger.revoke_token(NOW, &operator(), token::FIRST_OPERATOR);
    assert!(last.is_err(), "who signs in with a provider is no operator to rely on");
}

#[test]
fn the_session_that_a_browser_had_before_ends_in_the_same_step() {
    let world = world();
    let (_, ann) = arrive(&world, 1, ("ann", "Ann", Role::Reviewer), None).unwrap();
    let id = Purpose::Session.claimed_id(&ann).unwrap();
    let before = Secret { id: &id, digest: &token::digest(&ann) };
    arrive(&world, 2, ("bob", "Bob", Role::Reviewer), Some(before)).unwrap();
    assert_eq!(world.ledger.session(NOW, &ann), Err(UNKNOWN));
}

#[test]
fn a_document_that_cannot_be_read_any_more_is_kept_as_it_was() {
    let world = world();
    let address = "https://id.example/keys";
    assert_eq!(world.ledger.provider_document(address).unwrap(), None);
    world.ledger.keep_provider_document(NOW, address, None).unwrap();
    assert_eq!(world.ledger.provider_document(address).unwrap().unwrap().read, None);
    world.ledger.keep_provider_document(NOW + 1, address, Some("a")).unwrap();
    world.ledger.keep_provider_document(NOW + 2, address, None).unwrap();
    let kept = world.ledger.provider_document(address).unwrap().unwrap();
    assert_eq!((kept.read, kept.tried_at), (Some(("a".to_owned(), NOW + 1)), NOW + 2));
}
