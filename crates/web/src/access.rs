//! Bearer tokens: every route but health and the API document needs one.

use tollbooth_pipeline::role::{Action, Role};
use tollbooth_ports::ledger::access::{self, AccessFailure};
use tollbooth_ports::types::Actor;

use crate::{Kind, Problem, Request};

/// Who is calling.
#[derive(Debug, Clone)]
pub struct Identity {
    /// `tok_…`
    pub token: String,
    /// What they are.
    pub role: Role,
    /// The one booth a camera may send for.
    pub booth: Option<String>,
}

impl Identity {
    /// For the event log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { role: self.role.as_str().to_owned(), id: self.token.clone() }
    }
}

/// The answer to whoever is not recognised, or is no longer.
#[must_use]
pub fn unauthorized() -> Problem {
    Problem::new(Kind::Unauthorized, "Send `Authorization: Bearer <token>` with a token that is not revoked.")
        .with_header("www-authenticate", "Bearer realm=\"tollbooth\"")
}

/// Recognises the caller and checks that the role allows the action.
///
/// # Errors
/// `unauthorized`, `forbidden`, or the ledger's failure.
pub fn authorize(request: &Request, action: Action) -> Result<Identity, Problem> {
    let bearer = request.bearer.as_deref().ok_or_else(unauthorized)?;
    if bearer.is_empty() || bearer.len() > tollbooth_pipeline::token::MAX_BYTES {
        return Err(unauthorized());
    }
    let identity = access::authorize(bearer).map_err(|failure| match failure {
        AccessFailure::Unknown => unauthorized(),
        AccessFailure::Ledger(failure) => failure.into(),
    })?;
    let role: Role = identity
        .role
        .parse()
        .map_err(|e| Problem::internal(format!("token {} has a bad role: {e}", identity.token)))?;
    request.recognised.set(true);
    if !role.may(action) {
        // Whoever has a token and tries what it does not allow is mistaken, or is not who it was given to.
        eprintln!("level=warn request={} problem=forbidden token={} role={role}", request.id, identity.token);
        return Err(Problem::new(Kind::Forbidden, format!("The role `{role}` does not allow this.")));
    }
    Ok(Identity { token: identity.token, role, booth: identity.booth })
}
