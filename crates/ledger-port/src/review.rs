//! `tollbooth:ledger/review`

use tollbooth_ledger::Failure;
use tollbooth_ledger::blind;
use tollbooth_ledger::review as domain;
use tollbooth_pipeline::reason::UnknownCode;
use tollbooth_pipeline::said::By;

use crate::bindings::exports::tollbooth::ledger::review::{
    Actor, Answered, Filter, Flagged, Guest, Item, LedgerFailure, Page, PlateVerdict, ReviewFailure, Verdict,
};
use crate::failure::actor;
use crate::{Connection, PlateWriter};

impl<C: Connection> Guest for PlateWriter<C> {
    fn answers(viewer: Actor, passage: String) -> Result<Vec<Answered>, LedgerFailure> {
        let found = Self::with_ledger(None, |ledger| ledger.answers(&actor(&viewer), &passage))?;
        Ok(found.into_iter().map(answered).collect())
    }

    fn list_open(
        now: i64,
        viewer: Actor,
        filter: Filter,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Page, LedgerFailure> {
        let (viewer, filter) = (actor(&viewer), listed(filter)?);
        let found = Self::with_ledger(Some(now), |ledger| ledger.list_open(now, &viewer, &filter, after, limit))?;
        Ok(Page { items: found.items.into_iter().map(item).collect(), next: found.next, total: found.total })
    }

    fn claim_next(
        now: i64,
        who: Actor,
        passage: Option<String>,
        filter: Filter,
        seconds: Option<u32>,
    ) -> Result<Option<Item>, ReviewFailure> {
        let filter = domain_filter(filter)?;
        Self::with_ledger(Some(now), |ledger| ledger.claim_for(now, &actor(&who), passage.as_deref(), &filter, seconds))
            .map(|found| found.map(item))
            .map_err(review_failure)
    }

    fn release(now: i64, who: Actor, passage: String, version: u32) -> Result<Item, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.release(now, &actor(&who), &passage, version))
            .map(item)
            .map_err(review_failure)
    }

    fn submit(
        now: i64,
        who: Actor,
        passage: String,
        version: u32,
        verdict: Verdict,
    ) -> Result<(String, u32), ReviewFailure> {
        let verdict = domain_verdict(verdict)?;
        Self::with_ledger(Some(now), |ledger| ledger.submit(now, &actor(&who), &passage, version, &verdict))
            .map(|(state, version)| (state.to_string(), version))
            .map_err(review_failure)
    }

    fn seed(
        now: i64,
        who: Actor,
        passage: String,
        version: u32,
        verdict: Verdict,
    ) -> Result<(String, u32), ReviewFailure> {
        let verdict = domain_verdict(verdict)?;
        Self::with_ledger(Some(now), |ledger| ledger.seed(now, &actor(&who), &passage, version, &verdict))
            .map(|(state, version)| (state.to_string(), version))
            .map_err(review_failure)
    }

    fn undo(now: i64, who: Actor, passage: String, version: u32) -> Result<Item, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.undo(now, &actor(&who), &passage, version))
            .map(item)
            .map_err(review_failure)
    }

    fn reopen(
        now: i64,
        who: Actor,
        passage: String,
        version: u32,
        remark: String,
        cause: String,
    ) -> Result<u32, ReviewFailure> {
        let cause = cause.parse().map_err(|e: UnknownCode| ReviewFailure::Invalid(format!("cause: {e}")))?;
        Self::with_ledger(Some(now), |ledger| ledger.reopen(now, &actor(&who), &passage, version, &remark, cause))
            .map_err(review_failure)
    }

    fn reprocess(now: i64, who: Actor, passage: String, version: u32) -> Result<u32, ReviewFailure> {
        Self::with_ledger(Some(now), |ledger| ledger.reprocess(now, &actor(&who), &passage, version))
            .map_err(review_failure)
    }
}

