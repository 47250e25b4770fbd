//! Who is calling, as this API sees it, and how they like the console.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::preferences::Preferences;
use tollbooth_pipeline::role::Role;
use tollbooth_ports::ledger::preferences;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, identify, now};

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
    /// Null where they never chose.
    preferences: Option<Preferences>,
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
    let preferences = if caller.role == Role::Camera { None } else { chosen(&caller.token)? };
    let me = MeView {
        token: caller.token,
        role: caller.role.as_str(),
        booth: caller.booth,
        booths: caller.booths,
        name: caller.name,
        session,
        preferences,
    };
    Response::json(200, &me)
}

/// `PUT /v1/me/preferences`: replaces what the caller chose before.
pub async fn prefer(request: Request) -> Answer {
    let caller = identify(&request)?;
    request.query.only(&[])?;
    if caller.role == Role::Camera {
        return Err(Problem::new(Kind::Forbidden, "The role `camera` does not allow this."));
    }
    let wanted: Preferences = request.body.json().await?;
    let violations = wanted.violations();
    if !violations.is_empty() {
        return Err(Problem::invalid(violations));
    }
    let body = serde_json::to_string(&wanted).map_err(|e| Problem::internal(format!("preferences: {e}")))?;
    preferences::put(now(), &caller.token, &body)?;
    Response::json(200, &wanted)
}

fn chosen(token: &str) -> Result<Option<Preferences>, Problem> {
    let stored = preferences::get(token)?;
    let read = stored.map(|body| serde_json::from_str(&body)).transpose();
    read.map_err(|e| Problem::internal(format!("what {token} prefers cannot be read: {e}")))
}
