//! The session's cookie.
//!
//! `__Host-`: only this host, only HTTPS or loopback, set by nobody else in the domain. `HttpOnly`: no script reads it.
//! `SameSite=Strict`: no other site's request carries it. No `Max-Age`: it ends with the browser, at the latest when the
//! ledger says so.

use tollbooth_web::SESSION_COOKIE;

const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// Sets it.
pub fn set(secret: &str) -> String {
    format!("{SESSION_COOKIE}={secret}; {ATTRIBUTES}")
}

/// Takes it away.
pub fn clear() -> String {
    format!("{SESSION_COOKIE}=; {ATTRIBUTES}; Max-Age=0")
}
