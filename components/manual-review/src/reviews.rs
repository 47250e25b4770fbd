//! Open reviews: list, claim, decide, give back, send back to the recogniser, open again.

use serde::Deserialize;
use tollbooth_pipeline::desk::Queue;
use tollbooth_pipeline::export as correction;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::{Action, Role};
use tollbooth_ports::ledger::passages;
use tollbooth_ports::ledger::review::{self, Filter, Item};
use tollbooth_ports::types::Actor;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::asks::asks;
use crate::refused::refused;
use crate::seconds::Seconds;
use crate::verdict::{self, Draft, normalised};
use crate::version::Version;
use crate::views::{AnsweredView, Changed, Claimed, Page, PhotoView, ReviewView};
use crate::{candidates, passages as known};

/// Most characters of a plate as it is typed, before spaces and hyphens are left out.
const MAX_TYPED_CHARS: usize = 100;

/// Which review to take; nothing at all means the oldest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    booth: Option<String>,
    reason: Option<String>,
    queue: Option<String>,
    candidate: Option<String>,
    passage: Option<String>,
    seconds: Option<Seconds>,
}

/// The version the caller looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionBody {
    pub version: Version,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReopenBody {
    version: Version,
    remark: String,
    cause: Option<Cause>,
}

/// Why somebody opens a passage again. Billing has causes of its own.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cause {
    #[default]
    Error,
    Dispute,
}

/// Which reviews somebody asks for, as they wrote it.
#[derive(Default)]
pub struct Wanted {
    pub booth: Option<String>,
    pub reason: Option<String>,
    pub queue: Option<String>,
    pub candidate: Option<String>,
}

impl Wanted {
    /// Checked: a misspelt filter must not select everything.
    pub fn filter(self, role: Role) -> Result<Filter, Problem> {
        let wrong = |name: &str, problem: String| Problem::new(Kind::InvalidRequest, format!("{name}: {problem}."));
        self.booth.as_deref().map(ident::check_booth).transpose()?;
        if let Some(reason) = &self.reason {
            reason.parse::<ReviewReason>().map_err(|e| wrong("reason", e.to_string()))?;
        }
        let queue = self.queue.as_deref().map(str::parse::<Queue>).transpose();
        let queue = queue.map_err(|e| wrong("queue", e.to_string()))?;
        if queue == Some(Queue::Supervisor) && role != Role::Supervisor {
            return Err(Problem::new(Kind::Forbidden, "Only supervisors have this queue."));
        }
        if self.candidate.as_ref().is_some_and(|text| text.chars().count() > MAX_TYPED_CHARS) {
            return Err(wrong("candidate", format!("must have at most {MAX_TYPED_CHARS} characters")));
        }
        // As it is typed, so that a plate that is read from the photo finds its group.
        let candidate = self.candidate.as_deref().map(normalised);
        candidate.as_deref().map(ident::check_plate).transpose()?;
        Ok(Filter {
            booth: self.booth,
            reason: self.reason,
            unclaimed: false,
            queue: queue.map(|queue| queue.as_str().to_owned()),
            candidate,
        })
    }
}

/// `GET /v1/reviews`
pub fn list(request: &Request) -> Answer {
    let caller = authorize(request, Action::Review)?;
    let query = &request.query;
    query.only(&["booth", "reason", "queue", "candidate", "unclaimed", "after", "limit"])?;
    let asked = |name: &str| query.get(name).map(ToOwned::to_owned);
    let wanted =
        Wanted { booth: asked("booth"), reason: asked("reason"), queue: asked("queue"), candidate: asked("candidate") };
    let filter = Filter { unclaimed: query.flag("unclaimed")?, ..wanted.filter(caller.role)? };
    let page = review::list_open(now(), &caller.actor(), &filter, query.cursor("after")?, query.limit()?)?;
    let items: Vec<_> = page.items.into_iter().map(ReviewView::from).collect();
    Response::json(200, &Page { items, next: page.next, total: Some(page.total) })
}

