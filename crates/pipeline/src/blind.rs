//! Reviews that are read without a suggestion, and what several independent answers amount to.
//!
//! The error of automatic acceptance is measured on a share of what the judge accepted: people read these photos as if
//! nobody had read them before. Nobody may be able to tell such a sample from other work, so a share of ordinary reviews
//! looks the same, and which ones are drawn depends on a secret of the ledger: a passage's id is no secret.

use crate::ident::sha256_hex;
use crate::plate_type::PlateType;
use crate::reason::{ReviewReason, named};

named! {
    /// Why a review is read without a suggestion.
    Origin, "origin of a blind review" {
        /// The judge had accepted the plate: its error is measured.
        Sample = "sample",
        /// It would be reviewed anyway; drawn so that a sample looks like it.
        Unprompted = "unprompted",
        /// Somebody has read it, and another person reads it again.
        Second = "second",
        /// A supervisor knows the answer and compares others with it.
        Seeded = "seeded",
    }
}

named! {
    /// Where a blind review is.
    Standing, "standing of a blind review" {
        /// Answers are missing.
        Open = "open",
        /// Two answers differ: a supervisor decides.
        Disputed = "disputed",
        /// The answer is known.
        Settled = "settled",
        /// A supervisor opened it again after it was settled: whoever decides next says what is right.
        Reopened = "reopened",
        /// It counts for nothing: it was read anew, or the first answer was taken back.
        Void = "void",
    }
}

/// What somebody, or the judge, says of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is this plate of this issuer.
    Plate {
        /// Capital letters and digits.
        plate: String,
        /// `us-tx`
        issuer: String,
        /// What kind of plate it is, where a person said so; the judge never does.
        plate_type: Option<PlateType>,
    },
    /// It cannot be billed. Why does not matter for agreement: too dark for one person is blurred for another.
    Reject,
}

impl Answer {
    const fn plate_type(&self) -> Option<PlateType> {
        match self {
            Self::Plate { plate_type, .. } => *plate_type,
            Self::Reject => None,
        }
    }
}

/// What the answers so far amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighed {
    /// All that are needed are there and agree.
    Agreed,
    /// Another person must read it.
    Another,
    /// Two differ.
    Disputed,
}

/// Whether two answers bill the same owner. Of two types that were both said one is wrong, and the owner of a trailer is another one;
/// who leaves the type out has said nothing against it.
#[must_use]
pub fn agree(one: &Answer, other: &Answer) -> bool {
    let types = one.plate_type().zip(other.plate_type());
    error(one, other).is_none() && types.is_none_or(|(said, others)| said == others)
}

/// Weighs the answers of `people` (in any order, each of another person) and of the judge, where there is one. `needed` people must agree.
#[must_use]
pub fn weigh(machine: Option<&Answer>, people: &[Answer], needed: usize) -> Weighed {
    let all: Vec<&Answer> = machine.into_iter().chain(people).collect();
    // Each with each: one that leaves the type out agrees with two that differ in it.
    if all.iter().any(|one| all.iter().any(|other| !agree(one, other))) {
        return Weighed::Disputed;
    }
    if people.len() >= needed.max(1) { Weighed::Agreed } else { Weighed::Another }
}

/// How an answer errs against what is right.
#[must_use]
pub fn error(answer: &Answer, right: &Answer) -> Option<AnswerError> {
    match (answer, right) {
        (Answer::Plate { plate, .. }, Answer::Plate { plate: right, .. }) if plate != right => Some(AnswerError::Plate),
        (Answer::Plate { issuer, .. }, Answer::Plate { issuer: right, .. }) if issuer != right => {
            Some(AnswerError::Issuer)
        }
        (Answer::Plate { .. }, Answer::Reject) | (Answer::Reject, Answer::Plate { .. }) => {
            Some(AnswerError::Unbillable)
        }
        (Answer::Plate { .. }, Answer::Plate { .. }) | (Answer::Reject, Answer::Reject) => None,
    }
}

named! {
    /// What is wrong with an answer.
    AnswerError, "error of an answer" {
        /// Another text.
        Plate = "plate",
        /// The right text of another issuer: another person as well.
        Issuer = "issuer",
        /// A plate where nothing can be billed, or the other way round.
        Unbillable = "unbillable",
    }
}

/// Whether the photo alone answers the question, so that it can be read without a suggestion. Where the question is what
/// belongs together, what the camera did or what happened to the file, people must be told.
#[must_use]
pub const fn can_be_blind(reason: ReviewReason) -> bool {
    matches!(
        reason,
        ReviewReason::LowConfidence
            | ReviewReason::AmbiguousCandidates
            | ReviewReason::PlateUnreadable
            | ReviewReason::IssuerUnclear
            | ReviewReason::JurisdictionConflict
            | ReviewReason::OpinionsDiffer
    )
}

