//! One decision about a camera that is mirrored or upside down, instead of a review for each of its photos: made, ended, taken
//! back, and carried out on what waits, in steps.

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::capture::{instant, rfc3339};
use tollbooth_pipeline::ident;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::turned::Turned;
use tollbooth_ports::ledger::learning::{self, CameraTurn, NewTurn, TurnFailure};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::failed_readings::{MAX_BULK, given};

/// A camera is said to be mended so long ahead at most, in milliseconds: a year.
const MOST_AHEAD_MS: i64 = 366 * 86_400_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecideBody {
    booth: String,
    lane: String,
    camera: String,
    turned: String,
    #[serde(default, deserialize_with = "given")]
    since: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndBody {
    #[serde(default, deserialize_with = "given")]
    until: Option<String>,
}

/// A decision, as it is answered.
#[derive(Serialize)]
pub struct TurnView {
    id: u64,
    booth: String,
    lane: String,
    camera: String,
    turned: String,
    since: Option<String>,
    until: Option<String>,
    decided_at: String,
    decided_by: String,
    withdrawn_at: Option<String>,
    to_read: u64,
}

/// What was sent to be read again.
#[derive(Serialize)]
struct ReadAgainView {
    passages: u32,
    left: u64,
    claimed: u64,
}

/// `POST /v1/camera-findings/turns`: again changes nothing.
pub async fn decide(request: Request) -> Answer {
    let caller = authorize(&request, Action::Reprocess)?;
    request.query.only(&[])?;
    let body: DecideBody = request.body.json().await?;
    ident::check_booth(&body.booth)?;
    ident::check_name("lane", &body.lane)?;
    ident::check_name("camera", &body.camera)?;
    let turned = body.turned.parse::<Turned>().map_err(|e| Problem::invalid(vec![format!("turned: {e}")]))?;
    let at = now();
    let since = body.since.as_deref().map(|text| time("since", text, at)).transpose()?;
    let wanted =
        NewTurn { booth: body.booth, lane: body.lane, camera: body.camera, turned: turned.as_str().to_owned(), since };
    let decided = learning::decide_turn(at, &caller.actor(), &wanted).map_err(|failure| match failure {
        TurnFailure::NotFound => Problem::new(Kind::UnknownBooth, "No booth is registered under this id."),
        TurnFailure::Ledger(failure) => failure.into(),
    })?;
    Response::json(200, &TurnView::from(decided))
}

/// `POST /v1/camera-findings/turns/{turn}/end`
pub async fn end(request: Request, id: &str) -> Answer {
    let caller = authorize(&request, Action::Reprocess)?;
    request.query.only(&[])?;
    let id = number(id)?;
    let body: EndBody = request.body.json().await?;
    let at = now();
    let until = body.until.as_deref().map(|text| time("until", text, at.saturating_add(MOST_AHEAD_MS))).transpose()?;
    let ended = learning::end_turn(at, &caller.actor(), id, until.unwrap_or(at)).map_err(refused)?;
    Response::json(200, &TurnView::from(ended))
}

/// `DELETE /v1/camera-findings/turns/{turn}`: it was a mistake.
pub fn withdraw(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::Reprocess)?;
    request.query.only(&[])?;
    let withdrawn = learning::withdraw_turn(now(), &caller.actor(), number(id)?).map_err(refused)?;
    Response::json(200, &TurnView::from(withdrawn))
}

/// `POST /v1/camera-findings/turns/{turn}/read-again`: repeat it until nothing is left.
pub fn read_again(request: &Request, id: &str) -> Answer {
    let caller = authorize(request, Action::Reprocess)?;
    request.query.only(&[])?;
    let sent = learning::read_turned_again(now(), &caller.actor(), number(id)?, MAX_BULK).map_err(refused)?;
    let learning::ReadTurned { passages, left, claimed } = sent;
    Response::json(200, &ReadAgainView { passages, left, claimed })
}

fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "No such decision; GET /v1/camera-findings lists them.")
}

fn number(id: &str) -> Result<u64, Problem> {
    // What the database cannot hold is the number of nothing.
    id.parse().ok().filter(|id: &u64| i64::try_from(*id).is_ok()).ok_or_else(unknown)
}

fn refused(failure: TurnFailure) -> Problem {
    match failure {
        TurnFailure::NotFound => unknown(),
        TurnFailure::Ledger(failure) => failure.into(),
    }
}

/// A time of capture from 1970 on, up to `most`.
fn time(name: &str, text: &str, most: i64) -> Result<i64, Problem> {
    let read = instant(text).filter(|at| (0..=most).contains(at));
    read.ok_or_else(|| {
        let most = rfc3339(most);
        Problem::invalid(vec![format!("{name}: must be a time like 2026-11-20T10:00:00Z, from 1970 to {most}")])
    })
}

impl From<CameraTurn> for TurnView {
    fn from(found: CameraTurn) -> Self {
        Self {
            id: found.id,
            booth: found.booth,
            lane: found.lane,
            camera: found.camera,
            turned: found.turned,
            // The ledger has no photo from before 1970: it means all there are.
            since: Some(found.since).filter(|since| *since > 0).map(rfc3339),
            until: found.until.map(rfc3339),
            decided_at: rfc3339(found.decided_at),
            decided_by: found.decided_by,
            withdrawn_at: found.withdrawn_at.map(rfc3339),
            to_read: found.to_read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_the_range_that_is_named() {
        assert_eq!(time("since", "1970-01-01T00:00:01Z", 5_000).ok(), Some(1_000));
        for bad in ["1970-01-01T00:00:06Z", "1969-12-31T23:59:59Z", "yesterday", ""] {
            assert!(time("since", bad, 5_000).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_decision() {
        assert_eq!(number("7").ok(), Some(7));
        for bad in ["", "one", "-1", "18446744073709551615", "18446744073709551616"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }
}
