//! Everything that can go wrong while photos are drawn or written.

use std::path::PathBuf;

/// Why a photo could not be drawn or stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// An option is outside its range; nothing was drawn.
    #[error("scene option `{option}` {problem}")]
    Option {
        /// Name of the field of [`crate::SceneOptions`].
        option: &'static str,
        /// What is wrong with it and what it has to be.
        problem: String,
    },
    /// An embedded font could not be parsed: the build is broken, not the input.
    #[error("the embedded font {font} cannot be read; rebuild with the locked dependencies")]
    Font {
        /// Name of the typeface.
        font: &'static str,
    },
    /// No pixel buffer of this size could be had.
    #[error("no canvas of {width}x{height} pixels can be allocated; choose a smaller photo")]
    Canvas {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The finished picture could not be encoded as JPEG.
    #[error("the photo for seed {seed} could not be encoded as JPEG")]
    Encode {
        /// Seed of the photo.
        seed: u64,
        /// What the encoder said.
        source: jpeg_encoder::EncodingError,
    },
    /// A file of the output folder could not be written.
    #[error("{} could not be written; check that the folder exists and has room", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A photo that is to be copied could not be decoded.
    #[error("{} could not be decoded; JPEG, PNG and WebP can", path.display())]
    Photo {
        /// The photo.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
    /// The truth table of photos that are to be copied cannot be used.
    #[error("{}: {problem}", path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A row of the truth table could not be written.
    #[error("the truth table {} could not be written", path.display())]
    Truth {
        /// The table.
        path: PathBuf,
        /// What the CSV writer said.
        source: csv::Error,
    },
}
