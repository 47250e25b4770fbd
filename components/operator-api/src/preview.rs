//! What today's settings, or others, would make of passages that were read before. Nothing changes by looking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tollbooth_pipeline::ident;
use tollbooth_pipeline::judge::{self, Decision, JUDGE};
use tollbooth_pipeline::learned::{Booth, Learned};
use tollbooth_pipeline::preview::{Change, Standing, change};
use tollbooth_pipeline::reading::Reading;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::Action;
use tollbooth_pipeline::settings::Settings;
use tollbooth_pipeline::state::State;
use tollbooth_ports::ledger::learning::{self, AgainFilter, ReadPassage};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize};

use crate::failed_readings::given;
use crate::settings::stored;

/// Passages judged in one call when the caller does not say, and at most: judging is work of this process.
const DEFAULT_LIMIT: f64 = 100.0;
const MOST: f64 = 200.0;
/// Changes that are listed; the others are counted.
const MOST_LISTED: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default, deserialize_with = "given")]
    passage: Option<String>,
    #[serde(default, deserialize_with = "given")]
    booth: Option<String>,
    #[serde(default, deserialize_with = "given")]
    state: Option<String>,
    #[serde(default, deserialize_with = "given")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "given")]
    since: Option<String>,
    #[serde(default, deserialize_with = "given")]
    until: Option<String>,
    #[serde(default, deserialize_with = "given")]
    after: Option<f64>,
    #[serde(default, deserialize_with = "given")]
    limit: Option<f64>,
    #[serde(default)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
struct Preview {
    looked_at: usize,
    changes: BTreeMap<&'static str, u32>,
    items: Vec<ChangeView>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct ChangeView {
    passage: String,
    booth: String,
    change: &'static str,
    before: Sides,
    after: Sides,
}

/// A passage as it is, or as it would be.
#[derive(Serialize)]
struct Sides {
    state: String,
    reason: Option<String>,
    plate: Option<String>,
    jurisdiction: Option<String>,
}

/// `POST /v1/reprocess-previews`: repeat it with `after` until `next` is null.
pub async fn preview(request: Request) -> Answer {
    authorize(&request, Action::Reprocess)?;
    request.query.only(&[])?;
    let body: Body = request.body.json().await?;
    let limit = limit(body.limit)?;
    let found = learning::read_again(&filter(&body)?, body.after.map(cursor).transpose()?, limit)?;
    let settings = with(&found.settings, &body.settings)?;
    let mut changes: BTreeMap<&'static str, u32> = Change::ALL.iter().map(|change| (change.as_str(), 0)).collect();
    let (looked_at, mut items) = (found.items.len(), Vec::new());
    for passage in found.items {
        let (change, view) = judged(passage, &settings)?;
        *changes.entry(change.as_str()).or_default() += 1;
        if !matches!(change, Change::Same | Change::AgreesWithPerson | Change::LeavesToPerson)
            && items.len() < MOST_LISTED
        {
            items.push(view);
        }
    }
    Response::json(200, &Preview { looked_at, changes, items, next: found.next })
}

fn judged(passage: ReadPassage, settings: &Settings) -> Result<(Change, ChangeView), Problem> {
    let broken = |e: serde_json::Error| Problem::internal(format!("{} cannot be read back: {e}", passage.passage));
    let reading: Reading = serde_json::from_str(&passage.reading).map_err(broken)?;
    let learned = passage.learned.as_deref().map(Learned::from_json).transpose().map_err(broken)?;
    let learned = learned.map(|learned| learned.in_force(settings));
    let booth = Booth { jurisdiction: &passage.booth_jurisdiction, learned: learned.as_ref() };
    let decision = judge::decide(&reading, booth, settings);
    let found = change(&standing(&passage), &decision);
    let after = match decision {
        Decision::Accept { plate, jurisdiction, .. } => Sides {
            state: State::Accepted.to_string(),
            reason: None,
            plate: Some(plate),
            jurisdiction: Some(jurisdiction),
        },
        Decision::Review { reason, suggestion, .. } => Sides {
            state: State::InReview.to_string(),
            reason: Some(reason.to_string()),
            plate: suggestion,
            jurisdiction: None,
        },
    };
    let before = Sides {
        state: passage.state,
        reason: passage.reason,
        plate: passage.plate,
        jurisdiction: passage.jurisdiction,
    };
    Ok((found, ChangeView { passage: passage.passage, booth: passage.booth, change: found.as_str(), before, after }))
}

fn standing(passage: &ReadPassage) -> Standing<'_> {
    let pair = passage.plate.as_deref().zip(passage.jurisdiction.as_deref());
    match (passage.decided_by.as_deref(), pair) {
        (None, _) => Standing::InReview {
            reason: passage.reason.as_deref().unwrap_or_default(),
            suggestion: passage.plate.as_deref(),
        },
        (Some(JUDGE), Some((plate, issuer))) => Standing::ByMachine { plate, issuer },
        (Some(_), pair) => Standing::ByPerson(pair.filter(|_| passage.state == State::Accepted.as_str())),
    }
}

