//! Who is calling, as far as it can be told without asking the application.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};

use http::{HeaderMap, header};

const SCHEME: &[u8] = b"Bearer ";
/// As the application names it, up to its value.
const SESSION_COOKIE: &[u8] = b"__Host-tollbooth=";

/// Whoever shares what is limited by caller: everybody who shows the same credentials, or comes from the same address
/// without any.
///
/// Whether credentials are good is the application's to say. Bad ones are refused before anything is waited for, so whoever
/// invents many holds no more than their requests take to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A keyed hash of a bearer token, of the session of somebody who signed in, or of a camera's credentials: nothing of them
    /// is kept.
    Token(u64),
    /// The address of a stranger; of an IPv6 one the network (/64), which one host has whole.
    Stranger(IpAddr),
}

impl Caller {
    /// The caller of a request.
    pub(crate) fn of(headers: &HeaderMap, client: SocketAddr) -> Self {
        // A key of this process, so that nobody can choose a token that shares somebody else's places.
        static KEY: OnceLock<RandomState> = OnceLock::new();
        // One secret is one caller, however it is written and whatever else is sent.
        match bearer(headers).or_else(|| camera(headers)).or_else(|| session(headers)) {
            Some(secret) => Self::Token(KEY.get_or_init(RandomState::new).hash_one(secret)),
            None => Self::Stranger(network(client.ip())),
        }
    }

    /// Whether no credentials were shown.
    pub(crate) fn is_stranger(self) -> bool {
        matches!(self, Self::Stranger(_))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let text = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = text.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| token.trim_ascii())
}

/// The credentials of a camera that pushes, as far as they are the same in each of its requests: of Basic all, of Digest the
/// user name.
fn camera(headers: &HeaderMap) -> Option<&[u8]> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(rest.trim().as_bytes());
    }
    let (_, name) = rest.split_once("username=\"").filter(|_| scheme.eq_ignore_ascii_case("digest"))?;
    name.split('"').next().filter(|name| !name.is_empty()).map(str::as_bytes)
}

fn session(headers: &HeaderMap) -> Option<&[u8]> {
    let cookies = headers.get_all(header::COOKIE).into_iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    cookies.filter_map(|cookie| cookie.trim_ascii().strip_prefix(SESSION_COOKIE)).next()
}

/// The address, or the network that one host has whole.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(authorization: Option<&'static str>, client: &str) -> Caller {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        Caller::of(&headers, client.parse().unwrap())
    }

    #[test]
    fn a_token_is_the_same_caller_from_anywhere_and_strangers_are_told_by_their_address() {
        assert_eq!(caller(Some("Bearer a"), "1.2.3.4:5"), caller(Some("Bearer a"), "9.9.9.9:9"));
        assert_ne!(caller(Some("Bearer a"), "1.2.3.4:5"), caller(Some("Bearer b"), "1.2.3.4:5"));
        assert_eq!(caller(None, "1.2.3.4:5"), caller(None, "1.2.3.4:6"));
        assert_ne!(caller(None, "1.2.3.4:5"), caller(None, "1.2.3.5:5"));
        assert_eq!(caller(None, "[2001:db8:1:2::1]:5"), caller(None, "[2001:db8:1:2:ffff::9]:7"));
        assert_eq!(caller(None, "[::ffff:1.2.3.4]:5"), caller(None, "1.2.3.4:5"));
    }

    #[test]
    fn who_is_signed_in_is_no_stranger_and_another_one_than_the_next_at_the_same_address() {
        let signed_in = |cookie: &'static str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())]);
            Caller::of(&headers, "1.2.3.4:5".parse().unwrap())
        };
        assert!(!signed_in("__Host-tollbooth=a").is_stranger());
        assert_ne!(signed_in("__Host-tollbooth=a"), signed_in("__Host-tollbooth=b"));
        assert_eq!(signed_in("__Host-tollbooth=a"), signed_in("theme=dark; __Host-tollbooth=a; x=1"));
        assert!(signed_in("theme=dark").is_stranger());
    }

    #[test]
    fn a_camera_is_one_caller_whatever_its_digest_answers() {
        let digest = caller(Some("Digest username=\"a\", nonce=\"1\", response=\"2\""), "1.2.3.4:5");
        assert!(!digest.is_stranger());
        assert_eq!(caller(Some("digest nonce=\"7\", username=\"a\", response=\"9\""), "9.9.9.9:9"), digest);
        assert_ne!(caller(Some("Digest username=\"b\", nonce=\"1\""), "1.2.3.4:5"), digest);
        assert_eq!(caller(Some("Basic YTpi"), "1.2.3.4:5"), caller(Some("basic  YTpi"), "9.9.9.9:9"));
        assert!(caller(Some("Digest username=\"\""), "1.2.3.4:5").is_stranger());
    }

    #[test]
    fn one_token_is_one_caller_however_it_is_written() {
        let plain = caller(Some("Bearer a"), "1.2.3.4:5");
        assert_eq!(caller(Some("bEARER a"), "1.2.3.4:5"), plain);
        assert_eq!(caller(Some("Bearer   a "), "1.2.3.4:5"), plain);
        assert!(caller(Some("Negotiate a"), "1.2.3.4:5").is_stranger());
    }
}
