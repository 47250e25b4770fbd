//! What a plate on the road has beyond one of the other presets, decided before anything is painted.

use tollbooth_plate::jurisdiction;

use crate::design::Design;
use crate::frame_plan::FramePlan;

use super::PlateKind;
use super::designs::Heading;
use super::frame::Frame;

/// What a plate on the road has beyond one of the other presets.
#[derive(Debug, Clone)]
pub(crate) struct RoadPlate {
    /// Whose register the owner stands in: `us-tx`, `us-tx-temporary`, `us-cherokee-nation`.
    pub(crate) issuer: String,
    pub(crate) kind: PlateKind,
    pub(crate) heading: Heading,
    pub(crate) frame: Option<Frame>,
}

/// Height of a slogan's capitals in millimetres.
pub(crate) const SLOGAN_MM: f32 = 10.0;

impl RoadPlate {
    /// Whether the frame names a state that did not issue the plate.
    pub(crate) fn names_another_state(&self) -> bool {
        self.frame_names().is_some_and(|code| !self.issuer.starts_with(code))
    }

    /// The state that the frame names, `us-tx`.
    pub(crate) fn frame_names(&self) -> Option<&'static str> {
        self.frame.as_ref().and_then(|frame| frame.names)
    }

    /// Shares of name and slogan that the frame leaves to be seen, `0.0..=1.0`; 0 of a line that does not tell who issued
    /// the plate, like a county or what the plate is for.
    pub(crate) fn shown(&self, design: &Design) -> (f32, f32) {
        let bars = self.frame.as_ref().map_or(FramePlan::NONE, |frame| frame.bars);
        let left = |capital: f32, bar: f32| ((EDGE_MM + capital - bar) / capital).clamp(0.0, 1.0);
        let (name_bar, slogan_bar) = if self.heading.below { (bars.bottom, bars.top) } else { (bars.top, bars.bottom) };
        let (name, slogan) = (left(self.heading.capital, name_bar), left(SLOGAN_MM, slogan_bar));
        (name, if names(design.footer, &self.issuer) { slogan } else { 0.0 })
    }

    /// Whether the frame covers the issuer's name and leaves the slogan.
    pub(crate) fn shows_slogan_only(&self, design: &Design) -> bool {
        let (name, slogan) = self.shown(design);
        name < 0.3 && slogan > 0.9
    }
}

/// Distance of both lines from the plate's edges in millimetres.
pub(crate) const EDGE_MM: f32 = 11.0;

/// Whether a line tells who issued a plate.
pub(super) fn names(line: &str, issuer: &str) -> bool {
    jurisdiction::read(line, 1.0).is_some_and(|named| issuer.starts_with(&named.code))
}
