//! Writing on vehicles that is shaped like a serial and is none: unit numbers, US DOT numbers, telephone numbers.

use crate::conditions::VehicleStyle;
use crate::dice::Dice;

use super::{RoadCase, RoadOptions};

/// A text on the tail, local `y` upwards in metres.
#[derive(Debug, Clone)]
pub(crate) struct Marking {
    pub(crate) text: String,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) capital: f32,
    pub(crate) widest: f32,
}

/// Vans and pickups of fleets, and other vehicles of fleets.
const WORKING_SHARE: f32 = 0.25;
const OTHER_SHARE: f32 = 0.03;
const LETTERS: &str = "ABCEFHKLMNPRTUVWX";
const DIGITS: &str = "0123456789";

/// What a vehicle of this body carries.
pub(super) fn draw(style: VehicleStyle, road: &RoadOptions, dice: &mut Dice) -> Vec<Marking> {
    let working = matches!(style, VehicleStyle::Van | VehicleStyle::Pickup);
    let marked = dice.chance(if working { WORKING_SHARE } else { OTHER_SHARE });
    let wanted = match road.only {
        Some(only) => only == RoadCase::FleetNumber,
        None => marked,
    };
    let number = |letters: usize, digits: usize, dice: &mut Dice| -> String {
        let word: String = (0..letters).map(|_| dice.letter(LETTERS)).collect();
        word + &(0..digits).map(|_| dice.letter(DIGITS)).collect::<String>()
    };
    let unit = match dice.below(4) {
        0 => number(0, 4, dice),
        1 => number(1, 4, dice),
        2 => number(2, 4, dice),
        _ => format!("{}-{}", number(2, 0, dice), number(0, 3, dice)),
    };
    let small = match dice.below(3) {
        0 => format!("USDOT {}", number(0, 7, dice)),
        1 => format!("800-555-01{}", number(0, 2, dice)),
        _ => String::new(),
    };
    let large = dice.between(0.06, 0.13);
    if !wanted {
        return Vec::new();
    }
    // Beside the plate and away from the badges of `rear`.
    let (unit_at, small_at) = match style {
        VehicleStyle::Van => ((0.46, 0.98), (-0.5, 1.14)),
        VehicleStyle::Pickup => ((0.6, 0.94), (-0.55, 0.66)),
        VehicleStyle::Suv => ((-0.56, 0.5), (0.52, 0.5)),
        VehicleStyle::Sedan => ((-0.54, 0.44), (0.5, 0.44)),
    };
    let mark = |text: String, (x, y): (f32, f32), capital: f32| Marking { text, x, y, capital, widest: 0.46 };
    let mut markings = vec![mark(unit, unit_at, if working { large } else { large.min(0.075) })];
    if !small.is_empty() {
        markings.push(mark(small, small_at, 0.045));
    }
    markings
}
