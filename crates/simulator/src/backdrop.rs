//! The booth and its road: everything behind the vehicle, painted at half size.
//!
//! Out of focus anyway, and a quarter of the pixels. Signs carry writing on purpose: a recogniser
//! has to tell a plate from them.

use tiny_skia::Point;

use crate::canvas::Brush;
use crate::dice::Dice;
use crate::plan::Plan;
use crate::projection::{Plane, Vec3, at};
use crate::shapes::{rectangle, round_rectangle};
use crate::stage::{Lettering, Stage};
use crate::tone::Tone;
use crate::typeface::{Face, TextStyle};

const SIGNS: [&str; 8] = ["STOP", "LANE 3", "PAY TOLL", "EXACT CHANGE", "15 MPH", "TAG ONLY", "EXIT 227", "NO CASH"];

/// Paints the whole surroundings onto an empty stage.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &Plan, dice: &mut Dice) {
    sky(stage);
    skyline(stage, dice);
    ground(stage, dice);
    lane_lines(stage, dice);
    if dice.chance(0.6) {
        canopy(stage, dice);
    }
    booth(stage, plan, dice);
    street_lamps(stage, dice);
    mottle(stage, dice);
}

fn sky(stage: &mut Stage<'_>) {
    let (width, height) = (stage.canvas.width() as f32, stage.canvas.height() as f32);
    let horizon = stage.camera.project(at(0.0, 0.0, 400.0)).map_or(height * 0.4, |seen| seen.y);
    let top = (Point::from_xy(width / 2.0, horizon - height * 0.7), stage.light.sky_top.paint(1.0));
    let bottom = (Point::from_xy(width / 2.0, horizon), stage.light.sky_bottom.paint(1.0));
    stage.canvas.flood(&Brush::linear(top, bottom));
}

/// Trees or roofs along the horizon.
fn skyline(stage: &mut Stage<'_>, dice: &mut Dice) {
    let trees = dice.chance(0.7);
    let tone = if trees { Tone::rgb(70, 84, 58) } else { Tone::rgb(128, 122, 116) };
    let mut x = -90.0;
    while x < 90.0 {
        let (width, height) = (dice.between(4.0, 14.0), dice.between(2.0, 9.0));
        let shade = tone.times(dice.between(0.8, 1.15));
        let plane = Plane { origin: at(0.0, 0.0, 70.0), u: at(1.0, 0.0, 0.0), v: at(0.0, 1.0, 0.0) };
        let corner = if trees { height * 0.45 } else { 0.1 };
        stage.fill(&plane, round_rectangle(x, -1.0, width * 1.5, height + 1.0, corner), shade);
        x += width;
    }
}

fn ground(stage: &mut Stage<'_>, dice: &mut Dice) {
    let verge = dice.pick(&[Tone::rgb(118, 116, 78), Tone::rgb(92, 106, 66), Tone::rgb(150, 146, 138)]);
    let asphalt = Tone::grey(112).times(dice.between(0.75, 1.25));
    let wet = if stage.light.wet { 0.62 } else { 1.0 };
    stage.facet(&strip(-120.0, 120.0, 0.5, 300.0), verge.times(wet));
    stage.facet(&strip(-7.5, 7.5, 0.5, 300.0), asphalt.times(wet));
    // Concrete slab of the plaza and the darker track of tyres and oil in the lane's middle.
    stage.facet(&strip(-7.5, 7.5, 0.5, 16.0), asphalt.mixed(Tone::grey(176), 0.45).times(wet));
    stage.glaze(&strip(-0.5, 0.5, 0.5, 60.0), Tone::grey(40), 0.22);
    for x in [-0.85, 0.85] {
        stage.glaze(&strip(x - 0.28, x + 0.28, 0.5, 60.0), Tone::grey(60), 0.14);
    }
    if stage.light.wet {
        let sheen = stage.light.sky_bottom;
        stage.glaze(&strip(-7.5, 7.5, 6.0, 300.0), sheen, 0.25);
    }
}

fn strip(left: f32, right: f32, near: f32, far: f32) -> [Vec3; 4] {
    [at(left, 0.0, near), at(right, 0.0, near), at(right, 0.0, far), at(left, 0.0, far)]
}

fn lane_lines(stage: &mut Stage<'_>, dice: &mut Dice) {
    let paint = if dice.chance(0.5) { Tone::rgb(214, 214, 208) } else { Tone::rgb(206, 172, 66) };
    for x in [-1.9, 1.9] {
        stage.facet(&strip(x - 0.07, x + 0.07, 0.5, 120.0), paint);
    }
    for x in [-5.4, 5.4] {
        let mut z = 2.0;
        while z < 60.0 {
            stage.facet(&strip(x - 0.07, x + 0.07, z, z + 3.0), Tone::rgb(206, 206, 200));
            z += 9.0;
        }
    }
}

fn canopy(stage: &mut Stage<'_>, dice: &mut Dice) {
    let near = dice.between(9.0, 14.0);
    let (low, high) = (4.6, 5.5);
    let tone = dice.pick(&[Tone::rgb(196, 198, 196), Tone::rgb(60, 92, 128), Tone::rgb(150, 60, 50)]);
    for x in [-6.8, 2.1, 6.8] {
        stage.facet(&wall(x, x + 0.35, 0.0, low, near + 2.0), Tone::grey(140));
    }
    let soffit = [at(-9.0, low, near), at(9.0, low, near), at(9.0, low, near + 8.0), at(-9.0, low, near + 8.0)];
    stage.facet(&soffit, Tone::grey(92));
    stage.facet(&wall(-9.0, 9.0, low, high, near), tone);
    if stage.light.lamps {
        for x in [-4.0, 0.0, 4.0] {
            stage.halo(at(x, low, near + 2.0), 1.4, Tone::rgb(255, 240, 205), 0.8);
        }
    }
}

