//! What another `judge.min_confidence` would do, from one run.
//!
//! Photos that another rule sent to a person stay there at any threshold. Below the threshold of the run the curve is an
//! upper bound: rules that are asked after the confidence (two texts too close to call, the jurisdiction) never were.

use serde::Serialize;
use tollbooth_pipeline::reason::ReviewReason;

use super::interval::{interval, share};
use super::outcome::{Outcome, Verdict};

/// The reasons by which the confidence alone decided.
const BY_CONFIDENCE: [ReviewReason; 2] = [ReviewReason::LowConfidence, ReviewReason::PlateUnreadable];
/// Thresholds shown.
const STEPS: [f64; 16] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99];

/// What one threshold accepts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// `judge.min_confidence`
    pub min_confidence: f64,
    /// Share of all photos accepted.
    pub accepted: f64,
    /// Share of the accepted that is not exactly the truth; 0 when none is accepted.
    pub wrong_accepted: f64,
    /// 95 % Clopper-Pearson interval of `wrong_accepted`.
    pub wrong_interval: [f64; 2],
    /// Photos that would be billed wrongly.
    pub wrong: usize,
}

/// The curve over all thresholds, lowest first.
#[must_use]
pub fn thresholds(outcomes: &[Outcome]) -> Vec<Threshold> {
    let eligible: Vec<(f64, bool)> = outcomes
        .iter()
        .filter(|outcome| outcome.accepted() || outcome.reason.as_deref().is_some_and(is_by_confidence))
        .filter_map(|outcome| Some((outcome.confidence?, is_right(outcome))))
        .collect();
    STEPS.iter().map(|&step| threshold(step, &eligible, outcomes.len())).collect()
}

fn is_by_confidence(reason: &str) -> bool {
    BY_CONFIDENCE.iter().any(|known| known.as_str() == reason)
}

/// As if it were accepted: a photo without a plate would be billed wrongly.
fn is_right(outcome: &Outcome) -> bool {
    let billed = Outcome { state: "accepted".to_owned(), ..outcome.clone() };
    billed.verdict() == Verdict::Exact
}

fn threshold(min_confidence: f64, eligible: &[(f64, bool)], photos: usize) -> Threshold {
    let passing = || eligible.iter().filter(|(confidence, _)| *confidence >= min_confidence);
    let (accepted, wrong) = (passing().count(), passing().filter(|(_, right)| !right).count());
    Threshold {
        min_confidence,
        accepted: share(accepted, photos),
        wrong_accepted: share(wrong, accepted),
        wrong_interval: interval(wrong, accepted),
        wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    #[test]
    fn a_lower_threshold_accepts_what_only_its_confidence_withheld() {
        let at = |confidence, read: &str, state: &str| Outcome {
            confidence: Some(confidence),
            ..outcome("A1", read, state)
        };
        let cut = Outcome { reason: Some("plate-cut-off".into()), ..at(0.99, "A1", "in-review") };
        let unreadable = Outcome { reason: Some("plate-unreadable".into()), ..at(0.35, "A1", "in-review") };
        let empty = Outcome { truth: String::new(), ..at(0.85, "LANE1", "in-review") };
        let outcomes = [at(0.97, "A1", "accepted"), at(0.85, "X9", "in-review"), cut, empty, unreadable];
        let curve = thresholds(&outcomes);
        let at = |step: f64| curve.iter().find(|t| (t.min_confidence - step).abs() < 1e-9).unwrap();
        assert_eq!((at(0.95).accepted, at(0.95).wrong), (0.2, 0));
        assert_eq!(at(0.3).accepted, 0.8, "a cut plate stays with a person");
        assert_eq!((at(0.8).accepted, at(0.8).wrong), (0.6, 2), "text without a plate would be a wrong bill");
        assert_eq!((at(0.99).accepted, at(0.99).wrong_accepted), (0.0, 0.0));
        assert!((at(0.8).wrong_accepted - 2.0 / 3.0).abs() < 1e-9);
    }
}
