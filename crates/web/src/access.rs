//! Who is calling: a bearer token, or the session of somebody who signed in at the console. Every route but health, the
//! API document and the console's files needs one.
//!
//! A browser sends a cookie along with whatever any page makes it ask for, so a session counts only for requests that
//! the console itself made: the browser says so (`Sec-Fetch-Site`), and what changes something carries a header that no
//! other site can set. A bearer token is never sent by itself and needs neither.

use tollbooth_pipeline::role::{Action, Role};
use tollbooth_ports::ledger::access::{Session, release};
use tollbooth_ports::types::Actor;

use crate::credential::{Credential, unauthorized};
use crate::{Kind, Method, Problem, Request};

/// The session's cookie. The prefix makes browsers hold it to this very host, and to HTTPS or loopback.
pub const SESSION_COOKIE: &str = "__Host-tollbooth";

/// A header that a page of another site cannot send without asking first.
pub const CONSOLE_HEADER: &str = "tollbooth-console";

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `tok_…`
    pub token: String,
    /// What they are.
    pub role: Role,
    /// The one booth a camera may send for.
    pub booth: Option<String>,
    /// The booths that a person's role is limited to; none: it is not. The ledger shows them nothing of others.
    pub booths: Option<Vec<String>>,
    /// Of the token, for people.
    pub name: String,
    /// By which session they are known; none for a bearer token.
    pub session: Option<Session>,
}

impl Identity {
    /// For the event log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { role: self.role.as_str().to_owned(), id: self.token.clone() }
    }
}

/// Recognises the caller and checks that the role allows the action.
///
/// # Errors
/// `unauthorized`, `cross-site`, `forbidden`, or the ledger's failure.
pub fn authorize(request: &Request, action: Action) -> Result<Identity, Problem> {
    let identity = identify(request)?;
    if !identity.role.may(action) {
        // Whoever has a token and tries what it does not allow is mistaken, or is not who it was given to.
        tollbooth_log::log!(
            Warn,
            request = request.id,
            problem = "forbidden",
            token = identity.token,
            role = identity.role
        );
        return Err(Problem::new(Kind::Forbidden, format!("The role `{}` does not allow this.", identity.role)));
    }
    if identity.booths.is_some() && !action.is_of_a_booth() {
        return Err(Problem::new(
            Kind::Forbidden,
            "Your role is limited to booths, and this shows or changes the whole installation.",
        ));
    }
    Ok(identity)
}

/// Recognises the caller, whatever they may do. A bearer token wins over a cookie.
///
/// # Errors
/// `unauthorized`, `cross-site`, or the ledger's failure.
pub fn identify(request: &Request) -> Result<Identity, Problem> {
    let credential = match (request.bearer.as_deref(), request.cookie(SESSION_COOKIE)) {
        (Some(bearer), _) if plausible(bearer) => Credential::Bearer(bearer.to_owned()),
        (None, Some(cookie)) if plausible(cookie) => {
            check_origin(request)?;
            Credential::Session(cookie.to_owned())
        }
        _ => return Err(unauthorized()),
    };
    let identity = credential.whose()?;
    let role = identity
        .role
        .parse()
        .map_err(|e| Problem::internal(format!("token {} has a bad role: {e}", identity.token)))?;
    request.recognised.set(true);
    request.while_waiting(release);
    *request.credential.borrow_mut() = Some(credential);
    Ok(Identity {
        token: identity.token,
        role,
        booth: identity.booth,
        booths: identity.booths,
        name: identity.name,
        session: identity.session,
    })
}

/// Refuses what a page of another site may have made the browser send.
///
/// # Errors
/// `cross-site`
pub fn check_origin(request: &Request) -> Result<(), Problem> {
    if same_origin(request.header("sec-fetch-site"), request.method, request.header(CONSOLE_HEADER)) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::CrossSite,
        "A session counts for requests of the console only. From a program, send `Authorization: Bearer <token>`; \
         browsers must send Sec-Fetch-Site, as all do over HTTPS and on loopback.",
    ))
}

/// `none` is somebody who opens a photo in a tab of their own: harmless for what only reads.
fn same_origin(site: Option<&str>, method: Method, header: Option<&str>) -> bool {
    match method {
        Method::Get => matches!(site, Some("same-origin" | "none")),
        Method::Post | Method::Put | Method::Patch | Method::Delete | Method::Other => {
            site == Some("same-origin") && header == Some("1")
        }
    }
}

fn plausible(secret: &str) -> bool {
    !secret.is_empty() && secret.len() <= tollbooth_pipeline::token::MAX_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_counts_only_for_requests_of_the_console() {
        assert!(same_origin(Some("same-origin"), Method::Get, None));
        assert!(same_origin(Some("none"), Method::Get, None));
        assert!(same_origin(Some("same-origin"), Method::Post, Some("1")));
        for site in [Some("cross-site"), Some("same-site"), Some("none, same-origin"), None] {
            assert!(!same_origin(site, Method::Get, Some("1")), "{site:?}");
            assert!(!same_origin(site, Method::Post, Some("1")), "{site:?}");
        }
        for header in [None, Some(""), Some("0")] {
            assert!(!same_origin(Some("same-origin"), Method::Post, header), "{header:?}");
        }
        assert!(!same_origin(Some("none"), Method::Delete, Some("1")));
    }
}
