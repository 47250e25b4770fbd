//! Letters as outlines, from fonts that other crates ship.
//!
//! Outlines instead of bitmaps, because a plate is put into perspective before it becomes pixels.
//! Plate lettering is narrower than any of these fonts, so glyphs can be squeezed.

use ab_glyph::{Font, FontRef, OutlineCurve, Point as GlyphPoint};
use tiny_skia::{Path, PathBuilder};

use crate::error::SimulatorError;

/// The typefaces in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// DejaVu Sans Condensed Bold.
    Condensed,
    /// DejaVu Sans Bold.
    Sans,
    /// Noto Sans Bold.
    Noto,
    /// DejaVu Sans Mono Bold.
    Mono,
    /// DejaVu Serif Condensed Bold Italic: no script, and as near to it as these fonts come.
    Script,
}

/// A font with the height of its capitals, by which all sizes are given.
struct Sized {
    font: FontRef<'static>,
    capital: f32,
}

/// All typefaces, parsed once per photo (a few microseconds: tables are read where they lie).
pub(crate) struct Typefaces {
    condensed_bold: Sized,
    sans_bold: Sized,
    noto_bold: Sized,
    mono_bold: Sized,
    serif_italic: Sized,
}

/// Size and width of a line of text, in the units of the surface it is drawn on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextStyle {
    pub(crate) face: Face,
    /// Height of a capital letter.
    pub(crate) capital: f32,
    /// Width of the glyphs relative to the font's own.
    pub(crate) squeeze: f32,
    /// Extra space between letters, in capital heights.
    pub(crate) tracking: f32,
}

/// An outlined line of text: its top left is the origin, `y` grows downwards.
pub(crate) struct TextLine {
    /// `None` when nothing of the text is visible, such as for a space.
    pub(crate) path: Option<Path>,
    pub(crate) width: f32,
}

impl Typefaces {
    /// Parses the embedded fonts.
    pub(crate) fn load() -> Result<Self, SimulatorError> {
        Ok(Self {
            condensed_bold: sized(dejavu::sans_condensed::bold(), "DejaVu Sans Condensed Bold")?,
            sans_bold: sized(dejavu::sans::bold(), "DejaVu Sans Bold")?,
            noto_bold: sized(notosans::BOLD_TTF, "Noto Sans Bold")?,
            mono_bold: sized(dejavu::sans_mono::bold(), "DejaVu Sans Mono Bold")?,
            serif_italic: sized(dejavu::serif_condensed::bold_italic(), "DejaVu Serif Condensed Bold Italic")?,
        })
    }

    fn get(&self, face: Face) -> &Sized {
        match face {
            Face::Condensed => &self.condensed_bold,
            Face::Sans => &self.sans_bold,
            Face::Noto => &self.noto_bold,
            Face::Mono => &self.mono_bold,
            Face::Script => &self.serif_italic,
        }
    }

    /// Outlines a line with the font's own widths.
    pub(crate) fn line(&self, text: &str, style: TextStyle) -> TextLine {
        let sized = self.get(style.face);
        let scale = style.capital / sized.capital;
        let mut outline = PathBuilder::new();
        let mut pen = 0.0;
        for letter in text.chars() {
            let glyph = sized.font.glyph_id(letter);
            if let Some(shape) = sized.font.outline(glyph) {
                trace(&mut outline, &shape.curves, |point| {
                    (pen + point.x * scale * style.squeeze, style.capital - point.y * scale)
                });
            }
            let advance = sized.font.h_advance_unscaled(glyph) * scale * style.squeeze;
            pen += advance + style.tracking * style.capital;
        }
        TextLine { path: outline.finish(), width: (pen - style.tracking * style.capital).max(0.0) }
    }

    /// Outlines a line no wider than `widest`, squeezing it further where needed.
    pub(crate) fn line_within(&self, text: &str, style: TextStyle, widest: f32) -> TextLine {
        let line = self.line(text, style);
        if line.width <= widest || line.width <= 0.0 {
            return line;
        }
        let share = widest / line.width;
        let narrower = TextStyle { squeeze: style.squeeze * share, tracking: style.tracking * share, ..style };
        self.line(text, narrower)
    }

