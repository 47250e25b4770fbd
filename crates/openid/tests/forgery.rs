//! ID tokens that must not be believed, made with real keys: every one is a good token but for one thing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code; clippy.toml exempts only functions marked as tests"
)]

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use serde_json::{Value, json};
use tollbooth_openid::id_token::{Believed, Expected, Refused, verify};
use tollbooth_openid::keys::Keys;

const ISSUER: &str = "https://id.example/realms/toll";
const CLIENT: &str = "tollbooth";
const NONCE: &str = "nonce-of-this-attempt";

struct Pair {
    secret: EncodingKey,
    public: Value,
    algorithm: Algorithm,
    id: &'static str,
}

impl Pair {
    fn new(secret: EncodingKey, algorithm: Algorithm, id: &'static str) -> Self {
        let public = serde_json::to_value(Jwk::from_encoding_key(&secret, algorithm).unwrap()).unwrap();
        Self::with(secret, public, algorithm, id)
    }

    fn with(secret: EncodingKey, mut public: Value, algorithm: Algorithm, id: &'static str) -> Self {
        public["kid"] = json!(id);
        // Which of its family's algorithms a key is for is left to the header, as some providers do.
        public.as_object_mut().unwrap().remove("alg");
        Self { secret, public, algorithm, id }
    }

    fn rsa(bits: usize, algorithm: Algorithm, id: &'static str) -> Self {
        let mut random = rsa::rand_core::UnwrapErr(getrandom::SysRng);
        let key = rsa::PrivateKey::new(&mut random, bits).unwrap();
        Self::new(EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes()), algorithm, id)
    }

    fn ed25519(id: &'static str) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        let secret = EncodingKey::from_ed_der(key.to_pkcs8_der().unwrap().as_bytes());
        Self::with(secret, public, Algorithm::EdDSA, id)
    }

    fn p256(id: &'static str) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let key = p256::SecretKey::from_slice(&seed).unwrap().to_pkcs8_der().unwrap();
        Self::new(EncodingKey::from_ec_der(key.as_bytes()), Algorithm::ES256, id)
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(Some(self.id), claims)
    }

    fn sign_as(&self, id: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = id.map(ToOwned::to_owned);
        encode(&header, claims, &self.secret).unwrap()
    }
}

static RSA: LazyLock<Pair> = LazyLock::new(|| Pair::rsa(2048, Algorithm::RS256, "rsa"));

fn keys(pairs: &[&Pair]) -> Keys {
    let public: Vec<&Value> = pairs.iter().map(|pair| &pair.public).collect();
    Keys::read(json!({ "keys": public }).to_string().as_bytes()).unwrap()
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn good() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "ann", "nonce": NONCE,
        "iat": now(), "exp": now() + 300, "name": "Ann", "roles": ["tollbooth-reviewer"],
    })
}

fn but(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn check(token: &str, keys: &Keys) -> Result<Believed, Refused> {
    let expected =
        Expected { issuer: ISSUER, client_id: CLIENT, nonce: NONCE, began: now() * 1000 - 5_000, now: now() * 1000 };
    verify(token, keys, &expected)
}

fn refused(token: &str, keys: &Keys, what: &str) -> String {
    match check(token, keys) {
        Ok(believed) => panic!("{what}: believed as {believed:?}"),
        Err(refused) => refused.to_string(),
    }
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn a_good_token_is_believed_by_each_algorithm_on_the_list() {
    let others = [Pair::rsa(2048, Algorithm::PS256, "pss"), Pair::p256("ec"), Pair::ed25519("ed")];
    for pair in others.iter().chain([&*RSA]) {
        let believed = check(&pair.sign(&good()), &keys(&[pair])).unwrap();
        assert_eq!((believed.subject.as_str(), &believed.claims["name"]), ("ann", &json!("Ann")), "{}", pair.id);
        assert!(
            check(&pair.sign_as(None, &good()), &keys(&[pair])).is_ok(),
            "{}: a token need not name its key",
            pair.id
        );
    }
    let several = but("aud", json!([CLIENT, "other"]));
    let mut party = several.clone();
    party["azp"] = json!(CLIENT);
    assert!(check(&RSA.sign(&party), &keys(&[&RSA])).is_ok());
    refused(&RSA.sign(&several), &keys(&[&RSA]), "several audiences and no party");
}

#[test]
fn a_forged_or_changed_signature_is_refused() {
    let (forger, known) = (Pair::rsa(2048, Algorithm::RS256, "rsa"), keys(&[&RSA]));
    refused(&forger.sign(&good()), &known, "another key under the same name");
    let token = RSA.sign(&good());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let header = signed.split('.').next().unwrap();
    refused(&format!("{header}.{}.{signature}", part(&but("sub", json!("boss")))), &known, "other claims");
    refused(&format!("{signed}."), &known, "no signature");
    refused(signed, &known, "two parts");
    refused(&format!("{token}.x"), &known, "four parts");
    refused("", &known, "nothing");
    refused(&"x".repeat(100_000), &known, "a huge text");
}

#[test]
fn a_token_without_a_signature_or_signed_with_what_everybody_knows_is_refused() {
    let known = keys(&[&RSA]);
    for none in ["none", "None", "NONE", ""] {
        let header = part(&json!({ "alg": none, "kid": "rsa" }));
        for signature in ["", "AAAA"] {
            refused(&format!("{header}.{}.{signature}", part(&good())), &known, none);
        }
    }
    // The public key taken for a shared secret: in each form in which somebody may have it.
    let modulus = RSA.public["n"].as_str().unwrap();
    for secret in
        [RSA.public.to_string().into_bytes(), modulus.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(modulus).unwrap()]
    {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("rsa".to_owned()), ..Header::new(algorithm) };
            let token = encode(&header, &good(), &EncodingKey::from_secret(&secret).unwrap()).unwrap();
            refused(&token, &known, "a shared secret");
        }
    }
    // A shared secret among the provider's keys is none of ours, either.
    let shared = json!({ "keys": [{ "kty": "oct", "kid": "oct", "k": URL_SAFE_NO_PAD.encode([7; 32]) }] });
    let header = Header { kid: Some("oct".to_owned()), ..Header::new(Algorithm::HS256) };
    let token = encode(&header, &good(), &EncodingKey::from_secret(&[7; 32]).unwrap()).unwrap();
    refused(&token, &Keys::read(shared.to_string().as_bytes()).unwrap(), "a shared secret of the provider's");
}