/// The settings in force with the changes to be tried: checked whole, as if they were made.
fn with(in_force: &[(String, String)], tried: &Map<String, Value>) -> Result<Settings, Problem> {
    let mut all: BTreeMap<String, String> = in_force.iter().cloned().collect();
    for (name, value) in tried {
        match stored(value.clone()) {
            Some(value) => all.insert(name.clone(), value),
            None => all.remove(name),
        };
    }
    Settings::from_changes(all.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .map_err(|refused| Problem::invalid(refused.0))
}

fn filter(body: &Body) -> Result<AgainFilter, Problem> {
    let refused = |text: String| Problem::new(Kind::InvalidRequest, text);
    body.passage.as_deref().map(ident::check_passage).transpose()?;
    body.booth.as_deref().map(ident::check_booth).transpose()?;
    if let Some(reason) = &body.reason {
        reason.parse::<ReviewReason>().map_err(|e| refused(format!("reason: {e}.")))?;
    }
    if let Some(state) = &body.state {
        let known = [State::Accepted, State::Rejected, State::InReview];
        if !known.iter().any(|known| known.as_str() == state) {
            return Err(refused("state: must be accepted, rejected or in-review.".to_owned()));
        }
    }
    Ok(AgainFilter {
        passage: body.passage.clone(),
        booth: body.booth.clone(),
        state: body.state.clone(),
        reason: body.reason.clone(),
        since: body.since.as_deref().map(|text| instant("since", text)).transpose()?,
        until: body.until.as_deref().map(|text| instant("until", text)).transpose()?,
    })
}

fn instant(name: &str, text: &str) -> Result<i64, Problem> {
    text.parse::<jiff::Timestamp>()
        .map(jiff::Timestamp::as_millisecond)
        .map_err(|_| Problem::new(Kind::InvalidRequest, format!("{name}: must be a time like 2026-11-20T10:00:00Z.")))
}

/// Largest cursor that a number in JSON says exactly.
const CURSOR_MOST: f64 = 9_007_199_254_740_991.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn cursor(number: f64) -> Result<u64, Problem> {
    if number.fract() == 0.0 && (0.0..=CURSOR_MOST).contains(&number) {
        return Ok(number as u64);
    }
    Err(Problem::new(Kind::InvalidRequest, "after: must be the `next` of the answer before."))
}

/// A whole number in range; `30.0` is one, by JSON Schema.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn limit(given: Option<f64>) -> Result<u32, Problem> {
    let number = given.unwrap_or(DEFAULT_LIMIT);
    if number.fract() == 0.0 && (1.0..=MOST).contains(&number) {
        return Ok(number as u32);
    }
    Err(Problem::new(Kind::InvalidRequest, format!("limit: must be a whole number from 1 to {MOST}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_tried_as_if_they_were_made_and_refused_whole() {
        let in_force = [("judge.min_confidence".to_owned(), "0.9".to_owned())];
        let tried = |value: Value| value.as_object().cloned().unwrap();
        let with = |value| with(&in_force, &tried(value));
        assert_eq!(with(json!({})).unwrap().judge_min_confidence, 0.9);
        let more = with(json!({ "judge.issuer_evidence": "traffic", "judge.min_confidence": null })).unwrap();
        assert_eq!((more.judge_min_confidence, more.judge_issuer_evidence.as_str()), (0.95, "traffic"));
        assert!(with(json!({ "judge.min_confidence": 2 })).is_err());
        assert!(with(json!({ "no.such": 1 })).is_err());
    }

    #[test]
    fn a_filter_that_can_match_nothing_is_refused() {
        let body = |value: Value| serde_json::from_value::<Body>(value).unwrap();
        assert!(
            filter(&body(json!({ "booth": "north", "state": "in-review", "since": "2026-11-20T10:00:00Z" }))).is_ok()
        );
        for bad in [
            json!({ "state": "waiting" }),
            json!({ "reason": "grey" }),
            json!({ "until": "yesterday" }),
            json!({ "passage": "" }),
        ] {
            assert!(filter(&body(bad)).is_err());
        }
        assert!(serde_json::from_value::<Body>(json!({ "booths": [] })).is_err());
        assert!(serde_json::from_value::<Body>(json!({ "after": null })).is_err());
        assert!(cursor(17.0).is_ok_and(|after| after == 17) && cursor(0.5).is_err() && cursor(-1.0).is_err());
        assert_eq!((limit(None).unwrap(), limit(Some(7.0)).unwrap()), (100, 7));
        assert!([0.0, 1.5, 201.0, f64::NAN].into_iter().all(|number| limit(Some(number)).is_err()));
    }
}
