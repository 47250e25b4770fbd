//! What became of one photo, and how it compares with the truth.
//!
//! Plates are compared as capital letters and digits. A photo without a plate is right when nothing was accepted: the
//! only harm it can do is a bill.

use super::truth::{TruthRow, normal};

/// What the application made of one photo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Name of the file.
    pub file: String,
    /// The plate on it; empty when none can be read.
    pub truth: String,
    /// The accepted plate, else the best candidate of the latest reading; empty without one.
    pub read: String,
    /// How sure the recogniser was of its best candidate, 0 to 1; none when it read nothing.
    pub confidence: Option<f64>,
    /// Other texts that were read in the photo, as letters and digits.
    pub others_read: Vec<String>,
    /// State of the passage, or `refused` when the photo was not taken.
    pub state: String,
    /// Why a person must look, or why it was refused.
    pub reason: Option<String>,
    /// The recogniser's processing time in milliseconds; none when there is no reading.
    pub reading_ms: Option<u32>,
    /// The issuer accepted, else the likeliest; none where nothing named one.
    pub issuer: Option<String>,
    /// Probability of the pair of issuer and text, 0 to 1; none where the application tells none.
    pub pair_confidence: Option<f64>,
    /// What else the table knows about the photo.
    pub about: TruthRow,
}

/// How what was read compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same text; or no plate, and nothing accepted.
    Exact,
    /// The same text once O counts as 0 and I as 1.
    Folded,
    /// Neither.
    Wrong,
}

impl Outcome {
    /// Accepted for billing by the judge.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.state == "accepted"
    }

    /// Compares what was read with the truth.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let (truth, read) = (normal(&self.truth), normal(&self.read));
        let exact = if truth.is_empty() { !self.accepted() } else { truth == read };
        match (exact, !truth.is_empty() && fold(&truth) == fold(&read)) {
            (true, _) => Verdict::Exact,
            (false, true) => Verdict::Folded,
            (false, false) => Verdict::Wrong,
        }
    }
}

impl Outcome {
    /// Whether the issuer told is the plate's; none where the table names no plate or no issuer.
    #[must_use]
    pub fn issuer_right(&self) -> Option<bool> {
        let truth = self.about.jurisdiction.as_deref().filter(|_| !self.truth.is_empty())?;
        Some(self.issuer.as_deref() == Some(truth))
    }

    /// Whether issuer and text are the plate's; none where that cannot be told: a right text of an unknown issuer, or no
    /// plate and nothing accepted.
    #[must_use]
    pub fn identity_right(&self) -> Option<bool> {
        match (self.truth.is_empty(), self.issuer_right(), self.verdict() == Verdict::Exact) {
            (true, _, right) => (!right).then_some(false),
            (false, None, right) => (!right).then_some(false),
            (false, Some(issuer), text) => Some(issuer && text),
        }
    }
}

/// O as 0 and I as 1.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'O' => '0',
            'I' => '1',
            other => other,
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An outcome of the given truth, text and state, read with a confidence of 0.9.
    pub fn outcome(truth: &str, read: &str, state: &str) -> Outcome {
        Outcome {
            file: format!("{truth}.jpg"),
            truth: truth.into(),
            read: read.into(),
            confidence: (!read.is_empty()).then_some(0.9),
            state: state.into(),
            reason: (state == "in-review").then(|| "low-confidence".to_owned()),
            reading_ms: Some(500),
            ..Outcome::default()
        }
    }

    /// An outcome of which truth and reading name an issuer; none where it is empty.
    pub fn issued(truth: &str, by: &str, read: &str, read_by: &str, state: &str) -> Outcome {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut outcome = outcome(truth, read, state);
        outcome.about.jurisdiction = some(by);
        Outcome { issuer: some(read_by), ..outcome }
    }

    #[test]
    fn exact_folded_and_wrong_are_told_apart() {
        assert_eq!(outcome("ABC123", "ABC123", "accepted").verdict(), Verdict::Exact);
        assert_eq!(outcome("ABC-123", "abc 123", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("DROPOUT", "DR0P0UT", "in-review").verdict(), Verdict::Folded);
        assert_eq!(outcome("I0I", "1O1", "in-review").verdict(), Verdict::Folded);
        assert_eq!(outcome("ABC123", "ABC12", "in-review").verdict(), Verdict::Wrong);
        assert_eq!(outcome("ABC123", "", "in-review").verdict(), Verdict::Wrong);
    }

    #[test]
    fn a_photo_without_a_plate_is_right_unless_something_was_accepted() {
        assert_eq!(outcome("", "", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("", "SPEED55", "in-review").verdict(), Verdict::Exact);
        assert_eq!(outcome("", "SPEED55", "accepted").verdict(), Verdict::Wrong);
    }
}
