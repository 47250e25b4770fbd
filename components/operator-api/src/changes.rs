//! Who changed settings, booths and tokens: for operators, who change them.

use serde::Serialize;
use serde_json::Value;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::changes::{self, Change};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

/// What has changes.
const OF: [&str; 3] = ["settings", "booths", "tokens"];

#[derive(Serialize)]
struct Page {
    items: Vec<ChangeView>,
    /// `before` of the next page.
    next: Option<u64>,
}

#[derive(Serialize)]
struct ChangeView {
    sequence: u64,
    at: String,
    kind: String,
    by: ByView,
    booth: Option<String>,
    detail: Value,
}

#[derive(Serialize)]
struct ByView {
    role: String,
    id: String,
}

/// `GET /v1/changes?of=settings`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::Administer)?;
    let query = &request.query;
    query.only(&["of", "before", "limit"])?;
    let of = query.require("of")?;
    if !OF.contains(&of) {
        let text = format!("The query parameter `of` must be one of {}.", OF.join(", "));
        return Err(Problem::new(Kind::InvalidRequest, text));
    }
    let limit = query.limit()?;
    let found = changes::changes_of(of, query.cursor("before")?, limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().map(|change| change.sequence).filter(|_| full);
    let items = found.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Response::json(200, &Page { items, next })
}

fn view(change: Change) -> Result<ChangeView, Problem> {
    let detail = serde_json::from_str(&change.detail)
        .map_err(|e| Problem::internal(format!("the detail of event {} is no JSON: {e}", change.sequence)))?;
    Ok(ChangeView {
        sequence: change.sequence,
        at: rfc3339(change.at),
        kind: change.kind,
        by: ByView { role: change.by.role, id: change.by.id },
        booth: change.booth,
        detail,
    })
}
