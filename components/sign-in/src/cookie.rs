//! The cookies: of a session, and of an attempt to sign in with a provider.
//!
//! `__Host-`: only this host, only HTTPS or loopback, set by nobody else in the domain. `HttpOnly`: no script reads it.

use tollbooth_openid::attempt::ATTEMPT_MS;
use tollbooth_pipeline::session::Purpose;
use tollbooth_pipeline::token::{MAX_BYTES, digest};
use tollbooth_ports::ledger::sessions::Secret;
use tollbooth_web::{Request, SESSION_COOKIE};

/// The attempt's cookie.
pub const ATTEMPT_COOKIE: &str = "__Host-tollbooth-sign-in";

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly";

/// Sets the session's. `SameSite=Strict`: no other site's request carries it. No `Max-Age`: it ends with the browser, at
/// the latest when the ledger says so.
pub fn set(secret: &str) -> String {
    format!("{SESSION_COOKIE}={secret}; {ATTRIBUTES}; SameSite=Strict")
}

/// Takes the session's away.
pub fn clear() -> String {
    format!("{SESSION_COOKIE}=; {ATTRIBUTES}; SameSite=Strict; Max-Age=0")
}

/// Sets the attempt's. `SameSite=Lax`, because the provider, another site, sends the browser back; only with a page that
/// the person is taken to, never with a picture, a frame or a form of another site.
pub fn set_attempt(secret: &str) -> String {
    format!("{ATTEMPT_COOKIE}={secret}; {ATTRIBUTES}; SameSite=Lax; Max-Age={}", ATTEMPT_MS / 1000)
}

/// Takes the attempt's away.
pub fn clear_attempt() -> String {
    format!("{ATTEMPT_COOKIE}=; {ATTRIBUTES}; SameSite=Lax; Max-Age=0")
}

/// The session that this browser shows, whether it is good or not: the one that ends when it gets a new one.
pub fn session(request: &Request) -> Option<Secret> {
    let text = request.cookie(SESSION_COOKIE).filter(|text| text.len() <= MAX_BYTES)?;
    let id = Purpose::Session.claimed_id(text)?;
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    plain.then(|| Secret { id, digest: digest(text).to_vec() })
}
