//! The roll-ups that rules are looked at with, and which ones that takes.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_telemetry::{Facts, Instant, Step, Subject};

use crate::staff::definition::{Definition, Place};
use crate::staff::metric::{Kind, Source};
use crate::staff::track::{SHORT_MS, Track, cover};

/// Whom rules of each one judge.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Booths that ever sent a photo: one that never did is not set up yet.
    pub booths: Vec<String>,
    /// Cameras of which a photo came lately: booth and name. One that was taken down is none any more.
    pub cameras: Vec<(String, String)>,
    /// Cameras beyond these, of which photos came lately as well: no rule of each one judges them.
    pub cameras_left_out: u32,
    /// Recognisers that were asked lately.
    pub recognizers: Vec<String>,
}

/// Whose roll-ups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Of one.
    One(Subject),
    /// Of every camera: they are many, and asked for at once.
    Cameras,
}

/// A stretch of time in one step, and whose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// Whose roll-ups.
    pub whose: Whose,
    /// In which step.
    pub step: Step,
    /// From when on.
    pub from: Instant,
    /// Before when.
    pub to: Instant,
}

impl Need {
    pub(super) const fn of(subject: Subject, step: Step, from: Instant, to: Instant) -> Self {
        Self { whose: Whose::One(subject), step, from, to }
    }
}

/// Roll-ups by subject, step and time. What was not put in counts as not measured.
#[derive(Debug, Default)]
pub struct Rollups(BTreeMap<(Subject, Step), BTreeMap<Instant, Facts>>);

impl Rollups {
    /// Adds a roll-up; the same one twice is one.
    pub fn put(&mut self, subject: &Subject, step: Step, start: Instant, facts: Facts) {
        self.0.entry((subject.clone(), step)).or_default().insert(start, facts);
    }

    /// One metric of one subject. `hourly`: of hours only.
    pub(super) fn track(&self, source: Source, subject: &Subject, hourly: bool) -> Track {
        let of = |step| {
            let rows = self.0.get(&(subject.clone(), step));
            rows.into_iter().flatten().map(|(start, facts)| (*start, facts))
        };
        Track::of(source, hourly, of(Step::Minute), of(Step::Hour))
    }

    /// When events were added up at all: what was measured is known, nothing included.
    pub(super) fn folds(&self, hourly: bool) -> Track {
        self.track(Source::Count("folds", 1), &Subject::All, hourly)
    }
}

/// What is needed to look at these rules when the last whole minute ended at `end`. Short windows of one subject share one
/// stretch, and so do those of all cameras.
#[must_use]
pub fn needed<'a>(rules: impl Iterator<Item = &'a Definition>, known: &Known, end: Instant) -> BTreeSet<Need> {
    let mut found = BTreeSet::new();
    let mut short = BTreeMap::<Subject, i64>::new();
    let mut cameras = None::<i64>;
    for rule in rules {
        let (from, to) = rule.window(end);
        if rule.place().kind() == Kind::Camera {
            found.insert(Need::of(Subject::All, Step::Hour, from, to));
            if let Place::Camera(booth, name) = rule.place() {
                found.insert(Need::of(Subject::Camera(booth.clone(), name.clone()), Step::Hour, from, to));
            } else {
                cameras = cameras.max(Some(rule.window_ms()));
            }
            continue;
        }
        for subject in subjects(rule, known) {
            if rule.window_ms() <= SHORT_MS {
                let longest = short.entry(subject).or_default();
                *longest = rule.window_ms().max(*longest);
            } else {
                let parts = cover(false, from, to).into_iter();
                found.extend(parts.map(|(step, from, to)| Need::of(subject.clone(), step, from, to)));
            }
        }
    }
    found.extend(short.into_iter().map(|(subject, ms)| Need::of(subject, Step::Minute, end - ms, end)));
    let to = Step::Hour.start(end);
    found.extend(cameras.map(|ms| Need { whose: Whose::Cameras, step: Step::Hour, from: to - ms, to }));
    found
}

/// Whose roll-ups a rule needs that is of no camera; those of all always, for they say when anything was added up.
pub(super) fn subjects(rule: &Definition, known: &Known) -> BTreeSet<Subject> {
    let mut found = BTreeSet::from([Subject::All]);
    match rule.place() {
        Place::All | Place::EachCamera | Place::Camera(..) => {}
        Place::EachBooth => found.extend(known.booths.iter().cloned().map(Subject::Booth)),
        Place::EachRecognizer => found.extend(known.recognizers.iter().cloned().map(Subject::Recognizer)),
        Place::Booth(id) => {
            found.insert(Subject::Booth(id.clone()));
        }
        Place::Recognizer(name) => {
            found.insert(Subject::Recognizer(name.clone()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::staff::check::tests::rule;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    #[test]
    fn all_cameras_are_asked_for_at_once_and_by_whole_hours_that_are_over() {
        let known = Known { cameras: vec![("north".into(), "front".into())], ..Known::default() };
        let rules = [
            rule(json!({ "of": "each-camera" })),
            rule(json!({ "of": "each-camera", "window_minutes": 360 })),
            rule(json!({ "of": "camera:north/front", "window_minutes": 120 })),
        ];
        let end = 10 * HOUR + 7 * MINUTE;
        let of = |whose, hours: i64| Need { whose, step: Step::Hour, from: (10 - hours) * HOUR, to: 10 * HOUR };
        let one = Whose::One(Subject::Camera("north".into(), "front".into()));
        let all = Whose::One(Subject::All);
        let expected: BTreeSet<Need> =
            [of(all.clone(), 1), of(all.clone(), 2), of(all, 6), of(Whose::Cameras, 6), of(one, 2)]
                .into_iter()
                .collect();
        assert_eq!(needed(rules.iter(), &known, end), expected);
    }

    #[test]
    fn short_windows_of_one_subject_share_a_stretch() {
        let known = Known { recognizers: vec!["custom".into()], ..Known::default() };
        let more = |minutes: i64| json!({ "metric": "calls", "of": "each-recognizer", "window_minutes": minutes });
        let rules = [rule(more(5)), rule(more(30))];
        let of = |subject| Need::of(subject, Step::Minute, 570 * MINUTE, 600 * MINUTE);
        let expected: BTreeSet<Need> =
            [of(Subject::All), of(Subject::Recognizer("custom".into()))].into_iter().collect();
        assert_eq!(needed(rules.iter(), &known, 600 * MINUTE), expected);
    }
}