/// The lot of a passage among those of one origin, from 0 to less than 1: always the same for the same secret.
#[must_use]
pub fn lot(secret: &str, origin: Origin, passage: &str) -> f64 {
    let digest = sha256_hex(format!("{secret}/{origin}/{passage}").as_bytes());
    let draw = digest.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    f64::from(draw) / (f64::from(u32::MAX) + 1.0)
}

/// Whether a lot is among this share.
#[must_use]
pub fn is_drawn(lot: f64, percent: f64) -> bool {
    lot * 100.0 < percent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(plate: &str, issuer: &str) -> Answer {
        Answer::Plate { plate: plate.to_owned(), issuer: issuer.to_owned(), plate_type: None }
    }

    fn typed(plate_type: PlateType) -> Answer {
        Answer::Plate { plate: "ABC1234".to_owned(), issuer: "us-tx".to_owned(), plate_type: Some(plate_type) }
    }

    #[test]
    fn agreement_needs_as_many_people_as_were_asked_for_and_every_answer_to_be_the_same() {
        let (right, wrong) = (plate("ABC1234", "us-tx"), plate("A8C1234", "us-tx"));
        assert_eq!(weigh(None, &[], 1), Weighed::Another);
        assert_eq!(weigh(Some(&right), &[], 1), Weighed::Another, "the judge alone is nobody");
        assert_eq!(weigh(Some(&right), std::slice::from_ref(&right), 1), Weighed::Agreed);
        assert_eq!(weigh(Some(&right), std::slice::from_ref(&right), 2), Weighed::Another);
        assert_eq!(weigh(Some(&right), std::slice::from_ref(&wrong), 2), Weighed::Disputed);
        assert_eq!(weigh(None, &[right.clone(), right.clone()], 2), Weighed::Agreed);
        assert_eq!(weigh(None, &[right.clone(), plate("ABC1234", "us-ok")], 2), Weighed::Disputed);
        assert_eq!(weigh(None, &[right.clone(), Answer::Reject], 2), Weighed::Disputed);
        assert_eq!(weigh(None, &[Answer::Reject, Answer::Reject], 2), Weighed::Agreed);
        assert_eq!(weigh(Some(&right), &[right.clone(), wrong], 2), Weighed::Disputed);
    }

    #[test]
    fn two_types_that_were_said_differ_and_one_that_was_left_out_differs_from_none() {
        let (untyped, trailer, dealer) =
            (plate("ABC1234", "us-tx"), typed(PlateType::Trailer), typed(PlateType::Dealer));
        assert_eq!(weigh(None, &[trailer.clone(), dealer.clone()], 2), Weighed::Disputed);
        assert_eq!(weigh(Some(&untyped), &[trailer.clone(), dealer.clone()], 2), Weighed::Disputed);
        assert_eq!(weigh(None, &[untyped.clone(), trailer.clone(), dealer], 3), Weighed::Disputed);
        assert_eq!(weigh(None, &[trailer.clone(), untyped.clone()], 2), Weighed::Agreed);
        assert_eq!(weigh(Some(&untyped), &[trailer.clone(), trailer.clone()], 2), Weighed::Agreed);
        assert!(!agree(&trailer, &plate("ABC1234", "us-ok")) && !agree(&trailer, &Answer::Reject));
        assert_eq!(error(&untyped, &trailer), None, "the judge says nothing of the type, and cannot be wrong about it");
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_told_apart() {
        let right = plate("ABC1234", "us-tx");
        assert_eq!(error(&right, &right), None);
        assert_eq!(error(&Answer::Reject, &Answer::Reject), None);
        assert_eq!(error(&plate("A8C1234", "us-ok"), &right), Some(AnswerError::Plate));
        assert_eq!(error(&plate("ABC1234", "us-ok"), &right), Some(AnswerError::Issuer));
        assert_eq!(error(&right, &Answer::Reject), Some(AnswerError::Unbillable));
        assert_eq!(error(&Answer::Reject, &right), Some(AnswerError::Unbillable));
    }

    #[test]
    fn a_draw_takes_its_share_always_the_same_passages_and_others_under_another_secret_or_origin() {
        let drawn = |secret: &str, origin, n: u32| is_drawn(lot(secret, origin, &format!("psg_{n}")), 10.0);
        let share = (0..10_000).filter(|n| drawn("s", Origin::Sample, *n)).count();
        assert!((900..1100).contains(&share), "{share}");
        assert_eq!(drawn("s", Origin::Sample, 17), drawn("s", Origin::Sample, 17));
        for (secret, origin) in [("t", Origin::Sample), ("s", Origin::Unprompted)] {
            let met = (0..10_000).filter(|n| drawn("s", Origin::Sample, *n) && drawn(secret, origin, *n)).count();
            assert!((50..150).contains(&met), "{met} of about 100: the draws must not depend on each other");
        }
        assert!(is_drawn(0.999_999, 100.0) && !is_drawn(0.0, 0.0));
    }
}
