//! Figures by condition: which photos are read well, and why the others went to a person.
//!
//! A photo counts in every condition the table names for it, so the rows do not add up to all photos.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interval::interval;
use super::outcome::{Outcome, Verdict};
use super::score::share;

/// Figures of the photos of one condition. Shares are fractions of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionScore {
    /// The word in the table's column `condition`.
    pub condition: String,
    /// Photos of this condition.
    pub photos: usize,
    /// Share read exactly.
    pub exact: f64,
    /// Share read exactly after O=0, I=1.
    pub folded: f64,
    /// Share accepted without a person.
    pub accepted: f64,
    /// 95 % Clopper-Pearson interval of `accepted`.
    pub accepted_interval: [f64; 2],
    /// Share of the accepted that is not exactly the truth; 0 when none was accepted.
    pub wrong_accepted: f64,
    /// 95 % Clopper-Pearson interval of `wrong_accepted`.
    pub wrong_interval: [f64; 2],
    /// Photos accepted wrongly.
    pub wrong: usize,
    /// Why photos went to a person, and how many.
    pub reasons: BTreeMap<String, usize>,
}

/// Figures of every condition, in alphabetical order.
#[must_use]
pub fn by_condition(outcomes: &[Outcome]) -> Vec<ConditionScore> {
    let mut groups: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        for condition in &outcome.about.conditions {
            groups.entry(condition).or_default().push(outcome);
        }
    }
    groups.into_iter().map(|(condition, group)| score(condition, &group)).collect()
}

fn score(condition: &str, group: &[&Outcome]) -> ConditionScore {
    let count = |wanted: &[Verdict]| group.iter().filter(|outcome| wanted.contains(&outcome.verdict())).count();
    let accepted: Vec<_> = group.iter().filter(|outcome| outcome.accepted()).collect();
    let wrong = accepted.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).count();
    let mut reasons = BTreeMap::new();
    for reason in group.iter().filter_map(|outcome| outcome.reason.clone()) {
        *reasons.entry(reason).or_insert(0) += 1;
    }
    ConditionScore {
        condition: condition.to_owned(),
        photos: group.len(),
        exact: share(count(&[Verdict::Exact]), group.len()),
        folded: share(count(&[Verdict::Exact, Verdict::Folded]), group.len()),
        accepted: share(accepted.len(), group.len()),
        accepted_interval: interval(accepted.len(), group.len()),
        wrong_accepted: share(wrong, accepted.len()),
        wrong_interval: interval(wrong, accepted.len()),
        wrong,
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn a_photo_counts_in_each_of_its_conditions() {
        let under = |conditions: &[&str], outcome: Outcome| {
            let mut outcome = outcome;
            outcome.about.conditions = conditions.iter().map(|c| (*c).to_owned()).collect();
            outcome
        };
        let scores = by_condition(&[
            under(&["night", "rain"], outcome("A1", "A1", "accepted")),
            under(&["night"], outcome("B0", "BO", "accepted")),
            under(&["rain"], outcome("C1", "", "in-review")),
            outcome("D1", "D1", "accepted"),
        ]);
        let [night, rain] = scores.as_slice() else { panic!("{scores:?}") };
        assert_eq!((night.condition.as_str(), night.photos, night.exact, night.folded), ("night", 2, 0.5, 1.0));
        assert_eq!((night.accepted, night.wrong_accepted, night.wrong), (1.0, 0.5, 1));
        assert_eq!((rain.photos, rain.accepted), (2, 0.5));
        assert_eq!(rain.reasons, BTreeMap::from([("low-confidence".to_owned(), 1)]));
    }
}
