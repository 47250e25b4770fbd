//! Why a person must look at a passage, and why a person rejected one.

/// An enum whose variants have names: one list for the code, the database, the API and the documents.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code used in the database, the API and the events.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::reason::UnknownCode;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or_else(|| $crate::reason::UnknownCode {
                    what: $what,
                    code: text.to_owned(),
                    known: Self::ALL.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(crate) use named;

/// A code that is not on the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is no {what}; expected one of {known}")]
pub struct UnknownCode {
    /// What was expected.
    pub what: &'static str,
    /// What was given.
    pub code: String,
    /// The list.
    pub known: String,
}

named! {
    /// Why a passage is in review.
    ReviewReason, "review reason" {
        /// The recogniser looked and found no plate.
        NoPlateFound = "no-plate-found",
        /// The recogniser looked and found neither a plate nor a vehicle.
        NoVehicleFound = "no-vehicle-found",
        /// There is something like a plate, but nothing on it can be read with any certainty.
        PlateUnreadable = "plate-unreadable",
        /// The best text is not certain enough to bill.
        LowConfidence = "low-confidence",
        /// Two texts for the plate are too close to call.
        AmbiguousCandidates = "ambiguous-candidates",
        /// More than one plate could be the vehicle's.
        SeveralPlates = "several-plates",
        /// The plate is cut by the edge of the photo.
        PlateCutOff = "plate-cut-off",
        /// The photo is incomplete or cannot be decoded.
        ImageDamaged = "image-damaged",
        /// The photo is black or of one brightness all over: somebody should look at the camera.
        FrameEmpty = "frame-empty",
        /// The same frame came from the same booth with another capture time or lane.
        RepeatedFrame = "repeated-frame",
        /// The same or nearly the same plate was accepted at the same booth moments before or after.
        PossibleDouble = "possible-double",
        /// The plate differs in one easily confused character from one that passes here often, or was misread before.
        LookAlike = "look-alike",
        /// Another plate was accepted in the same lane moments before or after: a vehicle and what it tows?
        PossibleTow = "possible-tow",
        /// The plate names another jurisdiction than the booth's.
        JurisdictionConflict = "jurisdiction-conflict",
        /// Who issued the plate is not known well enough to bill anybody.
        IssuerUnclear = "issuer-unclear",
        /// The plate's issuer is known, and is none that may be billed without a person.
        IssuerNotBilled = "issuer-not-billed",
        /// The text may be a camera's stamp, a unit or fleet number or a sign instead of a plate.
        MayBeNoPlate = "may-be-no-plate",
        /// The photo seems to be mirrored or upside down: somebody should look at the camera.
        PhotoTurned = "photo-turned",
        /// No reading after all attempts.
        RecognizerExhausted = "recognizer-exhausted",
        /// The recogniser refuses our credentials.
        RecognizerUnauthorized = "recognizer-unauthorized",
        /// The budget for paid readings is spent.
        BudgetSpent = "budget-spent",
        /// Two recognisers were asked and do not agree on the plate.
        OpinionsDiffer = "opinions-differ",
        /// The photo is not in the store although it was acknowledged: an operator must look.
        PhotoMissing = "photo-missing",
        /// The stored photo is not the one that was acknowledged: an operator must look.
        PhotoChanged = "photo-changed",
        /// Drawn for quality assurance: kept back from everybody who reviews, who is told `unprompted`.
        QualitySample = "quality-sample",
        /// Read as if nobody had read it before: what the machine or others read, and why it waits, is kept back.
        Unprompted = "unprompted",
        /// Independent answers differ: a supervisor decides.
        Disputed = "disputed",
        /// A supervisor opened it again.
        Reopened = "reopened",
        /// Billing refused its line: the detail is billing's reason.
        RefusedByBilling = "refused-by-billing",
    }
}

named! {
    /// Why a reviewer rejected a passage: the codes toll operators report by.
    RejectCode, "reject code" {
        /// Blurred or distorted.
        Blurred = "blurred",
        /// Plate damaged.
        DamagedPlate = "damaged-plate",
        /// Image too dark.
        TooDark = "too-dark",
        /// Image too light.
        TooLight = "too-light",
        /// The photo is missing or cannot be shown.
        MissingImage = "missing-image",
        /// The vehicle carries no plate.
        NoPlate = "no-plate",
        /// No vehicle in the photo.
        NoVehicle = "no-vehicle",
        /// The plate is cut off.
        PlateCutOff = "plate-cut-off",
        /// The plate is obstructed.
        PlateObstructed = "plate-obstructed",
        /// A trailer's plate hides the vehicle's.
        TrailerPlate = "trailer-plate",
        /// Temporary or paper plate.
        TemporaryPlate = "temporary-plate",
        /// Foreign plate that cannot be billed.
        ForeignPlate = "foreign-plate",
        /// The plate's issuer (a tribal nation, the government, …) cannot be billed.
        IssuerNotBilled = "issuer-not-billed",
        /// The same crossing is already billed by another photo.
        DoubleCrossing = "double-crossing",
        /// Anything else; needs a remark.
        Other = "other",
    }
}

/// Who is to blame: contracts count the two apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Camera, light, transmission: ours.
    System,
    /// The vehicle or its plate.
    Vehicle,
}

impl Blame {
    /// The name in the history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Vehicle => "vehicle",
        }
    }
}

impl RejectCode {
    /// Whether the operator's equipment or the vehicle is the cause.
    #[must_use]
    pub const fn blame(self) -> Blame {
        match self {
            Self::Blurred
            | Self::TooDark
            | Self::TooLight
            | Self::MissingImage
            | Self::NoVehicle
            | Self::PlateCutOff
            | Self::DoubleCrossing
            | Self::Other => Blame::System,
            Self::DamagedPlate
            | Self::NoPlate
            | Self::PlateObstructed
            | Self::TrailerPlate
            | Self::TemporaryPlate
            | Self::ForeignPlate
            | Self::IssuerNotBilled => Blame::Vehicle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip_through_its_name() {
        for reason in ReviewReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        for code in RejectCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
    }

    #[test]
    fn an_unknown_code_is_answered_with_the_list() {
        let error = "too-grey".parse::<RejectCode>().unwrap_err().to_string();
        assert!(error.contains("too-grey") && error.contains("too-dark"), "{error}");
    }
}
