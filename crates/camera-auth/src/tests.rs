use base64::{Engine as _, prelude::BASE64_STANDARD};
use md5::{Digest as _, Md5};
use tollbooth_pipeline::ident::hex;

use super::*;

const NOW: Instant = 1_764_000_000_000;
const USER: &str = "0f3k9x0f3k9x0f3k9x0f3k9x0f";
const ASKED: Asked<'static> = Asked { method: "POST", target: "/v1/push?x=1" };

fn key() -> Key {
    Key::new("0123456789abcdef0123456789abcdef").unwrap()
}

fn basic(user: &str, password: &str) -> Option<Claim<'static>> {
    claim(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

/// Answers a challenge as a client does that was written after the RFC: it takes nonce and realm from the header.
fn answer(challenge: &str, password: &str, asked: Asked<'_>, qop: bool) -> Claim<'static> {
    let of = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let md5 = |text: String| hex(&Md5::digest(text.as_bytes()));
    let (realm, nonce) = (of("realm"), of("nonce"));
    let ha1 = md5(format!("{USER}:{realm}:{password}"));
    let ha2 = md5(format!("{}:{}", asked.method, asked.target));
    let (response, more) = if qop {
        (md5(format!("{ha1}:{nonce}:00000001:abc:auth:{ha2}")), ", qop=auth, nc=00000001, cnonce=\"abc\"")
    } else {
        (md5(format!("{ha1}:{nonce}:{ha2}")), "")
    };
    let header = format!(
        "Digest username=\"{USER}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\"{more}",
        asked.target
    );
    claim(&header).unwrap()
}

#[test]
fn a_key_that_can_be_guessed_is_none() {
    assert_eq!(Key::new("0123456789abcdef0123456789abcde").err(), Some(UnfitKey));
    assert!(!format!("{:?}", key()).contains("0123"), "a key is in no log");
}

#[test]
fn a_password_is_that_of_its_key_and_user_alone_and_fits_into_the_forms_of_cameras() {
    let password = key().password(USER);
    assert_eq!(password.len(), PASSWORD_CHARS);
    assert!(password.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{password}");
    assert_eq!(password, key().password(USER));
    assert_ne!(password, key().password("another"));
    assert_ne!(password, Key::new(&"x".repeat(32)).unwrap().password(USER));
}

#[test]
fn basic_proves_with_the_right_password_only() {
    let right = basic(USER, &key().password(USER)).unwrap();
    assert_eq!(prove(&key(), &right, ASKED, NOW), Ok(()));
    let others =
        [basic(USER, "wrong").unwrap(), basic("another", &key().password(USER)).unwrap(), basic(USER, "").unwrap()];
    for wrong in others {
        assert_eq!(prove(&key(), &wrong, ASKED, NOW), Err(NotProven::Wrong), "{wrong:?}");
    }
    for unreadable in ["Basic", "Basic !!!", "Basic YQ==", "Bearer x", ""] {
        assert_eq!(claim(unreadable), None, "{unreadable}");
    }
}

#[test]
fn digest_proves_with_and_without_quality_of_protection() {
    let [challenge, _] = challenges(&key(), NOW, false);
    for qop in [true, false] {
        let right = answer(&challenge, &key().password(USER), ASKED, qop);
        assert_eq!(prove(&key(), &right, ASKED, NOW + 60_000), Ok(()), "qop {qop}");
        let wrong = answer(&challenge, "wrong", ASKED, qop);
        assert_eq!(prove(&key(), &wrong, ASKED, NOW), Err(NotProven::Wrong), "qop {qop}");
    }
}

#[test]
fn what_was_sealed_for_one_request_proves_no_other() {
    let [challenge, _] = challenges(&key(), NOW, false);
    let right = answer(&challenge, &key().password(USER), ASKED, true);
    for other in [Asked { method: "PUT", ..ASKED }, Asked { target: "/v1/push?x=2", ..ASKED }] {
        assert_eq!(prove(&key(), &right, other, NOW), Err(NotProven::Wrong), "{other:?}");
    }
}

#[test]
fn a_nonce_is_good_for_minutes_and_only_when_it_is_ours() {
    let [challenge, _] = challenges(&key(), NOW, false);
    let right = answer(&challenge, &key().password(USER), ASKED, true);
    assert_eq!(prove(&key(), &right, ASKED, NOW + 299_000), Ok(()));
    assert_eq!(prove(&key(), &right, ASKED, NOW + 301_000), Err(NotProven::Stale));
    assert_eq!(prove(&key(), &right, ASKED, NOW - 31_000), Err(NotProven::Stale));
    let [foreign, _] = challenges(&Key::new(&"y".repeat(40)).unwrap(), NOW, false);
    let forged = answer(&foreign, &key().password(USER), ASKED, true);
    assert_eq!(prove(&key(), &forged, ASKED, NOW), Err(NotProven::Stale));
    // What cameras of one maker send before they were asked.
    let early =
        claim(&format!("Digest username=\"{USER}\", realm=\"\", nonce=\"\", uri=\"/v1/push\", response=\"\"")).unwrap();
    assert_eq!(prove(&key(), &early, ASKED, NOW), Err(NotProven::Stale));
    assert!(challenges(&key(), NOW, true)[0].ends_with("stale=true"));
}
