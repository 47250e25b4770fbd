//! Passages whose reading finally failed: listed by cause, and sent to the recogniser again, one or in bulk.

use serde::{Deserialize, Deserializer, Serialize};
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Action;
use tollbooth_ports::ledger::failed_readings::{self as ledger, Cause, FailedReading, Filter};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

/// Most passages one call sends back: the ledger's own bound, for it holds the lock that cameras wait for.
pub const MAX_BULK: u32 = 200;
/// The largest whole number that JSON tells apart from the next everywhere (RFC 8259, 6).
const LAST_PLACE: f64 = 9_007_199_254_740_991.0;
/// Longest failure class there is, and some room.
const MAX_CLASS_BYTES: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReprocessBody {
    #[serde(default, deserialize_with = "given")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "given")]
    class: Option<String>,
    #[serde(default, deserialize_with = "given")]
    booth: Option<String>,
    #[serde(default, deserialize_with = "given")]
    passage: Option<String>,
    #[serde(default, deserialize_with = "given")]
    limit: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    action: Option<f64>,
}

/// A member that is there; null is no way of leaving it out, for it may as well be a mistake.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
struct Page {
    causes: Vec<CauseView>,
    items: Vec<FailedReadingView>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct CauseView {
    reason: String,
    class: String,
    passages: u64,
}

#[derive(Serialize)]
struct FailedReadingView {
    passage: String,
    booth: String,
    captured_at: String,
    opened_at: String,
    reason: String,
    class: String,
    detail: String,
    recognizer: String,
    attempts: u32,
}

/// What was sent back.
#[derive(Serialize)]
struct Reprocessed {
    passages: u32,
    left: u64,
    claimed: u64,
    /// Of the next call, so that all of them are one action on record.
    action: Option<u64>,
}

/// `GET /v1/failed-readings`
pub fn list(request: &Request) -> Answer {
    authorize(request, Action::ReadBalance)?;
    let query = &request.query;
    query.only(&["reason", "class", "booth", "after", "limit"])?;
    let given = |name: &str| query.get(name).map(ToOwned::to_owned);
    let filter = filter(given("reason"), given("class"), given("booth"), None)?;
    let page = ledger::list_failed(&filter, query.cursor("after")?, query.limit()?)?;
    Response::json(
        200,
        &Page {
            causes: page.causes.into_iter().map(CauseView::from).collect(),
            items: page.items.into_iter().map(FailedReadingView::from).collect(),
            next: page.next,
        },
    )
}

/// `POST /v1/failed-readings/reprocess`: repeat it until nothing is left.
pub async fn reprocess(request: Request) -> Answer {
    let caller = authorize(&request, Action::Reprocess)?;
    request.query.only(&[])?;
    let body: ReprocessBody = request.body.json().await?;
    if body.reason.is_none() && body.class.is_none() && body.passage.is_none() {
        return Err(Problem::new(
            Kind::InvalidRequest,
            "Name a reason, a class or a passage: what failed for different causes is not sent back together.",
        ));
    }
    let limit = match body.limit {
        None => MAX_BULK,
        Some(number) => whole(number).ok_or_else(|| {
            Problem::new(Kind::InvalidRequest, format!("limit: must be a whole number from 1 to {MAX_BULK}."))
        })?,
    };
    let action = match body.action {
        None => None,
        Some(number) => Some(place(number).ok_or_else(|| {
            Problem::new(Kind::InvalidRequest, "action: must be what the call before answered, a whole number from 1.")
        })?),
    };
    let filter = filter(body.reason, body.class, body.booth, body.passage)?;
    let done = ledger::reprocess_failed(now(), &caller.actor(), &filter, limit, action)?;
    let ledger::Reprocessed { passages, left, claimed, action } = done;
    Response::json(200, &Reprocessed { passages, left, claimed, action })
}

/// A whole number in range; `30.0` is one, by JSON Schema.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn whole(number: f64) -> Option<u32> {
    (number.fract() == 0.0 && (1.0..=f64::from(MAX_BULK)).contains(&number)).then_some(number as u32)
}

/// A place in the history; `7.0` is one, by JSON Schema.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn place(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (1.0..=LAST_PLACE).contains(&number)).then_some(number as u64)
}

fn filter(
    reason: Option<String>,
    class: Option<String>,
    booth: Option<String>,
    passage: Option<String>,
) -> Result<Filter, Problem> {
    if let Some(reason) = &reason {
        reason.parse::<ReviewReason>().map_err(|e| Problem::new(Kind::InvalidRequest, format!("reason: {e}.")))?;
    }
    if let Some(class) = &class {
        let known = |b: u8| b.is_ascii_lowercase() || b == b'-';
        if class.is_empty() || class.len() > MAX_CLASS_BYTES || !class.bytes().all(known) {
            return Err(Problem::new(
                Kind::InvalidRequest,
                "class: must be a failure class, like outage or timed-out; GET /v1/failed-readings lists those there are.",
            ));
        }
    }
    booth.as_deref().map(ident::check_booth).transpose()?;
    passage.as_deref().map(ident::check_passage).transpose()?;
    Ok(Filter { reason, class, booth, passage })
}

impl From<Cause> for CauseView {
    fn from(found: Cause) -> Self {
        Self { reason: found.reason, class: found.class, passages: found.passages }
    }
}

impl From<FailedReading> for FailedReadingView {
    fn from(found: FailedReading) -> Self {
        Self {
            passage: found.passage,
            booth: found.booth,
            captured_at: found.captured_at,
            opened_at: rfc3339(found.opened_at),
            reason: found.reason,
            class: found.class,
            detail: found.detail,
            recognizer: found.recognizer,
            attempts: found.attempts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number_in_range_however_it_is_written() {
        assert_eq!((whole(200.0), whole(1.0)), (Some(200), Some(1)));
        for bad in [0.0, 0.5, 200.5, 201.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(whole(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_place_in_the_history_is_a_whole_number() {
        assert_eq!((place(1.0), place(LAST_PLACE)), (Some(1), Some(9_007_199_254_740_991)));
        for bad in [0.0, -1.0, 1.5, LAST_PLACE + 1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    #[test]
    fn null_is_not_the_same_as_nothing() {
        let body = |text: &str| serde_json::from_str::<ReprocessBody>(text);
        assert!(body(r#"{"class": "outage"}"#).is_ok_and(|body| body.limit.is_none()));
        assert!(body(r#"{"class": "outage", "limit": null}"#).is_err());
        assert!(body(r#"{"class": null}"#).is_err());
    }

    #[test]
    fn a_filter_that_can_match_nothing_is_refused() {
        let text = |text: &str| Some(text.to_owned());
        let passage = Some(ident::passage_id("north", "1"));
        assert!(filter(text("recognizer-exhausted"), text("timed-out"), text("north"), passage).is_ok());
        assert!(filter(text("too-grey"), None, None, None).is_err());
        assert!(filter(None, text("Outage!"), None, None).is_err());
        assert!(filter(None, None, text("../north"), None).is_err());
        assert!(filter(None, None, None, text("psg_1")).is_err());
    }
}
