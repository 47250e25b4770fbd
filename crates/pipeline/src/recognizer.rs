//! The recognisers an operator can choose from.
//!
//! A name here is what settings, attempts and budgets know a recogniser by; which component answers to it is the
//! manifest's business: `in-process` is whatever is composed into the reading stage, a service is a component on the
//! private route `recognizer-<name>`.

use crate::reason::named;

named! {
    /// Who can be asked to read a photo.
    Recognizer, "recognizer" {
        /// The one composed into the reading stage; costs nothing but CPU.
        InProcess = "in-process",
        /// Azure AI Vision, Image Analysis 4.0.
        AzureVision = "azure-vision",
        /// Plate Recognizer Snapshot, cloud or self-hosted.
        PlateRecognizer = "plate-recognizer",
        /// A component of the operator's own that speaks the contract.
        Custom = "custom",
    }
}

impl Recognizer {
    /// True for recognisers behind HTTP: they have a circuit, a budget and a rate.
    #[must_use]
    pub const fn is_service(self) -> bool {
        !matches!(self, Self::InProcess)
    }
}
