//! Windows and roof: what is above the belt line, and the bed of a pickup.

use crate::conditions::VehicleStyle;
use crate::dice::Dice;
use crate::measures::Body;
use crate::plan::VehiclePlan;
use crate::projection::at;
use crate::shapes::{rectangle, round_polygon, round_rectangle};
use crate::stage::Stage;
use crate::tone::Tone;

const GLASS_TOP: Tone = Tone::grey(86);
const GLASS_BOTTOM: Tone = Tone::grey(24);

/// Paints roof, pillars, side and rear windows. A van's box has them in its doors.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body, dice: &mut Dice) {
    if plan.style == VehicleStyle::Van {
        box_side(stage, plan, body);
        return;
    }
    side_window(stage, plan, body);
    roof(stage, plan, body);
    rear_window(stage, plan, body, dice);
    deck(stage, plan, body);
}

fn box_side(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let aside = plan.pose.aside(stage.camera.eye);
    if aside.abs() > body.half {
        let (low, high) = (body.half.copysign(aside), (body.half * 0.93).copysign(aside));
        let wall = [
            at(low, body.belt - 0.1, 0.0),
            at(high, body.roof, 0.06),
            at(high, body.roof, body.roof_end),
            at(low, body.belt - 0.1, body.length),
        ];
        stage.facet(&wall.map(|corner| plan.pose.point(corner)), plan.paint.times(0.72));
    }
}

fn side_window(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let aside = plan.pose.aside(stage.camera.eye);
    if aside.abs() <= body.roof_half {
        return;
    }
    let sign = 1.0_f32.copysign(aside);
    let frame = [
        at(sign * body.half * 0.95, body.belt - 0.03, body.glass_depth),
        at(sign * body.roof_half, body.roof, body.roof_depth),
        at(sign * body.roof_half, body.roof, body.roof_end),
        at(sign * body.half * 0.95, body.belt - 0.05, body.roof_end + 0.8),
    ];
    stage.facet(&frame.map(|corner| plan.pose.point(corner)), plan.paint.times(0.6));
    let blend = |low: f32, high: f32, share: f32| low + (high - low) * share;
    let pane = |z: f32, share: f32| {
        let x = sign * blend(body.half * 0.955, body.roof_half + 0.01, share);
        at(x, blend(body.belt, body.roof, share), z)
    };
    let (start, end) = (body.roof_depth + 0.15, body.roof_end + 0.3);
    let glass = [pane(start, 0.08), pane(start, 0.85), pane(end - 0.45, 0.85), pane(end, 0.08)];
    stage.facet(&glass.map(|corner| plan.pose.point(corner)), Tone::grey(34));
}

fn roof(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let half = body.roof_half;
    let panel = [
        at(-half, body.roof, body.roof_depth),
        at(half, body.roof, body.roof_depth),
        at(half * 0.94, body.roof + 0.02, body.roof_end),
        at(-half * 0.94, body.roof + 0.02, body.roof_end),
    ];
    stage.facet(&panel.map(|corner| plan.pose.point(corner)), plan.paint.mixed(Tone::WHITE, 0.2));
}

fn rear_window(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body, dice: &mut Dice) {
    let plane = plan.pose.leaning((body.belt - 0.02, body.glass_depth), (body.roof, body.roof_depth));
    let (low, high) = (body.half * 0.92, body.roof_half);
    let frame = round_polygon(&[(-low, 0.0), (-high, 1.03), (high, 1.03), (low, 0.0)], 0.06);
    stage.shade(&plane, frame, (1.0, plan.paint.mixed(Tone::WHITE, 0.15)), (0.0, plan.paint.times(0.85)));
    let glass =
        round_polygon(&[(-low * 0.88, 0.09), (-high * 0.9, 0.93), (high * 0.9, 0.93), (low * 0.88, 0.09)], 0.08);
    stage.shade(&plane, glass, (0.95, GLASS_TOP), (0.1, GLASS_BOTTOM));
    // Head rests behind the glass and a cloud mirrored in it.
    for x in [-0.42, 0.42] {
        stage.veil(&plane, round_rectangle(x - 0.13, 0.12, 0.26, 0.42, 0.09), Tone::grey(12), 0.55);
    }
    let slant = dice.between(-0.3, 0.3);
    let mirror =
        round_polygon(&[(slant - 0.3, 0.1), (slant - 0.08, 0.92), (slant + 0.12, 0.92), (slant - 0.04, 0.1)], 0.02);
    stage.veil(&plane, mirror, stage.light.sky_bottom, 0.13);
    if stage.light.lamps && plan.braking {
        stage.shine(&plane, round_rectangle(-0.16, 0.9, 0.32, 0.05, 0.02), Tone::rgb(255, 40, 30));
    }
}

/// The boot lid seen from above, or the bed of a pickup with its far wall.
fn deck(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let half = body.half * 0.93;
    // The near edge ends where the tail's corners begin to round.
    let near = half - 0.05;
    let surface = [(-near, 0.0), (near, 0.0), (half, body.glass_depth), (-half, body.glass_depth)];
    let corners = surface.map(|(x, z)| plan.pose.point(at(x, body.belt - 0.005, z)));
    match plan.style {
        VehicleStyle::Sedan => stage.facet(&corners, plan.paint.mixed(Tone::WHITE, 0.22)),
        VehicleStyle::Pickup => {
            stage.facet(&corners, Tone::grey(30));
            let wall = plan.pose.across(body.glass_depth);
            stage.fill(&wall, rectangle(-half, 0.7, half * 2.0, body.belt - 0.7), plan.paint.times(0.5));
            for x in [-half, half - 0.08] {
                let rail = [(x, 0.0), (x + 0.08, 0.0), (x + 0.08, body.glass_depth), (x, body.glass_depth)];
                let corners = rail.map(|(x, z)| plan.pose.point(at(x, body.belt, z)));
                stage.facet(&corners, plan.paint.mixed(Tone::WHITE, 0.1));
            }
        }
        VehicleStyle::Suv | VehicleStyle::Van => {}
    }
}
