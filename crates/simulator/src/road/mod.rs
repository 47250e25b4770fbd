//! What passes a booth on the road (preset `road`): who issued the plate, what kind of plate it is, what hangs around
//! it, what else carries writing, and which camera took the photo.
//!
//! The other presets mix states evenly, which is right for asking whether a text is read. Whether the right *person* is
//! billed depends on what passes: mostly plates of the booth's own state, and among them those of others that share its
//! formats. Formats, issuers, neighbours and the letters that are never issued come from `tollbooth-plate`, as the
//! recogniser knows them; how often each is met is the simulator's own estimate, so that what is measured is not the
//! judge's own prior.
//!
//! Draws come from a sequence of their own: presets that know no road keep their photos.

mod camera;
mod cases;
mod designs;
mod fleet;
mod frame;
mod legible;
mod mix;
mod options;
mod passing;
mod plates;
mod preset;
mod text;

pub(crate) use camera::{CameraLook, paint_overlays};
pub use cases::{PlateKind, RoadCase};
pub(crate) use designs::Heading;
pub(crate) use fleet::Marking;
pub use legible::Legibility;
pub(crate) use legible::{Sight, of as legibility};
pub use options::RoadOptions;
pub(crate) use plates::{EDGE_MM, RoadPlate, SLOGAN_MM};

use crate::conditions::VehicleStyle;
use crate::dice::{Dice, Purpose};
use crate::plan::Plan;

/// Vans that are drawn for the box of a trailer.
const TRAILERS_AMONG_VANS: f32 = 0.25;

/// Gives the vehicles of a plan the plates and the writing that pass at this booth, and the photo one of its cameras.
pub(crate) fn apply(plan: &mut Plan, seed: u64, road: &RoadOptions) {
    let mut dice = Dice::new(seed, Purpose::Road);
    plan.look = camera::draw(road, &mut dice);
    for vehicle in &mut plan.vehicles {
        let box_body = dice.chance(TRAILERS_AMONG_VANS) && vehicle.style == VehicleStyle::Van;
        let trailer = road.only.map_or(box_body, |only| only == RoadCase::Trailer);
        if let Some(plate) = &mut vehicle.plate {
            passing::put(plate, road, trailer, &mut dice);
        }
        vehicle.markings = fleet::draw(vehicle.style, road, &mut dice);
    }
}

/// What the subject of a plan shows of the cases of the road, in the order of [`RoadCase::ALL`].
pub(crate) fn cases(plan: &Plan) -> Vec<RoadCase> {
    let subject = plan.vehicles.last();
    let plate = subject.and_then(|vehicle| vehicle.plate.as_ref());
    let road = plate.and_then(|plate| plate.road.as_ref());
    let holds = |case: RoadCase| match case {
        RoadCase::CameraStamp => !plan.look.overlays.is_empty() && plate.is_some(),
        RoadCase::StampAlone => !plan.look.overlays.is_empty() && plate.is_none(),
        RoadCase::FleetNumber => subject.is_some_and(|vehicle| !vehicle.markings.is_empty()),
        RoadCase::ForeignFrame => road.is_some_and(RoadPlate::names_another_state),
        RoadCase::SloganOnly => {
            plate.is_some_and(|plate| road.is_some_and(|road| road.shows_slogan_only(&plate.design)))
        }
        RoadCase::Mirrored => plan.look.mirrored,
        RoadCase::Turned => plan.look.turned,
        RoadCase::Personalised
        | RoadCase::Temporary
        | RoadCase::Dealer
        | RoadCase::Trailer
        | RoadCase::Government
        | RoadCase::Nation
        | RoadCase::Foreign => road.is_some_and(|road| road.kind.case() == Some(case)),
    };
    RoadCase::ALL.iter().copied().filter(|case| holds(*case)).collect()
}
