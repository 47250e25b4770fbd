//! Why a photo could not be read, split by whose fault it is.
//!
//! A damaged photo goes to a person and trying again does not help; a model that does not run is the
//! installation's fault and no photo should be blamed for it.

use thiserror::Error;

/// Why a photo could not be read. None of these means "no plate": that is an empty list of plates.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecognitionError {
    /// The photo's data is cut off or broken. The same bytes will never be readable.
    #[error("the photo is damaged: {reason}")]
    DamagedImage {
        /// What is broken, for an operator to read.
        reason: String,
    },
    /// The bytes are no photo of a format that is read here (JPEG, PNG, WebP).
    #[error("unsupported photo format: {reason}")]
    UnsupportedFormat {
        /// What was found.
        reason: String,
    },
    /// The photo has more pixels than the limit; it was not decoded.
    #[error(
        "the photo has {pixels} pixels, more than the limit of {limit}; have the camera send a smaller one or raise the limit"
    )]
    TooManyPixels {
        /// Pixels stated by the header.
        pixels: u64,
        /// The limit in force.
        limit: u64,
    },
    /// The photo was decoded and shows nothing: it is black or of one brightness all over.
    #[error("{reason}")]
    EmptyFrame {
        /// What it looks like and what to check.
        reason: &'static str,
    },
    /// A model could not be loaded or run. Check the installation: `scripts/models` fetches the right files.
    #[error("the {model} model failed: {reason}; fetch the models again with scripts/models and rebuild")]
    Model {
        /// Which model: `detection` or `recognition`.
        model: &'static str,
        /// What went wrong.
        reason: String,
    },
}