/// `POST /v1/reviews/claim`: 200 with the review and what the recogniser saw, or 204 when there is nothing to do.
pub async fn claim(request: Request) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let ClaimBody { booth, reason, queue, candidate, passage, seconds } = request.body.json().await?;
    let filter = Wanted { booth, reason, queue, candidate }.filter(reviewer.role)?;
    let seconds = seconds.map(|Seconds(count)| count);
    match review::claim_next(now(), &reviewer.actor(), passage.as_deref(), &filter, seconds).map_err(refused)? {
        None => Ok(Response::new(204)),
        Some(item) => claimed(&reviewer.actor(), item),
    }
}

/// `POST /v1/reviews/{passage}/undo`: the caller's own decision is taken back; answers like a claim.
pub async fn undo(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let VersionBody { version: Version(version) } = request.body.json().await?;
    let item = review::undo(now(), &reviewer.actor(), passage, version).map_err(refused)?;
    claimed(&reviewer.actor(), item)
}

fn claimed(viewer: &Actor, item: Item) -> Answer {
    let attempts = passages::attempts_of(viewer, &item.passage)?;
    let candidates = candidates::of_latest_reading(&item.passage, &attempts)?;
    let related = known::related(viewer, &item.passage)?;
    let answers = review::answers(viewer, &item.passage)?.into_iter().map(AnsweredView::from).collect();
    let photo = PhotoView::of(&known::find(viewer, &item.passage)?);
    let asks = asks(&item.reason, &candidates).as_str();
    Response::json(200, &Claimed { review: item.into(), asks, candidates, photo, related, answers })
}

/// `POST /v1/reviews/{passage}/verdict`
pub async fn submit(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let draft: Draft = request.body.json().await?;
    let (version, verdict) = verdict::check(draft)?;
    let (state, version) =
        review::submit(now(), &reviewer.actor(), passage, version, &verdict.into()).map_err(refused)?;
    Response::json(200, &Changed { passage, state: &state, version })
}

/// `POST /v1/reviews/{passage}/seed`: a supervisor's answer, which others are compared with.
pub async fn seed(request: Request, passage: &str) -> Answer {
    let supervisor = authorize(&request, Action::Seed)?;
    request.query.only(&[])?;
    let draft: Draft = request.body.json().await?;
    let (version, verdict) = verdict::check(draft)?;
    let (state, version) =
        review::seed(now(), &supervisor.actor(), passage, version, &verdict.into()).map_err(refused)?;
    Response::json(200, &Changed { passage, state: &state, version })
}

/// `POST /v1/reviews/{passage}/release`
pub async fn release(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let VersionBody { version: Version(version) } = request.body.json().await?;
    let item = review::release(now(), &reviewer.actor(), passage, version).map_err(refused)?;
    Response::json(200, &ReviewView::from(item))
}

/// `POST /v1/reviews/{passage}/reprocess`
pub async fn reprocess(request: Request, passage: &str) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let VersionBody { version: Version(version) } = request.body.json().await?;
    let version = review::reprocess(now(), &reviewer.actor(), passage, version).map_err(refused)?;
    Response::json(200, &Changed { passage, state: "waiting", version })
}

/// `POST /v1/passages/{passage}/reopen`
pub async fn reopen(request: Request, passage: &str) -> Answer {
    let supervisor = authorize(&request, Action::Reopen)?;
    request.query.only(&[])?;
    let ReopenBody { version: Version(version), remark, cause } = request.body.json().await?;
    let remark = verdict::check_remark(&remark).map_err(|violation| Problem::invalid(vec![violation]))?;
    let cause = match cause.unwrap_or_default() {
        Cause::Error => correction::Cause::Error,
        Cause::Dispute => correction::Cause::Dispute,
    };
    let version =
        review::reopen(now(), &supervisor.actor(), passage, version, &remark, cause.as_str()).map_err(refused)?;
    Response::json(200, &Changed { passage, state: "in-review", version })
}
