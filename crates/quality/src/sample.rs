//! The sample: passages that the judge would have billed, read by people who did not know what it had read.

/// What is wrong with what the judge would have billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wrong {
    /// Another text.
    Plate,
    /// Another issuer of the same text.
    Issuer,
    /// Nothing can be billed.
    Unbillable,
}

/// Where a passage of the sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// People said what is right; `None`: the judge was.
    Known(Option<Wrong>),
    /// Answers differ, and nobody has decided: may be an error.
    Disputed,
    /// Nobody has read it yet.
    Unread,
}

/// A passage of the sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// Booth id.
    pub booth: String,
    /// Recogniser and model, `in-process paddleocr-5`.
    pub recognizer: String,
    /// Of the plate, as the judge has it, `us-tx`.
    pub issuer: String,
    /// The judge's confidence in the text, 0 to 1.
    pub confidence: f64,
    /// How often the issuer of such a plate is wrong, by the judge's reckoning; none where it is not known.
    pub wrong_person_percent: Option<f64>,
    /// Its lot, 0 to 1: drawn because it was below the share.
    pub lot: f64,
    /// The share that was in force, in percent.
    pub share_percent: f64,
    /// What came of it.
    pub outcome: Outcome,
}

/// The passages that would have been drawn had the smallest of the shares always been in force, and that share in percent.
///
/// While more was drawn at one time than at another, or at one booth than at another, the sample is not a likeness of all
/// that was accepted. Lots are kept, so those below the smallest share are: each accepted passage had the same chance to be
/// among them, and no weights are needed, which no exact bound knows. What is left out is still counted where shares are
/// the same, as at one booth.
#[must_use]
pub fn evenly_drawn<'a>(sample: &[&'a Sampled]) -> (Vec<&'a Sampled>, f64) {
    let smallest = sample.iter().map(|passage| passage.share_percent).fold(f64::INFINITY, f64::min);
    let even: Vec<&Sampled> = sample.iter().copied().filter(|passage| passage.lot * 100.0 < smallest).collect();
    (even, if smallest.is_finite() { smallest } else { 0.0 })
}

#[cfg(test)]
pub(crate) fn sampled(outcome: Outcome) -> Sampled {
    Sampled {
        booth: "north".to_owned(),
        recognizer: "in-process 1".to_owned(),
        issuer: "us-tx".to_owned(),
        confidence: 0.99,
        wrong_person_percent: Some(0.5),
        lot: 0.001,
        share_percent: 2.0,
        outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_at_a_higher_share_is_thinned_to_the_lowest() {
        let at = |lot, share_percent| Sampled { lot, share_percent, ..sampled(Outcome::Unread) };
        let all = [at(0.005, 1.0), at(0.005, 5.0), at(0.04, 5.0), at(0.011, 5.0)];
        let refs: Vec<&Sampled> = all.iter().collect();
        let (even, share) = evenly_drawn(&refs);
        assert_eq!((even.len(), share), (2, 1.0));
        assert_eq!(evenly_drawn(&refs[1..]).0.len(), 3, "one share: everything counts");
        assert_eq!(evenly_drawn(&[]), (vec![], 0.0));
    }
}
