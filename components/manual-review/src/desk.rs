//! The supervisor's desk: asking a supervisor to decide, and giving reviews to people.

use serde::{Deserialize, Serialize};
use serde_json::Number;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::desk::{self, Colleague, What};
use tollbooth_web::{Answer, Problem, Request, Response, authorize, now};

use crate::refused::refused;
use crate::reviews::{VersionBody, Wanted};
use crate::version::Version;
use crate::views::ReviewView;

/// Most passages that one request names; the ledger says the same.
const MOST_NAMED: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagBody {
    version: Version,
    note: String,
}

/// Either `passages`, or the filter of `GET /v1/reviews` and how many of its oldest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssignBody {
    to: String,
    passages: Option<Vec<String>>,
    count: Option<Number>,
    booth: Option<String>,
    reason: Option<String>,
    queue: Option<String>,
    candidate: Option<String>,
}

#[derive(Serialize)]
struct Given<'a> {
    to: &'a str,
    passages: Vec<String>,
    until: String,
}

#[derive(Serialize)]
struct People {
    items: Vec<PersonView>,
}

#[derive(Serialize)]
struct PersonView {
    token: String,
    name: String,
    role: String,
    booths: Option<Vec<String>>,
}

impl From<Colleague> for PersonView {
    fn from(person: Colleague) -> Self {
        Self { token: person.token, name: person.name, role: person.role, booths: person.booths }
    }
}

/// `POST /v1/reviews/{passage}/flag`: a supervisor is to decide it.
pub async fn flag(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let FlagBody { version: Version(version), note } = request.body.json().await?;
    let item = desk::flag(now(), &reviewer.actor(), passage, version, &note).map_err(refused)?;
    Response::json(200, &ReviewView::from(item))
}

/// `POST /v1/reviews/{passage}/unflag`: it is in the ordinary queue again.
pub async fn unflag(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let VersionBody { version: Version(version) } = request.body.json().await?;
    let item = desk::unflag(now(), &reviewer.actor(), passage, version).map_err(refused)?;
    Response::json(200, &ReviewView::from(item))
}

/// `POST /v1/reviews/assign`
pub async fn assign(request: Request) -> Answer {
    let supervisor = authorize(&request, Action::Assign)?;
    request.query.only(&[])?;
    let body: AssignBody = request.body.json().await?;
    let AssignBody { to, passages, count, booth, reason, queue, candidate } = body;
    let filtered = booth.is_some() || reason.is_some() || queue.is_some() || candidate.is_some();
    let what = match (passages, count) {
        (Some(passages), None) if !filtered => {
            if passages.len() > MOST_NAMED {
                return Err(Problem::invalid(vec![format!("passages: must be 1 to {MOST_NAMED} ids")]));
            }
            What::These(passages)
        }
        (None, Some(count)) => {
            let filter = Wanted { booth, reason, queue, candidate }.filter(supervisor.role)?;
            // Whether it is too many is the ledger's to say; what is no count at all is none.
            What::Oldest((filter, whole(&count).unwrap_or_default()))
        }
        _ => {
            return Err(Problem::invalid(vec![
                "give either `passages`, or `count` and perhaps `booth`, `reason`, `queue` or `candidate`".to_owned(),
            ]));
        }
    };
    let given = desk::assign(now(), &supervisor.actor(), &to, &what).map_err(refused)?;
    Response::json(200, &Given { to: &to, passages: given.passages, until: rfc3339(given.until) })
}

/// `3` or `3.0`, which JSON Schema holds for the same.
fn whole(number: &Number) -> Option<u32> {
    let number = number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=1e9).contains(number))?;
    Some(number as u32)
}

/// `DELETE /v1/reviews/{passage}/assignment`: given back, or taken away.
pub fn unassign(request: &Request, passage: &str) -> Answer {
    let caller = authorize(request, Action::Review)?;
    request.query.only(&[])?;
    let item = desk::unassign(now(), &caller.actor(), passage).map_err(refused)?;
    Response::json(200, &ReviewView::from(item))
}

/// `GET /v1/reviews/people`: whom a review can be given to.
pub fn people(request: &Request) -> Answer {
    let supervisor = authorize(request, Action::Assign)?;
    request.query.only(&[])?;
    let found = desk::colleagues(&supervisor.actor())?;
    Response::json(200, &People { items: found.into_iter().map(PersonView::from).collect() })
}
