//! Stored export files and manifests that no export of the ledger accounts for: a newer ledger wrote them, and the one at
//! hand was restored from a backup.

use serde::Serialize;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::inventory;
use tollbooth_ports::ledger::audit;
use tollbooth_web::{Answer, Request, Response, authorize};

use crate::cursor::cursor;

/// Objects looked at when nothing else is asked for.
const DEFAULT_PAGE: u64 = 1_000;
/// Most objects of one page: each costs a look into the ledger.
const MAX_PAGE: u64 = 10_000;

#[derive(Serialize)]
struct Page {
    /// Those looked at.
    checked: usize,
    unknown: Vec<String>,
    next: Option<String>,
}

/// `GET /v1/audit/exports`
pub fn unknown(request: &Request) -> Answer {
    authorize(request, Action::Audit)?;
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let after = cursor(query)?;
    let limit = u32::try_from(query.number("limit", DEFAULT_PAGE, 1, MAX_PAGE)?).unwrap_or(u32::MAX);
    let page = inventory::list_exports(after, limit)?;
    let unknown = audit::unknown_exports(&page.keys)?;
    Response::json(200, &Page { checked: page.keys.len(), unknown, next: page.next })
}
