//! Sessions: opened by a link's code, ended by the person.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::session::Purpose;
use tollbooth_ports::ledger::access::Identity;
use tollbooth_ports::ledger::sessions;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, check_origin, identify, now, within};

use crate::cookie;
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

/// `POST /v1/sessions`: 201 with the cookie. Whoever was signed in with this browser is signed out by it: the new cookie
/// takes the old one's place, and its session ends.
pub async fn open(request: Request) -> Answer {
    // Otherwise a page of another site could sign a victim in as somebody else.
    check_origin(&request)?;
    request.query.only(&[])?;
    let before = match identify(&request) {
        Ok(caller) => Some(caller).filter(|caller| caller.session.is_some()),
        Err(problem) if problem.kind() == Kind::Unauthorized => None,
        Err(problem) => return Err(problem),
    };
    // A stranger's body, of a hundred bytes: a browser sends it along with its head.
    let too_slow = || Problem::new(Kind::TooSlow, "The code did not come within a second. Send it again.");
    let OpenBody { code } = within(PATIENCE, request.body.json()).await.ok_or_else(too_slow)??;
    let secret = random_secret(Purpose::Session)?;
    let identity = sessions::open(now(), &code, &stored(&secret)).map_err(refused)?;
    if let Some(caller) = before {
        let old = caller.session.as_ref().map(|session| session.id.as_str());
        // The new session stands and its link is spent: the old one then ends by itself, like any that is left behind.
        if let Err(failure) = sessions::end(now(), &caller.actor(), old) {
            eprintln!(
                "level=warn request={} cause=\"the session before this one was not ended: {failure:?}\"",
                request.id
            );
        }
    }
    Ok(Response::json(201, &view(identity))?.with_header("set-cookie", cookie::set(&secret.text)))
}

/// `DELETE /v1/sessions/current`: signs out here.
pub fn end_this(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    let session = caller.session.as_ref().map(|session| session.id.as_str());
    let Some(session) = session else { return ended(0) };
    ended(sessions::end(now(), &caller.actor(), Some(session))?)
}

/// `DELETE /v1/sessions`: signs out everywhere.
pub fn end_all(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    ended(sessions::end(now(), &caller.actor(), None)?)
}

fn ended(count: u32) -> Result<Response, Problem> {
    Ok(Response::json(200, &json!({ "ended": count }))?
        .with_header("set-cookie", cookie::clear())
        .with_header("clear-site-data", "\"storage\""))
}

fn view(identity: Identity) -> SessionView {
    SessionView {
        token: identity.token,
        role: identity.role,
        name: identity.name,
        expires_at: identity.session.map(|session| rfc3339(session.ends_at)),
    }
}
