//! The types of plates: what a register tells apart beside serial and issuer.
//!
//! A serial names an owner only together with its issuer and, where an issuer gives the same serial on plates of several types (a
//! car's and a trailer's), with the type. Who recognises sees letters; a person who looks at the photo sees the plate, so people
//! record the type, and only where they know it: no type means that nobody said one, never `passenger`.
//!
//! The list is closed, so that billing can rely on it, and as short as what registers are asked with: the codes of the plate
//! types in NLETS and in toll interoperability files are finer, and differ by issuer.

use crate::reason::named;

named! {
    /// What kind of plate it is.
    PlateType, "plate type" {
        /// Of a car, in the issuer's standard series.
        Passenger = "passenger",
        /// Of a truck, a bus or a van for hire or trade, registered in one jurisdiction.
        Commercial = "commercial",
        /// Of a truck or bus of the International Registration Plan: `APPORTIONED`, `APP`, `PRP`.
        Apportioned = "apportioned",
        /// Of what is towed. Its owner may be another one than the tractor's.
        Trailer = "trailer",
        /// Of a motorcycle.
        Motorcycle = "motorcycle",
        /// Of a government, its services, or a diplomatic mission.
        Government = "government",
        /// Of a dealer or maker: on whatever vehicle is driven.
        Dealer = "dealer",
        /// For a short time: paper, or metal of its own colours.
        Temporary = "temporary",
        /// Letters and digits that the owner chose.
        Personalised = "personalised",
        /// Of a special design: an organisation, a university, veterans, disability, antique.
        Specialty = "specialty",
    }
}

/// Issuers that are governments: what they issue is of one type (`crates/plate` knows them by their marks).
const GOVERNMENTS: [&str; 3] = ["us-gov", "us-usps", "us-ofm"];

impl PlateType {
    /// The types that an issuer issues.
    #[must_use]
    pub fn of_issuer(issuer: &str) -> &'static [Self] {
        if GOVERNMENTS.contains(&issuer) { &[Self::Government] } else { Self::ALL }
    }

    /// Checks that an issuer issues plates of this type.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check(self, issuer: &str) -> Result<(), String> {
        let issued = Self::of_issuer(issuer);
        if issued.contains(&self) {
            return Ok(());
        }
        let named: Vec<_> = issued.iter().map(|each| each.as_str()).collect();
        Err(format!("plate_type: {issuer} issues no plates of the type {self}; it issues {}", named.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_issue_every_type_and_governments_their_own() {
        for each in PlateType::ALL {
            assert_eq!(each.check("us-tx"), Ok(()));
            assert_eq!(each.check("us-gov").is_ok(), *each == PlateType::Government);
        }
        let wrong = PlateType::Trailer.check("us-usps").unwrap_err();
        assert!(
            wrong.contains("us-usps") && wrong.contains("trailer") && wrong.contains("it issues government"),
            "{wrong}"
        );
    }
}
