//! Scoring, without any I/O: shares with their intervals, and what the mistakes were.

use std::collections::BTreeMap;

use serde::Serialize;

use super::breakdown::{ConditionScore, IssuerScore, LegibilityScore, by_condition, by_issuer, by_legibility};
use super::error_kind::{ErrorKind, error_kinds};
use super::identity::Identity;
use super::interval::{interval, share};
use super::outcome::{Outcome, Verdict};
use super::reliability::Reliability;
use super::threshold::{Threshold, thresholds};

/// A photo that was not read exactly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Name of the file.
    pub file: String,
    /// The plate on it.
    pub truth: String,
    /// What was read.
    pub read: String,
    /// State of the passage.
    pub state: String,
    /// Why a person must look.
    pub reason: Option<String>,
    /// How sure the recogniser was of its best candidate; none when it read nothing.
    pub confidence: Option<f64>,
    /// What kinds of mistake were made, as `error_kinds` names them.
    pub kinds: Vec<String>,
    /// What the table says of its own label, like `doubtful`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_remark: Option<String>,
}

/// 95 % Clopper-Pearson intervals of the shares of the same names, in fractions of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intervals {
    /// Of all photos.
    pub exact: [f64; 2],
    /// Of all photos.
    pub folded: [f64; 2],
    /// Of all photos.
    pub accepted: [f64; 2],
    /// Of the accepted; `[0, 1]` when none was.
    pub wrong_accepted: [f64; 2],
}

/// How many photos show a kind of mistake. A photo may show several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind in words; confused characters as `O/0`.
    pub kind: String,
    /// Photos.
    pub photos: usize,
    /// How many of them were accepted all the same: wrong bills.
    pub accepted: usize,
}

/// The score of an evaluation. Shares are fractions of 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Photos in the table.
    pub photos: usize,
    /// Share read exactly.
    pub exact: f64,
    /// Share read exactly once O counts as 0 and I as 1 on both sides.
    pub folded: f64,
    /// Share accepted without a person.
    pub accepted: f64,
    /// Share of the accepted whose plate is not exactly the truth; 0 when none was accepted.
    pub wrong_accepted: f64,
    /// Mean processing time of the recogniser, in seconds; none when nothing was read.
    pub seconds_per_photo: Option<f64>,
    /// Every photo that was not read exactly, in the order of the table.
    pub misses: Vec<Miss>,
    /// How far the shares may be from the true ones.
    pub intervals: Intervals,
    /// Whether confidence means what it says.
    pub reliability: Reliability,
    /// What other thresholds would do.
    pub thresholds: Vec<Threshold>,
    /// Kinds of mistake, the commonest first.
    pub error_kinds: Vec<KindCount>,
    /// Figures by the table's conditions; empty when it names none.
    pub conditions: Vec<ConditionScore>,
    /// Figures by the plate's issuer; empty when the table names none.
    pub issuers: Vec<IssuerScore>,
    /// Figures by how well the issuer's name can be read; empty when the table does not say.
    pub legible: Vec<LegibilityScore>,
    /// Whether the right persons are billed.
    #[serde(flatten)]
    pub identity: Identity,
    /// Photos of the table that were left out because there is no reading of them; 0 when the application read them.
    pub unread: usize,
}

impl Score {
    /// Scores outcomes, in the order of the table.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let accepted: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.accepted()).collect();
        let count = |wanted: &[Verdict]| outcomes.iter().filter(|outcome| wanted.contains(&outcome.verdict())).count();
        let (all, exact) = (outcomes.len(), count(&[Verdict::Exact]));
        let folded = count(&[Verdict::Exact, Verdict::Folded]);
        let wrong = accepted.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).count();
        let times: Vec<u32> = outcomes.iter().filter_map(|outcome| outcome.reading_ms).collect();
        Self {
            photos: all,
            exact: share(exact, all),
            folded: share(folded, all),
            accepted: share(accepted.len(), all),
            wrong_accepted: share(wrong, accepted.len()),
            seconds_per_photo: mean_seconds(&times),
            misses: outcomes.iter().filter(|outcome| outcome.verdict() != Verdict::Exact).map(miss).collect(),
            intervals: Intervals {
                exact: interval(exact, all),
                folded: interval(folded, all),
                accepted: interval(accepted.len(), all),
                wrong_accepted: interval(wrong, accepted.len()),
            },
            reliability: Reliability::of(outcomes),
            thresholds: thresholds(outcomes),
            error_kinds: count_kinds(outcomes),
            conditions: by_condition(outcomes),
            issuers: by_issuer(outcomes),
            legible: by_legibility(outcomes),
            identity: Identity::of(outcomes),
            unread: 0,
        }
    }
}

