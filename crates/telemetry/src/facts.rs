//! Numbers by name, and how two sets of them become one.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::bounds;
use crate::metric::{Kind, find};

/// Whole numbers by name: a metric, or a metric, a dot and a label. A number that is absent is zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(BTreeMap<String, i64>);

/// A text that holds no facts.
#[derive(Debug, thiserror::Error)]
#[error("a roll-up cannot be read: {0}")]
pub struct UnreadableFacts(#[from] serde_json::Error);

impl Facts {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All names with their numbers, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, number)| (name.as_str(), *number))
    }

    /// The number of this name, label included.
    #[must_use]
    pub fn get(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// The number of this name, label included; none when it was not measured.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied()
    }

    /// A metric over all its labels; of durations, how many there are.
    #[must_use]
    pub fn total(&self, metric: &str) -> i64 {
        self.labelled(metric).filter(|(label, _)| *label != bounds::SUM).map(|(_, number)| number).sum::<i64>()
            + self.get(metric)
    }

    /// The labels of a metric with their numbers.
    pub fn labelled<'a>(&'a self, metric: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
        self.0
            .range(metric.to_owned()..)
            .take_while(move |(name, _)| name.starts_with(metric))
            .filter_map(move |(name, number)| Some((name.strip_prefix(metric)?.strip_prefix('.')?, *number)))
    }

    /// Adds to a number.
    pub fn add(&mut self, name: impl Into<String>, number: i64) {
        let slot = self.0.entry(name.into()).or_default();
        *slot = slot.saturating_add(number);
    }

    /// Sets a number.
    pub fn set(&mut self, name: impl Into<String>, number: i64) {
        self.0.insert(name.into(), number);
    }

    /// Takes from a number, down to nothing at most. What is none after that is absent, as if it had never been.
    pub fn take_away(&mut self, name: &str, number: i64) {
        let left = self.get(name).saturating_sub(number).max(0);
        if left == 0 {
            self.0.remove(name);
        } else {
            self.set(name, left);
        }
    }

    /// Adds a duration, in milliseconds; one below zero counts as none at all: clocks differ.
    pub fn add_duration(&mut self, metric: &str, ms: i64) {
        let ms = ms.max(0);
        self.add(format!("{metric}.{}", bounds::label(ms)), 1);
        self.add(format!("{metric}.{}", bounds::SUM), ms);
    }

    /// Keeps these names only: metrics, or metrics with a label.
    pub fn retain(&mut self, wanted: &[&str]) {
        self.0.retain(|name, _| wanted.iter().any(|wanted| name == wanted || metric_of(name) == *wanted));
    }

    /// Takes the labels of each of these that counts what happened together as one number without a label. Levels, ages and
    /// durations keep theirs, and so does a name that has one.
    pub fn sum_labels(&mut self, metrics: &[&str]) {
        for metric in metrics {
            if find(metric).is_some_and(|found| found.kind == Kind::Count) {
                let total = self.total(metric);
                self.0.retain(|name, _| metric_of(name) != *metric);
                if total != 0 {
                    self.set(*metric, total);
                }
            }
        }
    }

    /// Takes these labels of a metric together as one.
    pub fn fold(&mut self, metric: &str, labels: &[&str], one: &str) {
        let found: Vec<i64> = labels.iter().filter_map(|label| self.0.remove(&format!("{metric}.{label}"))).collect();
        if !found.is_empty() {
            self.add(format!("{metric}.{one}"), found.into_iter().sum());
        }
    }

    /// Takes in what is later.
    pub fn merge(&mut self, later: &Self) {
        for (name, number) in &later.0 {
            let kind = find(metric_of(name)).map_or(Kind::Count, |metric| metric.kind);
            let slot = self.0.entry(name.clone()).or_default();
            *slot = kind.join(*slot, *number);
        }
    }

    /// As JSON.
    ///
    /// # Errors
    /// None that is known: there is nothing in it that JSON has not.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads what [`Facts::to_json`] wrote.
    ///
    /// # Errors
    /// [`UnreadableFacts`]
    pub fn from_json(text: &str) -> Result<Self, UnreadableFacts> {
        Ok(Self(serde_json::from_str(text)?))
    }
}

