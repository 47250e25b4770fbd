//! Who is calling, as this API sees it.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_web::{Answer, Request, Response, identify};

/// The caller.
#[derive(Serialize)]
struct MeView {
    token: String,
    role: &'static str,
    booth: Option<String>,
    /// Null: not limited to booths.
    booths: Option<Vec<String>>,
    name: String,
    session: Option<SessionView>,
}

/// Null for a bearer token.
#[derive(Serialize)]
struct SessionView {
    id: String,
    opened_by: String,
    opened_at: String,
    ends_at: String,
    idle_at: String,
}

/// `GET /v1/me`: any role.
pub fn show(request: &Request) -> Answer {
    let caller = identify(request)?;
    request.query.only(&[])?;
    let session = caller.session.map(|session| SessionView {
        opened_at: rfc3339(session.opened_at),
        ends_at: rfc3339(session.ends_at),
        idle_at: rfc3339(session.idle_at),
        id: session.id,
        opened_by: session.opened_by,
    });
    let me = MeView {
        token: caller.token,
        role: caller.role.as_str(),
        booth: caller.booth,
        booths: caller.booths,
        name: caller.name,
        session,
    };
    Response::json(200, &me)
}