fn wall(left: f32, right: f32, low: f32, high: f32, z: f32) -> [Vec3; 4] {
    [at(left, low, z), at(right, low, z), at(right, high, z), at(left, high, z)]
}

/// The island beside the lane with kerb, booth and a post with a sign.
fn booth(stage: &mut Stage<'_>, plan: &Plan, dice: &mut Dice) {
    let side = if stage.camera.eye.x > 0.0 { -1.0 } else { 1.0 };
    let near = dice.between(6.5, 10.0);
    let (inner, outer) = (side * 2.15, side * 3.9);
    let kerb = [
        at(inner, 0.18, near - 2.5),
        at(outer, 0.18, near - 2.5),
        at(outer, 0.18, near + 9.0),
        at(inner, 0.18, near + 9.0),
    ];
    stage.facet(&kerb, Tone::grey(170));
    stage.facet(&flank(inner, 0.0, 0.18, near - 2.5, near + 9.0), Tone::rgb(190, 160, 50));
    stage.facet(&wall(inner.min(outer), inner.max(outer), 0.0, 0.18, near - 2.5), Tone::rgb(196, 168, 60));
    let cabin = dice.pick(&[Tone::rgb(188, 190, 186), Tone::rgb(120, 138, 150), Tone::rgb(176, 160, 130)]);
    let (left, right) = (inner + side * 0.15, outer - side * 0.15);
    stage.facet(&flank(left, 0.18, 2.7, near, near + 2.6), cabin.times(0.7));
    stage.facet(&wall(left.min(right), left.max(right), 0.18, 2.7, near), cabin);
    let lit = if stage.light.lamps { Tone::rgb(255, 226, 160) } else { Tone::rgb(60, 72, 80) };
    let pane = flank(left, 1.2, 2.2, near + 0.3, near + 2.3);
    stage.facet(&pane, Tone::grey(40));
    let front = Plane { origin: at(0.0, 0.0, near - 0.01), u: at(1.0, 0.0, 0.0), v: at(0.0, 1.0, 0.0) };
    let window = rectangle(left.min(right) + 0.2, 1.2, 1.05, 1.0);
    if stage.light.lamps {
        stage.shine(&front, window, lit.times(0.75));
        stage.halo(at((left + right) / 2.0, 1.7, near), 1.6, lit, 0.4);
    } else {
        stage.fill(&front, window, lit);
    }
    if plan.signs {
        sign(stage, at(inner + side * 0.5, 0.0, near - 1.5), dice);
    }
}

fn flank(x: f32, low: f32, high: f32, near: f32, far: f32) -> [Vec3; 4] {
    [at(x, low, near), at(x, low, far), at(x, high, far), at(x, high, near)]
}

fn sign(stage: &mut Stage<'_>, foot: Vec3, dice: &mut Dice) {
    let plane = Plane { origin: foot, u: at(1.0, 0.0, 0.0), v: at(0.0, 1.0, 0.0) };
    let (board, ink) = dice.pick(&[
        (Tone::rgb(20, 96, 62), Tone::grey(236)),
        (Tone::rgb(232, 232, 228), Tone::grey(28)),
        (Tone::rgb(170, 26, 32), Tone::grey(236)),
    ]);
    stage.fill(&plane, rectangle(-0.04, 0.0, 0.08, 1.4), Tone::grey(110));
    stage.fill(&plane, round_rectangle(-0.55, 1.2, 1.1, 0.5, 0.05), board);
    let style = TextStyle { face: Face::Sans, capital: 0.2, squeeze: 0.9, tracking: 0.1 };
    let text = dice.pick(&SIGNS);
    stage.letters(&plane, Lettering { text, style, x: 0.0, y: 1.35, widest: 0.95 }, ink);
}

fn street_lamps(stage: &mut Stage<'_>, dice: &mut Dice) {
    if !stage.light.lamps {
        return;
    }
    for _ in 0..5 {
        let lamp = at(dice.between(-16.0, 16.0), dice.between(1.0, 7.0), dice.between(25.0, 60.0));
        let glow = dice.pick(&[Tone::rgb(255, 214, 150), Tone::rgb(235, 240, 255), Tone::rgb(255, 90, 70)]);
        stage.halo(lamp, 1.4, glow, 0.7);
    }
}

/// Uneven surfaces: a smooth random pattern over everything, cheaper than textures per surface.
fn mottle(stage: &mut Stage<'_>, dice: &mut Dice) {
    const STRENGTH: i32 = 20;
    let width = stage.canvas.width() as usize;
    let mut above = vec![0i32; width];
    let mut random = vec![0u8; width];
    for row in stage.canvas.bytes_mut().chunks_exact_mut(width * 4) {
        dice.fill(&mut random);
        let mut left = 0i32;
        for ((pixel, byte), upper) in row.chunks_exact_mut(4).zip(&random).zip(above.iter_mut()) {
            left = (left * 5 + (i32::from(*byte) - 128) * 3) / 8;
            *upper = (*upper * 5 + left * 3) / 8;
            // Relative to the brightness: a texture is a change of reflection, not added light.
            let factor = 256 + *upper * STRENGTH / 32;
            for channel in pixel.iter_mut().take(3) {
                *channel = (i32::from(*channel) * factor / 256).clamp(0, 255) as u8;
            }
        }
    }
}
