//! What happened, by step of time: of one subject, or of every booth, camera or recogniser.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tollbooth_pipeline::Instant;
use tollbooth_pipeline::blind::can_be_blind;
use tollbooth_pipeline::capture::rfc3339;
use tollbooth_pipeline::ident::check_booth;
use tollbooth_pipeline::reason::ReviewReason;
use tollbooth_pipeline::role::{Action, Role};
use tollbooth_ports::ledger::telemetry::{self, Rollup};
use tollbooth_telemetry::{Facts, METRICS, Span, Step, Subject, find};
use tollbooth_web::{Answer, Kind, Problem, Request, Response, authorize, now};

use crate::standing::standing;
use crate::tag;

/// Most roll-ups that one answer is made of; the ledger has the same limit and would cut the answer off.
const MOST_STEPS: i64 = 5_000;

/// `GET /v1/telemetry/series`
pub fn show(request: &Request) -> Answer {
    let caller = authorize(request, Action::ReadBalance)?;
    let query = &request.query;
    query.only(&["subject", "of", "booth", "metrics", "from", "to", "step", "summed"])?;
    let whom = whom(query.get("subject"), query.get("of"), query.get("booth"))?;
    let metrics = metrics(query.get("metrics"))?;
    let summed = query.flag("summed")?;
    let at = now();
    let to = time(query.get("to"), "to")?.unwrap_or(at);
    let from = time(query.get("from"), "from")?.unwrap_or(to.saturating_sub(Step::Day.length_ms()));
    if from >= to {
        return Err(invalid("`from` must be before `to`"));
    }
    let span = span(query.get("step"), at, from, to)?;
    let kept = span.step();
    let steps = to.saturating_sub(from) / kept.length_ms();
    if steps > MOST_STEPS {
        return Err(invalid(&format!(
            "{steps} steps of a {kept} are more than the {MOST_STEPS} that one answer is made of; choose a longer step or \
             less time"
        )));
    }
    let standing = standing()?;
    let subjects = i64::try_from(standing.booths.len()).unwrap_or(i64::MAX);
    if matches!(whom, Whom::EveryOf("booth")) && steps.saturating_mul(subjects) > MOST_STEPS {
        return Err(invalid(&format!(
            "{subjects} booths with {steps} steps of a {kept} each are more than the {MOST_STEPS} that one answer is made \
             of; choose a longer step or less time, or one `subject`"
        )));
    }
    // Whoever reviews is told less: what somebody else of the same browser has is not the same.
    let version = standing.version.saturating_mul(2) | u64::from(caller.role.may(Action::Review));
    tag::json(request, version, || {
        let start = span.start(from);
        let (wanted, by) = (read(&metrics), span.as_str());
        let found = match &whom {
            Whom::One(subject) => telemetry::series(&subject.to_string(), by, &wanted, start, to)?,
            Whom::EveryOf(kind) => telemetry::series_of_all(kind, by, &wanted, start, to)?,
            Whom::CamerasOf(booth) => telemetry::series_of_all(&format!("camera:{booth}"), by, &wanted, start, to)?,
        };
        let over = |start: Instant| span == Span::Day && start.saturating_add(span.length_ms()) <= at;
        let items = by_subject(found.rollups, &metrics, summed, caller.role, over)?;
        Ok(SeriesView {
            step: by,
            from: rfc3339(start),
            to: rfc3339(to),
            at: (standing.version > 0).then(|| rfc3339(standing.at)),
            complete: found.complete,
            items,
        })
    })
}

/// `GET /v1/telemetry/catalogue`: every metric there is.
pub fn catalogue(request: &Request) -> Answer {
    authorize(request, Action::ReadBalance)?;
    request.query.only(&[])?;
    let items: Vec<Value> = METRICS
        .iter()
        .map(|m| json!({ "name": m.name, "kind": m.kind.as_str(), "label": m.label, "meaning": m.meaning }))
        .collect();
    Response::json(200, &json!({ "items": items }))
}

/// Written as it stands: long series take longer to be made into text than to be read.
#[derive(Serialize)]
struct SeriesView {
    step: &'static str,
    from: String,
    to: String,
    /// When what happened was added up last.
    at: Option<String>,
    complete: bool,
    items: Vec<SubjectView>,
}

#[derive(Serialize)]
struct SubjectView {
    subject: String,
    points: Vec<PointView>,
}

#[derive(Serialize)]
struct PointView {
    at: String,
    facts: Facts,
}

