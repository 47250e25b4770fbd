//! Shares that were counted, and how far one may be from the true one.
//!
//! Clopper-Pearson, because it never promises more than it holds: of many such intervals at least 95 % contain the true
//! share, also for the few wrong ones among the accepted, where approximations fail.

/// Probability left outside on each side: two sides make a 95 % interval.
const TAIL: f64 = 0.025;
/// Halvings of 0..1; the last is far below what is printed.
const HALVINGS: u32 = 50;

/// The 95 % Clopper-Pearson interval of `part` of `whole`, in fractions of 1. Nothing counted says nothing: `[0, 1]`.
#[must_use]
pub fn interval(part: usize, whole: usize) -> [f64; 2] {
    if whole == 0 {
        return [0.0, 1.0];
    }
    let part = part.min(whole);
    // The lowest share that makes `part` or more no rarer than the tail, and the highest that makes `part` or fewer so.
    let low = if part == 0 { 0.0 } else { bisect(|share| 1.0 - at_most(part - 1, whole, share) < TAIL) };
    let high = if part == whole { 1.0 } else { bisect(|share| at_most(part, whole, share) > TAIL) };
    [low, high]
}

/// A fraction of 1; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of photos are far below 2^52")]
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The share below which `holds` is true and above which it is not.
fn bisect(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// Probability of at most `part` hits in `whole` draws of probability `share`, inside 0..1. Terms are carried as
/// logarithms: the first is far below the smallest number for thousands of photos.
#[expect(clippy::cast_precision_loss, reason = "counts of photos are far below 2^52")]
fn at_most(part: usize, whole: usize, share: f64) -> f64 {
    let (hit, miss) = (share.ln(), (-share).ln_1p());
    let mut term = whole as f64 * miss;
    let mut sum = term.exp();
    for hits in 1..=part {
        term += ((whole - hits + 1) as f64 / hits as f64).ln() + hit - miss;
        sum += term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: usize, whole: usize, low: f64, high: f64) {
        let [a, b] = interval(part, whole);
        assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{part} of {whole}: {a:.5} to {b:.5}");
    }

    #[test]
    fn intervals_are_those_of_published_tables() {
        check(2, 80, 0.00304, 0.08740);
        check(0, 10, 0.0, 0.30850);
        check(5, 10, 0.18709, 0.81291);
        check(10, 10, 0.69150, 1.0);
        check(1, 1, 0.025, 1.0);
    }

    #[test]
    fn thousands_of_photos_do_not_underflow() {
        // Of no errors the upper end is known in closed form: 1 - 0.025^(1/n).
        check(0, 5_000, 0.0, 1.0 - 0.025_f64.powf(1.0 / 5_000.0));
        let [low, high] = interval(4_000, 5_000);
        assert!(low > 0.788 && low < 0.789 && high > 0.810 && high < 0.812, "{low} {high}");
    }

    #[test]
    fn nothing_counted_says_nothing() {
        assert_eq!(interval(0, 0), [0.0, 1.0]);
    }
}
