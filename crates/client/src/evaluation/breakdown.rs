//! Figures by group: which photos are read well and billed to the right person, and why the others went to a person.
//!
//! A photo counts in every condition the table names for it, so those rows do not add up to all photos. It counts for
//! one issuer and one legibility at most: those its table names.

use std::collections::BTreeMap;

use serde::Serialize;

use super::identity::IdentityFigures;
use super::interval::{interval, share};
use super::outcome::{Outcome, Verdict};

/// Figures of some photos. Shares are fractions of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Photos.
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
    /// Photos accepted with a wrong text.
    pub wrong: usize,
    /// Whether the persons are right.
    #[serde(flatten)]
    pub identity: IdentityFigures,
    /// Why photos went to a person, and how many.
    pub reasons: BTreeMap<String, usize>,
}

/// Figures of the photos of one condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionScore {
    /// The word in the table's column `condition`.
    pub condition: String,
    /// Its photos' figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the plates of one issuer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IssuerScore {
    /// The table's `jurisdiction`.
    pub issuer: String,
    /// Its photos' figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of the plates whose issuer's name can be read equally well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LegibilityScore {
    /// The word in the table's column `legible`.
    pub legible: String,
    /// Its photos' figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Figures of every condition, in alphabetical order.
#[must_use]
pub fn by_condition(outcomes: &[Outcome]) -> Vec<ConditionScore> {
    let groups = grouped(outcomes, |outcome| outcome.about.conditions.iter().map(String::as_str).collect());
    groups.into_iter().map(|(name, figures)| ConditionScore { condition: name.to_owned(), figures }).collect()
}

/// Figures of every issuer, in alphabetical order.
#[must_use]
pub fn by_issuer(outcomes: &[Outcome]) -> Vec<IssuerScore> {
    let groups = grouped(outcomes, |outcome| outcome.about.jurisdiction.as_deref().into_iter().collect());
    groups.into_iter().map(|(name, figures)| IssuerScore { issuer: name.to_owned(), figures }).collect()
}

/// Figures of every word of legibility, in alphabetical order.
#[must_use]
pub fn by_legibility(outcomes: &[Outcome]) -> Vec<LegibilityScore> {
    let groups = grouped(outcomes, |outcome| outcome.about.legible.as_deref().into_iter().collect());
    groups.into_iter().map(|(name, figures)| LegibilityScore { legible: name.to_owned(), figures }).collect()
}

fn grouped<'a>(outcomes: &'a [Outcome], names: impl Fn(&'a Outcome) -> Vec<&'a str>) -> BTreeMap<&'a str, Figures> {
    let mut groups: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        for name in names(outcome) {
            groups.entry(name).or_default().push(outcome);
        }
    }
    groups.into_iter().map(|(name, group)| (name, figures(&group))).collect()
}

fn figures(group: &[&Outcome]) -> Figures {
    let count = |wanted: &[Verdict]| group.iter().filter(|outcome| wanted.contains(&outcome.verdict())).count();
    let accepted: Vec<_> = group.iter().filter(|outcome| outcome.accepted()).collect();
    let wrong = accepted.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).count();
    let mut reasons = BTreeMap::new();
    for reason in group.iter().filter_map(|outcome| outcome.reason.clone()) {
        *reasons.entry(reason).or_insert(0) += 1;
    }
    Figures {
        photos: group.len(),
        exact: share(count(&[Verdict::Exact]), group.len()),
        folded: share(count(&[Verdict::Exact, Verdict::Folded]), group.len()),
        accepted: share(accepted.len(), group.len()),
        accepted_interval: interval(accepted.len(), group.len()),
        wrong_accepted: share(wrong, accepted.len()),
        wrong_interval: interval(wrong, accepted.len()),
        wrong,
        identity: IdentityFigures::of(group.iter().copied()),
        reasons,
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::{issued, outcome};
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
        let figures = &night.figures;
        assert_eq!((night.condition.as_str(), figures.photos, figures.exact, figures.folded), ("night", 2, 0.5, 1.0));
        assert_eq!((figures.accepted, figures.wrong_accepted, figures.wrong), (1.0, 0.5, 1));
        assert_eq!((rain.figures.photos, rain.figures.accepted), (2, 0.5));
        assert_eq!(rain.figures.reasons, BTreeMap::from([("low-confidence".to_owned(), 1)]));
    }

    #[test]
    fn persons_are_counted_by_issuer_and_by_legibility_in_one_flat_object_each() {
        let legible = |word: &str, outcome: Outcome| {
            let mut outcome = outcome;
            outcome.about.legible = Some(word.to_owned());
            outcome
        };
        let outcomes = [
            legible("name-clear", issued("A1", "us-ok", "A1", "us-tx", "accepted")),
            legible("name-clear", issued("B1", "us-ok", "B1", "us-ok", "accepted")),
            legible("not-legible", issued("C1", "us-tx", "C1", "us-tx", "accepted")),
        ];
        let issuers = serde_json::to_value(by_issuer(&outcomes)).unwrap();
        assert_eq!(issuers[0]["issuer"], "us-ok");
        assert_eq!((&issuers[0]["photos"], &issuers[0]["wrong_identities"]), (&2.into(), &1.into()));
        assert_eq!(issuers[0]["issuer_right"], 0.5);
        assert_eq!((&issuers[1]["issuer"], &issuers[1]["wrong_identity_accepted"]), (&"us-tx".into(), &0.0.into()));
        let legible = by_legibility(&outcomes);
        let words: Vec<_> = legible.iter().map(|score| (score.legible.as_str(), score.figures.photos)).collect();
        assert_eq!(words, [("name-clear", 2), ("not-legible", 1)]);
    }
}