#[test]
fn a_key_that_the_token_brings_along_or_names_elsewhere_is_not_used() {
    let forger = Pair::rsa(2048, Algorithm::RS256, "rsa");
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("rsa".to_owned());
    header.jwk = serde_json::from_value(forger.public.clone()).ok();
    header.jku = Some("https://evil.example/keys".to_owned());
    refused(&encode(&header, &good(), &forger.secret).unwrap(), &keys(&[&RSA]), "its own key");
    let critical = part(&json!({ "alg": "RS256", "kid": "rsa", "crit": ["exp"], "exp": 1 }));
    let token = RSA.sign(&good());
    let rest = token.split_once('.').unwrap().1;
    refused(&format!("{critical}.{rest}"), &keys(&[&RSA]), "another header");
}

#[test]
fn a_key_for_something_else_or_too_weak_is_not_used() {
    let public = |changes: Value| {
        let mut key = RSA.public.clone();
        key.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        Keys::read(json!({ "keys": [key] }).to_string().as_bytes()).unwrap()
    };
    let token = RSA.sign(&good());
    for other in
        [json!({ "use": "enc" }), json!({ "key_ops": ["encrypt"] }), json!({ "alg": "PS256" }), json!({ "kid": "x" })]
    {
        assert_eq!(check(&token, &public(other.clone())), Err(Refused::UnknownKey), "{other}");
    }
    assert!(check(&token, &public(json!({ "use": "sig", "alg": "RS256", "key_ops": ["verify"] }))).is_ok());
    let weak = Pair::rsa(1024, Algorithm::RS256, "weak");
    assert_eq!(check(&weak.sign(&good()), &keys(&[&weak])), Err(Refused::UnknownKey), "1024 bits");
}

#[test]
fn a_token_for_somebody_else_from_somebody_else_or_of_another_time_is_refused() {
    let known = keys(&[&RSA]);
    for (what, claims) in [
        ("another audience", but("aud", json!("other"))),
        ("no audience", without("aud")),
        ("an empty audience", but("aud", json!([]))),
        ("another party", but("azp", json!("other"))),
        ("a party that is no text", but("azp", json!([CLIENT]))),
        ("another issuer", but("iss", json!("https://evil.example"))),
        ("a longer issuer", but("iss", json!(format!("{ISSUER}/")))),
        ("two issuers", but("iss", json!([ISSUER, "https://evil.example"]))),
        ("no issuer", without("iss")),
        ("expired", but("exp", json!(now() - 61))),
        ("never expiring", without("exp")),
        ("an expiry that is no number", but("exp", json!("tomorrow"))),
        ("not yet valid", but("nbf", json!(now() + 120))),
        ("made before the attempt", but("iat", json!(now() - 66))),
        ("made in the future", but("iat", json!(now() + 120))),
        ("made at no time", without("iat")),
        ("another attempt's nonce", but("nonce", json!("other"))),
        ("no nonce", without("nonce")),
        ("a nonce that is no text", but("nonce", json!([NONCE]))),
        ("no subject", without("sub")),
        ("an empty subject", but("sub", json!(""))),
        ("a huge subject", but("sub", json!("x".repeat(256)))),
    ] {
        refused(&RSA.sign(&claims), &known, what);
    }
    for (what, claims) in [
        ("just expired", but("exp", json!(now() - 50))),
        ("a clock ahead", but("iat", json!(now() + 50))),
        ("fractions of a second", but("iat", json!(f64::from(u32::try_from(now()).unwrap()) + 0.5))),
    ] {
        assert!(check(&RSA.sign(&claims), &known).is_ok(), "{what}");
    }
}

