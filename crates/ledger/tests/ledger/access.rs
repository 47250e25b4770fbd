//! Recognising tokens.

use tollbooth_ledger::Failure;
use tollbooth_ledger::access::Refusal;
use tollbooth_ledger::admin::Token;
use tollbooth_pipeline::role::Role;
use tollbooth_pipeline::token;

use crate::booth::*;

const UNKNOWN: Failure<Refusal> = Failure::Refused(Refusal::Unknown);

fn issue(world: &World, role: Role, seed: u8) -> token::NewToken {
    let issued = token::new(&[seed; 16], &[seed; 32]);
    let booth = (role == Role::Camera).then(|| BOOTH.to_owned());
    let token = Token { id: issued.id.clone(), role, booth, ..camera_token("") };
    world.ledger.create_token(NOW, &operator(), &token, &issued.digest).unwrap();
    issued
}

#[test]
fn a_token_is_recognised_with_its_role_and_booth() {
    let world = world();
    for (seed, role) in Role::ALL.into_iter().enumerate() {
        let issued = issue(&world, role, u8::try_from(seed).unwrap());
        let identity = world.ledger.authorize(&issued.text).unwrap();
        assert_eq!((identity.token, identity.role), (issued.id, role));
        assert_eq!(identity.booth.is_some(), role == Role::Camera);
    }
}

#[test]
fn unknown_malformed_revoked_and_nearly_right_get_one_answer() {
    let world = world();
    let issued = issue(&world, Role::Reviewer, 7);
    let wrong_secret = format!("{}0", &issued.text[..issued.text.len() - 1]);
    for text in ["", "tbt_", "tbt_x_y", "Bearer", wrong_secret.as_str(), &"x".repeat(10_000)] {
        assert_eq!(world.ledger.authorize(text), Err(UNKNOWN), "{text:.40}");
    }
    world.ledger.revoke_token(NOW, &operator(), &issued.id).unwrap();
    assert_eq!(world.ledger.authorize(&issued.text), Err(UNKNOWN));
}

#[test]
fn the_first_operator_changes_with_the_variable_and_a_revoked_one_stays_revoked_until_then() {
    let world = world();
    let ensure = |text: &str| world.ledger.ensure_first_operator(NOW, &token::digest(text)).unwrap();
    assert_eq!(world.ledger.authorize("first secret"), Err(UNKNOWN));
    ensure("first secret");
    ensure("first secret");
    let identity = world.ledger.authorize("first secret").unwrap();
    assert_eq!((identity.token.as_str(), identity.role), (token::FIRST_OPERATOR, Role::Operator));
    issue(&world, Role::Operator, 3);
    world.ledger.revoke_token(NOW, &operator(), token::FIRST_OPERATOR).unwrap();
    ensure("first secret");
    assert_eq!(world.ledger.authorize("first secret"), Err(UNKNOWN));
    ensure("second secret");
    assert_eq!(world.ledger.authorize("first secret"), Err(UNKNOWN));
    assert!(world.ledger.authorize("second secret").is_ok());
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'token-created'"), 2);
    assert_eq!(world.number("SELECT count(*) FROM event WHERE kind = 'token-replaced'"), 1);
}

#[test]
fn the_last_operator_cannot_be_revoked() {
    let world = world();
    world.ledger.ensure_first_operator(NOW, &token::digest("first secret")).unwrap();
    issue(&world, Role::Supervisor, 3);
    let last = world.ledger.revoke_token(NOW, &operator(), token::FIRST_OPERATOR);
    assert!(matches!(last, Err(tollbooth_ledger::Failure::Refused(tollbooth_ledger::admin::Refusal::Conflict))));
    assert!(world.ledger.authorize("first secret").is_ok());
    let other = issue(&world, Role::Operator, 4);
    assert!(world.ledger.revoke_token(NOW, &operator(), token::FIRST_OPERATOR).is_ok());
    assert!(world.ledger.revoke_token(NOW, &operator(), &other.id).is_err());
}

#[test]
fn no_event_holds_a_digest_or_a_secret() {
    let world = world();
    let issued = issue(&world, Role::Camera, 7);
    world.ledger.ensure_first_operator(NOW, &token::digest("first secret")).unwrap();
    let digest = tollbooth_pipeline::ident::hex(&issued.digest);
    for text in [digest.as_str(), issued.text.as_str(), "first secret"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM event WHERE detail LIKE '%{text}%'")), 0);
    }
}

#[test]
fn a_first_secret_that_was_revoked_is_never_good_again() {
    let world = world();
    let ensure = |text: &str| world.ledger.ensure_first_operator(NOW, &token::digest(text)).unwrap();
    let other = Token { role: Role::Operator, booth: None, ..camera_token("tok_2") };
    world.ledger.create_token(NOW, &operator(), &other, &[2; 32]).unwrap();
    ensure("secret A");
    world.ledger.revoke_token(NOW, &operator(), token::FIRST_OPERATOR).unwrap();
    ensure("secret B");
    assert!(world.ledger.authorize("secret B").is_ok());
    ensure("secret A");
    assert!(world.ledger.authorize("secret A").is_err(), "A was revoked, whatever came between");
    assert!(world.ledger.authorize("secret B").is_ok(), "what is spent replaces nothing");
}
