//! Sessions: opened by a link's code, listed and ended by the person, or ended by an operator.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::session::Purpose;
use tollbooth_ports::ledger::access::Identity;
use tollbooth_ports::ledger::sessions;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, check_origin, identify, now, within};

use crate::cookie;
use crate::logout::{ElsewhereView, elsewhere};
use crate::{random_secret, refused, stored};

/// How long the code is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenBody {
    code: String,
}

/// Who signed in.
#[derive(Serialize)]
struct SessionView {
    token: String,
    role: String,
    name: String,
    expires_at: Option<String>,
}

/// `POST /v1/sessions`: 201 with the cookie. Whoever was signed in with this browser is signed out by it, in the same
/// step.
pub async fn open(request: Request) -> Answer {
    // Otherwise a page of another site could sign a victim in as somebody else.
    check_origin(&request)?;
    request.query.only(&[])?;
    let before = cookie::session(&request);
    // A stranger's body, of a hundred bytes: a browser sends it along with its head.
    let too_slow = || Problem::new(Kind::TooSlow, "The code did not come within a second. Send it again.");
    let OpenBody { code } = within(PATIENCE, request.body.json()).await.ok_or_else(too_slow)??;
    let secret = random_secret(Purpose::Session)?;
    let identity = sessions::open(now(), &code, &stored(&secret), before.as_ref()).map_err(refused)?;
    Ok(Response::json(201, &view(identity))?.with_header("set-cookie", cookie::set(&secret.text)))
}

/// One of the caller's sessions.
#[derive(Serialize)]
struct OwnSessionView {
    id: String,
    opened_by: String,
    opened_at: String,
    used_at: String,
    ends_at: String,
    /// Whether this very request came with it.
    current: bool,
}

/// `GET /v1/sessions`: where the caller is signed in.
pub fn list(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    let current = caller.session.as_ref().map(|session| session.id.as_str());
    let all = sessions::list(now(), &caller.token)?.into_iter().map(|session| OwnSessionView {
        current: current == Some(session.id.as_str()),
        id: session.id,
        opened_by: session.opened_by,
        opened_at: rfc3339(session.opened_at),
        used_at: rfc3339(session.used_at),
        ends_at: rfc3339(session.ends_at),
    });
    Response::json(200, &json!({ "sessions": all.collect::<Vec<_>>() }))
}

/// `DELETE /v1/sessions/current`: signs out here.
pub async fn end_this(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    let session = caller.session.as_ref().map(|session| session.id.as_str());
    let Some(session) = session else { return here(0, None) };
    let ended = sessions::end(now(), &caller.actor(), &caller.token, Some(session)).map_err(refused)?;
    here(ended, elsewhere(request, caller.session.as_ref()).await)
}

/// `DELETE /v1/sessions/{session}`: signs out somewhere else.
pub async fn end_one(request: &Request, id: &str) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    let ended = sessions::end(now(), &caller.actor(), &caller.token, Some(id)).map_err(refused)?;
    if caller.session.as_ref().is_none_or(|session| session.id != id) {
        return somewhere(ended, None);
    }
    here(ended, elsewhere(request, caller.session.as_ref()).await)
}

/// `DELETE /v1/sessions`: signs out everywhere; with `token`, an operator signs somebody else out.
pub async fn end_all(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&["token"])?;
    let whose = request.query.get("token").unwrap_or(&caller.token);
    if whose != caller.token && !caller.role.may(Action::Administer) {
        return Err(Problem::new(Kind::Forbidden, "Only an operator ends the sessions of somebody else."));
    }
    let ended = sessions::end(now(), &caller.actor(), whose, None).map_err(refused)?;
    if whose != caller.token {
        return somewhere(ended, None);
    }
    here(ended, elsewhere(request, caller.session.as_ref()).await)
}

fn somewhere(ended: u32, provider: Option<ElsewhereView>) -> Answer {
    Response::json(200, &json!({ "ended": ended, "provider": provider }))
}

/// With this browser's cookie taken away: its own session is among those that ended.
fn here(ended: u32, provider: Option<ElsewhereView>) -> Answer {
    let answer = somewhere(ended, provider)?;
    Ok(answer.with_header("set-cookie", cookie::clear()).with_header("clear-site-data", "\"storage\""))
}

fn view(identity: Identity) -> SessionView {
    SessionView {
        token: identity.token,
        role: identity.role,
        name: identity.name,
        expires_at: identity.session.map(|session| rfc3339(session.ends_at)),
    }
}
