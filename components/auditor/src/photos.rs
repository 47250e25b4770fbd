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
/// What the key of every photo starts with.
const PREFIX: &str = "photos/";
/// Longest rest of a key there can be, and some room.
const MAX_REST_BYTES: usize = 290;

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
    if after.is_some_and(|key| !is_key(key)) {
        return Err(Problem::new(
            Kind::InvalidRequest,
            "The query parameter `after` must be a photo's key: `next` of the page before.",
        ));
    }
    let limit = u32::try_from(query.number("limit", DEFAULT_PAGE, 1, MAX_PAGE)?).unwrap_or(u32::MAX);
    let page = inventory::list_photos(after, limit)?;
    let unreferenced = audit::unreferenced(&page.keys)?;
    Response::json(200, &Page { total: page.total, checked: page.keys.len(), unreferenced, next: page.next })
}

fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|rest| {
        (1..=MAX_REST_BYTES).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_graphic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_the_form_of_a_photos_key() {
        assert!(is_key("photos/north/psg_1/00ff"));
        for bad in
            ["", "photos/", "exports/1/00ff", "photos/a b", "photos/\u{15}", &format!("photos/{}", "x".repeat(291))]
        {
            assert!(!is_key(bad), "{bad}");
        }
    }
}