pub(crate) fn review_failure(failure: Failure<domain::Refusal>) -> ReviewFailure {
    match failure {
        Failure::Refused(domain::Refusal::NotFound) => ReviewFailure::NotFound,
        Failure::Refused(domain::Refusal::WrongState(state)) => ReviewFailure::WrongState(state.to_string()),
        Failure::Refused(domain::Refusal::ClaimedByOther(until)) => ReviewFailure::ClaimedByOther(until),
        Failure::Refused(domain::Refusal::ForSupervisor) => ReviewFailure::ForSupervisor,
        Failure::Refused(domain::Refusal::OwnMatter) => ReviewFailure::OwnMatter,
        Failure::Refused(domain::Refusal::AssignedToOther(until)) => ReviewFailure::AssignedToOther(until),
        Failure::Refused(domain::Refusal::NotFlagged) => ReviewFailure::NotFlagged,
        Failure::Refused(domain::Refusal::NotAssigned) => ReviewFailure::NotAssigned,
        Failure::Refused(domain::Refusal::NotClaimed) => ReviewFailure::NotClaimed,
        Failure::Refused(domain::Refusal::TooManyClaims(held)) => ReviewFailure::TooManyClaims(held),
        Failure::Refused(domain::Refusal::DecidedByOther) => ReviewFailure::DecidedByOther,
        Failure::Refused(domain::Refusal::VersionConflict(version)) => ReviewFailure::VersionConflict(version),
        Failure::Refused(domain::Refusal::BoundToExport(sequence)) => ReviewFailure::BoundToExport(sequence),
        Failure::Refused(domain::Refusal::PossibleDouble(other)) => ReviewFailure::PossibleDouble(other),
        Failure::Refused(domain::Refusal::Placeholder) => ReviewFailure::Placeholder,
        Failure::Refused(domain::Refusal::Invalid(problem)) => ReviewFailure::Invalid(problem),
        Failure::Ledger(error) => ReviewFailure::Ledger(error.into()),
    }
}

pub(crate) fn domain_filter(filter: Filter) -> Result<domain::Filter, ReviewFailure> {
    let queue = filter.queue.map(|queue| queue.parse()).transpose();
    Ok(domain::Filter {
        booth: filter.booth,
        reason: filter.reason,
        unclaimed: filter.unclaimed,
        queue: queue.map_err(|e: UnknownCode| ReviewFailure::Invalid(format!("queue: {e}")))?,
        candidate: filter.candidate,
    })
}

/// The same of a list, whose queue a component has checked.
fn listed(filter: Filter) -> Result<domain::Filter, LedgerFailure> {
    domain_filter(filter).map_err(|failure| match failure {
        ReviewFailure::Ledger(failure) => failure,
        other => LedgerFailure::Damaged(format!("a filter that no component sends: {other:?}")),
    })
}

/// A reject code comes from a person, so an unknown one is their mistake, answered with the list.
fn domain_verdict(verdict: Verdict) -> Result<domain::Verdict, ReviewFailure> {
    Ok(match verdict {
        Verdict::Plate(PlateVerdict { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type }) => {
            let plate_type = plate_type.as_deref().map(str::parse).transpose();
            let plate_type = plate_type.map_err(|e: UnknownCode| ReviewFailure::Invalid(e.to_string()))?;
            domain::Verdict::Plate { plate, jurisdiction, another_crossing, confirm_placeholder, plate_type }
        }
        Verdict::Reject((code, remark)) => {
            let code = code.parse().map_err(|e: UnknownCode| ReviewFailure::Invalid(e.to_string()))?;
            domain::Verdict::Reject { code, remark }
        }
    })
}

pub(crate) fn item(found: domain::Item) -> Item {
    Item {
        passage: found.passage,
        version: found.version,
        booth: found.booth,
        lane: found.lane,
        captured_at: found.captured_at,
        received_at: found.received_at,
        opened_at: found.opened_at,
        reason: found.reason,
        detail: found.detail,
        suggestion: found.suggestion,
        claimed_by: found.claimed_by,
        claimed_until: found.claimed_until,
        camera: found.camera,
        jurisdiction: found.jurisdiction,
        plate_type: found.plate_type.map(|of| of.to_string()),
        booth_name: found.booth_name,
        booth_jurisdiction: found.booth_jurisdiction,
        time_zone: found.time_zone,
        kept_back: found.kept_back,
        matter: found.matter.map(|matter| matter.to_string()),
        flag: found.flag.map(|flag| Flagged { note: flag.note, by: flag.by, at: flag.at }),
        assigned: found.assigned,
    }
}

fn answered(found: blind::Answered) -> Answered {
    let (plate, jurisdiction) = found.plate.unzip();
    Answered {
        by_machine: found.by == By::Machine,
        plate,
        jurisdiction,
        plate_type: found.plate_type.map(|of| of.to_string()),
        reject_code: found.reject_code,
    }
}
