//! Whose plate it is: whether the person who would be billed is the right one.
//!
//! A serial names an owner only together with its issuer, so right means the pair. It is scored where the table names a
//! plate's issuer (column `jurisdiction`); a plate whose issuer nobody can tell is left out, unless its text alone shows
//! that the person is wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use super::interval::{interval, share};
use super::outcome::{Outcome, Verdict};
use super::reliability::Reliability;

/// Figures of the pair of issuer and text. Shares are fractions of 1; none where the table names no issuer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identity {
    /// Share of the plates with a known issuer whose issuer was told right: the one accepted, else the likeliest.
    pub issuer_right: Option<f64>,
    /// Share of the same plates of which issuer and text are right.
    pub identity_right: Option<f64>,
    /// Share of the accepted that would be billed to a wrong person; 0 when none was accepted.
    pub wrong_identity_accepted: Option<f64>,
    /// How many those are.
    pub wrong_identities: Option<usize>,
    /// How far the shares may be from the true ones.
    pub identity_intervals: Option<IdentityIntervals>,
    /// What was wrong about the persons, the commonest first.
    pub wrong_person_kinds: Vec<WrongPersonCount>,
    /// Every accepted plate of a wrong person, in the order of the table.
    pub wrong_persons: Vec<WrongPerson>,
    /// Whether the pair's probability means what it says; without bins where the application tells none.
    pub pair_reliability: Reliability,
}

/// 95 % Clopper-Pearson intervals of the shares of the same names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IdentityIntervals {
    /// Of the plates with a known issuer.
    pub issuer_right: [f64; 2],
    /// Of the plates with a known issuer.
    pub identity_right: [f64; 2],
    /// Of the accepted; `[0, 1]` when none was.
    pub wrong_identity_accepted: [f64; 2],
}

/// What makes a person the wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrongPersonKind {
    /// The text is the plate's, another issuer was billed.
    OtherIssuer,
    /// The issuer is right, or not known to the table, and the text is not.
    OtherText,
    /// Neither is right.
    OtherIssuerAndText,
    /// Text was billed where the table says that no plate can be read.
    NoPlate,
}

impl WrongPersonKind {
    /// The words in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OtherIssuer => "text right, another issuer",
            Self::OtherText => "another text",
            Self::OtherIssuerAndText => "another text and another issuer",
            Self::NoPlate => "no plate to read",
        }
    }
}

/// How often one kind occurs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrongPersonCount {
    /// In words.
    pub kind: &'static str,
    /// Accepted photos.
    pub accepted: usize,
    /// Share of all accepted whose person can be told.
    pub share: f64,
    /// 95 % Clopper-Pearson interval of `share`.
    pub interval: [f64; 2],
}

/// An accepted plate of a wrong person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrongPerson {
    /// Name of the file.
    pub file: String,
    /// The plate on it; empty when none can be read.
    pub truth: String,
    /// Its issuer; none when the table names none.
    pub jurisdiction: Option<String>,
    /// The text that was accepted.
    pub read: String,
    /// The issuer that was accepted.
    pub read_jurisdiction: Option<String>,
    /// What was wrong.
    pub kind: &'static str,
    /// The pair's probability as the application told it.
    pub pair_confidence: Option<f64>,
    /// The table's conditions.
    pub conditions: Vec<String>,
}

/// Figures of a group of photos, for tables.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IdentityFigures {
    /// Share of the plates with a known issuer whose issuer was told right.
    pub issuer_right: Option<f64>,
    /// Share of the same plates of which issuer and text are right.
    pub identity_right: Option<f64>,
    /// Accepted plates of wrong persons.
    pub wrong_identities: Option<usize>,
    /// Their share of the accepted; 0 when none was accepted.
    pub wrong_identity_accepted: Option<f64>,
    /// 95 % Clopper-Pearson interval of it.
    pub wrong_identity_interval: Option<[f64; 2]>,
}

