//! The networks' bytes, embedded in a component or read from the folder that `scripts/models` fills.

use std::borrow::Cow;
#[cfg(not(target_family = "wasm"))]
use std::{io, path::Path};

/// The three networks, as ONNX.
#[derive(Debug, Clone)]
pub struct Models {
    /// Where text is.
    pub detection: Cow<'static, [u8]>,
    /// What it says.
    pub recognition: Cow<'static, [u8]>,
    /// Whether a photo without a plate shows a vehicle.
    pub vehicle: Cow<'static, [u8]>,
}

impl Models {
    /// Reads them from the folder that `scripts/models` fills.
    ///
    /// # Errors
    /// When one of them cannot be read; the error names it.
    #[cfg(not(target_family = "wasm"))]
    pub fn read(folder: &Path) -> io::Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            let told = |error: io::Error| {
                io::Error::new(error.kind(), format!("{}: {error}; run scripts/models first", path.display()))
            };
            std::fs::read(&path).map(Cow::Owned).map_err(told)
        };
        Ok(Self {
            detection: read("plate_detection.onnx")?,
            recognition: read("plate_recognition.onnx")?,
            vehicle: read("vehicle.onnx")?,
        })
    }
}
