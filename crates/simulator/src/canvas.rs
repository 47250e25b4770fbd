//! The pixels a photo is painted on, and the few ways of putting colour on them.
//!
//! Red, green, blue, alpha, one byte each; alpha stays opaque from the first fill on.

use tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, IntSize, LinearGradient, Paint, Path, Pixmap, PixmapPaint,
    Point, RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use crate::error::SimulatorError;

/// A painting surface.
pub(crate) struct Canvas {
    pixels: Pixmap,
}

/// Colour for an outline.
pub(crate) struct Brush {
    shader: Shader<'static>,
    blend: BlendMode,
}

impl Brush {
    /// One colour.
    pub(crate) fn flat(color: Color) -> Self {
        Self { shader: Shader::SolidColor(color), blend: BlendMode::SourceOver }
    }

    /// From one colour to another along a line; flat when the line has no length.
    pub(crate) fn linear(from: (Point, Color), to: (Point, Color)) -> Self {
        let stops = vec![GradientStop::new(0.0, from.1), GradientStop::new(1.0, to.1)];
        let gradient = LinearGradient::new(from.0, to.0, stops, SpreadMode::Pad, Transform::identity());
        let shader = gradient.unwrap_or(Shader::SolidColor(from.1));
        Self { shader, blend: BlendMode::SourceOver }
    }

    /// Light that fades to nothing at `radius` and adds to what is there.
    pub(crate) fn glow(centre: Point, radius: f32, color: Color) -> Self {
        let mut rim = color;
        rim.set_alpha(0.0);
        let mut middle = color;
        middle.set_alpha(color.alpha() * 0.35);
        let stops = vec![GradientStop::new(0.0, color), GradientStop::new(0.4, middle), GradientStop::new(1.0, rim)];
        let identity = Transform::identity();
        let gradient = RadialGradient::new(centre, 0.0, centre, radius, stops, SpreadMode::Pad, identity);
        let shader = gradient.unwrap_or(Shader::SolidColor(Color::TRANSPARENT));
        Self { shader, blend: BlendMode::Screen }
    }

    fn paint(&self) -> Paint<'static> {
        Paint { shader: self.shader.clone(), blend_mode: self.blend, anti_alias: true, ..Paint::default() }
    }
}

impl Canvas {
    /// A black canvas.
    ///
    /// # Errors
    /// [`SimulatorError::Canvas`] when the size is zero or cannot be allocated.
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, SimulatorError> {
        let mut pixels = Pixmap::new(width, height).ok_or(SimulatorError::Canvas { width, height })?;
        pixels.fill(Color::BLACK);
        Ok(Self { pixels })
    }

    /// A canvas of pixels that are there already; how transparent they are is forgotten.
    ///
    /// # Errors
    /// [`SimulatorError::Canvas`] when the pixels do not fill the size.
    pub(crate) fn of_rgba(width: u32, height: u32, mut pixels: Vec<u8>) -> Result<Self, SimulatorError> {
        for pixel in pixels.as_chunks_mut::<4>().0 {
            let [.., alpha] = pixel;
            *alpha = u8::MAX;
        }
        let size = IntSize::from_wh(width, height);
        let pixels = size.and_then(|size| Pixmap::from_vec(pixels, size));
        Ok(Self { pixels: pixels.ok_or(SimulatorError::Canvas { width, height })? })
    }

    /// Turned clockwise around its middle, on a canvas that holds all corners; black where nothing is.
    ///
    /// # Errors
    /// [`SimulatorError::Canvas`] when the larger canvas cannot be allocated.
    pub(crate) fn turned(&self, degrees: f32) -> Result<Self, SimulatorError> {
        let (width, height) = (self.width() as f32, self.height() as f32);
        let (sin, cos) = (degrees.to_radians().sin().abs(), degrees.to_radians().cos().abs());
        let (wide, high) = (width * cos + height * sin, width * sin + height * cos);
        let mut turned = Self::new(wide.ceil() as u32, high.ceil() as u32)?;
        let place = Transform::from_translate(-width / 2.0, -height / 2.0)
            .post_rotate(degrees)
            .post_translate(wide / 2.0, high / 2.0);
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        turned.pixels.draw_pixmap(0, 0, self.pixels.as_ref(), &paint, place, None);
        Ok(turned)
    }

    /// As a camera sees that looks into a mirror: left and right change places.
    pub(crate) fn mirror(&mut self) {
        let row = self.width() as usize * 4;
        for row in self.bytes_mut().chunks_exact_mut(row) {
            row.as_chunks_mut::<4>().0.reverse();
        }
    }

