//! Photos that belong to no passage: each was sent by a camera that got no 2xx, and waits to be adopted by its resend.

use serde::Serialize;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::inventory;
use tollbooth_ports::ledger::audit;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

/// Photos looked at when nothing else is asked for.
const DEFAULT_PAGE: u64 = 1_000;
/// Most photos of one page: each costs a look into the ledger.
const MAX_PAGE: u64 = 10_000;
/// Longest key there can be, and some room.
const MAX_KEY_BYTES: usize = 300;

#[derive(Serialize)]
struct Page {
    /// Photos in the whole store.
    total: u64,
    /// Photos looked at.
    checked: usize,
    unreferenced: Vec<String>,
    next: Option<String>,
}

/// `GET /v1/audit/photos`
pub fn unreferenced(request: &Request) -> Answer {
    authorize(request, Action::Audit)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let after = query.get("after");
    if after.is_some_and(|key| key.len() > MAX_KEY_BYTES) {
        return Err(Problem::new(Kind::InvalidRequest, "The query parameter `after` must be a photo's key."));
    }
    let limit = u32::try_from(query.number("limit", DEFAULT_PAGE, 1, MAX_PAGE)?).unwrap_or(u32::MAX);
    let page = inventory::list_photos(after, limit)?;
    let unreferenced = audit::unreferenced(&page.keys)?;
    Response::json(200, &Page { total: page.total, checked: page.keys.len(), unreferenced, next: page.next })
}
