//! Exact bounds of a share, after Clopper and Pearson.

use statrs::function::beta::checked_beta_reg;

/// Halvings of the interval: more than an `f64` has digits.
const HALVINGS: u32 = 80;

/// The share that the true one does not exceed, with this confidence, when `hits` of `total` were seen. 1 for nothing seen.
#[must_use]
pub fn upper(hits: u64, total: u64, confidence: f64) -> f64 {
    if hits >= total {
        return 1.0;
    }
    // P(at most `hits` of `total` | p) = 1 - I_p(hits + 1, total - hits), which falls as p grows.
    quantile(hits + 1, total - hits, confidence)
}

/// The share that the true one is at least, with this confidence. 0 for nothing seen.
#[must_use]
pub fn lower(hits: u64, total: u64, confidence: f64) -> f64 {
    if hits == 0 || hits > total {
        return 0.0;
    }
    quantile(hits, total - hits + 1, 1.0 - confidence)
}

/// How many must be seen without any hit until the bound is no more than `share`; none where no number is enough.
#[must_use]
pub fn needed(share: f64, confidence: f64) -> Option<u64> {
    if !(share > 0.0 && share < 1.0 && confidence < 1.0) {
        return None;
    }
    let exact = (1.0 - confidence).ln() / (1.0 - share).ln();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of passages")]
    (exact.is_finite() && exact < 1e15).then_some(exact.ceil() as u64)
}

/// Where the distribution function of Beta(a, b) reaches this probability.
fn quantile(a: u64, b: u64, probability: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "passages are fewer than 2^52")]
    let (a, b) = (a as f64, b as f64);
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        // Outside of its domain, which is none of ours, the bound stays where it claims least.
        match checked_beta_reg(a, b, middle) {
            Ok(reached) if reached < probability => low = middle,
            Ok(_) => high = middle,
            Err(_) => return if probability > 0.5 { 1.0 } else { 0.0 },
        }
    }
    if probability > 0.5 { high } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probability of at most `hits` of `total`, summed term by term.
    fn at_most(hits: u64, total: u64, share: f64) -> f64 {
        let mut term = (1.0 - share).powf(total as f64);
        let mut sum = term;
        for n in 0..hits {
            term *= (total - n) as f64 / (n + 1) as f64 * share / (1.0 - share);
            sum += term;
        }
        sum
    }

    #[test]
    fn had_the_true_share_been_the_bound_so_few_or_so_many_would_come_up_in_one_of_twenty_cases() {
        for (hits, total) in [(0, 10), (1, 10), (9, 10), (0, 598), (3, 1_000), (50, 100), (40, 20_000)] {
            let (low, high) = (lower(hits, total, 0.95), upper(hits, total, 0.95));
            assert!((at_most(hits, total, high) - 0.05).abs() < 1e-9, "{hits}/{total}: {high}");
            if hits > 0 {
                assert!((1.0 - at_most(hits - 1, total, low) - 0.05).abs() < 1e-9, "{hits}/{total}: {low}");
            }
        }
    }

    #[test]
    fn nothing_seen_says_nothing() {
        assert!((upper(0, 0, 0.95) - 1.0).abs() < f64::EPSILON);
        assert!((upper(5, 5, 0.95) - 1.0).abs() < f64::EPSILON);
        assert!(lower(0, 5, 0.95).abs() < f64::EPSILON && lower(0, 0, 0.95).abs() < f64::EPSILON);
        assert_eq!((needed(0.0, 0.95), needed(1.0, 0.95)), (None, None));
    }

    #[test]
    fn as_many_as_are_needed_are_enough_and_one_less_is_not() {
        for share in [0.1, 0.005, 0.001, 0.000_2] {
            let needed = needed(share, 0.95).unwrap();
            assert!(upper(0, needed, 0.95) <= share && upper(0, needed - 1, 0.95) > share, "{share}: {needed}");
        }
        assert_eq!(needed(0.005, 0.95), Some(598));
    }
}
