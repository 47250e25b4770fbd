//! The sheet of a plate: its measures, and what it is painted with.
//!
//! Local units are millimetres from the plate's upper left corner, `y` downwards.

use tiny_skia::{Color, Path};

use crate::canvas::Brush;
use crate::projection::Plane;
use crate::stage::Stage;
use crate::tone::Tone;
use crate::typeface::{Face, TextLine, TextStyle};

/// A North American plate is 12 by 6 inches.
pub(crate) const PLATE_WIDTH_M: f32 = 0.305;
/// Width in local units.
pub(crate) const WIDTH: f32 = 305.0;
/// Height in local units.
pub(crate) const HEIGHT: f32 = 152.0;
/// The plate's corners in local units, clockwise from the upper left.
pub(crate) const CORNERS: [(f32, f32); 4] = [(0.0, 0.0), (WIDTH, 0.0), (WIDTH, HEIGHT), (0.0, HEIGHT)];

/// A plate being painted: its colours come back to the camera brighter than paint does.
pub(crate) struct Sheet<'a, 'b> {
    pub(crate) stage: &'a mut Stage<'b>,
    pub(crate) plane: &'a Plane,
}

impl Sheet<'_, '_> {
    /// Colour of the reflective sheet or the ink on it.
    pub(crate) fn color(&self, surface: Tone, alpha: f32) -> Color {
        let distance = self.stage.camera.distance(self.plane.origin);
        self.stage.light.plate(surface, distance).paint(alpha)
    }

    /// Paints a drawing in a plate colour.
    pub(crate) fn ink(&mut self, drawing: Option<Path>, surface: Tone, alpha: f32) {
        let brush = Brush::flat(self.color(surface, alpha));
        self.stage.raw(self.plane, drawing, &brush);
    }

    /// Paints a drawing in an ordinary colour.
    pub(crate) fn matt(&mut self, drawing: Option<Path>, surface: Tone, alpha: f32) {
        self.stage.veil(self.plane, drawing, surface, alpha);
    }

    /// The plate moved in its own plane.
    pub(crate) fn shifted(&self, x: f32, y: f32) -> Plane {
        Plane { origin: self.plane.point(x, y), ..*self.plane }
    }

    /// Writes a centred line, its capitals starting at `top`.
    pub(crate) fn line(&mut self, text: &str, face: Face, top: f32, capital: f32, widest: f32) -> (TextLine, Plane) {
        let style = TextStyle { face, capital, squeeze: 0.9, tracking: 0.12 };
        let line = self.stage.faces.line_within(text, style, widest);
        let plane = self.shifted((WIDTH - line.width) / 2.0, top);
        (line, plane)
    }
}
