//! What people did and which photos they looked at, for those who answer for it.

use serde::Serialize;
use serde_json::Value;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::log::{self, Deed, Look};
use tollbooth_web::{Answer, Problem, Request, Response, authorize};

#[derive(Serialize)]
struct Page<T> {
    items: Vec<T>,
    /// `before` of the next page.
    next: Option<u64>,
}

#[derive(Serialize)]
struct DeedView {
    sequence: u64,
    at: String,
    kind: String,
    actor: ActorView,
    passage: Option<String>,
    detail: Value,
}

#[derive(Serialize)]
struct ActorView {
    role: String,
    id: String,
}

#[derive(Serialize)]
struct LookView {
    number: u64,
    at: String,
    token: String,
    passage: String,
}

/// `GET /v1/log`
pub fn deeds(request: &Request) -> Answer {
    let viewer = authorize(request, Action::ReadLog)?.actor();
    let query = &request.query;
    query.only(&["token", "before", "limit"])?;
    let limit = query.limit()?;
    let found = log::deeds(&viewer, query.get("token"), query.cursor("before")?, limit)?;
    let next = next(&found, limit, |deed| deed.sequence);
    let items = found.into_iter().map(deed).collect::<Result<Vec<_>, _>>()?;
    Response::json(200, &Page { items, next })
}

/// `GET /v1/log/photos`
pub fn looks(request: &Request) -> Answer {
    authorize(request, Action::ReadLog)?;
    let query = &request.query;
    query.only(&["token", "passage", "before", "limit"])?;
    let limit = query.limit()?;
    let found = log::looks(query.get("token"), query.get("passage"), query.cursor("before")?, limit)?;
    let next = next(&found, limit, |look| look.number);
    Response::json(200, &Page { items: found.into_iter().map(look).collect(), next })
}

/// The cursor, where there may be more.
fn next<T>(found: &[T], limit: u32, number: impl Fn(&T) -> u64) -> Option<u64> {
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    found.last().map(number).filter(|_| full)
}

fn deed(deed: Deed) -> Result<DeedView, Problem> {
    let detail = serde_json::from_str(&deed.detail)
        .map_err(|e| Problem::internal(format!("the detail of event {} is no JSON: {e}", deed.sequence)))?;
    Ok(DeedView {
        sequence: deed.sequence,
        at: rfc3339(deed.at),
        kind: deed.kind,
        actor: ActorView { role: deed.actor_role, id: deed.actor_id },
        passage: deed.passage,
        detail,
    })
}

fn look(look: Look) -> LookView {
    LookView { number: look.number, at: rfc3339(look.at), token: look.token, passage: look.passage }
}
