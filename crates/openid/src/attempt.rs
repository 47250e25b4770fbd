//! One attempt to sign in: what binds the browser that began it to the answer that comes back.
//!
//! Nothing is stored for a stranger who begins: the browser keeps one secret in a cookie that only this host can set and no
//! script reads, and state, nonce and the verifier of PKCE are derived from it, each for itself. So only that browser can
//! finish what it began, and what else the cookie says (when, where to, whose session ends) cannot be changed without
//! changing the state and the nonce that the provider was given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tollbooth_pipeline::Instant;

/// How long somebody may take at the provider, in milliseconds.
pub const ATTEMPT_MS: Instant = 10 * 60_000;
/// How far two machines' clocks of one installation may be apart, in milliseconds.
const SLACK_MS: Instant = 60_000;
/// Longest cookie, in bytes.
const MAX_BYTES: usize = 1_024;
/// Longest address to go to afterwards, in bytes.
const MAX_RETURN_BYTES: usize = 300;

/// The session that ends when this attempt succeeds: the one this browser had when it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// `ses_…`
    pub id: String,
    /// SHA-256 of its cookie, which proves that it was this browser's.
    pub digest: [u8; 32],
}

/// An attempt to sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    secret: [u8; 32],
    /// When it began.
    pub began: Instant,
    /// Where to go afterwards: an address of the console.
    pub return_to: String,
    /// Whose place the new session takes.
    pub before: Option<Before>,
}

impl Attempt {
    /// A new one, with a secret from the host's random source.
    #[must_use]
    pub fn begin(secret: [u8; 32], now: Instant, return_to: &str, before: Option<Before>) -> Self {
        Self { secret, began: now, return_to: return_address(return_to), before }
    }

    /// The cookie's value.
    #[must_use]
    pub fn cookie(&self) -> String {
        format!("{}.{}", hex::encode(self.secret), self.rest())
    }

