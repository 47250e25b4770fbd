//! Passages: search, one with its readings, and its history. Reads only.

use tollbooth_pipeline::capture::is_hour;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::judge::JUDGE;
use tollbooth_pipeline::plate_type::PlateType;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::state::State;
use tollbooth_ports::ledger::looking;
use tollbooth_ports::ledger::passages::{self, Known, Passage, Wanted};
use tollbooth_ports::types::Actor;
use tollbooth_web::{Answer, Kind, Problem, Query, Request, Response, authorize, now};

use crate::candidates;
use crate::views::{
    AttemptView, EarlierList, EarlierView, EventView, Page, PassageView, PassageWithReadings, RelatedView, WaitingView,
};

/// What `GET /v1/passages` takes.
const PARAMETERS: [&str; 11] = [
    "booth",
    "state",
    "received_hour",
    "plate",
    "key",
    "decided_by",
    "plate_type",
    "since",
    "until",
    "before",
    "limit",
];

/// `GET /v1/passages`: newest first.
pub fn search(request: &Request) -> Answer {
    let caller = authorize(request, Action::ReadPassages)?;
    let viewer = caller.actor();
    let query = &request.query;
    query.only(&PARAMETERS)?;
    let wanted = wanted(query)?;
    if wanted.decided_by.as_deref().is_some_and(|who| who != JUDGE && who != caller.token) {
        // How much somebody does is for those who answer for it, and for themselves.
        authorize(request, Action::ReadLog)?;
    }
    let (before, limit) = (query.cursor("before")?, query.limit()?);
    let hour = query.get("received_hour");
    if hour.is_some_and(|hour| !is_hour(hour)) {
        return Err(Problem::new(
            Kind::InvalidRequest,
            "The query parameter `received_hour` must be an hour in UTC, like 2026-11-20T10.",
        ));
    }
    let known = known(query)?;
    if known.is_some() && hour.is_some() {
        let what = "Send one of the query parameters `received_hour`, `plate` and `key`, not several.";
        return Err(Problem::new(Kind::InvalidRequest, what));
    }
    let (found, next) = match &known {
        Some(known) => passages::find(&viewer, known, &wanted, before, limit)?,
        None => passages::search(&viewer, &wanted, hour, before, limit)?,
    };
    if matches!(known, Some(Known::Plate(_))) {
        // Where a vehicle was is told to nobody without its being on record.
        for passage in &found {
            looking::note(now(), &caller.token, &passage.passage)?;
        }
    }
    let items: Vec<_> = found.into_iter().map(PassageView::from).collect();
    Response::json(200, &Page { items, next, total: None })
}

/// What of all passages is wanted.
fn wanted(query: &Query) -> Result<Wanted, Problem> {
    let booth = query.get("booth");
    booth.map(ident::check_booth).transpose()?;
    let decided_by = query.get("decided_by");
    if decided_by.is_some_and(|who| who != JUDGE && !is_token_id(who)) {
        let what = "The query parameter `decided_by` must be the id of a token, like tok_2f3c, or judge.";
        return Err(Problem::new(Kind::InvalidRequest, what));
    }
    let (since, until) = query.period()?;
    Ok(Wanted {
        booth: booth.map(ToOwned::to_owned),
        state: query.code::<State>("state")?.map(|state| state.as_str().to_owned()),
        decided_by: decided_by.map(ToOwned::to_owned),
        plate_type: query.code::<PlateType>("plate_type")?.map(|of| of.as_str().to_owned()),
        since,
        until,
    })
}

/// `tok_…`: nothing else is in the ledger, so nothing else is looked for.
fn is_token_id(text: &str) -> bool {
    let digits = text.strip_prefix("tok_").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// The plate or the key that the caller knows.
fn known(query: &Query) -> Result<Option<Known>, Problem> {
    match (query.get("plate"), query.get("key")) {
        (None, None) => Ok(None),
        (Some(plate), None) => {
            ident::check_plate(plate)?;
            Ok(Some(Known::Plate(plate.to_owned())))
        }
        (None, Some(key)) => {
            ident::check_key(key)?;
            Ok(Some(Known::Key(key.to_owned())))
        }
        (Some(_), Some(_)) => {
            let what = "Send one of the query parameters `plate` and `key`, not both.";
            Err(Problem::new(Kind::InvalidRequest, what))
        }
    }
}

/// `GET /v1/passages/{passage}`
pub fn show(request: &Request, id: &str) -> Answer {
    let viewer = authorize(request, Action::ReadPassages)?.actor();
    request.query.only(&[])?;
    let passage = find(&viewer, id)?;
    let attempts = passages::attempts_of(&viewer, id)?;
    let crop_url = candidates::crop_of(id, &attempts)?;
    let readings = attempts.into_iter().map(|attempt| AttemptView::new(id, attempt)).collect::<Result<Vec<_>, _>>()?;
    let waiting = passage.state == State::Waiting.as_str();
    let waiting_for = if waiting { passages::waiting_for(now(), id)?.map(WaitingView::from) } else { None };
    let related = related(&viewer, id)?;
    Response::json(200, &PassageWithReadings { passage: passage.into(), waiting_for, readings, related, crop_url })
}

/// `GET /v1/passages/{passage}/history`: oldest first.
pub fn history(request: &Request, id: &str) -> Answer {
    let viewer = authorize(request, Action::ReadPassages)?.actor();
    let query = &request.query;
    query.only(&["after", "limit"])?;
    let (after, limit) = (query.cursor("after")?.unwrap_or(0), query.limit()?);
    find(&viewer, id)?;
    let events = passages::history(&viewer, id, after, limit)?;
    let full = u32::try_from(events.len()).is_ok_and(|found| found >= limit);
    let next = events.last().map(|event| event.sequence).filter(|_| full);
    let items = events.into_iter().map(EventView::new).collect::<Result<Vec<_>, _>>()?;
    Response::json(200, &Page { items, next, total: None })
}

/// `GET /v1/passages/{passage}/earlier`: what to compare a plate with.
pub fn earlier(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::Review)?;
    let viewer = caller.actor();
    let query = &request.query;
    query.only(&["plate"])?;
    let plate = query.require("plate")?;
    ident::check_plate(plate)?;
    find(&viewer, id)?;
    let mut items = Vec::new();
    for found in passages::earlier_of(&viewer, id, plate)? {
        let attempts = passages::attempts_of(&viewer, &found.passage)?;
        let bounds = candidates::bounds_of(&found.passage, &attempts, plate)?;
        // Where a vehicle was before is told to nobody without its being on record, as its photo is.
        looking::note(now(), &caller.token, &found.passage)?;
        items.push(EarlierView::new(found, bounds));
    }
    Response::json(200, &EarlierList { items })
}

/// The passages that may show the same crossing.
pub fn related(viewer: &Actor, id: &str) -> Result<Vec<RelatedView>, Problem> {
    let all = passages::related_to(viewer, id)?.into_iter();
    all.map(|found| {
        let crop_url = candidates::crop_of(&found.passage, &passages::attempts_of(viewer, &found.passage)?)?;
        Ok(RelatedView::new(found, crop_url))
    })
    .collect()
}

/// The passage as the viewer may see it, or `not-found`.
pub fn find(viewer: &Actor, id: &str) -> Result<Passage, Problem> {
    passages::get(viewer, id)?.ok_or_else(|| Problem::new(Kind::NotFound, "There is no such passage."))
}
