//! Between vehicle and lens: rain, drops on the glass, stray light.

use tiny_skia::PathBuilder;

use crate::canvas::Brush;
use crate::conditions::Weather;
use crate::dice::Dice;
use crate::plan::Plan;
use crate::shapes::{blob, ellipse};
use crate::stage::Stage;
use crate::tone::Tone;

/// Paints what the weather puts in front of the scene.
pub(crate) fn paint(stage: &mut Stage<'_>, plan: &Plan, dice: &mut Dice) {
    if plan.weather == Weather::Rain {
        streaks(stage, dice);
        drops(stage, dice);
    }
}

/// Falling rain: one outline of many strokes, since they share a direction and a colour.
fn streaks(stage: &mut Stage<'_>, dice: &mut Dice) {
    let (width, height) = (stage.canvas.width() as f32, stage.canvas.height() as f32);
    let lean = dice.bell(0.25);
    for (count, length, pen, alpha) in [(90, 0.05, 0.8, 0.22), (30, 0.09, 1.5, 0.14)] {
        let mut strokes = PathBuilder::new();
        for _ in 0..count {
            let (x, y) = (dice.between(0.0, width), dice.between(-0.1, 1.0) * height);
            let fall = height * length * dice.between(0.6, 1.4);
            strokes.move_to(x, y);
            strokes.line_to(x + fall * lean, y + fall);
        }
        let tone = stage.light.sky_bottom.mixed(Tone::WHITE, 0.4);
        if let Some(path) = strokes.finish() {
            stage.canvas.stroke(&path, pen * width / 1280.0, &Brush::flat(tone.paint(alpha)));
        }
    }
}

/// Drops on the housing's glass: far out of focus, a lighter disc with a bright crescent.
fn drops(stage: &mut Stage<'_>, dice: &mut Dice) {
    let (width, height) = (stage.canvas.width() as f32, stage.canvas.height() as f32);
    let tone = stage.light.sky_bottom.mixed(Tone::WHITE, 0.2);
    for _ in 0..dice.below(12) {
        let (x, y) = (dice.between(0.0, width), dice.between(0.0, height));
        let radius = dice.between(6.0, 22.0) * width / 1280.0;
        if let Some(drop) = blob(x, y, radius, dice) {
            stage.canvas.fill(&drop, &Brush::flat(tone.paint(0.12)));
        }
        if let Some(crescent) = ellipse(x, y + radius * 0.4, radius * 0.5, radius * 0.3) {
            stage.canvas.fill(&crescent, &Brush::flat(tone.paint(0.16)));
        }
    }
}
