//! What covers a plate in use: a dealer's frame, dirt, mud, a hitch, a reflection.
//!
//! On readable plates everything here stays thin enough for a person to read through it; the
//! unreadable kinds must cover or burn out several characters.

use crate::conditions::UnreadableCause;
use crate::dice::Dice;
use crate::frame_plan::FramePlan;
use crate::plan::PlatePlan;
use crate::shapes::{blob, ellipse, rectangle, round_polygon};
use crate::sheet::{HEIGHT, Sheet, WIDTH};
use crate::tone::Tone;
use crate::typeface::Face;

const EARTH: Tone = Tone::rgb(122, 96, 70);
const MUD: Tone = Tone::rgb(92, 70, 50);

/// How far a frame stands out over the plate's edge, in millimetres.
const OVERHANG: f32 = 8.0;
/// Of a frame with writing on thin bars: they are as broad as it needs.
const WRITING_BAR: f32 = 16.0;

/// Paints a frame. Where a bar covers little of the plate, it stands out further, for its writing.
pub(crate) fn frame(face: &mut Sheet<'_, '_>, plan: &FramePlan) {
    let tone = if plan.chrome { Tone::grey(188) } else { Tone::grey(24) };
    let ink = if plan.chrome { Tone::grey(30) } else { Tone::grey(220) };
    let (left, full) = (-7.0, WIDTH + 14.0);
    let out = |over: f32| OVERHANG.max(WRITING_BAR - over);
    let (up, down) = (out(plan.top), out(plan.bottom));
    for bar in [
        rectangle(left, -up, full, plan.top + up),
        rectangle(left, HEIGHT - plan.bottom, full, plan.bottom + down),
        rectangle(left, -up, 13.0, HEIGHT + up + down),
        rectangle(WIDTH - 6.0, -up, 13.0, HEIGHT + up + down),
    ] {
        face.matt(bar, tone, 1.0);
    }
    for (text, start, thickness) in
        [(plan.above, -up, plan.top + up), (plan.below, HEIGHT - plan.bottom, plan.bottom + down)]
    {
        let capital = (thickness * 0.5).min(13.0);
        let (line, place) = face.line(text, Face::Noto, start + (thickness - capital) / 2.0, capital, 250.0);
        face.stage.fill(&place, line.path, ink);
    }
}

/// Everything on top of sheet and frame.
pub(crate) fn soil(face: &mut Sheet<'_, '_>, plate: &PlatePlan, dice: &mut Dice) {
    if plate.shaded {
        shadow(face, dice);
    }
    if plate.dirt > 0.0 {
        film(face, plate.dirt, dice);
    }
    match plate.spoilt {
        Some(UnreadableCause::Dirt) => mud(face, dice),
        Some(UnreadableCause::Covered) => hitch(face, dice),
        Some(UnreadableCause::Glare) => burn_out(face),
        None
        | Some(
            UnreadableCause::MotionBlur
            | UnreadableCause::TooFar
            | UnreadableCause::TooDark
            | UnreadableCause::CutByBorder,
        ) => {}
    }
    if plate.glare > 0.0 {
        reflection(face, plate.glare, dice);
    }
}

/// The boot's edge or the booth's roof throws a hard shadow over a part of the plate.
fn shadow(face: &mut Sheet<'_, '_>, dice: &mut Dice) {
    let (left, right) = (dice.between(0.15, 0.85) * HEIGHT, dice.between(0.15, 0.85) * HEIGHT);
    let depth = dice.between(0.35, 0.6);
    face.matt(
        round_polygon(&[(-1.0, -1.0), (WIDTH + 1.0, -1.0), (WIDTH + 1.0, right), (-1.0, left)], 1.0),
        Tone::BLACK,
        depth,
    );
}

fn film(face: &mut Sheet<'_, '_>, dirt: f32, dice: &mut Dice) {
    face.matt(rectangle(0.0, 0.0, WIDTH, HEIGHT), EARTH, dirt * 0.3);
    // Spray from the wheels is thickest at the lower edge.
    face.matt(rectangle(0.0, HEIGHT * 0.6, WIDTH, HEIGHT * 0.4), EARTH, dirt * 0.2);
    for _ in 0..(dirt * 70.0) as usize {
        let (x, y) = (dice.between(0.0, WIDTH), dice.between(0.0, HEIGHT));
        let radius = 1.0 + dice.unit() * dice.unit() * 4.5;
        face.matt(blob(x, y, radius, dice), EARTH, 0.55);
    }
}

fn mud(face: &mut Sheet<'_, '_>, dice: &mut Dice) {
    let start = dice.between(20.0, 70.0);
    for step in 0..11 {
        let x = start + step as f32 * 17.0 + dice.bell(10.0);
        for y in [52.0, 88.0] {
            let radius = dice.between(20.0, 34.0);
            let shape = blob(x, y + dice.bell(12.0), radius, dice);
            face.matt(shape, MUD.times(dice.between(0.85, 1.1)), 0.97);
        }
    }
}

/// A ball mount and its pin hang in front of the middle.
fn hitch(face: &mut Sheet<'_, '_>, dice: &mut Dice) {
    let x = dice.between(95.0, 130.0);
    let mount =
        round_polygon(&[(x, 30.0), (x + 100.0, 26.0), (x + 94.0, HEIGHT + 60.0), (x + 8.0, HEIGHT + 60.0)], 12.0);
    face.matt(mount, Tone::grey(30), 1.0);
    face.matt(ellipse(x + 50.0, 40.0, 36.0, 34.0), Tone::grey(96), 1.0);
    face.matt(ellipse(x + 42.0, 32.0, 12.0, 10.0), Tone::grey(190), 0.7);
}

/// The sun or a flash mirrored straight into the lens. Five layers leave a twentieth of the
/// contrast at the plate's ends and none in its middle.
fn burn_out(face: &mut Sheet<'_, '_>) {
    let middle = face.plane.point(WIDTH / 2.0, HEIGHT / 2.0);
    for _ in 0..5 {
        face.stage.halo(middle, 0.45, Tone::WHITE, 1.0);
    }
}

fn reflection(face: &mut Sheet<'_, '_>, glare: f32, dice: &mut Dice) {
    let spot = face.plane.point(dice.between(0.0, WIDTH), dice.between(0.0, HEIGHT * 0.5));
    face.stage.halo(spot, 0.08 + 0.2 * glare, Tone::rgb(255, 250, 238), 0.3 + glare * 0.5);
}
