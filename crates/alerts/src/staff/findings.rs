//! What is wrong by a rule, at one moment.

use std::collections::BTreeSet;

use tollbooth_telemetry::{Instant, Subject};

use crate::conditions::Finding;
use crate::staff::definition::{Definition, NoData, Place};
use crate::staff::rollups::Rollups;
use crate::staff::track::Track;
use crate::time::span;

/// When a rule is looked at, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The end of the last whole minute that was added up; none while that is too long ago to say anything of now.
    pub end: Option<Instant>,
    /// What was measured.
    pub rollups: &'a Rollups,
    /// Booths that ever sent a photo: one that never did is not set up yet.
    pub booths: &'a [String],
}

/// Everything that is wrong by this rule, one finding a booth. `before` holds what was wrong at the look before: what
/// nothing was measured of stays as it was, where the rule says so.
#[must_use]
pub fn findings(rule: &Definition, look: &Look<'_>, before: &BTreeSet<String>) -> Vec<Finding> {
    let folds = look.rollups.folds();
    let judged = places(rule, look.booths).into_iter().map(|place| {
        let track = look.rollups.track(rule.metric.source, &place.subject());
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

/// All booths together, or one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Judged(String);

impl Judged {
    /// The booth's id; empty for all together.
    pub fn id(&self) -> &str {
        &self.0
    }

    pub fn subject(&self) -> Subject {
        if self.0.is_empty() { Subject::All } else { Subject::Booth(self.0.clone()) }
    }
}

/// Whom a rule judges, each by itself.
pub(super) fn places(rule: &Definition, booths: &[String]) -> Vec<Judged> {
    match rule.place() {
        Place::All => vec![Judged(String::new())],
        Place::EachBooth => booths.iter().cloned().map(Judged).collect(),
        Place::Booth(id) => booths.iter().filter(|booth| *booth == id).cloned().map(Judged).collect(),
    }
}

/// The value of the window that ends then; none when nothing was measured.
pub(super) fn value(rule: &Definition, track: &Track, folds: &Track, end: Instant) -> Option<f64> {
    let from = end - rule.window_ms();
    if folds.count(from, end) == 0 {
        return None;
    }
    track.value(rule.metric.source, rule.aggregation, rule.draft.least_count, from, end)
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
        let booths = ["north".to_owned(), "south".to_owned()];
        let rollups = road();
        let before = before.iter().map(|id| (*id).to_owned()).collect();
        let look = Look { end, rollups: &rollups, booths: &booths };
        findings(&rule(more), &look, &before).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn a_rule_names_the_booths_at_which_it_is_broken_with_value_and_limit() {
        assert_eq!(
            wrong(json!({}), Some(END), &[]),
            ["south: Photos unreadable, of those received: 25 % in the last 1 h (rule: above 20 %)."]
        );
        assert_eq!(wrong(json!({ "threshold": 25 }), Some(END), &[]), [""; 0], "above is more than");
        assert_eq!(wrong(json!({ "threshold": 25, "comparison": "at-least" }), Some(END), &[]).len(), 1);
        assert_eq!(wrong(json!({ "of": "booth:north" }), Some(END), &[]), [""; 0]);
        assert_eq!(wrong(json!({ "of": "booth:east" }), Some(END), &[]), [""; 0], "it never sent anything");
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
}
