//! Who a request says it comes from, before anything is believed.

use std::borrow::Cow;

use crate::basic;
use crate::digest::DigestClaim;

/// Who somebody says to be, and what is to prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<'a> {
    /// The password itself: HTTP Basic, or a URL that holds it.
    Password {
        /// The user name.
        user: Cow<'a, str>,
        /// As it was sent.
        password: Cow<'a, str>,
    },
    /// HTTP Digest.
    Digest(DigestClaim),
}

impl Claim<'_> {
    /// The user name.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } => user,
            Self::Digest(digest) => &digest.user,
        }
    }
}

/// What an `Authorization` header claims; none for another scheme, or one that cannot be read.
#[must_use]
pub fn claim(header: &str) -> Option<Claim<'static>> {
    let (scheme, rest) = header.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        let (user, password) = basic::read(rest)?;
        return Some(Claim::Password { user: user.into(), password: password.into() });
    }
    if scheme.eq_ignore_ascii_case("digest") { DigestClaim::read(rest).map(Claim::Digest) } else { None }
}
