//! What is wrong by a rule, at one moment.

use std::collections::BTreeSet;

use tollbooth_telemetry::{Instant, Subject};

use crate::finding::Finding;
use crate::staff::definition::{Definition, NoData, Place};
use crate::staff::rollups::{Known, Rollups};
use crate::staff::track::Track;
use crate::time::span;

/// When a rule is looked at, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The end of the last whole minute that was added up; none while that is too long ago to say anything of now.
    pub end: Option<Instant>,
    /// What was measured.
    pub rollups: &'a Rollups,
    /// Whom rules of each one judge.
    pub known: &'a Known,
}

/// Everything that is wrong by this rule, one finding a booth, camera or recogniser. `before` holds what was wrong at the
/// look before: what nothing was measured of stays as it was, where the rule says so.
#[must_use]
pub fn findings(rule: &Definition, look: &Look<'_>, before: &BTreeSet<String>) -> Vec<Finding> {
    let folds = look.rollups.folds(rule.is_hourly());
    let judged = places(rule, look.known).into_iter().map(|place| {
        let track = look.rollups.track(rule.metric.source, place.subject(), rule.is_hourly());
        let value = look.end.and_then(|end| value(rule, &track, &folds, end));
        (place, value)
    });
    let wrong = judged.filter(|(place, value)| is_wrong(rule, *value, before.contains(place.id())));
    wrong
        .map(|(place, value)| Finding {
            subject: place.id().to_owned(),
            text: text(rule, place.id(), value),
            severity: rule.severity(),
        })
        .collect()
}

/// All booths together, or one booth, camera or recogniser.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Judged {
    subject: Subject,
    id: String,
}

impl Judged {
    fn new(subject: Subject) -> Self {
        let id = match &subject {
            Subject::All => String::new(),
            Subject::Booth(id) | Subject::Recognizer(id) => id.clone(),
            Subject::Camera(booth, name) => format!("{booth}/{name}"),
        };
        Self { subject, id }
    }

    /// How people call it; empty for all together.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub const fn subject(&self) -> &Subject {
        &self.subject
    }
}

/// Whom a rule judges, each by itself.
pub(super) fn places(rule: &Definition, known: &Known) -> Vec<Judged> {
    let booths = || known.booths.iter().cloned().map(Subject::Booth);
    let found: Vec<Subject> = match rule.place() {
        Place::All => vec![Subject::All],
        Place::EachBooth => booths().collect(),
        Place::Booth(id) => booths().filter(|booth| matches!(booth, Subject::Booth(known) if known == id)).collect(),
        Place::EachCamera => {
            known.cameras.iter().map(|(booth, name)| Subject::Camera(booth.clone(), name.clone())).collect()
        }
        Place::Camera(booth, name) => vec![Subject::Camera(booth.clone(), name.clone())],
        Place::EachRecognizer => known.recognizers.iter().cloned().map(Subject::Recognizer).collect(),
        Place::Recognizer(name) => vec![Subject::Recognizer(name.clone())],
    };
    found.into_iter().map(Judged::new).collect()
}

/// The value of the window that ends then; none when nothing was measured.
pub(super) fn value(rule: &Definition, track: &Track, folds: &Track, end: Instant) -> Option<f64> {
    let (from, to) = rule.window(end);
    if folds.count(from, to) == 0 {
        return None;
    }
    track.value(rule.metric.source, rule.aggregation, rule.draft.least_count, from, to)
}

pub(super) fn is_wrong(rule: &Definition, value: Option<f64>, was_wrong: bool) -> bool {
    match (value, rule.no_data) {
        (Some(value), _) => rule.comparison.holds(value, rule.draft.threshold),
        (None, NoData::Keep) => was_wrong,
        (None, NoData::Alert) => true,
        (None, NoData::Ok) => false,
    }
}

fn text(rule: &Definition, place: &str, value: Option<f64>) -> String {
    let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
    let window = span(rule.window_ms());
    let (title, how) = (rule.metric.title, rule.aggregation.words());
    match value {
        // Not by how much, nor for whom: mail and chat reach people of any role, and an alert stays for all to read.
        Some(_) if rule.metric.tells_samples_apart() => format!(
            "{place}{title}{how}: {} {} in the last {window}.",
            rule.comparison.words(),
            number(rule.draft.threshold, rule.metric.unit)
        ),
        Some(value) => format!(
            "{place}{title}{how}: {} in the last {window} (rule: {} {}).",
            number(value, rule.metric.unit),
            rule.comparison.words(),
            number(rule.draft.threshold, rule.metric.unit)
        ),
        None => format!("{place}{title}{how}: not known, for too little was measured in the last {window}."),
    }
}

