//! The frame around a plate, decided before it is painted.

use crate::dice::Dice;

const DEALERS: [&str; 8] = [
    "SOONER MOTORS",
    "HUB CITY FORD",
    "RIVER AUTO",
    "BIG SKY CHEVROLET",
    "LONE STAR TOYOTA",
    "PRAIRIE HONDA",
    "ROUTE 66 AUTO MALL",
    "MESA MOTOR CO",
];
const TOWNS: [&str; 8] =
    ["TULSA OK", "AMARILLO TX", "NORMAN", "SANTA FE NM", "WICHITA", "DALLAS", "LAWTON OKLAHOMA", "GALLUP"];

/// Four bars around the plate and the writing on them; broad ones hide the state's name and slogan, never the serial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FramePlan {
    /// How far the upper bar reaches over the plate, in millimetres.
    pub(crate) top: f32,
    /// The lower one.
    pub(crate) bottom: f32,
    pub(crate) chrome: bool,
    pub(crate) above: &'static str,
    pub(crate) below: &'static str,
}

impl FramePlan {
    /// No frame: nothing is covered.
    pub(crate) const NONE: Self = Self { top: 0.0, bottom: 0.0, chrome: false, above: "", below: "" };

    /// A dealer's.
    pub(crate) fn dealers(dice: &mut Dice) -> Self {
        let (top, bottom) = (dice.between(10.0, 30.0), dice.between(16.0, 26.0));
        let chrome = dice.chance(0.35);
        Self { top, bottom, chrome, above: dice.pick(&DEALERS), below: dice.pick(&TOWNS) }
    }
}
