//! Parts of a photo that are worth a closer look.
//!
//! A plate that was found but not read for certain is looked at again in a window around it, enlarged to a size at
//! which the networks see best: a tenth of the cost of enlarging the whole photo, and no worse.

use crate::raster::Raster;
use tollbooth_plate::Quad;

/// Sides of a window as a share of the photo's: the networks need surroundings to tell text from texture.
const SHARE: f32 = 0.5;
/// A window is at least this many times as wide as the text, for half a plate may have been found only.
const LEAST_WIDTHS: f32 = 2.2;
/// A window is at least this many times as high as the text: states put their names above and below it.
const LEAST_HEIGHTS: f32 = 6.0;
/// Lines that come this near to an inner edge of a window, in pixels of the photo, may be cut by it.
const CUT_MARGIN: f32 = 2.0;

/// An upright part of a photo, in whole pixels, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Window {
    /// The whole photo.
    pub(crate) fn whole(photo: &Raster) -> Self {
        Self { x: 0, y: 0, width: photo.width, height: photo.height }
    }

    /// The surroundings of a line of text.
    pub(crate) fn around(text: &Quad, photo: &Raster) -> Self {
        let [x, y] = text.centre();
        let [x0, y0, x1, y1] = text.extent();
        let (x, width) = span(x, (LEAST_WIDTHS * (x1 - x0)).max(SHARE * photo.width as f32), photo.width);
        let (y, height) = span(y, (LEAST_HEIGHTS * (y1 - y0)).max(SHARE * photo.height as f32), photo.height);
        Self { x, y, width, height }
    }

    /// True when the centre of the text lies inside.
    pub(crate) fn covers(&self, text: &Quad) -> bool {
        let [x, y] = text.centre();
        (self.x as f32..=(self.x + self.width) as f32).contains(&x)
            && (self.y as f32..=(self.y + self.height) as f32).contains(&y)
    }

    /// True when the text lies inside and whole: whoever looks through the window sees all of it.
    pub(crate) fn shows(&self, text: &Quad, photo: &Raster) -> bool {
        self.covers(text) && !self.cuts(text, photo)
    }

    /// True when an edge of the window that is no edge of the photo may cut the text.
    pub(crate) fn cuts(&self, text: &Quad, photo: &Raster) -> bool {
        let [x0, y0, x1, y1] = text.extent();
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        (self.x > 0 && x0 < self.x as f32 + CUT_MARGIN)
            || (self.y > 0 && y0 < self.y as f32 + CUT_MARGIN)
            || (right < photo.width && x1 > right as f32 - CUT_MARGIN)
            || (bottom < photo.height && y1 > bottom as f32 - CUT_MARGIN)
    }

    /// Its pixels.
    pub(crate) fn pixels(&self, photo: &Raster) -> Raster {
        photo.part(self.x, self.y, self.width, self.height)
    }

    /// A place inside the window as a place in the photo.
    pub(crate) fn placed(&self, inside: Quad) -> Quad {
        Quad(inside.0.map(|[x, y]| [x + self.x as f32, y + self.y as f32]))
    }
}

/// Start and length of a span around a centre, moved and cut so that it lies within `limit`.
fn span(centre: f32, length: f32, limit: usize) -> (usize, usize) {
    // `as` saturates, so whatever the centre is the span stays inside.
    let length = (length.ceil() as usize).clamp(1, limit.max(1));
    let start = ((centre - length as f32 / 2.0).max(0.0) as usize).min(limit.saturating_sub(length));
    (start, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn photo() -> Raster {
        Raster::from_rgb(RgbImage::new(800, 600))
    }

    #[test]
    fn a_window_lies_around_its_text_and_inside_the_photo() {
        let window = Window::around(&Quad::upright(380.0, 290.0, 40.0, 20.0), &photo());
        assert_eq!(window, Window { x: 200, y: 150, width: 400, height: 300 });
        let corner = Window::around(&Quad::upright(780.0, 590.0, 40.0, 20.0), &photo());
        assert_eq!(corner, Window { x: 400, y: 300, width: 400, height: 300 });
    }

    #[test]
    fn large_text_has_a_window_that_holds_all_of_it() {
        let window = Window::around(&Quad::upright(100.0, 200.0, 600.0, 150.0), &photo());
        assert_eq!(window, Window::whole(&photo()));
    }

    #[test]
    fn only_inner_edges_cut() {
        let corner = Window { x: 400, y: 300, width: 400, height: 300 };
        assert!(corner.cuts(&Quad::upright(400.0, 400.0, 90.0, 30.0), &photo()));
        assert!(!corner.cuts(&Quad::upright(710.0, 570.0, 90.0, 30.0), &photo()));
    }

    #[test]
    fn places_in_a_window_are_places_in_the_photo() {
        let window = Window { x: 400, y: 300, width: 400, height: 300 };
        assert_eq!(window.placed(Quad::upright(1.0, 2.0, 3.0, 4.0)), Quad::upright(401.0, 302.0, 3.0, 4.0));
        assert_eq!((window.pixels(&photo()).width, window.pixels(&photo()).height), (400, 300));
    }
}
