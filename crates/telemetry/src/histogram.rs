//! Durations, counted by upper bound: what can be added up over booths and hours, and still tells a median.

use crate::Facts;

pub use crate::bounds::{BEYOND, BOUNDS_MS, SUM, label};

/// Counts by bound, in the order of [`BOUNDS_MS`] with [`BEYOND`] last; not cumulative.
#[must_use]
pub fn counts(facts: &Facts, metric: &str) -> Vec<i64> {
    let bounds = BOUNDS_MS.iter().map(|bound| facts.get(&format!("{metric}.{bound}")));
    bounds.chain([facts.get(&format!("{metric}.{BEYOND}"))]).collect()
}

/// The duration that this share (0 to 1) does not exceed, in milliseconds: as Prometheus's `histogram_quantile`, linear
/// between the bounds, and the last bound for what is beyond it. None without durations.
#[must_use]
pub fn quantile(facts: &Facts, metric: &str, share: f64) -> Option<i64> {
    quantile_of(&counts(facts, metric), share)
}

/// The same of [`counts`].
#[must_use]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an estimate between two bounds")]
pub fn quantile_of(counts: &[i64], share: f64) -> Option<i64> {
    let total: i64 = counts.iter().sum();
    let rank = share * total as f64;
    let (mut before, mut low) = (0_i64, 0_i64);
    for (count, high) in counts.iter().zip(BOUNDS_MS) {
        if *count > 0 && (before + count) as f64 >= rank {
            let within = (rank - before as f64) / *count as f64;
            return Some(low + (within * (high - low) as f64).round() as i64);
        }
        before += count;
        low = high;
    }
    (total > 0).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_bounds_of_what_was_counted() {
        let mut facts = Facts::default();
        assert_eq!(quantile(&facts, "review_ms", 0.5), None);
        (0..100).for_each(|_| facts.add_duration("review_ms", 2_000));
        let median = quantile(&facts, "review_ms", 0.5).unwrap();
        assert!((1_000..=2_500).contains(&median), "{median}");
        facts.add_duration("review_ms", i64::MAX / 4);
        assert_eq!(quantile(&facts, "review_ms", 1.0), Some(604_800_000));
    }
}
