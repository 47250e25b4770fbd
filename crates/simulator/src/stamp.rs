//! Date, time and lane as a camera burns them into the picture: sharp, in image coordinates, over
//! everything else. They look like a plate to a careless reader.

use tiny_skia::Transform;

use crate::canvas::{Brush, Canvas};
use crate::conditions::TimeOfDay;
use crate::dice::Dice;
use crate::shapes::rectangle;
use crate::tone::Tone;
use crate::typeface::{Face, TextStyle, Typefaces};

const PLACES: [&str; 6] = ["TULSA TPK", "WILL ROGERS", "MUSKOGEE", "CIMARRON", "KICKAPOO", "TURNER"];

/// Writes the stamp into a corner.
pub(crate) fn burn_in(canvas: &mut Canvas, faces: &Typefaces, time: TimeOfDay, dice: &mut Dice) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let unit = width / 1280.0;
    let capital = dice.between(11.0, 17.0) * unit;
    let style = TextStyle { face: Face::Mono, capital, squeeze: 1.0, tracking: 0.05 };
    let line = faces.line_within(&wording(time, dice), style, width * 0.9);
    let margin = 10.0 * unit;
    let x = if dice.chance(0.6) { margin } else { width - margin - line.width };
    let y = if dice.chance(0.6) { margin } else { height - margin - capital };
    let boxed = dice.chance(0.4);
    let Some(path) = line.path.and_then(|path| path.transform(Transform::from_translate(x, y))) else { return };
    if boxed {
        let bar = rectangle(x - margin * 0.6, y - margin * 0.6, line.width + margin * 1.2, capital + margin * 1.2);
        if let Some(bar) = bar {
            canvas.fill(&bar, &Brush::flat(Tone::BLACK.paint(0.75)));
        }
    } else {
        canvas.stroke(&path, 2.4 * unit, &Brush::flat(Tone::BLACK.paint(0.9)));
    }
    let ink = dice.pick(&[Tone::WHITE, Tone::WHITE, Tone::rgb(250, 226, 90)]);
    canvas.fill(&path, &Brush::flat(ink.paint(1.0)));
}

/// A date of the seed's own and an hour that fits the light.
fn wording(time: TimeOfDay, dice: &mut Dice) -> String {
    let hour = match time {
        TimeOfDay::Day => 8 + dice.below(9),
        TimeOfDay::Dusk => dice.pick(&[6, 7, 18, 19]),
        TimeOfDay::Night => (20 + dice.below(10)) % 24,
    };
    let (year, month, day) = (2024 + dice.below(3), 1 + dice.below(12), 1 + dice.below(28));
    let (minute, second) = (dice.below(60), dice.below(60));
    let (lane, place) = (1 + dice.below(6), dice.pick(&PLACES));
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} LANE {lane:02} {place}")
}
