//! The shapes of the answers, and the ledger's refusals as problems.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_ports::ledger::admin::{AdminFailure, Booth, Token};
use tollbooth_web::{Kind, Problem};

/// A whole list, short enough to need no pages.
#[derive(Serialize)]
pub struct List<T> {
    pub items: Vec<T>,
}

/// A page of a list.
#[derive(Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// A page of what was asked for, and one more where there is more.
pub fn page<S, T: From<S>>(mut found: Vec<S>, limit: u32, id: impl Fn(&S) -> &str) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| id(last).to_owned());
    Page { items: found.into_iter().map(T::from).collect(), next }
}

/// A booth.
#[derive(Serialize)]
pub struct BoothView {
    id: String,
    name: String,
    jurisdiction: String,
    lanes: Vec<String>,
    time_zone: String,
    updated_at: String,
}

impl From<Booth> for BoothView {
    fn from(booth: Booth) -> Self {
        Self {
            id: booth.id,
            name: booth.name,
            jurisdiction: booth.jurisdiction,
            lanes: booth.lanes,
            time_zone: booth.time_zone,
            updated_at: rfc3339(booth.updated_at),
        }
    }
}

/// A token without its secret.
#[derive(Serialize)]
pub struct TokenView {
    id: String,
    role: String,
    booth: Option<String>,
    booths: Option<Vec<String>>,
    name: String,
    created_at: String,
    created_by: String,
    revoked_at: Option<String>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            role: token.role,
            booth: token.booth,
            booths: token.booths,
            name: token.name,
            created_at: rfc3339(token.created_at),
            created_by: token.created_by,
            revoked_at: token.revoked_at.map(rfc3339),
        }
    }
}

/// A new token with its text, the only time it is shown.
#[derive(Serialize)]
pub struct NewTokenView {
    pub token: String,
    #[serde(flatten)]
    pub about: TokenView,
}

/// Why the ledger changed nothing.
pub fn refused(failure: AdminFailure) -> Problem {
    match failure {
        AdminFailure::NotFound => Problem::new(Kind::NotFound, "There is no such thing; nothing was changed."),
        AdminFailure::Invalid(violations) => Problem::invalid(violations),
        AdminFailure::Conflict => {
            Problem::new(Kind::Conflict, "The id is taken by something else; nothing was changed.")
        }
        AdminFailure::Ledger(failure) => failure.into(),
    }
}