    /// Outlines one glyph into a cell, centred, no wider than the cell allows.
    pub(crate) fn glyph_in_cell(&self, letter: char, face: Face, cell: Cell) -> Option<Path> {
        let sized = self.get(face);
        let scale = cell.height / sized.capital;
        let shape = sized.font.outline(sized.font.glyph_id(letter))?;
        let (low, high) = extent(shape.bounds.min.x, shape.bounds.max.x);
        let natural = (high - low) * scale;
        let squeeze = (cell.width / natural).min(cell.squeeze);
        let left = cell.x + (cell.width - natural * squeeze) / 2.0;
        // Fonts let J and Q hang below the line, plates do not: such a glyph is pressed into the row.
        let (foot, head) = extent(shape.bounds.min.y, shape.bounds.max.y);
        let hangs = foot < -0.06 * sized.capital;
        let (base, rise) = if hangs { (foot, cell.height / (head - foot)) } else { (0.0, scale) };
        let mut outline = PathBuilder::new();
        trace(&mut outline, &shape.curves, |point| {
            (left + (point.x - low) * scale * squeeze, cell.y + cell.height - (point.y - base) * rise)
        });
        outline.finish()
    }
}

/// Where a single glyph goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Widest the glyph may be relative to the font's own width.
    pub(crate) squeeze: f32,
}

/// Two bounds in order; fonts name them by their own axes.
fn extent(one: f32, other: f32) -> (f32, f32) {
    (one.min(other), one.max(other))
}

fn sized(bytes: &'static [u8], name: &'static str) -> Result<Sized, SimulatorError> {
    let broken = || SimulatorError::Font { font: name };
    let font = FontRef::try_from_slice(bytes).map_err(|_| broken())?;
    let capital = font
        .outline(font.glyph_id('H'))
        .map(|outline| outline.bounds.min.y.abs().max(outline.bounds.max.y.abs()))
        .filter(|height| *height > 0.0)
        .ok_or_else(broken)?;
    Ok(Sized { font, capital })
}

/// Appends the contours of a glyph. The curves come one after the other; where one does not start
/// at the end of the last, a new contour begins.
fn trace(outline: &mut PathBuilder, curves: &[OutlineCurve], place: impl Fn(GlyphPoint) -> (f32, f32)) {
    let mut last: Option<GlyphPoint> = None;
    for curve in curves {
        let (start, end) = match curve {
            OutlineCurve::Line(start, end)
            | OutlineCurve::Quad(start, _, end)
            | OutlineCurve::Cubic(start, _, _, end) => (*start, *end),
        };
        if last != Some(start) {
            if last.is_some() {
                outline.close();
            }
            let (x, y) = place(start);
            outline.move_to(x, y);
        }
        let (x, y) = place(end);
        match curve {
            OutlineCurve::Line(..) => outline.line_to(x, y),
            OutlineCurve::Quad(_, control, _) => {
                let (control_x, control_y) = place(*control);
                outline.quad_to(control_x, control_y, x, y);
            }
            OutlineCurve::Cubic(_, first, second, _) => {
                let ((x1, y1), (x2, y2)) = (place(*first), place(*second));
                outline.cubic_to(x1, y1, x2, y2, x, y);
            }
        }
        last = Some(end);
    }
    if last.is_some() {
        outline.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: TextStyle = TextStyle { face: Face::Sans, capital: 10.0, squeeze: 1.0, tracking: 0.0 };

    #[test]
    fn capitals_are_as_high_as_asked_in_every_face() {
        let faces = Typefaces::load().unwrap();
        for face in [Face::Condensed, Face::Sans, Face::Noto, Face::Mono, Face::Script] {
            let path = faces.line("H", TextStyle { face, ..STYLE }).path.unwrap();
            let height = path.bounds().height();
            assert!((height - 10.0).abs() < 0.1, "{face:?} is {height} high");
        }
    }

    #[test]
    fn every_plate_character_has_an_outline_in_every_face() {
        let faces = Typefaces::load().unwrap();
        let cell = Cell { x: 1.0, y: 2.0, width: 6.0, height: 10.0, squeeze: 1.0 };
        for face in [Face::Condensed, Face::Sans, Face::Noto, Face::Mono, Face::Script] {
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".chars() {
                let path = faces.glyph_in_cell(letter, face, cell).unwrap();
                let bounds = path.bounds();
                assert!(bounds.left() >= 0.99 && bounds.right() <= 7.01, "{letter} in {face:?}");
                assert!(bounds.top() > 1.2 && bounds.bottom() < 12.8, "{letter} in {face:?} leaves its row");
            }
        }
    }

    #[test]
    fn a_long_line_is_squeezed_into_its_limit() {
        let faces = Typefaces::load().unwrap();
        let line = faces.line_within("LAND OF ENCHANTMENT", STYLE, 50.0);
        assert!(line.width <= 50.01 && line.width > 45.0);
    }
}
