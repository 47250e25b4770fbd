//! The roll-ups that rules are looked at with, and which ones that takes.

use std::collections::{BTreeMap, BTreeSet};

use tollbooth_telemetry::{Facts, Instant, Step, Subject};

use crate::staff::definition::Definition;
use crate::staff::metric::Source;
use crate::staff::track::{SHORT_MS, Track, cover};

/// A stretch of time in one step.
pub type Need = (Step, Instant, Instant);

/// Roll-ups by subject, step and time. What was not put in counts as not measured.
#[derive(Debug, Default)]
pub struct Rollups(BTreeMap<(Subject, Step), BTreeMap<Instant, Facts>>);

impl Rollups {
    /// Adds a roll-up; the same one twice is one.
    pub fn put(&mut self, subject: &Subject, step: Step, start: Instant, facts: Facts) {
        self.0.entry((subject.clone(), step)).or_default().insert(start, facts);
    }

    pub(super) fn track(&self, source: Source, subject: &Subject) -> Track {
        let of = |step| {
            let rows = self.0.get(&(subject.clone(), step));
            rows.into_iter().flatten().map(|(start, facts)| (*start, facts))
        };
        Track::of(source, of(Step::Minute), of(Step::Hour))
    }

    /// When events were added up at all: what was measured is known, nothing included.
    pub(super) fn folds(&self) -> Track {
        self.track(Source::Count("folds", 1), &Subject::All)
    }
}

/// What is needed to look at these rules when the last whole minute ended at `end`. Short windows share one stretch.
#[must_use]
pub fn needed<'a>(rules: impl Iterator<Item = &'a Definition>, end: Instant) -> BTreeSet<Need> {
    let mut found = BTreeSet::new();
    let mut longest = 0;
    for rule in rules {
        if rule.window_ms() <= SHORT_MS {
            longest = longest.max(rule.window_ms());
        } else {
            found.extend(cover(end - rule.window_ms(), end));
        }
    }
    if longest > 0 {
        found.insert((Step::Minute, end - longest, end));
    }
    found
}