enum Whom {
    One(Subject),
    EveryOf(&'static str),
    /// Every camera of one booth.
    CamerasOf(String),
}

fn whom(subject: Option<&str>, of: Option<&str>, booth: Option<&str>) -> Result<Whom, Problem> {
    if let Some(booth) = booth {
        if (subject, of) != (None, Some("camera")) {
            return Err(invalid("`booth` is for `of=camera`; for a booth itself send `subject=booth:ID`"));
        }
        check_booth(booth).map_err(|error| invalid(&error.to_string()))?;
        return Ok(Whom::CamerasOf(booth.to_owned()));
    }
    match (subject, of) {
        (Some(_), Some(_)) => Err(invalid("send `subject` or `of`, not both")),
        (None, None) => Ok(Whom::One(Subject::All)),
        (Some(text), None) => text.parse().map(Whom::One).map_err(|error| invalid(&format!("`subject`: {error}"))),
        (None, Some("booth")) => Ok(Whom::EveryOf("booth")),
        (None, Some("camera")) => Ok(Whom::EveryOf("camera")),
        (None, Some("recognizer")) => Ok(Whom::EveryOf("recognizer")),
        (None, Some(_)) => Err(invalid("`of` must be one of booth, camera, recognizer")),
    }
}

/// Metrics asked for, with a label or without; all when none is named.
fn metrics(text: Option<&str>) -> Result<Vec<String>, Problem> {
    let names: Vec<String> =
        text.unwrap_or_default().split(',').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    let unknown = names.iter().find(|name| find(name.split('.').next().unwrap_or_default()).is_none());
    match unknown {
        None => Ok(names),
        Some(_) => Err(invalid("`metrics` names one that is none; GET /v1/telemetry/catalogue lists them")),
    }
}

fn time(text: Option<&str>, name: &str) -> Result<Option<Instant>, Problem> {
    text.map(|text| {
        text.parse::<Timestamp>()
            .map(|time| time.as_millisecond())
            .map_err(|_| invalid(&format!("`{name}` must be a time of RFC 3339, like 2026-11-20T10:00:00Z")))
    })
    .transpose()
}

fn span(text: Option<&str>, now: Instant, from: Instant, to: Instant) -> Result<Span, Problem> {
    match text {
        None => Ok(Span::fitting(now, from, to)),
        Some(text) => text.parse::<Span>().map_err(|error| invalid(&format!("`step`: {error}"))),
    }
}

/// What is read to tell these metrics: beside them those that say how much is kept back.
fn read(metrics: &[String]) -> Vec<String> {
    if metrics.is_empty() {
        return Vec::new();
    }
    metrics.iter().cloned().chain(["referred", "received"].map(ToOwned::to_owned)).collect()
}

fn by_subject(
    found: Vec<Rollup>,
    metrics: &[String],
    summed: bool,
    role: Role,
    is_day_over: impl Fn(Instant) -> bool,
) -> Result<Vec<SubjectView>, Problem> {
    let wanted: Vec<&str> = metrics.iter().map(String::as_str).collect();
    let to_sum: Vec<&str> = match (summed, wanted.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => METRICS.iter().map(|metric| metric.name).collect(),
        (true, false) => wanted.clone(),
    };
    let mut items: BTreeMap<String, Vec<PointView>> = BTreeMap::new();
    for rollup in found {
        let mut facts = readable(&rollup.facts)?;
        if rollup.subject.starts_with(OF_A_CAMERA) {
            keep_back_of_camera(&mut facts, role, is_day_over(rollup.start));
        } else {
            keep_back(&mut facts, role);
        }
        if !wanted.is_empty() {
            facts.retain(&wanted);
        }
        facts.sum_labels(&to_sum);
        items.entry(rollup.subject).or_default().push(PointView { at: rfc3339(rollup.start), facts });
    }
    Ok(items.into_iter().map(|(subject, points)| SubjectView { subject, points }).collect())
}

pub fn readable(text: &str) -> Result<Facts, Problem> {
    Facts::from_json(text).map_err(|error| Problem::internal(format!("the ledger sent facts that are none: {error}")))
}

/// How the names of cameras begin among subjects.
const OF_A_CAMERA: &str = "camera:";
/// Photos of a camera in a day from which on how many were unreadable names none of them.
const MANY: i64 = 50;

/// Whoever may have to read a photo without a suggestion is not told for which of those reasons photos came to people: where
/// few come, that would name the samples. Nor is it told by what is counted beside: a plate that nobody can read is such a
/// reason, and a photo that cannot be read.
pub fn keep_back(facts: &mut Facts, role: Role) {
    if !role.may(Action::Review) {
        return;
    }
    let told_by_it = facts.get(&format!("referred.{}", ReviewReason::PlateUnreadable.as_str()));
    facts.take_away("unreadable", told_by_it);
    let alike: Vec<&str> = ReviewReason::ALL
        .iter()
        .copied()
        .filter(|reason| can_be_blind(*reason) || *reason == ReviewReason::QualitySample)
        .map(ReviewReason::as_str)
        .collect();
    facts.fold("referred", &alike, ReviewReason::Unprompted.as_str());
}

/// The same of a camera, of which reasons are not counted: how many of its photos could not be read is told of days that are
/// over and had many of them.
fn keep_back_of_camera(facts: &mut Facts, role: Role, is_day_over: bool) {
    if role.may(Action::Review) && !(is_day_over && facts.get("received") >= MANY) {
        let counted = facts.get("unreadable");
        facts.take_away("unreadable", counted);
    }
}

fn invalid(what: &str) -> Problem {
    Problem::new(Kind::InvalidRequest, format!("The query: {what}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_metric_or_subject_is_refused_and_not_answered_with_nothing() {
        assert!(metrics(Some("received,depth.waiting")).is_ok());
        assert!(metrics(Some("recieved")).is_err());
        assert!(whom(Some("north"), None, None).is_err());
        assert!(whom(None, Some("booths"), None).is_err());
        assert!(whom(Some("all"), Some("booth"), None).is_err());
        assert!(matches!(whom(None, Some("camera"), Some("north")), Ok(Whom::CamerasOf(booth)) if booth == "north"));
        for (of, booth) in
            [(None, "north"), (Some("booth"), "north"), (Some("camera"), "north/front"), (Some("camera"), "")]
        {
            assert!(whom(None, of, Some(booth)).is_err(), "{of:?} {booth}");
        }
    }

    #[test]
    fn what_is_kept_back_does_not_depend_on_what_is_asked() {
        assert_eq!(read(&["unreadable".to_owned()]), ["unreadable", "referred", "received"]);
        assert!(read(&[]).is_empty(), "all");
    }

    #[test]
    fn whoever_may_read_a_sample_is_not_told_when_one_came() {
        let measured = || {
            let mut facts = Facts::default();
            facts.add("referred.quality-sample", 1);
            facts.add("referred.low-confidence", 2);
            facts.add("referred.no-plate-found", 4);
            facts
        };
        let mut told = measured();
        keep_back(&mut told, Role::Supervisor);
        assert_eq!(told.iter().collect::<Vec<_>>(), [("referred.no-plate-found", 4), ("referred.unprompted", 3)]);
        assert_eq!(told.total("referred"), measured().total("referred"));
        let mut all = measured();
        keep_back(&mut all, Role::Operator);
        assert_eq!(all, measured(), "operators see no photos");
    }

    #[test]
    fn what_could_not_be_read_tells_nobody_which_photo_is_no_sample() {
        let counted = |reason: &str, unreadable: i64| {
            let mut facts = Facts::default();
            facts.add(format!("referred.{reason}"), 1);
            facts.add("unreadable", unreadable);
            keep_back(&mut facts, Role::Supervisor);
            facts
        };
        let sample = {
            let mut facts = Facts::default();
            facts.add("referred.quality-sample", 1);
            keep_back(&mut facts, Role::Supervisor);
            facts
        };
        assert_eq!(counted("plate-unreadable", 1), sample, "not even by a nought");
        assert_eq!(counted("no-plate-found", 1).get("unreadable"), 1, "nobody reads that blind");
        let of_camera = |role, over, received: i64| {
            let mut facts = Facts::default();
            facts.add("received", received);
            facts.add("unreadable", 1);
            keep_back_of_camera(&mut facts, role, over);
            facts.known("unreadable")
        };
        assert_eq!(of_camera(Role::Supervisor, true, MANY), Some(1), "a dirty lens is seen the day after");
        assert_eq!(of_camera(Role::Supervisor, false, MANY), None);
        assert_eq!(of_camera(Role::Supervisor, true, MANY - 1), None);
        assert_eq!(of_camera(Role::Operator, false, 1), Some(1));
    }
}
