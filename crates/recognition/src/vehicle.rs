//! Whether a photo without a plate shows a vehicle at all.
//!
//! A plate that was not found is a case for a reviewer; an empty road is one for whoever set the camera's trigger. The
//! networks that read text cannot tell them apart, so a network that knows what things look like is asked, and only then.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::error::RecognitionError;
use crate::network::Network;
use crate::raster::Raster;
use serde::{Deserialize, Serialize};

/// The network looks at images of this width and height; a photo is squeezed into it.
const SIDE: usize = 224;
/// The network wants colours as (level - 127) / 128.
const MIDDLE_LEVEL: f32 = 127.0;
const LEVELS: f32 = 128.0;
/// Below this probability there is no vehicle. How that was chosen, and how often it is wrong, says `docs/recognition.md`.
const LEAST_PROBABILITY: f32 = 0.07;
/// In photos darker than this, on average, a vehicle is easily overlooked; levels of 256.
const LEAST_BRIGHTNESS: f32 = 24.0;

/// What a photo without a plate shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Probability of a vehicle or a part of one, 0..1. Not calibrated: vehicles mostly have far more than the threshold.
    pub probability: f32,
    /// Whether that is enough to say that there is one.
    pub is_seen: bool,
}

/// The network, loaded when it is first needed: most instances never see a photo without a plate.
pub(crate) struct VehicleFinder {
    model: Cow<'static, [u8]>,
    network: OnceLock<Network>,
}

impl VehicleFinder {
    pub(crate) fn new(model: Cow<'static, [u8]>) -> Self {
        Self { model, network: OnceLock::new() }
    }

    /// Looks at the whole photo, and where that shows no vehicle at the square in its middle. `None` when it is too dark to
    /// tell.
    pub(crate) fn look(&self, photo: &Raster) -> Result<Option<Vehicle>, RecognitionError> {
        let whole = photo.averaged(SIDE, SIDE);
        if whole.brightness() < LEAST_BRIGHTNESS {
            return Ok(None);
        }
        let mut probability = self.probability(&whole)?;
        if probability < LEAST_PROBABILITY {
            let side = photo.width.min(photo.height);
            let square = photo.part((photo.width - side) / 2, (photo.height - side) / 2, side, side);
            probability = probability.max(self.probability(&square.averaged(SIDE, SIDE))?);
        }
        Ok(Some(Vehicle { probability, is_seen: probability >= LEAST_PROBABILITY }))
    }

    fn probability(&self, image: &Raster) -> Result<f32, RecognitionError> {
        let network = match self.network.get() {
            Some(network) => network,
            None => {
                let loaded = Network::load("vehicle", self.model.clone())?;
                self.network.get_or_init(|| loaded)
            }
        };
        let planes = image.planes_of(SIDE, [0, 1, 2], |level| (level - MIDDLE_LEVEL) / LEVELS);
        let output = network.run(SIDE, SIDE, planes)?;
        match output.values.as_slice() {
            // A sum of probabilities may exceed 1 by rounding.
            [probability] => Ok(probability.clamp(0.0, 1.0)),
            other => Err(network.failed(format!("it gives {} numbers instead of one", other.len()))),
        }
    }
}
