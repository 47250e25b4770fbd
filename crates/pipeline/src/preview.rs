//! What today's rules would make of passages that were decided before: who looks first knows what sending them through again
//! would change.
//!
//! Nothing is decided here, and what was billed stays billed. A photo is not read again either: what was read is judged, so a
//! newer recogniser may find more.

use crate::judge::Decision;
use crate::reason::{ReviewReason, named};

named! {
    /// What another look would change about a passage.
    Change, "change" {
        /// Nothing: the same plate for the same issuer, or a person for the same reason.
        Same = "same",
        /// A person looks because of what the judge made of it, and none would have to: it would be accepted.
        WouldAccept = "would-accept",
        /// It was accepted by the machine, and a person would be asked.
        WouldAsk = "would-ask",
        /// The machine accepted it, and would accept it for another plate or issuer.
        WouldBillOther = "would-bill-other",
        /// A person looks, and would for another reason or with another suggestion.
        OtherReason = "other-reason",
        /// A person decided it, and the machine would accept the same.
        AgreesWithPerson = "agrees-with-person",
        /// A person decided it, and the machine would accept something else, or what the person rejected.
        ContradictsPerson = "contradicts-person",
        /// A person decided it, and a person would be asked again.
        LeavesToPerson = "leaves-to-person",
    }
}

/// How a passage stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The machine accepted this plate of this issuer.
    ByMachine {
        /// As it is billed.
        plate: &'a str,
        /// Of this issuer.
        issuer: &'a str,
    },
    /// A person decided: a plate of an issuer, or that nothing can be billed.
    ByPerson(Option<(&'a str, &'a str)>),
    /// It waits for a person.
    InReview {
        /// Review reason.
        reason: &'a str,
        /// The plate that is suggested.
        suggestion: Option<&'a str>,
    },
}

/// Reasons that a reading and the judge's word on it do not settle: what other passages, the file or a person say of it.
const BESIDE_THE_JUDGE: [&str; 8] = [
    ReviewReason::ImageDamaged.as_str(),
    ReviewReason::RepeatedFrame.as_str(),
    ReviewReason::PossibleDouble.as_str(),
    ReviewReason::PossibleTow.as_str(),
    ReviewReason::LookAlike.as_str(),
    ReviewReason::OpinionsDiffer.as_str(),
    ReviewReason::Reopened.as_str(),
    ReviewReason::RefusedByBilling.as_str(),
];

/// What `decision` would change about a passage that stands like this.
#[must_use]
pub fn change(standing: &Standing<'_>, decision: &Decision) -> Change {
    match (standing, decision) {
        (Standing::ByMachine { plate: before, issuer }, Decision::Accept { plate, jurisdiction, .. }) => {
            if before == plate && issuer == jurisdiction { Change::Same } else { Change::WouldBillOther }
        }
        (Standing::ByMachine { .. }, Decision::Review { .. }) => Change::WouldAsk,
        (Standing::ByPerson(Some((before, issuer))), Decision::Accept { plate, jurisdiction, .. })
            if before == plate && issuer == jurisdiction =>
        {
            Change::AgreesWithPerson
        }
        (Standing::ByPerson(_), Decision::Accept { .. }) => Change::ContradictsPerson,
        (Standing::ByPerson(_), Decision::Review { .. }) => Change::LeavesToPerson,
        // The judge has nothing to say to what keeps it there.
        (Standing::InReview { reason, .. }, Decision::Accept { .. }) if BESIDE_THE_JUDGE.contains(reason) => {
            Change::Same
        }
        (Standing::InReview { .. }, Decision::Accept { .. }) => Change::WouldAccept,
        (Standing::InReview { reason: before, suggestion: shown }, Decision::Review { reason, suggestion, .. }) => {
            let is_same = *before == reason.as_str() && *shown == suggestion.as_deref();
            if is_same { Change::Same } else { Change::OtherReason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::JurisdictionSource;

    fn accept(plate: &str, issuer: &str) -> Decision {
        let (plate, jurisdiction) = (plate.to_owned(), issuer.to_owned());
        Decision::Accept { plate, jurisdiction, source: JurisdictionSource::Read, confidence: 0.99 }
    }

    fn ask(reason: ReviewReason, suggestion: &str) -> Decision {
        Decision::Review { reason, detail: String::new(), suggestion: Some(suggestion.to_owned()) }
    }

    #[test]
    fn every_change_is_told_apart() {
        let machine = Standing::ByMachine { plate: "ABC1234", issuer: "us-tx" };
        let person = Standing::ByPerson(Some(("ABC1234", "us-tx")));
        let rejected = Standing::ByPerson(None);
        let waiting = Standing::InReview { reason: "issuer-unclear", suggestion: Some("ABC1234") };
        let double = Standing::InReview { reason: "possible-double", suggestion: Some("ABC1234") };
        let unclear = ask(ReviewReason::IssuerUnclear, "ABC1234");
        for (standing, decision, expected) in [
            (&machine, accept("ABC1234", "us-tx"), Change::Same),
            (&machine, accept("ABC1234", "us-ok"), Change::WouldBillOther),
            (&machine, accept("ABC1Z34", "us-tx"), Change::WouldBillOther),
            (&machine, unclear.clone(), Change::WouldAsk),
            (&person, accept("ABC1234", "us-tx"), Change::AgreesWithPerson),
            (&person, accept("ABC1234", "us-ok"), Change::ContradictsPerson),
            (&person, unclear.clone(), Change::LeavesToPerson),
            (&rejected, accept("ABC1234", "us-tx"), Change::ContradictsPerson),
            (&waiting, accept("ABC1234", "us-tx"), Change::WouldAccept),
            (&waiting, unclear, Change::Same),
            (&double, accept("ABC1234", "us-tx"), Change::Same),
            (&double, ask(ReviewReason::LowConfidence, "ABC1234"), Change::OtherReason),
            (&waiting, ask(ReviewReason::LowConfidence, "ABC1234"), Change::OtherReason),
            (&waiting, ask(ReviewReason::IssuerUnclear, "ABC1Z34"), Change::OtherReason),
        ] {
            assert_eq!(change(standing, &decision), expected, "{standing:?} {decision:?}");
        }
    }
}
