//! How cameras prove who they are that know no bearer token: HTTP Basic (RFC 7617), HTTP Digest (RFC 7616), or a secret
//! in their URL.
//!
//! Nothing secret of a camera is stored anywhere. Its password is derived from the gateway's key and the id of the
//! camera's token, so who reads the ledger, or a backup of it, can impersonate no camera; and what Digest needs of a password is
//! made when it is needed. A nonce is its time and a seal over it, so that any instance can check what another one gave
//! out, and none remembers any. Must not know HTTP servers, ledgers or clocks.

mod basic;
mod claim;
mod digest;
mod key;
mod nonce;

pub use claim::{Claim, claim};
pub use digest::{DigestClaim, REALM};
pub use key::{Key, PASSWORD_CHARS, UnfitKey};

/// Milliseconds since 1970.
type Instant = i64;

/// What is asked, as far as Digest seals it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `POST`
    pub method: &'a str,
    /// Path and query as they were sent.
    pub target: &'a str,
}

/// Why somebody is not who they claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// The nonce is too old or not one of ours: right credentials will do with a new one.
    #[error("the nonce is too old or not ours")]
    Stale,
    /// The password is wrong, or the request is not the one that was sealed.
    #[error("the password is wrong")]
    Wrong,
}

/// Checks a claim against the password that this key gives the claimed camera. Takes the same time wherever a wrong password
/// differs.
///
/// # Errors
/// [`NotProven`]
pub fn prove(key: &Key, claim: &Claim<'_>, asked: Asked<'_>, now: Instant) -> Result<(), NotProven> {
    let password = key.password(claim.user());
    match claim {
        Claim::Password { password: given, .. } => {
            if same(password.as_bytes(), given.as_bytes()) {
                Ok(())
            } else {
                Err(NotProven::Wrong)
            }
        }
        Claim::Digest(digest) => digest.prove(key, &password, asked, now),
    }
}

/// The values of `WWW-Authenticate`, the better one first. `stale` tells a client that only its nonce was too old.
#[must_use]
pub fn challenges(key: &Key, now: Instant, stale: bool) -> [String; 2] {
    let stale = if stale { ", stale=true" } else { "" };
    [
        // MD5 alone: cameras know nothing else, and many clients give up at the first algorithm that they do not know.
        format!("Digest realm=\"{REALM}\", qop=\"auth\", algorithm=MD5, nonce=\"{}\"{stale}", key.nonce(now)),
        format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""),
    ]
}

/// Comparison that takes the same time wherever the two differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    use subtle::ConstantTimeEq as _;
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests;
