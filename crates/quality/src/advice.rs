//! Which threshold keeps the error of automatic acceptance under a target.
//!
//! Only a stricter one can be recommended: what the present one sends to people was never drawn. Several thresholds are
//! tried on one sample, so each is held to a higher confidence (Bonferroni): that the one which is advised does what is
//! promised, for all of them at once, in 95 of 100 samples. The list of thresholds is fixed, never fitted to the data.

use serde::Serialize;

use crate::CONFIDENCE;
use crate::bound::{needed, upper};
use crate::measure::counted;
use crate::sample::{Sampled, evenly_drawn};

/// Least confidences that are tried, beside the present one.
pub const CONFIDENCES: [f64; 7] = [0.96, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999];
/// Most doubtful issuers, in percent, that are tried beside the present one.
pub const DOUBTS: [f64; 6] = [2.0, 1.0, 0.5, 0.2, 0.1, 0.05];
/// With more of the sample unread than this, what was read may be the easier part, and nothing is advised.
const MOST_UNREAD: f64 = 0.05;

/// The present thresholds, and what they are to keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Present {
    /// `judge.min_confidence`
    pub min_confidence: f64,
    /// `judge.max_wrong_person_percent`
    pub max_wrong_person_percent: f64,
    /// `quality.target_percent`: the error that shall not be exceeded.
    pub target_percent: f64,
}

/// The setting that a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Threshold {
    /// The least confidence in the text.
    #[serde(rename = "judge.min_confidence")]
    MinConfidence,
    /// How doubtful the issuer may be.
    #[serde(rename = "judge.max_wrong_person_percent")]
    MaxWrongPersonPercent,
}

impl Threshold {
    /// The name of the setting.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::MinConfidence => "judge.min_confidence",
            Self::MaxWrongPersonPercent => "judge.max_wrong_person_percent",
        }
    }
}

/// What a threshold would have done to the sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tried {
    /// The setting.
    pub setting: Threshold,
    /// Its value.
    pub value: f64,
    /// It is in force.
    pub is_present: bool,
    /// Of the sample, still accepted, in percent: the rest would go to people.
    pub accepted_percent: f64,
    /// Of those, read, and wrong.
    pub read: u64,
    /// See [`crate::measure::Measure::errors`].
    pub errors: u64,
    /// The error is at most this, in percent, with 95 % confidence for all rows together.
    pub at_most_percent: f64,
    /// Whether that is under the target.
    pub holds: bool,
}

/// What follows for the thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// The present thresholds keep the target.
    Keep,
    /// [`Advised::row`] says which one does.
    Tighten,
    /// Too few were read to say anything: [`Advised::missing`] more without an error would do.
    TooFew,
    /// More than 5 % of the sample waits to be read.
    TooManyUnread,
    /// Enough were read, and none of the thresholds keeps the target.
    None,
}

impl Advice {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Keep, Self::Tighten, Self::TooFew, Self::TooManyUnread, Self::None];
}

/// The advice, and all that it is taken from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advised {
    /// What follows.
    pub advice: Advice,
    /// The row to apply, counted from 0 in `tried`; only for [`Advice::Tighten`].
    pub row: Option<usize>,
    /// Passages that are still to be read before anything can be said, should none of them be wrong.
    pub missing: u64,
    /// Every threshold, the present ones first.
    pub tried: Vec<Tried>,
}

/// Tries the thresholds on a sample.
#[must_use]
pub fn advise(sample: &[&Sampled], present: Present) -> Advised {
    let (even, _) = evenly_drawn(sample);
    let candidates = candidates(present);
    #[expect(clippy::cast_precision_loss, reason = "a dozen")]
    let confidence = 1.0 - (1.0 - CONFIDENCE) / candidates.len() as f64;
    let tried: Vec<Tried> =
        candidates.iter().map(|(setting, value)| row(&even, present, (*setting, *value), confidence)).collect();
    let enough = needed(present.target_percent / 100.0, confidence);
    let (read, _, unread) = counted(&even);
    let missing = enough.map_or(0, |enough| enough.saturating_sub(read));
    #[expect(clippy::cast_precision_loss, reason = "passages are fewer than 2^52")]
    let unread_share = unread as f64 / even.len().max(1) as f64;
    // The least strict that holds: of two that do, the one that sends fewer to people; of equals the first, for `max_by` takes
    // the last.
    let best = tried
        .iter()
        .enumerate()
        .filter(|(_, row)| row.holds)
        .rev()
        .max_by(|(_, a), (_, b)| a.accepted_percent.total_cmp(&b.accepted_percent))
        .map(|(at, _)| at);
    let (advice, row) = match best {
        _ if missing > 0 => (Advice::TooFew, None),
        _ if unread_share > MOST_UNREAD => (Advice::TooManyUnread, None),
        Some(at) if tried.get(at).is_some_and(|row| row.is_present) => (Advice::Keep, None),
        _ if tried.iter().any(|row| row.is_present && row.holds) => (Advice::Keep, None),
        Some(at) => (Advice::Tighten, Some(at)),
        None => (Advice::None, None),
    };
    Advised { advice, row, missing, tried }
}

