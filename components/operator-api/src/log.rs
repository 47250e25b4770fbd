//! What people did and which photos they looked at, for those who answer for it.

use serde::Serialize;
use serde_json::Value;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::log::{self, Deed, Download, Look, Named, Wanted};
use tollbooth_web::{Answer, Kind, Problem, Query, Request, Response, authorize};

/// Most kinds that are asked for at a time.
const MAX_KINDS: usize = 40;

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
    /// Null for a token that is not known any more.
    name: Option<String>,
}

#[derive(Serialize)]
struct LookView {
    number: u64,
    at: String,
    token: String,
    name: String,
    passage: String,
}

#[derive(Serialize)]
struct DownloadView {
    number: u64,
    at: String,
    token: String,
    name: String,
    export: u64,
    profile: String,
    part: String,
}

#[derive(Serialize)]
struct PeopleView {
    items: Vec<NamedView>,
    /// `after` of the next page.
    next: Option<String>,
}

#[derive(Serialize)]
struct NamedView {
    token: String,
    role: String,
    name: String,
    revoked: bool,
}

/// `GET /v1/log`
pub fn deeds(request: &Request) -> Answer {
    let viewer = authorize(request, Action::ReadLog)?.actor();
    let query = &request.query;
    query.only(&["token", "passage", "kind", "since", "until", "before", "limit"])?;
    let (wanted, kinds, limit) = (wanted(query)?, kinds(query)?, query.limit()?);
    let found = log::deeds(&viewer, &wanted, &kinds, query.cursor("before")?, limit)?;
    let next = next(&found, limit, |deed| deed.sequence);
    let items = found.into_iter().map(deed).collect::<Result<Vec<_>, _>>()?;
    Response::json(200, &Page { items, next })
}

/// `GET /v1/log/photos`
pub fn looks(request: &Request) -> Answer {
    let viewer = authorize(request, Action::ReadLog)?.actor();
    let query = &request.query;
    query.only(&["token", "passage", "since", "until", "before", "limit"])?;
    let limit = query.limit()?;
    let found = log::looks(&viewer, &wanted(query)?, query.cursor("before")?, limit)?;
    let next = next(&found, limit, |look| look.number);
    Response::json(200, &Page { items: found.into_iter().map(look).collect(), next })
}

/// `GET /v1/log/downloads`
pub fn downloads(request: &Request) -> Answer {
    authorize(request, Action::ReadLog)?;
    let query = &request.query;
    query.only(&["token", "since", "until", "before", "limit"])?;
    let limit = query.limit()?;
    let found = log::downloads(&wanted(query)?, query.cursor("before")?, limit)?;
    let next = next(&found, limit, |download| download.number);
    Response::json(200, &Page { items: found.into_iter().map(download).collect(), next })
}

/// `GET /v1/log/people`: whom the log may name.
pub fn people(request: &Request) -> Answer {
    authorize(request, Action::ReadLog)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let limit = query.limit()?;
    let found = log::people(query.get("after"), limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().map(|person| person.token.clone()).filter(|_| full);
    Response::json(200, &PeopleView { items: found.into_iter().map(named).collect(), next })
}

fn wanted(query: &Query) -> Result<Wanted, Problem> {
    query.get("passage").map(ident::check_passage).transpose()?;
    let (since, until) = query.period()?;
    Ok(Wanted {
        who: query.get("token").map(ToOwned::to_owned),
        passage: query.get("passage").map(ToOwned::to_owned),
        since,
        until,
    })
}

/// Several, with commas.
fn kinds(query: &Query) -> Result<Vec<String>, Problem> {
    let Some(text) = query.get("kind") else { return Ok(Vec::new()) };
    let kinds: Vec<String> = text.split(',').map(ToOwned::to_owned).collect();
    let is_kind = |kind: &String| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if kinds.len() > MAX_KINDS || !kinds.iter().all(is_kind) {
        let what =
            format!("The query parameter `kind` must be 1 to {MAX_KINDS} kinds of events, like signed-in,signed-out.");
        return Err(Problem::new(Kind::InvalidRequest, what));
    }
    Ok(kinds)
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
        actor: ActorView { role: deed.actor_role, id: deed.actor_id, name: deed.actor_name },
        passage: deed.passage,
        detail,
    })
}

fn look(look: Look) -> LookView {
    LookView { number: look.number, at: rfc3339(look.at), token: look.token, name: look.name, passage: look.passage }
}

fn download(found: Download) -> DownloadView {
    DownloadView {
        number: found.number,
        at: rfc3339(found.at),
        token: found.token,
        name: found.name,
        export: found.export,
        profile: found.profile,
        part: found.part,
    }
}

fn named(found: Named) -> NamedView {
    NamedView { token: found.token, role: found.role, name: found.name, revoked: found.revoked }
}