/// An object of numbers, without the zeros of what happened. A level of zero is a statement and stays.
impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter().filter(|(name, number)| {
            *number != 0 || find(metric_of(name)).is_some_and(|m| matches!(m.kind, Kind::Level | Kind::Peak))
        }))
    }
}

/// A name without its label.
pub(crate) fn metric_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(metric, _)| metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, i64)]) -> Facts {
        let mut facts = Facts::default();
        for (name, number) in pairs {
            facts.set(*name, *number);
        }
        facts
    }

    #[test]
    fn what_happened_adds_up_what_stands_is_replaced_and_the_worst_stays() {
        let mut hour =
            facts(&[("received", 2), ("refused.too-large", 1), ("depth.waiting", 9), ("age_ms.waiting", 500)]);
        hour.merge(&facts(&[("received", 3), ("refused.too-large", 4), ("depth.waiting", 1), ("age_ms.waiting", 20)]));
        let expected =
            facts(&[("received", 5), ("refused.too-large", 5), ("depth.waiting", 1), ("age_ms.waiting", 500)]);
        assert_eq!(hour, expected);
    }

    #[test]
    fn merging_counts_in_any_grouping_gives_the_same() {
        let parts = [facts(&[("received", 1)]), facts(&[("received", 2), ("billed", 7)]), facts(&[("billed", 1)])];
        let mut left = Facts::default();
        parts.iter().for_each(|part| left.merge(part));
        let mut tail = parts[1].clone();
        tail.merge(&parts[2]);
        let mut right = parts[0].clone();
        right.merge(&tail);
        assert_eq!(left, right);
    }

    #[test]
    fn what_happened_is_one_number_and_what_stands_keeps_its_labels() {
        let mut found = facts(&[
            ("refused.a", 1),
            ("refused.b", 2),
            ("refused_strangers.c", 5),
            ("depth.waiting", 9),
            ("depth.reading", 1),
            ("review_ms.1000", 1),
            ("review_ms.sum", 700),
            ("accepted.judge", 4),
        ]);
        let mut expected = found.clone();
        found.sum_labels(&["refused", "depth", "review_ms", "accepted.judge", "billed"]);
        expected.retain(&["refused_strangers", "depth", "review_ms", "accepted"]);
        expected.set("refused", 3);
        assert_eq!(found, expected);
    }

    #[test]
    fn a_metric_is_no_prefix_of_another_name() {
        let found =
            facts(&[("refused.a", 1), ("refused_strangers.b", 5), ("refused.c", 2), ("read", 3), ("read_failed.x", 4)]);
        assert_eq!(found.total("refused"), 3);
        assert_eq!(found.total("read"), 3);
        assert_eq!(found.labelled("refused").collect::<Vec<_>>(), [("a", 1), ("c", 2)]);
    }

    #[test]
    fn durations_are_counted_once_and_summed() {
        let mut found = Facts::default();
        found.add_duration("review_ms", 700);
        found.add_duration("review_ms", 700);
        found.add_duration("review_ms", -5);
        assert_eq!(found.total("review_ms"), 3);
        assert_eq!(found.get("review_ms.sum"), 1400);
    }

    #[test]
    fn json_is_read_back_and_keeps_a_level_of_zero() {
        let found = facts(&[("received", 5), ("billed", 0), ("depth.waiting", 0)]);
        let text = found.to_json().unwrap();
        assert_eq!(text, r#"{"depth.waiting":0,"received":5}"#);
        assert_eq!(Facts::from_json(&text).unwrap(), facts(&[("received", 5), ("depth.waiting", 0)]));
        assert!(Facts::from_json("[1]").is_err());
    }
}