impl Identity {
    /// Figures of all photos.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let counts = Counts::of(outcomes);
        let wrong: Vec<(&Outcome, WrongPersonKind)> =
            outcomes.iter().filter_map(|outcome| Some((outcome, wrong_person(outcome)?))).collect();
        let is_told = counts.known > 0;
        Self {
            issuer_right: counts.issuer_right(),
            identity_right: counts.identity_right(),
            wrong_identity_accepted: is_told.then(|| share(counts.wrong, counts.accepted)),
            wrong_identities: is_told.then_some(counts.wrong),
            identity_intervals: is_told.then(|| IdentityIntervals {
                issuer_right: interval(counts.issuer, counts.known),
                identity_right: interval(counts.pair, counts.known),
                wrong_identity_accepted: interval(counts.wrong, counts.accepted),
            }),
            wrong_person_kinds: if is_told { kinds(&wrong, counts.accepted) } else { Vec::new() },
            wrong_persons: if is_told { wrong.into_iter().map(person).collect() } else { Vec::new() },
            pair_reliability: if is_told { Reliability::of_pairs(outcomes) } else { Reliability::default() },
        }
    }
}

impl IdentityFigures {
    /// Figures of some photos.
    #[must_use]
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let counts = Counts::of(outcomes);
        let is_told = counts.known > 0;
        Self {
            issuer_right: counts.issuer_right(),
            identity_right: counts.identity_right(),
            wrong_identities: is_told.then_some(counts.wrong),
            wrong_identity_accepted: is_told.then(|| share(counts.wrong, counts.accepted)),
            wrong_identity_interval: is_told.then(|| interval(counts.wrong, counts.accepted)),
        }
    }
}

/// What the shares are made of.
#[derive(Default)]
struct Counts {
    /// Plates with a known issuer.
    known: usize,
    issuer: usize,
    pair: usize,
    /// Accepted photos of which can be told whether the person is right.
    accepted: usize,
    wrong: usize,
}

impl Counts {
    fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            let known = outcome.issuer_right().is_some();
            counts.known += usize::from(known);
            counts.issuer += usize::from(outcome.issuer_right() == Some(true));
            counts.pair += usize::from(known && outcome.identity_right() == Some(true));
            counts.accepted += usize::from(outcome.accepted() && outcome.identity_right().is_some());
            counts.wrong += usize::from(outcome.accepted() && outcome.identity_right() == Some(false));
        }
        counts
    }

    fn issuer_right(&self) -> Option<f64> {
        (self.known > 0).then(|| share(self.issuer, self.known))
    }

    fn identity_right(&self) -> Option<f64> {
        (self.known > 0).then(|| share(self.pair, self.known))
    }
}

/// What is wrong about an accepted plate's person; none where nothing is, or nothing was accepted.
fn wrong_person(outcome: &Outcome) -> Option<WrongPersonKind> {
    if !outcome.accepted() || outcome.identity_right() != Some(false) {
        return None;
    }
    let text_right = outcome.verdict() == Verdict::Exact;
    Some(match (outcome.truth.is_empty(), outcome.issuer_right(), text_right) {
        (true, _, _) => WrongPersonKind::NoPlate,
        (false, Some(false), true) => WrongPersonKind::OtherIssuer,
        (false, Some(false), false) => WrongPersonKind::OtherIssuerAndText,
        (false, Some(true) | None, _) => WrongPersonKind::OtherText,
    })
}

fn kinds(wrong: &[(&Outcome, WrongPersonKind)], accepted: usize) -> Vec<WrongPersonCount> {
    let mut counts: BTreeMap<WrongPersonKind, usize> = BTreeMap::new();
    for (_, kind) in wrong {
        *counts.entry(*kind).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(kind, count)| (std::cmp::Reverse(*count), *kind));
    let count = |(kind, count): (WrongPersonKind, usize)| WrongPersonCount {
        kind: kind.as_str(),
        accepted: count,
        share: share(count, accepted),
        interval: interval(count, accepted),
    };
    counts.into_iter().map(count).collect()
}

