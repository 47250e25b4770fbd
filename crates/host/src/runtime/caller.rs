//! Who is calling, as far as it can be told without asking the application.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};

use http::{HeaderMap, header};

/// Whoever shares what is limited by caller: everybody who shows the same credentials, or comes from the same address
/// without any.
///
/// Whether credentials are good is the application's to say. Bad ones are refused before anything is waited for, so whoever
/// invents many holds no more than their requests take to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// A keyed hash of the `Authorization` header: nothing of a token is kept.
    Token(u64),
    /// The address of a stranger; of an IPv6 one the network (/64), which one host has whole.
    Stranger(IpAddr),
}

impl Caller {
    /// The caller of a request.
    pub(crate) fn of(headers: &HeaderMap, client: SocketAddr) -> Self {
        // A key of this process, so that nobody can choose a token that shares somebody else's places.
        static KEY: OnceLock<RandomState> = OnceLock::new();
        match headers.get(header::AUTHORIZATION) {
            Some(value) => Self::Token(KEY.get_or_init(RandomState::new).hash_one(value.as_bytes())),
            None => Self::Stranger(network(client.ip())),
        }
    }

    /// Whether no credentials were shown.
    pub(crate) fn is_stranger(self) -> bool {
        matches!(self, Self::Stranger(_))
    }
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
}
