//! From the share that a text has among all that may stand on a plate to the probability that it is right.
//!
//! The share is as good as what is known of issuers, their series and what networks confuse, and some of that is estimated.
//! So it is held against what shares like it were worth on photos with known plates: a logistic regression, fitted by
//! `networks/fit_certainty.py` on photos of US vehicles and worse copies of them, and checked on photos left out of the fit.

/// Bias; logarithm of the odds of the share; that the issuer's listed series hold the text.
const WEIGHTS: [f64; 3] = [-3.36, 1.48, 2.36];
/// Odds beyond this are no better. The fit counts shares beyond 0.995 as that, so what is said of them is carried on from there.
const SUREST: f64 = 1.0 - 1e-6;

/// Probability that a text is right, 0 to 1, where its plate was seen whole and is the vehicle's.
pub(super) fn certainty(share: f64, is_in_series: bool) -> f64 {
    // A share that is no number is none.
    let share = if share.is_nan() { 0.0 } else { share.clamp(1.0 - SUREST, SUREST) };
    let [bias, odds, series] = WEIGHTS;
    let sum = bias + odds * (share / (1.0 - share)).ln() + if is_in_series { series } else { 0.0 };
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_share_is_surer_and_a_series_helps() {
        let at = |share| certainty(share, true);
        assert!(at(0.999) > 0.99 && at(0.9) < 0.92 && at(0.5) < 0.4);
        assert!((1..100).all(|n| at(f64::from(n) / 100.0) > at(f64::from(n - 1) / 100.0)));
        assert!(certainty(0.97, false) < certainty(0.97, true));
    }

    #[test]
    fn a_share_that_is_no_number_is_no_certainty() {
        assert!(certainty(f64::NAN, true) < 0.01 && certainty(f64::INFINITY, true) <= 1.0);
    }
}
