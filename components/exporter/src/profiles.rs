//! Profiles: what is billed from, and the copies beside it.

use serde::Serialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export::{BILLING, is_copy_name};
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::export_protocol::{self, ExportEntry, ProfileStanding};
use tollbooth_web::{Answer, Kind, Problem, Query, Request, Response, authorize, now};

use crate::copies;

#[derive(Serialize)]
struct Profiles {
    items: Vec<ProfileView>,
}

#[derive(Serialize)]
struct ProfileView {
    name: String,
    /// Whether its exports are the ones that are billed from and answered to.
    billing: bool,
    columns: String,
    interval_minutes: u64,
    named: bool,
    published_through: u64,
    published_at: Option<String>,
    waiting: u64,
    due_at: Option<String>,
    /// Why the next one cannot be made yet.
    waits_for: Option<String>,
}

impl From<ProfileStanding> for ProfileView {
    fn from(standing: ProfileStanding) -> Self {
        let waits = standing.named && standing.missing > 0;
        Self {
            waits_for: waits.then(|| copies::waits_for(standing.published_through + 1, standing.missing)),
            billing: standing.name == BILLING,
            name: standing.name,
            columns: standing.columns,
            interval_minutes: standing.interval_minutes,
            named: standing.named,
            published_through: standing.published_through,
            published_at: standing.published_at.map(rfc3339),
            waiting: standing.waiting,
            due_at: standing.due_at.map(rfc3339),
        }
    }
}

/// `GET /v1/export-profiles`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadExports)?;
    request.query.only(&[])?;
    let items = export_protocol::profiles(now())?.into_iter().map(ProfileView::from).collect();
    Response::json(200, &Profiles { items })
}

/// The copy that a request is about; none: what is billed from.
pub fn asked(query: &Query) -> Result<Option<&str>, Problem> {
    match query.get("profile") {
        None | Some(BILLING) => Ok(None),
        Some(name) if is_copy_name(name) => Ok(Some(name)),
        Some(_) => {
            let what =
                format!("profile: must be `{BILLING}` or the name of a copy; GET /v1/export-profiles lists them.");
            Err(Problem::new(Kind::InvalidRequest, what))
        }
    }
}

/// Published exports of a profile, in sequence.
pub fn published(profile: Option<&str>, after: u64, limit: u32) -> Result<Vec<ExportEntry>, Problem> {
    let Some(name) = profile else { return Ok(export_protocol::list_published(after, limit)?) };
    let found = export_protocol::list_copies(name, after, limit)?;
    // Nothing yet is an answer; a name that is mistyped is none.
    if found.is_empty() && !export_protocol::profiles(now())?.iter().any(|one| one.name == name) {
        return Err(Problem::new(Kind::NotFound, "There is no such profile; GET /v1/export-profiles lists them."));
    }
    Ok(found)
}
