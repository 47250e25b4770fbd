//! Draws plausible photos of vehicles at a toll booth, each with the plate that is on it.
//!
//! Why: a demo needs passages, a load test needs thousands of different photos, and a recogniser's
//! error rate of a fraction of a percent cannot be measured on the hundred real photos there are.
//!
//! Invariants
//! - A seed and its options decide every byte of a photo; no clock, no thread that drew it, no global state.
//! - The truth returned with a photo is what was painted, taken from the same plan, never parsed back.
//! - A plate is reported only where a patient person could read it from the pixels.
//!
//! What it must not do: stand in for the road. Fonts, light and dirt are simplifications; figures
//! measured here compare versions of a recogniser, they do not predict its rate on real traffic.
//!
//! ```
//! use tollbooth_simulator::{Scene, SceneOptions};
//!
//! let photo = Scene::draw(42, &SceneOptions::clear_day())?;
//! assert!(photo.readable && !photo.plate.is_empty());
//! # Ok::<(), tollbooth_simulator::SimulatorError>(())
//! ```

mod air;
mod backdrop;
mod body;
mod canvas;
mod conditions;
mod copies;
mod design;
mod dice;
mod distort;
mod error;
mod folder;
mod frame_plan;
mod greenhouse;
mod label;
mod lens;
mod light;
mod markings;
mod measures;
mod options;
mod plan;
mod plate_face;
mod projection;
mod rear;
mod road;
mod scene;
mod serial;
mod shapes;
mod sheet;
mod stage;
mod stamp;
mod tone;
mod typeface;
mod vehicle;
mod wear;

pub use conditions::{Conditions, PlateLayout, SceneKind, TimeOfDay, UnreadableCause, VehicleStyle, Weather};
pub use copies::distort_folder;
pub use design::JURISDICTIONS;
pub use distort::Distortion;
pub use error::SimulatorError;
pub use folder::{FolderSummary, write_folder};
pub use options::{Likelihood, SceneOptions};
pub use road::{Legibility, PlateKind, RoadCase, RoadOptions};
pub use scene::{DrawnPhoto, PlateBox, RoadTruth, Scene};
