//! Lamps, badges and stickers on the tail: everything with light or writing except the plate.
//!
//! Badges matter to a recogniser: `GMC` and `SPORT` look like short plates.

use crate::conditions::VehicleStyle;
use crate::dice::Dice;
use crate::measures::Body;
use crate::plan::VehiclePlan;
use crate::projection::{Plane, at};
use crate::shapes::{ellipse, mirrored, round_polygon, round_rectangle};
use crate::stage::{Lettering, Stage};
use crate::tone::Tone;
use crate::typeface::{Face, TextStyle};

const MAKES: [&str; 10] = ["FORD", "GMC", "TOYOTA", "CHEVROLET", "RAM", "HONDA", "NISSAN", "HYUNDAI", "KIA", "DODGE"];
const PICKUP_MAKES: [&str; 6] = ["FORD", "GMC", "TOYOTA", "CHEVROLET", "RAM", "NISSAN"];
const TRIMS: [&str; 12] = ["LE", "XLT", "SE", "LTZ", "4X4", "V6", "SPORT", "LIMITED", "HYBRID", "AWD", "EX-L", "1500"];
const CHROME: Tone = Tone::grey(206);

/// Paints lamps and badges.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body, dice: &mut Dice) {
    let plane = plan.pose.across(-0.012);
    lamps(stage, plan, body, &plane);
    badges(stage, plan, body, &plane, dice);
    if dice.chance(0.12) {
        sticker(stage, body, &plane, dice);
    }
}

/// Outline of the right lamp.
fn lamp_outline(style: VehicleStyle, body: &Body) -> [(f32, f32); 4] {
    let half = body.half;
    match style {
        VehicleStyle::Sedan => [(half - 0.36, 0.74), (half - 0.3, 0.92), (half - 0.04, 0.94), (half - 0.01, 0.72)],
        VehicleStyle::Suv => [(half - 0.26, 0.78), (half - 0.24, 1.06), (half - 0.05, 1.08), (half - 0.02, 0.76)],
        VehicleStyle::Pickup => [(half - 0.17, 0.78), (half - 0.17, 1.16), (half - 0.01, 1.16), (half - 0.01, 0.78)],
        VehicleStyle::Van => [(half - 0.13, 0.66), (half - 0.13, 1.2), (half - 0.02, 1.2), (half - 0.01, 0.66)],
    }
}

fn lamps(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body, plane: &Plane) {
    let right = lamp_outline(plan.style, body);
    let on = stage.light.lamps || plan.braking;
    for corners in [right, mirrored(right)] {
        let (x, y) = middle(&corners);
        stage.shade(
            plane,
            round_polygon(&corners, 0.04),
            (y + 0.12, Tone::rgb(150, 22, 26)),
            (y - 0.12, Tone::rgb(84, 10, 14)),
        );
        let clear = round_rectangle(x - 0.045, y - 0.09, 0.09, 0.05, 0.02);
        stage.fill(plane, clear, Tone::rgb(206, 196, 190));
        if on {
            let bright = if plan.braking { Tone::rgb(255, 70, 52) } else { Tone::rgb(214, 34, 28) };
            stage.shine(plane, round_rectangle(x - 0.06, y - 0.01, 0.12, 0.09, 0.035), bright);
        } else {
            stage.veil(plane, round_rectangle(x - 0.07, y + 0.02, 0.12, 0.03, 0.012), Tone::WHITE, 0.25);
        }
    }
    if on {
        let reach = if plan.braking { 0.55 } else { 0.34 };
        let strength = if stage.light.flash > 0.2 { 0.75 } else { 0.35 };
        for corners in [right, mirrored(right)] {
            let (x, y) = middle(&corners);
            let lamp = plan.pose.point(at(x, y, -0.05));
            stage.halo(lamp, reach, Tone::rgb(255, 56, 40), strength);
        }
    }
}

fn middle(corners: &[(f32, f32); 4]) -> (f32, f32) {
    let sum = corners.iter().fold((0.0, 0.0), |sum, corner| (sum.0 + corner.0, sum.1 + corner.1));
    (sum.0 / 4.0, sum.1 / 4.0)
}

fn badges(stage: &mut Stage<'_>, plan: &VehiclePlan, body: &Body, plane: &Plane, dice: &mut Dice) {
    let (car, truck, trim) = (dice.pick(&MAKES), dice.pick(&PICKUP_MAKES), dice.pick(&TRIMS));
    let make = if plan.style == VehicleStyle::Pickup { truck } else { car };
    let (named, trimmed, emblem) = (dice.chance(0.55), dice.chance(0.5), dice.chance(0.7));
    let style = |capital: f32, tracking: f32| TextStyle { face: Face::Sans, capital, squeeze: 1.0, tracking };
    let pressed = plan.style == VehicleStyle::Pickup && dice.chance(0.6);
    if pressed {
        let tone = if dice.chance(0.5) { plan.paint.times(0.55) } else { CHROME };
        let line = Lettering { text: make, style: style(0.12, 0.45), x: 0.0, y: 0.86, widest: 1.2 };
        stage.letters(plane, line, tone);
    } else {
        let holder = plan.style.plate_centre();
        // Below the handle of a tailgate, else just below the window.
        let below_belt = if plan.style == VehicleStyle::Pickup { 0.24 } else { 0.07 };
        let above = (body.belt - below_belt).max(holder.y + 0.15);
        if emblem {
            stage.fill(plane, ellipse(0.0, above, 0.07, 0.045), CHROME);
            stage.fill(plane, ellipse(0.0, above, 0.055, 0.032), Tone::rgb(40, 50, 80));
        }
        if named {
            let line = Lettering { text: make, style: style(0.042, 0.2), x: -0.45, y: above - 0.03, widest: 0.34 };
            stage.letters(plane, line, CHROME);
        }
    }
    if trimmed {
        let y = if plan.style == VehicleStyle::Van { 1.22 } else { body.belt - 0.1 };
        let line = Lettering { text: trim, style: style(0.036, 0.15), x: 0.46, y, widest: 0.24 };
        stage.letters(plane, line, CHROME);
    }
}

fn sticker(stage: &mut Stage<'_>, body: &Body, plane: &Plane, dice: &mut Dice) {
    let slogan = dice.pick(&["HONK", "TEAM 84", "MY KID ROCKS", "I BRAKE", "OU", "26.2", "RN LIFE"]);
    let paper = dice.pick(&[Tone::rgb(240, 240, 236), Tone::rgb(32, 60, 120), Tone::rgb(230, 200, 60)]);
    let ink = if paper.red > 0.5 { Tone::grey(24) } else { Tone::WHITE };
    let (x, y) = (-body.half * 0.62, body.bottom + 0.14);
    stage.fill(plane, round_rectangle(x - 0.16, y - 0.02, 0.32, 0.1, 0.01), paper);
    let style = TextStyle { face: Face::Condensed, capital: 0.045, squeeze: 1.0, tracking: 0.1 };
    stage.letters(plane, Lettering { text: slogan, style, x, y: y + 0.008, widest: 0.28 }, ink);
}