    /// As a camera sees that hangs upside down.
    pub(crate) fn turn_over(&mut self) {
        self.bytes_mut().as_chunks_mut::<4>().0.reverse();
    }

    pub(crate) fn width(&self) -> u32 {
        self.pixels.width()
    }

    pub(crate) fn height(&self) -> u32 {
        self.pixels.height()
    }

    /// All pixels, row by row, four bytes each.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.pixels.data()
    }

    /// All pixels, to be changed in place.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.pixels.data_mut()
    }

    /// Fills everything.
    pub(crate) fn flood(&mut self, brush: &Brush) {
        let (width, height) = (self.width() as f32, self.height() as f32);
        if let Some(all) = Rect::from_xywh(0.0, 0.0, width, height) {
            self.pixels.fill_rect(all, &brush.paint(), Transform::identity(), None);
        }
    }

    /// Fills an outline; holes are where contours wind against each other.
    pub(crate) fn fill(&mut self, path: &Path, brush: &Brush) {
        let identity = Transform::identity();
        self.pixels.fill_path(path, &brush.paint(), FillRule::Winding, identity, None);
    }

    /// Draws along an outline with a pen of `width` pixels.
    pub(crate) fn stroke(&mut self, path: &Path, width: f32, brush: &Brush) {
        let pen = Stroke { width, ..Stroke::default() };
        self.pixels.stroke_path(path, &brush.paint(), &pen, Transform::identity(), None);
    }

    /// Takes over another canvas of about half the size, enlarged and thereby softened: what lies
    /// behind the subject is out of focus, and four times cheaper to paint.
    pub(crate) fn enlarge_from(&mut self, half: &Canvas) {
        let (width, half_width) = (self.width() as usize, half.width() as usize);
        let last_row = half.height().saturating_sub(1) as usize;
        let source = half.bytes();
        let row_of = |row: usize| {
            let start = row.min(last_row) * half_width * 4;
            source.get(start..start + half_width * 4).unwrap_or(&[])
        };
        let mut mixed = vec![0u8; half_width * 4];
        for (y, target) in self.bytes_mut().chunks_exact_mut(width * 4).enumerate() {
            let (near, far) = (row_of(y / 2), row_of(if y % 2 == 0 { (y / 2).saturating_sub(1) } else { y / 2 + 1 }));
            for ((out, &a), &b) in mixed.iter_mut().zip(near).zip(far) {
                *out = ((u16::from(a) * 3 + u16::from(b) + 2) / 4) as u8;
            }
            stretch_row(&mixed, target);
        }
    }
}

/// Doubles a row of pixels, mixing three parts of the nearest with one of the next.
fn stretch_row(source: &[u8], target: &mut [u8]) {
    let (pixels, _) = source.as_chunks::<4>();
    let before = pixels.iter().take(1).chain(pixels);
    let after = pixels.iter().skip(1).chain(pixels.last());
    let (target, _) = target.as_chunks_mut::<4>();
    let (pairs, odd) = target.as_chunks_mut::<2>();
    for (((pixel, left), right), [first, second]) in pixels.iter().zip(before).zip(after).zip(pairs) {
        *first = mix(pixel, left);
        *second = mix(pixel, right);
    }
    // An odd width ends with the left half of a source pixel.
    let ends = pixels.last().zip(pixels.iter().rev().nth(1));
    if let (Some((last, neighbour)), Some(pixel)) = (ends, odd.first_mut()) {
        *pixel = mix(last, neighbour);
    }
}

fn mix(near: &[u8; 4], far: &[u8; 4]) -> [u8; 4] {
    let part = |near: u8, far: u8| ((u16::from(near) * 3 + u16::from(far) + 2) / 4) as u8;
    let ([a, b, c, d], [e, f, g, h]) = (near, far);
    [part(*a, *e), part(*b, *f), part(*c, *g), part(*d, *h)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canvas_without_area_is_an_error() {
        assert!(matches!(Canvas::new(0, 10), Err(SimulatorError::Canvas { width: 0, height: 10 })));
    }

    #[test]
    fn enlarging_a_flat_canvas_keeps_its_colour_up_to_odd_borders() {
        let mut small = Canvas::new(4, 3).unwrap();
        small.flood(&Brush::flat(Color::from_rgba8(10, 200, 60, 255)));
        let mut large = Canvas::new(7, 5).unwrap();
        large.enlarge_from(&small);
        assert!(large.bytes().chunks(4).all(|pixel| pixel == [10, 200, 60, 255]));
    }
}
