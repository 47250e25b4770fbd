//! Open reviews: list, claim, decide, give back, send back to the recogniser, open again.

use serde::Deserialize;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::export as correction;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::passages;
use tollbooth_ports::ledger::review::{self, Filter, Item, ReviewFailure};
use tollbooth_ports::types::Actor;
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::asks::asks;
use crate::seconds::Seconds;
use crate::verdict::{self, Draft};
use crate::version::Version;
use crate::views::{AnsweredView, Changed, Claimed, Page, PhotoView, ReviewView};
use crate::{candidates, passages as known};

/// Which review to take; nothing at all means the oldest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    booth: Option<String>,
    reason: Option<String>,
    passage: Option<String>,
    seconds: Option<Seconds>,
}

/// The version the caller looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionBody {
    version: Version,
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

/// `GET /v1/reviews`
pub fn list(request: &Request) -> Answer {
    let viewer = authorize(request, Action::Review)?.actor();
    let query = &request.query;
    query.only(&["booth", "reason", "unclaimed", "after", "limit"])?;
    let booth = query.get("booth").map(ToOwned::to_owned);
    booth.as_deref().map(ident::check_booth).transpose()?;
    let reason = query.code::<ReviewReason>("reason")?.map(|reason| reason.as_str().to_owned());
    let filter = Filter { booth, reason, unclaimed: query.flag("unclaimed")? };
    let page = review::list_open(now(), &viewer, &filter, query.cursor("after")?, query.limit()?)?;
    let items: Vec<_> = page.items.into_iter().map(ReviewView::from).collect();
    Response::json(200, &Page { items, next: page.next, total: Some(page.total) })
}

/// `POST /v1/reviews/claim`: 200 with the review and what the recogniser saw, or 204 when there is nothing to do.
pub async fn claim(request: Request) -> Answer {
    let reviewer = authorize(&request, Action::Review)?;
    request.query.only(&[])?;
    let ClaimBody { booth, reason, passage, seconds } = request.body.json().await?;
    booth.as_deref().map(ident::check_booth).transpose()?;
    if let Some(reason) = &reason {
        reason.parse::<ReviewReason>().map_err(|e| Problem::new(Kind::InvalidRequest, format!("reason: {e}.")))?;
    }
    let filter = Filter { booth, reason, unclaimed: true };
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
    let asks = asks(&item.reason, &candidates);
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

fn refused(failure: ReviewFailure) -> Problem {
    match failure {
        ReviewFailure::NotFound => Problem::new(Kind::NotFound, "There is no such passage."),
        ReviewFailure::WrongState(state) => {
            Problem::new(Kind::Conflict, format!("The passage is `{state}`, which does not allow this."))
                .with("state", state)
        }
        ReviewFailure::ClaimedByOther(until) => {
            let until = rfc3339(until);
            Problem::new(Kind::Conflict, format!("Somebody else holds this review until {until}."))
                .with("claimed_until", until)
        }
        ReviewFailure::ForSupervisor => {
            Problem::new(Kind::Forbidden, "Only a supervisor decides this: independent answers to it differ.")
        }
        ReviewFailure::NotClaimed => Problem::new(
            Kind::Conflict,
            "You hold no claim on this review, or it expired. Claim it with POST /v1/reviews/claim, then look again.",
        ),
        ReviewFailure::DecidedByOther => Problem::new(
            Kind::Conflict,
            "You did not decide this passage, so you cannot take the decision back. A supervisor can open it again.",
        ),
        ReviewFailure::VersionConflict(version) => Problem::new(
            Kind::VersionConflict,
            format!("The passage is at version {version} now. Look again, then decide again."),
        )
        .with("version", version),
        ReviewFailure::BoundToExport(sequence) => Problem::new(
            Kind::Conflict,
            format!(
                "The passage is on its way to billing with export {sequence}. Once that is published, a supervisor can open it \
                 again; what is decided then goes to billing as a correction."
            ),
        )
        .with("export_sequence", sequence),
        ReviewFailure::PossibleDouble(others) => Problem::new(
            Kind::PossibleDouble,
            "This plate, or nearly this text, is already accepted at this booth moments apart. Look at the photos: reject with \
             `double-crossing`, or send `another_crossing: true`. When the accepted one is misread, a supervisor opens it again.",
        )
        .with("passage", others.first().cloned().unwrap_or_default())
        .with("passages", others),
        ReviewFailure::Placeholder => Problem::new(
            Kind::PlaceholderPlate,
            "To billing this is somebody's plate. Without a plate reject with `no-plate`, `plate-obstructed`, `blurred` or another \
             code; when the vehicle's plate really says this, send `confirm_placeholder: true`.",
        ),
        ReviewFailure::Invalid(what) => Problem::invalid(vec![what]),
        ReviewFailure::Ledger(failure) => failure.into(),
    }
}
