//! The words for kinds of plates and for what makes a plate easy to bill to the wrong person.

use tollbooth_plate::issuer::{DEALER, TEMPORARY};

use crate::conditions::vocabulary;

vocabulary! {
    /// What kind of plate it is.
    PlateKind {
        /// A series of its issuer.
        Standard = "standard",
        /// Characters chosen by the owner.
        Personalised = "personalised",
        /// A buyer's or permit holder's plate for some weeks.
        Temporary = "temporary",
        /// A dealer's plate for test drives.
        Dealer = "dealer",
        /// A trailer's.
        Trailer = "trailer",
        /// A plate of the federal government.
        Government = "government",
        /// A plate of a tribal nation.
        Nation = "nation",
        /// A plate of a Canadian province or a Mexican state.
        Foreign = "foreign",
    }
}

vocabulary! {
    /// What people in the trade reported as billed wrongly, as words of the column `condition`.
    ///
    /// Each can be asked for alone ([`crate::RoadOptions::only`]), so that a test draws what it is about.
    RoadCase {
        /// The camera's own name or the date stands in the picture, beside a plate.
        CameraStamp = "camera-stamp",
        /// The same, and there is no plate: the stamp is the only text.
        StampAlone = "stamp-alone",
        /// A unit number, a phone number or a US DOT number on the vehicle.
        FleetNumber = "fleet-number",
        /// The frame around the plate names a state that did not issue it.
        ForeignFrame = "foreign-frame",
        /// A frame covers the state's name; its slogan is there.
        SloganOnly = "slogan-only",
        /// The camera looks into a mirror.
        Mirrored = "mirrored",
        /// The camera hangs upside down.
        Turned = "turned",
        /// See [`PlateKind::Personalised`].
        Personalised = "personalised",
        /// See [`PlateKind::Temporary`].
        Temporary = "temporary",
        /// See [`PlateKind::Dealer`].
        Dealer = "dealer",
        /// See [`PlateKind::Trailer`].
        Trailer = "trailer",
        /// See [`PlateKind::Government`].
        Government = "government",
        /// See [`PlateKind::Nation`].
        Nation = "nation",
        /// See [`PlateKind::Foreign`].
        Foreign = "foreign",
    }
}

impl PlateKind {
    /// What the issuer's code ends with: whose register the owner stands in.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Temporary => TEMPORARY,
            Self::Dealer => DEALER,
            Self::Standard | Self::Personalised | Self::Trailer | Self::Government | Self::Nation | Self::Foreign => "",
        }
    }

    /// The case it is; none for what is meant to be billed without a second look.
    pub(crate) const fn case(self) -> Option<RoadCase> {
        match self {
            Self::Standard => None,
            Self::Personalised => Some(RoadCase::Personalised),
            Self::Temporary => Some(RoadCase::Temporary),
            Self::Dealer => Some(RoadCase::Dealer),
            Self::Trailer => Some(RoadCase::Trailer),
            Self::Government => Some(RoadCase::Government),
            Self::Nation => Some(RoadCase::Nation),
            Self::Foreign => Some(RoadCase::Foreign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_plate_and_its_case_are_one_word() {
        for kind in PlateKind::ALL {
            assert!(kind.case().is_none_or(|case| case.as_str() == kind.as_str()), "{kind}");
        }
    }
}
