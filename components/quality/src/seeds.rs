//! The known answers that a supervisor gave: what waits to be compared, and what came of the rest. Giving and taking back are
//! `POST /v1/reviews/{passage}/seed` and `…/undo`.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::quality::{self, Compared, Seed};
use tollbooth_web::{Answer, Request, Response, authorize};

#[derive(Serialize)]
struct SeedsView {
    items: Vec<SeedView>,
    /// `before` of the next page.
    next: Option<u64>,
}

#[derive(Serialize)]
struct SeedView {
    passage: String,
    /// To be given back with `undo`.
    version: u32,
    booth: String,
    at: String,
    plate: Option<String>,
    jurisdiction: Option<String>,
    plate_type: Option<String>,
    reject: Option<String>,
    standing: String,
    /// Null while nobody knows.
    right: Option<bool>,
    compared: Vec<ComparedView>,
}

#[derive(Serialize)]
struct ComparedView {
    token: String,
    name: Option<String>,
    right: bool,
}

/// `GET /v1/quality/seeds`: the caller's own.
pub fn list(request: &Request) -> Answer {
    let author = authorize(request, Action::Seed)?.actor();
    let query = &request.query;
    query.only(&["before", "limit"])?;
    let limit = query.limit()?;
    let found = quality::seeds(&author, query.cursor("before")?, limit)?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count >= limit);
    let next = found.last().map(|seed| seed.number).filter(|_| full);
    Response::json(200, &SeedsView { items: found.into_iter().map(SeedView::from).collect(), next })
}

impl From<Seed> for SeedView {
    fn from(found: Seed) -> Self {
        Self {
            passage: found.passage,
            version: found.version,
            booth: found.booth,
            at: rfc3339(found.at),
            plate: found.plate,
            jurisdiction: found.jurisdiction,
            plate_type: found.plate_type,
            reject: found.reject_code,
            standing: found.standing,
            right: found.right,
            compared: found.compared.into_iter().map(ComparedView::from).collect(),
        }
    }
}

impl From<Compared> for ComparedView {
    fn from(found: Compared) -> Self {
        Self { token: found.token, name: found.name, right: found.right }
    }
}
