//! Photos that belong to no passage: each was sent by a camera that got no 2xx, and waits to be adopted by its resend; but for
//! those that another photo outdid under their passage key, which nobody waits for.

use serde::Serialize;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::inventory;
use tollbooth_ports::ledger::audit;
use tollbooth_web::{Answer, Request, Response, authorize};

use crate::cursor::cursor;

/// Photos looked at when nothing else is asked for.
const DEFAULT_PAGE: u64 = 1_000;
/// Most photos of one page: each costs a look into the ledger.
const MAX_PAGE: u64 = 10_000;

#[derive(Serialize)]
struct Page {
    /// Photos looked at.
    checked: usize,
    unreferenced: Vec<String>,
    outdone: Vec<String>,
    next: Option<String>,
}

/// `GET /v1/audit/photos`
pub fn unreferenced(request: &Request) -> Answer {
    authorize(request, Action::Audit)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let after = cursor(query)?;
    let limit = u32::try_from(query.number("limit", DEFAULT_PAGE, 1, MAX_PAGE)?).unwrap_or(u32::MAX);
    let page = inventory::list_photos(after, limit)?;
    let mut unreferenced = audit::unreferenced(&page.keys)?;
    let outdone = if unreferenced.is_empty() { Vec::new() } else { audit::outdone(&unreferenced)? };
    unreferenced.retain(|key| !outdone.contains(key));
    Response::json(200, &Page { checked: page.keys.len(), unreferenced, outdone, next: page.next })
}
