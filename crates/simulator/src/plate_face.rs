//! The plate itself: sheet, state name, serial, frame.
//!
//! Local units are millimetres from the plate's upper left corner, `y` downwards.
//! The serial painted is the truth reported; nothing else may write characters in its row.

use crate::canvas::Brush;
use crate::conditions::VehicleStyle;
use crate::design::Separator;
use crate::dice::Dice;
use crate::frame_plan::FramePlan;
use crate::measures::Pose;
use crate::plan::PlatePlan;
use crate::projection::{Plane, at};
use crate::road::{EDGE_MM, Heading, SLOGAN_MM};
use crate::shapes::{ellipse, rectangle, round_rectangle};
use crate::sheet::{HEIGHT, Sheet, WIDTH};
use crate::stage::Stage;
use crate::tone::Tone;
use crate::typeface::{Cell, Face, TextStyle};
use crate::wear;

/// Row of the serial.
const SERIAL_TOP: f32 = 40.0;
const SERIAL_HEIGHT: f32 = 68.0;
const SERIAL_LEFT: f32 = 15.0;
const SERIAL_WIDTH: f32 = WIDTH - 2.0 * SERIAL_LEFT;
/// Widest pitch of a character; short words are not spread over the whole plate.
const WIDEST_PITCH: f32 = 44.0;

/// Where a vehicle carries its plate.
pub(crate) fn plane(pose: &Pose, style: VehicleStyle) -> Plane {
    let middle = style.plate_centre();
    let (left, top) = (middle.x - WIDTH / 2000.0, middle.y + HEIGHT / 2000.0);
    let across = pose.across(middle.z);
    Plane { origin: pose.point(at(left, top, middle.z)), u: across.u.times(0.001), v: across.v.times(-0.001) }
}

/// Paints a plate with all that lies on it.
pub(crate) fn paint(stage: &mut Stage<'_>, plane: &Plane, plate: &PlatePlan, dice: &mut Dice) {
    let mut face = Sheet { stage, plane };
    face.blank(plate);
    face.writing(plate);
    face.bolts();
    if dice.chance(0.55) {
        face.sticker(dice);
    }
    face.serial(plate);
    match &plate.road {
        Some(road) => road.frame.iter().for_each(|frame| wear::frame(&mut face, &frame.bars)),
        None if plate.framed => wear::frame(&mut face, &FramePlan::dealers(dice)),
        None => {}
    }
    wear::soil(&mut face, plate, dice);
}

/// Paints the place of a plate that is not there: a dark recess with four screw holes.
pub(crate) fn empty_holder(stage: &mut Stage<'_>, plane: &Plane) {
    stage.fill(plane, round_rectangle(0.0, 0.0, WIDTH, HEIGHT, 8.0), Tone::grey(48));
    stage.outline(plane, round_rectangle(4.0, 4.0, WIDTH - 8.0, HEIGHT - 8.0, 6.0), 0.003, Tone::grey(30), 1.0);
    for (x, y) in BOLTS {
        stage.fill(plane, ellipse(x, y, 5.0, 5.0), Tone::grey(14));
    }
}

const BOLTS: [(f32, f32); 4] = [(62.0, 14.0), (243.0, 14.0), (62.0, 139.0), (243.0, 139.0)];

impl Sheet<'_, '_> {
    fn blank(&mut self, plate: &PlatePlan) {
        let shadow = round_rectangle(-2.0, 0.0, WIDTH + 4.0, HEIGHT + 6.0, 10.0);
        self.matt(shadow, Tone::BLACK, 0.4);
        let outline = round_rectangle(0.0, 0.0, WIDTH, HEIGHT, 10.0);
        let ends = [(0.0, plate.design.sheet_top), (HEIGHT, plate.design.sheet_bottom)]
            .map(|(y, tone)| (self.stage.camera.project(self.plane.point(WIDTH / 2.0, y)), self.color(tone, 1.0)));
        if let [(Some(top), upper), (Some(bottom), lower)] = ends {
            self.stage.raw(self.plane, outline, &Brush::linear((top, upper), (bottom, lower)));
        }
        let rim = round_rectangle(3.5, 3.5, WIDTH - 7.0, HEIGHT - 7.0, 8.0);
        self.stage.outline(self.plane, rim, 0.0014, plate.design.ink, 0.35);
    }

    fn writing(&mut self, plate: &PlatePlan) {
        let brush = Brush::flat(self.color(plate.design.header_ink, 1.0));
        let usual = Heading { face: Face::Sans, capital: 18.0, below: false };
        let heading = plate.road.as_ref().map_or(usual, |road| road.heading);
        let lines =
            [(plate.design.header, heading.face, heading.capital), (plate.design.footer, Face::Noto, SLOGAN_MM)];
        for ((text, face, capital), below) in lines.into_iter().zip([heading.below, !heading.below]) {
            let top = if below { HEIGHT - EDGE_MM - capital } else { EDGE_MM };
            let (line, place) = self.line(text, face, top, capital, 165.0);
            self.stage.raw(&place, line.path, &brush);
        }
    }

    fn bolts(&mut self) {
        for (x, y) in BOLTS {
            self.matt(ellipse(x, y, 5.5, 5.5), Tone::grey(120), 1.0);
            self.matt(ellipse(x + 0.6, y + 0.8, 3.4, 3.4), Tone::grey(62), 1.0);
        }
    }

