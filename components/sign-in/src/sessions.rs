//! Sessions: opened by a link's code, ended by the person.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::session::Purpose;
use tollbooth_ports::ledger::access::Identity;
use tollbooth_ports::ledger::sessions;
use tollbooth_web::{Answer, Problem, Request, Response, check_origin, identify, now};

use crate::cookie;
use crate::{random_secret, refused, stored};

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
    let before = identify(&request).ok().filter(|caller| caller.session.is_some());
    let OpenBody { code } = request.body.json().await?;
    let secret = random_secret(Purpose::Session)?;
    let identity = sessions::open(now(), &code, &stored(&secret)).map_err(refused)?;
    if let Some(caller) = before {
        let old = caller.session.as_ref().map(|session| session.id.as_str());
        sessions::end(now(), &caller.actor(), old)?;
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
