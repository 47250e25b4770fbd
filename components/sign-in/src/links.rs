//! One-time links: made by whoever holds a token, carried to a browser by a person.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::{Action, Role};
use tollbooth_pipeline::session::Purpose;
use tollbooth_ports::ledger::sessions;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, identify, now};

use crate::{random_secret, refused, stored};

/// Whose link; nothing at all means the caller's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkBody {
    token: Option<String>,
}

/// A link, the only time it is shown.
#[derive(Serialize)]
struct LinkView {
    /// Path and fragment on this host. The code is in the fragment: no server, proxy or log ever sees it.
    path: String,
    code: String,
    token: String,
    expires_at: String,
}

/// `POST /v1/sign-in-links`: 201 with a link to the console, for oneself or, made by an operator, for somebody else.
pub async fn create(request: Request) -> Answer {
    let caller = identify(&request)?;
    request.query.only(&[])?;
    if caller.role == Role::Camera {
        return Err(Problem::new(Kind::Forbidden, "The role `camera` does not allow this."));
    }
    let LinkBody { token } = request.body.json().await?;
    let token = token.unwrap_or_else(|| caller.token.clone());
    if token != caller.token && !caller.role.may(Action::Administer) {
        return Err(Problem::new(Kind::Forbidden, "Only an operator makes links for somebody else."));
    }
    let secret = random_secret(Purpose::Link)?;
    let expires_at = sessions::create_link(now(), &caller.token, &token, &stored(&secret)).map_err(refused)?;
    let view = LinkView {
        path: format!("/console/sign-in#{}", secret.text),
        code: secret.text,
        token,
        expires_at: rfc3339(expires_at),
    };
    Response::json(201, &view)
}