/// The commonest first; equally common ones in the order of [`ErrorKind`].
fn count_kinds(outcomes: &[Outcome]) -> Vec<KindCount> {
    let mut counts: BTreeMap<ErrorKind, (usize, usize)> = BTreeMap::new();
    for outcome in outcomes {
        for kind in error_kinds(outcome) {
            let (photos, accepted) = counts.entry(kind).or_default();
            *photos += 1;
            *accepted += usize::from(outcome.accepted());
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(kind, (photos, _))| (std::cmp::Reverse(*photos), *kind));
    counts
        .into_iter()
        .map(|(kind, (photos, accepted))| KindCount { kind: kind.to_string(), photos, accepted })
        .collect()
}

fn miss(outcome: &Outcome) -> Miss {
    Miss {
        file: outcome.file.clone(),
        truth: outcome.truth.clone(),
        read: outcome.read.clone(),
        state: outcome.state.clone(),
        reason: outcome.reason.clone(),
        confidence: outcome.confidence,
        kinds: error_kinds(outcome).iter().map(ToString::to_string).collect(),
        label_remark: outcome.about.label_remark.clone(),
    }
}

fn mean_seconds(times: &[u32]) -> Option<f64> {
    let count = u32::try_from(times.len()).ok().filter(|count| *count > 0)?;
    Some(times.iter().map(|ms| f64::from(*ms)).sum::<f64>() / f64::from(count) / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::{issued, outcome};
    use super::*;

    #[test]
    fn shares_have_the_right_denominators() {
        let score = Score::of(&[
            outcome("A1", "A1", "accepted"),
            outcome("B0", "BO", "accepted"),
            outcome("C1", "C1", "in-review"),
            outcome("D1", "X9", "in-review"),
            outcome("", "", "in-review"),
        ]);
        assert_eq!(score.photos, 5);
        assert_eq!(score.exact, 0.6);
        assert_eq!(score.folded, 0.8);
        assert_eq!(score.accepted, 0.4);
        assert_eq!(score.wrong_accepted, 0.5, "a folded plate bills somebody else");
        assert_eq!(score.seconds_per_photo, Some(0.5));
        let files: Vec<_> = score.misses.iter().map(|miss| miss.file.as_str()).collect();
        assert_eq!(files, ["B0.jpg", "D1.jpg"]);
    }

    #[test]
    fn nothing_accepted_and_nothing_read_divides_by_nothing() {
        let refused = Outcome { reading_ms: None, ..outcome("A1", "", "refused") };
        let score = Score::of(&[refused]);
        assert_eq!((score.accepted, score.wrong_accepted, score.seconds_per_photo), (0.0, 0.0, None));
        assert_eq!(Score::of(&[]).exact, 0.0);
    }

    #[test]
    fn the_json_keeps_its_documented_keys() {
        let json = serde_json::to_value(Score::of(&[outcome("A1", "B2", "in-review")])).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["accepted", "exact", "folded", "misses", "photos", "seconds_per_photo", "wrong_accepted"] {
            assert!(keys.contains(&key), "{key} is gone from {keys:?}");
        }
        assert_eq!(json["wrong_accepted"], 0.0, "a number also when nothing was accepted");
        assert_eq!(json["intervals"]["wrong_accepted"], serde_json::json!([0.0, 1.0]));
        assert_eq!(
            json["misses"][0],
            serde_json::json!({"file": "A1.jpg", "truth": "A1", "read": "B2", "state": "in-review",
                "reason": "low-confidence", "confidence": 0.9, "kinds": ["other text, plate not read"]})
        );
    }

    #[test]
    fn kinds_of_mistake_are_counted_by_photo_and_the_commonest_comes_first() {
        let kinds = Score::of(&[
            outcome("AB123", "AB1Z3", "in-review"),
            outcome("A0B0C", "AOBOC", "accepted"),
            outcome("D0E12", "DOE12", "in-review"),
        ])
        .error_kinds;
        let kinds: Vec<_> = kinds.iter().map(|kind| (kind.kind.as_str(), kind.photos, kind.accepted)).collect();
        assert_eq!(kinds, [("O/0", 2, 1), ("Z/2", 1, 0)]);
    }

    #[test]
    fn identity_stands_beside_the_other_figures() {
        let outcomes =
            [issued("A1", "us-ok", "A1", "us-tx", "accepted"), issued("B1", "us-tx", "B1", "us-tx", "accepted")];
        let json = serde_json::to_value(Score::of(&outcomes)).unwrap();
        assert_eq!((&json["issuer_right"], &json["identity_right"]), (&0.5.into(), &0.5.into()));
        assert_eq!((&json["wrong_identity_accepted"], &json["wrong_identities"]), (&0.5.into(), &1.into()));
        assert_eq!(json["wrong_accepted"], 0.0, "the texts are right");
        assert_eq!(json["wrong_persons"][0]["read_jurisdiction"], "us-tx");
    }

    #[test]
    fn what_a_table_says_of_its_label_stands_beside_the_miss() {
        let mut doubtful = outcome("A1", "B2", "in-review");
        doubtful.about.label_remark = Some("doubtful".to_owned());
        assert_eq!(Score::of(&[doubtful]).misses[0].label_remark.as_deref(), Some("doubtful"));
    }
}
