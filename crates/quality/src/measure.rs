//! The error of automatic acceptance: over all, and by recogniser, booth and issuer.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::CONFIDENCE;
use crate::bound::{lower, upper};
use crate::sample::{Outcome, Sampled, Wrong, evenly_drawn};

/// What was measured of some passages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// Passages of which is known whether the judge was right, or which are disputed.
    pub read: u64,
    /// Of those, wrong: another plate, another issuer, nothing that can be billed, and disputes, which count as errors until
    /// somebody has decided.
    pub errors: Errors,
    /// Drawn and not read yet: they say nothing.
    pub unread: u64,
    /// Drawn while the share was larger than at other times and left out, so that each accepted passage has the same chance
    /// to be counted.
    pub left_out: u64,
    /// Errors in percent of what was read; null where nothing was.
    pub error_percent: Option<f64>,
    /// The true error is at least this, in percent, with 95 % confidence.
    pub at_least_percent: f64,
    /// The true error is at most this, in percent, with 95 % confidence.
    pub at_most_percent: f64,
}

/// Errors by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Errors {
    /// Another text.
    pub plate: u64,
    /// Another issuer of the same text.
    pub issuer: u64,
    /// Nothing can be billed.
    pub unbillable: u64,
    /// Nobody has decided yet.
    pub disputed: u64,
}

impl Errors {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.plate + self.issuer + self.unbillable + self.disputed
    }
}

/// Measures a sample as one.
#[must_use]
pub fn measure(sample: &[&Sampled]) -> Measure {
    let (even, _) = evenly_drawn(sample);
    let (read, errors, unread) = counted(&even);
    #[expect(clippy::cast_precision_loss, reason = "passages are fewer than 2^52")]
    let error_percent = (read > 0).then(|| 100.0 * errors.all() as f64 / read as f64);
    Measure {
        read,
        errors,
        unread,
        left_out: (sample.len() - even.len()) as u64,
        error_percent,
        at_least_percent: 100.0 * lower(errors.all(), read, CONFIDENCE),
        at_most_percent: 100.0 * upper(errors.all(), read, CONFIDENCE),
    }
}

/// How many were read, the errors among them, and how many were not read.
pub(crate) fn counted(sample: &[&Sampled]) -> (u64, Errors, u64) {
    let (mut read, mut errors, mut unread) = (0, Errors::default(), 0);
    for passage in sample {
        match passage.outcome {
            Outcome::Unread => {
                unread += 1;
                continue;
            }
            Outcome::Known(None) => {}
            Outcome::Known(Some(Wrong::Plate)) => errors.plate += 1,
            Outcome::Known(Some(Wrong::Issuer)) => errors.issuer += 1,
            Outcome::Known(Some(Wrong::Unbillable)) => errors.unbillable += 1,
            Outcome::Disputed => errors.disputed += 1,
        }
        read += 1;
    }
    (read, errors, unread)
}

/// Measures each group by itself, the largest first. Bounds hold for each alone: among twenty groups, one is expected to be
/// worse than its bound.
#[must_use]
pub fn by<'a>(sample: &[&'a Sampled], group: impl Fn(&'a Sampled) -> &'a str) -> Vec<(String, Measure)> {
    let mut groups: BTreeMap<&str, Vec<&Sampled>> = BTreeMap::new();
    for passage in sample {
        groups.entry(group(passage)).or_default().push(passage);
    }
    let mut measured: Vec<(String, Measure)> =
        groups.into_iter().map(|(name, passages)| (name.to_owned(), measure(&passages))).collect();
    measured.sort_by(|(one, a), (other, b)| b.read.cmp(&a.read).then_with(|| one.cmp(other)));
    measured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::sampled;

    #[test]
    fn disputes_count_as_errors_and_what_nobody_read_says_nothing() {
        let outcomes = [
            Outcome::Known(None),
            Outcome::Known(Some(Wrong::Plate)),
            Outcome::Known(Some(Wrong::Issuer)),
            Outcome::Disputed,
            Outcome::Unread,
        ];
        let all: Vec<Sampled> = outcomes.into_iter().map(sampled).collect();
        let found = measure(&all.iter().collect::<Vec<_>>());
        assert_eq!((found.read, found.unread, found.errors.all()), (4, 1, 3));
        assert_eq!(found.error_percent, Some(75.0));
        assert!(found.at_most_percent > 98.0 && found.at_least_percent > 24.0, "{found:?}");
        let nothing = measure(&[]);
        assert_eq!((nothing.error_percent, nothing.at_most_percent), (None, 100.0));
    }

    #[test]
    fn groups_are_measured_by_themselves() {
        let mut all = vec![sampled(Outcome::Known(None)); 3];
        all.push(Sampled { booth: "south".to_owned(), ..sampled(Outcome::Known(Some(Wrong::Plate))) });
        let refs: Vec<&Sampled> = all.iter().collect();
        let found = by(&refs, |passage| &passage.booth);
        let brief: Vec<_> = found.iter().map(|(name, m)| (name.as_str(), m.read, m.errors.all())).collect();
        assert_eq!(brief, [("north", 3, 0), ("south", 1, 1)]);
    }
}