fn person((outcome, kind): (&Outcome, WrongPersonKind)) -> WrongPerson {
    WrongPerson {
        file: outcome.file.clone(),
        truth: outcome.truth.clone(),
        jurisdiction: outcome.about.jurisdiction.clone(),
        read: outcome.read.clone(),
        read_jurisdiction: outcome.issuer.clone(),
        kind: kind.as_str(),
        pair_confidence: outcome.pair_confidence,
        conditions: outcome.about.conditions.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::{issued, outcome};
    use super::*;

    #[test]
    fn a_right_text_of_another_issuer_is_a_wrong_person() {
        let identity = Identity::of(&[
            issued("A1", "us-ok", "A1", "us-tx", "accepted"),
            issued("B1", "us-tx", "B1", "us-tx", "accepted"),
            issued("C1", "us-tx", "C7", "us-tx", "accepted"),
            issued("D1", "us-tx", "D1", "us-tx", "in-review"),
        ]);
        assert_eq!((identity.issuer_right, identity.identity_right), (Some(0.75), Some(0.5)));
        assert_eq!(identity.wrong_identities, Some(2));
        assert_eq!(identity.wrong_identity_accepted, Some(2.0 / 3.0));
        let kinds: Vec<_> = identity.wrong_person_kinds.iter().map(|kind| (kind.kind, kind.accepted)).collect();
        assert_eq!(kinds, [("text right, another issuer", 1), ("another text", 1)]);
        let person = &identity.wrong_persons[0];
        assert_eq!(
            (person.jurisdiction.as_deref(), person.read_jurisdiction.as_deref()),
            (Some("us-ok"), Some("us-tx"))
        );
    }

    #[test]
    fn a_plate_whose_issuer_nobody_can_tell_is_left_out_unless_its_text_is_wrong() {
        let identity = Identity::of(&[
            issued("A1", "us-tx", "A1", "us-tx", "accepted"),
            issued("B1", "", "B1", "us-tx", "accepted"),
            issued("C1", "", "C7", "us-tx", "accepted"),
            issued("", "", "LANE1", "us-tx", "accepted"),
        ]);
        assert_eq!((identity.issuer_right, identity.identity_right), (Some(1.0), Some(1.0)), "one is known");
        assert_eq!(identity.wrong_identities, Some(2));
        assert_eq!(identity.wrong_identity_accepted, Some(2.0 / 3.0));
    }

    #[test]
    fn a_table_without_issuers_scores_no_identity() {
        let identity = Identity::of(&[outcome("A1", "A7", "accepted")]);
        assert_eq!((identity.issuer_right, identity.wrong_identities), (None, None));
        assert!(identity.wrong_persons.is_empty() && identity.identity_intervals.is_none());
    }

    #[test]
    fn nothing_accepted_divides_by_nothing() {
        let identity = Identity::of(&[issued("A1", "us-ok", "", "", "in-review")]);
        assert_eq!((identity.issuer_right, identity.wrong_identity_accepted), (Some(0.0), Some(0.0)));
        assert_eq!(identity.identity_intervals.unwrap().wrong_identity_accepted, [0.0, 1.0]);
    }

    #[test]
    fn the_pairs_probability_is_held_against_the_pair() {
        let sure = |outcome: Outcome| Outcome { pair_confidence: Some(0.97), ..outcome };
        let identity = Identity::of(&[
            sure(issued("A1", "us-ok", "A1", "us-tx", "accepted")),
            sure(issued("B1", "us-tx", "B1", "us-tx", "accepted")),
            issued("C1", "us-tx", "C1", "us-tx", "accepted"),
        ]);
        let [bin] = identity.pair_reliability.bins.as_slice() else { panic!("{identity:?}") };
        assert_eq!((bin.photos, bin.right), (2, 0.5), "a photo without a probability is in no bin");
    }
}
