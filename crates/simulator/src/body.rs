//! Sheet metal, wheels and the shadow beneath: the painted mass of a vehicle.

use crate::conditions::VehicleStyle;
use crate::measures::{Body, TRIM};
use crate::plan::VehiclePlan;
use crate::projection::{Vec3, at};
use crate::shapes::{ellipse, mirrored, rectangle, round_polygon, round_rectangle};
use crate::stage::Stage;
use crate::tone::Tone;

/// The dark ground under and around the vehicle, soft at its edge.
pub(crate) fn shadow(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let depth = stage.light.shadow;
    for (margin, share) in [(0.32, 0.25), (0.2, 0.3), (0.1, 0.35), (0.0, 0.6)] {
        let (half, back) = (body.half + margin, -0.25 - margin);
        let corners = [(-half, back), (half, back), (half + 0.1, body.length), (-half - 0.1, body.length)]
            .map(|(x, z)| plan.pose.point(at(x, 0.0, z)));
        stage.glaze(&corners, Tone::BLACK, depth * share);
    }
}

/// The side the camera sees, if it stands beside the vehicle.
pub(crate) fn flank(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let aside = plan.pose.aside(stage.camera.eye);
    if aside.abs() <= body.half {
        return;
    }
    let half = body.half.copysign(aside);
    let side =
        |points: &[(f32, f32)]| -> Vec<Vec3> { points.iter().map(|&(z, y)| plan.pose.point(at(half, y, z))).collect() };
    let (rear_axle, front_axle) = (0.95, body.length - 0.9);
    stage.facet(
        &side(&[(0.0, body.bottom), (body.length, body.bottom), (body.length, 0.75), (0.0, 0.75)]),
        plan.paint.times(0.55),
    );
    stage.facet(
        &side(&[(0.0, 0.72), (body.length, 0.72), (body.length, body.belt - 0.06), (0.0, body.belt)]),
        plan.paint.times(0.74),
    );
    for axle in [rear_axle, front_axle] {
        let arch: Vec<(f32, f32)> = HALF_CIRCLE.iter().map(|(x, y)| (axle + x * 0.42, 0.33 + y * 0.42)).collect();
        stage.facet(&side(&arch), Tone::grey(16));
        let tyre: Vec<(f32, f32)> = FULL_CIRCLE.iter().map(|(x, y)| (axle + x * 0.34, 0.34 + y * 0.34)).collect();
        stage.facet(&side(&tyre), Tone::grey(26));
        let rim: Vec<(f32, f32)> = FULL_CIRCLE.iter().map(|(x, y)| (axle + x * 0.21, 0.34 + y * 0.21)).collect();
        stage.facet(&side(&rim), Tone::grey(118));
    }
}

/// Unit circle in twelve steps; constants, because sine differs between platforms.
const FULL_CIRCLE: [(f32, f32); 12] = [
    (1.0, 0.0),
    (0.866, 0.5),
    (0.5, 0.866),
    (0.0, 1.0),
    (-0.5, 0.866),
    (-0.866, 0.5),
    (-1.0, 0.0),
    (-0.866, -0.5),
    (-0.5, -0.866),
    (0.0, -1.0),
    (0.5, -0.866),
    (0.866, -0.5),
];

/// Its upper half with a straight base: a wheel arch.
const HALF_CIRCLE: [(f32, f32); 9] = [
    (1.0, -0.2),
    (1.0, 0.0),
    (0.866, 0.5),
    (0.5, 0.866),
    (0.0, 1.0),
    (-0.5, 0.866),
    (-0.866, 0.5),
    (-1.0, 0.0),
    (-1.0, -0.2),
];

/// Rear tyres and the darkness between them.
pub(crate) fn wheels(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let plane = plan.pose.across(0.45);
    let below = rectangle(-body.half * 0.8, 0.16, body.half * 1.6, body.bottom + 0.1);
    stage.fill(&plane, below, Tone::grey(14));
    for side in [-1.0, 1.0] {
        let x = side * (body.half - 0.15) - 0.12;
        stage.fill(&plane, round_rectangle(x, 0.0, 0.24, 0.6, 0.05), Tone::grey(24));
        stage.fill(&plane, round_rectangle(x + 0.03, 0.01, 0.05, 0.5, 0.02), Tone::grey(34));
    }
}

/// The painted rear: tail with crease and seam, bumper, dark lower edge.
pub(crate) fn tail(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    match plan.style {
        VehicleStyle::Sedan | VehicleStyle::Suv => rounded_tail(stage, plan, body),
        VehicleStyle::Pickup => tailgate(stage, plan, body),
        VehicleStyle::Van => doors(stage, plan, body),
    }
    bumper(stage, plan, body);
}