fn number(value: f64, unit: &str) -> String {
    let digits = if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    match unit {
        "percent" => format!("{digits} %"),
        "minutes" => format!("{digits} min"),
        "seconds" => format!("{digits} s"),
        "currency" => format!("{value:.2}"),
        other => format!("{digits} {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use tollbooth_telemetry::{Facts, Step};

    use super::*;
    use crate::staff::check::tests::rule;

    const MINUTE: i64 = 60_000;
    const END: Instant = 600 * MINUTE;

    /// Two booths that get a photo a minute, of which one in four of the south is unreadable; ten hours of it.
    fn road() -> Rollups {
        let mut added = BTreeMap::<(Subject, Step, Instant), Facts>::new();
        for minute in 0..600 {
            let unreadable = i64::from(minute % 4 == 0);
            for (subject, received, unreadable, folds) in [
                (Subject::All, 2, unreadable, 12),
                (Subject::Booth("north".into()), 1, 0, 0),
                (Subject::Booth("south".into()), 1, unreadable, 0),
            ] {
                let mut facts = Facts::default();
                facts.add("received", received);
                facts.add("unreadable", unreadable);
                facts.add("folds", folds);
                for step in [Step::Minute, Step::Hour] {
                    added.entry((subject.clone(), step, step.start(minute * MINUTE))).or_default().merge(&facts);
                }
            }
        }
        let mut rollups = Rollups::default();
        for ((subject, step, start), facts) in added {
            rollups.put(&subject, step, start, facts);
        }
        rollups
    }

    fn wrong(more: serde_json::Value, end: Option<Instant>, before: &[&str]) -> Vec<String> {
        let known = Known { booths: vec!["north".to_owned(), "south".to_owned()], ..Known::default() };
        let rollups = road();
        let before = before.iter().map(|id| (*id).to_owned()).collect();
        let look = Look { end, rollups: &rollups, known: &known };
        findings(&rule(more), &look, &before).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn a_rule_names_the_booths_at_which_it_is_broken_with_value_and_limit() {
        assert_eq!(
            wrong(json!({}), Some(END), &[]),
            ["south: Photos unreadable, of those received: above 20 % in the last 1 h."]
        );
        let received = json!({ "metric": "received", "of": "booth:north", "comparison": "at-least", "threshold": 60 });
        assert_eq!(
            wrong(received, Some(END), &[]),
            ["north: Photos received: 60 photos in the last 1 h (rule: at least 60 photos)."]
        );
        assert_eq!(wrong(json!({ "threshold": 25 }), Some(END), &[]), [""; 0], "above is more than");
        assert_eq!(wrong(json!({ "threshold": 25, "comparison": "at-least" }), Some(END), &[]).len(), 1);
        assert_eq!(wrong(json!({ "of": "booth:north" }), Some(END), &[]), [""; 0]);
        assert_eq!(wrong(json!({ "of": "booth:east" }), Some(END), &[]), [""; 0], "it never sent anything");
    }

    #[test]
    fn what_could_not_be_read_is_said_alike_however_much_it_is_so_that_no_photo_is_told_from_a_sample() {
        let said = |end: Instant| wrong(json!({ "window_minutes": 5, "threshold": 10 }), Some(end), &[]);
        // One or two of five photos.
        assert_eq!(said(END), said(END - 3 * MINUTE));
        assert_eq!(said(END).len(), 1);
        let counted = json!({ "metric": "unreadable", "threshold": 3, "comparison": "at-least" });
        assert_eq!(wrong(counted, Some(END), &[]), ["south: Photos unreadable: at least 3 photos in the last 1 h."]);
    }

    #[test]
    fn a_long_window_adds_up_hours_and_minutes_to_the_same_as_minutes_would() {
        let sum = |end: Instant, threshold: i64| {
            let more = json!({ "metric": "received", "of": "all", "comparison": "at-least", "threshold": threshold, "window_minutes": 180 });
            wrong(more, Some(end), &[]).len()
        };
        for end in [END, END - 17 * MINUTE] {
            assert_eq!((sum(end, 360), sum(end, 361)), (1, 0), "two photos a minute for three hours");
        }
    }

    #[test]
    fn where_nothing_was_measured_the_policy_decides() {
        let later = END + 300 * MINUTE;
        let told = |policy: &str, end, before: &[&str]| wrong(json!({ "no_data": policy }), end, before).len();
        for end in [Some(later), None] {
            assert_eq!((told("keep", end, &[]), told("keep", end, &["south"])), (0, 1));
            assert_eq!((told("alert", end, &[]), told("ok", end, &["south"])), (2, 0));
        }
        let text = wrong(json!({ "no_data": "keep" }), None, &["south"]);
        assert!(text[0].contains("not known"), "{text:?}");
    }

    #[test]
    fn nothing_that_came_is_a_zero_while_somebody_counts() {
        let more = json!({ "metric": "refused", "of": "all", "comparison": "below", "threshold": 1 });
        assert_eq!(wrong(more, Some(END), &[]).len(), 1);
    }

    /// Three hours of two cameras, of which the front one cannot be read in one of four photos, and of a service that fails
    /// in one of ten calls and was left alone for the last quarter of an hour.
    fn road_of_cameras() -> Rollups {
        let mut rollups = Rollups::default();
        let mut put = |subject: &Subject, step, start, numbers: &[(&str, i64)]| {
            let mut facts = Facts::default();
            numbers.iter().for_each(|(name, number)| facts.set(*name, *number));
            rollups.put(subject, step, start, facts);
        };
        for hour in 0..3 {
            let start = hour * 60 * MINUTE;
            put(&Subject::All, Step::Hour, start, &[("folds", 720)]);
            for (name, unreadable) in [("front", 25), ("rear", 1)] {
                let camera = Subject::Camera("north".into(), name.into());
                put(&camera, Step::Hour, start, &[("received", 100), ("unreadable", unreadable)]);
            }
        }
        let custom = Subject::Recognizer("custom".into());
        for minute in 0..180 {
            put(&Subject::All, Step::Minute, minute * MINUTE, &[("folds", 12)]);
            let calls = [("calls.read", 9), ("calls.timed-out", 1), ("circuit_open", i64::from(minute >= 165))];
            put(&custom, Step::Minute, minute * MINUTE, &calls);
        }
        rollups
    }

    fn of_cameras(more: serde_json::Value, end: Instant) -> Vec<(String, String)> {
        let camera = |name: &str| ("north".to_owned(), name.to_owned());
        let known = Known {
            cameras: vec![camera("front"), camera("rear")],
            recognizers: vec!["custom".into()],
            ..Known::default()
        };
        let rollups = road_of_cameras();
        let look = Look { end: Some(end), rollups: &rollups, known: &known };
        let found = findings(&rule(more), &look, &BTreeSet::new());
        found.into_iter().map(|finding| (finding.subject, finding.text)).collect()
    }

    #[test]
    fn a_dirty_lens_is_found_by_its_camera_and_by_the_hours_that_are_over() {
        let end = 180 * MINUTE + 7 * MINUTE;
        let text = "north/front: Photos unreadable, of those received: above 20 % in the last 2 h.";
        let dirty = [("north/front".to_owned(), text.to_owned())];
        let more = |of: &str| json!({ "of": of, "window_minutes": 120, "least_count": 150 });
        assert_eq!(of_cameras(more("each-camera"), end), dirty);
        assert_eq!(of_cameras(more("camera:north/front"), end), dirty);
        assert_eq!(of_cameras(more("camera:north/rear"), end), []);
        let few = json!({ "of": "each-camera", "window_minutes": 60, "least_count": 150 });
        assert_eq!(of_cameras(few, end), [], "a hundred came in the last whole hour, and seven minutes say nothing");
    }

    #[test]
    fn a_recogniser_is_judged_by_its_failures_and_its_circuit() {
        let found = |metric: &str, threshold: f64| {
            let more = json!({
                "metric": metric, "of": "each-recognizer", "window_minutes": 60, "comparison": "at-least", "threshold": threshold,
            });
            of_cameras(more, 180 * MINUTE)
        };
        let failing = found("calls_failed_percent", 10.0);
        assert_eq!(failing[0].1, "custom: Calls failed, of all: 10 % in the last 1 h (rule: at least 10 %).");
        assert_eq!((found("calls_failed_percent", 10.5), found("calls_timed_out", 61.0)), (vec![], vec![]));
        assert_eq!(found("calls_timed_out", 60.0).len(), 1);
        assert_eq!((found("circuit_open_percent", 25.0).len(), found("circuit_open_percent", 25.1).len()), (1, 0));
    }
}
