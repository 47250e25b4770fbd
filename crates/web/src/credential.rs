//! By what a caller is recognised, and whether that still holds once its body has come.
//!
//! A body takes as long as its sender likes, within its pace. Whoever is revoked meanwhile would otherwise do one more thing
//! after it: make a token of their own, for example.

use std::time::Duration;

use tollbooth_ports::ledger::access::{self, AccessFailure, Identity};

use crate::clock::now;
use crate::{Kind, Problem};

/// A body that took longer than this has its sender looked at again.
const A_MOMENT: Duration = Duration::from_millis(1);

/// What a caller showed.
pub(crate) enum Credential {
    /// A bearer token.
    Bearer(String),
    /// A session's cookie.
    Session(String),
}

impl Credential {
    /// Whose it is, now.
    ///
    /// # Errors
    /// `unauthorized`, or the ledger's failure.
    pub(crate) fn whose(&self) -> Result<Identity, Problem> {
        let found = match self {
            Self::Bearer(text) => access::authorize(text),
            Self::Session(text) => access::authorize_session(now(), text),
        };
        found.map_err(|failure| match failure {
            AccessFailure::Unknown => unauthorized(),
            AccessFailure::Ledger(failure) => failure.into(),
        })
    }

    /// Looks again, where reading the body took more than a moment.
    ///
    /// # Errors
    /// Those of [`Self::whose`].
    pub(crate) fn still_holds_after(&self, reading: Duration) -> Result<(), Problem> {
        if reading < A_MOMENT { Ok(()) } else { self.whose().map(drop) }
    }
}

/// The answer to whoever is not recognised, or is no longer.
#[must_use]
pub fn unauthorized() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "Send `Authorization: Bearer <token>` with a token that is not revoked, or sign in at the console.",
    )
    .with_header("www-authenticate", "Bearer realm=\"tollbooth\"")
}
