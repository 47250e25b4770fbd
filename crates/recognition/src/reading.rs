//! What reading one photo gives.

use crate::stages::Stages;
use crate::vehicle::Vehicle;
use serde::{Deserialize, Serialize};
use tollbooth_plate::{PlateSighting, TextLine};

/// Everything read from one photo. Serialises to the raw reply that is kept with a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Width of the photo as shown, in pixels; all coordinates refer to it.
    pub width: u32,
    /// Height of the photo as shown, in pixels.
    pub height: u32,
    /// Every line of text found; first those of the look that settled the plate, each look top to bottom.
    pub lines: Vec<TextLine>,
    /// The lines that can be plates, most plausible first; empty when there is none.
    pub plates: Vec<PlateSighting>,
    /// Whether there is a vehicle; asked only where there is no plate, and `None` too where it is too dark to tell.
    #[serde(default)]
    pub vehicle: Option<Vehicle>,
    /// The models and rules that read the photo; changes whenever the same photo could be read differently.
    pub model: String,
    /// Where the time went.
    pub stages: Stages,
}
