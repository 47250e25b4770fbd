//! A vehicle seen from behind: in which order its parts are painted. The parts themselves are in `body`, `greenhouse` and
//! `rear`.

use crate::dice::Dice;
use crate::plan::VehiclePlan;
use crate::stage::Stage;
use crate::{body, greenhouse, markings, plate_face, rear};

/// Paints a vehicle and what hangs on it.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &VehiclePlan, dice: &mut Dice) {
    let body = plan.style.body();
    body::shadow(stage, plan, &body);
    body::flank(stage, plan, &body);
    body::wheels(stage, plan, &body);
    greenhouse::paint(stage, plan, &body, dice);
    body::tail(stage, plan, &body);
    rear::paint(stage, plan, &body, dice);
    markings::paint(stage, plan);
    let plane = plate_face::plane(&plan.pose, plan.style);
    match &plan.plate {
        Some(plate) => plate_face::paint(stage, &plane, plate, dice),
        None => plate_face::empty_holder(stage, &plane),
    }
}
