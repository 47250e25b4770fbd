//! Whether the recogniser's confidence means what it says: of the photos read with 0.9, nine in ten should be right.
//!
//! Only photos that something was read on count. Text read where no plate can be read is wrong, whatever it says.

use serde::Serialize;

use super::interval::{interval, share};
use super::outcome::{Outcome, Verdict, fold};
use super::truth::normal;

/// Lower ends of the bins; narrow where plates are accepted.
const EDGES: [f64; 9] = [0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99];

/// Photos read with a confidence within a range.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    /// Lowest confidence, included.
    pub from: f64,
    /// Highest confidence; included in the last bin only.
    pub to: f64,
    /// Photos in this range.
    pub photos: usize,
    /// Their mean confidence.
    pub mean_confidence: f64,
    /// Share of them whose text is exactly the truth.
    pub right: f64,
    /// 95 % Clopper-Pearson interval of `right`.
    pub right_interval: [f64; 2],
    /// Share that is right after O=0, I=1.
    pub right_folded: f64,
}

/// How confidence and truth go together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reliability {
    /// Bins that hold photos, lowest confidence first.
    pub bins: Vec<Bin>,
    /// Mean distance between confidence and share right, weighted by photos; 0 is perfect.
    pub calibration_error: f64,
    /// Mean squared distance between confidence and being right; 0 is perfect, 0.25 is a coin.
    pub brier: f64,
}

struct Read {
    confidence: f64,
    exact: bool,
    folded: bool,
}

impl Reliability {
    /// Compares the confidence of every reading with its truth.
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        Self::of_reads(&outcomes.iter().filter_map(read).collect::<Vec<_>>())
    }

    /// Compares the probability of every pair of issuer and text with its truth; a plate whose issuer the table does not
    /// name says nothing about it.
    #[must_use]
    pub fn of_pairs(outcomes: &[Outcome]) -> Self {
        Self::of_reads(&outcomes.iter().filter_map(pair).collect::<Vec<_>>())
    }

    fn of_reads(reads: &[Read]) -> Self {
        let ends = EDGES.iter().skip(1).copied().chain([f64::INFINITY]);
        let bins: Vec<Bin> = EDGES.iter().zip(ends).filter_map(|(&from, to)| bin(reads, from, to)).collect();
        let distance = |bin: &Bin| (bin.mean_confidence - bin.right).abs() * share(bin.photos, reads.len());
        let squared = |read: &Read| (read.confidence - f64::from(u8::from(read.exact))).powi(2);
        Self { calibration_error: bins.iter().map(distance).sum(), brier: mean(reads.iter().map(squared)), bins }
    }
}

fn read(outcome: &Outcome) -> Option<Read> {
    let text = normal(&outcome.read);
    let truth = normal(&outcome.truth);
    let confidence = outcome.confidence.filter(|_| !text.is_empty())?;
    let readable = !truth.is_empty();
    let exact = readable && outcome.verdict() == Verdict::Exact;
    Some(Read { confidence, exact, folded: readable && fold(&truth) == fold(&text) })
}

fn pair(outcome: &Outcome) -> Option<Read> {
    let confidence = outcome.pair_confidence?;
    if outcome.truth.is_empty() {
        return Some(Read { confidence, exact: false, folded: false });
    }
    let issuer = outcome.issuer_right()?;
    let folded = issuer && fold(&normal(&outcome.truth)) == fold(&normal(&outcome.read));
    Some(Read { confidence, exact: issuer && outcome.verdict() == Verdict::Exact, folded })
}

fn bin(reads: &[Read], from: f64, to: f64) -> Option<Bin> {
    let inside: Vec<&Read> = reads.iter().filter(|read| (from..to).contains(&read.confidence)).collect();
    let exact = inside.iter().filter(|read| read.exact).count();
    let folded = inside.iter().filter(|read| read.folded).count();
    (!inside.is_empty()).then(|| Bin {
        from,
        to: to.min(1.0),
        photos: inside.len(),
        mean_confidence: mean(inside.iter().map(|read| read.confidence)),
        right: share(exact, inside.len()),
        right_interval: interval(exact, inside.len()),
        right_folded: share(folded, inside.len()),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of photos are far below 2^52")]
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::tests::outcome;
    use super::*;

    fn at(confidence: f64, truth: &str, read: &str) -> Outcome {
        Outcome { confidence: Some(confidence), ..outcome(truth, read, "in-review") }
    }

    #[test]
    fn a_bin_tells_confidence_from_what_was_right() {
        let outcomes =
            [at(0.96, "A1", "A1"), at(0.97, "A0", "AO"), at(0.3, "B1", "C9"), outcome("D1", "", "in-review")];
        let reliability = Reliability::of(&outcomes);
        let ranges: Vec<_> = reliability.bins.iter().map(|bin| (bin.from, bin.to, bin.photos)).collect();
        assert_eq!(ranges, [(0.2, 0.4, 1), (0.95, 0.98, 2)], "a photo without text has no confidence");
        let high = &reliability.bins[1];
        assert!((high.mean_confidence - 0.965).abs() < 1e-9);
        assert_eq!((high.right, high.right_folded), (0.5, 1.0));
        assert!((reliability.calibration_error - (0.3 + 2.0 * 0.465) / 3.0).abs() < 1e-9);
        let brier = (0.04_f64.powi(2) + 0.97_f64.powi(2) + 0.3_f64.powi(2)) / 3.0;
        assert!((reliability.brier - brier).abs() < 1e-9);
    }

    #[test]
    fn certainty_belongs_to_the_last_bin_and_text_without_a_plate_is_wrong() {
        let reliability = Reliability::of(&[at(1.0, "", "LANE01")]);
        assert_eq!((reliability.bins[0].to, reliability.bins[0].right), (1.0, 0.0));
    }

    #[test]
    fn nothing_read_divides_by_nothing() {
        assert_eq!(Reliability::of(&[]), Reliability::default());
    }
}