    /// Reads a cookie's value. None for one that was not made here, or too long ago.
    #[must_use]
    pub fn from_cookie(text: &str, now: Instant) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let (secret, began, return_to, id, digest) = (next()?, next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return None;
        }
        let began: Instant = began.parse().ok()?;
        let return_to = String::from_utf8(URL_SAFE_NO_PAD.decode(return_to).ok()?).ok()?;
        let before = match (id, digest) {
            ("", "") => None,
            (id, digest) => Some(Before { id: id.to_owned(), digest: bytes(digest)? }),
        };
        let young = began <= now.saturating_add(SLACK_MS) && now < began.saturating_add(ATTEMPT_MS);
        let whole = return_address(&return_to) == return_to;
        (young && whole).then_some(Self { secret: bytes(secret)?, began, return_to, before })
    }

    /// What comes back in the address, so that nobody signs a victim in with an answer of their own.
    #[must_use]
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// What comes back in the ID token, so that no token of another attempt is taken.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// What only who began can show for the code (RFC 7636).
    #[must_use]
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// `S256` of the verifier.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier().as_bytes()))
    }

    /// By which the ledger knows that this attempt was finished, and finishes it once.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.mac("spent")
    }

    /// Whether the state that came back is this attempt's.
    #[must_use]
    pub fn is_state(&self, given: &str) -> bool {
        self.state().as_bytes().ct_eq(given.as_bytes()).into()
    }

    fn rest(&self) -> String {
        let (id, digest) =
            self.before.as_ref().map_or_else(Default::default, |b| (b.id.clone(), hex::encode(b.digest)));
        format!("{}.{}.{id}.{digest}", self.began, URL_SAFE_NO_PAD.encode(&self.return_to))
    }

    fn derived(&self, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose))
    }

    fn mac(&self, purpose: &str) -> [u8; 32] {
        // A key of 32 bytes is never too short nor too long for HMAC; the fallback keeps the derivation total.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else { return self.secret };
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(self.rest().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}

/// An address of the console, or its front page for anything else: nobody is sent elsewhere after signing in.
#[must_use]
pub fn return_address(given: &str) -> String {
    let plain = |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    let (path, query) = given.split_once('?').unwrap_or((given, ""));
    let below = path.strip_prefix("/console").filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let good = below.is_some_and(|rest| plain(rest, b"-_/") && !rest.contains("//"))
        && plain(query, b"-_=&%+.:")
        && given.len() <= MAX_RETURN_BYTES;
    if good { given.to_owned() } else { "/console".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = 1_800_000_000_000;

    fn attempt() -> Attempt {
        let before = Before { id: "ses_1".to_owned(), digest: [3; 32] };
        Attempt::begin([7; 32], NOW, "/console/search?state=in-review", Some(before))
    }

    #[test]
    fn a_browser_finishes_what_it_began_and_nothing_else() {
        let attempt = attempt();
        let back = Attempt::from_cookie(&attempt.cookie(), NOW + 1).unwrap();
        assert!(back == attempt && back.is_state(&attempt.state()));
        assert_eq!(attempt.before, Some(Before { id: "ses_1".to_owned(), digest: [3; 32] }));
        let other = Attempt::begin([8; 32], NOW, "/console", None);
        assert!(!other.is_state(&attempt.state()) && !other.is_state(""));
        assert_ne!(other.nonce(), attempt.nonce());
    }

    #[test]
    fn nothing_that_the_provider_or_the_address_bar_sees_gives_the_secret_or_another_value_away() {
        let attempt = attempt();
        let seen = [attempt.state(), attempt.nonce(), attempt.verifier(), hex::encode(attempt.digest())];
        for (at, one) in seen.iter().enumerate() {
            assert!(!attempt.cookie().contains(one.as_str()));
            assert!(seen.iter().skip(at + 1).all(|other| other != one));
        }
        assert!((43..=128).contains(&attempt.verifier().len()), "RFC 7636, section 4.1");
        assert_ne!(attempt.challenge(), attempt.verifier());
    }

    #[test]
    fn a_cookie_whose_words_were_changed_has_another_state_and_nonce() {
        let (attempt, cookie) = (attempt(), attempt().cookie());
        let later = cookie.replace(&NOW.to_string(), &(NOW + 5).to_string());
        let unbound = cookie.replace(".ses_1.", ".ses_2.");
        for changed in [later, unbound] {
            let read = Attempt::from_cookie(&changed, NOW + 10).unwrap();
            assert!(!read.is_state(&attempt.state()) && read.nonce() != attempt.nonce(), "{changed}");
        }
    }

    #[test]
    fn an_old_a_future_and_a_foreign_cookie_are_nobodys() {
        let cookie = attempt().cookie();
        assert!(Attempt::from_cookie(&cookie, NOW + ATTEMPT_MS).is_none());
        assert!(Attempt::from_cookie(&cookie, NOW - 2 * SLACK_MS).is_none());
        let huge = format!("{cookie}{}", "0".repeat(2_000));
        for foreign in ["", ".", "a.b.c.d.e", "x", cookie.trim_end_matches('3'), &format!("{cookie}.x"), &huge] {
            assert!(Attempt::from_cookie(foreign, NOW).is_none(), "{foreign:.40}");
        }
    }

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        for own in ["/console", "/console/review", "/console/passages/psg_1", "/console/search?state=in-review&limit=5"]
        {
            assert_eq!(return_address(own), own);
        }
        for other in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/console/../x",
            "/console//evil.example",
            "/consoleevil",
            "/console@evil.example",
            "javascript:alert(1)",
            "/console\r\nset-cookie: a=b",
            "/v1/me",
            "/console#x",
            "/console?x=<y>",
            "",
            " /console",
            "/console/\u{2028}",
        ] {
            assert_eq!(return_address(other), "/console", "{other}");
        }
    }
}