    fn sticker(&mut self, dice: &mut Dice) {
        let paper = dice.pick(&[
            Tone::rgb(196, 60, 40),
            Tone::rgb(60, 120, 190),
            Tone::rgb(90, 160, 90),
            Tone::rgb(230, 190, 70),
        ]);
        let year = dice.pick(&["24", "25", "26", "27"]);
        let x = dice.pick(&[10.0, WIDTH - 44.0]);
        self.ink(round_rectangle(x, 117.0, 34.0, 25.0, 2.0), paper, 1.0);
        let style = TextStyle { face: Face::Condensed, capital: 13.0, squeeze: 0.9, tracking: 0.1 };
        let line = self.stage.faces.line(year, style);
        let place = self.shifted(x + (34.0 - line.width) / 2.0, 123.0);
        let brush = Brush::flat(self.color(Tone::grey(246), 1.0));
        self.stage.raw(&place, line.path, &brush);
    }

    fn serial(&mut self, plate: &PlatePlan) {
        let row = Row::of(plate);
        for (letter, cell) in row.cells(plate) {
            let face = plate.design.face;
            let glyph = |cell| self.stage.faces.glyph_in_cell(letter, face, cell);
            // Embossing: light falls from above, so the lower right edge is in shadow.
            let shade = glyph(Cell { x: cell.x + 1.3, y: cell.y + 1.5, ..cell });
            let front = glyph(cell);
            self.ink(shade, plate.design.ink.mixed(plate.design.sheet_bottom, 0.55), 0.7);
            self.ink(front, plate.design.ink, 1.0);
        }
        if let Some(x) = row.gap {
            self.separator(plate, x, row.gap_width);
        }
    }

    fn separator(&mut self, plate: &PlatePlan, x: f32, width: f32) {
        let (middle, centre) = (SERIAL_TOP + SERIAL_HEIGHT / 2.0, x + width / 2.0);
        let ink = plate.design.ink;
        match plate.design.separator {
            Separator::Space => {}
            Separator::Dot => self.ink(ellipse(centre, middle, 4.5, 4.5), ink, 1.0),
            Separator::Bar => self.ink(rectangle(centre - 6.0, middle - 3.0, 12.0, 6.0), ink, 1.0),
            Separator::Emblem => {
                let seal = plate.design.header_ink.mixed(plate.design.sheet_bottom, 0.45);
                self.ink(ellipse(centre, middle, width * 0.36, width * 0.36), seal, 1.0);
                let inner = plate.design.sheet_bottom;
                self.ink(ellipse(centre, middle, width * 0.16, width * 0.16), inner, 1.0);
            }
        }
    }
}

/// Division of the serial's row into cells.
struct Row {
    left: f32,
    pitch: f32,
    gap: Option<f32>,
    gap_width: f32,
}

/// Width of the stacked column relative to a full character.
const STACK_WIDTH: f32 = 0.62;

impl Row {
    fn of(plate: &PlatePlan) -> Self {
        let serial = &plate.serial;
        let gap_share = match (serial.split, plate.design.separator) {
            (None, _) => 0.0,
            (Some(_), Separator::Emblem) => 0.9,
            (Some(_), Separator::Space | Separator::Dot | Separator::Bar) => 0.45,
        };
        let full = serial.text.chars().count().saturating_sub(serial.stacked) as f32;
        let stack = if serial.stacked > 0 { STACK_WIDTH } else { 0.0 };
        let units = full + stack + gap_share;
        let pitch = (SERIAL_WIDTH / units.max(1.0)).min(WIDEST_PITCH);
        let left = (WIDTH - pitch * units) / 2.0;
        let gap = serial.split.map(|count| left + pitch * count as f32);
        Self { left, pitch, gap, gap_width: pitch * gap_share }
    }

    /// Each character with its cell.
    fn cells(&self, plate: &PlatePlan) -> Vec<(char, Cell)> {
        let stacked = plate.serial.stacked;
        let split = plate.serial.split.unwrap_or(usize::MAX);
        let after_stack = if stacked > 0 { self.left + self.pitch * STACK_WIDTH } else { self.left };
        let place = |(index, letter): (usize, char)| {
            if index < stacked {
                let height = SERIAL_HEIGHT * 0.46;
                let y = SERIAL_TOP + index as f32 * SERIAL_HEIGHT * 0.54;
                return (
                    letter,
                    Cell { x: self.left, y, width: self.pitch * STACK_WIDTH * 0.84, height, squeeze: 0.95 },
                );
            }
            let moved = if index >= split { self.gap_width } else { 0.0 };
            let x = after_stack + self.pitch * (index - stacked) as f32 + moved + self.pitch * 0.05;
            (letter, Cell { x, y: SERIAL_TOP, width: self.pitch * 0.9, height: SERIAL_HEIGHT, squeeze: 0.8 })
        };
        plate.serial.text.chars().enumerate().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::PlateLayout;
    use crate::design::DESIGNS;
    use crate::dice::Purpose;
    use crate::serial;

    #[test]
    fn characters_stay_on_the_plate_and_do_not_overlap() {
        let mut dice = Dice::new(9, Purpose::Plan);
        for design in DESIGNS {
            for layout in PlateLayout::ALL {
                let serial = serial::draw(&design, *layout, &mut dice);
                let plate = PlatePlan {
                    design,
                    serial,
                    layout: *layout,
                    framed: false,
                    dirt: 0.0,
                    glare: 0.0,
                    shaded: false,
                    spoilt: None,
                    road: None,
                };
                let cells = Row::of(&plate).cells(&plate);
                assert_eq!(cells.len(), plate.serial.text.len());
                let row: Vec<&Cell> = cells.iter().skip(plate.serial.stacked).map(|(_, cell)| cell).collect();
                assert!(row.windows(2).all(|pair| pair[0].x + pair[0].width <= pair[1].x));
                let last = row.last().unwrap();
                assert!(cells[0].1.x >= 10.0 && last.x + last.width <= WIDTH - 10.0);
            }
        }
    }
}
