//! The plate of a vehicle on the road: issuer, kind, characters, look and frame.

use crate::conditions::PlateLayout;
use crate::dice::Dice;
use crate::plan::PlatePlan;

use super::plates::{RoadPlate, names};
use super::{PlateKind, RoadCase, RoadOptions, designs, frame, mix, text};

/// Replaces design, characters and frame of a plate by what passes.
pub(super) fn put(plate: &mut PlatePlan, road: &RoadOptions, trailer: bool, dice: &mut Dice) {
    let (issuer, kind, design, heading) = loop {
        let (issuer, kind) = mix::draw(road, trailer, dice);
        let (design, heading) = designs::draw(issuer, kind, dice);
        // Not every base has a slogan that names its state.
        if road.only != Some(RoadCase::SloganOnly) || names(design.footer, issuer.code) {
            break (issuer, kind, design, heading);
        }
    };
    plate.serial = text::draw(issuer, kind, dice);
    plate.layout = if kind == PlateKind::Personalised { PlateLayout::Vanity } else { PlateLayout::Series };
    let frame = frame::draw(plate.framed, issuer.code, heading, road, dice);
    plate.design = design;
    plate.framed = frame.is_some();
    plate.road = Some(RoadPlate { issuer: format!("{}{}", issuer.code, kind.suffix()), kind, heading, frame });
}