#[test]
fn after_a_change_of_keys_the_new_one_is_unknown_until_the_keys_are_read_again() {
    let new = Pair::ed25519("new");
    let token = new.sign(&good());
    assert_eq!(check(&token, &keys(&[&RSA])), Err(Refused::UnknownKey));
    assert!(check(&token, &keys(&[&RSA, &new])).is_ok());
    refused(&RSA.sign(&good()), &keys(&[&new]), "the old key, once it is withdrawn");
}

#[test]
fn a_set_of_keys_that_is_none_or_endless_is_refused_and_strange_keys_are_left_out() {
    for bad in ["", "[]", "{}", r#"{"keys":1}"#, "<html>"] {
        assert!(Keys::read(bad.as_bytes()).is_err(), "{bad}");
    }
    let many = json!({ "keys": vec![RSA.public.clone(); 65] });
    assert!(Keys::read(many.to_string().as_bytes()).is_err());
    let strange = json!({ "keys": [{ "kty": "AKP", "alg": "ML-DSA-65" }, { "kty": "RSA" }, 7, RSA.public] });
    assert!(check(&RSA.sign(&good()), &Keys::read(strange.to_string().as_bytes()).unwrap()).is_ok());
}

mod signing_out {
    use tollbooth_openid::logout_token::{Expected, SignedOut, verify};

    use super::*;

    const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

    fn said() -> Value {
        json!({
            "iss": ISSUER, "aud": CLIENT, "sub": "ann", "sid": "session-7", "jti": "1",
            "iat": now(), "exp": now() + 120, "events": { EVENT: {} },
        })
    }

    fn check(token: &str) -> Result<SignedOut, Refused> {
        verify(token, &keys(&[&RSA]), &Expected { issuer: ISSUER, client_id: CLIENT, now: now() * 1000 })
    }

    fn with(changes: &[(&str, Option<Value>)]) -> String {
        let mut claims = said();
        for (name, value) in changes {
            match value {
                Some(value) => claims[*name] = value.clone(),
                None => drop(claims.as_object_mut().unwrap().remove(*name)),
            }
        }
        RSA.sign(&claims)
    }

    #[test]
    fn a_good_token_names_a_person_or_a_session_or_both() {
        let both = check(&with(&[])).unwrap();
        assert_eq!((both.subject.as_deref(), both.session.as_deref()), (Some("ann"), Some("session-7")));
        assert!((both.said_at / 1000 - now()).abs() < 5);
        assert_eq!(check(&with(&[("sid", None)])).unwrap().session, None);
        assert_eq!(check(&with(&[("sub", None)])).unwrap().subject, None);
    }

    #[test]
    fn nothing_else_that_the_provider_signed_and_nothing_that_it_did_not_signs_anybody_out() {
        assert!(check(&RSA.sign(&good())).is_err(), "an ID token");
        let forger = Pair::rsa(2048, Algorithm::RS256, "rsa");
        assert!(check(&forger.sign(&said())).is_err(), "another key of the same name");
        let mut header = Header::new(Algorithm::RS256);
        for (kind, taken) in [("logout+jwt", true), ("at+jwt", false)] {
            (header.kid, header.typ) = (Some("rsa".to_owned()), Some(kind.to_owned()));
            let token = encode(&header, &said(), &RSA.secret).unwrap();
            assert_eq!(check(&token).is_ok(), taken, "{kind}");
        }
        let unsigned = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&said()));
        assert!(check(&unsigned).is_err(), "no signature");
        for (what, name, value) in [
            ("another event", "events", Some(json!({ "https://example/other": {} }))),
            ("an event that is no object", "events", Some(json!({ EVENT: true }))),
            ("no event", "events", None),
            ("a nonce", "nonce", Some(json!(NONCE))),
            ("no name of its own", "jti", None),
            ("another audience", "aud", Some(json!("other"))),
            ("another issuer", "iss", Some(json!("https://evil.example"))),
            ("two issuers", "iss", Some(json!([ISSUER, "https://evil.example"]))),
            ("expired", "exp", Some(json!(now() - 61))),
            ("never expiring", "exp", None),
            ("made long ago", "iat", Some(json!(now() - 700))),
            ("made in the future", "iat", Some(json!(now() + 120))),
            ("made at no time", "iat", None),
            ("a session that is no name", "sid", Some(json!(7))),
            ("an empty person", "sub", Some(json!(""))),
        ] {
            let token = with(&[(name, value)]);
            assert!(matches!(check(&token), Err(Refused::Invalid(_))), "{what}: {:?}", check(&token));
        }
        assert!(check(&with(&[("sub", None), ("sid", None)])).is_err(), "nobody");
        assert_eq!(check(&Pair::ed25519("other").sign(&said())), Err(Refused::UnknownKey));
    }
}
