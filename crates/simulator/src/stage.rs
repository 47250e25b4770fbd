//! Canvas, camera and light together: painting surfaces where they are in the world.
//!
//! A surface that is not visible is skipped in silence; that is how a camera sees.

use tiny_skia::{Path, Point};

use crate::canvas::{Brush, Canvas};
use crate::light::Light;
use crate::projection::{Camera, Plane, Vec3};
use crate::tone::Tone;
use crate::typeface::{TextStyle, Typefaces};

/// Everything painting needs.
pub(crate) struct Stage<'a> {
    pub(crate) canvas: Canvas,
    pub(crate) camera: Camera,
    pub(crate) light: Light,
    pub(crate) faces: &'a Typefaces,
}

impl Stage<'_> {
    /// A drawing on a plane in one lit colour.
    pub(crate) fn fill(&mut self, plane: &Plane, drawing: Option<Path>, surface: Tone) {
        self.veil(plane, drawing, surface, 1.0);
    }

    /// A lit, see-through layer.
    pub(crate) fn veil(&mut self, plane: &Plane, drawing: Option<Path>, surface: Tone, alpha: f32) {
        let seen = self.light.seen(surface, self.camera.distance(plane.origin));
        self.raw(plane, drawing, &Brush::flat(seen.paint(alpha)));
    }

    /// A drawing that shines by itself.
    pub(crate) fn shine(&mut self, plane: &Plane, drawing: Option<Path>, glow: Tone) {
        let seen = self.light.through_air(glow, self.camera.distance(plane.origin));
        self.raw(plane, drawing, &Brush::flat(seen.paint(1.0)));
    }

    /// A drawing whose lit colour changes between two local heights.
    pub(crate) fn shade(&mut self, plane: &Plane, drawing: Option<Path>, from: (f32, Tone), to: (f32, Tone)) {
        let distance = self.camera.distance(plane.origin);
        let ends = [from, to].map(|(height, tone)| {
            let pixel = self.camera.project(plane.point(0.0, height));
            pixel.map(|pixel| (pixel, self.light.seen(tone, distance).paint(1.0)))
        });
        if let [Some(from), Some(to)] = ends {
            self.raw(plane, drawing, &Brush::linear(from, to));
        }
    }

    /// A drawing on a plane with any brush, in image coordinates and final colours.
    pub(crate) fn raw(&mut self, plane: &Plane, drawing: Option<Path>, brush: &Brush) {
        let placed = drawing.and_then(|drawing| self.camera.place(plane, &drawing));
        if let Some(path) = placed {
            self.canvas.fill(&path, brush);
        }
    }

    /// A lit line along a drawing, its width in metres.
    pub(crate) fn outline(&mut self, plane: &Plane, drawing: Option<Path>, width_m: f32, surface: Tone, alpha: f32) {
        let seen = self.light.seen(surface, self.camera.distance(plane.origin));
        let width = width_m * self.camera.scale_at(plane.origin);
        let placed = drawing.and_then(|drawing| self.camera.place(plane, &drawing));
        if let Some(path) = placed {
            self.canvas.stroke(&path, width, &Brush::flat(seen.paint(alpha)));
        }
    }

    /// A polygon in the world in one lit colour.
    pub(crate) fn facet(&mut self, corners: &[Vec3], surface: Tone) {
        self.glaze(corners, surface, 1.0);
    }

    /// A see-through polygon in the world.
    pub(crate) fn glaze(&mut self, corners: &[Vec3], surface: Tone, alpha: f32) {
        let Some(&first) = corners.first() else { return };
        let nearest =
            corners.iter().map(|corner| self.camera.distance(*corner)).fold(self.camera.distance(first), f32::min);
        let seen = self.light.seen(surface, nearest);
        if let Some(path) = self.camera.polygon(corners) {
            self.canvas.fill(&path, &Brush::flat(seen.paint(alpha)));
        }
    }

    /// Light around a lamp: `radius_m` metres wide, strength `0.0..=1.0`.
    pub(crate) fn halo(&mut self, lamp: Vec3, radius_m: f32, glow: Tone, strength: f32) {
        let Some(pixel) = self.camera.project(lamp) else { return };
        let radius = (radius_m * self.camera.scale_at(lamp)).max(1.0);
        self.glow(pixel, radius, glow, strength);
    }

    /// Light around a pixel.
    pub(crate) fn glow(&mut self, pixel: Point, radius: f32, glow: Tone, strength: f32) {
        if let Some(disc) = crate::shapes::ellipse(pixel.x, pixel.y, radius, radius) {
            self.canvas.fill(&disc, &Brush::glow(pixel, radius, glow.paint(strength)));
        }
    }

    /// Lettering on a plane whose local `y` grows upwards, centred at `x`, capitals from `y` up.
    pub(crate) fn letters(&mut self, plane: &Plane, place: Lettering<'_>, surface: Tone) {
        let line = self.faces.line_within(place.text, place.style, place.widest);
        let flipped = Plane {
            origin: plane.point(place.x - line.width / 2.0, place.y + place.style.capital),
            u: plane.u,
            v: plane.v.times(-1.0),
        };
        self.fill(&flipped, line.path, surface);
    }
}

/// A line of text and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lettering<'a> {
    pub(crate) text: &'a str,
    pub(crate) style: TextStyle,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) widest: f32,
}