fn candidates(present: Present) -> Vec<(Threshold, f64)> {
    let stricter = CONFIDENCES.into_iter().filter(|value| *value > present.min_confidence);
    let surer = DOUBTS.into_iter().filter(|value| *value < present.max_wrong_person_percent);
    [
        (Threshold::MinConfidence, present.min_confidence),
        (Threshold::MaxWrongPersonPercent, present.max_wrong_person_percent),
    ]
    .into_iter()
    .chain(stricter.map(|value| (Threshold::MinConfidence, value)))
    .chain(surer.map(|value| (Threshold::MaxWrongPersonPercent, value)))
    .collect()
}

fn row(even: &[&Sampled], present: Present, (setting, value): (Threshold, f64), confidence: f64) -> Tried {
    // What was drawn under older, laxer settings is held to the present ones as well.
    let (least, most) = match setting {
        Threshold::MinConfidence => (value, present.max_wrong_person_percent),
        Threshold::MaxWrongPersonPercent => (present.min_confidence, value),
    };
    // A doubt that is not known is no smaller than the settings allowed.
    let doubt = |passage: &Sampled| passage.wrong_person_percent.unwrap_or(present.max_wrong_person_percent);
    let kept: Vec<&Sampled> =
        even.iter().copied().filter(|passage| passage.confidence >= least && doubt(passage) <= most).collect();
    let (read, errors, _) = counted(&kept);
    let at_most_percent = 100.0 * upper(errors.all(), read, confidence);
    #[expect(clippy::cast_precision_loss, reason = "passages are fewer than 2^52")]
    let accepted_percent = 100.0 * kept.len() as f64 / even.len().max(1) as f64;
    let is_present = match setting {
        Threshold::MinConfidence => value <= present.min_confidence,
        Threshold::MaxWrongPersonPercent => value >= present.max_wrong_person_percent,
    };
    Tried {
        setting,
        value,
        is_present,
        accepted_percent,
        read,
        errors: errors.all(),
        at_most_percent,
        holds: at_most_percent <= present.target_percent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Outcome, Wrong, sampled};

    const PRESENT: Present = Present { min_confidence: 0.95, max_wrong_person_percent: 3.0, target_percent: 0.5 };

    fn of(count: usize, confidence: f64, wrong: usize) -> Vec<Sampled> {
        (0..count)
            .map(|n| {
                let outcome = Outcome::Known((n < wrong).then_some(Wrong::Plate));
                Sampled { confidence, ..sampled(outcome) }
            })
            .collect()
    }

    fn advised(all: &[Sampled]) -> Advised {
        advise(&all.iter().collect::<Vec<_>>(), PRESENT)
    }

    #[test]
    fn nothing_is_advised_before_the_bound_can_be_given() {
        let found = advised(&of(1_000, 0.99, 0));
        assert_eq!((found.advice, found.row), (Advice::TooFew, None));
        let enough = 1_000 + usize::try_from(found.missing).unwrap();
        assert_eq!(advised(&of(enough, 0.99, 0)).advice, Advice::Keep);
        assert_eq!(advised(&of(enough - 1, 0.99, 0)).advice, Advice::TooFew);
        assert_eq!(advised(&[]).advice, Advice::TooFew);
    }

    #[test]
    fn the_least_strict_threshold_that_keeps_the_target_is_advised() {
        let mut all = of(3_000, 0.985, 0);
        all.extend(of(500, 0.955, 20));
        let found = advised(&all);
        assert_eq!(found.advice, Advice::Tighten);
        let row = &found.tried[found.row.unwrap()];
        assert_eq!((row.setting, row.value, row.errors), (Threshold::MinConfidence, 0.96, 0));
        assert!(row.at_most_percent <= 0.5 && row.accepted_percent > 85.0, "{row:?}");
        assert!(!found.tried[0].holds && found.tried[0].is_present);
    }

    #[test]
    fn an_error_of_the_issuer_is_cured_by_asking_for_surer_issuers() {
        let mut all = of(3_000, 0.99, 0);
        for passage in &mut all {
            passage.wrong_person_percent = Some(0.05);
        }
        all.extend(
            of(400, 0.9999, 20).into_iter().map(|passage| Sampled { wrong_person_percent: Some(2.5), ..passage }),
        );
        let found = advised(&all);
        let row = &found.tried[found.row.unwrap()];
        assert_eq!((found.advice, row.setting, row.value), (Advice::Tighten, Threshold::MaxWrongPersonPercent, 2.0));
    }

    #[test]
    fn errors_everywhere_and_a_sample_that_nobody_reads_lead_to_no_advice() {
        assert_eq!(advised(&of(5_000, 0.9999, 200)).advice, Advice::None);
        let mut all = of(3_000, 0.99, 0);
        all.extend(vec![sampled(Outcome::Unread); 300]);
        assert_eq!(advised(&all).advice, Advice::TooManyUnread);
    }
}