fn rounded_tail(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let (plane, half) = (plan.pose.across(0.0), body.half);
    let outline = round_polygon(
        &[
            (-half, body.bottom),
            (-half, 0.72),
            (-half * 0.93, body.belt),
            (half * 0.93, body.belt),
            (half, 0.72),
            (half, body.bottom),
        ],
        0.1,
    );
    let (upper, lower) = (plan.paint.mixed(Tone::WHITE, 0.16), plan.paint.times(0.78));
    stage.shade(&plane, outline, (body.belt, upper), (0.5, lower));
    // The lid is set in between its seams and hollowed for the plate.
    let lid = round_polygon(&[(-0.62, 0.58), (-0.7, body.belt - 0.04), (0.7, body.belt - 0.04), (0.62, 0.58)], 0.08);
    stage.outline(&plane, lid, 0.012, plan.paint.times(0.35), 0.8);
    let holder = plan.style.plate_centre();
    let hollow = round_rectangle(-0.3, holder.y - 0.12, 0.6, 0.23, 0.05);
    stage.shade(&plane, hollow, (holder.y + 0.1, plan.paint.times(0.5)), (holder.y - 0.12, plan.paint.times(0.82)));
    let ridge = round_rectangle(-0.34, holder.y + 0.1, 0.68, 0.035, 0.015);
    stage.shade(
        &plane,
        ridge,
        (holder.y + 0.13, plan.paint.mixed(Tone::WHITE, 0.4)),
        (holder.y + 0.1, plan.paint.times(0.6)),
    );
}

fn tailgate(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let (plane, half) = (plan.pose.across(0.0), body.half);
    let outline = round_rectangle(-half, 0.62, half * 2.0, body.belt - 0.62, 0.05);
    let (upper, lower) = (plan.paint.mixed(Tone::WHITE, 0.12), plan.paint.times(0.75));
    stage.shade(&plane, outline, (body.belt, upper), (0.62, lower));
    let panel = round_rectangle(-0.72, 0.76, 1.44, body.belt - 0.84, 0.04);
    stage.shade(&plane, panel, (body.belt, plan.paint.times(0.82)), (0.76, plan.paint.mixed(Tone::WHITE, 0.06)));
    for x in [-0.8, 0.8] {
        stage.fill(&plane, rectangle(x - 0.006, 0.66, 0.012, body.belt - 0.68), plan.paint.times(0.3));
    }
    stage.fill(&plane, round_rectangle(-0.12, body.belt - 0.14, 0.24, 0.07, 0.02), TRIM);
}

fn doors(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let (plane, half) = (plan.pose.across(0.0), body.half);
    let outline = round_polygon(
        &[(-half, body.bottom), (-half * 0.93, body.roof), (half * 0.93, body.roof), (half, body.bottom)],
        0.12,
    );
    let (upper, lower) = (plan.paint.mixed(Tone::WHITE, 0.1), plan.paint.times(0.78));
    stage.shade(&plane, outline, (body.roof, upper), (0.5, lower));
    // The left door is the wider one, so the gap is beside the plate.
    stage.fill(&plane, rectangle(0.12, 0.5, 0.012, body.roof - 0.6), plan.paint.times(0.3));
    for edge in [
        [(0.2, 1.4), (0.2, 1.95), (0.74, 1.95), (0.78, 1.4)],
        mirrored([(0.02, 1.4), (0.02, 1.95), (0.74, 1.95), (0.78, 1.4)]),
    ] {
        stage.shade(&plane, round_polygon(&edge, 0.07), (1.95, Tone::grey(74)), (1.4, Tone::grey(28)));
    }
}

fn bumper(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body) {
    let plane = plan.pose.across(-0.04);
    let half = body.half * 0.99;
    match plan.style {
        VehicleStyle::Pickup => {
            let bar = round_rectangle(-half, 0.48, half * 2.0, 0.26, 0.04);
            stage.shade(&plane, bar, (0.74, Tone::grey(205)), (0.5, Tone::grey(96)));
            stage.fill(&plane, round_rectangle(-0.24, 0.52, 0.48, 0.2, 0.02), Tone::grey(58));
            stage.fill(&plane, ellipse(0.0, 0.47, 0.045, 0.045), Tone::grey(30));
        }
        VehicleStyle::Van => {
            let bar = round_rectangle(-half, 0.34, half * 2.0, 0.2, 0.03);
            stage.shade(&plane, bar, (0.54, Tone::grey(66)), (0.36, Tone::grey(30)));
        }
        VehicleStyle::Sedan | VehicleStyle::Suv => {
            let top = body.bottom + 0.3;
            let shell = round_polygon(
                &[(-half, body.bottom), (-half * 1.01, top), (half * 1.01, top), (half, body.bottom)],
                0.07,
            );
            stage.shade(&plane, shell, (top, plan.paint.mixed(Tone::WHITE, 0.1)), (body.bottom, plan.paint.times(0.5)));
            let valance = round_rectangle(-half * 0.8, body.bottom - 0.02, half * 1.6, 0.12, 0.04);
            stage.fill(&plane, valance, TRIM);
            for x in [-half * 0.86, half * 0.86 - 0.14] {
                stage.fill(&plane, round_rectangle(x, body.bottom + 0.13, 0.14, 0.035, 0.01), Tone::rgb(128, 20, 22));
            }
        }
    }
}
